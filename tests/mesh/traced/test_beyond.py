from tests.mesh.make import obj
from tests.mesh.traced.world import BASE, push_of
from why503.mesh.traced.beyond import left_out


def test_ambient_filters_and_tokens_are_named_and_not_passed_over():
    text = (
        "---\nkind: Namespace\nmetadata: {name: shop, labels: {istio.io/dataplane-mode: ambient}}\n"
        + obj("Gateway", "way", "{gatewayClassName: istio-waypoint}")
        + obj("EnvoyFilter", "odd", "{}")
        + obj("RequestAuthentication", "jwt", "{}")
    )
    ambient, filters, tokens = left_out(push_of(BASE + text))
    assert "Namespace shop, Gateway shop/way" in ambient
    assert "EnvoyFilter shop/odd" in filters
    assert "RequestAuthentication shop/jwt" in tokens
    assert left_out(push_of(BASE)) == ()


def test_many_are_cut_short():
    text = "".join(obj("EnvoyFilter", f"f{number}", "{}") for number in range(9))
    assert left_out(push_of(text))[0].endswith("f2, ....")
