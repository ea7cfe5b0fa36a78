"""What all log readers need of a line: its time, the parts of a URL, the body that Envoy wrote."""

import re

from why503.evidence.reader import Context, Line
from why503.support.dataclass import dataclass
from why503.support.duration import moment_of
from why503.support.pattern import lazy_re

SCAN_LENGTH = 8000
"""Characters of a line that patterns look at; the rest of a longer line is not searched."""

TIME = (
    r"\d{4}[-/\u2013]\d\d[-/\u2013]\d\d[T ]\d\d:\d\d:\d\d"
    r"(?:[.,]\d{1,9})?(?:\.{3}|\u2026)?(?:Z|[ ]?[+-]\d\d:?\d\d\b)?"
)
"""Pattern of an ISO 8601 time as logs write it (also with `/` or the dash of a word processor, and
with `...` where somebody cut its fraction short)."""

ELIDED = lazy_re(r"(?:\[?(?:\.{3}|\u2026)\]?)\s{1,8}(?=\S)")
"""`...` that somebody wrote in place of the head of a line."""

_URL = lazy_re(
    r"(?P<scheme>[a-z][a-z0-9+.-]{1,10})"
    r"://(?:[^/\s@\"']{1,256}@)?(?P<authority>[^/\s\"'?#]{1,260})(?P<path>[^\"'#]*)"
)

_ENVOY_BODY = lazy_re(
    r"upstream connect error or disconnect/reset before "
    r"headers\.[^\"'`\]\r\n\t;\u201c\u201d\u2019]{0,700}"
    r"|no healthy upstream|upstream request timeout|upstream max stream duration reached"
    r"|(?<![\w-])stream timeout|RBAC: access denied|fault filter abort|local_rate_limited"
    r"|no cluster match|Jwt (?:is|issuer|verification)[^\"'\r\n\t]{0,80}"
)


@dataclass(frozen=True, kw_only=True)
class Url:
    """Parts of a URL that a request has, too."""

    authority: str
    path: str


def time_of(text: str) -> float | None:
    """Seconds since 1970 of a time in a log line; None where it is none."""
    word = text.replace("\u2013", "-").replace("/", "-").strip("[] \t")
    word = word.replace("...", "").replace("\u2026", "")
    return moment_of(re.sub(r"[ ](?=[+-]\d\d:?\d\d$)", "", word))


def parts_of(url: str) -> Url | None:
    """Authority and path of ``url``, blanks kept; None where it is no URL."""
    found = _URL.match(url)
    if found is None:
        return None
    return Url(authority=found["authority"], path=found["path"].rstrip() or "/")


def envoy_body(text: str) -> str | None:
    """The body of one of Envoy's own answers inside ``text``; None where there is none."""
    found = _ENVOY_BODY.search(text[:SCAN_LENGTH])
    return found[0].strip() if found else None


def without_user(url: str) -> str:
    """``url`` without user and password."""
    return re.sub(r"(?<=://)[^/\s@]{1,512}@", "", url, count=1)


def teller_of(context: Context, line: Line) -> str:
    """Who wrote ``line``: the pod that its prefix names, else the name of the file's writer."""
    return line.origin.pod or context.teller
