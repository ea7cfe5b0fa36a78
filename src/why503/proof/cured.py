"""A scenario with its cure: what is played to see that the failure is gone."""

from dataclasses import fields, replace

from why503.diagnosis.scenario import Cure, Scenario
from why503.proof.overlay import stacked

_OVERLAYS = frozenset({"caller", "callee"})


def cured(scenario: Scenario, cure: Cure) -> Scenario:
    """The scenario as it is with the cure; what the cure does not name stays."""
    given = {
        part.name: getattr(cure, part.name) for part in fields(cure) if part.name not in _OVERLAYS
    }
    return replace(
        scenario,
        caller=stacked(scenario.caller, cure.caller),
        callee=stacked(scenario.callee, cure.callee),
        cure=None,
        **{name: value for name, value in given.items() if value is not None},
    )
