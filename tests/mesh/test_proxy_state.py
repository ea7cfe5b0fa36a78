from tests.mesh.build import mesh
from why503.facts import Certificate, Counter, ProxyInfo, Source
from why503.mesh import proxy_state

HOST = "shelf.books.svc.cluster.local"
NAME = f"outbound|80||{HOST}"


def counter(name, value, teller="desk", path="stats.txt", **fields):
    return Counter(source=Source(path=path), teller=teller, name=name, value=value, **fields)


def info(teller="desk", **fields):
    return ProxyInfo(source=Source(path="info.json"), teller=teller, **fields)


def certificate(**fields):
    return Certificate(source=Source(path="certs.json"), teller="desk", **fields)


def values(world, suffix, host=""):
    return [found.value for found in proxy_state.counters(world, suffix, host)]


def test_statistics_are_found_by_their_end_and_their_host():
    world = mesh(
        counter(f"cluster.{NAME}.upstream_rq_retry", 3.0),
        counter(f"cluster.{NAME};.upstream_rq_retry", 1.0, teller="gate"),
        counter("cluster.outbound|80||other.books.svc.cluster.local.upstream_rq_retry", 7.0),
        counter(f"cluster.{NAME}.not_upstream_rq_retry", 9.0),
    )
    assert values(world, "upstream_rq_retry") == [3.0, 1.0, 7.0]
    assert values(world, "upstream_rq_retry", HOST) == [3.0, 1.0]


def test_a_statistic_that_was_not_read_is_not_zero():
    world = mesh(counter(f"cluster.{NAME}.upstream_rq_retry", 0.0))
    assert values(world, "upstream_rq_retry", HOST) == [0.0]
    assert values(world, "upstream_rq_timeout", HOST) == []


def test_a_statistic_read_twice_counts_once():
    name = f"cluster.{NAME}.upstream_rq_retry"
    world = mesh(counter(name, 3.0), counter(name, 5.0, path="later.txt"))
    assert values(world, "upstream_rq_retry") == [5.0]


def test_a_proxy_without_its_control_plane_is_seen():
    lost = counter("control_plane.connected_state", 0.0)
    failing = counter("cluster.xds-grpc.upstream_cx_connect_fail", 4.0)
    assert proxy_state.disconnected(mesh(lost, failing)) == (lost, failing)


def test_a_proxy_that_came_back_is_connected():
    back = counter("control_plane.connected_state", 1.0)
    failed_once = counter("cluster.xds-grpc.upstream_cx_connect_fail", 4.0)
    assert proxy_state.disconnected(mesh(back, failed_once)) == ()
    other = counter(f"cluster.{NAME}.upstream_cx_connect_fail", 4.0)
    assert proxy_state.disconnected(mesh(other)) == ()


def test_certificates_out_of_their_days_are_found():
    past, future = certificate(expires=10.0), certificate(valid_from=30.0, expires=40.0)
    good, silent = certificate(valid_from=0.0, expires=40.0), certificate()
    assert proxy_state.expired(mesh(past, good, future, silent), 20.0) == (past, future)


def test_proxies_that_start_or_drain_are_not_live():
    draining = info(state="DRAINING")
    assert proxy_state.not_live(mesh(info(state="LIVE"), info(), draining)) == (draining,)
