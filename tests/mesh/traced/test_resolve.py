from tests.mesh.make import obj
from tests.mesh.traced.world import BASE, HOST, proxy, push_of, service
from why503.mesh.traced.resolve import resolve, service_at, service_named


def names(text, host, caller="deploy/desk"):
    push = push_of(text)
    return resolve(push, proxy(push, caller), host)


def test_every_spelling_of_a_service_leads_to_its_address():
    text = BASE.replace("selector: {app: quay}", "clusterIP: 10.9.9.9, selector: {app: quay}")
    for host in ("quay", "quay.shop", "quay.shop.svc", HOST, "10.9.9.9"):
        found = names(text, host)
        assert (found.address, found.service is not None) == ("10.9.9.9", True), host
    assert names(text, "quay.web").service is None
    assert names(text, "pier").address == "<address of pier>"


def test_aliases_and_headless_services_are_followed():
    alias = obj("Service", "old", f"{{type: ExternalName, externalName: {HOST}}}")
    found = names(BASE + alias, "old")
    assert found.service is not None
    assert found.service.host == HOST
    lost = obj("Service", "old", "{type: ExternalName, externalName: a.example}")
    assert names(lost, "old").address == "<address of a.example>"
    headless = service("quay", "{name: tcp, port: 80}", ", clusterIP: None")
    assert names(headless, "quay").address == f"<pod of {HOST}>"


def entry(addresses):
    spec = f"{{hosts: [a.example], addresses: {addresses}, ports: [{{number: 80, protocol: TCP}}]}}"
    return obj("ServiceEntry", "a", spec)


def test_an_entrys_address_is_taken_for_granted_and_said():
    found = names(entry("[10.9.9.9]"), "a.example")
    assert found.address == "10.9.9.9"
    assert "ServiceEntry shop/a" in found.assumed
    assert names(entry("[10.9.0.0/16]"), "a.example").address == "10.9.0.1"
    assert names(entry("[]"), "a.example").address == "<address of a.example>"


def test_a_service_can_be_asked_for_by_name_or_address():
    push = push_of(entry("[10.9.9.9]"))
    caller = proxy(push)
    assert service_named(push, caller, "A.EXAMPLE") is service_at(push, caller, "10.9.9.9")
    assert service_at(push, caller, "10.9.9.8") is None


def test_a_pod_of_a_headless_service_is_called_by_its_own_name():
    pod = (
        "---\nkind: Pod\nmetadata: {name: quay-1, namespace: shop, labels: {app: quay}}\n"
        "spec: {containers: []}\nstatus: {podIP: 10.1.0.8}\n"
    )
    headless = service("quay", "{name: tcp, port: 80}", ", clusterIP: None")
    other = pod.replace("quay-1", "quay-0").replace("10.1.0.8", "10.1.0.7")
    for host in ("quay-1.quay", "quay-1.quay.shop", f"quay-1.{HOST}"):
        assert names(headless + other + pod, host).address == "10.1.0.8", host
    assert names(headless, "quay-1.quay").address == f"<pod of {HOST}>"
    assert names(BASE, "quay-1.quay").service is None
