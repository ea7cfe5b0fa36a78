from tests.mesh.build import START, log, manifest, mesh, request
from why503.facts import ProxyEvent, ProxyEventKind, Source
from why503.mesh.unknown_cluster import destinations_for, unknown_clusters

NAME = "outbound|80|v2|orders.shop.svc.cluster.local"


def event(kind, text, at=0.0, teller="gw"):
    return ProxyEvent(
        source=Source(path="envoy.log", line=1),
        kind=kind,
        teller=teller,
        time=START + at,
        text=text,
    )


def unknown(text, **fields):
    return event(ProxyEventKind.UNKNOWN_CLUSTER, text, **fields)


def warming(text, **fields):
    return event(ProxyEventKind.CLUSTER_WARMING, text, **fields)


def routed():
    rules = [
        {
            "match": [{"uri": {"prefix": "/v2"}}],
            "route": [{"destination": {"host": "orders", "subset": "v2"}}],
        },
        {"route": [{"destination": {"host": "orders"}}]},
    ]
    hosts = ["orders.example.org"]
    return manifest("VirtualService", "orders", "shop", spec={"hosts": hosts, "http": rules})


def test_the_name_is_taken_apart():
    (found,) = unknown_clusters(mesh(unknown(NAME), unknown(NAME)))
    assert (found.host, found.subset) == ("orders.shop.svc.cluster.local", "v2")
    assert found.warming is None


def test_the_names_of_the_first_releases_are_understood():
    (found,) = unknown_clusters(mesh(unknown("out.orders.shop.svc.cluster.local|http")))
    assert found.host == "orders.shop.svc.cluster.local"


def test_warming_counts_for_the_same_cluster_of_the_same_proxy_at_the_time():
    def warm(*events):
        return unknown_clusters(mesh(unknown(NAME, at=10), *events))[0].warming

    assert warm(warming(NAME, at=9)) is not None
    assert warm(warming(NAME, at=9, teller="other")) is None
    assert warm(warming("outbound|80||web.shop.svc.cluster.local", at=9)) is None
    assert warm(warming(NAME, at=600)) is None


def test_destinations_are_those_of_rules_that_can_have_taken_the_request():
    told = request(503, "NC", authority="orders.example.org", path="/v2/a")
    found = mesh(log(told), routed())
    (hop,) = found.hops
    assert [d.subset for d in destinations_for(hop, found)] == ["v2", ""]
    other = mesh(log(request(503, "NC", authority="orders.example.org", path="/")), routed())
    assert [d.subset for d in destinations_for(other.hops[0], other)] == [""]


def test_a_cluster_that_the_log_names_decides():
    told = request(503, "NC", authority="orders.example.org", path="/")
    found = mesh(log(told), routed(), unknown(NAME))
    (hop,) = found.hops
    (destination,) = destinations_for(hop, found, unknown_clusters(found))
    assert destination.subset == "v2"


def test_a_cluster_that_is_just_added_is_warming_and_one_added_by_hand_later_is_not():
    added = f"cds: add/update cluster '{NAME}'"
    just = mesh(event(ProxyEventKind.CLUSTER_UPDATE, added), unknown(NAME, at=1.0))
    assert unknown_clusters(just)[0].warming is not None
    late = mesh(unknown(NAME), event(ProxyEventKind.CLUSTER_UPDATE, added, at=30.0))
    assert unknown_clusters(late)[0].warming is None
