"""What the API server would refuse in the objects that a finding proposes."""

import re

from why503.diagnosis import schema_rule
from why503.diagnosis.finding import Finding
from why503.evidence.manifest_object import read_text
from why503.evidence.reader import Context
from why503.facts import Manifest

_IN_WORDS = re.compile(r"<[^<>\n]* [^<>\n]*>")
"""A value that the reader has to choose, such as a time below another."""
_VERSIONS = ((1, 24), (1, 28))


def refusals(finding: Finding) -> list[str]:
    """A sentence for everything in the patches of all remedies that would be refused."""
    found: list[str] = []
    for patch in (patch for remedy in finding.remedies for patch in remedy.patches):
        reading = read_text(_IN_WORDS.sub("30s", patch.yaml), Context(path="patch", teller=""))
        objects = [fact for fact in reading.facts if isinstance(fact, Manifest)]
        found += [one.reason for one in reading.unread] + ([] if objects else [patch.yaml])
        for version in _VERSIONS:
            found += [hazard.text for hazard in schema_rule.hazards(objects, version)]
    return found
