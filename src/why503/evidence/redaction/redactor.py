"""One text redacted: secrets hidden, addresses and names replaced, numbers and times kept."""

import re
from collections import Counter
from functools import partial

from why503.evidence.redaction.address import Addresses
from why503.evidence.redaction.certificate import Certificates
from why503.evidence.redaction.hide import hide
from why503.evidence.redaction.pseudonym import Pseudonyms, noise
from why503.evidence.redaction.structure import hide_structure
from why503.support.pattern import lazy_re

_OCTET = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_KINDS = (
    ("kept", r"-----BEGIN CERTIFICATE-----[^\"'-]{0,100000}-----END CERTIFICATE-----"),
    ("kept", r"(?<=\")[iI]nline_?[bB]ytes\"\s{0,4}:\s{0,4}\"[A-Za-z0-9+/=]{1,4000000}"),
    ("kept", r"\x1b\[[0-9;]{0,20}[A-Za-z]"),
    ("kept", r"\\{1,8}(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[abfnrtv0])"),
    ("kept", r"%(?:25){0,3}(?:[013-6][0-9A-F]|[2578][0-9A-F]|[A-F][0-9])"),
    (
        "kept",
        (
            r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[ ]?[+-]\d\d:?\d\d)?)?"
            r"(?![\w-])"
        ),
    ),
    ("kept", r"(?<![\w:])\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?Z?(?![\w:])"),
    ("kept", r"(?<![\w-])\d{8}T\d{6}(?:\.\d{1,9})?Z?(?!\w)"),
    (
        "id",
        (
            r"(?<![0-9A-Za-z])[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-"
            r"[0-9a-fA-F]{12}(?![0-9A-Za-z])"
        ),
    ),
    ("id", r"(?<![\w:])[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5,63}(?![\w:])"),
    (
        "v4",
        (
            rf"(?:(?<![\d.])|(?<=%[0-9A-F][0-9A-F])){_OCTET}(?:\.{_OCTET}){{3}}(?!\d)"
            r"(?:/\d{1,2}(?![\d.]))?(?:[ ]{2,40})?"
        ),
    ),
    ("dashed", rf"(?<!\d)(?<!\d-){_OCTET}(?:-{_OCTET}){{3}}(?!-?\d)(?!-?[a-z])"),
    (
        "v6",
        (
            r"(?<![\w:.])(?=[0-9A-Fa-f:]{0,39}:[0-9A-Fa-f]{0,4}:)[0-9A-Fa-f:]{2,39}"
            rf"(?:{_OCTET}(?:\.{_OCTET}){{3}})?(?![\w:]|\.\d)(?:/\d{{1,3}})?"
        ),
    ),
    (
        "kept",
        (
            r"(?<![^\W_])(?:\d{1,20}(?:\.\d{1,20})?(?:ns|us|µs|μs|ms|[smhdw]|[KMGTPEkmgt]i?[Bb]?|[nux%]"
            r"|e[+-]?\d{1,3}|st|nd|rd|th|Z|xx))+(?![^\W_])"
        ),
    ),
    ("kept", r"(?<![^\W_])0x[0-9a-fA-F]{1,4}(?![^\W_])"),
    ("path", r"(?<=/)(?<!\d/)\d{3,40}(?![\w.])"),
    ("word", r"[^\W_]+"),
)
_TOKEN = lazy_re("|".join(f"(?P<{kind}_{n}>{form})" for n, (kind, form) in enumerate(_KINDS)))
_PLAIN = lazy_re(r"(?P<word_0>[^\W_]+)")


class Redactor:
    """The tokens of one bundle and the count of what was hidden."""

    def __init__(self, key: bytes) -> None:
        self._names = Pseudonyms(key)
        self._addresses = Addresses(key)
        self._certificates = Certificates(self.words, partial(noise, key))
        self._hidden: Counter[str] = Counter()

    def counts(self) -> dict[str, int]:
        """How much was replaced, by kind: different names and addresses, and every secret."""
        found = {"name": self._names.count, "address": self._addresses.count, **self._hidden}
        return {kind: count for kind, count in sorted(found.items()) if count}

    def text(self, text: str) -> str:
        """``text``, which may be a whole document or some whole lines, safe to send."""
        bare = hide_structure(text, self._count)
        return self.words(hide(bare, self._count, self._certificates.body))

    def words(self, text: str) -> str:
        """``text`` with names and addresses replaced only."""
        return _TOKEN.sub(self._replace, text)

    def _count(self, kind: str) -> None:
        self._hidden[kind] += 1

    def _replace(self, found: re.Match[str]) -> str:
        kind = (found.lastgroup or "").partition("_")[0]
        text = found[0]
        if kind == "word":
            return self._names.word(text)
        if kind == "v4":
            return self._v4(text)
        if kind == "v6":
            return self._v6(text)
        if kind == "id":
            return self._names.identifier(text)
        if kind == "path":
            return self._names.number(text)
        if kind == "dashed":
            token = self._addresses.token(text.replace("-", "."))
            return text if token is None else token.replace(".", "-")
        return text

    def _v4(self, text: str) -> str:
        """Address, length of its prefix, and the blanks behind it, which keep a table's columns."""
        bare = text.rstrip(" ")
        address, _slash, length = bare.partition("/")
        prefix = int(length) if length and int(length) <= 32 else None
        token = self._addresses.token(_without_zeros(address), prefix)
        if token is None:
            return text
        token += bare[len(address) :]
        blanks = len(text) - len(bare)
        return token + " " * (max(2, blanks + len(bare) - len(token)) if blanks else 0)

    def _v6(self, text: str) -> str:
        address, _slash, length = text.partition("/")
        prefix = int(length) if length and int(length) <= 128 else None
        token = self._addresses.token(address, prefix)
        if token is None:
            return _PLAIN.sub(lambda word: self._names.word(word[0]), text)
        return token + text[len(address) :]


def _without_zeros(address: str) -> str:
    return ".".join(str(int(part)) for part in address.split("."))
