from typing import Any

from tests.mesh.build import INBOUND, RESET, group, inbound, log, outbound, request
from why503.facts import AccessLog
from why503.mesh.ending import Ending
from why503.mesh.failure import Failure, Role
from why503.mesh.joining import MANY, account_of, failures_of

UC: dict[str, Any] = {"details": RESET + "{connection_termination}"}
VIA: dict[str, Any] = {"details": "via_upstream"}


def one(*logs: AccessLog) -> Failure:
    (failure,) = failures_of(logs)
    return failure


def test_the_servers_account_decides_what_the_caller_passed_on() -> None:
    failure = one(
        log(outbound(request_id="a", **VIA)), log(inbound(503, "UC", request_id="a", **UC))
    )
    assert (failure.role, failure.ending) == (Role.UPSTREAM, Ending.CONNECTION_TERMINATION)
    assert failure.downstream is not None
    assert (failure.downstream.teller, failure.server_silent) == ("caller", False)


def test_a_denial_of_the_servers_filter_decides_over_a_403_passed_on() -> None:
    server = inbound(403, "UAEX", request_id="a", details="ext_authz_error")
    failure = one(log(outbound(403, request_id="a", **VIA)), log(server))
    assert (failure.teller, failure.ending) == (server, Ending.EXT_AUTHZ_ERROR)


def test_the_clock_that_ran_out_decides_over_the_cancellation_that_followed() -> None:
    failure = one(
        log(outbound(504, "UT", request_id="a", details="response_timeout")),
        log(inbound(0, "DC", request_id="a", details="downstream_remote_disconnect", at=0.1)),
    )
    assert (failure.role, failure.ending) == (Role.DOWNSTREAM, Ending.RESPONSE_TIMEOUT)
    assert len(failure.upstream) == 1


def test_an_answer_that_both_passed_on_is_the_applications() -> None:
    failure = one(log(outbound(request_id="a", **VIA)), log(inbound(request_id="a", **VIA)))
    assert (failure.role, failure.ending) == (Role.UPSTREAM, Ending.VIA_UPSTREAM)


def test_every_attempt_of_a_retried_request_is_one_failures_account() -> None:
    tries = [inbound(503, "UC", request_id="a", at=n / 10, line=n + 1, **UC) for n in range(3)]
    failure = one(log(outbound(503, "URX", request_id="a", duration=300.0, **VIA)), log(*tries))
    assert (failure.upstream, failure.teller) == (tuple(tries), tries[-1])


def test_without_ids_accounts_are_joined_over_the_connection_and_the_time() -> None:
    near = outbound(upstream_local="10.1.0.3:4000", **VIA)
    server = inbound(503, "UC", downstream_remote="10.1.0.3:4000", at=0.001, **UC)
    assert one(log(near), log(server)).downstream == near
    late = inbound(503, "UC", downstream_remote="10.1.0.3:4000", at=60, **UC)
    assert len(failures_of((log(near), log(late)))) == 2


def test_on_one_connection_each_request_finds_its_own_account() -> None:
    near = [outbound(upstream_local="10.1.0.3:4000", at=n, line=n, **VIA) for n in range(3)]
    far = [inbound(503, "UC", downstream_remote="10.1.0.3:4000", at=n, **UC) for n in range(3)]
    found = failures_of((log(*near), log(*far)))
    assert [failure.downstream for failure in found] == near


def test_a_refused_connection_goes_to_the_failure_it_made() -> None:
    refusal = request(
        0,
        "NR",
        teller="server",
        method="",
        authority="",
        details="filter_chain_not_found",
        downstream_remote="10.1.0.3:4000",
        downstream_local="10.1.0.7:8080",
    )
    caller = outbound(503, "UC", request_id="a", upstream_local="10.1.0.3:4000", **UC)
    failure = one(log(caller), log(refusal))
    assert (failure.teller, failure.server_refused) == (caller, refusal)
    alone = one(log(refusal))
    assert (alone.role, alone.server_refused) == (Role.UPSTREAM, refusal)


