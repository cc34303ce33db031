"""
Tests for L{wand.twistd.options}.
"""

from __future__ import annotations

import pytest
from twisted.python import usage

from wand.config import (
    Configuration,
    EtudConfiguration,
    NodeConfiguration,
    ServerConfiguration,
    WandConfiguration,
    WansdConfiguration,
)
from wand.twistd.options import ProgramOptions, optionsFor


def parsed(*arguments: str) -> NodeConfiguration:
    options = optionsFor(NodeConfiguration, "A node.")()
    options.parseOptions(list(arguments))
    return options.configuration(NodeConfiguration)


@pytest.mark.parametrize(
    "kind", [NodeConfiguration, ServerConfiguration, EtudConfiguration, WandConfiguration, WansdConfiguration]
)
def test_everyOptionHasHelp(kind: type[Configuration]) -> None:
    """
    Every option has help.
    """
    for _, _, _, text, _ in optionsFor(kind, "")().optParameters:
        assert text


def test_options() -> None:
    """
    Options are read as the types of their keys.
    """
    read = parsed("--mtu=1400", "--addresses=10.1.0.1/16, fd00::1/64", "--up=no", "--mac=02:00:00:00:00:01")
    assert (read.mtu, read.addresses, read.up) == (1400, ["10.1.0.1/16", "fd00::1/64"], False)


def test_optionsAreNotShortened() -> None:
    """
    An option that is the beginning of others is none, and is told apart from what takes a value that looks like one.
    """
    with pytest.raises(usage.UsageError, match="--prot is not known: write --protocol"):
        parsed("--prot=sealed")
    with pytest.raises(usage.UsageError, match="--nonsense"):
        parsed("--nonsense=1")
    assert parsed("--name=--prot").name == "--prot"


def test_truthAsInFiles() -> None:
    """
    Besides yes and no, an option takes what a file has.
    """
    for text, value in {"yes": True, "no": False, "true": True, "false": False}.items():
        assert parsed(f"--up={text}").up is value


def test_optionsOfTheWrongType() -> None:
    """
    An option that is not a number, or neither yes nor no, is an error of usage that says what was expected.
    """
    for argument, reason in {"--mtu=x": "expected a number", "--up=maybe": "expected yes or no"}.items():
        with pytest.raises(usage.UsageError, match=reason):
            parsed(argument)


def test_owner() -> None:
    """
    Who twistd is told to become is known to the program; C{python -m twisted} knows nobody.
    """
    options: ProgramOptions = optionsFor(NodeConfiguration, "A node.")()
    assert options.owner() == (None, None)
    options.parent = {"uid": 5, "gid": 6}
    assert options.owner() == (5, 6)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """
    The version is that of this distribution.
    """
    with pytest.raises(SystemExit):
        parsed("--version")
    assert capsys.readouterr().out.startswith("wandaemon ")
