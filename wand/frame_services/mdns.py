"""
The mDNS reflector: what hosts on a LAN and the members say of their services, each hears of the other.

Packets are passed on whole.  None is passed on twice, by whichever reflectors: each marks what it sends, and leaves
what is marked; so neither several on one LAN nor a loop of networks multiplies anything.  It is at work only where the
configuration names it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from math import inf
from typing import Annotated, Final

import msgspec
from zope.interface import implementer

from wand.ethernet import Frame
from wand.frame_services.mdns_lan import Lan, Opener
from wand.frame_services.mdns_link import MDNSLink
from wand.frame_services.mdns_packets import Packet, frameOf, isForGroup, packetIn
from wand.interfaces import IFrameService, IFrameWatcher, NodeContext, Settings
from wand.plugin_settings import readSettings
from wand.table import Peer
from wand.timing.token_buckets import TokenBuckets

COUNTERS: Final = {
    "mdns-to-members": "mDNS packets of the LAN sent to the members",
    "mdns-to-lan": "mDNS packets of members sent to the LAN",
    "mdns-reflected-before": "mDNS packets that a reflector had sent, and so are not reflected again",
    "drop-mdns-limit": "mDNS packets not reflected: more than the setting allows",
    "drop-mdns-unfit": "mDNS packets not reflected: too long, too short, or from another port than 5353",
    "drop-mdns-unsent": "mDNS packets not reflected: the LAN is not there, or this node has no address yet",
}

#: What the operator calls these settings.
WHERE: Final = "frame-service-settings.mdns"

#: For how many seconds C{wand status} tells of a trouble, and how often at most it is said again.
NOTE_LIFETIME: Final = 60.0
_PAUSE: Final = 1.0

#: The note when the interface is not there.
MISSING: Final = "mdns-interface"


class ReflectorSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    The settings.

    @ivar interface: the interface of the LAN, such as eth1.
    @ivar packets: how many packets a second are reflected in each direction, and twice as many at once; of one sender
        half of that, so that nobody takes all of it.
    """

    interface: Annotated[str, msgspec.Meta(min_length=1, max_length=15)]
    packets: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 100


@implementer(IFrameService)
class Reflecting:
    """
    The plugin.
    """

    name = "mdns"
    about = "reflects mDNS between a LAN of this host and the members"
    settings = ReflectorSettings

    def unusable(self) -> str | None:
        """
        See L{wand.interfaces.IWandPlugin}.
        """
        return None if sys.platform == "linux" else "it needs the multicast of Linux"

    def open(self, settings: Settings, context: NodeContext, inject: Callable[[Frame], object]) -> IFrameWatcher:
        """
        See L{IFrameService}.
        """
        read = readSettings(settings, ReflectorSettings, WHERE)
        reflector = Reflector(read, context, partial(MDNSLink, context.descriptors))
        reflector.follow()
        return reflector


@implementer(IFrameWatcher)
class Reflector:
    """
    The reflector at work.
    """

    def __init__(self, settings: ReflectorSettings, context: NodeContext, openLink: Opener) -> None:
        context.counters.declare(COUNTERS)
        self._settings = settings
        self._context = context
        self._lan = Lan(settings.interface, openLink, self._heard, self._failed, self._missing)
        self._buckets = TokenBuckets(context.clock, settings.packets, 2 * settings.packets)
        self._senders = TokenBuckets(context.clock, settings.packets / 2, settings.packets)
        self._saidAt = -inf

    def follow(self) -> None:
        """
        Hear the LAN, whenever it is there.
        """
        self._lan.follow(self._context.hostChanges)

    def leaving(self, frame: Frame) -> bool:
        """
        See L{IFrameWatcher}: this host speaks for itself on both sides.
        """
        return True

    def arriving(self, peer: Peer, frame: Frame) -> bool:
        """
        See L{IFrameWatcher}.
        """
        if isForGroup(frame):
            packet = packetIn(frame, isIPv6=":" in self._address())
            if packet is not None and self._isReflected(packet, "mdns-to-lan", str(peer)):
                isSent = self._lan.send(packet.payload)
                self._context.counters["mdns-to-lan" if isSent else "drop-mdns-unsent"] += 1
        return True

    def close(self) -> None:
        """
        See L{IFrameWatcher}.
        """
        self._lan.close()
        self._context.notes.clear(MISSING)

    def _heard(self, source: str, packet: Packet) -> None:
        if not self._isReflected(packet, "mdns-to-members", source):
            return
        address = self._address()
        if not address:
            self._context.counters["drop-mdns-unsent"] += 1
            return
        self._context.counters["mdns-to-members"] += 1
        self._context.readAgain(frameOf(self._context.mac, address, packet.payload))

    def _isReflected(self, packet: Packet, way: str, sender: str) -> bool:
        counters = self._context.counters
        if packet.isReflected:
            counters["mdns-reflected-before"] += 1
        elif not packet.isFit:
            counters["drop-mdns-unfit"] += 1
        elif not (self._senders.take(f"{way} {sender}") and self._buckets.take(way)):
            counters["drop-mdns-limit"] += 1
            limit = self._settings.packets
            self._say(
                f"more than {limit} mDNS packets a second came to be reflected, or half of that from one sender, and "
                "the rest is left: find out who "
                f"sends them (wand capture udp port 5353), or set a larger number of packets in [{WHERE}]"
            )
        else:
            return True
        return False

    def _address(self) -> str:
        """
        Our overlay address; empty where we have none.
        """
        sealed = self._context.sealed
        own = None if sealed is None else sealed.participant.claims.announcement(sealed.participant.identity)
        return own.claim.addresses[0].partition("/")[0] if own is not None and own.claim.addresses else ""

    def _failed(self, error: OSError) -> None:
        self._say(f"mDNS is not reflected: {self._settings.interface} cannot be listened on: {error.strerror}")

    def _missing(self, reason: str) -> None:
        if reason:
            text = f"mDNS is not reflected: {reason} ([{WHERE}] has its name)"
            self._context.notes.say(MISSING, text)
        else:
            self._context.notes.clear(MISSING)

    def _say(self, text: str) -> None:
        now = self._context.clock.seconds()
        if now >= self._saidAt + _PAUSE:
            self._saidAt = now
            self._context.notes.say("mdns", text, lifetime=NOTE_LIFETIME)
