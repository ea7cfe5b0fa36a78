from tests.mesh.stretch import (
    CUT,
    HOST,
    ONE,
    OTHER,
    REFUSED,
    START,
    failed,
    hop_of,
    mesh_with,
    served,
)
from why503.facts import Source
from why503.mesh.life_event import LifeEvent, LifeEventKind
from why503.mesh.stopping import gone_for_good, kept_serving, terminating_hosts

HOP = hop_of(failed(10, REFUSED), failed(12, REFUSED))
POD = """
    kind: Pod
    metadata:
      name: orders-7d9f8b6c5-x2k4p
      namespace: shop
      deletionTimestamp: '2026-03-01T12:00:09Z'
    status: {podIP: 10.0.0.1}
    """


def test_an_address_is_gone_for_good_when_only_others_serve_afterwards():
    assert gone_for_good(HOP, mesh_with(served(0, 9), served(0, 30, OTHER))) == ONE


def test_an_address_is_not_gone_where_the_log_ends_or_it_serves_again():
    assert gone_for_good(HOP, mesh_with(served(0, 9))) is None
    assert gone_for_good(HOP, mesh_with(served(0, 20), served(0, 30, OTHER))) is None


def test_an_address_kept_serving_unless_something_started_anew():
    mesh = mesh_with(served(0, 30))
    hop = hop_of(failed(10, CUT))
    again = LifeEvent(
        kind=LifeEventKind.RESTARTED,
        pod="p",
        container="",
        time=START,
        text="",
        source=Source(path="x"),
    )
    assert kept_serving(hop, mesh, ()) == ONE
    assert kept_serving(hop, mesh, (again,)) is None
    assert kept_serving(hop, mesh_with(served(0, 9)), ()) is None


def test_a_failing_address_is_told_to_be_a_pod_in_deletion():
    ((address, event),) = terminating_hosts(HOP, mesh_with(yaml=POD))
    assert (address, event.pod) == (ONE, "orders-7d9f8b6c5-x2k4p")
    assert (
        list(terminating_hosts(hop_of(failed(0, CUT, OTHER), host=HOST), mesh_with(yaml=POD))) == []
    )
