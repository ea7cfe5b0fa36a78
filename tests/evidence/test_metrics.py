from tests.evidence.fuzz import assert_never_raises, lines_of, read_lines
from why503.evidence import metrics
from why503.facts import SeriesKind

SCRAPE = """\
# HELP vmalert_remotewrite_dropped_rows_total rows given up
# TYPE vmalert_remotewrite_dropped_rows_total counter
vmalert_remotewrite_dropped_rows_total 250
# TYPE queue gauge
queue 7
shelf_depth{room="a \\"b\\"",level="2"} 1.5e2 1767582000000
# TYPE wait histogram
wait_bucket{le="0.5"} 3
wait_sum 1.5
wait_count 3
"""
OPEN = """\
# TYPE calls counter
# UNIT calls seconds
calls_total{path="/x"} 17.0 1767582000.5 # {trace_id="abc"} 0.67
# EOF
"""
ANSWER = (
    '{"status":"success","data":{"resultType":"vector","result":'
    '[{"metric":{"__name__":"up"},"value":[1767582000,"1"]}]}}'
)


def found(text):
    return {fact.metric: fact for fact in read_lines(metrics, text)[0].facts}


def test_text_is_read_with_types_labels_and_times():
    told = found(SCRAPE)
    assert told["vmalert_remotewrite_dropped_rows_total"].latest == 250.0
    assert told["queue"].kind is SeriesKind.GAUGE
    assert told["shelf_depth"].points == ((1767582000.0, 150.0),)
    assert told["shelf_depth"].label("room") == 'a "b"'
    assert told["wait_count"].kind is SeriesKind.COUNTER
    assert "wait_bucket" not in told
    assert read_lines(metrics, SCRAPE)[1] == list(range(1, 11))


def test_openmetrics_with_exemplars_is_read():
    (calls,) = found(OPEN).values()
    assert (calls.metric, calls.kind) == ("calls_total", SeriesKind.COUNTER)
    assert calls.points == ((1767582000.5, 17.0),)
    assert read_lines(metrics, OPEN)[1] == [1, 2, 3, 4]


def test_two_scrapes_in_one_file_are_one_series():
    text = "node_x_total 4\n\nsome words\nnode_x_total 9\n"
    (series,) = found(text).values()
    assert series.points == ((None, 4.0), (None, 9.0))


def test_an_answer_in_one_line_of_a_paste_is_read():
    text = f"$ curl -s vm:8428/api/v1/query?query=up\n{ANSWER}\nthat is all\n"
    reading, claimed = read_lines(metrics, text)
    assert (reading.facts[0].metric, claimed) == ("up", [2])


def test_prose_tables_envoy_and_istio_are_left_alone():
    text = (
        "version 3\nport 8080\nretries: 4\n"
        'envoy_cluster_x{a="b"} 3\nistio_requests_total{a="b"} 3\n'
        "# TYPE envoy_cluster_x counter\n# Heading\n"
        "{not a metric} 4\nreplicas 2 of 3\n"
    )
    assert read_lines(metrics, text)[1] == []


def test_a_bid_is_the_share_of_metrics():
    assert metrics.bid(lines_of(SCRAPE.rstrip("\n"))) == 1.0
    assert metrics.bid([]) == 0.0


def test_no_text_makes_it_raise():
    assert_never_raises(metrics, SCRAPE + OPEN + ANSWER)
