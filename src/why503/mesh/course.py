"""How the failures of a hop lie among the requests for the same host that went well.

A proxy that finds no route or cluster names no destination, so requests are compared by what they
asked for: their authority.
"""

from enum import StrEnum

from why503.facts import AccessLog, RequestGroup
from why503.mesh.address import split_host
from why503.mesh.hop import Hop
from why503.mesh.log_index import log_index
from why503.mesh.mesh import Mesh


class Course(StrEnum):
    """How failures and successes for one authority follow each other."""

    ALWAYS = "always"
    """At least three failures, and nothing went well."""
    MIXED = "mixed"
    """Requests went well between the failures."""
    BRIEF = "brief"
    """All went well before and after."""
    STOPPED = "stopped"
    """All went well afterwards; nothing is known of the time before."""
    BEGAN = "began"
    """All went well before; nothing did since."""


_FEW = 3


def passed(hop: Hop, mesh: Mesh) -> tuple[RequestGroup, ...]:
    """Groups that went well at the proxies that failed, for an authority of the failed requests."""
    asked = {split_host(failure.account.authority)[0].lower() for failure in hop.failures} - {""}
    tellers = {failure.account.teller for failure in hop.failures}
    return log_index(mesh).passed(tellers, asked)


def course_of(hop: Hop, mesh: Mesh) -> Course | None:
    """How failures and successes lie; None where there is too little, or no time, to tell."""
    good = [
        moment
        for group in passed(hop, mesh)
        for moment in (group.first, group.last)
        if moment is not None
    ]
    bad = sorted(failure.time for failure in hop.failures if failure.time is not None)
    if not good:
        return Course.ALWAYS if hop.count >= _FEW else None
    if not bad:
        return None
    first, last = bad[0], bad[-1]
    if any(first < moment < last for moment in good) or _lines_between(hop, mesh):
        return Course.MIXED
    before, after = min(good) <= first, max(good) >= last
    if before and after:
        return Course.BRIEF
    return Course.STOPPED if after else Course.BEGAN


def _lines_between(hop: Hop, mesh: Mesh) -> bool:
    """Whether more lines stand between the failures of one log than other traffic can fill.

    A group tells its first and last moment only; where the failures' lines stand tells the rest.
    """
    fine = passed(hop, mesh)
    for log in mesh.logs:
        ours = [
            failure.account.source.line
            for failure in hop.failures
            if failure.account.source.path == log.source.path
        ]
        if len(ours) > 1 and all(ours):
            good = sum(group.count for group in fine if _is_of(group, log))
            others = max(0, log.lines - len(ours) - good)
            if max(ours) - min(ours) + 1 - len(ours) > others:
                return True
    return False


def _is_of(group: RequestGroup, log: AccessLog) -> bool:
    if group.exemplars:
        return group.teller == log.teller and group.exemplars[0].path == log.source.path
    return group in log.groups


def brief(hop: Hop, mesh: Mesh) -> bool:
    """True where the failures came and went, or went, without anything left of them."""
    return course_of(hop, mesh) in {Course.BRIEF, Course.STOPPED}
