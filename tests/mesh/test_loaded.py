import pytest

from tests.mesh.build import mesh
from why503.facts import (
    FilterChain,
    HttpSettings,
    LoadedCluster,
    LoadedListener,
    LoadedRoute,
    RejectedConfig,
    RetryPolicy,
    Source,
)
from why503.mesh import loaded

HOST = "shelf.books.svc.cluster.local"
NAME = f"outbound|80||{HOST}"


def cluster(name=NAME, teller="desk", **fields):
    return LoadedCluster(source=Source(path="d.json", line=9), teller=teller, name=name, **fields)


def route(**fields):
    return LoadedRoute(
        source=Source(path="d.json", line=5),
        teller="desk",
        config="80",
        virtual_host="shelf",
        domains=("*",),
        **fields,
    )


@pytest.mark.parametrize(
    ("name", "port", "direction", "expected"),
    [
        (NAME, 80, "outbound", True),
        (NAME, None, "", True),
        (NAME, 81, "outbound", False),
        (NAME, 80, "inbound", False),
        ("inbound|80||", 80, "inbound", True),
        ("inbound|80||", 80, "outbound", False),
        ("outbound|80||other.books.svc.cluster.local", 80, "outbound", False),
        (HOST, 80, "outbound", True),
        ("PassthroughCluster", 80, "outbound", False),
    ],
)
def test_a_cluster_leads_to_its_host(name, port, direction, expected):
    assert loaded.is_cluster_of(name, HOST, port, direction) is expected


def test_the_whole_service_goes_before_its_subsets_and_warming_clusters():
    subset = cluster(f"outbound|80|v1|{HOST}")
    found = loaded.loaded_clusters(mesh(cluster(state="warming"), subset, cluster()), "shelf.books")
    assert [(c.name, c.state) for c in found] == [
        (NAME, "active"),
        (subset.name, "active"),
        (NAME, "warming"),
    ]


def test_a_teller_is_asked_alone():
    world = mesh(cluster(idle_timeout=1.0), cluster(teller="gate", idle_timeout=2.0))
    found = loaded.loaded_cluster(world, HOST, 80, teller="gate")
    assert found is not None
    assert found.idle_timeout == 2.0
    assert loaded.loaded_cluster(world, HOST, 80, teller="else") is None
    named = loaded.loaded_cluster_named(world, NAME, "gate")
    assert named is not None
    assert named.teller == "gate"
    assert loaded.dumped(world) == {"desk", "gate"}


def test_an_idle_timeout_is_set_defaulted_or_unknown():
    told = loaded.loaded_idle_timeout(mesh(cluster(idle_timeout=50.0)), HOST, 80)
    default = loaded.loaded_idle_timeout(mesh(cluster()), HOST, 80)
    assert told is not None
    assert (told.value, told.default) == (50.0, False)
    assert default is not None
    assert (default.value, default.default) == (3600.0, True)
    assert default.source == Source(path="d.json", line=9)
    assert loaded.loaded_idle_timeout(mesh(), HOST, 80) is None


def test_routes_tell_timeout_and_retries():
    retry = RetryPolicy(retry_on=("reset",), num_retries=2)
    world = mesh(route(direct_response=404), route(weighted=((NAME, 9),), timeout=0.0, retry=retry))
    timeout = loaded.loaded_route_timeout(world, HOST, 80)
    assert timeout is not None
    assert (timeout.value, timeout.default) == (0.0, False)
    found = loaded.loaded_retry(world, HOST, 80)
    assert found is not None
    assert found.value == retry


def test_no_retries_differ_from_no_route():
    none = loaded.loaded_retry(mesh(route(cluster=NAME)), HOST, 80)
    assert none is not None
    assert none.value is None
    assert loaded.loaded_retry(mesh(), HOST, 80) is None
    default = loaded.loaded_route_timeout(mesh(route(cluster=NAME)), HOST, 80)
    assert default is not None
    assert (default.value, default.default) == (15.0, True)


def test_stream_idle_timeouts_of_http_chains_are_told():
    chains = (FilterChain(), FilterChain(http=HttpSettings(stream_idle_timeout=7.0)))
    listener = LoadedListener(source=Source(path="d.json"), teller="desk", name="in", chains=chains)
    assert [s.value for s in loaded.loaded_stream_idle_timeouts(mesh(listener))] == [7.0]
    assert loaded.loaded_stream_idle_timeouts(mesh(listener), "gate") == ()


def test_the_latest_refusal_comes_first():
    old, new = (
        RejectedConfig(
            source=Source(path="d.json"),
            teller="desk",
            kind="listener",
            resource="in",
            details=str(time),
            time=time,
        )
        for time in (1.0, 2.0)
    )
    assert loaded.rejected(mesh(old, new)) == (new, old)
