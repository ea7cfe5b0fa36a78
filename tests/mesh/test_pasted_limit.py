from tests.mesh.build import mesh
from why503.facts import Manifest, Source
from why503.mesh.pasted_limit import pasted_limits


def fragment(data):
    return Manifest(source=Source(path="cluster.yaml", line=1), kind="", data=data)


def limits(data):
    return [(found.by, found.value) for found in pasted_limits(mesh(fragment(data)), 100)]


def test_small_limits_are_found_at_any_depth():
    block = {"thresholds": [{"max_requests": 4, "max_pending_requests": 1024}]}
    assert limits({"circuit_breakers": block}) == [("max_requests", 4)]
    deep = {"clusters": [{"name": "a", "circuit_breakers": block}]}
    assert limits({"static_resources": deep}) == [("max_requests", 4)]


def test_what_is_no_limit_is_left_alone():
    assert limits({"max_requests": 3}) == []
    assert limits({"circuit_breakers": {"thresholds": "none"}}) == []
    assert limits({"circuit_breakers": {"thresholds": [{"max_requests": "many"}]}}) == []
