"""The same answer, to the byte, from this machine and from an engine."""

from pathlib import Path

import why503
from why503.evidence.fleet.ahead import Fleet
from why503.report import json, text

TASK = 200_000


def reports(logs: Path, fleet: Fleet | None = None) -> tuple[str, str]:
    found = why503.diagnose(str(logs), fleet=fleet)
    return json.render(found), text.render(found, width=100, verbose=True)
