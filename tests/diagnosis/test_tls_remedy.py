from tests.mesh.build import log, outbound
from tests.mesh.make import mesh_of, obj
from why503.diagnosis.tls_remedy import mode_mended, sidecars_first

HOST = "orders.shop.svc.cluster.local"
RULE = obj("DestinationRule", "all-orders", f"{{host: {HOST}}}", "policies")


def mended(text="", *, by_istio=True):
    mesh = mesh_of(text, log(outbound(503, "UC")))
    return mode_mended(mesh.hops[0], mesh, by_istio=by_istio)


def test_the_mode_is_left_to_istio_or_said_before_1_5():
    assert "no tls block" in mended().title
    assert "ISTIO_MUTUAL" in mended(by_istio=False).title


def test_the_rule_of_the_host_is_edited_where_it_stands():
    assert mended(RULE).commands == ("kubectl -n policies edit destinationrule all-orders",)
    assert mended().commands == ("kubectl -n shop edit destinationrule <rule>",)
    assert HOST in mended().verify


def test_sidecars_are_for_the_callers_or_for_the_server_s_own_namespace():
    callers, own = sidecars_first("shop", of_callers=True), sidecars_first("shop", of_callers=False)
    assert (
        callers.commands
        == own.commands
        == ("kubectl label namespace shop istio-injection=enabled",)
    )
    assert callers.title != own.title
