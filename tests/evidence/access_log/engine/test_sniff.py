import pytest

from tests.evidence.access_log.engine.large import ENVOY, json_line, json_lines, text_lines, values
from tests.evidence.access_log.made import FORMATS, line
from why503.evidence.access_log.engine.sniff import plan_for
from why503.evidence.reader import Context, Options


def _plan(lines: list[str], *, size: int = 1 << 20, **context):
    head = "".join(one + "\n" for one in lines).encode()
    return plan_for(head, size, Context(path="p.log", teller="p", **context))


def test_both_formats_of_istio_are_known():
    assert _plan(text_lines()).json is False
    assert _plan(json_lines()).json is True


@pytest.mark.parametrize(
    "lines",
    [
        [ENVOY] * 50,
        [line("Istio 1.2")] * 50,
        ["==== START logs for container istio-proxy of pod shop/cart-1 ====", *[line()] * 50],
        [line()] * 3,
        [json_line(**values(1), pod="cart-1")] * 50,
        [json_line(**values(1), status="500")] * 50,
        [],
    ],
)
def test_everything_else_is_left_to_the_other_readers(lines):
    assert _plan(lines) is None


@pytest.mark.parametrize("prefix", ["[pod/cart-1/istio-proxy] ", "2026-03-04T05:06:07Z stdout F "])
def test_a_prefix_does_no_harm(prefix):
    assert _plan([prefix + line()] * 50).json is False
    assert _plan([prefix + json_line(**values(1))] * 50).json is True


def test_a_key_that_means_nothing_does_no_harm():
    assert _plan([json_line(**values(1), trace_color="blue")] * 50) is not None


def test_an_own_format_that_claims_the_lines_goes_first():
    template = FORMATS["Istio 1.9+"].template.replace("%ROUTE_NAME%", "%CEL(x)%")
    other = Options(access_log_format="[%START_TIME%] %PROTOCOL%")

    assert _plan([line()] * 50, options=other) is not None
    assert _plan([line()] * 50, options=Options(access_log_format=template)) is None


def test_request_ids_of_a_very_large_log_are_not_kept():
    assert _plan(text_lines(), size=1 << 20).keep_ids is True
    assert _plan(text_lines(), size=1 << 30).keep_ids is False
