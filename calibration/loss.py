"""What an answer costs; the fit looks for the table of the least cost."""

from math import log

from calibration.answering import Answered

CONFIDENT_WRONG = 5.0
"""Cost of a bold wrong answer, besides that of being wrong."""
MISPLACED = 0.1
"""Cost of not naming the cause itself first."""
SPEECHLESS = 0.25 + log(2)
"""Cost of evidence in which nothing speaks for any cause: that of a coin, whatever the table."""
_EDGE = 0.005
"""Confidences are taken as at least this far from 0 and 1, so that one answer cannot cost all."""


def cost(answer: Answered) -> float:
    """Brier and log loss of what is believed most, and what is worse than imprecise.

    Whether a weak belief is worth naming plays no part; else a table would gain by silence.
    """
    cause, belief = answer.leader
    truth = answer.item.truth
    if not cause:
        return SPEECHLESS if truth.cause else 0.0
    right = cause in truth.accepted
    sure = min(1 - _EDGE, max(_EDGE, belief))
    off = 1 - sure if right else sure
    bold = CONFIDENT_WRONG if answer.confident_wrong else 0.0
    misplaced = 0.0 if cause == truth.cause else MISPLACED
    return off**2 - log(1 - off) + bold + misplaced
