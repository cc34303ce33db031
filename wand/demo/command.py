"""
C{wand demo}.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click
import msgspec
from rich.console import Console

from wand.demo.screen import Screen
from wand.demo.stage import Stage
from wand.demo.steps import play
from wand.errors import WandError
from wand.lab.loop import Loop


@click.command()
@click.option("--json", "asJSON", is_flag=True, help="Print the measured figures as one JSON document.")
@click.option("--keep", is_flag=True, help="Leave the network running at the end, until Ctrl-C.")
@click.option(
    "--protocol", type=click.Choice(["sealed", "rel2"]), default="sealed", show_default=True, help="How nodes talk."
)
@click.option("--fast", is_flag=True, help="Shorten the transfer and the pauses.")
def demo(asJSON: bool, keep: bool, protocol: str, fast: bool) -> None:
    """Watch a whole network at work: one server and three nodes on this machine, thrown away afterwards."""
    screen = Screen(Console(stderr=asJSON))
    try:
        with chosenStage(screen, protocol) as stage:
            perform(stage, screen, asJSON=asJSON, keep=keep, fast=fast)
    except WandError as error:
        screen.failure(str(error), ())
        sys.exit(1)


def perform(stage: Stage, screen: Screen, *, asJSON: bool, keep: bool, fast: bool) -> None:
    """
    Play the demo and show what was measured; if something fails, show what the programs said, and exit with 1.
    """
    try:
        figures = play(stage, screen, fast)
    except WandError as error:
        screen.failure(str(error), stage.evidence())
        sys.exit(1)
    if asJSON:
        click.echo(msgspec.json.encode(figures))
    if keep:
        screen.visit(stage.visit())
        with suppress(KeyboardInterrupt):
            signal.pause()


@contextmanager
def chosenStage(screen: Screen, protocol: str) -> Iterator[Stage]:
    """
    The best stage that is possible on this machine for this user.
    """
    # imported here, because `wand --help` needs no reactor
    from twisted.internet import reactor

    from wand.demo.memory import Memory
    from wand.demo.namespaces import Namespaces
    from wand.lab import Lab, LabUnavailable, asRoot
    from wand.lab.topology import topology

    try:
        asRoot()
    except LabUnavailable as error:
        screen.note(f"No network namespaces: {error}.")
        screen.note("So all nodes run inside this process, and each tap is a port of a LAN in memory.")
        with Loop(reactor) as loop, Memory.opened(loop, protocol) as stage:
            yield stage
        return
    with Loop(reactor) as loop, Lab() as lab:
        yield Namespaces(lab, topology(protocol=protocol), loop)
