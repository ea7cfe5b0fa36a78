"""The files of the alerts: their text, and writing them.

Every file carries a mark with a checksum of itself. So a file that somebody else wrote, or that was
changed by hand since, is known and left alone.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from why503.diagnosis.yaml_text import Form, block_rows
from why503.repair.alerts.dashboard import dashboard
from why503.repair.alerts.manifest import Kind, Placed, rules, scrapes
from why503.repair.alerts.rule import Watched
from why503.repair.alerts.stats_matcher import matcher, mesh_config, pod_annotation
from why503.repair.atomic import replace
from why503.support.pattern import lazy_re
from why503.support.text import _

_MARK = lazy_re(r"Written by why503 alerts, checksum ([0-9a-f]{16})")
_BLANK = "0" * 16
_MODE = 0o644
_FORM = Form(list_step=2)


class TakenError(Exception):
    """A file stands there that is not ours; its text is a sentence for the user."""


def files(those: Sequence[Watched], kinds: Sequence[Kind], placed: Placed) -> dict[str, str]:
    """Text of each file by its path in the folder."""
    made: dict[str, str] = {}
    for kind in kinds:
        made[f"{kind}/rule.yaml"] = _yaml(rules(those, kind, placed))
        made[f"{kind}/scrape.yaml"] = _yaml(*scrapes(those, kind, placed))
    made["grafana/dashboard.json"] = _json(dashboard(those))
    made["grafana/config-map.yaml"] = _yaml(_config_map(those, placed))
    if matcher(those):
        made["istio/mesh-config.yaml"] = _yaml(mesh_config(those))
        made["istio/pod-annotation.yaml"] = _yaml(pod_annotation(those))
    return {path: _marked(text) for path, text in made.items() if text}


def stream(made: Mapping[str, str]) -> str:
    """What `kubectl apply -f -` takes; the fragments for Istio, which are no objects, as comments.

    The dashboard stands in its ConfigMap already.
    """
    parts = []
    for path, text in made.items():
        body = text.partition("\n")[2]
        if path.startswith("istio/"):
            rows = [f"# {row}".rstrip() for row in body.splitlines()]
            parts.append("\n".join([f"# {path}:", *rows]) + "\n")
        elif path.endswith(".yaml"):
            parts.append(f"---\n# {path}\n{body}")
    return "".join(parts)


def write(folder: Path, made: Mapping[str, str], *, force: bool = False) -> tuple[Path, ...]:
    """Write all files below ``folder``; the paths.

    Raises `TakenError` before anything is written where a file there is not ours or was changed by
    hand, unless ``force``; `OSError` where the folder cannot be written.
    """
    places = {folder / path: text for path, text in made.items()}
    if not force:
        for place in places:
            if place.exists() and not _is_ours(place):
                said = _("`{path}` was not written by why503, or was changed since: see --force.")
                raise TakenError(said.format(path=place))
    for place, text in places.items():
        place.parent.mkdir(parents=True, exist_ok=True)
        replace(place, text.encode(), _MODE)
    return tuple(places)


def _is_ours(place: Path) -> bool:
    if not place.is_file():
        return False
    text = place.read_bytes().decode("utf-8", "replace")
    found = _MARK.search(text)
    if found is None:
        return False
    blank = text[: found.start(1)] + _BLANK + text[found.end(1) :]
    return found[1] == _checksum(blank)


def _marked(text: str) -> str:
    """The checksum put in place of the blank one."""
    return text.replace(_BLANK, _checksum(text), 1)


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _sentence() -> str:
    return f"Written by why503 alerts, checksum {_BLANK}"


def _yaml(*documents: Mapping[str, Any]) -> str:
    texts = ["\n".join(block_rows(document, 0, _FORM)) + "\n" for document in documents]
    return f"# {_sentence()}\n" + "---\n".join(texts) if texts else ""


def _json(board: Mapping[str, Any]) -> str:
    noted = {**board, "description": f"{board['description']} {_sentence()}."}
    return json.dumps(noted, indent=2, ensure_ascii=False) + "\n"


def _config_map(those: Sequence[Watched], placed: Placed) -> dict[str, Any]:
    """What the side-car of Grafana's chart picks up."""
    text = json.dumps(dashboard(those, asks=False), indent=1, ensure_ascii=False) + "\n"
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "why503-dashboard",
            "namespace": placed.namespace,
            "labels": {"app.kubernetes.io/name": "why503", "grafana_dashboard": "1"},
        },
        "data": {"why503.json": text},
    }
