"""Kubernetes objects that stand inside other text: a paste, a ticket, a terminal session."""

import re
from dataclasses import field

from why503.evidence.command_line import command_of
from why503.evidence.manifest_object import read_text
from why503.evidence.reader import Context, Line, Reading, share_taken
from why503.evidence.yaml_line import KEY, indent_of
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re

NAME = "manifest block"

LONGEST = 20_000
"""Lines of one block that are kept."""
_GAP = 50
"""Line numbers that may be missing inside a block (blank lines that were not offered)."""

_HEAD = lazy_re(
    r"(?:-[ ]{1,4})?(?:apiVersion|kind):[ ]{1,8}[\"']?[A-Za-z][\w./-]{0,80}[\"']?[ ]*(?:#.*)?$"
)
_FRAGMENT_HEAD = lazy_re(
    r"(?:-[ ]{1,4})?(?:metadata|spec|status|trafficPolicy|connectionPool|outlierDetection|"
    r"meshConfig|"
    r"extensionProviders|portLevelSettings|transport_socket|typed_config|"
    r"upstream_connection_options|"
    r"livenessProbe|readinessProbe|startupProbe|lifecycle|circuit_breakers|defaultConfig|"
    r"proxyConfig|"
    r"load_assignment|health_checks|route_config|virtual_hosts|common_http_protocol_options|"
    r"static_resources|configPatches|outboundTrafficPolicy|tcpKeepalive):[ ]*(?:#.*)?$"
)
_TOP_KEYS_TEXT = (
    "apiVersion kind metadata spec status data stringData binaryData type roleRef "
    "subjects rules webhooks items involvedObject regarding reason message note count "
    "firstTimestamp lastTimestamp eventTime reportingComponent reportingInstance "
    "reportingController source action series related endpoints ports addressType subsets "
    "immutable secrets imagePullSecrets provisioner parameters"
)
_TOP_KEYS = frozenset(_TOP_KEYS_TEXT.split())
_QUOTE = lazy_re(r"[ ]{0,4}(?:>[ ]?){1,3}")
_YAML_FENCE = lazy_re(r"[ ]{0,8}(?:```|~~~)[ ]?(?:ya?ml|json)[ ]*$", re.IGNORECASE)
_FENCE = lazy_re(r"[ ]{0,8}(?:```|~~~)[ ]*$")


@dataclass
class _Block:
    """Lines of one block, quote marks and common indent cut off."""

    quoted: bool
    base: int
    """Blanks in front of the first line, after the quote mark."""
    shift: int
    """Characters cut off in front of every line."""
    first: int
    last: int
    json: bool = False
    depth: int = 0
    rows: list[str] = field(default_factory=list)


@dataclass
class _Session:
    """Gathers blocks and reads each when the file has ended."""

    context: Context
    block: _Block | None = None
    blocks: list[_Block] = field(default_factory=list)
    expects_json: bool = False
    fence: bool = False

    def take(self, line: Line) -> bool:
        """Claim lines from an object's head to its last field, and the fences around it."""
        text = line.text.rstrip()
        if self.block is not None:
            if line.number - self.block.last <= _GAP and self._belongs(text, self.block):
                self._add(line.number, text)
                return True
            self.block = None
            if self.fence and _FENCE.match(_unquoted(text)[1]):
                self.fence = False
                return True
        opened = _head(text, self.expects_json)
        if text.strip():
            command = command_of(text)
            wants = command is not None and not command.piped and command.option("-o", "--output")
            fenced = _YAML_FENCE.match(_unquoted(text)[1]) is not None
            self.expects_json = wants == "json" or (fenced and "json" in text.lower())
            self.fence = fenced or (self.fence and opened is not None)
            if fenced:
                return True
        if opened is None:
            return False
        opened.first = opened.last = line.number
        self.block = opened
        self.blocks.append(opened)
        self._add(line.number, text)
        return True

    def finish(self) -> Reading:
        """Objects of all blocks; a block that is cut at its end is still named in `unread`."""
        reading = Reading()
        for block in self.blocks:
            text = "\n".join(block.rows)
            found = read_text(text, self.context, first_line=block.first, column=block.shift)
            reading.facts.extend(found.facts)
            reading.unread.extend(found.unread)
        return reading

    def _add(self, number: int, text: str) -> None:
        block = self.block
        if block is None:
            return
        if len(block.rows) < LONGEST:
            block.rows.extend([""] * max(0, number - block.last - 1))
            block.rows.append(_body(text, block))
        block.last = number
        if block.json:
            block.depth += text.count("{") + text.count("[") - text.count("}") - text.count("]")
            if block.depth <= 0:
                self.block = None

    def _belongs(self, text: str, block: _Block) -> bool:
        quoted, inner = _unquoted(text) if block.quoted else (False, text)
        if not inner.strip():
            return True
        if quoted != block.quoted or _FENCE.match(inner):
            return False
        if block.json:
            return True
        indent = indent_of(inner)
        if inner.lstrip().startswith("#"):
            return command_of(inner) is None
        if indent > block.base:
            return True
        return indent == block.base and self._belongs_at_base(inner.strip(), block)

    def _belongs_at_base(self, text: str, block: _Block) -> bool:
        if text == "---" or text.startswith("--- #"):
            return True
        previous = next((row for row in reversed(block.rows) if row.strip()), "")
        listed = block.rows[0].startswith("- ") or any(
            row.startswith("- ") for row in block.rows[-400:]
        )
        if text.startswith("- ") or text == "-":
            return listed or previous.rstrip().endswith(":")
        found = KEY.match(text)
        if found is None:
            return False
        return found["key"] in _TOP_KEYS or (
            not found["value"] and not block.rows[0].startswith("- ")
        )


def _unquoted(text: str) -> tuple[bool, str]:
    """Whether the line is quoted as in a mail (`> `), and the line without those marks."""
    found = _QUOTE.match(text)
    return (True, text[found.end() :]) if found else (False, text)


def _body(text: str, block: _Block) -> str:
    if block.quoted:
        text = _unquoted(text)[1]
    return text[block.base :] if text[: block.base].strip() == "" else text.lstrip()


def _head(text: str, expects_json: bool) -> _Block | None:
    """The block that ``text`` begins; None where it begins none."""
    quoted, inner = _unquoted(text)
    indent = indent_of(inner)
    stripped = inner.strip()
    shift = len(text) - len(inner) + indent
    is_json = expects_json and stripped in ("{", "[")
    fragment = _FRAGMENT_HEAD.match(stripped) is not None
    if indent > 100 or not (is_json or fragment or _HEAD.match(stripped)):
        return None
    return _Block(quoted=quoted, base=indent, shift=shift, first=0, last=0, json=is_json)


def bid(sample: list[Line]) -> float:
    """Share of the sample that lies in blocks."""
    return share_taken(sample, start)


def start(context: Context) -> _Session:
    """Begin a file."""
    return _Session(context)
