"""Words by which a client sees a failure: bodies that Envoy makes, errors of curl and kubectl."""

from why503.support.pattern import lazy_re

LONGEST_BODY = 2_000
"""Characters of a body that are kept."""

_MARKS = lazy_re(r"[ \t]{0,8}(?:(?:#|//|→|=>|->|[|>*\"'`])[ \t]{0,8}){0,4}")
_BODY = lazy_re(
    r"(?:(?:<\w{1,10}>){0,4}(?:400 )?The plain HTTP request was sent to HTTPS port|"
    r"Client sent an HTTP request to an HTTPS server|"
    r"upstream connect error or disconnect/reset before headers|no healthy upstream|"
    r"upstream request timeout|"
    r"RBAC: access denied|fault filter abort|local_rate_limited|stream timeout|envoy overloaded|"
    r"Jwt (?:is|header|verification|issuer|not|payload|cannot|authentication)|"
    r"Jwks |Audiences in Jwt are not allowed|no_healthy_upstream\b|http2_protocol_error\b|"
    r"downstream connect error|request timeout\s*$|Too many requests\s*$)"
)
_QUOTED = lazy_re(
    r"[\"'`\u201c\u2018](?P<body>RBAC: access denied|no healthy upstream|fault filter abort|"
    r"upstream connect error or disconnect/reset before headers[^\"'`\u201d\u2019]{0,700})"
    r"[\"'`\u201d\u2019]"
)
_ERROR = lazy_re(r"curl: \(\d{1,3}\) \S.{0,1000}")
_EXIT = lazy_re(
    r"(?:error: )?command terminated with (?:non-zero )?exit code:? ?(?:.{0,40} )?\d{1,3}\s*$"
)
_CONTINUES = lazy_re(
    r"(?:retried and|(?:the latest )?reset reason|transport failure reason|"
    r"connection (?:failure|termination|timeout)|"
    r"remote |local |protocol error|overflow|TLS[ _]error|delayed|immediate|OPENSSL_internal|"
    r"SSL routines|:?\|?268)"
)
_ASKED = lazy_re(r"returned error: (\d{3})\b")
_OPENED = lazy_re(r"(?:[,:.]|reason|latest|connection|connect|before)$")


def unmarked(text: str) -> str:
    """``text`` without the comment signs, quotes and arrows in front and curl's `%` behind."""
    found = _MARKS.match(text)
    return text[found.end() if found else 0 :].rstrip().rstrip("%\"'`").rstrip()


def body_of(text: str) -> str:
    """Body of an answer that Envoy itself made; else ``""``.

    The line begins with it, or quotes it in a sentence.
    """
    plain = unmarked(text)
    if _BODY.match(plain):
        return plain[:LONGEST_BODY]
    quoted = _QUOTED.search(text[:LONGEST_BODY])
    return quoted["body"] if quoted is not None else ""


def error_of(text: str) -> str:
    """The error sentence of curl or kubectl, where the line is one; else ``""``."""
    plain = unmarked(text)
    if (found := _ERROR.match(plain)) is not None:
        return found[0]
    return plain if _EXIT.match(plain) else ""


def continues(body: str, text: str) -> bool:
    """Whether a line carries on a `body` that the terminal or a paste wrapped."""
    plain = unmarked(text)
    if not plain or not body.startswith("upstream connect error") or len(body) > LONGEST_BODY:
        return False
    return _CONTINUES.match(plain) is not None and bool(_OPENED.search(body) or plain[:1] in "|:O")


def code_in(error: str) -> int | None:
    """Status inside curl's error (`The requested URL returned error: 503`)."""
    found = _ASKED.search(error)
    return int(found[1]) if found else None
