import pytest

from tests.mesh.make import mesh_of, obj, odd
from why503.facts import Bundle, Listening, Source
from why503.mesh.armed.local_socket import behind_loopback
from why503.mesh.mesh import Mesh

SERVICE = obj("Service", "web", "{selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}")


def workload(command="[]", ports="{containerPort: 8080}", name="web", section="containers"):
    container = f"{{name: app, args: {command}, ports: [{ports}]}}"
    template = f"{{metadata: {{labels: {{app: web}}}}, spec: {{{section}: [{container}]}}}}"
    return obj("Deployment", name, f"{{template: {template}}}")


def found(text, *sockets, istio=None):
    facts = (*mesh_of(text).bundle.facts, *sockets)
    mesh = Mesh(Bundle(facts=facts), istio=istio)
    return [dict(one.values) for one in behind_loopback(mesh)]


def socket(address, port=8080, process="app"):
    source = Source(path="ss.txt", line=2)
    return Listening(source=source, address=address, port=port, process=process)


@pytest.mark.parametrize(
    "command",
    [
        "[--listen, '127.0.0.1:8080']",
        "['--http.addr=127.0.0.1:8080']",
        "[--host, localhost]",
        "['--bind=[::1]:8080']",
    ],
)
def test_flags_that_bind_to_loopback_are_told(command):
    (told,) = found(SERVICE + workload(command))
    assert (told["who"], told["port"], told["service"]) == ("app", "8080", "Service shop/web")


@pytest.mark.parametrize(
    "command",
    [
        "[--listen, '0.0.0.0:8080']",
        "[--listen, '127.0.0.1:9901']",
        "[--upstream, '127.0.0.1:8080']",
    ],
)
def test_other_addresses_ports_and_flags_are_not(command):
    assert found(SERVICE + workload(command)) == []


def test_a_named_target_port_is_followed():
    service = SERVICE.replace("targetPort: 8080", "targetPort: api")
    flags = "[--listen, '127.0.0.1:8080']"
    named = workload(flags, "{name: api, containerPort: 8080}")
    assert len(found(service + named)) == 1
    assert found(service + workload(flags, "{name: web, containerPort: 8080}")) == []


def test_a_container_that_is_gone_when_requests_come_does_not_count():
    flags = "[--listen, '127.0.0.1:8080']"
    assert found(SERVICE + workload(flags, section="initContainers")) == []


def test_a_sidecar_resource_may_lead_requests_there():
    flags = "[--listen, '127.0.0.1:8080']"
    ingress = "{workloadSelector: {labels: {app: %s}}, ingress: [{defaultEndpoint: '%s'}]}"
    for app, endpoint, count in (
        ("web", "127.0.0.1:8080", 0),
        ("web", "127.0.0.1:9090", 1),
        ("other", "127.0.0.1:8080", 1),
    ):
        sidecar = obj("Sidecar", "web", ingress.replace("%s", app, 1).replace("%s", endpoint))
        assert len(found(SERVICE + workload(flags) + sidecar)) == count


def test_before_istio_1_10_the_proxy_went_to_loopback_itself():
    text = SERVICE + workload("[--listen, '127.0.0.1:8080']")
    assert found(text, istio=(1, 9)) == []
    assert len(found(text, istio=(1, 10))) == 1


def test_sockets_that_were_seen_are_told_where_one_service_only_has_the_port():
    (told,) = found(SERVICE + workload(), socket("127.0.0.1"))
    assert (told["who"], told["address"]) == ("app", "127.0.0.1")
    assert len(found(SERVICE + workload(), socket("[::1]", process=""))) == 1
    other = SERVICE.replace("name: web", "name: other")
    assert found(SERVICE + other + workload(), socket("127.0.0.1")) == []


def test_a_port_that_is_open_to_others_as_well_is_not():
    assert found(SERVICE + workload(), socket("127.0.0.1"), socket("10.0.3.4")) == []
    assert found(SERVICE + workload(), socket("*")) == []
    assert found(SERVICE + workload(), socket("127.0.0.1", 9901)) == []


def test_odd_objects_are_survived():
    assert list(behind_loopback(odd("Service", "{selector: {a: b}, ports: [7]}"))) == []
