"""
Completions of C{wand} for shells.  They ask C{wand} itself, so they know every command.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from click.shell_completion import get_completion_class

from wand.cli.main import cli

#: Where Debian's shells look for them, below C{/usr}.
PLACES: Final = {
    "bash": "share/bash-completion/completions/wand",
    "fish": "share/fish/vendor_completions.d/wand.fish",
    "zsh": "share/zsh/vendor-completions/_wand",
}


def completion(shell: str) -> str:
    """
    The script for a shell.
    """
    made = get_completion_class(shell)
    assert made is not None, f"click knows no completions for {shell}"
    complete = made(cli, {}, "wand", "_WAND_COMPLETE")
    return complete.source_template % complete.source_vars()


def write(prefix: Path) -> None:
    """
    Write them all where the shells look for them.

    @param prefix: where C{share} is.
    """
    for shell, place in PLACES.items():
        path = prefix / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(completion(shell).lstrip("\n"))
