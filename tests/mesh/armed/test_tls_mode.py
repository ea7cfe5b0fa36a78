import pytest

from tests.mesh.make import mesh_of, obj, odd
from why503.mesh.armed.tls_mode import mode_conflicts, modes_of_service_ports, selectors_in_root

SERVICE = obj(
    "Service",
    "web",
    "{selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}, "
    "{name: grpc, port: 90, targetPort: 9090}]}",
)
TEMPLATE = (
    "{metadata: {labels: {app: web, sidecar.istio.io/inject: 'true'}}, "
    "spec: {containers: [{name: app}]}}"
)
WEB = SERVICE + obj("Deployment", "web", f"{{template: {TEMPLATE}}}")


def peer(more, selector="{app: web}", name="web", namespace="shop"):
    chosen = f"selector: {{matchLabels: {selector}}}, " if selector else ""
    return obj("PeerAuthentication", name, f"{{{chosen}{more}}}", namespace)


def rule(policy, subsets="", host="web"):
    more = f", subsets: [{subsets}]" if subsets else ""
    return obj("DestinationRule", "web", f"{{host: {host}, trafficPolicy: {{{policy}}}{more}}}")


def clashes(text):
    found = mode_conflicts(mesh_of(text))
    return sorted({(one.values["mode"], one.values["demand"]) for one in found})


STRICT = "mtls: {mode: STRICT}"
PLAIN_90 = "portLevelSettings: [{port: {number: 90}, tls: {mode: DISABLE}}]"


def test_a_port_is_held_against_the_mode_of_its_pod_s_port():
    assert clashes(WEB + peer(STRICT) + rule(PLAIN_90)) == [("DISABLE", "STRICT")]
    spared = peer(f"{STRICT}, portLevelMtls: {{9090: {{mode: PERMISSIVE}}}}")
    assert clashes(WEB + spared + rule(PLAIN_90)) == []
    other = peer(f"{STRICT}, portLevelMtls: {{8080: {{mode: PERMISSIVE}}}}")
    assert clashes(WEB + other + rule(PLAIN_90)) == [("DISABLE", "STRICT")]


def test_one_port_without_tls_clashes_with_a_mode_for_the_whole_host():
    plain = peer(f"{STRICT}, portLevelMtls: {{9090: {{mode: DISABLE}}}}")
    assert clashes(WEB + plain + rule("tls: {mode: ISTIO_MUTUAL}")) == [("ISTIO_MUTUAL", "DISABLE")]
    assert clashes(WEB + plain + rule(f"tls: {{mode: ISTIO_MUTUAL}}, {PLAIN_90}")) == []


def test_an_entry_of_a_port_without_tls_leaves_the_mode_to_istio():
    entry = "portLevelSettings: [{port: {number: 90}, connectionPool: {}}]"
    both = rule(f"tls: {{mode: DISABLE}}, {entry}")
    only = peer("mtls: {mode: PERMISSIVE}, portLevelMtls: {9090: {mode: STRICT}}")
    assert clashes(WEB + only + both) == []


@pytest.mark.parametrize(
    ("policies", "found"),
    [
        ([("mtls: {mode: STRICT}", "", "shop")], 1),
        ([("mtls: {mode: STRICT}", "", "istio-system")], 1),
        ([(STRICT, "", "istio-system"), ("mtls: {mode: PERMISSIVE}", "", "shop")], 0),
        ([(STRICT, "", "istio-system"), ("mtls: {mode: UNSET}", "", "shop")], 1),
        ([(STRICT, "", "shop"), ("mtls: {mode: PERMISSIVE}", "{app: web}", "shop")], 0),
        ([("mtls: {mode: PERMISSIVE}", "", "shop"), (STRICT, "{app: web}", "shop")], 1),
        (
            [
                (STRICT, "", "shop"),
                (
                    "portLevelMtls: {8080: {mode: DISABLE}, 9090: {mode: UNSET}}",
                    "{app: web}",
                    "shop",
                ),
            ],
            1,
        ),
        ([(STRICT, "{app: other}", "shop")], 0),
    ],
)
def test_the_narrowest_mode_that_is_set_holds(policies, found):
    text = "".join(
        peer(more, selector, f"p{index}", namespace)
        for index, (more, selector, namespace) in enumerate(policies)
    )
    assert len(clashes(WEB + text + rule("tls: {mode: DISABLE}"))) == found


