"""The file of findings that are known: lint tells only what came after it."""

import json
from collections.abc import Iterable

from why503.diagnosis.lint_finding import LintFinding
from why503.support.text import _

SCHEMA = "why503/lint-baseline/v1"


class BaselineError(Exception):
    """A file that is no baseline; its text is a sentence for the user."""


def read(text: str, path: str) -> frozenset[str]:
    """Fingerprints in the text of the baseline file at ``path``."""
    try:
        document = json.loads(text)
        found = document["findings"] if document["schema"] == SCHEMA else None
        marks = frozenset(str(entry["fingerprint"]) for entry in found or ())
    except (ValueError, TypeError, KeyError, RecursionError):
        found = None
        marks = frozenset()
    if found is None:
        raise BaselineError(
            _("`{path}` is no baseline of lint. Write one with --write-baseline.").format(path=path)
        )
    return marks


def text_of(findings: Iterable[LintFinding]) -> str:
    """The baseline file for these findings, sorted so that changes are easy to see."""
    entries = [
        {
            "fingerprint": one.fingerprint,
            "rule": one.rule,
            "object": one.object,
            "path": one.source.path,
        }
        for one in sorted(findings, key=lambda one: (one.source.path, one.rule, one.fingerprint))
    ]
    return json.dumps({"schema": SCHEMA, "findings": entries}, indent=2, ensure_ascii=False) + "\n"
