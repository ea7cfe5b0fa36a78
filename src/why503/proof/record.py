"""The record of a play: a bundle as it would come from a cluster."""

import json
from pathlib import Path
from typing import Any

from why503.proof.address import recorded
from why503.proof.app_log import AppLog
from why503.proof.cast import Cast
from why503.proof.envoy_process import EnvoyProcess

PAGES = {
    "config_dump.json": "/config_dump?include_eds",
    "clusters.txt": "/clusters",
    "listeners.txt": "/listeners",
    "stats.txt": "/stats?usedonly",
    "certs.json": "/certs",
    "server_info.json": "/server_info",
}
"""Files of a proxy's folder that its admin port fills."""

_LOGS = ("access.log", "envoy.log")
_IN_POD = "/etc/istio/proxy"


class Record:
    """Writes the bundle's files, with the addresses that a cluster would show."""

    def __init__(self, into: Path, cast: Cast, stage: Path) -> None:
        """Under ``into``; ``stage`` is the folder on this machine that no bundle should name."""
        self._into = into
        self._cast = cast
        self._stage = stage

    async def pages(self, process: EnvoyProcess) -> None:
        """Everything that a proxy tells; nothing where it has ended."""
        pod = process.proxy.pod
        for name, path in PAGES.items():
            text = await process.page(path)
            if not text:
                continue
            if name == "config_dump.json":
                text = _without_source(text, pod.ip)
            self.write(f"{pod.folder}/{name}", text)

    def logs(self, process: EnvoyProcess) -> None:
        """What a proxy has written, as far as it has."""
        for name in _LOGS:
            path = process.proxy.folder / name
            if path.is_file():
                text = path.read_text("utf-8", "replace")
                self.write(f"{process.proxy.pod.folder}/{name}", text)

    def application(self, folder: str, log: AppLog) -> None:
        """An application's log."""
        self.write(f"{folder}/app.log", log.text)

    def write(self, name: str, text: str) -> None:
        """One file of the bundle."""
        path = self._into / name
        path.parent.mkdir(parents=True, exist_ok=True)
        for pod in (self._cast.caller, *self._cast.pods):
            text = text.replace(str(self._stage / pod.folder), _IN_POD)
        path.write_text(recorded(text), encoding="utf-8")


def _without_source(text: str, ip: str) -> str:
    """The dump without the source address that on loopback stands for the pod's own."""

    def cleaned(value: Any) -> Any:
        if isinstance(value, list):
            return [cleaned(inner) for inner in value]
        if not isinstance(value, dict):
            return value
        own = {"source_address": {"address": ip, "port_value": 0}}
        return {
            key: cleaned(inner)
            for key, inner in value.items()
            if not (key == "upstream_bind_config" and inner == own)
        }

    try:
        return json.dumps(cleaned(json.loads(text)), indent=1)
    except ValueError:
        return text
