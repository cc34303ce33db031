"""
Reception: what arrives is opened and becomes frames for the host, and messages for whoever understands them.

All that is done for each datagram of a train is done by a C{map} or a C{join}; what is not as expected goes one by
one.
"""

from __future__ import annotations

from collections.abc import Callable
from mmap import mmap
from typing import Final, Protocol

from wand.ethernet import HEADER_SIZE, OVERHEAD
from wand.interfaces import IFrameReceiver
from wand.interfaces.session_transport import RelayedReceiver
from wand.sealed.credentials.limits import BROADCASTS
from wand.sealed.sessions.packets import (
    CONTROL,
    DATA,
    DATA_HEADER,
    DATA_OVERHEAD,
    FRAME,
    INDEX_AND_COUNTER,
    PLAINTEXT_MAXIMUM,
    RELAY_HEADER,
    RELAY_LAYOUT,
    RELAYED,
    headersOf,
    relayHeadersOf,
)
from wand.sealed.sessions.path import LOSSY, PROBE
from wand.sealed.sessions.peers import Account, PeerKey
from wand.sealed.sessions.presence import PRESENCE
from wand.sealed.sessions.session import REPLAYED, SessionOwner
from wand.sealed.sessions.shared import Shared
from wand.sealed.sessions.waiting import OPENED_COUNT, OPENED_SIZE, Waiting
from wand.superframes.cutting import CHUNK
from wand.superframes.fragments import FRAGMENT, Reassembly
from wand.superframes.parity import PARITY
from wand.superframes.stretch import Stretch
from wand.underlay.slots import Slots

#: How often at most a peer is reported as heard, in seconds.
HEARD_INTERVAL: Final = 30.0

#: What trains of chunks may begin with.
_PARITIES: Final = bytes([PARITY])


