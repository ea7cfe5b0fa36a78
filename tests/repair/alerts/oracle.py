"""promtool and vmalert, as judges of what is made."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from why503.repair.alerts.rule import Watched, rule

_UNPACKED = Path(sys.prefix) / "programs"
"""Where `make test` puts what is not installed."""


def program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path=str(_UNPACKED))
    assert found, f"There is no {name}: `make test` fetches it."
    return found


def run(name: str, *arguments: str, folder: Path) -> str:
    """What the program says; fails with it where it does not end well."""
    done = subprocess.run(
        [program(name), *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-4000:]
    return said


def accepted(expressions: Iterable[str], folder: Path) -> str:
    """What promtool says of expressions."""
    rules = [
        {"record": f"panel:{number}", "expr": expression}
        for number, expression in enumerate(expressions)
    ]
    _write(folder / "panels.json", {"groups": [{"name": "panels", "rules": rules}]})
    return run("promtool", "check", "rules", "panels.json", folder=folder)


def played(those: Sequence[Watched], folder: Path) -> str:
    """Every play of every alert through promtool: fires where it must, stays quiet elsewhere."""
    files = []
    for one in those:
        _write(folder / f"{one.cause.ID}.rule.json", _group(one))
        _write(folder / f"{one.cause.ID}.test.json", _tests(one))
        files.append(f"{one.cause.ID}.test.json")
    return run("promtool", "test", "rules", *files, folder=folder)


def _group(one: Watched) -> dict[str, object]:
    return {"groups": [{"name": "alerts", "rules": [rule(one)]}]}


def _tests(one: Watched) -> dict[str, object]:
    expression = f'count(ALERTS{{alertname="{one.name}", alertstate="firing"}}) or vector(0)'
    plays = [(play, 1) for play in one.alert.fires] + [(play, 0) for play in one.alert.quiet]
    tests = [
        {
            "interval": "1m",
            "input_series": [{"series": name, "values": values} for name, values in play.series],
            "promql_expr_test": [
                {
                    "expr": expression,
                    "eval_time": f"{play.minute}m",
                    "exp_samples": [{"labels": "{}", "value": firing}],
                }
            ],
        }
        for play, firing in plays
    ]
    return {
        "rule_files": [f"{one.cause.ID}.rule.json"],
        "evaluation_interval": "1m",
        "tests": tests,
    }


def labels_of(template: str) -> set[str]:
    """Labels that a template of Go names."""
    return set(re.findall(r"\$labels\.(\w+)", template))


def hops_of(expression: str) -> list[set[str]]:
    """Labels by which an expression sums up, for each of its parts."""
    found = re.findall(r"(?:sum|max) by \(([^)]*)\)", expression)
    return [{name.strip() for name in part.split(",")} for part in found]


def _write(path: Path, document: object) -> None:
    path.write_text(json.dumps(document), encoding="utf-8")
