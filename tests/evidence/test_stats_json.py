import json

from tests.evidence.any_json import assert_takes_any_json
from tests.evidence.fuzz import CONTEXT, assert_never_raises
from why503.evidence import stats_json

PAGE = {
    "stats": [
        {"name": "cluster.a.upstream_cx_total", "value": 3},
        {"name": "cluster.a.version_text", "value": "x"},
        {"histograms": {"supported_quantiles": [0, 25]}},
    ]
}


def test_numbers_are_kept_and_the_rest_is_not():
    text = json.dumps(PAGE)
    assert stats_json.bid(text) >= 0.9
    assert [(f.name, f.value) for f in stats_json.read(text, CONTEXT).facts] == [
        ("cluster.a.upstream_cx_total", 3.0)
    ]


def test_takes_any_json():
    assert_takes_any_json(stats_json, PAGE)


def test_never_raises():
    assert_never_raises(stats_json, json.dumps(PAGE, indent=1))
