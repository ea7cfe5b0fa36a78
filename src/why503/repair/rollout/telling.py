"""Findings of the walk in the words of the answer."""

from collections.abc import Iterable, Mapping, Sequence

from why503.diagnosis.finding import Spot
from why503.facts import Source
from why503.mesh.address import cluster_name
from why503.repair.rollout.answer import (
    RolloutChange,
    RolloutDanger,
    RolloutHazard,
    RolloutStep,
    RolloutWait,
)
from why503.repair.rollout.change import WALKED, Change
from why503.repair.rollout.half import document
from why503.repair.rollout.hazard import Hazard
from why503.repair.rollout.moment import Danger
from why503.repair.rollout.plan import Stage, rank
from why503.repair.rollout.state import WORKLOADS, Key
from why503.repair.rollout.waiting import waits_of
from why503.repair.rollout.walk import Walked
from why503.repair.rollout.way import Loss
from why503.support.secret import MASK
from why503.support.text import _

_MOST = 6
"""Objects that a sentence names."""


def spot(source: Source | None) -> Spot | None:
    """A place as it is published."""
    return None if source is None else Spot(path=source.path, line=source.line)


def spots(sources: Iterable[Source]) -> tuple[Spot, ...]:
    """Several of them."""
    return tuple(dict.fromkeys(Spot(path=one.path, line=one.line) for one in sources))


def danger_of(found: Danger) -> RolloutDanger:
    """A loss at a moment of a step."""
    having, lacking = (
        tuple(_the_end(key) if key in found.ended else str(key) for key in keys)
        for keys in (found.having, found.lacking)
    )
    who = (tuple(map(str, found.callers)), found.asked)
    return _danger(found.loss, who, (having, lacking), lasting=found.lasting)


def _the_end(key: Key) -> str:
    return _("the end of {name}").format(name=key)


def already_of(losses: Iterable[Loss]) -> tuple[RolloutDanger, ...]:
    """What is lost before the first step."""
    grouped: dict[tuple[bool, str, str], list[Loss]] = {}
    for one in losses:
        gate = one.way.caller.name.startswith("gateway/")
        grouped.setdefault((gate, one.way.cluster, one.way.id), []).append(one)
    found = []
    for alike in grouped.values():
        callers = tuple(dict.fromkeys(str(one.way.caller) for one in alike))
        asked = tuple(dict.fromkeys(one.way.asked for one in alike))
        found.append(_danger(alike[0], (callers, asked), ((), ()), lasting=True))
    return tuple(found)


def _danger(
    loss: Loss,
    who: tuple[tuple[str, ...], tuple[str, ...]],
    seen: tuple[tuple[str, ...], tuple[str, ...]],
    *,
    lasting: bool,
) -> RolloutDanger:
    having, lacking = seen
    return RolloutDanger(
        id=loss.outcome.id,
        text=_text(loss),
        when=_when(having, lacking, lasting=lasting),
        status=loss.outcome.status,
        flag=loss.outcome.flag,
        details=loss.outcome.details,
        share=loss.share,
        requests=who[1],
        cluster=loss.way.cluster,
        callers=who[0],
        route=loss.route,
        having=having,
        lacking=lacking,
        lasting=lasting,
        sure=loss.outcome.sure,
        sources=spots(loss.sources),
    )


def _text(loss: Loss) -> str:
    parts = cluster_name(loss.way.cluster)
    subset = parts.subset if parts is not None else ""
    head = _("{route} sends {share} % of a rule's requests to {cluster}")
    if loss.outcome.id == "no-cluster":
        text = _("{head}. {why}")
    elif subset:
        text = _("{head}; no pod of subset {subset} is ready.")
    else:
        text = _("{head}, which has no ready pod.")
    share = f"{loss.share:g}"
    told = head.format(route=loss.route, share=share, cluster=loss.way.cluster)
    return text.format(head=told, subset=subset, why=loss.outcome.text)


