"""
Questions to the person at the terminal.
"""

from __future__ import annotations

import sys

import click


class InShell:
    """
    The context object of a command that was typed into C{wand shell}, whose standard input is the shell's own.
    """


def confirm(question: str, *, yes: bool) -> None:
    """
    Ask whether to go on.

    @param yes: whether that was said on the command line.
    @raise click.UsageError: if there is nobody to ask.
    @raise click.Abort: if the answer is no.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("there is no terminal to ask at: add --yes to go ahead")
    click.confirm(question, abort=True, err=True)


yesOption = click.option("--yes", is_flag=True, help="Do not ask.")
