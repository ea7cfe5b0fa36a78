"""The answer to a play, as `truth.yaml`: what a reader of the evidence should come to say."""

import json
from typing import Any

from why503.diagnosis.scenario import Scenario, View
from why503.proof.era import Era

ORIGIN = "scenario"
"""Tells evidence that was played from evidence that happened."""


def truth(cause: str, scenario: Scenario, view: View, era: Era) -> str:
    """YAML: the cause, what else may be named, and whether this view suffices to tell.

    Values are written as JSON, which YAML reads alike.
    """
    told: dict[str, Any] = {
        "causes": [cause],
        "also_acceptable": sorted(scenario.also),
        "certainty": "confirmed",
        "sufficient": "partly" if view in scenario.modest else "yes",
        "origin": ORIGIN,
        "hop": scenario.hop.value,
        "product": f"Istio {era.version}",
        "view": view.value,
        "summary": scenario.summary,
    }
    if view in scenario.modest:
        told["context"] = scenario.modest[view]
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in told.items()]
    return "\n".join(lines) + "\n"
