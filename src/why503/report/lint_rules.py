"""All rules of lint as a list: id, severity, who else finds it, what it says."""

from collections.abc import Iterable

from why503.diagnosis.lint_finding import LintRule


def render(rules: Iterable[LintRule]) -> str:
    """Two lines a rule."""
    return "".join(
        f"{' '.join([rule.id, rule.severity.value, *rule.same_as])}\n    {rule.summary}\n"
        for rule in rules
    )
