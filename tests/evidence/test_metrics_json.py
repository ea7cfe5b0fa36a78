from tests.evidence.fuzz import CONTEXT, assert_never_raises
from why503.evidence import metrics_json
from why503.facts import SeriesKind

MATRIX = """\
{"status": "success",
 "data": {"resultType": "matrix",
  "result": [{"metric": {"__name__": "a_total", "pod": "desk-0"},
              "values": [[1767582000, "4"], [1767582060.5, "6"], [1767582120, "NaN"]]}]}}
"""
VECTOR = (
    '{"status":"success","data":{"resultType":"vector","result":'
    '[{"metric":{"reporter":"source","response_flags":"UC"},"value":[1767582000,"0.5"]}]}}\n'
)
SCALAR = '{"status":"success","data":{"resultType":"scalar","result":[1767582000,"3"]}}\n'
EXPORT = """\
{"metric":{"__name__":"b","job":"x"},"values":[1,null,3],"timestamps":[1767582000000,1767582001000,1767582002000]}
{"metric":{"__name__":"c","job":"x"},"values":[5],"timestamps":[1767582000000]}
"""


def series(text):
    return metrics_json.read(text, CONTEXT).facts


def test_a_range_is_read_with_its_times():
    (found,) = series(MATRIX)
    assert found.points == ((1767582000.0, 4.0), (1767582060.5, 6.0))
    assert (found.metric, found.label("pod"), found.kind) == (
        "a_total",
        "desk-0",
        SeriesKind.COUNTER,
    )


def test_a_vector_and_a_scalar_may_have_no_name():
    vector, scalar = series(VECTOR + SCALAR)
    assert (vector.metric, vector.label("response_flags"), vector.latest) == ("", "UC", 0.5)
    assert (scalar.labels, scalar.latest) == ((), 3.0)


def test_an_export_is_read_line_by_line_and_holes_are_left_out():
    first, second = series(EXPORT)
    assert first.points == ((1767582000.0, 1.0), (1767582002.0, 3.0))
    assert (second.metric, second.source.line) == ("c", 2)


def test_answers_behind_each_other_and_in_a_list_are_read():
    assert len(series(MATRIX + VECTOR)) == 2
    assert len(series(f"[{MATRIX},{SCALAR}]")) == 2


def test_a_cut_answer_gives_what_is_whole_and_says_so():
    text = (
        EXPORT
        + '{"status":"success","data":{"resultType":"vector","result":['
        + ('{"metric":{"__name__":"d"},"value":[1767582000,"1"]},{"metric":{"__na')
    )
    reading = metrics_json.read(text, CONTEXT)
    assert [found.metric for found in reading.facts] == ["b", "c", "d"]
    assert [unread.source.line for unread in reading.unread] == [3]


def test_a_failed_query_is_named():
    text = '{"status":"error","errorType":"bad_data","error":"parse error at char 3"}'
    assert metrics_json.bid(text) > 0.9
    (unread,) = metrics_json.read(text, CONTEXT).unread
    assert "parse error" in unread.reason


def test_other_json_is_left_alone():
    assert metrics_json.bid(MATRIX) == metrics_json.bid(VECTOR) == metrics_json.bid(EXPORT) > 0.9
    assert metrics_json.bid('{"status":"success","data":[]}') == 0.0
    assert metrics_json.bid('{"status":"success","data":{"resultType":"streams"}}') > 0
    assert metrics_json.bid('{"kind":"Pod","status":"success"}') == 0.0


def test_no_text_makes_it_raise():
    assert_never_raises(metrics_json, MATRIX + VECTOR + EXPORT)
    for text in ("[" * 100_000, '{"metric":' * 50_000, '{"metric":{}} ' * 50):
        metrics_json.read(text, CONTEXT)
