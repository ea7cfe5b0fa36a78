from pathlib import Path

import pytest

from tests.mesh.make import line_of, obj
from tests.repair.rollout.world import (
    BASE,
    CANARY,
    DESK,
    DONE,
    NOW,
    V1,
    V2,
    answer,
    flags,
    made,
    order,
    route,
    rule,
    service,
    walked,
    workload,
)

FILES = {
    "v2.yaml": V2,
    "rule.yaml": rule("v1", "v2"),
    "route.yaml": route({"v1": 90, "v2": 10}),
    "shifted.yaml": route({"v2": 100}),
    "narrow.yaml": rule("v2"),
    "v1.yaml": V1,
}


def test_a_canary_is_made_before_anything_is_broken() -> None:
    told = answer(NOW, DONE)
    assert told.verdict == "safe"
    assert made(order(told, "plan")) == [
        ("create", "Deployment ferry/quay-v2"),
        ("widen", "DestinationRule ferry/quay"),
        ("change", "VirtualService ferry/quay"),
        ("narrow", "DestinationRule ferry/quay"),
        ("delete", "Deployment ferry/quay-v1"),
    ]
    assert sorted(flags(order(told, "at-once"))[1]) == ["NC", "NC", "UH", "UH"]


def test_nothing_to_do_is_said_where_nothing_changes() -> None:
    assert answer(NOW, NOW).verdict == "nothing-to-do"
    assert answer(NOW, NOW).orders == ()


@pytest.mark.parametrize(
    ("lines", "lost"),
    [
        ("v2.yaml rule.yaml route.yaml", {}),
        ("v2.yaml rule.yaml route.yaml shifted.yaml narrow.yaml", {}),
        ("rule.yaml v2.yaml route.yaml", {}),
        ("v2.yaml route.yaml rule.yaml", {2: ["NC"]}),
        ("rule.yaml route.yaml v2.yaml", {2: ["UH"]}),
        ("v2.yaml rule.yaml narrow.yaml shifted.yaml", {3: ["NC"]}),
    ],
)
def test_the_step_that_loses_requests_is_named(tmp_path: Path, lines: str, lost: dict) -> None:
    told = walked(tmp_path, NOW, FILES, "\n".join(lines.split()))
    given = order(told, "given")
    assert flags(given) == lost
    assert told.verdict == ("unsafe" if lost else "safe")
    assert given.first_unsafe == min(lost, default=0)


def test_pods_that_are_taken_away_while_they_have_a_weight_are_missed(tmp_path: Path) -> None:
    told = walked(tmp_path, CANARY, FILES, "kubectl -n ferry delete -f v2.yaml\n")
    (danger,) = order(told, "given").steps[0].dangers
    assert (danger.status, danger.flag, danger.details) == (503, "UH", "no_healthy_upstream")
    assert danger.lasting
    assert danger.share == 10
    scaled = walked(tmp_path, CANARY, FILES, "kubectl -n ferry scale deploy/quay-v1 --replicas=0")
    assert flags(order(scaled, "given")) == {1: ["UH"]}


def test_the_lines_that_make_it_are_named(tmp_path: Path) -> None:
    told = walked(tmp_path, NOW, FILES, "v2.yaml\nroute.yaml")
    (danger,) = order(told, "given").steps[1].dangers
    assert danger.route == "VirtualService ferry/quay"
    line = line_of(FILES["route.yaml"], "subset: v2")
    assert [(Path(one.path).name, one.line) for one in danger.sources] == [("route.yaml", line)]
    late = walked(tmp_path, NOW, FILES, "rule.yaml\nroute.yaml")
    (danger,) = order(late, "given").steps[1].dangers
    assert [Path(one.path).name for one in danger.sources] == ["route.yaml", "rule.yaml"]


