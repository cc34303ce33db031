"""
The command that wakes a host: C{wake}.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from wand.cli.rendering import clean
from wand.cli.session import Operation, Session
from wand.errors import AddressInvalid
from wand.ethernet import MAC

#: Names of MAC addresses, one a line (ethers(5)).
_ETHERS: Final = "/etc/ethers"


@click.command()
@click.argument("host")
@click.option("--ethers", default=_ETHERS, show_default=True, metavar="FILE", help="Where names of hosts are.")
def wake(host: str, ethers: str) -> Operation:
    """Wake a host that sleeps on a LAN behind a bridge.

    HOST is its MAC address, or its name in /etc/ethers.
    """
    mac = _addressOf(host, ethers)

    async def run(session: Session) -> None:
        await (await session.client()).wake(str(mac))
        click.echo(f"sent what wakes {mac}")

    return Operation(run)


def _addressOf(host: str, ethers: str) -> MAC:
    try:
        return MAC.parseUnicast(host)
    except AddressInvalid as error:
        found = next((mac for mac, name in _named(ethers) if name == host), None)
        if found is None:
            raise click.BadParameter(f"{clean(str(error))}, and {ethers} has no such name", param_hint="HOST") from None
        return _padded(found)


def _named(ethers: str) -> list[tuple[str, str]]:
    try:
        lines = Path(ethers).read_text(errors="replace").splitlines()
    except OSError:
        return []
    words = (line.partition("#")[0].split() for line in lines)
    return [(each[0], each[1]) for each in words if len(each) == 2]


def _padded(text: str) -> MAC:
    """
    Read an address as that file has it: C{8:0:20:1:2:3} has no zeros in front.
    """
    return MAC.parseUnicast(":".join(part.zfill(2) for part in text.split(":")))
