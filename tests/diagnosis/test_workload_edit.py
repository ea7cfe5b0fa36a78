from tests.mesh.build import log, outbound
from tests.mesh.make import mesh_of
from why503.diagnosis import workload_edit

HOST = "orders.shop.svc.cluster.local"


def deployment(container="", spec="", template=""):
    return f"""
    kind: Deployment
    metadata: {{name: orders, namespace: shop}}
    spec:
      replicas: 1
      template:
        metadata: {{labels: {{app: orders}}{template}}}
        spec:
          containers:
          - name: orders
            ports: [{{containerPort: 8080}}]{container}
          - name: istio-proxy{spec}
    """


def paths(edits):
    return [edit.path[2:] for edit in edits]


def test_a_pod_that_stops_too_soon_pauses_and_gets_the_time_for_it():
    edits = workload_edit.later_stop(mesh_of(deployment()), HOST, None)
    assert paths(edits) == [
        ("spec", "containers", 0, "lifecycle", "preStop"),
        ("spec", "terminationGracePeriodSeconds"),
        ("metadata", "annotations", "proxy.istio.io/config"),
    ]
    assert edits[1].value == 45
    assert "10 s + 5 s to drain in Istio + 30 s" in workload_edit.grace_told()


def test_what_the_pod_has_already_is_left_alone():
    hook = "\n            lifecycle: {preStop: {exec: {command: [x]}}}"
    assert workload_edit.later_stop(mesh_of(deployment(hook)), HOST, None) == ()
    long = "\n          terminationGracePeriodSeconds: 90"
    edits = workload_edit.later_stop(mesh_of(deployment(spec=long)), HOST, (1, 28))
    assert paths(edits) == [("spec", "containers", 0, "lifecycle", "preStop")]


def test_a_readiness_probe_asks_what_the_other_probes_ask_else_the_port():
    (put,) = workload_edit.added_readiness(mesh_of(deployment()), HOST, 8080)
    assert put.value["tcpSocket"] == {"port": 8080}
    live = "\n            livenessProbe: {httpGet: {path: /ok, port: 8080}}"
    (put,) = workload_edit.added_readiness(mesh_of(deployment(live)), HOST, 8080)
    assert put.value["httpGet"] == {"path": "/ok", "port": 8080}
    ready = "\n            readinessProbe: {tcpSocket: {port: 8080}}"
    assert workload_edit.added_readiness(mesh_of(deployment(ready)), HOST, 8080) == ()


def test_impatient_probes_get_more_time_and_more_tries():
    probe = "\n            livenessProbe: {timeoutSeconds: 9, httpGet: {port: 8080}}"
    (put,) = workload_edit.patient_probes(mesh_of(deployment(probe)), HOST)
    assert (put.path[-1], put.value) == ("failureThreshold", 6)


def test_a_probe_at_a_wrong_port_and_rewriting_that_is_off_are_mended():
    probe = "\n            readinessProbe: {httpGet: {port: 9999}}"
    off = ', annotations: {sidecar.istio.io/rewriteAppHTTPProbers: "false"}'
    port, rewrite = workload_edit.mended_probes(mesh_of(deployment(probe, template=off)), HOST)
    assert (port.path[-1], port.value) == ("port", 8080)
    assert rewrite.path[-1] == "sidecar.istio.io/rewriteAppHTTPProbers"
    assert workload_edit.mended_probes(mesh_of(deployment()), HOST) == ()


def test_replicas_only_grow():
    (put,) = workload_edit.more_replicas(mesh_of(deployment()), HOST, 2)
    assert (put.path, put.value) == (("spec", "replicas"), 2)
    assert workload_edit.more_replicas(mesh_of(deployment()), HOST, 1) == ()


def test_the_callers_application_is_held_until_its_sidecar_is_ready():
    mesh = mesh_of(deployment(), log(outbound(503, "UF", teller="orders-7d9f8b6c5-q9w8f")))
    caller = workload_edit.calling_workload(mesh.hops[0], mesh)
    assert caller is not None
    (put,) = workload_edit.held_application(caller)
    assert put.value == "holdApplicationUntilProxyStarts: true\n"
    assert workload_edit.held_application(None) == ()


SERVICE = """
    ---
    kind: Service
    metadata: {name: orders, namespace: shop}
    spec: {selector: {app: order}}
    """


def test_a_selector_that_nobody_carries_takes_the_labels_of_the_workload():
    (put,) = workload_edit.selector_mended(mesh_of(deployment() + SERVICE), HOST)
    assert (put.path, put.value) == (("spec", "selector", "app"), "orders")
    other = mesh_of(deployment() + SERVICE.replace("{app: order}", "{tier: x}"))
    assert workload_edit.selector_mended(other, HOST) == ()
