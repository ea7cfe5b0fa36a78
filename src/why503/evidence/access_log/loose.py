"""Text lines that no format fits: cut, with a part left out, or of an unknown format.

The head `"METHOD PATH PROTOCOL" CODE FLAGS` must be there. What follows is read twice: first in
step with every known format as far as the values agree with it, then for what is self-evident.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from why503.evidence.access_log.fields import Fields, are_known_flags
from why503.evidence.access_log.format import Format
from why503.evidence.access_log.operators import OPERATOR, operator
from why503.evidence.access_log.self_evident import assign
from why503.evidence.access_log.words import ADDRESS, ELISION, Word, agrees, split_words
from why503.support.pattern import lazy_re

LOOSE = "unknown text format"

_HEAD = lazy_re(
    r'^(?:\[(?P<time>[^\]"]{1,80})\] )?"(?P<method>[^\s"/]{1,40}) '
    r'(?:(?P<path>[^"]{0,8000}?) ?(?P<protocol>HTTP/[0-9.]{1,4}|-)|(?P<cutpath>[^"\s]{1,8000}))"'
    r"\s{1,8}(?P<code>\d{3}|0|-)"
    r"(?:\s{1,8}(?:(?P<flags>-|[A-Z][A-Za-z0-9_,]{1,160})(?=\s|$))?(?P<rest>.*))?$",
    re.DOTALL,
)
_BARE_HEAD = lazy_re(
    r"^\[?(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[\d.]{0,10}Z?)\]?\s{1,4}"
    r"(?P<method>[A-Z]{3,10}) (?P<path>/\S{0,8000}) (?:(?P<protocol>HTTP/[0-9.]{1,4}) )?"
    r"(?P<code>\d{3}|0) (?P<flags>-|[A-Z][A-Za-z0-9_,]{1,160})(?P<rest>\s.*)$",
    re.DOTALL,
)
"""A head without any quotes: the addresses behind it show that a proxy wrote it."""
_CLUSTER = lazy_re(r"(?:in|out)bound\|\d{0,5}\|\S{0,300}")
"""What shows a line to be a proxy's where it has no protocol."""
_SPAN = lazy_re(r"\d{1,9}(?:\.\d{1,6})?m?s")
_INBOUND_SIDE = "127.0.0.6:"
"""From here a sidecar connects to its application (Istio 1.10 and later)."""
_BY_WAY = ("downstream_remote", "downstream_local", "upstream_local", "upstream_host")
_EPHEMERAL = 32_768
_TIME = lazy_re(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_WITHOUT_FLAGS = lazy_re(r"\d{1,18}(?:\s|$)|\S{0,6}$|\.{3}|…")
"""What follows the code where the format has no flags, or where the line is cut."""
_NOT_FLAGS = frozenset({"OK", "GET", "POST", "HTTP", "INFO", "WARN", "ERROR"})
_FEWEST_STEPS = 3
"""Values after the flags that must agree before a line is said to be of a format."""

Shape = tuple[tuple[bool, str], ...]
"""Per word after the flags: whether it stands in quotes, and the field it fills (or ``""``)."""


@lru_cache(maxsize=256)
def _shape(template: str) -> Shape:
    """Words after the flags of a format string that begins with request, code and flags."""
    words = split_words(template)
    fields = [
        [operator(*found.groups()).field for found in OPERATOR.finditer(w.text)] for w in words
    ]
    for index in range(len(words) - 2):
        if fields[index : index + 3] == [["method", "path", "protocol"], ["code"], ["flags"]]:
            rest = zip(words[index + 3 :], fields[index + 3 :], strict=True)
            return tuple((word.quoted, (names or [""])[0] or "") for word, names in rest)
    return ()


def _walk(shape: Shape, words: list[Word]) -> list[tuple[str, Word]]:
    steps: list[tuple[str, Word]] = []
    for (quoted, field), word in zip(shape, words, strict=False):
        if word.quoted != quoted or word.text in ELISION or not agrees(field, word):
            break
        steps.append((field, word))
    return steps


def _head(text: str) -> tuple[Fields, str] | None:
    found = _HEAD.match(text)
    if found is None:
        return None
    parts = found.groupdict()
    flags = parts["flags"]
    if flags in _NOT_FLAGS or (flags and not are_known_flags(flags) and not flags.isupper()):
        return None
    fields: Fields = {
        "method": parts["method"],
        "path": parts["path"] or parts["cutpath"] or "-",
        "code": parts["code"],
    }
    if parts["protocol"]:
        fields["protocol"] = parts["protocol"]
    if flags is not None:
        fields["flags"] = flags
    if parts["time"] and parts["time"] != "-":
        fields["time"] = parts["time"]
    return fields, parts["rest"] or ""


def _bare_head(text: str) -> tuple[Fields, str] | None:
    """Fields and rest of a line without quotes; the four addresses in the order of the way."""
    found = _BARE_HEAD.match(text)
    if found is None or not (found["flags"] == "-" or are_known_flags(found["flags"])):
        return None
    words = found["rest"].split()
    if found["protocol"] is None and not any(map(_CLUSTER.fullmatch, words)):
        return None
    addresses = [word for word in words if ADDRESS.fullmatch(word)]
    if not addresses:
        return None
    names = ("time", "method", "path", "protocol", "code", "flags")
    fields: Fields = {name: found[name] for name in names if found[name]}
    if len(addresses) != len(_BY_WAY) or not _from_near_ports(addresses):
        return fields, _taken(fields, words)
    fields.update(zip(_BY_WAY, addresses, strict=True))
    return fields, " ".join(word for word in words if word not in addresses)


def _taken(fields: Fields, words: list[str]) -> str:
    """The rest, without the only time span and without the address of Istio's inbound side."""
    spans = [word for word in words if _SPAN.fullmatch(word)]
    own = [word for word in words if word.startswith(_INBOUND_SIDE)]
    clusters = [word for word in words if _CLUSTER.fullmatch(word)]
    if len(clusters) == 1:
        fields["upstream_cluster"] = clusters[0]
    if len(spans) == 1:
        fields["duration"] = spans[0]
    if len(own) == 1:
        fields["upstream_local"] = own[0]
    taken = {*spans[:1], *own[:1], *clusters[:1]}
    return " ".join(word for word in words if word not in taken)


def _from_near_ports(addresses: list[str]) -> bool:
    """True where the first and the third of four addresses have the ports of a connecting side."""
    ports = [word.rpartition(":")[2] for word in addresses]
    near = [port.isdecimal() and int(port) >= _EPHEMERAL for port in ports]
    return near == [True, False, True, False]


def _reads_without_flags(fields: Fields, rest: str) -> bool:
    timed = _TIME.match(fields.get("time", "")) is not None
    return timed and _WITHOUT_FLAGS.match(rest) is not None


def read_loose(text: str, formats: Iterable[Format]) -> tuple[str, Fields] | None:
    """Name of the nearest format and the fields of a line with a readable head; else None."""
    head = _head(text) or _bare_head(text)
    if head is None:
        return None
    fields, rest = head
    if "flags" not in fields and not _reads_without_flags(fields, rest):
        return None
    words = split_words(rest)
    best: list[tuple[str, Word]] = []
    name = LOOSE
    for one in formats if "flags" in fields else ():
        steps = _walk(_shape(one.template), words)
        if len(steps) > len(best):
            best, name = steps, one.name
    if len(best) < min(_FEWEST_STEPS, len(words)):
        best, name = [], LOOSE
    for field, word in best:
        if field and not word.cut:
            fields.setdefault(field, word.text)
    assign(fields, words[len(best) :])
    return name, fields
