"""
The peers of a table.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from wand.ethernet import MAC
from wand.table.entries import Peer


class PeerObserver(Protocol):
    """
    Learns which peers the table has.
    """

    def peerAdded(self, peer: Peer) -> None:
        """
        The table has its first entry for a peer.
        """

    def peerRemoved(self, peer: Peer) -> None:
        """
        The table has lost its last entry for a peer.
        """


class TablePeers:
    """
    The peers that have an address, and the addresses of each.
    """

    def __init__(self) -> None:
        self._all: tuple[Peer, ...] | None = ()
        self._macsOf: dict[Peer, set[MAC]] = {}
        self._observers: list[PeerObserver] = []

    @property
    def all(self) -> tuple[Peer, ...]:
        """
        Every peer once, in the order in which they came: the receivers of a broadcast.
        """
        if self._all is None:
            self._all = tuple(self._macsOf)
        return self._all

    def macsOf(self, peer: Peer) -> Collection[MAC]:
        """
        The addresses whose frames go to C{peer}, until the next change.
        """
        return self._macsOf.get(peer, ())

    def observe(self, observer: PeerObserver) -> None:
        """
        Tell C{observer} of every peer, and from now on of those that come and go.
        """
        self._observers.append(observer)
        for peer in self._macsOf:
            observer.peerAdded(peer)

    def attach(self, mac: MAC, peer: Peer) -> None:
        """
        Frames for an address go to a peer from now on.
        """
        macs = self._macsOf.setdefault(peer, set())
        macs.add(mac)
        if len(macs) == 1:
            self._all = None
            for observer in self._observers:
                observer.peerAdded(peer)

    def detach(self, mac: MAC, peer: Peer) -> None:
        """
        They go there no more.
        """
        macs = self._macsOf[peer]
        macs.discard(mac)
        if not macs:
            del self._macsOf[peer]
            self._all = None
            for observer in self._observers:
                observer.peerRemoved(peer)
