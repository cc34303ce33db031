"""
Transports that carry sessions, and the protocols that open them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from zope.interface import Attribute

from wand.endpoint import Endpoint
from wand.interfaces.protocol import IPeerProtocol, ITransport
from wand.interfaces.sessions import ISessions
from wand.interfaces.way_inspection import IWayInspection
from wand.underlay.ports import DatagramPort, TrainReceiver
from wand.underlay.slots import Slots


class Ways(Protocol):
    """
    The ports through which a transport sends, by the kind of the place.

    @ivar isNear: set from outside: is an address on a link of ours?
    @ivar leadsBack: set from outside: does a place, one of several where a member is said to be, lead back to this host
        or into a network that this host carries, so that the member is not reached there?
    """

    isNear: Callable[[str], bool]
    leadsBack: Callable[[Endpoint, Sequence[Endpoint]], bool]

    def add(self, kind: str, port: DatagramPort) -> None:
        """
        Send to all places of a kind through this port, from now on.

        @param kind: one of L{wand.underlay.place_kinds}.
        """

    def portFor(self, place: tuple[str, int]) -> DatagramPort | None:
        """
        The port for a place; C{None} if there is none for its kind, or nothing may go there.
        """


class RelayedReceiver(Protocol):
    """
    Takes datagrams that are to be passed on, or were: 8 octets in front of another datagram (docs/relays.md).
    """

    def relayedReceived(self, channel: int, datagram: memoryview, sender: tuple[str, int]) -> None:
        """
        One came.

        @param channel: what it says.
        @param datagram: all of it, longer than 8 octets; valid until this call returns.
        """

    def relayedTrainReceived(
        self, channel: int, slots: Slots, first: int, count: int, size: int, last: int, sender: tuple[str, int]
    ) -> None:
        """
        A train came, all of one channel, each longer than 8 octets; see L{TrainReceiver.trainReceived}.
        """


class ISessionTransport(ITransport):
    """
    A transport whose peers are the members of a network.
    """

    sessions: ISessions = Attribute("Its sessions.  They do not wait for C{start}.")

    inspection: IWayInspection = Attribute("The ways that the sessions use, for people.")

    mayReach: Callable[[str], bool] = Attribute(
        "Set from outside: may datagrams go to this host?  To addresses of the overlay they may not, or the tunnel "
        "would run inside itself."
    )

    ways: Ways = Attribute("The ports that it sends through; whoever has another way to members adds one.")

    reception: TrainReceiver = Attribute("Takes the datagrams of every port, each with the place that it came from.")

    def carryRelayed(receiver: RelayedReceiver) -> None:
        """
        Hand relayed datagrams to C{receiver} from now on.
        """

    def letMembersSeek() -> None:
        """
        We are a directory server: members see to it themselves that they reach us.  So none of them is asked at once
        whether it still is where it was, none is sent anything merely to keep the way to it open, and when many are
        silent no handshakes are begun with all of them.
        """

    def admitSources(mayUse: Callable[[bytes, bytes, int], bool]) -> None:
        """
        Say which frames to take.

        @param mayUse: may a frame of this peer have this source address (six octets)?  The third argument is whether it
            is for a group.  Until this is called none may.
        """

    def admitFloods(broadcastsOf: Callable[[bytes], float], flooded: Callable[[bytes], object]) -> None:
        """
        Say how many frames to groups to take.

        @param broadcastsOf: how many of a peer in a second?
        @param flooded: called with a peer when more came.
        """


class ISessionProtocol(IPeerProtocol):
    """
    A peer protocol that works within a network only: it needs a membership (L{TransportRequest.membership
    <wand.interfaces.protocol.TransportRequest>}), and what it opens is an L{ISessionTransport}.
    """
