"""
The shell: one connection held open for several commands.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Mapping

import click

from wand.cli.confirmation import InShell
from wand.cli.later import LaterCommand
from wand.cli.session import Operation, Session
from wand.errors import WandError

PROMPT = "wand> "


class Shell:
    """
    Reads commands, a line each, and performs them in one session.

    @ivar failed: did a command fail?
    """

    def __init__(self, session: Session, commands: Mapping[str, LaterCommand]) -> None:
        """
        @param commands: the commands that it knows, by their names.
        """
        self.failed = False
        self._session = session
        known = {name: command.load() for name, command in commands.items()}
        self._group = click.Group(commands={**known, "help": click.Command("help", callback=self._help)})

    def converse(self) -> None:
        """
        Talk with a person, until the end of the input or C{quit}.
        """
        self._prepareEditing()
        click.echo("Type help for the commands, quit to leave.")
        while True:
            try:
                if not self.obey(input(PROMPT)):
                    return
            except KeyboardInterrupt:
                click.echo()
            except EOFError:
                click.echo()
                return

    def follow(self, lines: Iterator[str]) -> None:
        """
        Perform the commands of a script.
        """
        for line in lines:
            if not self.obey(line):
                return

    def obey(self, line: str) -> bool:
        """
        Perform one line.

        @return: whether to go on.
        """
        try:
            words = shlex.split(line, comments=True)
            if words in (["quit"], ["exit"]):
                return False
            if words:
                self._perform(words)
        except click.Abort:
            self.failed = True
            click.echo("aborted: nothing was done", err=True)
        except (WandError, click.ClickException, ValueError) as error:
            self.failed = True
            click.echo(error.format_message() if isinstance(error, click.ClickException) else str(error), err=True)
        return True

    def complete(self, text: str, position: int) -> str | None:
        """
        The completion number C{position} of the word that is being typed, for readline.
        """
        import readline

        before = readline.get_line_buffer()[: readline.get_begidx()].split()
        return next(iter(self.completions(before, text)[position:]), None)

    def completions(self, before: list[str], text: str) -> list[str]:
        """
        How C{text} may be completed after the words C{before}: a command, or an option of one.
        """
        if not before:
            words = [*self._group.commands, "quit"]
        else:
            command = self._group.commands.get(before[0])
            words = [option for each in command.params for option in each.opts] if command is not None else []
        return [f"{word} " for word in sorted(words) if word.startswith(text)]

    def _perform(self, words: list[str]) -> None:
        operation = self._group.main(words, prog_name="", standalone_mode=False, obj=InShell())
        if not isinstance(operation, Operation):
            return  # --help and the like
        try:
            self._session.perform(operation)
        except KeyboardInterrupt:
            if not operation.endless:
                raise
            click.echo()

    def _help(self) -> None:
        width = max(map(len, self._group.commands))
        for name, command in sorted(self._group.commands.items()):
            about = command.get_short_help_str(limit=100) if name != "help" else "List the commands."
            click.echo(f"  {name:<{width}}  {about}")
        click.echo(f"  {'quit':<{width}}  Leave the shell.  COMMAND --help describes a command.")

    def _prepareEditing(self) -> None:
        import readline

        readline.set_completer(self.complete)
        readline.set_completer_delims(" \t")
        readline.parse_and_bind("tab: complete")


def runShell(session: Session, commands: Mapping[str, LaterCommand]) -> None:
    """
    Talk with a person at a terminal, or perform the lines of a pipe.

    @raise SystemExit: if a command of a pipe failed.
    """
    session.perform(Operation(_connect))
    shell = Shell(session, commands)
    if sys.stdin.isatty():
        shell.converse()
        return
    shell.follow(sys.stdin)
    if shell.failed:
        raise SystemExit(1)


async def _connect(session: Session) -> None:
    await session.client()
