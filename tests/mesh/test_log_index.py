from dataclasses import replace

from tests.mesh.build import HOST, RESET, inbound, log, mesh, outbound
from why503.facts import AccessLog, Request
from why503.mesh.log_index import log_index

UC = {"details": RESET + "{connection_termination}"}


def _well(*requests: Request, teller: str) -> AccessLog:
    told = log(*requests, teller=teller)
    return replace(told, groups=tuple(replace(group, code=200) for group in told.groups))


def test_who_served_a_host_and_who_sent_to_an_address_is_known() -> None:
    found = log_index(
        mesh(
            _well(outbound(authority="orders:8080"), teller="shop"),
            log(inbound(503, "UC", authority="orders:8080", **UC), teller="orders-1"),
        )
    )
    assert found.serving == {"orders-1"}
    assert found.serving_by_host == {"orders": {"orders-1"}}
    assert found.beside == {"orders": {"orders-1"}}
    assert found.senders["10.1.0.7"] >= {"shop"}
    assert found.working == {"shop"}


def test_the_host_in_an_inbound_clusters_name_goes_before_the_one_asked_for() -> None:
    served = inbound(authority="orders:8080", upstream_cluster=f"inbound|8080||{HOST}")
    found = log_index(mesh(log(served, teller="orders-1")))
    assert found.serving_by_host == {"orders": {"orders-1"}}
    assert found.beside == {HOST: {"orders-1"}}


def test_what_went_well_is_found_by_teller_and_host_in_the_order_of_the_logs() -> None:
    told = _well(outbound(authority="Orders:8080"), teller="shop")
    (good,) = told.groups
    later = [replace(good, count=n, authority=name) for n, name in ((2, "a"), (3, "orders"))]
    bad = replace(good, code=503, count=4)
    found = log_index(mesh(replace(told, groups=(good, *later, bad))))
    assert [g.count for g in found.passed({"shop", "x"}, {"orders", "a"})] == [1, 2, 3]
    assert [g.count for g in found.passed({"shop"}, {"orders"})] == [1, 3]
    assert found.passed({"x"}, {"orders"}) == ()


def test_the_index_is_no_causes_claim() -> None:
    found = mesh(log(outbound()))
    with found.watched() as asked:
        log_index(found)
    assert asked == set()
