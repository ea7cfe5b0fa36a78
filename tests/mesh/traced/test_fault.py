import pytest

from tests.mesh.traced.test_tracing import URL, to, vs
from tests.mesh.traced.world import BASE, push_of, traced
from why503.mesh.setting import Setting
from why503.mesh.traced.config import Made, Route
from why503.mesh.traced.fault import abort_of, delay_told


def route(**fault):
    setting = Setting(value=fault, source=None, default=False, by="x")
    return Route(made=Made("x"), fault=setting)


@pytest.mark.parametrize(
    ("abort", "found"),
    [
        ({}, (0.0, None)),
        ({"httpStatus": 500}, (0.0, 500)),
        ({"httpStatus": 500, "percentage": {"value": 12.5}}, (12.5, 500)),
        ({"httpStatus": 500, "percent": 900}, (100.0, 500)),
    ],
)
def test_the_share_of_an_abort_is_taken_as_written_and_is_none_where_it_is_not(abort, found):
    assert abort_of(route(abort=abort)) == found


def test_a_route_without_faults_delays_and_aborts_nobody():
    assert abort_of(None) == (0.0, None)
    assert delay_told(None) == ""
    assert delay_told(route(delay={"percentage": {"value": 30}})) == ""
    assert delay_told(route(delay={"fixedDelay": "4s", "percentage": {"value": 0}})) == ""


def test_a_delay_is_told_beside_the_way():
    rules = f"{{fault: {{delay: {{fixedDelay: 4s, percentage: {{value: 30}}}}}}, {to()}}}"
    found = traced(push_of(BASE + vs(rules)), URL)
    assert found.branches[0].outcome.passes
    assert "30 % of the requests wait 4s" in found.remark
