"""
Commands that are imported when they run: all of them together take as long as one that asks a program.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import click

from wand.errors import WandError
from wand.sealed.credentials.token_text import ON_COMMAND_LINE, TOKEN_PREFIX


class LaterCommand(click.Command):
    """
    A command whose module is imported only when it runs.
    """

    def __init__(self, name: str, about: str, module: str, attribute: str) -> None:
        """
        @param about: the first paragraph of its help, which is shown in the list of commands.
        @param module: the module that has it, and C{attribute} its name there.
        """
        super().__init__(name, help=about)
        self._module = module
        self._attribute = attribute

    def load(self) -> click.Command:
        """
        Import it.

        @raise WandError: if that fails.
        """
        try:
            command: click.Command = getattr(import_module(self._module), self._attribute)
        except ImportError as error:
            raise WandError(f"wand {self.name} cannot be loaded: {error}") from error
        return command


class LazyGroup(click.Group):
    """
    A group that loads a L{LaterCommand} to run it, but not to list it.
    """

    def __init__(self, *arguments: Any, sections: Mapping[str, Sequence[str]], **options: Any) -> None:
        """
        @param sections: the headings under which commands are listed, with their names.
        """
        super().__init__(*arguments, **options)
        self.sections = sections

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """
        List the commands under their headings, each with all that is said of it.
        """
        width = max(map(len, self.commands))
        for heading, names in self.sections.items():
            with formatter.section(heading):
                formatter.write_dl([(f"{name:<{width}}", str(self.commands[name].help or "")) for name in names])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """
        Read the options before the command; a token anywhere is refused, and not shown again.
        """
        if any(each.startswith(TOKEN_PREFIX) for each in args):
            raise click.UsageError(ON_COMMAND_LINE, ctx)
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """
        Find the command of a command line.
        """
        name, command, rest = super().resolve_command(ctx, args)
        return name, command.load() if isinstance(command, LaterCommand) else command, rest

    def list_commands(self, ctx: click.Context) -> list[str]:
        """
        The names of the commands, in the order in which they were added.
        """
        return list(self.commands)
