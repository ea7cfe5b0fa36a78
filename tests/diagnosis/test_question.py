import dataclasses

from tests.mesh.build import inbound, log, manifest, mesh, outbound
from why503.diagnosis import question
from why503.facts import Fact
from why503.mesh import Hop, Mesh
from why503.mesh.hop import Place


def seen(*facts: Fact) -> tuple[Hop, Mesh]:
    found = mesh(*facts)
    return found.hops[0], found


NEAR = log(outbound(503, "UC", request_id="a"))
FAR = log(inbound(503, "UC", request_id="a"))


def test_a_proxys_log_is_asked_for_unless_it_was_given() -> None:
    asked = question.server_proxy_log(*seen(NEAR), "x", "y")
    assert asked is not None
    assert "-n shop logs svc/orders -c istio-proxy" in asked.command
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
    assert "get virtualservices,serviceentries,ingresses -A" in asked.command
    given = manifest("Ingress", "x")
    assert question.istio_objects(*seen(NEAR, given), "Ingress", decides=()) is None


def test_a_capture_listens_on_the_port_that_was_dialled() -> None:
    dialled = log(outbound(503, "UC", upstream_host="10.1.0.7:9090"))
    assert "and port 9090'" in question.capture(*seen(dialled)).command


def test_the_applications_log_is_always_worth_asking_and_given_keeps_what_is_open() -> None:
    asked = question.server_app_log(*seen(NEAR), "x")
    assert question.given(None, asked, None) == (asked,)


def test_nothing_in_the_cluster_is_asked_of_a_server_outside() -> None:
    hop, found = seen(NEAR)
    outside = dataclasses.replace(hop, leg=Place.PROXY_TO_EXTERNAL, host="api.pay.example")
    for ask in (question.pods, question.workload, question.service, question.server_certificates):
        assert ask(hop, found) is not None
        assert ask(outside, found) is None
    assert "debug <client-pod>" in question.capture(outside, found).command


def test_a_capture_finds_its_pod_by_the_service() -> None:
    assert "debug $(kubectl -n shop get endpointslices" in question.capture(*seen(NEAR)).command


def test_an_address_needs_no_resolving() -> None:
    hop, found = seen(NEAR)
    asked = question.name_resolved(dataclasses.replace(hop, host="api.pay.example"), found, "x")
    assert asked.command.endswith("dig +noall +answer api.pay.example")
    assert question.name_resolved(dataclasses.replace(hop, host="10.1.2.3"), found) is None


def test_gateways_of_istio_are_meant_and_routes_of_the_gateway_api_asked_apart() -> None:
    asked = question.istio_objects(*seen(NEAR), "VirtualService", "HTTPRoute", decides=())
    assert (
        asked.command == "kubectl get virtualservices -A -o yaml; kubectl get httproutes -A -o yaml"
    )
    gateway = question.istio_objects(*seen(NEAR), "Gateway", decides=())
    assert "gateways.networking.istio.io" in gateway.command


def test_the_failing_proxy_is_the_one_that_tells() -> None:
    assert "svc/orders.shop" in question.proxy_loaded(*seen(FAR), "clusters").command
    assert "<client-pod>" in question.proxy_loaded(*seen(NEAR), "clusters").command


def test_the_callers_certificates_are_asked_of_its_own_proxy() -> None:
    asked = question.caller_certificates(*seen(NEAR), "x")
    assert asked.command == "istioctl proxy-config secret <client-pod> -n <client-namespace>"


def test_pods_given_by_address_leave_open_the_one_that_failed() -> None:
    dialled = log(outbound(503, "UF", upstream_host="10.1.0.7:8080"))
    other = manifest("Pod", "orders-1", "shop", status={"podIP": "10.1.0.8"})
    asked = manifest("Pod", "orders-2", "shop", status={"podIP": "10.1.0.7"})
    assert question.pods(*seen(dialled, other)) is not None
    assert question.pods(*seen(dialled, other, asked)) is None


def test_a_row_of_a_table_does_not_tell_how_a_pod_ended() -> None:
    row = dataclasses.replace(manifest("Pod", "orders-1", "shop"), partial=True)
    assert question.pods(*seen(NEAR, row)) is not None


def test_events_and_own_logs_are_asked_for_unless_they_were_given() -> None:
    assert question.pod_events(*seen(NEAR), "x") is not None
    assert question.pod_events(*seen(NEAR, manifest("Event", "e", "shop"))) is None
    asked = question.own_log(*seen(NEAR), "dns|timeout", "x")
    assert asked is not None
    assert asked.command.endswith("-c istio-proxy --since=1h | grep -iE 'dns|timeout'")
    assert "lds" in question.listener_updates(*seen(NEAR), "x").command