def test_a_listener_of_a_gateway_turns_away_its_own_client() -> None:
    refusal = request(0, "NR", method="", details="filter_chain_not_found")
    gateway = log(outbound(504, "UT"), refusal)
    assert {failure.role for failure in failures_of((gateway,))} == {Role.DOWNSTREAM}


def test_in_a_chain_the_deepest_decides_and_its_own_leg_is_beside_it() -> None:
    gateway = outbound(
        request_id="a",
        teller="gateway",
        upstream_cluster="outbound|80||web.shop.svc.cluster.local",
        authority="shop.example.com",
        **VIA,
    )
    web_in = inbound(
        request_id="a",
        teller="web",
        at=0.001,
        server_name="outbound_.80_._.web.shop.svc.cluster.local",
        authority="shop.example.com",
        downstream_local="10.1.0.5:80",
        **VIA,
    )
    web_out = outbound(request_id="a", teller="web", at=0.002, line=2, **VIA)
    orders = inbound(503, "UC", request_id="a", at=0.0, **UC)
    failure = one(log(gateway), log(web_in, web_out), log(orders))
    assert (failure.teller, failure.downstream) == (orders, web_out)
    assert failure.upstream == (orders,)
    short = one(log(gateway), log(web_in, web_out))
    assert short.teller == web_out


def test_the_silence_of_the_servers_log_is_told_only_where_it_covers_the_request() -> None:
    caller = log(outbound(503, "UC", request_id="a", at=5, **UC))
    other = inbound(503, "UC", request_id="b", at=0, **UC)
    start = other.time or 0.0
    whole = log(other, last=start + 9)
    (silent,) = [f for f in failures_of((caller, whole)) if f.downstream]
    assert silent.server_silent is True
    (heard,) = [f for f in failures_of((caller, log(other, ids=["a"]))) if f.downstream]
    assert heard.server_silent is False
    for unsure in (log(other), log(other, last=start + 9, complete=False)):
        (failure,) = [f for f in failures_of((caller, unsure)) if f.downstream]
        assert failure.server_silent is None
    assert one(caller).server_silent is None


def test_in_a_format_without_clusters_the_inner_proxy_is_found_by_time() -> None:
    outer = request(503, request_id="a", duration=9.0, upstream_host="10.1.0.7:80")
    inner = request(503, "UC", teller="server", request_id="a", at=0.002, duration=5.0)
    failure = one(log(inner), log(outer))
    assert (failure.role, failure.downstream) == (Role.UPSTREAM, outer)


def test_lines_without_a_cluster_take_the_side_of_their_proxy_unless_they_can_be_one_only() -> None:
    busy = log(
        request(504, "UT", teller="server", line=1),
        request(404, "NR", teller="server", line=2, details="route_not_found"),
        teller="server",
    )
    served = AccessLog(**{**vars(busy), "groups": (group("server", INBOUND, count=9),)})
    by_line = {failure.teller.source.line: failure.role for failure in failures_of((served,))}
    assert by_line == {1: Role.UPSTREAM, 2: Role.DOWNSTREAM}


def test_an_id_used_again_later_or_for_everything_joins_nothing() -> None:
    again = [outbound(503, "UC", request_id="a", at=n * 60, line=n, **UC) for n in range(2)]
    assert len(failures_of((log(*again),))) == 2
    same = [outbound(503, "UC", request_id="a", at=n / 100, line=n) for n in range(MANY + 1)]
    assert len(failures_of((log(*same),))) == MANY + 1


def test_an_account_without_a_sign_is_the_callers() -> None:
    assert account_of(request(503, "UC")).role is Role.DOWNSTREAM


def test_accounts_whose_clocks_differ_are_joined() -> None:
    outer = outbound(503, "UC", at=1.0, duration=100.0, request_id="a")
    inner = inbound(503, "UC", at=31.0, duration=10.0, request_id="a")
    assert len(failures_of([log(outer), log(inner)])) == 2
    (joined,) = failures_of([log(outer), log(inner)], {"server": 30.0})
    assert joined.upstream == (inner,)
