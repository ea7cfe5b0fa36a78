from typing import Any

from tests.mesh.build import RESET, inbound, log, mesh, outbound, request
from why503.mesh.ending import Ending
from why503.mesh.failure import Role
from why503.mesh.joining import account_of, failures_of
from why503.mesh.shared_id import calls_of

UH: dict[str, Any] = {"details": "no_healthy_upstream", "request_id": "a"}
UC: dict[str, Any] = {"details": RESET + "{connection_termination}", "request_id": "a"}
WEB = "outbound_.80_._.web.shop.svc.cluster.local"
VIA: dict[str, Any] = {"details": "via_upstream", "request_id": "a"}


def test_calls_that_one_users_request_makes_fail_each_for_itself() -> None:
    calls = [
        outbound(503, "UH", at=n / 1000, line=n, path=f"/stock/{n}", upstream_host="", **UH)
        for n in range(6)
    ]
    assert [f.teller for f in failures_of([log(*calls)])] == calls


def test_the_tries_of_a_call_are_one_failure_beside_each_callers_line() -> None:
    sent = [outbound(503, "URX", at=n, line=n, duration=300.0, **VIA) for n in range(2)]
    tries = [
        inbound(503, "UC", at=n + t / 10, line=9 + t, **UC) for n in range(2) for t in range(3)
    ]
    found = failures_of([log(*sent), log(*tries)])
    assert [failure.downstream for failure in found] == sent
    assert [failure.upstream for failure in found] == [tuple(tries[:3]), tuple(tries[3:])]


def test_where_only_the_servers_proxy_tells_tries_in_turn_are_one_request() -> None:
    tries = [
        inbound(503, "UC", at=n / 10, line=n, path=f"/{path}", duration=40.0, **UC)
        for n, path in enumerate("aaab")
    ]
    found = mesh(log(*tries))
    (hop,) = found.hops
    assert (hop.count, hop.total) == (2, 2)


def test_where_only_the_servers_proxy_tells_calls_at_once_or_with_pauses_are_several() -> None:
    for pause in (0.0, 1.0):
        calls = [inbound(503, "UC", at=n * pause, line=n, duration=400.0, **UC) for n in range(3)]
        assert [failure.teller for failure in failures_of([log(*calls)])] == calls


def test_the_account_of_the_users_request_stands_beside_its_calls_and_is_no_failure_itself() -> (
    None
):
    front = outbound(
        500,
        teller="gateway",
        upstream_cluster="outbound|80||web.shop.svc.cluster.local",
        duration=90.0,
        **VIA,
    )
    at_web = {**VIA, "teller": "web", "downstream_local": "10.1.0.5:80", "server_name": WEB}
    web = inbound(500, at=0.001, duration=80.0, **at_web)
    calls = [
        outbound(503, "UH", teller="web", at=n / 100, line=n, upstream_host="", **UH)
        for n in range(1, 4)
    ]
    found = failures_of([log(front), log(web, *calls)])
    assert [failure.teller for failure in found] == calls


def test_a_caller_whose_clock_ran_out_fails_once_though_it_had_made_many_calls() -> None:
    late = request(
        504,
        "UT",
        teller="gateway",
        upstream_cluster="outbound|80||web.shop.svc.cluster.local",
        upstream_host="10.1.0.5:80",
        details="response_timeout",
        request_id="a",
        duration=1000.0,
    )
    left: dict[str, Any] = {"details": "downstream_remote_disconnect", "request_id": "a"}
    at_web = {**left, "teller": "web", "downstream_local": "10.1.0.5:80", "server_name": WEB}
    web = inbound(0, "DC", at=0.001, duration=998.0, **at_web)
    calls = [
        outbound(0, "DC", at=0.1, line=n, duration=900.0, teller="web", **left) for n in (1, 2)
    ]
    found = failures_of([log(late), log(web, *calls)])
    assert [failure.ending for failure in found] == [Ending.RESPONSE_TIMEOUT]


def test_calls_to_two_services_are_two_where_neither_waited_for_the_other() -> None:
    pay = "outbound|80||pay.shop.svc.cluster.local"
    first = outbound(503, "UH", upstream_host="", line=1, **UH)
    second = outbound(503, "UH", upstream_host="", line=2, at=0.01, upstream_cluster=pay, **UH)
    assert len(failures_of([log(first, second)])) == 2
    long = outbound(504, "UT", line=1, duration=5000.0, details="response_timeout", request_id="a")
    assert len(failures_of([log(long, second)])) == 1


def test_a_single_account_and_accounts_without_times_stay_together() -> None:
    alone = account_of(outbound(503, "UH", **UH))
    assert list(calls_of([alone])) == [[alone]]
    untimed = [account_of(request(503, "UC", at=None, line=n, request_id="a")) for n in range(2)]
    assert {account.role for account in untimed} == {Role.DOWNSTREAM}
