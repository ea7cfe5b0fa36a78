"""What a message of a VictoriaMetrics program tells."""

import re

from why503.evidence.log_line import without_user
from why503.facts import AppEventKind as Kind
from why503.support.dataclass import dataclass
from why503.support.pattern import lazy_re
from why503.support.secret import MASK, mask


@dataclass(frozen=True, kw_only=True)
class Message:
    """The parts of an event that its message tells."""

    kind: Kind
    text: str = ""
    name: str = ""
    code: int | None = None
    url: str = ""
    attempt: int | None = None
    retriable: bool | None = None
    amount: int | None = None


_ATTEMPT = lazy_re(r"attempt (\d{1,4}) to send request failed: ?")
_ANSWER = lazy_re(
    r"unexpected (?:response|status) code:? (?P<code>\d{3}) for (?P<url>.{1,4000}?)"
    r"\.\s{1,4}Response body:? ?"
    r"(?:\"(?P<quoted>(?:[^\"\\]|\\.){0,4000})\"|(?P<bare>[^\"].{0,4000}?)(?= \(retriable:|$))?"
)
_SENDING = lazy_re(
    r"error while sending request to (?P<url>[^\s\"].{0,1000}?): (?P<reason>\S.{0,2000})"
)
_RETRIABLE = lazy_re(r"\(retriable: (true|false)\)")
_AGENT_ANSWER = lazy_re(
    r"unexpected status code received after sending a block with size (?P<size>\d{1,15}) bytes "
    r"to \"(?P<url>[^\"]{0,2000})\" "
    r"during retry #(?P<attempt>\d{1,9}): (?P<code>\d{3})(?:; response "
    r"body=\"(?P<body>[^\"]{0,4000}))?"
)
_AGENT_SENDING = lazy_re(
    r"couldn't send a block with size \d{1,15} bytes to \"(?P<url>[^\"]{0,2000})\": "
    r"(?P<reason>.{1,2000})"
)
_DROPPED = lazy_re(r"failed - dropping (\d{1,15}) time series")
_AGENT_DROPPED = lazy_re(
    r"sending a block with size (\d{1,15}) bytes .{0,2000}was rejected \(skipping the block\)"
)
_QUEUE = lazy_re(r"queue is full \((\d{1,15}) entries\)")
_QUERY = lazy_re(r"failed to execute query|error (?:while|when) (?:executing|querying)")
_FLAG = lazy_re(r"flag \"([^\"]{1,120})\"\s?=\s?\"([^\"]{0,2000})\"")
_SECRET_FLAG = lazy_re(r"password|token|secret|auth(?!or)|\.key$|Key$", re.IGNORECASE)
_VERSION = lazy_re(r"build version: ?(\S.{0,300})")
_LISTENING = lazy_re(
    r"start(?:ing|ed) (?:[a-z-]{1,20} )?server at \"?(?:https?://)?([^\s/\"]{1,260})"
)
_TCP_LISTENING = lazy_re(r"accepting (?:[\w-]{1,20} )?conns at ([^\s/\"]{1,260})")
_SHUTDOWN = lazy_re(
    r"service received signal|received signal|gracefully shutting down|has been stopped|"
    r"successfully (?:shut down|stopped)|shutting down remote write client|interrupting retry "
    r"attempt"
)
_OVERLOADED = lazy_re(
    r"cannot process insert request for|couldn't start executing the request in|"
    r"-search\.maxConcurrentRequests|"
    r"concurrent insert requests are executed|too many open files"
)
_REFUSED = lazy_re(r"connection refused")


def event_of(message: str, level: str) -> Message | None:
    """What ``message`` tells; None where it is nothing that anyone asks."""
    return (
        _of_writing(message)
        or _of_query(message)
        or _of_program(message, level)
        or _of_level(message, level)
    )


def _of_writing(message: str) -> Message | None:
    """Remote write: an attempt that failed, data given up, a full queue."""
    if (dropped := _DROPPED.search(message) or _AGENT_DROPPED.search(message)) is not None:
        return Message(kind=Kind.WRITE_DROPPED, text=message, amount=int(dropped[1]))
    if (full := _QUEUE.search(message)) is not None:
        return Message(kind=Kind.QUEUE_FULL, text=message, amount=int(full[1]))
    if (attempt := _ATTEMPT.search(message)) is not None:
        said = _RETRIABLE.search(message)
        told = _answered(message, attempt.end())
        return Message(
            kind=Kind.WRITE_FAILED,
            attempt=int(attempt[1]),
            retriable=None if said is None else said[1] == "true",
            text=told[2],
            code=told[0],
            url=told[1],
        )
    if (answer := _AGENT_ANSWER.search(message)) is not None:
        return Message(
            kind=Kind.WRITE_FAILED,
            attempt=int(answer["attempt"]),
            code=int(answer["code"]),
            url=_clean(answer["url"]),
            text=answer["body"] or "",
            retriable="re-sending" in message or None,
        )
    if (sending := _AGENT_SENDING.search(message)) is not None:
        retriable = "re-sending" in message or None
        url = _clean(sending["url"])
        return Message(
            kind=Kind.WRITE_FAILED,
            url=url,
            text=_until(sending["reason"], "; re-sending"),
            retriable=retriable,
        )
    return None


def _answered(message: str, begin: int) -> tuple[int | None, str, str]:
    """Code, URL and body (or the reason where there was no answer) of a failed call."""
    if (answer := _ANSWER.search(message)) is not None:
        quoted = answer["quoted"]
        body = quoted.replace('\\"', '"') if quoted is not None else (answer["bare"] or "")
        return int(answer["code"]), _clean(answer["url"]), body.strip()
    if (sending := _SENDING.search(message)) is not None:
        return None, _clean(sending["url"]), _until(sending["reason"], "; Data len")
    return None, "", message[begin:]


def _of_query(message: str) -> Message | None:
    """A rule's query that failed."""
    if not _QUERY.search(message) and "unexpected response code" not in message:
        return None
    code, url, text = _answered(message, 0)
    return Message(kind=Kind.QUERY_FAILED, code=code, url=url, text=text)


def _of_program(message: str, level: str) -> Message | None:
    """Start, stop, settings."""
    if (flag := _FLAG.search(message)) is not None:
        name, value = flag[1], flag[2]
        hidden = _SECRET_FLAG.search(name) is not None and value != "secret"
        return Message(kind=Kind.FLAG, name=name, text=MASK if hidden else _clean(value))
    if (version := _VERSION.search(message)) is not None:
        return Message(kind=Kind.VERSION, text=version[1].strip())
    if (listening := _LISTENING.search(message) or _TCP_LISTENING.search(message)) is not None:
        return Message(kind=Kind.LISTENING, text=listening[1])
    if level in {"fatal", "panic"}:
        return Message(kind=Kind.CRASH, text=message)
    if _SHUTDOWN.search(message):
        return Message(kind=Kind.SHUTDOWN, text=message)
    return None


def _of_level(message: str, level: str) -> Message | None:
    """Saturation, refused connections, other errors."""
    if level not in {"warn", "error"}:
        return None
    if _OVERLOADED.search(message):
        return Message(kind=Kind.OVERLOADED, text=message)
    if _REFUSED.search(message):
        return Message(kind=Kind.CONNECTION_REFUSED, text=message)
    return Message(kind=Kind.ERROR, text=message) if level == "error" else None


def _until(text: str, end: str) -> str:
    return text.split(end, 1)[0]


def _clean(url: str) -> str:
    """A URL as written, without user, password and secret parameters."""
    return mask(without_user(url))
