from tests.evidence.fuzz import assert_never_raises, read_lines
from why503.evidence import istioctl_table
from why503.facts import ProxyCluster, ProxyEndpoint, ProxyEvent, ProxyEventKind

TABLES = """\
$ istioctl pc endpoints desk-0.books --cluster x
ENDPOINT              STATUS      OUTLIER CHECK     CLUSTER
10.1.0.4:8080         HEALTHY     OK                outbound|80||shelf.books.svc.cluster.local
10.1.0.5:8080         UNHEALTHY   FAILED            outbound|80||shelf.books.svc.cluster.local
10.1.0.6:8080

SERVICE FQDN                       PORT   SUBSET   DIRECTION   TYPE           DESTINATION RULE
                                   80     -        inbound     ORIGINAL_DST
shelf.books.svc.cluster.local      80     v2       outbound    EDS            shelf.books
PassthroughCluster                 -      -        -           ORIGINAL_DST
ADDRESSES  PORT   MATCH                               DESTINATION
0.0.0.0    15006  Trans: tls; Addr: *:8080            Cluster: inbound|8080||
"""
ADMIN = """\
outbound|80||shelf.books.svc::observability_name::outbound|80||shelf.books.svc
outbound|80||shelf.books.svc::default_priority::max_connections::10
outbound|80||shelf.books.svc::10.1.0.4:8080::cx_active::1
outbound|80||shelf.books.svc::10.1.0.4:8080::health_flags::healthy
outbound|80||shelf.books.svc::[fd00::5]:8080::health_flags::/failed_outlier_check
outbound|80||shelf.books.svc::10.1.0.6:8080::health_flags::/failed_active_hc/failed_eds_health
lonely::added_via_api::false
virtualInbound::0.0.0.0:15006
"""


def test_endpoint_rows_tell_health_and_ejection():
    reading, claimed = read_lines(istioctl_table, TABLES)
    good, bad = [fact for fact in reading.facts if isinstance(fact, ProxyEndpoint)]
    assert (good.teller, good.address, good.healthy, good.ejected) == (
        "desk-0",
        "10.1.0.4:8080",
        True,
        False,
    )
    assert (bad.healthy, bad.ejected, bad.source.line) == (False, True, 4)
    assert claimed == [1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12]


def test_a_cut_row_is_named():
    (unread,) = read_lines(istioctl_table, TABLES)[0].unread
    assert unread.source.line == 5


def test_cluster_rows_tell_port_subset_direction_and_type():
    reading, _claimed = read_lines(istioctl_table, TABLES)
    inbound, shelf, special = [fact for fact in reading.facts if isinstance(fact, ProxyCluster)]
    assert (inbound.host, inbound.port, inbound.direction) == ("", 80, "inbound")
    assert (shelf.subset, shelf.type, shelf.direction) == ("v2", "EDS", "outbound")
    assert (special.host, special.port, special.direction, special.subset) == (
        "PassthroughCluster",
        None,
        "",
        "",
    )


def test_listeners_are_partial_objects():
    listener = read_lines(istioctl_table, TABLES)[0].facts[-1]
    assert listener.kind == "ProxyListener"
    assert listener.get("destination") == "Cluster: inbound|8080||"


def test_the_admin_text_tells_clusters_and_health_flags():
    reading, claimed = read_lines(istioctl_table, ADMIN)
    endpoints = [fact for fact in reading.facts if isinstance(fact, ProxyEndpoint)]
    assert [(e.address, e.healthy, e.ejected) for e in endpoints] == [
        ("10.1.0.4:8080", True, False),
        ("[fd00::5]:8080", True, True),
        ("10.1.0.6:8080", False, False),
    ]
    clusters = [fact for fact in reading.facts if isinstance(fact, ProxyCluster)]
    assert [(c.host, c.port) for c in clusters] == [("shelf.books.svc", 80), ("lonely", None)]
    assert claimed == list(range(1, 9))


def test_log_lines_and_paths_of_code_are_left_alone():
    assert (
        read_lines(istioctl_table, "2026-01-01 error std::vector::at failed\nhealthy ok\n")[1] == []
    )


def test_never_raises():
    assert_never_raises(istioctl_table, TABLES + ADMIN)


def test_secret_that_is_still_awaited_is_a_missing_one():
    text = (
        "RESOURCE NAME          TYPE           STATUS      VALID CERT     SERIAL NUMBER\n"
        "kubernetes://desk-tls                 WARMING     false\n"
        "default                Cert Chain     ACTIVE      true           1a\n"
    )
    reading, claimed = read_lines(istioctl_table, text)
    (fact,) = reading.facts
    assert isinstance(fact, ProxyEvent)
    assert (fact.kind, fact.source.line) == (ProxyEventKind.SECRET_MISSING, 2)
    assert claimed == [1, 2, 3]


def test_a_table_of_endpoints_without_a_row_says_that_there_is_none():
    header = "ENDPOINT     STATUS     OUTLIER CHECK     CLUSTER\n"
    (fact,) = read_lines(istioctl_table, header)[0].facts
    assert (fact.kind, fact.source.line) == (ProxyEventKind.TABLE_EMPTY, 1)
    row = "10.1.0.4:80   HEALTHY   OK   outbound|80||shelf.books.svc.cluster.local\n"
    facts = read_lines(istioctl_table, header + row)[0].facts
    assert not any(isinstance(fact, ProxyEvent) for fact in facts)
