"""All rules of lint as a list: id, severity, who else finds it, what it says."""

from collections.abc import Iterable

from why503.diagnosis.lint_finding import LintRule
from why503.support.pattern import lazy_re

_NOTHING_OF_ITS_OWN = lazy_re(r"<\w+>")


def render(rules: Iterable[LintRule]) -> str:
    """Two lines a rule."""
    return "".join(
        f"{' '.join([rule.id, rule.severity.value, *rule.same_as])}\n    {sentence_of(rule)}\n"
        for rule in rules
    )


def sentence_of(rule: LintRule) -> str:
    """What the rule says; the cause's title where all of it comes from the place it is met at."""
    return rule.title if _NOTHING_OF_ITS_OWN.fullmatch(rule.summary) else rule.summary
