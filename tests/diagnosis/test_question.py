from tests.mesh.build import inbound, log, manifest, mesh, outbound
from why503.diagnosis import question
from why503.facts import Fact
from why503.mesh import Hop, Mesh


def seen(*facts: Fact) -> tuple[Hop, Mesh]:
    found = mesh(*facts)
    return found.hops[0], found


NEAR = log(outbound(503, "UC", request_id="a"))
FAR = log(inbound(503, "UC", request_id="a"))


def test_a_proxys_log_is_asked_for_unless_it_was_given() -> None:
    asked = question.server_proxy_log(*seen(NEAR), "x", "y")
    assert asked is not None
    assert "-n shop logs deploy/orders -c istio-proxy" in asked.command
    assert asked.decides == ("x", "y")
    assert question.server_proxy_log(*seen(NEAR, FAR)) is None
    assert question.caller_proxy_log(*seen(NEAR)) is None
    assert question.caller_proxy_log(*seen(FAR)) is not None


def test_objects_are_asked_for_unless_they_were_given() -> None:
    pod, made = manifest("Pod", "orders-1", "shop"), manifest("Deployment", "orders", "shop")
    service = manifest("Service", "orders", "shop")
    assert question.pods(*seen(NEAR)) is not None
    assert question.pods(*seen(NEAR, pod)) is None
    assert question.workload(*seen(NEAR, pod)) is not None
    assert question.workload(*seen(NEAR, made)) is None
    assert question.service(*seen(NEAR)) is not None
    assert question.service(*seen(NEAR, service)) is None


def test_kinds_are_named_as_kubectl_takes_them() -> None:
    asked = question.istio_objects(
        *seen(NEAR), "VirtualService", "ServiceEntry", "Ingress", decides=()
    )
    assert asked is not None
    assert "get virtualservices,serviceentry,ingress -A" in asked.command
    given = manifest("Ingress", "x")
    assert question.istio_objects(*seen(NEAR, given), "Ingress", decides=()) is None


def test_a_capture_listens_on_the_port_that_was_dialled() -> None:
    dialled = log(outbound(503, "UC", upstream_host="10.1.0.7:9090"))
    assert "and port 9090'" in question.capture(*seen(dialled)).command


def test_the_applications_log_is_always_worth_asking_and_given_keeps_what_is_open() -> None:
    asked = question.server_app_log(*seen(NEAR), "x")
    assert question.given(None, asked, None) == (asked,)
