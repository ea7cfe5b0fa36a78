"""Logs and packets of a real Envoy, read back: access log formats, its own log, a capture."""

import json
import socketserver
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.envoy.conftest import BINARIES, free_ports, get, get_any, until
from tests.evidence.capture.frames import captured, tshark
from why503.evidence.read import read_paths
from why503.evidence.reader import Options
from why503.facts import AccessLog, Fact, ProxyEvent, TcpConnection
from why503.mesh.ending import Ending, outcome_of

CONFIG = Path(__file__).with_name("traffic.yaml")
ISTIO_TEXT = (
    '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" '
    "%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "
    '"%UPSTREAM_TRANSPORT_FAILURE_REASON%" %BYTES_RECEIVED% %BYTES_SENT% %DURATION% '
    '%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" '
    '"%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%" %UPSTREAM_CLUSTER_RAW% '
    "%UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% "
    "%REQUESTED_SERVER_NAME% %ROUTE_NAME%"
)
KEYS = {
    "start_time": "%START_TIME%",
    "method": "%REQ(:METHOD)%",
    "path": "%REQ(:PATH)%",
    "protocol": "%PROTOCOL%",
    "response_code": "%RESPONSE_CODE%",
    "response_flags": "%RESPONSE_FLAGS%",
    "response_code_details": "%RESPONSE_CODE_DETAILS%",
    "upstream_transport_failure_reason": "%UPSTREAM_TRANSPORT_FAILURE_REASON%",
    "bytes_sent": "%BYTES_SENT%",
    "duration": "%DURATION%",
    "request_id": "%REQ(X-REQUEST-ID)%",
    "upstream_host": "%UPSTREAM_HOST%",
    "upstream_cluster": "%UPSTREAM_CLUSTER_RAW%",
}
ASKED = ("/shelf/1", "/shelf/cut", "/gone", "/nowhere", "/shelf/2")


class Shelf(socketserver.StreamRequestHandler):
    """Answers, and hangs up on whoever asks for the cut."""

    def handle(self) -> None:
        while line := self.rfile.readline():
            while self.rfile.readline().strip():
                pass
            if b"/cut" in line:
                return
            self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")


@pytest.fixture(scope="module", params=BINARIES)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an Envoy wrote of `ASKED`, and the packets between it and its upstream."""
    place = tmp_path_factory.mktemp("traffic")
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Shelf) as shelf:
        threading.Thread(target=shelf.serve_forever, daemon=True).start()
        names = ("ADMIN", "LISTENER", "GONE")
        ports = dict(zip(names, free_ports(len(names)), strict=True))
        ports["SHELF"] = shelf.server_address[1]
        write_config(place, ports)
        command = [str(BINARIES[request.param]), "-c", "envoy.yaml", "--concurrency", "1"]
        command += ["--use-dynamic-base-id", "--log-level", "debug", "--log-path", "envoy.log"]
        with subprocess.Popen(command, cwd=place, stderr=subprocess.DEVNULL) as process:
            try:
                until(lambda: get(ports["ADMIN"], "/ready"), process)

                def ask() -> None:
                    for path in ASKED:
                        get_any(ports["LISTENER"], path)

                captured(place / "lo.pcap", ask, ports["SHELF"])
            finally:
                process.terminate()
        shelf.shutdown()
    return place


def write_config(place: Path, ports: dict[str, int]) -> None:
    text = CONFIG.read_text(encoding="utf-8").replace("FOLDER", str(place))
    text = text.replace("TEXT_FORMAT", ISTIO_TEXT.replace('"', '\\"'))
    text = text.replace("JSON_FORMAT", json.dumps(KEYS))
    for name, port in ports.items():
        text = text.replace(f"{name}_PORT", str(port))
    (place / "envoy.yaml").write_text(text, encoding="utf-8")


def facts(folder: Path, name: str) -> Iterator[Fact]:
    yield from read_paths([str(folder / name)], Options()).facts


@pytest.mark.parametrize("name", ["text.log", "json.log", "default.log"])
def test_every_line_of_an_access_log_is_understood(folder: Path, name: str) -> None:
    (log,) = [fact for fact in facts(folder, name) if isinstance(fact, AccessLog)]
    assert log.lines == log.understood == len(ASKED)
    assert sum(group.count for group in log.groups) == len(ASKED)
    assert Counter(request.path for request in log.failures) == Counter(ASKED[1:4])


@pytest.mark.parametrize("name", ["text.log", "json.log"])
def test_each_failure_ends_as_it_was_made(folder: Path, name: str) -> None:
    (log,) = [fact for fact in facts(folder, name) if isinstance(fact, AccessLog)]
    endings = {request.path: outcome_of(request).ending for request in log.failures}
    assert endings == {
        "/shelf/cut": Ending.CONNECTION_TERMINATION,
        "/gone": Ending.CONNECTION_REFUSED,
        "/nowhere": Ending.NO_ROUTE,
    }


def test_envoys_own_log_tells_of_the_same_failures(folder: Path) -> None:
    told = [fact.text for fact in facts(folder, "envoy.log") if isinstance(fact, ProxyEvent)]
    assert any("connection termination" in text.replace("_", " ") for text in told)
    assert any("route_not_found" in text for text in told)


def test_the_capture_shows_who_hung_up_and_tshark_sees_the_same(folder: Path) -> None:
    found = [fact for fact in facts(folder, "lo.pcap") if isinstance(fact, TcpConnection)]
    talks = [one for one in found if one.from_client.payload]
    paths = [request.path for one in talks for request in one.requests]
    asked = tshark(folder / "lo.pcap", "http.request", "http.request.uri")
    assert sorted(paths) == sorted(row[0] for row in asked)
    (cut,) = [one for one in talks if "/shelf/cut" in [request.path for request in one.requests]]
    assert cut.closing is not None
    assert cut.closing.by.value == "server"
