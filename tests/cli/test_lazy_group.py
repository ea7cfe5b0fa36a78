import click
import pytest
from click.testing import CliRunner

from why503.cli.lazy_group import LazyGroup


@click.group(
    cls=LazyGroup,
    commands_at={"lost": ("no.such.module", "Is never imported."), "run": (__name__, "Runs.")},
)
def group() -> None: ...


@click.command()
def run() -> None:
    click.echo("ran")


def test_the_help_lists_commands_without_importing_them() -> None:
    shown = CliRunner().invoke(group, ["--help"])
    assert shown.exit_code == 0
    assert "Is never imported." in shown.output


def test_an_unknown_command_is_wrong_usage() -> None:
    assert CliRunner().invoke(group, ["nothing"]).exit_code == 2


def test_a_name_that_is_no_command_is_our_own_fault() -> None:
    broken = LazyGroup(commands_at={"CliRunner": (__name__, "")})
    with pytest.raises(TypeError, match="is no command"):
        broken.get_command(click.Context(broken), "CliRunner")
