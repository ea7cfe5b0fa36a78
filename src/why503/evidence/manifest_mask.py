"""Secrets taken out of an object before it becomes a fact."""

import re
from functools import lru_cache
from typing import Any

from why503.support.secret import MASK, mask

_KEY = re.compile(
    r"(?i).{0,60}(?:password|passwd|client[_-]?secret|api[_-]?key|access[_-]?key|secret[_-]?key|"
    r"private[_-]?key|bearer[_-]?token|auth[_-]?token|access[_-]?token|id[_-]?token)$|(?i:token)$"
)
_ENV = re.compile(r"(?i)password|passwd|token|secret|key|credential")
_ARGUMENT = re.compile(
    r"(?i)^(--?[\w.-]{0,80}(?:password|passwd|token|secret|api-?key|"
    r"authkey)(?![\w.-]{0,20}file)[\w.-]{0,20}=).+",
    re.DOTALL,
)
_SETTING = re.compile(
    r"(?im)^([ \t]{0,40}[\"']?[\w.-]{0,60}(?:password|passwd|client_?secret|api_?key|access_?key|"
    r"auth_?token)[\"']?[ \t]{0,8}[:=][ \t]{0,8})(?![ \t\r\n|>]).{1,2000}$"
)
_SUSPECT = (
    *("authorization", "bearer", "basic", "cookie", "=", "://", "eyj", "private key", "passw"),
    *("secret", "key", "token"),
)
"""Without one of these, in lower case, a text holds nothing to hide."""
_FORMAT = re.compile(r"%(?:REQ|RESP|START_TIME|RESPONSE_|UPSTREAM_|DURATION|PROTOCOL)")
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def masked(value: dict[str, Any]) -> dict[str, Any]:
    """A copy of an object without secrets.

    Values of a `Secret`, of environment variables, arguments and keys whose name says secret, the
    copy that `kubectl apply` leaves in an annotation, and what `support.secret.mask` knows.
    """
    found: dict[str, Any] = _masked(value, "")
    if found.get("kind") == "Secret":
        for name in ("data", "stringData"):
            if isinstance(found.get(name), dict):
                found[name] = dict.fromkeys(found[name], MASK)
    return found


def _masked(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        copy = {name: _masked(part, name) for name, part in value.items()}
        name = copy.get("name")
        if isinstance(name, str) and "value" in copy and _ENV.search(name):
            copy["value"] = _hidden(copy["value"])
        return copy
    if isinstance(value, list):
        return [_masked(part, "") for part in value]
    if key == _APPLIED:
        return MASK
    if key and not isinstance(value, bool) and _is_secret(key):
        return _hidden(value)
    return _text(value) if isinstance(value, str) else value


@lru_cache(maxsize=4096)
def _is_secret(key: str) -> bool:
    """Whether the name of a field says that its value is secret."""
    return _KEY.match(key) is not None


def _hidden(value: Any) -> Any:
    """The mask instead of a secret; paths of files and absent values are none."""
    if (
        value is None
        or isinstance(value, dict | list)
        or (isinstance(value, str) and value.startswith("/"))
    ):
        return value
    return MASK


def _text(text: str) -> str:
    lowered = text.lower()
    if not any(word in lowered for word in _SUSPECT) or _FORMAT.search(text):
        return text
    argument = _ARGUMENT.match(text)
    if argument:
        return argument[1] + MASK
    return mask(_SETTING.sub(rf"\1{MASK}", text))
