"""The words of an access log line, and whether a word can be the value of a field."""

import re
from collections.abc import Callable

from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re

ELISION = frozenset({"...", "....", ".....", "…", "[...]", "(...)", "<...>", "[…]"})
"""What people write where they left something out."""

_MOST_WORDS = 200
_WORD = lazy_re(
    r'"((?:[^"\\]|\\.){0,8000})"(?=\s|$)'
    r'|"([^"]{0,8000})"'
    r'|"([^"]{0,8000})$'
    r"|([a-zA-Z_]\w{2,60}\{[^}\"]{0,2000}\}\S{0,200})"
    r"|(\S{1,8000})"
)
UUID = lazy_re(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
ADDRESS = lazy_re(
    r"(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-fA-F:.]{2,45}\]):\d{1,5}|envoy://\S{0,300}|/\S{1,200}"
)
CLUSTER = lazy_re(
    r"(?:outbound|inbound)(?:\||\$)\S{0,400}|outbound_\.\d\S{0,300}|PassthroughCluster"
    r"|BlackHoleCluster|InboundPassthroughCluster\w{0,20}"
)
SERVER_NAME = lazy_re(r"outbound_\.\d{1,5}_\.\S{0,300}")
NUMBER = lazy_re(r"\d{1,18}|-")
_FORWARDED = lazy_re(r"-?|unknown|[0-9a-fA-F.:\[\]xX*]{2,60}(?:,\s{0,3}\S{1,60}){0,20}")
_BARE_ADDRESS = lazy_re(r"[0-9a-fA-F.:]{3,45}")
_ID = lazy_re(r"[\w-]{0,80}")


@dataclass(frozen=True, kw_only=True)
class Word:
    """A word between blanks, or a text between double quotes."""

    text: str
    quoted: bool = False
    cut: bool = False
    """True where the closing quote is missing: the line ends inside the value."""


def split_words(text: str) -> list[Word]:
    """Words of ``text``; a word `name{...}` holds together, blanks and all."""
    words: list[Word] = []
    for found in _WORD.finditer(text):
        inner, odd, open_end, details, bare = found.groups()
        quoted = next((part for part in (inner, odd, open_end) if part is not None), None)
        if quoted is not None:
            words.append(Word(text=quoted, quoted=True, cut=open_end is not None))
        else:
            words.append(Word(text=details or bare))
        if len(words) == _MOST_WORDS:
            break
    return words


def _is_forwarded(text: str) -> bool:
    if ADDRESS.fullmatch(text):
        return False
    return bool(_FORWARDED.fullmatch(text)) and (len(text) < 2 or not text.isalpha())


def _is_remote(text: str) -> bool:
    return bool(ADDRESS.fullmatch(text) or _BARE_ADDRESS.fullmatch(text))


def _is_name(text: str) -> bool:
    return not ADDRESS.fullmatch(text) and not NUMBER.fullmatch(text)


def _is_host(text: str) -> bool:
    return not text or bool(ADDRESS.fullmatch(text))


def _is_number(text: str) -> bool:
    return bool(NUMBER.fullmatch(text))


_TESTS: dict[str, Callable[[str], bool]] = {
    "bytes_received": _is_number,
    "bytes_sent": _is_number,
    "duration": _is_number,
    "upstream_service_time": _is_number,
    "details": lambda text: not text[:1].isdigit(),
    "termination_details": lambda text: not text[:1].isdigit(),
    "forwarded_for": _is_forwarded,
    "user_agent": lambda text: not UUID.fullmatch(text) and not ADDRESS.fullmatch(text),
    "request_id": lambda text: bool(_ID.fullmatch(text)),
    "authority": lambda text: not re.search(r"\s", text) and not UUID.fullmatch(text),
    "upstream_host": _is_host,
    "upstream_local": _is_host,
    "downstream_local": _is_host,
    "downstream_remote": _is_remote,
    "upstream_cluster": _is_name,
    "server_name": _is_name,
    "": lambda text: not NUMBER.fullmatch(text),
}


def agrees(field: str, word: Word) -> bool:
    """True where ``word`` can be the value of ``field``; ``""`` is a field of no meaning."""
    test = _TESTS.get(field)
    return word.text == "-" or test is None or test(word.text)