def test_a_script_must_wait_and_the_order_alone_is_not_enough(tmp_path: Path) -> None:
    hasty = "kubectl apply -f v2.yaml\nkubectl apply -f rule.yaml\nkubectl apply -f route.yaml\n"
    told = walked(tmp_path, NOW, FILES, hasty)
    assert flags(order(told, "given")) == {3: ["NC", "UH"]}
    (first, second) = order(told, "given").steps[2].dangers
    assert first.lacking == ("DestinationRule ferry/quay",)
    assert second.lacking == ("Deployment ferry/quay-v2",)
    assert not first.lasting
    patient = (
        "kubectl apply -f v2.yaml\nkubectl -n ferry rollout status deploy/quay-v2\n"
        "kubectl apply -f rule.yaml && sleep 10\nkubectl apply -f route.yaml\n"
    )
    assert walked(tmp_path, NOW, FILES, patient).verdict == "safe"
    asleep = patient.replace("kubectl -n ferry rollout status deploy/quay-v2", "sleep 60")
    assert flags(order(walked(tmp_path, NOW, FILES, asleep), "given")) == {3: ["UH"]}


def test_two_objects_of_one_step_may_reach_a_proxy_either_way(tmp_path: Path) -> None:
    both = {**FILES, "both.yaml": FILES["rule.yaml"] + FILES["route.yaml"]}
    told = walked(tmp_path, NOW, both, "v2.yaml\nboth.yaml")
    (danger,) = order(told, "given").steps[1].dangers
    assert danger.flag == "NC"
    assert danger.having == ("VirtualService ferry/quay",)
    assert danger.lacking == ("DestinationRule ferry/quay",)


def test_blue_green_by_the_selector_of_a_service() -> None:
    blue, green = (
        service(selector="app: quay, version: v1"),
        service(selector="app: quay, version: v2"),
    )
    told = answer(DESK + blue + V1, DESK + green + V2)
    assert made(order(told, "plan")) == [
        ("create", "Deployment ferry/quay-v2"),
        ("change", "Service ferry/quay"),
        ("delete", "Deployment ferry/quay-v1"),
    ]
    waits = [wait.command for step in order(told, "plan").steps for wait in step.waits]
    assert "kubectl -n ferry rollout status deployment/quay-v2" in waits
    assert flags(order(told, "at-once")) == {1: ["UH", "UH"]}
    early = answer(DESK + blue + V1, DESK + green + V1)
    assert early.verdict == "unsafe"
    assert (
        "The wanted state itself loses requests, whatever the order." in order(early, "plan").notes
    )


def test_labels_that_change_in_place_have_no_safe_order() -> None:
    one = workload("quay", "app: quay, version: v1")
    two = workload("quay", "app: quay, version: v2")
    told = answer(
        BASE + one + rule("v1") + route({"v1": 100}), BASE + two + rule("v2") + route({"v2": 100})
    )
    assert told.verdict == "unsafe"
    assert any("a workload of its own" in note for note in order(told, "plan").notes)


def test_pods_that_are_recreated_leave_a_gap_and_rolled_ones_do_not() -> None:
    def of(image: str, strategy: str) -> str:
        made = workload("quay", "app: quay", f"strategy: {{type: {strategy}}}, ")
        return BASE + made.replace("name: app}", f"name: app, image: {image}}}")

    told = answer(of("a:1", "Recreate"), of("a:2", "Recreate"))
    assert any("RollingUpdate" in note for note in order(told, "plan").notes)
    assert answer(of("a:1", "RollingUpdate"), of("a:2", "RollingUpdate")).verdict == "safe"


def test_a_selector_that_kubernetes_refuses_to_change_is_told() -> None:
    def of(label: str) -> str:
        return BASE + workload("quay", "app: quay", f"selector: {{matchLabels: {{x: {label}}}}}, ")

    (hazard,) = answer(of("a"), of("b")).hazards
    assert (hazard.id, hazard.severity) == ("immutable-selector", "error")


GATEWAY = obj(
    "Gateway",
    "front",
    "{selector: {istio: ingress}, "
    "servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: [quay.example]}]}",
    "ferry",
)


def entry(weights: dict[str, int]) -> str:
    """A route for the gateway alone."""
    return route(weights, ", gateways: [front]").replace("hosts: [quay]", "hosts: [quay.example]")


