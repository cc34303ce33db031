"""
What a node does when its host changes: it looks for its peers again, and goes by what the tap has become.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import attrs

from wand.etud.forwarding import Etud
from wand.etud.gratuitous import GratuitousAnnouncements, announcementsOf
from wand.interfaces import Context, IHostTap, IResizableTransport, IRovingTransport, ITap, ITransport
from wand.programs.candidate_sources import CandidateSources
from wand.programs.host_watch import HostWatch
from wand.programs.tap_watch import TapWatch
from wand.sealed.node.followers import MembershipFollower
from wand.sealed.node.node_membership import NodeMembership


class Directories(MembershipFollower, Protocol):
    """
    The directories of a node, which are told what changes at it.
    """

    def moved(self) -> None:
        """
        An address or a route of this host changed.
        """

    def macChanged(self) -> None:
        """
        The tap has another address, and no membership has said so.
        """


@attrs.frozen(kw_only=True)
class FollowingNode:
    """
    What follows the host at a node.

    @ivar member: our membership, where the protocol has one.
    @ivar addresses: gives those that the tap should have, with prefix lengths.
    @ivar wantsUp: should the tap's link be up?
    @ivar macAdopted: called first when the tap has another MAC address.
    @ivar sendToAll: sends a frame to everybody.
    """

    etud: Etud
    tap: ITap
    transport: ITransport
    member: NodeMembership | None
    candidateSources: CandidateSources
    directories: Directories
    addresses: Callable[[], Sequence[str]]
    wantsUp: bool
    macAdopted: Callable[[], object]
    sendToAll: Callable[[bytes], object]


class HostFollowing:
    """
    Watches the host, and has everything follow.
    """

    def __init__(self, node: FollowingNode, context: Context) -> None:
        self._node = node
        self._isStopped = False
        self._tapWatching = self._tapWatch(context)
        self._watch = HostWatch(context, self.moved, self._tapWatching)
        self._announcing = GratuitousAnnouncements(
            context.clock, lambda: announcementsOf(node.tap.mac, node.addresses()), node.sendToAll
        )

    def _tapWatch(self, context: Context) -> TapWatch | None:
        tap = self._node.tap
        if not IHostTap.providedBy(tap):
            return None
        return TapWatch(tap, context, self._node.addresses, self._tapAdopted, self._node.wantsUp)

    def start(self) -> None:
        """
        Watch.
        """
        self._watch.start()

    def stop(self) -> None:
        """
        Stop watching, and leave no timer behind.
        """
        self._isStopped = True
        self._watch.stop()
        self._announcing.stop()

    def moved(self) -> None:
        """
        An address or a route changed, of another interface than the tap.
        """
        node = self._node
        if IRovingTransport.providedBy(node.transport):
            node.transport.moved()
        if node.member is not None:
            node.member.moved()
            node.candidateSources.moved()
        node.directories.moved()

    def _tapAdopted(self, isMAC: bool) -> None:
        if self._isStopped:  # whoever was told of the change ended us
            return
        node = self._node
        node.etud.follow()
        if IResizableTransport.providedBy(node.transport):
            node.transport.resize(node.tap.mtu)
        if isMAC:
            self._macAdopted()

    def resized(self, mtu: int) -> None:
        """
        The tap has another MTU, as its operator wants.
        """
        tap = self._node.tap
        if IHostTap.providedBy(tap):
            tap.adopt(tap.interface, tap.mac, mtu)
        if self._tapWatching is not None:
            self._tapWatching.expectMTU(mtu)
        self._tapAdopted(isMAC=False)

    def announce(self) -> None:
        """
        Tell everybody which MAC address our IP addresses have.
        """
        if not self._isStopped:
            self._announcing.begin()

    def _macAdopted(self) -> None:
        node = self._node
        node.macAdopted()
        if node.member is not None:
            node.member.macChanged()  # which tells the directories
        else:
            node.directories.macChanged()
        self._announcing.begin()
