from tests.mesh.make import mesh_of
from why503.diagnosis.hazard import met
from why503.diagnosis.injection_rule import RULES


def test_a_namespace_s_labels_are_told_in_a_sentence():
    mesh = mesh_of(
        """
        kind: Namespace
        metadata: {name: shop, labels: {istio-injection: enabled, istio.io/rev: canary}}
        """
    )
    (hazard,) = met(RULES, mesh)
    assert hazard.text == (
        "Namespace shop is labelled istio-injection=enabled as well: the control plane of "
        "revision canary gives its pods no sidecar."
    )
    assert hazard.rule.same_as == ("IST0123",)
