"""
What a command has found, where that makes its exit status another one.
"""

from __future__ import annotations

from typing import IO, Any

import click


class Outcome(click.ClickException):
    """
    A command did what it was asked, and printed what it found; this is said after it, as all that C{wand} says.
    """

    def show(self, file: IO[Any] | None = None) -> None:
        """
        Say it.
        """
        click.echo(f"wand: {self.format_message()}", file, err=file is None)
