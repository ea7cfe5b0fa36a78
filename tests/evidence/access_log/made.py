"""Access log lines made for these tests, and short ways to read them."""

from typing import Any

from why503.evidence import access_log
from why503.evidence.access_log.known_formats import KNOWN_FORMATS
from why503.evidence.access_log.operators import OPERATOR, operator
from why503.evidence.reader import Context, Line, Options, Reading
from why503.facts import AccessLog

FORMATS = {one.name: one for one in KNOWN_FORMATS}

VALUES = {
    "time": "2026-03-04T05:06:07.250Z",
    "method": "POST",
    "path": "/cart/items?size=2",
    "protocol": "HTTP/1.1",
    "code": "503",
    "flags": "UC",
    "details": "upstream_reset_before_response_started{connection_termination}",
    "termination_details": "-",
    "transport_failure": "-",
    "bytes_received": "11",
    "bytes_sent": "95",
    "duration": "40",
    "upstream_service_time": "-",
    "forwarded_for": "192.0.2.9",
    "user_agent": "tester/1.0 (unit)",
    "request_id": "0b1c2d3e-4f50-4a6b-8c7d-9e0f1a2b3c4d",
    "authority": "cart.example.org",
    "upstream_host": "10.9.8.7:8080",
    "upstream_cluster": "outbound|8080||cart.shop.svc.cluster.local",
    "upstream_local": "10.9.8.1:40100",
    "downstream_local": "10.9.7.7:8080",
    "downstream_remote": "10.9.8.1:50100",
    "server_name": "-",
    "route": "default",
}


def render(template: str, **values: str) -> str:
    """A line as Envoy would write it with the format string ``template``."""
    known = VALUES | values

    def value(found: Any) -> str:
        if found.group(0) == "%%":
            return "%"
        return known.get(operator(found.group(1), found.group(2)).field or "", "-")

    return OPERATOR.sub(value, template)


def line(name: str = "Istio 1.9+", **values: str) -> str:
    """A line of a known format."""
    return render(FORMATS[name].template, **values)


def read(*texts: str, formats: tuple[str, ...] = (), option: str = "") -> Reading:
    """What the reader makes of these lines."""
    session = access_log.start(
        Context(
            path="proxy.log",
            teller="proxy",
            formats=formats,
            options=Options(access_log_format=option),
        )
    )
    for number, text in enumerate(texts, 1):
        session.take(Line(number=number, text=text))
    return session.finish()


def log(*texts: str, formats: tuple[str, ...] = (), option: str = "") -> AccessLog:
    """The one access log that the reader makes of these lines."""
    (fact,) = read(*texts, formats=formats, option=option).facts
    assert isinstance(fact, AccessLog)
    return fact
