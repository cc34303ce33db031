"""
The command that writes down frames: C{capture}.
"""

from __future__ import annotations

from typing import Final

import click

from wand.capture.pcapng import SNAP_MAXIMUM
from wand.capture.recording import Wanted
from wand.cli.capture_file import CaptureFile
from wand.cli.session import Operation, Session
from wand.errors import NotRunning

#: Seconds between two looks at how far it is.
_INTERVAL: Final = 0.2


@click.command()
@click.option("-w", "--write", "path", required=True, metavar="FILE", help="Write a pcapng file; - into a pipe.")
@click.option("--peer", default="", metavar="NAME", help="Only frames from and to a peer, and those to everybody.")
@click.option("--count", type=click.IntRange(min=1), metavar="N", help="Stop after N frames.")
@click.option("--seconds", type=click.FloatRange(min=0.1), metavar="S", help="Stop after S seconds.")
@click.option(
    "--snap",
    type=click.IntRange(14, SNAP_MAXIMUM),
    default=SNAP_MAXIMUM,
    metavar="OCTETS",
    help="Keep so many octets of each frame at most.",
)
@click.argument("words", nargs=-1, metavar="[FILTER]...")
def capture(
    path: str, peer: str, count: int | None, seconds: float | None, snap: int, words: tuple[str, ...]
) -> Operation:
    """Write down the frames that pass, as a pcapng file.

    It ends with Ctrl-C.

    FILTER says which ones, in words of tcpdump: arp, host 10.77.0.5, tcp port 80 and not ether src 02:00:5e:10:00:01.
    Live: wand capture -w - | wireshark -k -i -
    """
    wanted = Wanted(peer, " ".join(words), count or 0, snap)

    async def run(session: Session) -> None:
        file = CaptureFile(path, count)
        file.check()
        try:
            await _capture(session, file, wanted, seconds)
        finally:
            file.finish(session.now)

    return Operation(run, endless=True)


async def _capture(session: Session, file: CaptureFile, wanted: Wanted, seconds: float | None) -> None:
    client = await session.client()
    file.begin(await client.beginCapture(wanted, file.take))
    end = None if seconds is None else session.elapsed + seconds
    try:
        while not file.isWhole and (end is None or session.elapsed < end):
            if not client.connected:
                raise NotRunning("the program closed the connection")
            await session.sleep(_INTERVAL if end is None else max(0.0, min(_INTERVAL, end - session.elapsed)))
            file.tell()
    finally:
        if client.connected:
            file.lost = await client.endCapture()
