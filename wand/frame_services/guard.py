"""
The guard: only those who may are DHCP servers or routers in the network, and nobody speaks for the address of another.

In a sealed network it is at work unless the configuration names other frame services.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from zope.interface import implementer

from wand.counters import Counters
from wand.ethernet import Frame
from wand.frame_services.bridged_addresses import BridgedAddresses
from wand.frame_services.speech import DHCP, PPPOE, ROUTER, UNREADABLE, isPlain, reserved, spokenFor
from wand.interfaces import IFrameInspector, IFrameService, IFrameWatcher, NodeContext, Settings
from wand.interfaces.participant import MemberContext
from wand.plugin_settings import NoSettings, readSettings
from wand.table import Peer

COUNTERS: Final = {
    f"guard-{DHCP}": "frames refused: DHCP of a server, from a peer without the bridge right",
    f"guard-{ROUTER}": "frames refused: router advertisements and redirects from a peer without the bridge right",
    f"guard-{UNREADABLE}": "frames refused: too short to tell what they are, from a peer without the bridge right",
    f"guard-{PPPOE}": "frames refused: PPPoE of an access concentrator, from a peer without the bridge right",
    "guard-address": "frames refused: ARP or neighbour discovery for an address that is not the peer's",
}


@implementer(IFrameService)
class Guard:
    """
    The plugin.
    """

    name = "guard"
    about = "drops DHCP offers, router advertisements and address claims of peers that may not make them"
    settings = NoSettings

    def unusable(self) -> None:
        """
        See L{wand.interfaces.IWandPlugin}: it works everywhere.
        """

    def open(self, settings: Settings, context: NodeContext, inject: Callable[[Frame], object]) -> IFrameWatcher:
        """
        See L{IFrameService}.
        """
        readSettings(settings, NoSettings, "frame-service-settings.guard")
        return GuardWatcher(context.sealed, context.counters, BridgedAddresses(context.clock))


@implementer(IFrameInspector)
class GuardWatcher:
    """
    The guard at work.  Where there is no network with rights, no peer has the bridge right.
    """

    def __init__(self, sealed: MemberContext | None, counters: Counters, bridged: BridgedAddresses) -> None:
        """
        @param bridged: remembers the addresses behind bridges.
        """
        counters.declare(COUNTERS)
        self._bridged = bridged
        self._sealed = sealed
        self._counters = counters

    def leaving(self, frame: Frame) -> bool:
        """
        See L{IFrameWatcher}: others guard themselves.
        """
        return True

    def arriving(self, peer: Peer, frame: Frame) -> bool:  # HOT PATH
        """
        See L{IFrameInspector}.
        """
        if isPlain(frame):
            return True
        why = self._refusal(peer, frame)
        if not why:
            return True
        self._counters[f"guard-{why}"] += 1
        if self._sealed is not None and isinstance(peer, bytes):
            self._sealed.sessions.blame(peer, "guarded")
        return False

    def close(self) -> None:
        """
        See L{IFrameWatcher}: nothing is left behind.
        """

    def _refusal(self, peer: Peer, frame: Frame) -> str:
        why = reserved(frame)
        if why and not self._mayServe(peer):
            return why
        return "address" if any(self._isOfAnother(peer, address) for address in spokenFor(frame)) else ""

    def _mayServe(self, peer: Peer) -> bool:
        if self._sealed is None or not isinstance(peer, bytes):
            return False
        announcement = self._sealed.participant.claims.announcement(peer)
        return announcement is not None and announcement.certificate.bridge

    def _isOfAnother(self, peer: Peer, address: str) -> bool:
        """
        Does an address belong to others?  What no member has is for hosts behind bridges to use, and what is outside
        of the network's prefix is for everybody while it is not heard there.
        """
        if self._sealed is None:
            return False
        participant = self._sealed.participant
        owner = participant.claims.ownerOf("address", address)
        if owner is not None:
            return owner != peer
        visitor = participant.claims.visitors.get(peer) if isinstance(peer, bytes) else None
        if visitor is not None and address in (each.partition("/")[0] for each in visitor.claim.addresses):
            return False
        if self._mayServe(peer):
            self._bridged.heard(address)
            return False
        return participant.isOverlay(address) or self._bridged.isKnown(address)
