"""What becomes `***` wherever it stands: secrets, queries, e-mail addresses, keys, certificates."""

import base64
import binascii
import re
from collections.abc import Callable

from why503.evidence.redaction.pseudonym import Counted
from why503.evidence.redaction.vocabulary import stays
from why503.evidence.stand_in_keys import without_address
from why503.support.pattern import lazy_re
from why503.support.secret import MASK, mask

_BEGIN = "-----BEGIN"
_PEM = lazy_re(
    r"(-----BEGIN [A-Z0-9 ]{1,40}-----)([^\"'-]{0,100000})(-----END [A-Z0-9 ]{1,40}-----)?"
)
_MAIL = lazy_re(
    r"(?<![\w.+-])[\w.+-]{1,64}(?:@|%40)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,6}"
    r"\.[A-Za-z]{2,24}(?![\w-])"
)
_QUERY = lazy_re(r"(?<![\s\"'(?])\?(?![?\s\"'])(?:[^\s\"'<>\\|]|\\u00[0-9a-fA-F]{2}){1,20000}")
_KNOWN = lazy_re(r"\bAIza[\w-]{30,45}")
_SETTING = lazy_re(
    r"(?i)((?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|"
    r"access[_-]?key|private[_-]?key|secret[_-]?key|auth[_-]?key|credentials|cookie|session[_-]?id)"
    r"(?:\\?[\"'])?[ \t]{0,4}(?:=|:|,[ ](?='))[ \t]{0,4})"
    r"(?![\s/{\[|>]|\\?[\"']?(?:true|false|null|none|\*\*\*)\b)"
    r"(\\?\"(?:[^\"\\]|\\[^\"]){0,4000}|'[^'\r\n]{0,4000}|[^\s\"',;&}\\]{1,4000})"
)
_SETTING_WORDS = ("pass", "pwd", "secret", "token", "key", "credential", "cookie", "session")
_BASE64_FIELD = lazy_re(r"(\"inline_?bytes\"\s{0,4}:\s{0,4}\")([^\"]{1,4000000})", re.IGNORECASE)
CERTIFICATE = "-----BEGIN CERTIFICATE-----"
Rewritten = Callable[[str], str | None]
"""The base64 of a certificate made safe to send; None where it is none."""
_VARIABLE = lazy_re(
    r"(?i)password|passwd|passphrase|pwd|token|secret|credential|auth|cookie|session|"
    r"(?:api|access|private|encryption|signing|master)_?-?key|(?:^|[_-])(?:key|pin|salt|dsn)$"
)
_WORD = lazy_re(r"[^\W_]+")
_AMOUNT = lazy_re(r"(?:\d{1,9}(?:ns|us|ms|[smhd]|[kKMGT]i?[bB]?))+")
_LONGEST_NUMBER = 7


def hide(text: str, counted: Counted, certificate: Rewritten = lambda _body: None) -> str:
    """``text`` with every secret that can be told by its form replaced by `***`.

    ``certificate`` rewrites the base64 of a certificate; where it gives None that is hidden too.
    """
    if _BEGIN in text:
        text = _PEM.sub(lambda found: _pem(found, certificate, counted), text)
    if "nline" in text:
        text = _BASE64_FIELD.sub(lambda found: _base64(found, certificate, counted), text)
    return "\n".join(_line(line, counted) for line in text.split("\n"))


def _line(line: str, counted: Counted) -> str:
    small = line.lower()
    text = mask(without_address(line))
    if text != line:
        for _ in range(max(1, text.count(MASK) - line.count(MASK))):
            counted("secret")
    if "@" in text or "%40" in text:
        text = _replace(_MAIL, MASK, text, "e-mail address", counted)
    if "?" in text:
        text = _replace(_QUERY, f"?{MASK}", text, "query string", counted)
    if "aiza" in small:
        text = _replace(_KNOWN, MASK, text, "secret", counted)
    if any(word in small for word in _SETTING_WORDS):
        text = _SETTING.sub(lambda found: _setting(found, counted), text)
    return text


def _pem(found: re.Match[str], certificate: Rewritten, counted: Counted) -> str:
    counted("key or certificate")
    if found[1] == CERTIFICATE and found[3] and (body := certificate(found[2])) is not None:
        return f"{found[1]}{body}{found[3]}"
    return f"{found[1]} {MASK} {found[3] or ''}"


def _base64(found: re.Match[str], certificate: Rewritten, counted: Counted) -> str:
    """A field of a configuration dump that holds PEM or DER as base64."""
    try:
        inner = base64.b64decode(found[2], validate=True).decode("ascii", "replace")
    except (binascii.Error, ValueError):
        inner = ""
    if CERTIFICATE in inner and "PRIVATE" not in inner:
        told = _PEM.sub(lambda pem: _pem(pem, certificate, counted), inner)
        return found[1] + base64.b64encode(told.encode()).decode()
    counted("key or certificate")
    return found[1] + (certificate(found[2]) or MASK)


def variable(name: str, value: str, counted: Counted) -> str:
    """Value of an environment variable as it may be sent.

    Numbers, durations and known words stay, for they are the timeouts and switches that a diagnosis
    asks for; not where the name says secret.
    """
    bare = value.strip().strip("\"'")
    if bare in ("", MASK):
        return value
    plain = all(stays(word) or _AMOUNT.fullmatch(word) for word in _WORD.findall(bare))
    long = any(len(word) > _LONGEST_NUMBER and word.isdecimal() for word in _WORD.findall(bare))
    if plain and not long and not _VARIABLE.search(name):
        return value
    counted("environment value")
    quote = value.strip()[:1] if value.strip()[:1] in "\"'" else '"'
    return f"{quote}{MASK}{quote}"


def _replace(
    pattern: re.Pattern[str], replacement: str, text: str, kind: str, counted: Counted
) -> str:
    text, count = pattern.subn(replacement, text)
    for _ in range(count):
        counted(kind)
    return text


def _setting(found: re.Match[str], counted: Counted) -> str:
    value = found[2]
    quote = '\\"' if value.startswith('\\"') else value[0] if value[0] in "\"'" else ""
    if value[len(quote) :] in ("", MASK) or value[len(quote) :].startswith(MASK):
        return found[0]
    counted("secret")
    closing = quote if quote == "'" and value.endswith("'") else ""
    return f"{found[1]}{quote}{MASK}{closing}"
