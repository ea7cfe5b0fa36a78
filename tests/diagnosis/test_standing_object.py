import json

from tests.mesh.build import inbound, log, outbound
from tests.mesh.make import mesh_of, obj
from why503.diagnosis.standing_object import (
    POLICY_SETTERS,
    ROUTE_SETTERS,
    edit_command,
    edit_route,
    retry_command,
    routing_service,
)

INSIDE = obj("VirtualService", "inner", "{hosts: [orders], http: [{route: []}]}")
AT_GATEWAY = obj(
    "VirtualService",
    "outer",
    "{hosts: [desk.example.com], gateways: [infra/edge], "
    "http: [{route: [{destination: {host: orders}}]}]}",
)
GATEWAY_LINE = {
    "authority": "desk.example.com",
    "downstream_local": "10.1.0.9:8443",
    "forwarded_for": "192.0.2.7",
}


def test_a_setting_leads_to_the_object_that_it_stands_in():
    mesh = mesh_of(obj("DestinationRule", "caps", "{host: orders}", "base"))
    by = ("connectionPool.tcp.maxConnections of DestinationRule base/caps",)
    command = edit_command(mesh, POLICY_SETTERS, by, "shop")
    assert command == "kubectl -n base edit destinationrule caps"


def test_a_setting_of_another_kind_of_route_is_edited_there():
    mesh = mesh_of(obj("HTTPRoute", "slow", "{}"))
    command = edit_command(mesh, ROUTE_SETTERS, ("HTTPRoute shop/slow",), "shop")
    assert command == "kubectl -n shop edit httproute slow"


def test_a_name_that_only_ends_alike_is_another_object():
    mesh = mesh_of(obj("DestinationRule", "caps", "{host: orders}", ""))
    command = edit_command(mesh, POLICY_SETTERS, ("limits of DestinationRule base/caps",), "shop")
    assert command == "kubectl -n shop edit destinationrule <destinationrule>"


def test_an_unknown_object_is_not_named_after_the_service():
    mesh = mesh_of("", log(outbound(504, "UT")))
    assert edit_command(mesh, POLICY_SETTERS, (), "shop").endswith(" <destinationrule>")
    assert edit_route(mesh.hops[0], mesh).endswith("edit virtualservice <virtualservice>")


def test_a_sidecar_goes_by_the_route_for_sidecars():
    mesh = mesh_of(AT_GATEWAY + INSIDE, log(outbound(503, "UC")))
    assert routing_service(mesh.hops[0], mesh).name == "inner"
    assert edit_route(mesh.hops[0], mesh) == "kubectl -n shop edit virtualservice inner"


def test_a_gateway_goes_by_the_route_bound_to_gateways_for_the_name_that_was_called():
    mesh = mesh_of(INSIDE + AT_GATEWAY, log(outbound(503, "UC", **GATEWAY_LINE)))
    assert routing_service(mesh.hops[0], mesh).name == "outer"


def test_a_route_for_gateways_only_is_none_of_a_sidecars():
    bound = INSIDE.replace("hosts: [orders]", "hosts: [orders], gateways: [infra/edge]")
    mesh = mesh_of(bound, log(outbound(503, "UC")))
    assert routing_service(mesh.hops[0], mesh) is None
    unseen = mesh_of(bound, log(inbound(503, "UC")))
    assert routing_service(unseen.hops[0], unseen).name == "inner"


def test_retries_are_added_only_where_the_route_sends_to_the_host():
    mesh = mesh_of(AT_GATEWAY, log(outbound(503, "UC", **GATEWAY_LINE)))
    (service,) = mesh.manifests("VirtualService")
    command = retry_command(service, mesh.hops[0], ("reset",), "shop")
    assert json.loads(command.split("'")[1]) == [
        {
            "op": "add",
            "path": "/spec/http/0/retries",
            "value": {"attempts": 2, "retryOn": "reset"},
        }
    ]


def test_a_route_that_shows_no_rule_for_the_host_is_edited_by_hand():
    mesh = mesh_of(INSIDE, log(outbound(503, "UC")))
    (service,) = mesh.manifests("VirtualService")
    command = retry_command(service, mesh.hops[0], ("reset",), "shop")
    assert command == "kubectl -n shop edit virtualservice inner"
