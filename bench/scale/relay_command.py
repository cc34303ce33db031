"""
The command C{relay}.
"""

from __future__ import annotations

import resource
import sys
import tempfile
from pathlib import Path

import attrs
import click
import msgspec
from rich.console import Console

from bench.costs.hub import privateLoopback
from bench.scale.relaying import OCTETS, RATE, Passed, RelayFigures, measure
from wand.errors import WandError
from wand.lab import asRoot


@click.command()
@click.option("--members", default=1000, show_default=True, type=click.IntRange(4), help="How many members, in pairs.")
@click.option("--flood", default=10_000, show_default=True, help="Datagrams of 1400 octets that one sends a second.")
@click.option("--seconds", default=10.0, show_default=True, help="How long they send, without the flood and with it.")
@click.option("--json", "asJSON", is_flag=True, help="Print a document instead of lines.")
def relay(members: int, flood: int, seconds: float, asJSON: bool) -> None:
    """See what members lose whose relay, one real server, is flooded by one of them."""
    screen = Console(stderr=True)
    try:
        asRoot()
        hard = max(resource.getrlimit(resource.RLIMIT_NOFILE)[1], members + 100)
        resource.setrlimit(resource.RLIMIT_NOFILE, (members + 100, hard))
        with privateLoopback(), tempfile.TemporaryDirectory(prefix="wand-relay-") as directory:
            found = measure(Path(directory), members, flood, seconds, lambda text: screen.log(text, highlight=False))
    except (WandError, OSError) as error:
        raise click.ClickException(str(error)) from error
    if asJSON:
        sys.stdout.buffer.write(msgspec.json.encode(document(found)) + b"\n")
    else:
        for line in lines(found):
            click.echo(line)


def document(found: RelayFigures) -> dict[str, object]:
    """
    The figures, for scripts.
    """
    parts = {"calm": found.calm, "flooded": found.flooded}
    return {
        "members": found.members,
        "flood": found.flood,
        **{name: {**attrs.asdict(each), "delays": None, "lost": each.lost} for name, each in parts.items()},
    }


def lines(found: RelayFigures) -> list[str]:
    """
    The figures, for people.
    """
    return [
        f"{found.members} members, each {RATE} datagrams of {OCTETS} octets a second",
        _line("without a flood", found.calm),
        _line(f"with {found.flood:.0f} datagrams a second of one", found.flooded),
    ]


def _line(name: str, passed: Passed) -> str:
    return (
        f"{name}: {passed.lost:.2%} of {passed.sent} lost, {passed.delay(0.5) * 1e3:.1f} ms in the middle,"
        f" {passed.delay(0.99) * 1e3:.1f} ms at most for 99 %, {passed.processor:.0%} of a processor"
    )
