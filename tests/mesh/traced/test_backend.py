from tests.mesh.make import obj
from tests.mesh.traced.world import push_of, service, workload
from why503.mesh.traced.backend import backends_of, with_labels

SVC = service("quay", "{name: http, port: 80, targetPort: 8080}")


def found(text, port=80):
    push = push_of(text)
    (one, *_rest) = push.services
    place = one.port(port)
    assert place is not None
    return backends_of(push, one, place)


def slices(*entries):
    listed = ", ".join(entries)
    return (
        "---\nkind: EndpointSlice\nmetadata: {name: quay-abcde, namespace: shop, labels: "
        f"{{kubernetes.io/service-name: quay}}}}\nendpoints: [{listed}]\nports: [{{port: 8080}}]\n"
    )


def pod(name, address, *, ready="True", labels="app: quay"):
    return (
        f"---\nkind: Pod\nmetadata: {{name: {name}, namespace: shop, labels: {{{labels}}}}}\n"
        f"status: {{podIP: {address}, conditions: [{{type: Ready, status: '{ready}'}}]}}\n"
    )


def places(backends):
    return [(one.address, one.port) for one in backends.found]


def test_listed_endpoints_count_where_they_are_ready():
    ready = "{addresses: [10.1.0.7], targetRef: {kind: Pod, name: q1}}"
    not_ready = "{addresses: [10.1.0.8], conditions: {ready: false}}"
    got = found(SVC + slices(ready, not_ready) + pod("q1", "10.1.0.7", labels="app: quay, v: '1'"))
    assert places(got) == [("10.1.0.7", 8080)]
    assert got.found[0].proxy is not None
    assert len(with_labels(got, {"v": 1}).found) == 1
    assert with_labels(got, {"v": 2}).found == ()
    empty = found(SVC + slices())
    assert (empty.found, empty.known) == ((), True)


def test_an_endpoint_whose_pod_is_not_given_stays_in_every_subset():
    got = found(SVC + slices("{addresses: [10.1.0.7]}"))
    assert len(with_labels(got, {"v": 2}).found) == 1


def test_without_a_list_pods_and_then_workloads_stand_for_them():
    got = found(SVC + pod("q1", "10.1.0.7") + pod("q2", "10.1.0.8", ready="False"))
    assert places(got) == [("10.1.0.7", 8080)]
    assert places(found(SVC + workload("quay", "app: quay"))) == [("<pod of quay>", 8080)]


def test_nothing_selected_is_known_only_where_workloads_were_given():
    assert found(SVC + workload("desk", "app: desk")).known
    assert not found(SVC).known
    scaled = obj("Deployment", "quay", "{replicas: 0, template: {metadata: {labels: {app: quay}}}}")
    got = found(SVC + scaled)
    assert (got.found, got.known) == ((), True)
    assert not found(obj("Service", "quay", "{ports: [{port: 80}]}")).known


def entry(resolution, more=""):
    return obj(
        "ServiceEntry",
        "a",
        f"{{hosts: [a.example], resolution: {resolution}{more}, "
        "ports: [{number: 80, name: p, protocol: HTTP, targetPort: 81}]}",
    )


def test_entries_have_endpoints_addresses_workloads_or_their_host():
    listed = ", endpoints: [{address: 10.1.1.1, ports: {p: 99}}, {address: 10.1.1.2}]"
    assert places(found(entry("STATIC", listed))) == [("10.1.1.1", 99), ("10.1.1.2", 81)]
    assert places(found(entry("STATIC", ", addresses: [10.9.9.9]"))) == [("10.9.9.9", 81)]
    assert places(found(entry("DNS"))) == [("a.example", 81)]
    assert not found(entry("NONE")).known
    chosen = entry("STATIC", ", workloadSelector: {labels: {app: quay}}")
    machine = obj("WorkloadEntry", "m", "{address: 10.2.2.2, labels: {app: quay}}")
    got = found(chosen + pod("q1", "10.1.0.7") + machine)
    assert places(got) == [("10.1.0.7", 81), ("10.2.2.2", 81)]
