"""
The state of a program as lines of the log, for those who can send it a signal but cannot reach its control socket.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol

from wand.counters import Counters
from wand.errors import NotSupported
from wand.health.notes import Notes
from wand.status import PeerStatus, ProgramStatus

#: How many peers are told at most.
PEERS_MAXIMUM: Final = 200


class Reported(Protocol):
    """
    What is reported of a program; see L{wand.control.program.Program}.
    """

    counters: Counters

    def status(self) -> ProgramStatus: ...

    def peers(self, after: str | None, count: int) -> list[PeerStatus]: ...


def reportOf(program: Reported) -> Iterator[str]:
    """
    The status of a program, its peers, the counters that are not zero, and the notes.
    """
    status = program.status()
    yield f"{status.role} {status.version}, process {status.pid}, {status.protocol} at {status.listening}"
    if status.tap is not None:
        tap = status.tap
        yield f"interface {tap.interface}: {tap.mac}, MTU {tap.mtu}, addresses {', '.join(tap.addresses) or 'none'}"
    if status.own is not None:
        yield f"{status.own.stage} of {status.own.network or 'no network'}, {status.own.name}, key {status.own.key}"
    counts = (status.entries, "entry", "entries"), (status.peers, "peer", "peers"), (status.drops, "drop", "drops")
    yield ", ".join(_counted(*each) for each in counts)
    for directory in status.directories:
        yield f"directory {directory.name}: {directory.state}, {_counted(directory.entries, 'entry', 'entries')}"
    yield from _peers(program)
    yield from counterLines(program.counters)
    yield from (f"note: {note}" for note in status.notes)


def counterLines(counters: Counters) -> Iterator[str]:
    """
    The counters that are not zero.
    """
    return (f"counter {name}: {counters[name]}" for name in sorted(counters) if counters[name])


def noteLines(notes: Notes) -> Iterator[str]:
    """
    The notes.
    """
    return (f"note: {text}" for text in notes.texts)


def _peers(program: Reported) -> Iterator[str]:
    try:
        peers = program.peers(None, PEERS_MAXIMUM)
    except NotSupported:
        return
    for peer in peers:
        frames = f"{peer.framesReceived} frames received, {peer.framesSent} sent, {peer.drops} dropped"
        yield f"peer {peer.peer}: {peer.state}, {peer.endpoint or 'nowhere yet'}, {frames}"
    if len(peers) == PEERS_MAXIMUM:
        yield "and perhaps more peers: wand peers lists all"


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
