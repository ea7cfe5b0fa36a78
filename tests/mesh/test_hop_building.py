import pytest

from tests.mesh.build import (
    HOST,
    INBOUND,
    RESET,
    group,
    inbound,
    log,
    manifest,
    mesh,
    outbound,
    request,
)
from why503.facts import AccessLog, Request, Witness
from why503.mesh.failure import Family, Role
from why503.mesh.hop import Place

UC = {"details": RESET + "{connection_termination}"}
UT = {"details": "response_timeout"}
GONE = {"details": "downstream_remote_disconnect"}


def told_by(witness: Witness, host: str = "orders:8080") -> Request:
    body = "upstream connect error or disconnect/reset before headers. reset reason: overflow"
    return request(503, None, witness=witness, authority=host, body=body)


def test_families_on_one_leg_are_hops_of_their_own_most_failures_first() -> None:
    lines = [outbound(503, "UC", line=n, **UC) for n in range(2)]
    hops = mesh(log(outbound(504, "UT", line=9, **UT), *lines)).hops
    assert [(hop.family, hop.count) for hop in hops] == [(Family.CONNECTION, 2), (Family.TIME, 1)]


@pytest.mark.parametrize(
    ("code", "flags", "fields"),
    [(504, "UT", UT), (503, "UF", {"details": RESET + "{connection_timeout}"})],
)
def test_callers_that_gave_up_waiting_are_a_consequence(
    code: int, flags: str, fields: dict[str, str]
) -> None:
    gone = [outbound(0, "DC", line=n, **GONE) for n in range(1, 4)]
    (hop,) = mesh(log(outbound(code, flags, **fields), *gone)).hops
    assert (hop.count, hop.consequences) == (1, 3)


def test_no_caller_grows_tired_of_a_connection_that_breaks_at_once() -> None:
    gone = [outbound(0, "DC", line=n, **GONE) for n in range(1, 9)]
    hops = mesh(log(outbound(503, "UC", **UC), *gone)).hops
    assert {(hop.family, hop.consequences) for hop in hops} == {
        (Family.CALLER, 0),
        (Family.CONNECTION, 0),
    }


def test_a_caller_that_sent_rubbish_is_no_consequence_though_others_gave_up() -> None:
    rubbish = outbound(400, "DPE", line=7, details="http1.codec_error")
    gone = outbound(0, "DC", line=8, **GONE)
    hops = mesh(log(outbound(504, "UT", **UT), rubbish, gone)).hops
    assert {(hop.family, hop.count, hop.consequences) for hop in hops} == {
        (Family.TIME, 1, 1),
        (Family.CALLER, 1, 0),
    }


def leg(told: Request, *facts: object) -> Place:
    (hop,) = mesh(log(told), *facts).hops  # type: ignore[arg-type]
    return hop.leg


def test_a_destination_outside_the_mesh_is_external() -> None:
    entry = manifest("ServiceEntry", "pay", spec={"hosts": ["pay.example.com"]})
    named = outbound(503, "UC", upstream_cluster="", authority="pay.example.com", **UC)
    assert leg(named, entry) is Place.PROXY_TO_EXTERNAL
    bare = {"upstream_cluster": "PassthroughCluster", "authority": ""}
    passed = outbound(503, "UC", **bare, upstream_host="203.0.113.9:443", **UC)
    assert leg(passed) is Place.PROXY_TO_EXTERNAL


def test_a_private_address_called_past_the_registry_is_a_pod_of_the_mesh() -> None:
    bare = {"upstream_cluster": "PassthroughCluster", "authority": ""}
    passed = outbound(503, "UC", **bare, upstream_host="10.44.3.9:8080", **UC)
    assert leg(passed) is Place.PROXY_TO_PROXY
    named = outbound(503, "UC", **{**bare, "authority": "db.example.com"}, **UC)
    assert leg(named) is Place.PROXY_TO_EXTERNAL
    public = outbound(503, "UC", upstream_cluster="x", upstream_host="203.0.113.9:443", **UC)
    assert leg(public) is Place.PROXY_TO_EXTERNAL
    assert leg(outbound(503, "UC", **UC)) is Place.PROXY_TO_PROXY


