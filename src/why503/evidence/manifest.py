"""Kubernetes and Istio objects: a file of YAML or JSON, one document or many."""

import json
import re
from typing import Any

from why503.evidence.ignore_comment import comments_of
from why503.evidence.manifest_object import manifest_of, read_json, read_text
from why503.evidence.reader import Context, Reading
from why503.evidence.yaml_line import foreign_in, nests
from why503.evidence.yaml_tree import Node, documents
from why503.facts.reading import Unread
from why503.support.pattern import lazy_re
from why503.support.text import _

NAME = "manifest"

JSON_WITH_LINES = 2_000_000
"""Characters of JSON up to which every field gets its line."""

_YAML_HEAD = lazy_re(r"^(?:-[ ]{1,4})?(?:apiVersion|kind)[ ]{0,4}:[ ]{1,20}\S", re.MULTILINE)
_JSON_HEAD = lazy_re(r'"(?:apiVersion|kind)"\s{0,20}:\s{0,20}"')
_TERMINAL = lazy_re(
    r"^[ ]{0,8}(?:```|[$>%#][ ]{1,4}(?:kubectl|istioctl|curl|k|oc)[ ]|(?:kubectl|istioctl|"
    r"curl)[ ])",
    re.MULTILINE,
)
_PROGRAMS = ("```", "kubectl ", "istioctl ", "curl ", " k ", " oc ")
"""Without one of these there is no terminal session."""
_MESH_CONFIG = lazy_re(r"^[ ]{0,8}mesh:[ ]{1,8}[|>]", re.MULTILINE)
"""The inside of Istio's ConfigMap: one text, which does not look nested."""
_DESCRIBE_PAGE = lazy_re(r"^Name:[ ]{2,}\S", re.MULTILINE)
_FRAGMENT = 200_000
"""Characters up to which a mapping without a kind is tried."""


def bid(text: str) -> float:
    """How surely the whole text is one or more objects.

    0.95 for pure YAML with a kind, less for each line that is foreign to YAML (a paste with prose
    is for the reader of single lines), 0.9 for a nested mapping without a kind.
    """
    head = text[:4000].lstrip("\ufeff \t\r\n")
    if head[:1] in ("{", "["):
        return _bid_json(text, head)
    lines = text.splitlines()
    body = sum(1 for line in lines if line.strip())
    if not body or ("Name:  " in text and _DESCRIBE_PAGE.search(text)):
        return 0.0
    has_kind = _YAML_HEAD.search(text) is not None
    if not has_kind and len(text) > _FRAGMENT:
        return 0.0
    foreign = foreign_in(text, lines)
    if has_kind:
        if any(word in text for word in _PROGRAMS) and _TERMINAL.search(text):
            return 0.3 if foreign else 0.6
        return 0.95 if not foreign else max(0.2, 0.9 - 4 * foreign / body)
    if foreign or not (nests(lines) or _MESH_CONFIG.search(text)):
        return 0.0
    return (
        0.9
        if any(isinstance(root, Node) and root.sort == "map" for root in documents(text))
        else 0.0
    )


def read(text: str, context: Context) -> Reading:
    """Every object of the text; a broken document is named in `unread` and spoils no other."""
    if text[:4000].lstrip("\ufeff \t\r\n")[:1] in ("{", "["):
        found = _read_json(text, context)
        if found is not None:
            return found
    reading = read_text(text, context)
    reading.facts.extend(comments_of(text, context))
    return reading


def _bid_json(text: str, head: str) -> float:
    if not _JSON_HEAD.search(head) and not _JSON_HEAD.search(text[-4000:]):
        return 0.0
    begin = text.find(head[0])
    second = text.find("\n{", begin)
    one_object_a_line = second >= 0 and "\n" not in text[begin:second]
    return 0.3 if one_object_a_line else 0.9


def _read_json(text: str, context: Context) -> Reading | None:
    """Objects of a JSON text; None where it is no JSON and may still be YAML in braces."""
    try:
        value: Any = json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        if len(text) <= JSON_WITH_LINES:
            return None
        reason = _("Cannot read `{path}` as JSON: it is cut or damaged. Export it again.")
        unread = Unread(source=context.source(), reason=reason.format(path=context.path))
        return Reading(unread=[unread])
    reading = Reading()
    if len(text) <= JSON_WITH_LINES and read_json(text, context, reading):
        return reading
    listed = isinstance(value, dict) and str(value.get("kind", "List")).endswith("List")
    items = value.get("items") if listed else None
    for item in items if isinstance(items, list) else value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            reading.facts.append(manifest_of(item, context))
    return reading