class HandshakeReceiver(Protocol):
    """
    Takes what carries no data.
    """

    def received(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        """
        A datagram came that carries no data.
        """


class Reception:
    """
    Takes the datagrams of a transport: a L{wand.underlay.ports.TrainReceiver}.

    @ivar receiver: takes the frames; C{None} while nobody does.
    @ivar mayUse: may a frame of this peer have this source address (six octets)?  The third argument is whether it is
        for a group.
    @ivar broadcastsOf: how many frames to groups may come from this peer in a second?
    @ivar flooded: called when more came.
    @ivar relayed: takes what is to be passed on, or was; C{None} if nobody does.
    """

    def __init__(
        self, shared: Shared, handshakes: HandshakeReceiver, control: Callable[[SessionOwner, bytes], object], mtu: int
    ) -> None:
        """
        @param control: takes the control messages.
        @param mtu: the largest payload of a frame.
        """
        self.receiver: IFrameReceiver | None = None
        self.mayUse: Callable[[bytes, bytes, int], bool] = _nobodyMay
        self.broadcastsOf: Callable[[bytes], float] = _theUsual
        self.flooded: Callable[[bytes], object] = _nothing
        self.relayed: RelayedReceiver | None = None
        self._shared = shared
        self._counters = shared.counters
        self._seconds = shared.clock.seconds
        self._sessions = shared.indices.sessions
        self._handshakes = handshakes
        self._control = control
        self._long = memoryview(mmap(-1, PLAINTEXT_MAXIMUM))  # zeroed by the kernel when used: resident no sooner
        longest = mtu + OVERHEAD
        self._waiting = Waiting(shared.clock, longest, shared.counters, self._stretch, self._handOver)
        self._reassembly = Reassembly(shared.clock, longest, shared.counters)

    def resize(self, mtu: int) -> None:
        """
        The largest payload of a frame has C{mtu} octets from now on.
        """
        self._waiting.resize(mtu + OVERHEAD)
        self._reassembly.resize(mtu + OVERHEAD)

    def stop(self) -> None:
        """
        Hand over nothing more.
        """
        self._waiting.join()
        self.receiver = None

    # HOT PATH, in its order

    def trainReceived(
        self, slots: Slots, first: int, count: int, size: int, last: int, sender: tuple[str, int]
    ) -> None:
        """
        See L{wand.underlay.ports.TrainReceiver}.
        """
        if slots.view[first * slots.stride] == RELAYED:
            self._relayedReceived(slots, first, count, size, last, sender)
            return
        if not 1 < count <= OPENED_COUNT or last <= DATA_OVERHEAD or size > OPENED_SIZE + DATA_OVERHEAD:
            self._eachReceived(slots, first, count, size, last, sender)
            return
        end = first + count
        words = headersOf(slots.stride, count).unpack_from(slots.view, first * slots.stride)
        session = self._sessions.get(words[0] & 0xFFFFFFFF)
        if session is None or words[0] >> 56 != DATA or words[::2].count(words[0]) != count:
            self._eachReceived(slots, first, count, size, last, sender)
            return
        owner = session.owner
        waiting = self._waiting
        at = waiting.place(owner, count)
        opened = waiting.slots.slices(0, size - DATA_OVERHEAD, at + count)[at : at + count]
        sealed = slots.slices(DATA_HEADER, size - DATA_HEADER, end)[first:end]
        if last < size:
            opened[-1] = opened[-1][: last - DATA_OVERHEAD]
            sealed[-1] = sealed[-1][: last - DATA_HEADER]
        highest = session.openEach(words[1::2], slots.slices(4, 12, end)[first:end], sealed, opened)
        if highest < 0:
            self._eachReceived(slots, first, count, size, last, sender)
            return
        owner.heard(session, highest, sender, size)
        kinds = bytes(waiting.slots.view[at * OPENED_SIZE : (at + count - 1) * OPENED_SIZE + 1 : OPENED_SIZE])
        behind = len(kinds.lstrip(_PARITIES))
        if behind and kinds.count(CHUNK) == behind:
            waiting.addTrain(owner, at, count, count - behind, size - DATA_OVERHEAD, last - DATA_OVERHEAD)
            return
        for index, plaintext in enumerate(opened):
            try:
                self._plaintext(owner, at + index, plaintext, sender)
            except Exception:  # its neighbours are not to blame
                self._shared.failures.caught("datagram")

    def _relayedReceived(
        self, slots: Slots, first: int, count: int, size: int, last: int, sender: tuple[str, int]
    ) -> None:
        """
        A train came whose first datagram was relayed, or is to be.  If all are, in one channel, it stays one.
        """
        if self.relayed is not None and last > RELAY_HEADER:
            stride = slots.stride
            headers = relayHeadersOf(stride, count).unpack_from(slots.view, first * stride)
            header = headers[0]
            if headers.count(header) == count:
                self.relayed.relayedTrainReceived(header & 0xFFFFFFFF, slots, first, count, size, last, sender)
                return
        self._eachReceived(slots, first, count, size, last, sender)

    def _eachReceived(
        self, slots: Slots, first: int, count: int, size: int, last: int, sender: tuple[str, int]
    ) -> None:
        for datagram in slots.datagrams(first, count, size, last):
            try:
                self.datagramReceived(datagram, sender)
            except Exception:  # its neighbours are not to blame
                self._shared.failures.caught("datagram")

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        """
        See L{wand.underlay.ports.TrainReceiver}.  A lone packet finds nothing of us in the processor's cache, and each
        function on its way costs some 5 us; so there are few.
        """
        size = len(datagram)
        if size < DATA_OVERHEAD or datagram[0] != DATA:
            if size > RELAY_HEADER and datagram[0] == RELAYED and self.relayed is not None:
                self.relayed.relayedReceived(RELAY_LAYOUT.unpack_from(datagram)[1], datagram, sender)
            else:
                self._handshakes.received(datagram, sender)
            return
        index, counter = INDEX_AND_COUNTER.unpack_from(datagram)
        session = self._sessions.get(index)
        if session is None:
            self._counters["drop-sealed-unknown-index"] += 1
            return
        owner = session.owner
        waiting = self._waiting
        at = waiting.place(owner, 1) if waiting.taken else 0
        if size <= OPENED_SIZE + DATA_OVERHEAD:
            opened = waiting.slots.view[at * OPENED_SIZE : (at + 1) * OPENED_SIZE]
        else:
            opened = self._long
        size = session.open(datagram, counter, opened)
        if size < 0:
            self._notOpened(owner.account, size)
            return
        owner.heard(session, counter, sender, size)
        if size:
            if opened[0] == FRAME and not waiting.taken:
                self._frame(owner, opened[1:size])
            else:
                self._plaintext(owner, at, opened[:size], sender)

    def _plaintext(self, owner: SessionOwner, slot: int, plaintext: memoryview, sender: tuple[str, int]) -> None:
        kind = plaintext[0]
        if kind in (CHUNK, PARITY):
            self._waiting.add(owner, slot, plaintext)
            return
        if self._waiting.taken:
            self._waiting.join()
        if kind == FRAME:
            self._frame(owner, plaintext[1:])
        elif kind == FRAGMENT:
            frame = self._reassembly.fragmentReceived(owner.peer, plaintext)
            if frame is not None:
                self._frame(owner, memoryview(frame))
        elif kind == PROBE:
            owner.path.received(plaintext)
        elif kind == LOSSY:
            owner.path.lossReported()
        elif kind == PRESENCE:
            owner.presenceReceived(plaintext, sender)
        elif kind == CONTROL:
            owner.account.controls += 1
            self._control(owner, bytes(plaintext[1:]))
        else:
            self._counters["drop-sealed-unknown-kind"] += 1

    def _stretch(self, owner: SessionOwner, stretch: Stretch) -> None:
        headers = stretch.headers
        packets = -(-stretch.length // headers.gsoSize)
        octets = len(headers.octets) + stretch.length
        receiver = self._welcome(owner, headers.octets[:12], packets, octets)
        if receiver is not None:
            receiver.stretchReceived(owner.peer, stretch)

    def _frame(self, owner: SessionOwner, frame: memoryview) -> None:
        receiver = self._welcome(owner, bytes(frame[:12]), 1, len(frame))
        if receiver is not None:
            receiver.frameReceived(owner.peer, frame)

    def _welcome(self, owner: SessionOwner, addresses: bytes, packets: int, octets: int) -> IFrameReceiver | None:
        """
        Count frames of a peer.

        @param addresses: destination and source.
        @return: who takes them; C{None} if the peer may not use this source address, or floods.
        """
        receiver, peer, account = self.receiver, owner.peer, owner.account
        if receiver is None or not isinstance(peer, PeerKey):
            self._counters["drop-sealed-unready" if receiver is None else "drop-sealed-joining"] += 1
            return None
        if octets < HEADER_SIZE:
            account.blame("runt")
            self._counters["drop-sealed-runt"] += 1
            return None
        toGroup = addresses[0] & 1
        if not self.mayUse(peer, addresses[6:], toGroup):
            account.spoofed += 1
            self._counters["drop-sealed-spoofed-source"] += 1
            return None
        now = self._seconds()
        if toGroup and not self._mayFlood(owner, now, packets):
            return None
        account.heard = now
        account.framesReceived += packets
        account.bytesReceived += octets
        if now - account.told >= HEARD_INTERVAL:
            account.told = now
            receiver.peerHeard(peer)
        return receiver

    def _mayFlood(self, owner: SessionOwner, now: float, packets: int) -> bool:
        rate = self.broadcastsOf(owner.peer)
        if all(owner.account.mayFlood(now, rate) for _ in range(packets)):
            return True
        self._counters["drop-sealed-flood"] += 1
        self.flooded(owner.peer)
        return False

    def batchReceived(self) -> None:
        """
        See L{wand.underlay.ports.TrainReceiver}.
        """
        try:
            if self._waiting.taken:
                self._waiting.joinFinished()
        except Exception:
            self._shared.failures.caught("superframe")
            self._waiting.discard()
        self._handOver()

    def _handOver(self) -> None:
        self._shared.train.send()
        if self.receiver is not None:
            self.receiver.batchReceived()

    def _notOpened(self, account: Account, why: int) -> None:
        if why == REPLAYED:
            account.replayed += 1
            self._counters["drop-sealed-replayed"] += 1
        else:
            account.forged += 1
            self._counters["drop-sealed-forged"] += 1


def _nobodyMay(identity: bytes, mac: bytes, toGroup: int) -> bool:
    return False


def _theUsual(identity: bytes) -> float:
    return BROADCASTS


def _nothing(identity: bytes) -> None:
    return
