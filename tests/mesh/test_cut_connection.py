import pytest

from tests.mesh.build import inbound, log, mesh, outbound
from why503.facts import (
    AppEvent,
    AppEventKind,
    Counter,
    ProxyEvent,
    ProxyEventKind,
    ProxyInfo,
    Request,
    Source,
    Witness,
)
from why503.mesh.cut_connection import (
    beside_the_app,
    busy_gap,
    carried,
    cut_at_app,
    cut_calls,
    cut_off,
    each_in_turn,
    ended_pods,
    really_all_fail,
    reused_while_closing,
    unseen,
    working_time,
)

CUT = {"details": "upstream_reset_before_response_started{connection_termination}"}


def hop_of(*failures, **fields):
    (found,) = mesh(log(*failures, **fields)).hops
    return found


def test_an_answer_that_had_begun_is_no_cut_request():
    late = {"details": "upstream_reset_after_response_started{connection_termination}"}
    hop = hop_of(inbound(503, "UC", **CUT), inbound(200, "UC", bytes_sent=9, line=2, **late))
    assert [failure.teller.source.line for failure in cut_off(hop)] == [1]


@pytest.mark.parametrize(("duration", "working"), [(50.0, None), (80.0, 80.0)])
def test_work_begins_where_no_close_on_its_way_takes_so_long(duration, working):
    assert working_time(hop_of(inbound(503, "UC", duration=duration, **CUT))) == working


def test_over_a_network_a_round_trip_is_allowed_for():
    assert working_time(hop_of(outbound(503, "UC", duration=120.0, **CUT))) is None
    assert working_time(hop_of(outbound(503, "UC", duration=300.0, **CUT))) == 300.0


def test_only_the_proxy_of_the_application_stands_beside_it():
    assert beside_the_app(hop_of(inbound(503, "UC", **CUT)))
    assert not beside_the_app(hop_of(outbound(503, "UC", **CUT)))


@pytest.mark.parametrize(
    ("counts", "same"),
    [((12, 12, 12), 12), ((12, 12), None), ((2, 2, 2), None), ((7, 31, 12), None)],
)
def test_the_same_number_of_requests_counts_from_three_connections_and_five_requests(counts, same):
    lines = [
        inbound(503, "UC", requests_before=n, line=i, at=5.0 * i, **CUT)
        for i, n in enumerate(counts, 1)
    ]
    assert carried(hop_of(*lines)) == same


def test_connections_that_end_in_one_moment_are_one_end_whatever_they_carried():
    def ends(*times, idle=None):
        told = {"requests_before": 12, "idle": idle, **CUT}
        return hop_of(*(inbound(503, "UC", line=i, at=t, **told) for i, t in enumerate(times, 1)))

    assert carried(ends(100.0, 100.2, 100.9, 101.1)) is None
    assert carried(ends(100.0, 100.2, 105.0, 110.0)) == 12
    assert carried(ends(100.0, 100.2, 100.4, idle=0.01)) == 12
    assert carried(ends(None, None, None)) == 12


@pytest.mark.parametrize(
    ("idle", "own", "gap"), [(0.1, True, 0.1), (5.0, True, None), (0.1, False, None)]
)
def test_a_connection_in_steady_use_is_known_by_its_own_gaps(idle, own, gap):
    line = inbound(503, "UC", idle=idle, idle_by_connection=own, **CUT)
    assert busy_gap(hop_of(line)) == gap


def test_a_log_without_any_success_may_be_a_search_for_errors():
    lines = [inbound(503, "UC", line=n, **CUT) for n in range(1, 5)]
    given = mesh(log(*lines))
    assert not really_all_fail(given.hops[0], given)


def test_requests_that_the_other_log_covers_and_lacks_are_unseen():
    failed = [outbound(503, "UC", request_id=f"r{n}", at=n, line=n, **CUT) for n in (1, 2)]
    seen = inbound(200, "-", request_id="other", at=0)
    server = log(seen, teller="server", first=seen.time, last=(seen.time or 0) + 60)
    assert unseen(mesh(log(*failed), server).hops[0])
    assert not unseen(mesh(log(*failed)).hops[0])


@pytest.mark.parametrize(("seconds", "ended"), [(-3.0, True), (-90.0, False), (30.0, False)])
def test_the_end_of_a_pod_explains_what_failed_shortly_after(seconds, ended):
    failed = inbound(503, "UC", **CUT)
    stop = AppEvent(
        source=Source(path="server.log", line=1),
        kind=AppEventKind.SHUTDOWN,
        teller="server",
        time=(failed.time or 0.0) + seconds,
    )
    given = mesh(log(failed), stop)
    assert bool(ended_pods(given.hops[0], given)) is ended


def event(kind, connection, time):
    return ProxyEvent(source=Source(path="envoy.log"), kind=kind, connection=connection, time=time)


def test_only_a_close_in_the_moment_of_the_reuse_counts():
    taken, closed = ProxyEventKind.REUSED_CONNECTION, ProxyEventKind.REMOTE_CLOSE
    given = mesh(
        event(taken, "1", 5.0),
        event(taken, "2", 5.0),
        event(closed, "1", 5.001),
        event(closed, "2", 6.0),
        event(closed, "3", 6.0),
    )
    assert [start.connection for start, _ in reused_while_closing(given)] == ["1"]


@pytest.mark.parametrize(
    ("name", "teller", "value", "found"),
    [
        ("cluster.inbound|8080||", "server", 3.0, True),
        ("cluster.inbound|8080||", "server", 0.0, False),
        ("cluster.inbound|8080||", "caller", 3.0, False),
        ("cluster.outbound|8080||orders.shop.svc.cluster.local", "server", 3.0, False),
    ],
)
def test_connections_cut_by_the_application_are_counted_beside_it(name, teller, value, found):
    counter = Counter(
        source=Source(path="stats.txt", line=4),
        teller=teller,
        name=f"{name}.upstream_cx_destroy_remote_with_active_rq",
        value=value,
    )
    beside = ProxyInfo(source=Source(path="i"), teller="server", kind="sidecar", pod="orders-0")
    world = mesh(counter, beside)
    assert (cut_at_app(world, "orders.shop.svc.cluster.local") == counter) is found


def test_a_call_without_any_answer_is_cut_for_the_caller_only():
    source = Source(path="app.log", line=1)
    call = Request(
        source=source,
        witness=Witness.CLIENT,
        teller="app",
        authority="prices.example.org",
        transport_failure="Connection reset",
    )
    (hop,) = mesh(call).hops
    assert len(cut_calls(hop)) == 1
    assert cut_off(hop) == ()
    assert cut_calls(hop_of(outbound(503, "UC", **CUT))) == ()


@pytest.mark.parametrize(
    ("starts", "pace"),
    [
        ((0, 20, 40, 60, 80), 20.0),
        ((0, 20, 40, 60), None),
        ((0, 20, 60, 80, 100), None),
    ],
)
def test_five_calls_at_an_even_pace_that_all_fail_are_told_from_calls_now_and_then(starts, pace):
    lines = [outbound(503, "UC", at=at, line=n + 1, **CUT) for n, at in enumerate(starts)]
    seen = mesh(log(*lines))
    assert each_in_turn(seen.hops[0], seen) == pace