def test_a_server_without_a_sidecar_is_reached_directly() -> None:
    service = manifest("Service", "orders", "shop", spec={"selector": {"app": "orders"}})
    pod = manifest(
        "Pod",
        "orders-1",
        "shop",
        metadata={"labels": {"app": "orders"}},
        spec={"containers": [{"name": "app"}]},
        status={"podIP": "10.1.0.7"},
    )
    assert leg(outbound(503, "UC", **UC), service, pod) is Place.PROXY_TO_APP


def test_a_listener_that_refused_breaks_the_leg_between_the_proxies() -> None:
    refusal = request(0, "NR", teller="server", method="", details="filter_chain_not_found")
    assert leg(refusal) is Place.PROXY_TO_PROXY


def test_an_envoy_body_of_known_length_blames_the_leg_behind_the_servers_proxy() -> None:
    told = outbound(503, details="via_upstream", bytes_sent=95)
    (hop,) = mesh(log(told)).hops
    assert (hop.role, hop.leg) == (Role.UPSTREAM, Place.UPSTREAM_PROXY_TO_APP)
    outside = outbound(
        503, details="via_upstream", bytes_sent=95, upstream_cluster="PassthroughCluster"
    )
    assert leg(outside) is Place.PROXY_TO_EXTERNAL


def test_one_service_spelled_in_two_ways_is_one_hop() -> None:
    by_cluster = outbound(503, "UC", line=1, **UC)
    by_name = outbound(503, "UC", line=2, upstream_cluster="", authority="orders", **UC)
    (hop,) = mesh(log(by_cluster, by_name)).hops
    assert (hop.host, hop.port, hop.count) == (HOST, 8080, 2)


def test_the_same_name_in_two_namespaces_stays_two_hops() -> None:
    other = "outbound|8080||orders.bar.svc.cluster.local"
    lines = (outbound(503, "UC", **UC), outbound(503, "UC", line=2, upstream_cluster=other, **UC))
    assert len(mesh(log(*lines)).hops) == 2


def test_the_total_counts_what_went_well_at_the_same_destination_only() -> None:
    lines = log(outbound(503, "UC", **UC), well=9)
    other = group("caller", "outbound|80||web.shop.svc.cluster.local", count=50)
    both = AccessLog(**{**vars(lines), "groups": (*lines.groups, other)})
    (hop,) = mesh(both).hops
    assert (hop.count, hop.total) == (1, 10)


def test_the_total_at_a_server_counts_requests_under_any_name() -> None:
    lines = log(inbound(503, "UC", **UC))
    other = group("server", INBOUND, authority="shop.example.com", count=50)
    (hop,) = mesh(AccessLog(**{**vars(lines), "groups": (*lines.groups, other)})).hops
    assert hop.total == 51


def test_circumstances_alone_make_one_empty_hop_and_healthy_logs_none() -> None:
    (hop,) = mesh(manifest("Service", "orders")).hops
    assert (hop.count, hop.family, hop.total) == (0, Family.UNKNOWN, 0)
    assert mesh(manifest("Service", "orders"), log(understood=5)).hops == ()
    assert mesh().hops == ()


def test_an_applications_4xx_is_no_failure() -> None:
    assert mesh(log(outbound(404, details="via_upstream"))).hops == ()


def test_a_client_is_heard_where_no_proxy_tells_of_its_destination() -> None:
    (hop,) = mesh(told_by(Witness.CLIENT)).hops
    assert (hop.role, hop.family) == (Role.CLIENT, Family.LIMIT)
    known = log(outbound(503, "UC", **UC))
    assert len(mesh(known, told_by(Witness.CLIENT)).hops) == 1
    assert len(mesh(known, told_by(Witness.CLIENT, "web:80")).hops) == 2
    assert len(mesh(told_by(Witness.PROXY_LOG), told_by(Witness.CLIENT)).hops) == 1


def test_hops_come_in_the_same_order_whatever_the_order_of_the_logs() -> None:
    one, two = log(outbound(503, "UC", **UC)), log(inbound(504, "UT", **UT))
    assert mesh(one, two).hops == mesh(two, one).hops
