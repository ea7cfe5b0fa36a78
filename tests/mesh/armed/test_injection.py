import pytest

from tests.mesh.make import mesh_of, obj, odd
from why503.mesh.armed.injection import (
    doubly_labelled,
    images_without_injection,
    is_bare,
    objects_without_sidecars,
    pods_without_proxy,
    strict_without_sidecars,
)

STRICT = "{mtls: {mode: STRICT}}"
OF_SPACE = obj("PeerAuthentication", "default", STRICT)
OF_MESH = obj("PeerAuthentication", "default", STRICT, "istio-system")
POLICY = obj("AuthorizationPolicy", "web", "{selector: {matchLabels: {app: web}}}")


def space(labels="", name="shop"):
    return f"---\nkind: Namespace\nmetadata: {{name: {name}, labels: {{{labels}}}}}\n"


def workload(labels="", spec="containers: [{name: app}]", namespace="shop"):
    template = f"{{metadata: {{labels: {{app: web{labels}}}}}, spec: {{{spec}}}}}"
    return obj("Deployment", "web", f"{{template: {template}}}", namespace)


def strict(text):
    return [found.values["why"] for found in strict_without_sidecars(mesh_of(text))]


def idle(text):
    return [found.values["policy"] for found in objects_without_sidecars(mesh_of(text))]


def test_a_namespace_without_label_is_told_with_the_policy_that_demands_strict():
    (found,) = strict_without_sidecars(mesh_of(space() + workload() + OF_SPACE))
    assert found.values == {
        "namespace": "shop",
        "why": "it has no label for injection",
        "workload": "Deployment shop/web",
        "policy": "PeerAuthentication shop/default",
    }


@pytest.mark.parametrize(
    "label",
    ["istio-injection: enabled", "istio.io/rev: stable", "istio.io/dataplane-mode: ambient"],
)
def test_a_namespace_with_a_proxy_of_some_kind_is_not(label):
    assert strict(space(label) + workload() + OF_SPACE) == []


def test_one_that_is_switched_off_says_so():
    for label in ("istio-injection: disabled", "istio-injection: disabled, istio.io/rev: stable"):
        found = strict(space(label) + workload() + OF_SPACE)
        assert found == ["it is labelled istio-injection=disabled"]


@pytest.mark.parametrize(
    ("labels", "spec"),
    [
        (", sidecar.istio.io/inject: 'true'", "containers: [{name: app}]"),
        (", istio.io/rev: stable", "containers: [{name: app}]"),
        ("", "containers: [{name: istio-proxy}]"),
        (", sidecar.istio.io/inject: 'false'", "containers: [{name: app}]"),
        ("", "hostNetwork: true, containers: [{name: app}]"),
    ],
)
def test_pods_that_say_it_themselves_are_left_alone(labels, spec):
    assert strict(space() + workload(labels, spec) + OF_SPACE) == []


def test_the_mesh_s_policy_counts_where_the_namespace_belongs_to_the_mesh():
    assert strict(space() + workload() + OF_MESH) == []
    assert len(strict(space() + workload() + OF_MESH + POLICY)) == 1
    assert idle(space() + workload() + OF_MESH + POLICY) == []


def test_a_narrower_mode_goes_before_a_wider_one():
    own = "{selector: {matchLabels: {app: web}}, mtls: {mode: %s}}"
    for mode, count in (("PERMISSIVE", 0), ("UNSET", 1)):
        narrow = obj("PeerAuthentication", "web", own.replace("%s", mode))
        assert len(strict(space() + workload() + narrow + OF_SPACE)) == count
    permissive = obj("PeerAuthentication", "default", "{mtls: {mode: PERMISSIVE}}")
    assert strict(space() + workload() + permissive + OF_MESH) == []


def test_namespaces_that_are_not_given_or_inject_by_default_are_left_alone():
    assert strict(workload() + OF_SPACE) == []
    values = "{values: {sidecarInjectorWebhook: {enableNamespacesByDefault: true}}}"
    operator = obj("IstioOperator", "mesh", values, "istio-system")
    assert strict(space() + workload() + OF_SPACE + operator) == []


