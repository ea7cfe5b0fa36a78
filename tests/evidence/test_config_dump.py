import json

from tests.evidence.any_json import assert_takes_any_json
from tests.evidence.fuzz import CONTEXT, assert_never_raises
from tests.evidence.test_x509 import PEM
from why503.evidence import config_dump
from why503.facts import (
    Certificate,
    LoadedCluster,
    LoadedEndpoint,
    LoadedListener,
    LoadedRoute,
    ProxyInfo,
    RejectedConfig,
)

ADMIN = "type.googleapis.com/envoy.admin.v3."
NAME = "outbound|80||shelf.books.svc.cluster.local"
CLUSTER = {"name": NAME, "type": "EDS", "connect_timeout": "10s"}
ROUTES = {
    "name": "80",
    "virtual_hosts": [
        {"name": "shelf:80", "domains": ["*"], "routes": [{"route": {"cluster": NAME}}]}
    ],
}
LISTENER = {
    "name": "0.0.0.0_80",
    "address": {"socket_address": {"address": "0.0.0.0", "port_value": 80}},
    "filter_chains": [
        {
            "filters": [
                {
                    "typed_config": {
                        "@type": "type.googleapis.com/x.v3.HttpConnectionManager",
                        "route_config": ROUTES,
                    }
                }
            ]
        }
    ],
}
REFUSED = {
    "failed_configuration": {"name": "0.0.0.0_81"},
    "last_update_attempt": "2026-01-05T03:00:00Z",
    "details": "error adding listener '0.0.0.0_81': duplicate; token=abc http://a:b@c",
    "version_info": "v9",
}
DUMP = {
    "configs": [
        {
            "@type": ADMIN + "BootstrapConfigDump",
            "bootstrap": {
                "node": {"id": "sidecar~10.1.0.4~desk-0.books~books.svc.cluster.local"},
                "static_resources": {"clusters": [CLUSTER], "listeners": [LISTENER]},
            },
        },
        {
            "@type": ADMIN + "ClustersConfigDump",
            "static_clusters": [{"cluster": {**CLUSTER, "name": "agent"}}],
            "dynamic_active_clusters": [
                {"cluster": CLUSTER, "last_updated": "2026-01-05T03:00:00Z"}
            ],
            "dynamic_warming_clusters": [{"cluster": {**CLUSTER, "name": "slow"}}],
        },
        {
            "@type": ADMIN + "ListenersConfigDump",
            "dynamic_listeners": [
                {
                    "name": "0.0.0.0_80",
                    "active_state": {"listener": LISTENER},
                    "draining_state": {"listener": LISTENER},
                },
                {"name": "0.0.0.0_81", "error_state": REFUSED},
            ],
        },
        {"@type": ADMIN + "RoutesConfigDump", "static_route_configs": [{"route_config": ROUTES}]},
        {
            "@type": ADMIN + "EndpointsConfigDump",
            "dynamic_endpoint_configs": [
                {
                    "endpoint_config": {
                        "cluster_name": NAME,
                        "endpoints": [{"lb_endpoints": [{"health_status": "UNHEALTHY"}]}],
                    }
                }
            ],
        },
        {
            "@type": ADMIN + "SecretsConfigDump",
            "dynamic_active_secrets": [
                {
                    "name": "default",
                    "secret": {
                        "tls_certificate": {
                            "certificate_chain": {"inline_string": PEM},
                            "private_key": {"inline_string": "very private"},
                        }
                    },
                }
            ],
        },
    ]
}


def read(value, kind=object):
    text = value if isinstance(value, str) else json.dumps(value, indent=1)
    return [fact for fact in config_dump.read(text, CONTEXT).facts if isinstance(fact, kind)]


