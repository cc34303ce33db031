"""
The UDP port of a node: the one that its configuration says, or any that is free, and then the same at every start.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from wand.config import EtudConfiguration
from wand.endpoint import NODE_PORT, parsePort, splitHostPort
from wand.errors import AddressInvalid, StateUnavailable
from wand.interfaces import ITransport
from wand.state import Owner, StateDirectory

#: The file that keeps it.
PORT: Final = "port"


class NodePort:
    """
    Chooses the port, and keeps it.
    """

    def __init__(self, configuration: EtudConfiguration, owner: Owner, *, hasMembers: bool) -> None:
        """
        @param hasMembers: does the protocol work within a network of members?  They are told of any port; elsewhere it
            is a fixed one.
        """
        self._wish = configuration.port
        self._path = configuration.state
        self._owner = owner
        self._isAny = hasMembers and not configuration.port

    def choices(self) -> Sequence[int]:
        """
        The ports to try, the best first: 0 is any.
        """
        if not self._isAny:
            return [NODE_PORT if self._wish is None else self._wish]
        kept = self._kept(StateDirectory(self._path, self._owner))
        return [0] if kept is None else [kept, 0]

    def got(self, transport: ITransport) -> int:
        """
        Keep the port that a transport got: others still send there after a restart.  It is not kept if the disk cannot
        take it, since no port is worth a start that fails.

        @return: the port.
        """
        port = splitHostPort(transport.listening.partition(",")[0])[1]
        if self._isAny:
            state = StateDirectory(self._path, self._owner)
            if self._kept(state) != port:
                with suppress(StateUnavailable):
                    state.write(PORT, f"{port}\n".encode())
        return port

    def _kept(self, state: StateDirectory) -> int | None:
        try:
            return parsePort((state.read(PORT) or b"").decode("ascii", "replace").strip())
        except (AddressInvalid, StateUnavailable):
            return None
