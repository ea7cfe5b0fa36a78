"""Masking of secrets: nothing secret is kept, printed or stored."""

import re
from functools import lru_cache

from why503.support.pattern import lazy_re

RAW_LENGTH = 2000
"""Characters of a line that are kept as its raw text."""

MASK = "***"

_BLANKS = r"[ \t]{0,4}"
_QUOTE = r"(?:\\{0,3}['\"])"
_SIGN = (
    rf"((?:{_QUOTE}?{_BLANKS}[:=]{_BLANKS}{_QUOTE}?)|(?:{_QUOTE}{_BLANKS},{_BLANKS}{_QUOTE}"
    r"(?!value\b)))"
)
"""Between a key and its value: `: `, `=`, `": "`, `', '`, and all of it in a string of JSON."""
_QUIET = r"(?!\*\*\*)"
_VALUE = r"(?:[^\s'\",;&\\]|\\(?!\\{0,2}['\"nrt]))+"
_QUOTED = rf"(?:(?<=['\"])(?:[^'\"\r\n\\]|\\(?!\\{{0,2}}['\"nrt]))+|{_VALUE})"
"""All between quotes, else one word."""
_REST = r"(?:[^\r\n\"'\\]|\\(?!\\{0,2}['\"nrt])|(?<=\w)'(?=\w))+"
_WORDS = (
    r"access_token|id_token|refresh_token|token|api[_-]?key|apikey|password|passwd|pwd|"
    r"secret|client_secret|signature|sig|auth|code|state|session|x-amz-[a-z-]{1,40}"
)
_PARAMETERS = (
    *("token", "key", "password", "passwd", "pwd", "secret"),
    *("sig", "signature", "auth", "code", "state", "session"),
)
"""The ends of `_WORDS`."""
_PATTERNS: tuple[tuple[tuple[str, ...], re.Pattern[str], str], ...] = (
    (
        ("authorization",),
        lazy_re(
            rf"(?i)\b((?:proxy-|x-)?authorization){_SIGN}(?:digest|hawk|oauth|signature|aws4-[a-z0-9-]+)"
            r"[ ][^\r\n]+"
        ),
        rf"\1\2{MASK}",
    ),
    (
        ("authorization",),
        lazy_re(rf"(?i)\b((?:proxy-|x-)?authorization){_SIGN}{_QUIET}{_REST}"),
        rf"\1\2{MASK}",
    ),
    (
        ("bearer ", "basic "),
        lazy_re(r"(?i)\b(bearer|basic)[ ]+[A-Za-z0-9._~+/=-]{12,}"),
        rf"\1 {MASK}",
    ),
    (
        ("cookie",),
        lazy_re(rf"(?i)\b(set-cookie2?|cookies?){_SIGN}{_QUIET}{_REST}"),
        rf"\1\2{MASK}",
    ),
    (
        (*(f"{word}{sign}" for word in _PARAMETERS for sign in ("=", "%3d")), "x-amz-"),
        lazy_re(
            rf"(?i)([?&;]|%3F|%26|u0026)((?:{_WORDS})(?:=|%3D))(?:[^&\s\"'#\\]|\\(?!\\{{0,2}}[\"']))+"
        ),
        rf"\1\2{MASK}",
    ),
    (
        ("pass", "pwd", "key", "token", "secret"),
        lazy_re(
            rf"(?i)((?:password|passwd|passphrase|(?<![a-z])pwd|client[_-]?secret|secret[_-]?key|"
            rf"api[_-]?key|access[_-]?key(?:[_-]?id)?|auth[_-]?key|"
            rf"(?:auth|access|session|security|private|csrf|xsrf|refresh|id)[_-]?token))"
            rf"{_SIGN}{_QUIET}(?![{{|>/])(?:\[\"?)?{_QUOTED}"
        ),
        rf"\1\2{MASK}",
    ),
    (
        ("token", "secret", "session"),
        lazy_re(
            rf"(?i)((?:token|secret|session(?:[_-]?id)?)(?:\\{{0,3}}[\"']{_BLANKS}[:,]{_BLANKS}"
            rf"\\{{0,3}}[\"']|={_BLANKS}(?:\\{{0,3}}[\"'])?))"
            rf"{_QUIET}{_QUOTED}"
        ),
        rf"\1{MASK}",
    ),
    (
        ("@",),
        lazy_re(r"(?i)\b([a-z][a-z0-9+.-]{1,20}://)[^/\s\"'\\?#]{1,512}@"),
        rf"\1{MASK}@",
    ),
    (
        ("@",),
        lazy_re(r"(?<![\w.:/@%+-])[\w.%+-]{1,64}:[^\s\"'@/\\|]{1,256}@(?=[A-Za-z0-9])(?!sha\d)"),
        f"{MASK}@",
    ),
    (
        ("-u ", "-u=", "--user", "--proxy-user", "--oauth2"),
        lazy_re(
            r"(?<!\S)((?:-u|--user|--proxy-user|--oauth2-bearer)(?:[ ]{1,4}|=)['\"]?)"
            r"[^\s'\"]{1,500}"
        ),
        rf"\1{MASK}",
    ),
    (
        ("pass", "pwd", "key", "token", "secret"),
        lazy_re(
            r"(?i)((?<![\w-])--?[\w.-]{0,60}(?:password|passwd|token|secret|api[_-]?key)"
            r"(?![\w.-]{0,20}(?:file|name|path|ref))[\w.-]{0,20}[ ]{1,4}['\"]?)(?!-)[^\s'\"]{3,500}"
        ),
        rf"\1{MASK}",
    ),
    (
        ("value",),
        lazy_re(
            rf"(?i)(\bname{_QUOTE}?{_BLANKS}:{_BLANKS}{_QUOTE}?[\w.-]{{0,60}}"
            rf"(?:password|passwd|token|secret|credential|key|cookie|authorization){_QUOTE}?{_BLANKS},{_BLANKS}"
            rf"{_QUOTE}?value{_QUOTE}?{_BLANKS}:{_BLANKS}{_QUOTE}?){_QUIET}{_QUOTED}"
        ),
        rf"\1{MASK}",
    ),
    (("eyj",), lazy_re(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*"), MASK),
    (
        ("akia", "asia", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "xox", "glpat"),
        lazy_re(
            r"\b(?:(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{20,255}|"
            r"xox[abposr]-[\w-]{10,255}|glpat-[\w-]{16,64})"
        ),
        MASK,
    ),
    (
        ("-----begin",),
        lazy_re(
            r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----.*?"
            r"(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|\Z)",
            re.DOTALL,
        ),
        f"-----PRIVATE KEY {MASK}-----",
    ),
)
"""Words of which one is in every text that a pattern finds, the pattern, what is put instead."""


_WORDS_OF_ANY = tuple({word: None for words, _pattern, _mask in _PATTERNS for word in words})
_STEMS = (
    *("token", "key", "pass", "pwd", "secret", "sig", "auth", "code", "state", "session"),
    *("gh", "-u", "--", "x-amz-"),
)
"""Texts that several of the words hold: where one is missing, these words are."""


def _by_stem() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for word in _WORDS_OF_ANY:
        found.setdefault(next((stem for stem in _STEMS if stem in word), word), []).append(word)
    return {stem: tuple(words) for stem, words in found.items()}


_WORDS_BY_STEM = _by_stem()
_SHORT = 300
"""Characters up to which a text is likely to come again."""


def mask(text: str) -> str:
    """``text`` with passwords, tokens, cookies and private keys replaced by ``***``."""
    return _mask_short(text) if len(text) <= _SHORT else _masked(text)


@lru_cache(maxsize=8192)
def _mask_short(text: str) -> str:
    """`_masked`, remembered: logs repeat hosts, agents and paths line after line."""
    return _masked(text)


def _masked(text: str) -> str:
    small = text.lower()
    met = {
        word
        for stem, words in _WORDS_BY_STEM.items()
        if stem in small
        for word in words
        if word in small
    }
    if met:
        for words, pattern, replacement in _PATTERNS:
            if not met.isdisjoint(words):
                text = pattern.sub(replacement, text)
    return text


def raw(text: str) -> str:
    """A line as it may be kept in a fact: cut to `RAW_LENGTH` characters, secrets masked.

    Masked before the cut, for half a secret can no longer be told from other text.
    """
    return mask(text[: 2 * RAW_LENGTH])[:RAW_LENGTH]
