from tests.mesh.build import manifest, mesh
from why503.mesh.backend_status import unresolved_backends


def route(status="False", reason="BackendNotFound", kind="ResolvedRefs", message="gone"):
    condition = {"type": kind, "status": status, "reason": reason, "message": message}
    return manifest("HTTPRoute", "front", "shop", status={"parents": [{"conditions": [condition]}]})


def found(*manifests):
    return [text for _route, _place, text in unresolved_backends(mesh(*manifests))]


def test_a_backend_that_cannot_be_found_is_told_by_its_message_or_reason():
    assert found(route()) == ["gone"]
    assert found(route(message="")) == ["BackendNotFound"]
    assert found(route(status=False)) == ["gone"]


def test_other_conditions_are_no_lost_backend():
    assert found(route(status="True")) == []
    assert found(route(kind="Accepted")) == []
    assert found(route(reason="InvalidCertificateRef")) == []
    assert found(manifest("HTTPRoute", "front", "shop", spec={})) == []
