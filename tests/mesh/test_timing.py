import dataclasses

import pytest

from tests.mesh.make import mesh_of
from why503.facts import AccessLog, Request, RequestGroup, Source
from why503.mesh import timing
from why503.mesh.ending import Ending, Outcome
from why503.mesh.failure import Failure, Family, Role
from why503.mesh.hop import Hop, Place

HOST = "orders.shop.svc.cluster.local"
CLUSTER = f"outbound|80||{HOST}"
ONE, OTHER = "10.0.0.1:80", "10.0.0.2:80"
START = 1_700_000_000.0


def failure(at=0.0, **told):
    fields = {"duration": 1.0, "upstream_host": ONE, "upstream_cluster": CLUSTER} | told
    time = None if at is None else START + at
    teller = Request(source=Source(path="a.log", line=1), teller="a", time=time, **fields)
    outcome = Outcome(ending=Ending.CONNECTION_TERMINATION)
    return Failure(teller=teller, role=Role.DOWNSTREAM, outcome=outcome)


def hop(*failures, total=None):
    return Hop(
        family=Family.CONNECTION,
        role=Role.DOWNSTREAM,
        leg=Place.PROXY_TO_PROXY,
        host=HOST,
        port=80,
        failures=failures,
        total=len(failures) if total is None else total,
    )


def group(code=200, *, host=ONE, first=0.0, last=None, count=1, idle=None, cluster=CLUSTER):
    return RequestGroup(
        teller="a",
        upstream_cluster=cluster,
        upstream_host=host,
        authority=HOST,
        code=code,
        flags=frozenset() if code == 200 else frozenset({"UC"}),
        details=None,
        transport_failure=None,
        method="GET",
        protocol="HTTP/1.1",
        minute=None,
        count=count,
        first=START + first,
        last=START + (first if last is None else last),
        duration_p50=None,
        duration_p99=None,
        idle_p50=idle,
        exemplars=(),
    )


def log(*groups, teller="a"):
    return mesh_of(
        "",
        AccessLog(
            source=Source(path="a.log"),
            teller=teller,
            formats=(),
            lines=1,
            understood=1,
            misread=(),
            first=START,
            last=START + 60,
            groups=groups,
            failures=(),
            request_ids=frozenset(),
            request_ids_complete=True,
        ),
    )


def test_only_requests_to_the_hops_destination_count():
    other = group(cluster="outbound|80||users.shop.svc.cluster.local", count=9)
    elsewhere = RequestGroup(**{**vars(other), "authority": "users.shop"})
    assert timing.requests_of(hop(failure()), log(group(), elsewhere)) == (group(),)


def test_an_unknown_destination_is_not_that_of_requests_with_a_known_one():
    lost = dataclasses.replace(hop(failure(upstream_cluster=None)), host="", port=None)
    unknown = dataclasses.replace(group(), upstream_cluster=None, authority=None)
    assert timing.requests_of(lost, log(group(), unknown)) == (unknown,)


def test_idle_times_of_connections_go_before_those_of_hosts():
    by_host = failure(idle=9.0)
    by_connection = failure(idle=2.0, idle_by_connection=True)
    assert timing.idle_gaps(hop(by_host, by_connection, failure())) == (2.0,)
    assert timing.idle_gaps(hop(by_host)) == (9.0,)
    assert timing.idle_gaps(hop(failure())) == ()


def test_short_failures_are_a_share_of_those_with_a_duration():
    told = hop(failure(duration=1.0), failure(duration=5.0), failure(duration=30.0))
    assert timing.short_failures(told) == pytest.approx(2 / 3)
    assert timing.short_failures(hop(failure(duration=None), failure(duration=2.0))) == 1.0
    assert timing.short_failures(hop(failure(duration=None))) == 0.0


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ((15000.0, 15001.0, 15002.0, 9.0), 15001.0),
        ((2.0, 2.0, 2.0), 2.0),
        ((0.0, 0.0), 0.0),
        ((7.0,), 7.0),
        ((1.0, 2.0, 4.0, 8.0), None),
        ((), None),
    ],
)
def test_values_bunch_where_most_of_them_lie_together(values, found):
    assert timing.bunched_at(values, 0.05) == found


