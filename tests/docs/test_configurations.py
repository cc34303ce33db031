"""
Tests for the configurations in the documents: they can be used as they stand there.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from random import Random
from typing import Any

import pytest
from documents import DOCS, PAGES, Block, blocks
from twisted.internet.task import Clock

from wand import config
from wand.config import Configuration, EtudConfiguration, NodeConfiguration, ServerConfiguration, WansdConfiguration
from wand.discovery.catalogue import discover
from wand.errors import ConfigurationInvalid
from wand.interfaces import ITapDriver
from wand.programs.node import NodeService
from wand.programs.program import Surroundings
from wand.programs.rel2_server import REL2ServerProgram
from wand.programs.sealed_server import SealedServer
from wand.setup.packet_rights import DROP_IN, DROP_IN_PATH
from wand.setup.units import NODE, SERVER, unitOf
from wand.state import UNCHANGED
from wand.testing.context import simulatedContext
from wand.testing.network import Network

_KINDS = (NodeConfiguration, ServerConfiguration, config.WandConfiguration, EtudConfiguration, WansdConfiguration)

_TOML = [block for block in blocks("toml") if not re.search(r"\[project|# pyproject", block.text)]


def _loaded(block: Block, tmp_path: Path) -> Configuration:
    file = tmp_path / "it.toml"
    file.write_text(block.text)
    named = block.text.partition("\n")[0]
    kinds = [ServerConfiguration] if "server.toml" in named else [NodeConfiguration] if "node.toml" in named else _KINDS
    refusals = []
    for kind in kinds:
        try:
            return config.load(kind, str(file))
        except ConfigurationInvalid as error:
            refusals.append(str(error))
    raise AssertionError(f"{block.place} is not a configuration of any program: {refusals}")


@pytest.mark.parametrize("block", _TOML, ids=lambda block: block.place)
def test_composes(block: Block, tmp_path: Path) -> None:
    """
    Every configuration in the documents is one of a program, which can be put together from it.
    """
    loaded = _loaded(block, tmp_path)
    if getattr(loaded, "driver", "tuntap") not in discover(ITapDriver).usable:
        return  # that of the plugin author's guide, which is not installed
    clock = Clock()
    context = simulatedContext(clock, Network(clock, Random(0)), "192.0.2.1")
    around: Any = Surroundings(lambda: loaded, context, UNCHANGED, lambda: None, lambda *_: None, "it.toml")
    if isinstance(loaded, ServerConfiguration) and loaded.protocol == "sealed":
        SealedServer(around, lambda text: None)
    elif isinstance(loaded, WansdConfiguration):
        REL2ServerProgram(around)
    elif isinstance(loaded, EtudConfiguration):
        NodeService(around)


def test_otherTOML() -> None:
    """
    What is not a configuration of ours is TOML all the same.
    """
    for block in blocks("toml"):
        tomllib.loads(block.text)


def test_everyProgramHasItsTable() -> None:
    """
    The reference has a table of all keys for each program.
    """
    text = (DOCS / "configuration.md").read_text()
    for kind in _KINDS:
        assert f"{{configuration}} {kind.__name__}\n" in text


@pytest.mark.parametrize(
    ("name", "kind"), [("node.toml", NodeConfiguration), ("server.toml", ServerConfiguration)], ids=["node", "server"]
)
def test_everyKeyHasAnExample(name: str, kind: type[Configuration], tmp_path: Path) -> None:
    """
    The examples that have everything do.
    """
    [block] = [each for each in _TOML if each.place.startswith("docs/configuration.md") and f"/{name}, " in each.text]
    assert set(tomllib.loads(block.text)) == {key for key, *_ in config.fields(kind)}


def test_unitIsTheOneThatIsWritten() -> None:
    """
    The unit of systemd in the documents is what C{wand setup} writes, and has the directories that the
    configuration has by default.
    """
    unit, dropIn = sorted((block.text for block in blocks("ini")), key=lambda text: DROP_IN_PATH in text)
    assert unit.strip() == unitOf(NODE, Path("/opt/wand/bin/twistd")).strip()
    assert dropIn.strip() == f"# {DROP_IN_PATH}\n{DROP_IN}".strip()
    for role, kind in ((NODE, NodeConfiguration), (SERVER, ServerConfiguration)):
        text = unitOf(role, Path("/opt/wand/bin/twistd"))
        defaults = {key: default for key, _, _, default in config.fields(kind)}
        assert f"StateDirectory={str(defaults['state']).removeprefix('/var/lib/')}\n" in text
        assert f"RuntimeDirectory={Path(str(defaults['control'])).parent.relative_to('/run')}\n" in text


def test_linksLeadSomewhere() -> None:
    """
    Every link of a page to a file leads to one.
    """
    for page in PAGES:
        for link in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name} links to {link}"
