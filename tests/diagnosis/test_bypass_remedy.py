from tests.mesh.build import inbound, log, outbound
from tests.mesh.make import mesh_of
from why503.diagnosis.bypass_remedy import bypass
from why503.diagnosis.cause import RemedyKind

TEXT = """
    kind: Service
    metadata: {name: orders, namespace: shop}
    spec: {clusterIP: 10.96.1.1, selector: {app: orders}, ports: [{port: 80, targetPort: 8080}]}
    ---
    kind: Deployment
    metadata: {name: orders, namespace: shop}
    spec: {template: {metadata: {labels: {app: orders}}}}
    """


def test_a_stop_gap_says_what_it_gives_up():
    mesh = mesh_of(TEXT, log(inbound(503, "UC")))
    remedy = bypass(mesh.hops[0], mesh)
    assert remedy.kind is RemedyKind.STOP_GAP
    assert "gives up mutual TLS" in remedy.risks[0]
    assert "AuthorizationPolicy" in remedy.risks[0]
    assert any("DISABLE" in risk for risk in remedy.risks)
    out, back = remedy.commands
    assert "10.96.1.1/32" in out
    assert "excludeInboundPorts" in back


def test_nothing_is_edited_where_the_caller_is_not_shown():
    mesh = mesh_of(TEXT, log(outbound(503, "UC")))
    assert bypass(mesh.hops[0], mesh).edits == ()
