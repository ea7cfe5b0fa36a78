"""The page of lint's rules: what each says, and who finds which code of other linters."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from why503.diagnosis.known_code import ISTIO, KIALI, KnownCode
from why503.diagnosis.lint_finding import LintRule
from why503.report.lint_rules import sentence_of
from why503.report.markdown import code, escaped
from why503.support.pattern import lazy_re

_SPAN = lazy_re(r"(`[^`]+`)")
_HEAD = """\
# Rules of `why503 lint`

Written by `make docs` from the rules in the code; change those. How they are asked, set aside and
put into a pipeline: [`why503 lint`](commands/lint.md). The last column names the codes of
`istioctl analyze` (IST…) and of Kiali (KIA…) that find the same."""
_CODES = """\
## Codes of {linter}

{origin} A code has the rules that find the same, or a reason why it has none. *Not covered yet*
means that it can stand for failing requests and that no rule looks for it."""
_ORIGINS = (
    ("istioctl analyze", "As its messages.yaml lists them up to Istio 1.30.", ISTIO),
    ("Kiali", "As its validations are listed up to Kiali 2.31.", KIALI),
)


def render(rules: Collection[LintRule]) -> str:
    """The whole page as Markdown; links lead from `docs/`."""
    return "\n\n".join(_parts(rules)) + "\n"


def _parts(rules: Collection[LintRule]) -> Iterator[str]:
    yield _HEAD
    groups: defaultdict[str, list[LintRule]] = defaultdict(list)
    for rule in rules:
        groups[rule.id.partition("/")[0]].append(rule)
    for group, members in groups.items():
        cause = members[0].cause
        yield f"## [`{group}`](causes/{cause}.md)" if cause else f"## `{group}`"
        yield _table(("rule", "severity", "sentence", "codes"), map(_rule, members))
    carriers: defaultdict[str, list[str]] = defaultdict(list)
    for rule in rules:
        for one in rule.same_as:
            carriers[one].append(code(rule.id))
    for linter, origin, known in _ORIGINS:
        yield _CODES.format(linter=linter, origin=origin)
        rows = (_row(one, carriers[one.code]) for one in known)
        yield _table(("code", "what it finds", "rules, or why there is none"), rows)


def _rule(rule: LintRule) -> tuple[str, ...]:
    same = ", ".join(rule.same_as)
    return code(rule.id), rule.severity.value, _prose(sentence_of(rule)), same


def _row(known: KnownCode, rules: Collection[str]) -> tuple[str, ...]:
    parts = [", ".join(rules), known.standing.value if known.standing else "", known.remark]
    return known.code, _prose(known.says), "; ".join(part for part in parts if part)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _prose(text: str) -> str:
    """Text in which only what stands in backticks is markup."""
    return "".join(
        part if _SPAN.fullmatch(part) else escaped(part) for part in _SPAN.split(text) if part
    )
