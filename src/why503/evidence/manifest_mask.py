"""Secrets taken out of an object before it becomes a fact."""

import re
from functools import lru_cache
from typing import Any

from why503.evidence.secret_certificate import certificates_told
from why503.support.pattern import lazy_re
from why503.support.secret import MASK, mask

_KEY = lazy_re(
    r"(?i).{0,60}(?:password|passwd|client[_-]?secret|api[_-]?key|access[_-]?key|secret[_-]?key|"
    r"private[_-]?key|bearer[_-]?token|auth[_-]?token|access[_-]?token|id[_-]?token)$|(?i:token)$"
)
_ENV = lazy_re(r"(?i)password|passwd|token|secret|key|credential")
_ARGUMENT = lazy_re(
    r"(?i)^(--?[\w.-]{0,80}(?:password|passwd|token|secret|api-?key|"
    r"authkey)(?![\w.-]{0,20}file)[\w.-]{0,20}=).+",
    re.DOTALL,
)
_FLAG = lazy_re(
    r"(?i)--?[\w.-]{0,80}(?:password|passwd|token|secret|api-?key|authkey)"
    r"(?![\w.-]{0,20}(?:file|name|path|ref))[\w.-]{0,20}"
)
_SETTING = lazy_re(
    r"(?im)^([ \t]{0,40}[\"']?[\w.-]{0,60}(?:password|passwd|client_?secret|api_?key|access_?key|"
    r"auth_?token)[\"']?[ \t]{0,8}[:=][ \t]{0,8})(?![ \t\r\n|>]).{1,2000}$"
)
_SUSPECT = (
    *("authorization", "bearer", "basic", "cookie", "=", "://", "eyj", "private key", "passw"),
    *("secret", "key", "token"),
)
"""Without one of these, in lower case, a text holds nothing to hide."""
_FORMAT = lazy_re(r"%(?:REQ|RESP|START_TIME|RESPONSE_|UPSTREAM_|DURATION|PROTOCOL)")
_SHORT = 40
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def masked(value: dict[str, Any]) -> dict[str, Any]:
    """A copy of an object without secrets.

    Values of a `Secret` (what a certificate says of itself stays), of environment variables,
    arguments and keys whose name says secret, the copy that `kubectl apply` leaves in an
    annotation, and what `support.secret.mask` knows.
    """
    found: dict[str, Any] = _masked(value, "")
    if found.get("kind") == "Secret":
        for name in ("data", "stringData"):
            if isinstance(values := value.get(name), dict):
                found[name] = {
                    key: certificates_told(part, packed=name == "data") or MASK
                    for key, part in values.items()
                }
    return found


def _masked(value: Any, key: str) -> Any:
    kind = type(value)
    if kind is dict:
        copy = {name: _masked(part, name) for name, part in value.items()}
        if "value" in copy and isinstance(name := copy.get("name"), str) and _ENV.search(name):
            copy["value"] = _hidden(copy["value"])
        return copy
    if kind is list:
        befores = ("", *value)
        return [
            MASK if _is_told_by(before, part) else _masked(part, "")
            for before, part in zip(befores, value, strict=False)
        ]
    if key == _APPLIED:
        return MASK
    if key and kind is not bool and _is_secret(key):
        return _hidden(value)
    if kind is str:
        return _text(value) if len(value) > _SHORT else _word(value)
    return value


def _is_told_by(before: Any, value: Any) -> bool:
    """Whether an argument is the secret that the flag before it asks for."""
    if type(before) is not str or type(value) is not str or value.startswith(("-", "/")):
        return False
    return bool(value) and _FLAG.fullmatch(before) is not None


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


@lru_cache(maxsize=4096)
def _word(text: str) -> str:
    """`_text` for names and values that come again and again."""
    return _text(text)


def _text(text: str) -> str:
    lowered = text.lower()
    for word in _SUSPECT:
        if word in lowered:
            break
    else:
        return text
    if _FORMAT.search(text):
        return text
    argument = _ARGUMENT.match(text)
    if argument:
        return argument[1] + MASK
    return mask(_SETTING.sub(rf"\1{MASK}", text))
