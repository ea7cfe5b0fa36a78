import pytest

from tests.mesh.build import inbound, log
from tests.mesh.make import mesh_of
from why503.mesh.repeatable import Repeatable, repeatable


def answer(*requests):
    lines = [inbound(503, "UC", method=method, path=path) for method, path in requests]
    return repeatable(mesh_of("", log(*lines)).hops[0])[0]


@pytest.mark.parametrize(
    ("method", "path", "found"),
    [
        ("GET", "/orders", Repeatable.SAFE),
        ("DELETE", "/orders/7", Repeatable.SAFE),
        ("POST", "/orders", Repeatable.UNSAFE),
        ("PATCH", "/orders/7", Repeatable.UNSAFE),
        ("POST", "/api/v1/write", Repeatable.SAFE),
        ("POST", "/insert/0/prometheus/api/v1/write?extra=1", Repeatable.SAFE),
        ("POST", "/insert/0/prometheus", Repeatable.SAFE),
        ("POST", "/insert/0/influx/write", Repeatable.UNSAFE),
        ("POST", "/select/0/prometheus/api/v1/query_range", Repeatable.SAFE),
        ("", "/orders", Repeatable.UNKNOWN),
    ],
)
def test_methods_and_paths_tell_what_may_run_twice(method, path, found):
    assert answer((method, path)) is found


def test_one_request_that_may_not_run_twice_decides():
    assert answer(("GET", "/a"), ("POST", "/b")) is Repeatable.UNSAFE
