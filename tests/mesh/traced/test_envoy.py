from tests.mesh.traced.world import call
from why503.mesh.traced.call import Speech, Tls, Way
from why503.mesh.traced.config import (
    Chain,
    ChainMatch,
    Inspector,
    Listener,
    Made,
    ProxyConfig,
    Route,
    RouteConfig,
    RouteMatch,
    StringMatch,
    Terminates,
    VirtualHost,
)
from why503.mesh.traced.envoy import (
    Stop,
    chains_for,
    listener_for,
    pass_through,
    virtual_host_for,
)

M = Made("test")


def chain(name, tls=None, routes="", **match):
    return Chain(
        made=M,
        name=name,
        match=ChainMatch(**match),
        tls=tls,
        routes=routes,
        clusters=() if routes else ((name, 100),),
    )


def listener(*chains, address="0.0.0.0", port=9080, **fields):
    told = {"tls_inspector": Inspector(usually=True), "http_inspector": Inspector(usually=True)}
    return Listener(
        name="l", address=address, port=port, made=M, chains=chains, **{**told, **fields}
    )


def host(name, *routes, domains=("*",), **fields):
    return VirtualHost(name=name, domains=domains, routes=routes, made=M, **fields)


def through(chains, asked, *hosts):
    config = ProxyConfig(
        listeners=(listener(*chains),), routes={"r": RouteConfig(name="r", hosts=hosts)}
    )
    return pass_through(config, asked)


def names(found):
    return [one.name for one in found]


def test_an_address_goes_before_the_wildcard_and_that_before_the_rest():
    exact = listener(address="10.9.9.9")
    wild = listener()
    rest = listener(port=15001, virtual=True)
    inside = listener(port=15006, virtual=True, inbound=True)
    all_of_them = (inside, rest, wild, exact)
    assert listener_for(all_of_them, call()) is exact
    assert listener_for(all_of_them, call(address="10.0.0.1")) is wild
    assert listener_for(all_of_them, call(port=1)) is rest
    assert listener_for(all_of_them, call(way=Way.INBOUND)) is inside
    assert listener_for((wild,), call(port=1)) is None


def test_the_narrowest_range_wins_and_a_wrong_name_then_falls_through():
    found = listener(
        chain("wide", ranges=("10.0.0.0/8",), server_names=("a",)),
        chain("narrow", ranges=("10.9.0.0/16",), server_names=("b",)),
        default=chain("default"),
    )
    assert names(chains_for(found, call(sni="b"))) == ["narrow"]
    assert names(chains_for(found, call(sni="a"))) == ["default"]
    assert names(chains_for(found, call(sni="a", address="10.1.1.1"))) == ["wide"]


def test_the_most_exact_server_name_wins():
    found = listener(
        chain("any"), chain("wild", server_names=("*.b",)), chain("a", server_names=("a.b",))
    )
    for sni, name in (("a.b", "a"), ("x.b", "wild"), ("x.c", "any"), ("", "any")):
        assert names(chains_for(found, call(sni=sni, tls=Tls.TLS))) == [name]


def test_without_an_inspector_tls_is_not_seen():
    chains = (chain("tls", transport="tls"), chain("raw", transport="raw_buffer"))
    asked = call(tls=Tls.TLS)
    assert names(chains_for(listener(*chains), asked)) == ["tls"]
    blind = listener(*chains, tls_inspector=Inspector())
    assert names(chains_for(blind, asked)) == ["raw"]


def test_every_stop_has_its_reason():
    mutual = Terminates(client_certificate=True, mesh=True)
    simple = Terminates()
    http = (chain("h", routes="r"),)
    cases = [
        ((chain("a"), chain("b")), call(), Stop.SEVERAL_FILTER_CHAINS),
        ((chain("t", transport="tls"),), call(), Stop.NO_FILTER_CHAIN),
        ((chain("t", tls=mutual),), call(), Stop.TLS_ERROR),
        ((chain("t", tls=mutual),), call(tls=Tls.TLS), Stop.MTLS_ERROR),
        ((chain("t", tls=simple),), call(tls=Tls.MESH), Stop.MTLS_ERROR),
        (http, call(tls=Tls.TLS), Stop.PROTOCOL_ERROR),
        (http, call(speech=Speech.TCP), Stop.PROTOCOL_ERROR),
    ]
    for chains, asked, stop in cases:
        assert through(chains, asked).stop is stop
    assert through((chain("t", tls=simple),), call(tls=Tls.MUTUAL)).stop is None
    assert through((chain("t", tls=mutual),), call(tls=Tls.MESH)).clusters == (("t", 100),)
    assert pass_through(ProxyConfig(listeners=(), routes={}), call()).stop is Stop.NO_LISTENER


def test_http_stops_at_host_route_redirect_or_answer():
    http = (chain("h", routes="r"),)
    only_a = RouteMatch(path=StringMatch(kind="prefix", value="/a"))
    route = Route(made=M, match=only_a, clusters=(("c", 100),))
    assert through(http, call(host="x"), host("v", domains=("y",))).stop is Stop.NO_VIRTUAL_HOST
    assert through(http, call(path="/b"), host("v", route)).stop is Stop.NO_ROUTE
    assert through(http, call(path="/a"), host("v", route)).clusters == (("c", 100),)
    assert through(http, call(), host("v", requires_tls=True)).stop is Stop.TLS_REDIRECT
    for fields, stop in (
        ({"redirect": 301}, Stop.REDIRECT),
        ({"answer": 502}, Stop.DIRECT_RESPONSE),
    ):
        assert through(http, call(), host("v", Route(made=M, **fields))).stop is stop


def test_a_route_that_cannot_be_judged_is_a_doubt():
    odd = RouteMatch(path=StringMatch(kind="regex", value="(a+)+"))
    routes = (Route(made=M, name="odd", match=odd), Route(made=M, clusters=(("c", 1),)))
    found = through((chain("h", routes="r"),), call(), host("v", *routes))
    assert found.clusters == (("c", 1),)
    assert [one.name for one in found.doubts] == ["odd"]


def test_domains_are_taken_exact_then_by_suffix_then_by_prefix_and_without_port():
    config = RouteConfig(
        name="r",
        hosts=(
            host("all"),
            host("suffix", domains=("*.shop",)),
            host("longer", domains=("*.a.shop",)),
            host("prefix", domains=("quay.*",)),
            host("exact", domains=("quay.shop",)),
        ),
    )
    for asked, name in (
        ("quay.shop:9080", "exact"),
        ("x.shop", "suffix"),
        ("x.a.shop", "longer"),
        ("quay.web", "prefix"),
        ("QUAY.SHOP", "exact"),
        ("other", "all"),
    ):
        found = virtual_host_for(config, asked)
        assert found is not None
        assert found.name == name
