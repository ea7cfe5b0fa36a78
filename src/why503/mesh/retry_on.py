"""Which words `retryOn` takes, by version of Istio: what the webhook refuses is never in force."""

from http import HTTPStatus

_ALWAYS = frozenset(
    {"5xx", "gateway-error", "reset", "connect-failure", "retriable-4xx", "refused-stream"}
    | {"retriable-status-codes", "cancelled", "deadline-exceeded", "internal"}
    | {"resource-exhausted", "unavailable", "retriable-headers", "envoy-ratelimited"}
)
_SINCE = {"reset-before-request": (1, 23), "http3-post-connect-failure": (1, 23)}
_STATUSES = frozenset(str(status.value) for status in HTTPStatus)

RESETS = frozenset({"reset", "5xx", "gateway-error", "reset-before-request"})
"""Words by which a connection that the server closes before its answer is tried again."""
NOT_SENT = frozenset({"reset-before-request", "connect-failure", "refused-stream"})
"""Words by which only a request is repeated that the server has not begun to process."""

DEFAULT = ("connect-failure", "refused-stream", "unavailable", "cancelled")
"""What the caller's proxy tries again where a route has no own retries, of every version from 1.6.

Of a 503 that came from the server see `retries_503_by_default`. `reset-before-request` is the
default of the server's own proxy alone, since 1.24.
"""


def words_of(retry_on: str) -> list[str]:
    """The words as the webhook cuts them: at commas, blanks kept."""
    return retry_on.split(",")


def since(word: str) -> tuple[int, int] | None:
    """The version from which a word is taken; None where it always was, or never is."""
    return _SINCE.get(word)


def is_taken(word: str, version: tuple[int, int]) -> bool:
    """Whether the webhook of this version takes the word."""
    if word in _SINCE:
        return version >= _SINCE[word]
    return word in _ALWAYS or word in _STATUSES


def retries_503_by_default(version: tuple[int, ...]) -> bool:
    """Whether a route without own retries repeats a 503 that the server sent."""
    return version < (1, 24)
