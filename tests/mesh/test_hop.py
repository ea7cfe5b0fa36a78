from dataclasses import replace

import pytest

from tests.mesh.build import HOST, RESET, START, inbound, log, mesh, outbound
from why503.mesh.ending import Ending
from why503.mesh.hop import At, Hop, Place

UC = {"details": RESET + "{connection_termination}"}


def only(*logs: object) -> Hop:
    (hop,) = mesh(*logs).hops  # type: ignore[arg-type]
    return hop


def test_a_hop_counts_its_endings_and_gives_the_lines_to_open() -> None:
    lines = [outbound(503, "UC", line=n, at=n, **UC) for n in range(1, 5)]
    reset = outbound(503, "UR", line=9, at=9, details=RESET + "{remote_reset}")
    hop = only(log(*lines, reset))
    assert (hop.count, hop.host, hop.port) == (5, HOST, 8080)
    assert hop.share(Ending.CONNECTION_TERMINATION) == 0.8
    assert [source.line for source in hop.sources(most=2)] == [1, 2]
    assert [failure.teller for failure in hop.having(Ending.REMOTE_RESET)] == [reset]
    assert hop.having(Ending.CLIENT_GONE, Ending.OK) == ()
    both = hop.having(Ending.REMOTE_RESET, Ending.CONNECTION_TERMINATION)
    assert [failure.teller.source.line for failure in both] == [1, 2, 3, 4, 9]
    assert hop.upstream_hosts == {"10.1.0.7:8080": 5}


def test_begin_and_end_of_the_failures_are_told_where_they_have_a_time() -> None:
    dated = outbound(503, "UC", line=1, at=7, duration=250.0, **UC)
    undated = replace(outbound(503, "UC", line=2, **UC), time=None)
    assert only(log(dated, undated)).spans == ((START + 7, START + 7.25),)


def test_every_account_is_given_once_the_deciding_one_first() -> None:
    near, far = (
        outbound(request_id="a", details="via_upstream"),
        inbound(503, "UC", request_id="a", **UC),
    )
    assert list(only(log(near), log(far)).accounts()) == [far, near]


@pytest.mark.parametrize(
    ("at", "near", "far"),
    [
        (At.LEG, Place.PROXY_TO_PROXY, Place.UPSTREAM_PROXY_TO_APP),
        (At.PROXY, Place.DOWNSTREAM_PROXY, Place.UPSTREAM_PROXY),
        (At.FRONT, Place.APP_TO_PROXY, Place.PROXY_TO_PROXY),
        (At.APP, Place.UPSTREAM_APP, Place.UPSTREAM_APP),
        (At.CONTROL_PLANE, Place.CONTROL_PLANE, Place.CONTROL_PLANE),
    ],
)
def test_a_place_is_seen_from_the_proxy_that_tells(at: At, near: Place, far: Place) -> None:
    assert only(log(outbound(503, "UC", **UC))).place(at) is near
    assert only(log(inbound(503, "UC", **UC))).place(at) is far


def test_an_application_outside_the_mesh_is_external() -> None:
    told = outbound(503, "-", details="via_upstream", upstream_cluster="PassthroughCluster")
    assert only(log(told)).place(At.APP) is Place.PROXY_TO_EXTERNAL


def test_what_the_caller_sent_wrongly_broke_in_front_of_the_proxy() -> None:
    refused = {"details": "http1.codec_error", "method": "", "downstream_local": "10.1.0.9:80"}
    hop = only(log(outbound(400, "DPE", **refused)))
    assert hop.place(At.LEG) is Place.APP_TO_PROXY
    assert only(log(outbound(503, "UC", **UC))).place(At.LEG) is Place.PROXY_TO_PROXY


def test_what_a_proxy_had_nowhere_to_send_never_left_it() -> None:
    hop = only(log(outbound(503, "UH", details="no_healthy_upstream", upstream_host="")))
    assert hop.place(At.LEG) is Place.DOWNSTREAM_PROXY


def test_a_connection_that_the_proxy_closed_itself_broke_in_front_of_it() -> None:
    hop = only(log(inbound(0, "DC", details="downstream_local_disconnect(shutdown)")))
    assert hop.place(At.LEG) is Place.PROXY_TO_PROXY
