"""
The ports through which a transport sends, by the kind of the place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wand.endpoint import Endpoint
from wand.underlay.place_kinds import addressOf, kindOf
from wand.underlay.ports import DatagramPort


class Ways:
    """
    Finds the port for a place.

    @ivar ports: by the kinds of L{wand.underlay.place_kinds}.
    @ivar mayReach: may datagrams go to this address?  To addresses of the overlay they may not, or the tunnel would run
        inside itself.
    @ivar isNear: is an address on a link of ours?
    @ivar leadsBack: see L{wand.interfaces.session_transport.Ways}.
    """

    def __init__(self) -> None:
        self.mayReach: Callable[[str], bool] = _everywhere
        self.isNear: Callable[[str], bool] = _nowhere
        self.leadsBack: Callable[[Endpoint, Sequence[Endpoint]], bool] = lambda place, places: False
        self.ports: dict[str, DatagramPort] = {}

    def add(self, kind: str, port: DatagramPort) -> None:
        """
        Send to all places of a kind through this port, from now on.

        @param kind: one of L{wand.underlay.place_kinds}.
        """
        self.ports[kind] = port

    def portFor(self, place: tuple[str, int]) -> DatagramPort | None:
        """
        The port for a place; C{None} if there is none for its kind, or nothing may go there.
        """
        host = place[0]
        address = addressOf(host)
        return self.ports.get(kindOf(host)) if address is None or self.mayReach(address) else None

    def close(self) -> None:
        """
        Close all ports.
        """
        for port in self.ports.values():
            port.close()


def _everywhere(address: str) -> bool:
    return True


def _nowhere(address: str) -> bool:
    return False