def test_the_whole_dump_is_wanted_and_each_resource_told_once():
    assert config_dump.bid(json.dumps(DUMP)) >= 0.9
    clusters = read(DUMP, LoadedCluster)
    assert [(c.name, c.state) for c in clusters] == [
        ("agent", "static"),
        (NAME, "active"),
        ("slow", "warming"),
    ]
    assert clusters[1].updated is not None
    assert [listener.state for listener in read(DUMP, LoadedListener)] == ["active", "draining"]
    assert [route.cluster for route in read(DUMP, LoadedRoute)] == [NAME]
    assert [endpoint.health for endpoint in read(DUMP, LoadedEndpoint)] == ["UNHEALTHY"]
    assert [certificate.name for certificate in read(DUMP, Certificate)] == ["default"]
    assert [info.pod for info in read(DUMP, ProxyInfo)] == ["desk-0"]


def test_a_source_opens_at_the_resource_and_not_at_its_copy_in_the_bootstrap():
    text = json.dumps(DUMP, indent=1).splitlines()
    line = read(DUMP, LoadedCluster)[1].source.line
    assert NAME in text[line - 1]
    assert "ClustersConfigDump" in "\n".join(text[:line])


def test_a_refused_resource_is_told_with_envoys_sentence_and_without_secrets():
    (found,) = read(DUMP, RejectedConfig)
    assert (found.kind, found.resource, found.version) == ("listener", "0.0.0.0_81", "v9")
    assert found.details.startswith("error adding listener")
    assert "a:b@" not in found.details
    assert found.time == 1767582000.0


def test_private_keys_are_never_kept():
    assert "very private" not in repr(read(DUMP))


def test_lists_of_istioctl_are_read():
    cluster = {"name": NAME, "type": "EDS", "connectTimeout": "10s", "edsClusterConfig": {}}
    for value, kind in (
        ([cluster], LoadedCluster),
        ([{"name": "80", "virtualHosts": ROUTES["virtual_hosts"]}], LoadedRoute),
        ([{"name": "l", "trafficDirection": "OUTBOUND", "filterChains": []}], LoadedListener),
        ({"dynamicActiveSecrets": DUMP["configs"][5]["dynamic_active_secrets"]}, Certificate),
        ({"bootstrap": {"node": {"id": "x"}}}, ProxyInfo),
    ):
        assert config_dump.bid(json.dumps(value, indent=4)) >= 0.9, kind
        assert len(read(value, kind)) == 1, kind


def test_routes_that_stand_in_a_listed_listener_are_read():
    assert [route.cluster for route in read([LISTENER], LoadedRoute)] == [NAME]


def test_the_yaml_of_istioctl_is_read():
    text = f"- connectTimeout: 10s\n  edsClusterConfig: {{}}\n  name: {NAME}\n  type: EDS\n"
    assert config_dump.bid(text) >= 0.9
    (cluster,) = read(text, LoadedCluster)
    assert (cluster.name, cluster.connect_timeout, cluster.source.line) == (NAME, 10.0, 3)


def test_one_resource_alone_is_read():
    alone = {"configs": [{"@type": ADMIN + "ClustersConfigDump.StaticCluster", "cluster": CLUSTER}]}
    assert config_dump.bid(json.dumps(alone)) >= 0.9
    assert [cluster.state for cluster in read(alone, LoadedCluster)] == ["static"]


def test_of_a_cut_dump_what_stands_before_is_kept_and_the_cut_is_told():
    text = json.dumps(DUMP, indent=1)
    text = text[: text.index('"slow"')]
    assert config_dump.bid(text) >= 0.9
    reading = config_dump.read(text, CONTEXT)
    assert {NAME, "agent"} == {f.name for f in reading.facts if isinstance(f, LoadedCluster)}
    assert len(reading.unread) == 1


def test_kubernetes_objects_and_envoys_own_configuration_are_left_alone():
    for text in (
        '{"apiVersion": "v1", "kind": "List", "items": []}',
        "apiVersion: v1\nkind: ConfigMap\n",
        json.dumps({"static_resources": {"clusters": [CLUSTER]}}),
        '[{"time": 1}]',
        "",
    ):
        assert config_dump.bid(text) == 0.0, text


def test_takes_any_json():
    assert_takes_any_json(config_dump, DUMP)


def test_never_raises():
    assert_never_raises(config_dump, json.dumps(DUMP, indent=1))