def test_requests_that_come_in_through_a_gateway_are_followed() -> None:
    now = BASE + GATEWAY + V1 + rule("v1") + entry({"v1": 100})
    told = answer(now, BASE + GATEWAY + V1 + rule("v1") + entry({"v1": 50, "v2": 50}))
    dangers = [one for step in order(told, "plan").steps for one in step.dangers]
    assert [(one.flag, one.callers) for one in dangers] == [("NC", ("gateway/front.ferry",))]
    assert dangers[0].requests == ("quay.example:80",)


def test_a_rule_of_the_callers_own_namespace_hides_that_of_the_service() -> None:
    now = NOW + workload("mast", "app: mast", namespace="port")
    hiding = rule("v9", namespace="port", host="quay.ferry.svc.cluster.local")
    told = answer(now, now + hiding)
    dangers = [one for step in order(told, "plan").steps for one in step.dangers]
    assert [one.callers for one in dangers] == [("any workload of port",)]


def test_two_services_are_moved_together_and_told_apart() -> None:
    def pier(version: str) -> str:
        return (
            workload(f"pier-{version}", f"app: pier, version: {version}")
            + service("pier", "app: pier")
            + rule(version, host="pier", name="pier")
            + route({version: 100}, name="pier")
            .replace("quay,", "pier,")
            .replace("[quay]", "[pier]")
        )

    told = answer(NOW + pier("v1"), DONE + pier("v2"))
    assert told.verdict == "safe"
    assert len(told.hosts) == 2
    first = order(told, "plan").steps[0]
    assert {one.object for one in first.changes} == {
        "Deployment ferry/quay-v2",
        "Deployment ferry/pier-v2",
    }


def test_what_is_lost_before_is_held_against_no_step() -> None:
    broken = BASE + V1 + rule("v1") + route({"v1": 90, "v3": 10})
    told = answer(broken, broken + V2)
    assert [one.flag for one in told.already] == ["NC"]
    assert told.verdict == "safe"
    assert answer(broken).verdict == "unsafe"


def test_pods_that_are_not_given_are_taken_for_granted_and_that_is_said() -> None:
    rules = service() + rule("v1") + route({"v1": 100})
    told = answer(rules, service() + rule("v1", "v2") + route({"v1": 90, "v2": 10}) + V2)
    assert told.verdict == "safe"
    assert any("none is given" in one for one in told.assumed)


def test_pods_whose_status_says_that_none_is_ready_are_not_counted_on(tmp_path: Path) -> None:
    starting = V2 + "status: {replicas: 1}\n"
    now = BASE + V1 + starting + rule("v1", "v2") + route({"v1": 100})
    script = "kubectl apply -f route.yaml\n"
    told = walked(tmp_path, now, FILES, script)
    assert flags(order(told, "given")) == {1: ["UH"]}
    patient = walked(
        tmp_path, now.replace("{replicas: 1}", "{replicas: 1, readyReplicas: 1}"), FILES, script
    )
    assert patient.verdict == "safe"


def test_endpoints_and_pods_of_the_present_do_not_outlive_their_workload() -> None:
    labels = "labels: {app: quay, version: v1}"
    old = f"---\nkind: Pod\nmetadata: {{name: quay-v1-abc, namespace: ferry, {labels}}}\n"
    told = answer(NOW + old, DONE + old)
    assert made(order(told, "plan"))[-1] == ("delete", "Deployment ferry/quay-v1")
    gone = answer(NOW + old, NOW.replace(V1, "") + old)
    assert gone.verdict == "unsafe"


def test_objects_of_one_file_that_come_at_different_steps_are_not_applied_together() -> None:
    steps = order(answer(NOW, CANARY), "plan").steps
    assert not any("mesh.yaml" in command for step in steps[1:] for command in step.commands)
    assert steps[1].commands == ("kubectl apply -f step-2.yaml",)
    assert "subsets:" in steps[1].yaml
    assert "mesh.yaml:" in steps[0].commands[0]


