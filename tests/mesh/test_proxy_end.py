import pytest

from tests.mesh.build import manifest, mesh
from why503.facts import ProxyEvent, ProxyEventKind, Source
from why503.mesh.proxy_end import proxy_ends

DRAINING, SHUTDOWN = ProxyEventKind.DRAINING, ProxyEventKind.SHUTDOWN
LONG = (0.0, DRAINING, "Graceful termination period is 1m0s, starting...")
TERM = "caught ENVOY_SIGTERM"


def ends(*told, teller="gateway-1"):
    events = [
        ProxyEvent(
            source=Source(path="e.log", line=line), kind=kind, teller=teller, time=at, text=text
        )
        for line, (at, kind, text) in enumerate(told, start=1)
    ]
    return proxy_ends(mesh(*events))


def test_a_proxy_that_stops_with_open_connections_is_cut():
    (end,) = ends(
        (0.0, DRAINING, "Agent draining Proxy"),
        (5.0, DRAINING, "There are still 7 active connections"),
        (6.0, SHUTDOWN, "Aborting proxy"),
    )
    assert (end.proxy, end.time, end.cut) == ("gateway-1", 6.0, True)
    assert "still 7 active connections" in end.text


@pytest.mark.parametrize(("at", "cut"), [(30.0, True), (60.0, False), (59.5, False)])
def test_a_drain_that_lasted_as_long_as_planned_is_not_cut(at, cut):
    (end,) = ends(LONG, (at, SHUTDOWN, TERM))
    assert end.cut is cut


def test_a_drain_without_times_is_not_called_cut():
    (end,) = ends((None, *LONG[1:]), (None, SHUTDOWN, TERM))
    assert end.cut is False


def test_a_proxy_without_open_connections_broke_nothing():
    gone = (1.0, SHUTDOWN, "There are no more active connections. terminating proxy...")
    assert ends(LONG, gone, (2.0, SHUTDOWN, "Aborting proxy")) == ()


def test_a_signal_alone_is_an_end_of_which_nobody_knows_whether_it_was_cut():
    (end,) = ends((1.0, SHUTDOWN, TERM))
    assert (end.cut, end.text) == (False, TERM)
    assert ends((1.0, SHUTDOWN, "Aborting proxy")) == ()


def test_a_pod_that_kubernetes_stops_comes_after_the_proxies_that_tell_of_themselves():
    event = manifest(
        "Event",
        "e",
        "shop",
        reason="Killing",
        message="Stopping container cart",
        involvedObject={"kind": "Pod", "name": "cart-0"},
    )
    (end,) = proxy_ends(mesh(event))
    assert (end.proxy, end.cut, end.text) == ("cart-0", False, "Stopping container cart")
