"""
Forwarding: what a relay does with relayed datagrams.  It costs no cryptography, changes no octet, and what came as one
train leaves as one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from wand.counters import Counters
from wand.interfaces.sessions import PlaceInUse
from wand.sealed.reach.relay_channels import Channel
from wand.sealed.sessions.packets import RELAY_HEADER, RELAYED
from wand.underlay.place_kinds import BEHIND_RELAYS
from wand.underlay.slots import Slots

COUNTERS: Final = {
    "relay-datagrams": "datagrams passed on between members",
    "relay-octets": "octets in datagrams passed on between members",
    "relay-trains": "trains passed on between members, each in one call",
    "drop-relay-channel": "datagrams not passed on: this relay has no such channel, or none any more",
    "drop-relay-place": "datagrams not passed on: they come from elsewhere than the sessions of the channel's ends",
    "drop-relay-quota": "datagrams not passed on: their member sends more than this relay passes on for one",
    "drop-relay-loop": "datagrams not passed on: they would go over a second relay",
    "drop-relay-unsent": "datagrams not passed on: the other end is nowhere, or the system refused them",
}


class Forwarding:
    """
    Passes datagrams on: a L{wand.interfaces.session_transport.RelayedReceiver}.  Whatever is refused is refused before
    anything is done for it, the channel first, then the place, then the quota.
    """

    def __init__(
        self,
        channels: Mapping[int, Channel],
        seconds: Callable[[], float],
        counters: Counters,
        displaced: Callable[[Channel, str], object] = lambda channel, host: None,
    ) -> None:
        """
        @param channels: by their numbers.
        @param seconds: gives the clock's seconds.
        @param displaced: called with a channel, and the host from which something came in it that was dropped because
            neither end's session is there.
        """
        self._displaced = displaced
        counters.declare(COUNTERS)
        self._channels = channels
        self._seconds = seconds
        self._counters = counters

    # HOT PATH

    def relayedReceived(self, channel: int, datagram: memoryview, sender: tuple[str, int]) -> None:
        """
        See L{wand.interfaces.session_transport.RelayedReceiver}.
        """
        size = len(datagram)
        receiver = self._receiver(channel, sender, 1, size)
        if receiver is None:
            return
        if datagram[RELAY_HEADER] == RELAYED:
            self._refuse("drop-relay-loop", 1)
            return
        port, endpoint = receiver.port, receiver.endpoint
        if port is None or endpoint is None or not port.send(datagram, endpoint):
            self._refuse("drop-relay-unsent", 1)
            return
        self._counters["relay-datagrams"] += 1
        self._counters["relay-octets"] += size

    def relayedTrainReceived(
        self, channel: int, slots: Slots, first: int, count: int, size: int, last: int, sender: tuple[str, int]
    ) -> None:
        """
        See L{wand.interfaces.session_transport.RelayedReceiver}.
        """
        octets = (count - 1) * size + last
        receiver = self._receiver(channel, sender, count, octets)
        if receiver is None:
            return
        view, stride = slots.view, slots.stride
        start = first * stride
        end = start + (count - 1) * stride + last
        if RELAYED in bytes(view[start + RELAY_HEADER : end : stride]):
            self._refuse("drop-relay-loop", count)
            return
        # Datagrams that the kernel gave one by one are put together: to copy them takes less than to send each alone.
        train = view[start:end] if stride == size else memoryview(b"".join(slots.datagrams(first, count, size, last)))
        port, endpoint = receiver.port, receiver.endpoint
        if port is None or endpoint is None or not port.sendTrain(train, size, endpoint):
            self._refuse("drop-relay-unsent", count)
            return
        self._counters["relay-datagrams"] += count
        self._counters["relay-octets"] += octets
        self._counters["relay-trains"] += 1

    def _receiver(self, number: int, sender: tuple[str, int], count: int, octets: int) -> PlaceInUse | None:
        """
        Where datagrams go; C{None} if they go nowhere, which is counted.
        """
        channel = self._channels.get(number)
        if channel is None:
            self._refuse("drop-relay-channel", count)
            return None
        end = channel.senderAt(sender)
        if end is None:
            self._refuse("drop-relay-place", count)
            self._displaced(channel, sender[0])
            return None
        now = self._seconds()
        if not end.quota.mayPass(now, octets):
            self._refuse("drop-relay-quota", count)
            return None
        channel.usedAt = now
        if end is channel.asker:
            place = channel.other.place
        else:
            channel.otherKnows = True
            place = channel.asker.place
        where = place.endpoint
        if sender[0].startswith(BEHIND_RELAYS) or (where is not None and where[0].startswith(BEHIND_RELAYS)):
            self._refuse("drop-relay-loop", count)
            return None
        return place

    def _refuse(self, reason: str, count: int) -> None:
        self._counters[reason] += count
