"""Tables that show how far confidences can be relied on."""

from collections.abc import Callable, Iterator, Sequence
from math import log

from calibration.answering import Answered

BINS = 10
_EDGE = 0.005
"""Confidences are taken as at least this far from 0 and 1 in the log loss."""


def reliability(answers: Sequence[Answered]) -> Iterator[str]:
    """Answers by confidence: how many, how sure they were, how many were right."""
    yield "| confidence | answers | mean | right | strictly right |"
    yield "|---|---:|---:|---:|---:|"
    for number in range(BINS):
        of_bin = [a for a in answers if not a.silent and _bin(a) == number]
        if of_bin:
            yield (
                f"| {number / BINS:.1f} to {(number + 1) / BINS:.1f} | {len(of_bin)} "
                f"| {_mean(of_bin, lambda a: a.confidence):.2f} "
                f"| {_mean(of_bin, lambda a: a.right):.2f} "
                f"| {_mean(of_bin, lambda a: a.strict):.2f} |"
            )


def measures(parts: Sequence[tuple[str, Sequence[Answered]]]) -> Iterator[str]:
    """One line of figures for each part; Brier and log loss of the first findings."""
    yield (
        "| | items | strict | lenient | top 3 | silent | confident wrong | confidence "
        "| right | Brier | log loss |"
    )
    yield "|---|" + "---:|" * 10
    for name, answers in parts:
        spoken = [a for a in answers if not a.silent]
        yield (
            f"| {name} | {len(answers)} | {_mean(answers, lambda a: a.strict):.2f} "
            f"| {_mean(answers, lambda a: a.right):.2f} "
            f"| {_mean(answers, lambda a: a.in_three):.2f} "
            f"| {sum(a.silent for a in answers)} | {sum(a.confident_wrong for a in answers)} "
            f"| {_mean(spoken, lambda a: a.confidence):.2f} "
            f"| {_mean(spoken, lambda a: a.right):.2f} "
            f"| {_mean(spoken, brier):.3f} | {_mean(spoken, log_loss):.3f} |"
        )


def parts_of(answers: Sequence[Answered]) -> list[tuple[str, list[Answered]]]:
    """The answers by corpus and, of those that somebody judged, by difficulty."""
    corpora: dict[str, list[Answered]] = {}
    grades: dict[str, list[Answered]] = {"easy": [], "medium": [], "hard": []}
    for answer in answers:
        corpora.setdefault(answer.item.corpus, []).append(answer)
        if answer.item.truth.difficulty in grades and "thinned" not in answer.item.corpus:
            grades[answer.item.truth.difficulty].append(answer)
    return [*corpora.items(), *((name, found) for name, found in grades.items() if found)]


def brier(answer: Answered) -> float:
    """Squared distance of the confidence from 1 where the answer is right, from 0 where not."""
    return (answer.confidence - answer.right) ** 2


def log_loss(answer: Answered) -> float:
    """Nats of surprise at the answer being right or wrong."""
    sure = min(1 - _EDGE, max(_EDGE, answer.confidence))
    return -log(sure if answer.right else 1 - sure)


def _bin(answer: Answered) -> int:
    return min(BINS - 1, int(answer.confidence * BINS))


def _mean(answers: Sequence[Answered], figure: Callable[[Answered], float]) -> float:
    return sum(figure(answer) for answer in answers) / len(answers) if answers else 0.0