def test_odd_objects_do_not_stop_it() -> None:
    odd = (
        obj("DestinationRule", "7", "[1]")
        + obj("VirtualService", "x", "{http: 3, hosts: x}")
        + obj("Deployment", "d", "null")
    )
    assert answer(odd, odd.replace("[1]", "7").replace("3", "[null]")).verdict in (
        "safe",
        "nothing-to-do",
    )


def branching(weights: dict[str, int]) -> str:
    """A route of the Gateway API between two services, for all callers of a third."""
    ways = ", ".join(f"{{name: quay-{k}, port: 9080, weight: {v}}}" for k, v in weights.items())
    parent = "parentRefs: [{kind: Service, group: '', name: quay}]"
    return obj("HTTPRoute", "quay", f"{{{parent}, rules: [{{backendRefs: [{ways}]}}]}}", "ferry")


def test_routes_of_the_gateway_api_are_followed_by_the_name_that_is_called() -> None:
    each = "".join(service(f"quay-{v}", f"app: quay, version: {v}") for v in ("v1", "v2"))
    now = BASE + each + V1
    told = answer(now + branching({"v1": 100}), now + branching({"v1": 50, "v2": 50}))
    assert told.verdict == "unsafe"
    (danger,) = order(told, "plan").steps[0].dangers
    assert (danger.flag, danger.requests) == ("UH", ("quay.ferry.svc.cluster.local:9080",))
    good = answer(now + branching({"v1": 100}), now + V2 + branching({"v1": 50, "v2": 50}))
    assert made(order(good, "plan"))[0] == ("create", "Deployment ferry/quay-v2")
    assert good.verdict == "safe"


def test_a_route_of_another_name_and_port_to_the_service_is_followed() -> None:
    front = service("front", "app: front").replace("port: 9080", "port: 8000")
    way = route({"v1": 100}, name="front").replace("hosts: [quay]", "hosts: [front]")
    way = way.replace("subset: v1", "subset: v1, port: {number: 9080}")
    told = answer(
        NOW + front + way, NOW.replace(route({"v1": 100}), "").replace(rule("v1"), "") + front + way
    )
    dangers = [one for step in order(told, "plan").steps for one in step.dangers]
    assert {one.requests for one in dangers} == {("front.ferry.svc.cluster.local:8000",)}


def test_defaults_that_the_api_server_fills_in_are_no_change() -> None:
    live = NOW.replace("kind: Service\nmetadata: {", "kind: Service\nmetadata: {uid: a, ").replace(
        "{selector: {app: quay}",
        "{clusterIP: 10.0.0.7, sessionAffinity: None, selector: {app: quay}",
    )
    assert answer(live, NOW).verdict == "nothing-to-do"
    other = NOW.replace("{selector: {app: quay}", "{selector: {app: other}")
    assert answer(live, other).verdict == "unsafe"


def test_replicas_that_git_leaves_to_an_autoscaler_are_no_scaling() -> None:
    scaled = V1.replace("spec: {template", "spec: {replicas: 5, template")
    told = answer(NOW.replace(V1, scaled), NOW.replace("name: app}", "name: app, image: a:2}"))
    assert ("change", "Deployment ferry/quay-v1") in made(order(told, "plan"))


def test_what_is_not_followed_is_said() -> None:
    labels = "labels: {istio.io/dataplane-mode: ambient}"
    ambient = f"---\nkind: Namespace\nmetadata: {{name: ferry, {labels}}}\n"
    told = answer(NOW + ambient, CANARY + ambient)
    assert any("Ambient" in one for one in told.assumed)
    config = "---\nkind: ConfigMap\nmetadata: {name: x}\n"
    told = answer(NOW, CANARY + config)
    assert any("ConfigMap" in one for one in told.assumed)
    assert order(told, "plan").steps[0].changes[0].object == "ConfigMap ferry/x"


def test_a_plan_waits_for_pods_that_are_still_starting() -> None:
    now = BASE + V1 + V2 + "status: {replicas: 1}\n" + rule("v1", "v2") + route({"v1": 100})
    (note,) = order(answer(now, CANARY + "status: {}\n"), "plan").notes
    assert "Deployment ferry/quay-v2" in note
