"""
Tests for the words of the Containerfile; L{tests.integration.test_container} runs the image.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import click

from deb.image import NUMBER
from wand.cli.main import cli
from wand.setup.units import ROLES

PROJECT = Path(__file__).parents[2]
TEXT = (PROJECT / "Containerfile").read_text().replace("\\\n", "")
COMPOSE = (PROJECT / "contrib/container/compose.yaml").read_text()


def words(instruction: str) -> list[str]:
    (found,) = re.findall(rf"^{instruction} .*?(\[.*\])$", TEXT, re.MULTILINE)
    parsed: list[str] = json.loads(found)
    return parsed


def test_theHealthIsACommandOfOurs() -> None:
    """
    The health check is C{wand status --check}, as it is today.
    """
    name, *rest = words("HEALTHCHECK")
    assert name == "wand"
    context = click.Context(cli)
    _, command, options = cli.resolve_command(context, rest)
    assert command is not None
    assert command.make_context("status", options, parent=context).params["check"] is True


def test_nothingRunsAsRoot() -> None:
    """
    The image and the example agree on who the user is, and what is added to its capabilities is CAP_NET_ADMIN alone.
    """
    (number,) = re.findall(r"^USER (\d+):\1$", TEXT, re.MULTILINE)
    assert int(number) == NUMBER
    assert f" {NUMBER}, {NUMBER})" in TEXT
    assert f"-o {number} " in COMPOSE
    assert re.findall(r"cap_add: \[(.*)\]", COMPOSE) == ["NET_ADMIN"]
    assert COMPOSE.count("cap_drop: [ALL]") == len(ROLES)


def test_itRunsProgramsOfOurs() -> None:
    """
    It starts a node, or whichever program is named, with twistd in the foreground.
    """
    assert words("ENTRYPOINT")[-3:] == ["/opt/wand/bin/twistd", "-n", "--pidfile="]
    assert words("CMD") == [ROLES["node"].program]
    assert set(re.findall(r'command: \["([a-z-]+)"', COMPOSE)) == {role.program for role in ROLES.values()}
