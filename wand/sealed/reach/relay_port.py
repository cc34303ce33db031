"""
The port to places behind relays: what is sent gets 8 octets in front and goes to the relay; what a relay passed on to
us loses them.  Whoever sends and receives through it sees one more port.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from wand.counters import Counters
from wand.endpoint import Endpoint
from wand.ethernet import Frame
from wand.interfaces.session_transport import RelayedReceiver
from wand.interfaces.sessions import PlaceInUse
from wand.sealed.sessions.packets import RELAY_HEADER, RELAY_LAYOUT, RELAYED
from wand.underlay.place_kinds import RELAY
from wand.underlay.ports import DatagramSender, TrainReceiver
from wand.underlay.slots import Slots

COUNTERS: Final = {
    "relayed-sent-datagrams": "datagrams sent to members over a relay",
    "relayed-sent-octets": "octets of datagrams sent to members over a relay",
    "relayed-received-datagrams": "datagrams of members received over a relay",
    "drop-relayed-gone": "datagrams not sent: the relay has ended the channel, or there is no session with it",
    "drop-relayed-unknown": "relayed datagrams dropped: of no channel that we have, or from elsewhere than its relay",
    "drop-relayed-loop": "relayed datagrams dropped: they hold another relayed one",
}

#: How many channels are kept.
CHANNELS_MAXIMUM: Final = 4096

#: How many layouts of received trains are kept shifted.
SHIFTED_MAXIMUM: Final = 32


class Behind:
    """
    A member behind a relay.

    @ivar endpoint: the place that it is called by.
    @ivar relay: where the relay is.
    @ivar header: what is put before each datagram.
    """

    __slots__ = ("endpoint", "header", "relay")

    def __init__(self, endpoint: Endpoint, relay: PlaceInUse) -> None:
        self.endpoint = endpoint
        self.relay = relay
        self.header = RELAY_LAYOUT.pack(RELAYED, endpoint.port)


def _hostOf(relay: bytes) -> str:
    return f"{RELAY}/{relay.hex()[:16]}"


class RelayPort:
    """
    Sends and receives over relays: a L{wand.underlay.ports.DatagramPort}, and a
    L{wand.interfaces.session_transport.RelayedReceiver}.

    @ivar otherwise: takes the datagrams of channels that we are no end of, if we are a relay ourselves.
    """

    features: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __init__(self, reception: TrainReceiver, counters: Counters) -> None:
        """
        @param reception: takes what relays passed on to us.
        """
        counters.declare(COUNTERS)
        self.endpoint = Endpoint(RELAY, 0)
        self.otherwise: RelayedReceiver | None = None
        self._reception = reception
        self._counters = counters
        self._byPlace: dict[tuple[str, int], Behind] = {}
        self._byChannel: dict[int, Behind] = {}
        self._last: DatagramSender | None = None
        self._shifted: dict[Slots, Slots] = {}

    def __len__(self) -> int:
        return len(self._byPlace)

    # Channels that come and go.

    @property
    def isFull(self) -> bool:
        """
        Are there as many channels as are kept?
        """
        return len(self._byPlace) >= CHANNELS_MAXIMUM

    def add(self, relay: bytes, channel: int, place: PlaceInUse) -> Endpoint | None:
        """
        A relay has a channel for us.

        @param relay: its identity.
        @param place: where it is.
        @return: the place behind it; C{None} if there are too many, or another relay has the same number.
        """
        endpoint = Endpoint(_hostOf(relay), channel)
        known = self._byChannel.get(channel)
        if (known is None and self.isFull) or (known and known.endpoint != endpoint):
            return None
        self._byPlace[endpoint] = self._byChannel[channel] = Behind(endpoint, place)
        return endpoint

    def remove(self, endpoint: tuple[str, int]) -> None:
        """
        A channel has ended.
        """
        if self._byPlace.pop(endpoint, None) is not None:
            del self._byChannel[endpoint[1]]

    def has(self, relay: bytes, channel: int) -> bool:
        """
        Have we got this channel of a relay?
        """
        behind = self._byChannel.get(channel)
        return behind is not None and behind.endpoint.host == _hostOf(relay)

    def close(self) -> None:
        """
        See L{wand.underlay.ports.DatagramPort}.
        """
        self._byPlace.clear()
        self._byChannel.clear()

    # Sending.  HOT PATH

    @property
    def wasTooLong(self) -> bool:
        """
        See L{wand.underlay.ports.DatagramSender}.
        """
        return self._last is not None and self._last.wasTooLong

    @property
    def wasRefused(self) -> bool:
        """
        See L{wand.underlay.ports.DatagramSender}.
        """
        return self._last is not None and self._last.wasRefused

    def send(self, datagram: bytes | bytearray | memoryview, destination: tuple[str, int]) -> bool:
        """
        See L{wand.underlay.ports.DatagramSender}.
        """
        return self.sendParts((datagram,), destination)

    def sendParts(self, parts: Sequence[Frame], destination: tuple[str, int]) -> bool:
        """
        See L{wand.underlay.ports.DatagramSender}.
        """
        behind, port, endpoint = self._wayTo(destination)
        if behind is None or port is None or endpoint is None:
            self._counters["drop-relayed-gone"] += 1
            self._last = None  # nothing was sent that could be refused, or too long
            return False
        self._last = port
        if not port.sendParts((behind.header, *parts), endpoint):
            return False
        self._counters["relayed-sent-datagrams"] += 1
        self._counters["relayed-sent-octets"] += sum(map(len, parts))
        return True

    def sendTrain(self, datagrams: memoryview, size: int, destination: tuple[str, int]) -> bool:
        """
        See L{wand.underlay.ports.DatagramSender}.
        """
        total = len(datagrams)
        count = -(-total // size)
        behind, port, endpoint = self._wayTo(destination)
        if behind is None or port is None or endpoint is None:
            self._counters["drop-relayed-gone"] += count
            self._last = None
            return False
        self._last = port
        each = [datagrams[first : first + size] for first in range(0, total, size)]
        train = memoryview(behind.header.join((b"", *each)))
        if not port.sendTrain(train, size + RELAY_HEADER, endpoint):
            return False
        self._counters["relayed-sent-datagrams"] += count
        self._counters["relayed-sent-octets"] += total
        return True

    def _wayTo(
        self, destination: tuple[str, int]
    ) -> tuple[Behind | None, DatagramSender | None, tuple[str, int] | None]:
        behind = self._byPlace.get(destination)
        if behind is None:
            return None, None, None
        relay = behind.relay
        port, endpoint = relay.port, relay.endpoint
        if port is self:  # a relay is not reached over another one
            return None, None, None
        return behind, port, endpoint

    def answerStranger(self, datagram: bytes, destination: tuple[str, int], taken: float) -> bool:
        """
        See L{wand.underlay.ports.DatagramPort}.  Only members send over relays, and no address can be forged.
        """
        return self.send(datagram, destination)

    def answering(self, sender: tuple[str, int]) -> DatagramSender:
        """
        See L{wand.underlay.ports.DatagramPort}.
        """
        return self

    def towards(self, sender: tuple[str, int]) -> DatagramSender:
        """
        See L{wand.underlay.ports.DatagramPort}.
        """
        return self

    # Receiving.  HOT PATH

    def relayedReceived(self, channel: int, datagram: memoryview, sender: tuple[str, int]) -> None:
        """
        See L{wand.interfaces.session_transport.RelayedReceiver}.
        """
        behind = self._byChannel.get(channel)
        # A relay may use another way to us than we to it.
        if behind is None or (sender != behind.relay.endpoint and not behind.relay.isProvenAt(sender)):
            if self.otherwise is None:
                self._counters["drop-relayed-unknown"] += 1
            else:
                self.otherwise.relayedReceived(channel, datagram, sender)
            return
        if datagram[RELAY_HEADER] == RELAYED:
            self._counters["drop-relayed-loop"] += 1
            return
        self._counters["relayed-received-datagrams"] += 1
        self._reception.datagramReceived(datagram[RELAY_HEADER:], behind.endpoint)

    def relayedTrainReceived(
        self, channel: int, slots: Slots, first: int, count: int, size: int, last: int, sender: tuple[str, int]
    ) -> None:
        """
        See L{wand.interfaces.session_transport.RelayedReceiver}.
        """
        behind = self._byChannel.get(channel)
        # A relay may use another way to us than we to it.
        if behind is None or (sender != behind.relay.endpoint and not behind.relay.isProvenAt(sender)):
            if self.otherwise is None:
                self._counters["drop-relayed-unknown"] += count
            else:
                self.otherwise.relayedTrainReceived(channel, slots, first, count, size, last, sender)
            return
        start = first * slots.stride + RELAY_HEADER
        if RELAYED in bytes(slots.view[start : start + (count - 1) * slots.stride + 1 : slots.stride]):
            self._counters["drop-relayed-loop"] += count
            return
        self._counters["relayed-received-datagrams"] += count
        self._reception.trainReceived(
            self._shift(slots), first, count, size - RELAY_HEADER, last - RELAY_HEADER, behind.endpoint
        )

    def _shift(self, slots: Slots) -> Slots:
        """
        The same slots, each without the first 8 octets; made once, so that its slices are kept.
        """
        shifted = self._shifted.get(slots)
        if shifted is None:
            if len(self._shifted) >= SHIFTED_MAXIMUM:  # sizes come from peers: bounded
                self._shifted.clear()
            shifted = self._shifted[slots] = Slots(slots.stride, slots.view[RELAY_HEADER:])
        return shifted
