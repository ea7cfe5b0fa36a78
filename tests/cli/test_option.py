"""Commands that share an option name it alike."""

import pytest

from why503.cli.diagnose import diagnose
from why503.cli.explain import explain
from why503.cli.inspect import inspect


def named(command, name):
    (found,) = [one for one in command.params if one.name == name]
    return found


@pytest.mark.parametrize("command", [diagnose, inspect, explain])
def test_every_answer_comes_in_three_formats(command):
    assert named(command, "output").type.choices == ("text", "json", "markdown")


@pytest.mark.parametrize("command", [diagnose, inspect])
def test_evidence_is_named_in_the_same_way(command):
    assert named(command, "paths").nargs == -1
    assert named(command, "access_log_format").default == ""
