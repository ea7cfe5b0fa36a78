"""A cause that fails is named, and the others still answer."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.diagnosis.fake import cause
from tests.mesh.build import log, outbound
from why503.diagnosis.clue import Weight
from why503.diagnosis.diagnose import diagnose
from why503.facts import Bundle

BUNDLE = Bundle(facts=(log(outbound(503, "UC")),))


def fails(*_: object) -> Iterator[Any]:
    yield from ()
    message = "password=hunter2secret ?token=abcdefgh"
    raise ValueError(message)


@pytest.mark.parametrize("part", ["weigh", "missing", "hazards", "remedies"])
def test_the_others_answer_and_the_fault_is_named_once(part: str) -> None:
    broken = cause("broken", *([] if part == "hazards" else [Weight.PROVES]))
    setattr(broken, part, fails)
    diagnosis = diagnose(BUNDLE, [broken, cause("sound", Weight.PROVES)])
    assert "sound" in [finding.cause for finding in diagnosis.findings]
    told = [item.reason for item in diagnosis.unread if "broken" in item.reason]
    assert len(told) == 1
    assert "ValueError" in told[0]


def test_a_fault_repeats_no_secret() -> None:
    diagnosis = diagnose(BUNDLE, [cause("broken", Weight.PROVES, weigh=fails)])
    assert "abcdefgh" not in diagnosis.unread[0].reason