def _when(having: Sequence[str], lacking: Sequence[str], *, lasting: bool) -> str:
    if lasting and not having:
        return _("Now.")
    if lasting:
        return _("From this step on.")
    if lacking and having:
        text = _("After {having} and before {lacking} has come through.")
    elif having:
        text = _("After {having}, until the other changes have come through.")
    else:
        text = _("Before {lacking} has come through.")
    return text.format(having=_listed(having), lacking=_listed(lacking))


def _listed(names: Sequence[str]) -> str:
    shown = list(names[:_MOST])
    if len(names) > _MOST:
        shown.append("...")
    return ", ".join(shown)


def hazard_of(found: Hazard) -> RolloutHazard:
    """A setting of a controller."""
    return RolloutHazard(
        id=found.id,
        severity=found.severity,
        text=found.text,
        remedy=found.remedy,
        source=spot(found.source),
    )


def change_of(change: Change) -> RolloutChange:
    """What a step makes of one object."""
    source = change.manifest.source
    return RolloutChange(object=str(change.object), action=change.action, source=spot(source))


def walked_step(number: int, step: Walked, *, waits: bool = False) -> RolloutStep:
    """A step of somebody else's order; ``waits``: with what it is taken to be waited for."""
    told = dict(wait for change in step.changes for wait in waits_of(change)) if waits else {}
    return RolloutStep(
        number=number,
        title=step.given.title,
        source=spot(step.given.source),
        changes=tuple(map(change_of, step.changes)),
        commands=(),
        yaml="",
        waits=_waits(told),
        dangers=tuple(map(danger_of, step.dangers)),
    )


def _waits(told: Mapping[str, str]) -> tuple[RolloutWait, ...]:
    return tuple(RolloutWait(text=text, command=command) for text, command in told.items())


def planned_step(number: int, stage: Stage, whole: Sequence[Change]) -> RolloutStep:
    """A step of a plan; ``whole``: all changes, to tell which files hold more than the step."""
    waits = dict(wait for change in stage.changes for wait in waits_of(change))
    own = {change.key for change in stage.changes}
    commands: dict[str, None] = {}
    texts: list[str] = []
    for change in stage.changes:
        command, text = _command(change, own, whole, number)
        commands.setdefault(command)
        if text:
            texts.append(text)
    return RolloutStep(
        number=number,
        title=_title(stage.changes[0]),
        source=None,
        changes=tuple(map(change_of, stage.changes)),
        commands=tuple(commands),
        yaml="---\n".join(texts),
        waits=_waits(waits),
        dangers=tuple(map(danger_of, stage.dangers)),
    )


def _command(
    change: Change, own: set[Key], whole: Sequence[Change], number: int
) -> tuple[str, str]:
    """The command of a change, and the document that it applies where no file will do."""
    key = change.object
    if change.after is None:
        place = f"-n {key.namespace} " if key.namespace else ""
        return f"kubectl {place}delete {key.kind.lower()} {key.name}", ""
    path, line = change.after.source.path, change.after.source.line
    others = [
        one
        for one in whole
        if one.key not in own and one.after is not None and one.after.source.path == path
    ]
    alone = not others and change.part != "widen" and "!" not in path and path != "-"
    if alone:
        return f"kubectl apply -f {path}", ""
    text = document(change.after) if key.kind in WALKED - WORKLOADS else ""
    if text and MASK not in text:
        return f"kubectl apply -f step-{number}.yaml", text
    only = _("the document at {place} alone").format(place=f"{path}:{line}")
    return f"kubectl apply -f <{only}>", ""


def _title(change: Change) -> str:
    titles = {
        0: _("Create what is not followed here"),
        1: _("Bring up the pods"),
        2: _("Create the service"),
        3: _("Define the subsets"),
        4: _("Move the requests"),
        5: _("Take the route away"),
        6: _("Take away the subsets that nothing uses"),
        7: _("Take the DestinationRule away"),
        8: _("Take the service away"),
        9: _("Take the old pods away"),
        10: _("Take away what is not followed here"),
    }
    return titles[rank(change)]
