"""Rules as Prometheus and vmalert read them, one for each cause that metrics show."""

from collections.abc import Iterable, Sequence
from typing import Any

from why503.diagnosis.alert import Alert
from why503.diagnosis.alert_later import made
from why503.diagnosis.cause import Cause
from why503.support.dataclass import dataclass

PREFIX = "Why503"
"""The first word of every alert's name."""
RUNBOOKS = "https://github.com/why503/why503/blob/main/docs/causes"
_PLACE = "{cause}"


@dataclass(frozen=True, kw_only=True)
class Watched:
    """A cause and the alert that sees it."""

    cause: Cause
    alert: Alert
    runbooks: str = RUNBOOKS

    @property
    def name(self) -> str:
        """The alert's name: `Why503KeepaliveRace`."""
        return PREFIX + "".join(word[0].upper() + word[1:] for word in self.cause.ID.split("-"))

    @property
    def summary(self) -> str:
        """The cause's title as a sentence."""
        return f"{self.cause.TITLE.rstrip('.')}."

    @property
    def runbook(self) -> str:
        """Address of the cause's page; the base may say with `{cause}` where the id belongs."""
        if _PLACE in self.runbooks:
            return self.runbooks.replace(_PLACE, self.cause.ID)
        return f"{self.runbooks.rstrip('/')}/{self.cause.ID}.md"

    @property
    def group(self) -> str:
        """What breaks: the name of the folder in which the cause stands."""
        return getattr(self.cause, "__name__", "").rpartition(".")[0].rpartition(".")[2]


def watched(causes: Iterable[Cause], runbooks: str = RUNBOOKS) -> tuple[Watched, ...]:
    """Those that metrics show, in the order given."""
    return tuple(
        Watched(cause=cause, alert=alert, runbooks=runbooks or RUNBOOKS)
        for cause in causes
        for alert in [made(cause.ALERT)]
        if isinstance(alert, Alert)
    )


def groups(those: Sequence[Watched]) -> list[dict[str, Any]]:
    """The rules, in a group for each thing that breaks."""
    names = dict.fromkeys(one.group for one in those)
    return [
        {
            "name": "-".join(filter(None, ["why503", name])).replace("_", "-"),
            "rules": [rule(one) for one in those if one.group == name],
        }
        for name in names
    ]


def rule(one: Watched) -> dict[str, Any]:
    """One rule."""
    return {
        "alert": one.name,
        "expr": one.alert.expression,
        "for": one.alert.holds,
        "labels": {"severity": one.alert.urgency.value, "cause": one.cause.ID},
        "annotations": {
            "summary": one.summary,
            "description": one.alert.told,
            "runbook_url": one.runbook,
        },
    }
