"""Whether a file is a large access log of a kind that is taken in blocks."""

from why503.evidence.access_log.engine.block import WORD, Block
from why503.evidence.access_log.engine.groups import Groups
from why503.evidence.access_log.engine.json_lines import JsonLines
from why503.evidence.access_log.engine.kernel import Plan
from why503.evidence.access_log.engine.text_lines import TextLines
from why503.evidence.access_log.format import Format, compile_format
from why503.evidence.access_log.known_formats import KNOWN_FORMATS
from why503.evidence.reader import Context

HEAD = 256 << 10
"""Bytes that tell what a file is."""
_MOST_LINES = 300
_FEWEST = 20
_SHARE = 0.5
_MARK = b"===="
"""Stands between the logs of several containers in one file: those are read line by line."""
_IDS_UP_TO = 256 << 20
"""Bytes of a log of which every request id is kept."""
_SAMPLED_FROM = 32 << 20
"""Bytes of a log from which idle times are measured of a sample."""


def plan_for(head: bytes, size: int, context: Context, *, is_begin: bool = False) -> Plan | None:
    """How to read a log that begins with ``head`` and has about ``size`` bytes.

    ``is_begin``: these are only the first ones, how many more come is not known. None for
    everything else: other formats, other programs' logs, documents.
    """
    end = head.rfind(b"\n")
    lines = [line for line in head[: max(0, end)].split(b"\n") if line.strip()][:_MOST_LINES]
    if len(lines) < _FEWEST or any(line.startswith(_MARK) for line in lines):
        return None
    own = _own_formats(context)
    for is_json in (False, True):
        taken = _taken(lines, is_json=is_json)
        if len(taken) < _SHARE * len(lines):
            continue
        if any(_claims(one, taken[0]) for one in own):
            return None
        return Plan(
            context=context,
            json=is_json,
            keep_ids=size <= _IDS_UP_TO,
            ids_up_to=_IDS_UP_TO if is_begin else None,
            sample_all=size <= _SAMPLED_FROM and not is_begin,
        )
    return None


def _taken(lines: list[bytes], *, is_json: bool) -> list[bytes]:
    """The lines that have the format."""
    kind = JsonLines if is_json else TextLines
    block = Block(b"".join(line + b"\n" for line in lines) + bytes(WORD))
    found = kind(Groups(), "").take(block).columns
    return [] if found is None else [lines[place] for place in found.line.tolist()]


def _own_formats(context: Context) -> list[Format]:
    texts = (context.options.access_log_format, *context.formats)
    known = KNOWN_FORMATS[0].template
    formats = [compile_format(text) for text in texts if text]
    return [one for one in formats if one.template != known]


def _claims(one: Format, line: bytes) -> bool:
    return bool(one.parse(line.decode("utf-8", "replace").rstrip()))
