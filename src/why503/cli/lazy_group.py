"""A group of commands whose modules are imported when one of them is used."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class LazyGroup(click.Group):
    """Knows each command's name, module and short help without importing it."""

    def __init__(
        self, *arguments: Any, commands_at: Mapping[str, tuple[str, str]], **given: Any
    ) -> None:
        """``commands_at``: module and short help by name, which the command has in its module."""
        super().__init__(*arguments, **given)
        self._commands_at = commands_at

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order in which they are listed."""
        return list(self._commands_at)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now; None where there is none of that name."""
        if cmd_name not in self._commands_at:
            return None
        module, _help = self._commands_at[cmd_name]
        command = getattr(import_module(module), cmd_name)
        if not isinstance(command, click.Command):
            message = f"{module}.{cmd_name} is no command"
            raise TypeError(message)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands in the help, without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, told) for name, (_, told) in self._commands_at.items()])