def test_objects_that_nobody_heeds_are_told_where_strict_does_not_say_more():
    assert idle(space() + workload() + POLICY) == ["AuthorizationPolicy shop/web"]
    assert idle(space() + workload() + POLICY + OF_SPACE) == []
    assert idle(space("istio-injection: enabled") + workload() + POLICY) == []
    assert idle(space() + workload() + POLICY.replace("app: web", "app: other")) == []
    assert idle(space() + workload()) == []


def test_objects_for_a_waypoint_need_no_sidecar():
    waypoint = obj("AuthorizationPolicy", "web", "{targetRefs: [{kind: Gateway, name: w}]}")
    assert idle(space() + workload() + waypoint) == []


def test_a_sidecar_resource_goes_by_its_own_selector():
    sidecar = obj("Sidecar", "web", "{workloadSelector: {labels: {app: web}}}")
    assert idle(space() + workload() + sidecar) == ["Sidecar shop/web"]
    assert idle(space() + workload() + sidecar.replace("app: web", "app: other")) == []


def test_both_labels_are_told_whatever_the_first_says():
    for value in ("enabled", "disabled"):
        mesh = mesh_of(space(f"istio-injection: {value}, istio.io/rev: canary"))
        (found,) = doubly_labelled(mesh)
        assert found.values == {"namespace": "shop", "value": value, "revision": "canary"}
    assert list(doubly_labelled(mesh_of(space("istio.io/rev: canary")))) == []


def pod(containers="{name: app}", phase="Running", labels="app: web", more=""):
    text = obj("Pod", "web-1", f"{{{more}containers: [{containers}]}}")
    text = text.replace("namespace: shop", f"namespace: shop, labels: {{{labels}}}")
    return f"{text}status: {{phase: {phase}}}\n"


def bare_pods(label, text):
    return len(list(pods_without_proxy(mesh_of(space(label) + text))))


def test_a_running_pod_without_proxy_is_told_in_a_namespace_that_injects():
    assert bare_pods("istio-injection: enabled", pod()) == 1
    assert bare_pods("istio.io/rev: stable", pod()) == 1
    assert bare_pods("istio-injection: disabled, istio.io/rev: stable", pod()) == 0
    assert bare_pods("", pod()) == 0


@pytest.mark.parametrize(
    "text",
    [
        pod("{name: app}, {name: istio-proxy}"),
        pod(more="initContainers: [{name: istio-proxy}], "),
        pod(phase="Succeeded"),
        pod(labels="sidecar.istio.io/inject: 'false'"),
        pod(more="hostNetwork: true, "),
    ],
)
def test_pods_with_one_or_that_want_none_are_not(text):
    assert bare_pods("istio-injection: enabled", text) == 0


def test_what_is_not_known_is_not_bare():
    (unknown,) = mesh_of(workload()).manifests("Deployment")
    assert not is_bare(mesh_of(workload()), unknown)
    mesh = mesh_of(space() + workload())
    assert is_bare(mesh, mesh.manifests("Deployment")[0])


@pytest.mark.parametrize(
    ("labels", "own", "word"),
    [
        ("", "", "neither"),
        ("istio-injection: disabled", ", sidecar.istio.io/inject: 'true'", "disabled"),
        ("istio-injection: enabled", ", sidecar.istio.io/inject: 'false'", "false"),
    ],
)
def test_the_image_auto_needs_a_webhook(labels, own, word):
    auto = workload(own, "containers: [{name: istio-proxy, image: auto}]")
    (found,) = images_without_injection(mesh_of(space(labels) + auto))
    assert word in found.values["why"]


@pytest.mark.parametrize(
    ("labels", "own", "image"),
    [
        ("istio-injection: enabled", "", "auto"),
        ("istio.io/rev: stable", "", "auto"),
        ("", ", sidecar.istio.io/inject: 'true'", "auto"),
        ("", ", istio.io/rev: stable", "auto"),
        ("", "", "istio/proxyv2:1.29.0"),
    ],
)
def test_an_image_that_is_given_or_injected_is_there(labels, own, image):
    pods = workload(own, f"containers: [{{name: istio-proxy, image: '{image}'}}]")
    assert list(images_without_injection(mesh_of(space(labels) + pods))) == []
    assert list(images_without_injection(mesh_of(pods))) == []


def test_odd_namespaces_are_survived():
    mesh = odd("Namespace", "{}")
    assert [*strict_without_sidecars(mesh), *doubly_labelled(mesh)] == []