def test_a_subset_s_own_mode_is_looked_at():
    subset = "{name: v1, labels: {app: web}, trafficPolicy: {tls: {mode: DISABLE}}}"
    assert clashes(WEB + peer(STRICT) + rule("tls: {mode: ISTIO_MUTUAL}", subset)) == [
        ("DISABLE", "STRICT")
    ]


def test_mutual_tls_to_pods_that_get_no_sidecar_is_told():
    bare = WEB.replace(", sidecar.istio.io/inject: 'true'", "")
    space = "---\nkind: Namespace\nmetadata: {{name: shop, labels: {{{}}}}}\n"
    mutual = rule("tls: {mode: ISTIO_MUTUAL}")
    assert clashes(bare + mutual + space.format("")) == [
        ("ISTIO_MUTUAL", "plain text (no sidecar)")
    ]
    assert clashes(bare + mutual + space.format("istio-injection: enabled")) == []
    assert clashes(bare + rule("tls: {mode: SIMPLE}") + space.format("")) == []


def test_a_rule_without_its_service_is_held_against_the_mode_as_a_whole():
    assert clashes(peer(STRICT, "") + rule("tls: {mode: DISABLE}")) == [("DISABLE", "STRICT")]


def modes(text):
    return [found.values["port"] for found in modes_of_service_ports(mesh_of(text))]


def test_a_mode_for_a_port_that_only_the_service_has_is_told():
    assert modes(WEB + peer("portLevelMtls: {80: {mode: DISABLE}}")) == ["80"]
    assert modes(WEB + peer("portLevelMtls: {8080: {mode: DISABLE}}")) == []
    assert modes(WEB + peer("portLevelMtls: {7000: {mode: DISABLE}}")) == []
    listens = WEB.replace("{name: app}", "{name: app, ports: [{containerPort: 80}]}")
    assert modes(listens + peer("portLevelMtls: {80: {mode: DISABLE}}")) == []
    assert modes(WEB + peer("portLevelMtls: {80: {mode: DISABLE}}", "{app: other}")) == []


def test_a_selector_in_the_root_namespace_is_told():
    assert len(list(selectors_in_root(mesh_of(peer(STRICT, namespace="istio-system"))))) == 1
    assert list(selectors_in_root(mesh_of(peer(STRICT)))) == []
    assert list(selectors_in_root(mesh_of(peer(STRICT, "", namespace="istio-system")))) == []


def test_odd_objects_are_survived():
    mesh = odd("PeerAuthentication", "{portLevelMtls: [7], selector: {matchLabels: {a: b}}}")
    assert [*modes_of_service_ports(mesh), *selectors_in_root(mesh)] == []
    assert list(mode_conflicts(odd("DestinationRule", "{host: 7, subsets: [7]}"))) == []


def test_a_wildcard_clashes_with_a_server_under_it_and_is_told_once():
    two = WEB + WEB.replace("name: web,", "name: wab,")
    wide = rule("tls: {mode: DISABLE}", host="'*.shop.svc.cluster.local'")
    found = list(mode_conflicts(mesh_of(two + peer(STRICT) + wide)))
    assert [(one.values["mode"], one.values["demand"]) for one in found] == [("DISABLE", "STRICT")]
    assert clashes(WEB + peer(STRICT) + wide.replace("shop.svc", "pier.svc")) == []
    own = rule("tls: {mode: ISTIO_MUTUAL}").replace("{name: web", "{name: own", 1)
    assert clashes(WEB + peer(STRICT) + wide + own) == []
