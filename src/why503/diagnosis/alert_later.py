"""The makers of alerts as causes import them: a call is noted, and made when the alert is wanted.

Causes are imported at every start, and one command wants their alerts; so none of the makers is
imported, and nothing is made, before `made` asks for it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from why503.diagnosis.alert import Alert, Exporter, Unseen, Urgency
    from why503.diagnosis.alert_counter import (
        SUBSET,
        Counter,
        certificate_refused,
        counted,
        drained,
        ejected,
        mutual_tls_refused,
        not_taken,
        refused,
        rising,
        standing,
        tls_refused_outside,
        unconnected,
    )
    from why503.diagnosis.alert_hop import (
        RARE,
        lasting,
        newly,
        one_caller_only,
        slower,
        unknown_to_server,
    )
    from why503.diagnosis.alert_pod import ending, probed, restarted, young
    from why503.diagnosis.alert_request import (
        ANYBODY,
        GATEWAY,
        NO_GATEWAY,
        OUTSIDE_HOSTS,
        SERVER,
        TO_NOWHERE,
        Limits,
        answered,
        flagged,
        only_flagged,
        sent_to,
    )

__all__ = [
    "ANYBODY",
    "GATEWAY",
    "NO_GATEWAY",
    "OUTSIDE_HOSTS",
    "RARE",
    "SERVER",
    "SUBSET",
    "TO_NOWHERE",
    "Counter",
    "Exporter",
    "Limits",
    "Unseen",
    "Urgency",
    "answered",
    "certificate_refused",
    "counted",
    "drained",
    "ejected",
    "ending",
    "flagged",
    "lasting",
    "made",
    "mutual_tls_refused",
    "newly",
    "not_taken",
    "one_caller_only",
    "only_flagged",
    "probed",
    "refused",
    "restarted",
    "rising",
    "sent_to",
    "slower",
    "standing",
    "tls_refused_outside",
    "unconnected",
    "unknown_to_server",
    "young",
]

_MODULES = ("alert", "alert_request", "alert_hop", "alert_counter", "alert_pod")


class _Later:
    """A name of a maker's module, or a call of it, that nobody has asked for yet."""

    __slots__ = ("arguments", "name", "named")

    def __init__(self, name: str, arguments: Any = None, named: Any = None) -> None:
        self.name = name
        self.arguments = arguments
        self.named = named

    def __call__(self, *arguments: Any, **named: Any) -> "_Later":
        return _Later(self.name, arguments, named)

    def __getattr__(self, member: str) -> "_Later":
        if member.startswith("_"):
            raise AttributeError(member)
        return _Later(f"{self.name}.{member}")


def made(alert: "Alert | Unseen") -> "Alert | Unseen":
    """The alert that a cause has noted; one that is made already stays as it is."""
    found: Alert | Unseen = _resolved(alert)
    return found


def _resolved(value: Any) -> Any:
    if isinstance(value, dict):
        return {_resolved(key): _resolved(inner) for key, inner in value.items()}
    if not isinstance(value, _Later):
        return value
    first, *members = value.name.split(".")
    found = _named(first)
    for member in members:
        found = getattr(found, member)
    if value.arguments is None:
        return found
    named = {name: _resolved(inner) for name, inner in value.named.items()}
    return found(*map(_resolved, value.arguments), **named)


def _named(name: str) -> Any:
    for module in _MODULES:
        found = getattr(import_module(f"why503.diagnosis.{module}"), name, None)
        if found is not None:
            return found
    message = f"no maker of alerts is called {name}"
    raise AttributeError(message)


if not TYPE_CHECKING:

    def __getattr__(name: str) -> _Later:
        """What causes import from here."""
        if name not in __all__:
            raise AttributeError(name)
        return _Later(name)
