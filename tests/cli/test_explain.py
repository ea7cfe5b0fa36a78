import io
import json

import click
import pytest
from click.testing import CliRunner

from why503 import causes
from why503.cli.explain import explain


@pytest.fixture
def run(monkeypatch):
    def invoke(*arguments, given=None):
        return CliRunner().invoke(explain, list(arguments), input=given, standalone_mode=False)

    return invoke


def test_a_flag_is_explained_as_text(run):
    done = run("UC")
    assert done.return_value == 0
    assert "UpstreamConnectionTermination" in done.stdout
    assert "keepalive-race" in done.stdout


def test_words_are_joined(run):
    assert "no healthy upstream" in run("no", "healthy", "upstream").stdout


def test_json_carries_the_same_answer(run):
    answer = json.loads(run("503", "UO", "-o", "json").stdout)
    assert answer["schema"] == "why503/explanation/v1"
    assert [word["word"] for word in answer["words"]] == ["503", "UO"]


def test_markdown_marks_the_causes(run):
    assert "- `circuit-breaker`" in run("-o", "markdown", "UO").stdout


def test_a_cause_shows_its_page(run):
    known = causes.CATALOGUE[0]
    lines = run(known.ID).stdout.splitlines()
    assert lines[0] == known.ID
    assert {"What happens", "How to tell", "What to do", "Clues for it", "References"} <= {*lines}


def test_a_dash_reads_standard_input(run):
    assert "NoHealthyUpstream" in run("-", given="UH\n").stdout


def test_an_unknown_text_gives_exit_code_one_and_a_sentence(run):
    done = run("gibberish")
    assert done.return_value == 1
    assert "Not known" in done.stdout


def test_control_characters_do_not_reach_the_terminal(run):
    shown = run("UC \x1b[31m connection refused \u202e").stdout
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_without_text_the_usage_is_shown():
    done = CliRunner().invoke(explain, [], input=io.BytesIO())
    assert done.exit_code == 2


@pytest.mark.parametrize("blank", ["", "  "])
def test_an_empty_text_is_wrong_usage(run, blank):
    assert isinstance(run(blank).exception, click.UsageError)
