"""Masking of secrets: nothing secret is kept, printed or stored."""

import re

RAW_LENGTH = 2000
"""Characters of a line that are kept as its raw text."""

MASK = "***"

_BLANKS = r"[ \t]{0,4}"
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(
            rf"(?i)\b(authorization|proxy-authorization)(['\"]?{_BLANKS}[:=,]{_BLANKS}['\"]?)"
            r"(?:(bearer|basic|digest|negotiate)[ ]+)?[^\s'\",;]+"
        ),
        rf"\1\2{MASK}",
    ),
    (re.compile(r"(?i)\b(bearer|basic)[ ]+[A-Za-z0-9._~+/=-]{12,}"), rf"\1 {MASK}"),
    (
        re.compile(rf"(?i)\b(set-cookie|cookie)(['\"]?{_BLANKS}[:=,]{_BLANKS}['\"]?)[^\r\n\"]+"),
        rf"\1\2{MASK}",
    ),
    (
        re.compile(
            r"(?i)([?&;](?:access_token|id_token|refresh_token|token|api[_-]?key|apikey|password|passwd|pwd|"
            r"secret|client_secret|signature|sig|auth|code|state|session|x-amz-[a-z-]{1,40})=)[^&\s\"'#]+"
        ),
        rf"\1{MASK}",
    ),
    (
        re.compile(r"(?i)\b([a-z][a-z0-9+.-]{1,20}://)[^/\s:@\"']{0,256}:[^/\s@\"']{1,256}@"),
        rf"\1{MASK}@",
    ),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*"), MASK),
    (
        re.compile(
            r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----.*?"
            r"(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|\Z)",
            re.DOTALL,
        ),
        f"-----PRIVATE KEY {MASK}-----",
    ),
)


def mask(text: str) -> str:
    """``text`` with passwords, tokens, cookies and private keys replaced by ``***``."""
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def raw(text: str) -> str:
    """A line as it may be kept in a fact: cut to `RAW_LENGTH` characters, secrets masked.

    Masked before the cut, for half a secret can no longer be told from other text.
    """
    return mask(text[: 2 * RAW_LENGTH])[:RAW_LENGTH]
