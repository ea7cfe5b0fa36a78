"""Lint of texts, for tests."""

from pathlib import Path

from why503.causes import CATALOGUE
from why503.diagnosis.lint import lint
from why503.diagnosis.lint_options import LintOptions
from why503.evidence.read import read_paths
from why503.evidence.reader import Options

BAD = """apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop}
spec:
  hosts: [web]
  http:
  - route: [{destination: {host: web}}]
    retries: {attempts: 9}
    speed: fast
"""


def linted(folder: Path, text: str, name: str = "web.yaml", **options):
    (folder / name).write_text(text, encoding="utf-8")
    return lint(read_paths([str(folder)], Options()), CATALOGUE, LintOptions(**options))


def rules(report) -> list[str]:
    return [one.rule for one in report.findings]
