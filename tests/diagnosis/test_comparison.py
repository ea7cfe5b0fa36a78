from why503.diagnosis.comparison import compare
from why503.facts import AccessLog, Bundle, RequestGroup, Source


def group(count: int, code: int = 200, flags: str = "", cluster: str = "outbound|80||a.x", **more):
    known = {"upstream_host": "10.0.0.1:80", "authority": "a.x", "transport_failure": ""}
    known |= {"method": "GET", "protocol": "HTTP/1.1", "minute": None, "first": None, "last": None}
    known |= {"duration_p50": 1.0, "duration_p99": 1.0, "idle_p50": None, "exemplars": ()}
    return RequestGroup(
        **known | more | {"details": more.get("details", "via_upstream")},
        teller="proxy",
        upstream_cluster=cluster,
        code=code,
        flags=frozenset(flags.split()),
        count=count,
    )


def bundle(*groups: RequestGroup) -> Bundle:
    log = AccessLog(
        source=Source(path="a.log"),
        teller="proxy",
        formats=(),
        lines=0,
        understood=0,
        misread=(),
        first=None,
        last=None,
        groups=groups,
        failures=(),
        request_ids=frozenset(),
        request_ids_complete=False,
    )
    return Bundle(facts=(log,))


def found(now: Bundle, before: Bundle) -> dict[str, list[str]]:
    told = compare(now, before, "old")
    sorts = {"new": told.new, "grown": told.grown, "gone": told.gone}
    return {name: [one.what for one in changes] for name, changes in sorts.items() if changes}


def test_failures_that_the_baseline_has_not_are_new():
    now = bundle(group(100), group(1, 503, "UC"))
    assert found(now, bundle(group(100))) == {"new": ["503 UC via_upstream"]}


def test_failures_that_come_no_more_are_gone_where_there_were_requests_enough():
    before = bundle(group(100), group(10, 503, "UC"))
    assert found(bundle(group(100)), before) == {"gone": ["503 UC via_upstream"]}
    assert found(bundle(group(5)), before) == {}


def test_a_share_grew_only_by_more_than_chance():
    before = bundle(group(1000), group(10, 503, "UC"))
    assert found(bundle(group(1000), group(100, 503, "UC")), before) == {
        "grown": ["503 UC via_upstream"]
    }
    assert found(bundle(group(1000), group(16, 503, "UC")), before) == {}


def test_ten_times_the_traffic_with_ten_times_the_failures_is_no_growth():
    before = bundle(group(1000), group(10, 503, "UC"))
    assert found(bundle(group(10_000), group(100, 503, "UC")), before) == {}


def test_pods_and_minutes_do_not_matter_and_destinations_do():
    before = bundle(group(50), group(9, 503, "UH", upstream_host="10.0.0.2:80", minute=7))
    assert found(bundle(group(50), group(9, 503, "UH")), before) == {}
    other = bundle(group(50), group(9, 503, "UH", cluster="outbound|80||b.x"))
    assert found(other, before) == {"new": ["503 UH via_upstream"], "gone": ["503 UH via_upstream"]}


def test_a_caller_that_goes_after_a_good_answer_and_a_tcp_line_are_no_failures():
    now = bundle(group(5, 200, "DC"), group(5, 0, method="", protocol=""))
    assert found(now, bundle(group(10))) == {}
    assert found(bundle(group(5, 0)), bundle(group(10))) == {"new": ["0 - via_upstream"]}


def test_most_failures_come_first():
    now = bundle(group(3, 503, "UC"), group(9, 404), group(5, 504, "UT"))
    told = compare(now, bundle(group(10)), "old")
    assert [one.failures for one in told.new] == [9, 5, 3]
    assert told.baseline == "old"
