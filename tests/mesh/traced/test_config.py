from why503.mesh.traced.config import Chain, Inspector, Made, RouteConfig


def test_an_inspector_knows_the_ports_that_are_otherwise():
    usually = Inspector(usually=True, unlike=frozenset({70}))
    assert usually.looks(80)
    assert not usually.looks(70)
    assert Inspector(unlike=frozenset({70})).looks(70)


def test_a_chain_is_http_where_it_has_routes():
    made = Made("x")
    assert Chain(made=made, routes="80").http
    assert Chain(made=made, inline=RouteConfig(name="in", hosts=())).http
    assert not Chain(made=made, clusters=(("a", 100),)).http
