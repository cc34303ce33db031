"""
What the plugins of a node work with.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

from wand.ethernet import MAC, Frame
from wand.interfaces.context import Context
from wand.interfaces.participant import MemberContext
from wand.interfaces.protocol import ITransport
from wand.table import Table


def _drop(frame: Frame) -> None:
    """
    Where there is no data plane, nothing goes on.
    """


@attrs.frozen
class NodeContext(Context):
    """
    What the plugins of a node work with.

    @ivar table: MAC addresses and their peers.
    @ivar mac: the address of the node's own tap.
    @ivar port: the UDP port of the node's data.
    @ivar transport: how frames travel to the peers; a directory may speak through it.  C{None} in a C{wand} that keeps
        the table of a separate C{etud}.
    @ivar host: the local address of the node's data; a server that takes a node's endpoint from its request is asked
        from there.
    @ivar sealed: what plugins work with where the node is a member of a network; C{None} elsewhere.
    @ivar readAgain: takes a frame of the host's that a frame service consumed and now lets go on; all services are
        asked about it once more.
    """

    table: Table
    mac: MAC
    port: int
    transport: ITransport | None
    host: str = "0.0.0.0"
    sealed: MemberContext | None = None
    readAgain: Callable[[Frame], object] = _drop
