"""`kubectl cluster-info dump` without a folder: JSON documents and logs in one stream."""

from typing import Any

from why503.evidence.prefix import LOG_ENDS, LOG_STARTS
from why503.evidence.reader import Context, Reading
from why503.facts import Unread
from why503.support.text import _

NAME = "cluster-info dump"

WITH_LINES = 2_000_000
"""Characters of documents whose fields get their lines; those behind get none."""

_HEAD = 65_536


def is_stream(text: str) -> bool:
    """True for a text that begins with a JSON document and holds the log of a container."""
    return text[:_HEAD].lstrip("\ufeff \t\r\n").startswith("{\n") and LOG_STARTS in text


def parts_of(text: str) -> tuple[list[tuple[int, str]], str]:
    """The documents, each with its first line, and the text with empty lines in their place."""
    documents: list[tuple[int, str]] = []
    rest: list[str] = []
    begun: list[str] = []
    in_log = False
    for number, line in enumerate(text.split("\n"), start=1):
        if begun or (line == "{" and not in_log):
            begun.append(line)
            rest.append("")
            if line == "}":
                documents.append((number - len(begun) + 1, "\n".join(begun)))
                begun = []
            continue
        in_log = (in_log or line.startswith(LOG_STARTS)) and not line.startswith(LOG_ENDS)
        rest.append(line)
    if begun:
        documents.append((len(rest) - len(begun) + 1, "\n".join(begun)))
    return documents, "\n".join(rest)


def read_documents(documents: list[tuple[int, str]], context: Context) -> Reading:
    """The objects of the documents; a damaged one is named."""
    import msgspec

    from why503.evidence.manifest_object import manifest_of, read_text

    reading = Reading()
    size = 0
    for first_line, document in documents:
        size += len(document)
        if size <= WITH_LINES:
            found = read_text(document, context, first_line=first_line)
            reading.facts.extend(found.facts)
            reading.unread.extend(found.unread)
            continue
        try:
            value = msgspec.json.decode(document)
        except (ValueError, RecursionError):
            reason = _("A JSON document of `{path}` is cut or damaged. Dump it again.")
            unread = Unread(
                source=context.source(first_line), reason=reason.format(path=context.path)
            )
            reading.unread.append(unread)
            continue
        reading.facts.extend(manifest_of(item, context) for item in _items(value))
    return reading


def _items(value: Any) -> list[dict[str, Any]]:
    items = value.get("items") if isinstance(value, dict) else None
    found = items if isinstance(items, list) else [value]
    return [item for item in found if isinstance(item, dict)]