def test_many_values_are_bunched_without_delay():
    assert timing.bunched_at([float(n) for n in range(20_000)], 10.0) is not None


def test_a_host_with_a_failure_is_not_healthy():
    mesh = log(group(host=ONE), group(host=OTHER), group(503, host="10.0.0.3:80"))
    assert timing.failing_hosts(hop(failure())) == (ONE,)
    assert timing.healthy_hosts(hop(failure()), mesh) == (OTHER,)
    assert timing.one_host_only(hop(failure()), mesh) == ONE


def test_it_is_not_one_host_without_a_healthy_one_or_with_two_that_fail():
    assert timing.one_host_only(hop(failure()), log(group(host=ONE))) is None
    both = hop(failure(), failure(upstream_host=OTHER))
    assert timing.one_host_only(both, log(group(host="10.0.0.3:80"))) is None


def test_the_window_ends_with_the_last_end():
    assert timing.window(hop(failure(1, duration=5000.0), failure(2))) == (START + 1, START + 6)
    assert timing.window(hop(failure(None))) is None


def test_failures_only_at_the_start_come_before_their_hosts_first_success():
    mesh = log(group(host=ONE, first=10, last=20), group(host=OTHER, first=0))
    assert timing.only_at_start(hop(failure(1), failure(9)), mesh)
    assert not timing.only_at_start(hop(failure(1), failure(11)), mesh)
    assert not timing.only_at_start(hop(failure(1, upstream_host="10.0.0.9:80")), mesh)
    assert not timing.only_at_start(hop(failure(None)), mesh)


def test_recovery_is_a_success_after_the_last_failure():
    assert timing.recovered(hop(failure(5)), log(group(first=1, last=9))) is True
    assert timing.recovered(hop(failure(5), failure(6)), log(group(first=1))) is False
    assert timing.recovered(hop(failure(5)), log(group(first=1))) is None
    assert timing.recovered(hop(failure(5)), log(group(503, first=5))) is False
    assert timing.recovered(hop(failure(None)), log(group())) is None


def test_all_fail_takes_three_requests_and_no_success():
    assert timing.all_fail(hop(failure()), log(group(503, count=3)))
    assert not timing.all_fail(hop(failure()), log(group(503, count=2)))
    assert not timing.all_fail(hop(failure()), log(group(503, count=9), group()))


def test_the_share_that_failed_is_of_all_requests_seen():
    assert timing.share_failed(hop(failure(), total=4)) == 0.25
    assert timing.share_failed(hop()) == 0.0


def test_bursts_at_regular_intervals_have_a_period():
    bursts = [failure(10.0 * n + extra) for n in range(5) for extra in (0.0, 0.2)]
    assert timing.period(hop(*bursts)) == pytest.approx(10.0)
    assert timing.period(hop(*(failure(at) for at in (0, 3, 11, 14, 40)))) is None
    assert timing.period(hop(failure(0), failure(10))) is None


def test_failures_after_idleness_beside_busier_successes_show():
    idle = hop(*(failure(n, idle=gap, idle_by_connection=True) for n, gap in enumerate((5.0, 5.2))))
    assert timing.only_first_after_idle(idle, log(group(idle=0.2, count=50))) == 5.0
    assert timing.only_first_after_idle(idle, log(group(idle=6.0, count=50))) is None
    assert timing.only_first_after_idle(idle, log(group())) is None
    assert timing.only_first_after_idle(hop(failure()), log(group(idle=0.2))) is None


def test_an_answer_below_500_went_well_and_a_flag_never():
    assert timing.went_well(group())
    assert not timing.went_well(group(503))
    flagged = RequestGroup(**{**vars(group()), "flags": frozenset({"UC"})})
    assert not timing.went_well(flagged)


def test_the_first_failure_is_the_earliest_whatever_the_order_of_the_lines():
    assert timing.first_time(hop(failure(at=9.0), failure(at=2.0))) == failure(at=2.0).time
