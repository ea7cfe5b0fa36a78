import pytest

from tests.evidence.access_log.engine.large import by_line
from tests.evidence.access_log.made import line
from tests.mesh.build import inbound, log
from tests.mesh.make import mesh_of
from why503.mesh.repeatable import Repeatable, repeatable


def answer(*requests):
    lines = [inbound(503, "UC", method=method, path=path) for method, path in requests]
    mesh = mesh_of("", log(*lines))
    return repeatable(mesh.hops[0], mesh)[0]


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


def seen(failed, well):
    """What a log tells of one failed request and one that went well."""
    lines = [
        line(method=failed[0], path=failed[1]),
        line(method=well[0], path=well[1], code="200", flags="-", details="via_upstream"),
    ]
    mesh = mesh_of("", *by_line(lines).facts)
    return repeatable(mesh.hops[0], mesh)[0]


def test_requests_of_the_route_that_went_well_count_too():
    assert seen(("GET", "/orders/7"), ("POST", "/orders")) is Repeatable.UNSAFE
    assert seen(("GET", "/orders/7"), ("PUT", "/orders/7")) is Repeatable.SAFE


def test_writes_that_went_well_are_taken_for_those_that_failed():
    assert seen(("POST", "/api/v1/write"), ("POST", "/api/v1/write")) is Repeatable.SAFE
