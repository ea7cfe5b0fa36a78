from dataclasses import replace

from tests.mesh.stretch import HOST, NONE, failed, hop_of, mesh_with, served
from why503.facts import ProxyEndpoint, Source
from why503.mesh.ejection import bursts, ejected_endpoints, errors_before, wholly_ejected
from why503.mesh.failure import Family

HOP = hop_of(failed(10, NONE, ""), failed(39, NONE, ""), family=Family.ROUTING)


def endpoint(cluster, *, ejected=True):
    return ProxyEndpoint(
        source=Source(path="e.txt", line=2),
        teller="a",
        cluster=cluster,
        address="10.0.0.1:80",
        healthy=True,
        ejected=ejected,
    )


def test_ejected_endpoints_of_the_host_are_found():
    mine, other = (
        endpoint(f"outbound|80||{HOST}"),
        endpoint("outbound|80||ledger.shop.svc.cluster.local"),
    )
    mesh = mesh_with(facts=(mine, other, endpoint(f"outbound|80||{HOST}", ejected=False)))
    assert ejected_endpoints(mesh, HOST) == (mine,)
    assert len(ejected_endpoints(mesh, "")) == 2


def test_errors_of_upstreams_right_before_are_counted_and_old_ones_are_not():
    assert errors_before(HOP, mesh_with(served(5, 9, code=500)))[0] == 2
    assert errors_before(HOP, mesh_with(served(-500, -499, code=500)))[0] == 0
    assert errors_before(HOP, mesh_with(served(5, 9)))[0] == 0


def test_a_long_pause_divides_stretches_of_failures():
    hop = hop_of(*(failed(at, NONE, "") for at in (0, 2, 4, 30, 33)))
    assert bursts(hop) == (4, 3)
    assert bursts(hop_of()) == ()


def test_a_cluster_with_one_endpoint_left_is_not_wholly_ejected():
    out = endpoint(f"outbound|80||{HOST}")
    assert wholly_ejected(mesh_with(facts=(out,)), HOST) == ((out.cluster, 1, out.source),)
    assert wholly_ejected(mesh_with(facts=(out,)), "") == ((out.cluster, 1, out.source),)
    left = replace(out, address="10.0.0.2:80", ejected=False)
    assert wholly_ejected(mesh_with(facts=(out, left)), HOST) == ()
