"""
Tests for the manual pages and the completions.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from deb import completions, manual
from deb.roff import escaped, sentences
from wand import config
from wand.cli.main import cli

PAGES = {f"{page.name}.{page.section}": page.text() for page in manual.pages()}


@pytest.mark.parametrize("name", PAGES)
def test_thePageIsShown(name: str, tmp_path: Path) -> None:
    """
    C{man} shows each page, and has nothing to complain about.
    """
    (tmp_path / name).write_text(PAGES[name])
    done = subprocess.run(
        ["man", "--warnings", "-E", "UTF-8", "-l", str(tmp_path / name)],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANWIDTH": "80"},
    )
    assert done.stderr == ""
    assert done.stdout.startswith(name.rpartition(".")[0].upper())


def test_everyCommandIsThere() -> None:
    """
    wand(1) has every command.
    """
    for name in cli.list_commands(click.Context(cli)):
        assert f"wand {escaped(name)}" in PAGES["wand.1"]


def test_everyKeyIsThere() -> None:
    """
    wand.toml(5) has every key of a node and of a server, and so have the options the pages of the programs.
    """
    for kind, program in ((config.NodeConfiguration, "wand-node.8"), (config.ServerConfiguration, "wand-server.8")):
        for name, *_ in config.fields(kind):
            assert rf"\fB{escaped(name)}\fR = " in PAGES["wand.toml.5"]
        for name, *_ in config.optionFields(kind):
            assert rf"\fB{escaped('--' + name + '=')}\fR" in PAGES[program]


def test_nothingIsTakenForALanguage() -> None:
    """
    A text that looks like requests of roff is shown as it is, and each sentence begins a line.
    """
    assert escaped(".so /etc/passwd") == r"\&.so /etc/passwd"
    assert escaped(r"\n'") == r"\en\(aq"
    assert sentences("It is. And so\n    is this.") == "It is.\nAnd so is this."


@pytest.mark.parametrize(("words", "found"), [("wand stat", "status"), ("wand status --j", "--json")])
def test_theShellIsTold(words: str, found: str) -> None:
    """
    What bash asks C{wand} is answered.
    """
    done = subprocess.run(
        [sys.executable, "-m", "wand.cli.main"],
        capture_output=True,
        text=True,
        check=True,
        env={"_WAND_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))},
    )
    assert done.stdout.splitlines() == [f"plain,{found}"]


def test_completionsAreWhereShellsLook(tmp_path: Path) -> None:
    """
    There is a script for bash, zsh and fish, and bash understands its own.
    """
    completions.write(tmp_path)
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 3
    subprocess.run(["bash", "-n", str(tmp_path / completions.PLACES["bash"])], check=True)
    assert (tmp_path / completions.PLACES["zsh"]).read_text().startswith("#compdef wand")
