"""Every page of a real Envoy's admin port is read, and the pages agree with each other."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.envoy.conftest import PAGES, Admin
from why503.facts import (
    Certificate,
    Counter,
    LoadedCluster,
    LoadedEndpoint,
    LoadedListener,
    LoadedRoute,
    Manifest,
    ProxyCluster,
    ProxyEndpoint,
    ProxyInfo,
    Source,
)
from why503.mesh import Mesh, loaded_policy, loaded_route, proxy_state

HOST = "shelf.books.svc.cluster.local"
SHELF = f"outbound|8080||{HOST}"


def facts(admin: Admin, kind, *names: str):
    return [fact for fact in admin.read(*names).facts if isinstance(fact, kind)]


def by_name(found):
    """Envoy lists clusters in no order that lasts: the whole service, then its subset v2."""
    return sorted(found, key=lambda fact: getattr(fact, "name", "") or fact.cluster, reverse=True)


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_read_whole(admin: Admin, name: str):
    bundle = admin.read(name)
    assert bundle.facts
    assert bundle.unread == ()
    assert [entry.unread_lines for entry in bundle.inputs] == [0]


def test_the_dump_tells_how_clusters_connect(admin: Admin):
    plain, secured = by_name(facts(admin, LoadedCluster, "config_dump.json"))
    assert (plain.name, plain.type, plain.state) == (SHELF, "STATIC", "static")
    assert (plain.connect_timeout, plain.idle_timeout) == (0.25, 40.0)
    assert (plain.max_requests_per_connection, plain.h2, plain.tls) == (9, False, None)
    assert plain.thresholds[0].max_connections == 7
    assert plain.outlier is not None
    assert (plain.outlier.consecutive_5xx, plain.outlier.base_ejection_time) == (2, 60.0)
    assert plain.panic_threshold == 0.0
    assert plain.endpoints == (f"127.0.0.1:{admin.ports['SHELF']}",)
    assert (secured.h2, secured.idle_timeout, secured.dns_refresh) == (True, None, 30.0)
    assert secured.tls is not None
    assert secured.tls.sni == f"outbound_.8080_.v2_.{HOST}"
    assert secured.tls.sans == ("spiffe://cluster.local/ns/books/sa/shelf", ".books (suffix)")


def test_sources_open_at_the_resource_itself(admin: Admin):
    cluster = by_name(facts(admin, LoadedCluster, "config_dump.json"))[0]
    lines = Path(cluster.source.path).read_text(encoding="utf-8").splitlines()
    assert SHELF in lines[cluster.source.line - 1]
    above = "\n".join(lines[: cluster.source.line])
    assert "envoy.admin.v3.ClustersConfigDump" in above


def test_the_dump_tells_routes_with_their_retries(admin: Admin):
    api, closed, rest = facts(admin, LoadedRoute, "config_dump.json")
    assert (api.match, api.cluster, api.timeout) == ("prefix /api + header x-user", SHELF, 3.0)
    assert api.retry is not None
    assert (api.retry.retry_on, api.retry.num_retries) == (("5xx", "reset"), 2)
    assert (closed.match, closed.direct_response, closed.clusters) == ("path /closed", 404, ())
    assert [weight for _name, weight in rest.weighted] == [9, 1]
    assert rest.retry is not None
    assert rest.retry.retry_on == ("connect-failure",)


def test_the_dump_tells_filter_chains(admin: Admin):
    (listener,) = facts(admin, LoadedListener, "config_dump.json")
    secured, plain = listener.chains
    assert (listener.name, listener.direction) == ("inbound", "INBOUND")
    assert (secured.transport_protocol, secured.server_names) == ("tls", ("desk.books.svc",))
    assert secured.tls is not None
    assert secured.tls.require_client_certificate
    assert (secured.tcp_idle_timeout, secured.http) == (90.0, None)
    assert plain.tls is None
    assert plain.http is not None
    assert (plain.http.idle_timeout, plain.http.stream_idle_timeout) == (30.0, 7.0)
    assert (plain.http.codec, plain.http.filters) == ("HTTP1", ("envoy.filters.http.router",))


def test_endpoints_are_dumped_with_their_workloads(admin: Admin):
    endpoint = by_name(facts(admin, LoadedEndpoint, "config_dump.json"))[0]
    assert endpoint.address == f"127.0.0.1:{admin.ports['SHELF']}"
    assert (endpoint.cluster, endpoint.health, endpoint.workload) == (
        SHELF,
        "HEALTHY",
        "books/shelf",
    )


def test_one_resource_alone_is_read_as_in_the_whole_dump(admin: Admin):
    whole = facts(admin, LoadedCluster, "config_dump.json")
    alone = facts(admin, LoadedCluster, "static_clusters.json")
    told = [
        [replace(part, source=Source(path=""), teller="") for part in by_name(found)]
        for found in (whole, alone)
    ]
    assert told[0] == told[1]
    assert [part.idle_timeout for part in told[0]] == [40.0, None]


def test_all_forms_of_the_statistics_tell_the_same(admin: Admin):
    text, json, metrics = (
        {fact.name: fact.value for fact in facts(admin, Counter, name)}
        for name in ("stats.txt", "stats.json", "stats.prom")
    )
    assert set(text) == set(json)
    for name in (
        f"cluster.{SHELF}.upstream_cx_connect_fail",
        f"cluster.{SHELF}.upstream_rq_503",
        f"cluster.{SHELF}.circuit_breakers.default.rq_open",
        f"cluster.{SHELF}.outlier_detection.ejections_active",
        "http.inbound_desk.downstream_rq_5xx",
        "listener_manager.total_listeners_active",
        "server.live",
    ):
        assert text[name] == json[name] == metrics[name], name
    assert text[f"cluster.{SHELF}.upstream_cx_connect_fail"] >= 1
    same = {name for name in text if name in metrics}
    assert len(same) >= 0.95 * len(text)


def test_both_forms_of_the_clusters_tell_the_same(admin: Admin):
    text, json = (
        {
            (fact.name, fact.labels): fact.value
            for fact in facts(admin, Counter, name)
            if fact.labels
        }
        for name in ("clusters.txt", "clusters.json")
    )
    address = (("address", f"127.0.0.1:{admin.ports['SHELF']}"),)
    assert json[f"cluster.{SHELF}.cx_connect_fail", address] >= 1
    assert {key: text[key] for key in json} == json
    for kind in (ProxyCluster, ProxyEndpoint):
        found = [facts(admin, kind, name) for name in ("clusters.txt", "clusters.json")]
        assert len(found[0]) == len(found[1]) >= 2
    assert not any(fact.ejected for fact in facts(admin, ProxyEndpoint, "clusters.json"))


def test_certificates_are_told_with_their_days(admin: Admin):
    found = facts(admin, Certificate, "certs.json")
    own = next(certificate for certificate in found if not certificate.is_ca)
    assert "spiffe://cluster.local/ns/books/sa/desk" in own.sans
    assert own.expires is not None
    assert own.valid_from is not None
    assert own.expires - own.valid_from == 86400
    assert own.name.endswith("cert.pem")


def test_the_proxy_says_who_it_is(admin: Admin):
    (info,) = facts(admin, ProxyInfo, "server_info.json")
    (dumped,) = facts(admin, ProxyInfo, "config_dump.json")
    assert (info.state, info.kind, info.pod, info.namespace) == (
        "LIVE",
        "sidecar",
        "desk-0",
        "books",
    )
    assert (info.istio, info.concurrency, info.restart_epoch) == ("1.28.2", 1, 0)
    assert info.envoy is not None
    assert info.envoy >= (1, 36, 0)
    assert dumped.envoy == info.envoy
    assert info.addresses == ("10.1.0.4", "fd00::4")
    (ready,) = facts(admin, ProxyInfo, "ready.txt")
    assert ready.state == "LIVE"


def test_runtime_overrides_are_told(admin: Admin):
    (runtime,) = facts(admin, Manifest, "runtime.json")
    assert runtime.get("entries", "re2.max_program_size.warn_level") == "77"


def test_the_mesh_answers_from_what_is_loaded(admin: Admin):
    mesh = Mesh(admin.read("config_dump.json", "stats.txt"))
    connecting = loaded_policy.connect_timeout_loaded(mesh, HOST, 8080)
    assert connecting is not None
    assert (connecting.value, connecting.default) == (0.25, False)
    timeouts = loaded_route.timeouts_loaded(mesh, HOST)
    assert timeouts is not None
    assert timeouts[0].value == 3.0
    failed = proxy_state.counters(mesh, "upstream_cx_connect_fail", HOST)
    assert sum(counter.value for counter in failed) >= 1
    overflows = proxy_state.counters(mesh, "upstream_rq_pending_overflow", HOST)
    assert {counter.value for counter in overflows} == {0.0}


def test_no_key_is_kept(admin: Admin):
    secret = (admin.folder / "key.pem").read_text(encoding="ascii").splitlines()[1]
    assert all(secret not in repr(admin.read(name).facts) for name in PAGES)
