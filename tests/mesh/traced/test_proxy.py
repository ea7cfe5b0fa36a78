from tests.mesh.make import obj
from tests.mesh.traced.world import BASE, INGRESS, proxy, push_of, service, workload
from why503.facts import ProxyInfo, Source
from why503.mesh.traced.proxy import elsewhere_told, number_inside, proxy_of, targets_of

POD = (
    "---\nkind: Pod\nmetadata: {name: quay-7d9f8b6c5-abcde, namespace: shop, labels: {app: quay}}\n"
    "spec: {containers: [{name: app}, {name: istio-proxy}]}\nstatus: {podIP: 10.1.0.7}\n"
)


def test_a_workload_is_found_by_kind_name_and_namespace():
    push = push_of(BASE + POD)
    desk = proxy(push)
    assert (desk.labels["app"], desk.account, desk.has_proxy) == ("desk", "desk", True)
    pod = proxy(push, "pod/quay-7d9f8b6c5-abcde")
    assert (pod.addresses, pod.has_proxy) == (("10.1.0.7",), True)
    elsewhere = push_of(BASE, namespace="web")
    assert proxy(elsewhere, "deploy/desk.shop").workload is not None
    assert proxy(elsewhere, "deploy/desk").namespace == "shop"


def test_a_workload_of_another_namespace_is_taken_where_there_is_one_of_its_name_only():
    two = workload("desk", "app: desk").replace("namespace: shop", "namespace: web")
    push = push_of(BASE, namespace="default")
    (told,) = elsewhere_told(push, proxy(push, "deploy/desk"), "deploy/desk")
    assert "namespace shop" in told
    both = push_of(BASE + two, namespace="default")
    assert proxy(both, "deploy/desk").workload is None
    (told,) = elsewhere_told(both, proxy(both, "deploy/desk"), "deploy/desk")
    assert "shop, web" in told
    for name in ("deploy/desk.shop", "deploy/nobody"):
        assert elsewhere_told(both, proxy(both, name), name) == []
    own = push_of(BASE)
    assert elsewhere_told(own, proxy(own), "deploy/desk") == []


def test_a_workload_may_have_no_proxy_or_tell_nothing_of_it():
    push = push_of(
        workload("bare", "app: bare", sidecar=False) + workload("x", "app: x", sidecar=None)
    )
    assert proxy(push, "deploy/bare").has_proxy is False
    assert proxy(push, "deploy/x").has_proxy is None
    assert proxy(push, "deploy/unknown").has_proxy is None


def test_a_gateway_is_known_by_its_labels_arguments_or_the_gateway_api():
    api = obj("Gateway", "front", "{listeners: [{name: a, port: 80, protocol: HTTP}]}")
    args = obj(
        "Deployment",
        "edge",
        "{template: {metadata: {labels: {a: b}}, spec: {containers: "
        "[{name: istio-proxy, args: [proxy, router]}]}}}",
    )
    push = push_of(INGRESS + api + args)
    assert proxy(push, "deploy/ingress").gateway
    assert proxy(push, "deploy/edge").gateway
    front = proxy(push, "gateway/front")
    assert front.gateway
    assert front.has_proxy


def test_a_dump_says_who_the_proxy_is():
    info = ProxyInfo(
        source=Source(path="d"),
        teller="d",
        kind="sidecar",
        workload="pier",
        namespace="shop",
        labels={"app": "pier"},
        addresses=("10.1.0.9",),
    )
    found = proxy(push_of("", info), "deploy/pier")
    assert (found.teller, found.labels["app"], found.addresses) == ("d", "pier", ("10.1.0.9",))


def test_targets_are_the_ports_of_services_that_select_it():
    text = service(
        "quay", "{name: a, port: 80, targetPort: web}, {name: b, port: 81, targetPort: missing}"
    )
    push = push_of(text + workload("quay", "app: quay", port="8080"))
    quay = proxy(push, "deploy/quay")
    assert [(one.port.number, one.number) for one in targets_of(push, quay)] == [(80, 8080)]
    assert targets_of(push, proxy(push, "deploy/none")) == ()
    assert number_inside(push.services[0].ports[1], None) is None


def test_an_entry_with_the_pods_address_or_labels_is_a_target():
    static = (
        "{hosts: [a.example], resolution: STATIC, "
        "endpoints: [{address: 10.1.0.7, ports: {p: 99}}], "
        "ports: [{number: 80, name: p, protocol: HTTP}]}"
    )
    chosen = (
        "{hosts: [b.example], resolution: STATIC, workloadSelector: {labels: {app: quay}}, "
        "ports: [{number: 81, name: p, protocol: HTTP, targetPort: 82}]}"
    )
    push = push_of(POD + obj("ServiceEntry", "a", static) + obj("ServiceEntry", "b", chosen))
    pod = proxy_of(push, push.mesh.manifests("Pod")[0])
    assert [one.number for one in targets_of(push, pod)] == [99, 82]


def test_dns_capture_comes_from_the_mesh_config():
    text = "---\nmeshConfig: {defaultConfig: {proxyMetadata: {ISTIO_META_DNS_CAPTURE: 'true'}}}\n"
    assert proxy(push_of(text), "deploy/x").dns_capture


def test_retries_without_a_word_are_the_mesh_configs_or_the_versions():
    text = "---\nmeshConfig: {defaultHttpRetryPolicy: {attempts: 7}}\n"
    assert proxy(push_of(text), "deploy/x").default_retries.value == {"attempts": 7}
    for version, retried in (("1.20.1", True), ("1.24.0", False)):
        info = ProxyInfo(source=Source(path="d"), teller="d", istio=version)
        found = proxy(push_of("", info), "deploy/x").default_retries
        assert ("503" in found.value["retryOn"]) is retried
