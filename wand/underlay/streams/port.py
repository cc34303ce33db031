"""
The port for streams: sends and receives datagrams like one of UDP.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from wand.counters import Counters
from wand.endpoint import Endpoint
from wand.ethernet import Frame
from wand.health.failures import Failures
from wand.underlay.place_kinds import STREAM
from wand.underlay.ports import TrainReceiver
from wand.underlay.streams.framing import Deframer, Rows, framed, framedTrain
from wand.underlay.streams.send_queue import OCTETS_MAXIMUM, isKept

if TYPE_CHECKING:
    from wand.underlay.streams.stream import Stream

COUNTERS: Final = {
    "stream-received-datagrams": "datagrams received in streams",
    "stream-received-bytes": "octets received in streams",
    "stream-sent-datagrams": "datagrams that were given to streams",
    "stream-sent-bytes": "octets sent in streams",
    "streams-opened": "streams opened or accepted that datagrams can be sent in",
    "streams-stalled": "streams closed because the other end took nothing for seconds",
    "streams-idle": "streams closed because nobody used them",
    "streams-strange": "streams closed because they brought nothing valid in time, or made room for others",
    "stream-malformed": "streams closed because something else came than a member sends",
    "drop-stream-late": "datagrams not sent: they waited too long for what was before them in a stream",
    "drop-stream-full": "datagrams not sent: too much waited in a stream",
    "drop-stream-crowded": "answers to strangers not sent: too much waited in a stream",
    "drop-stream-closed": "datagrams not sent: there is no stream to that place",
}

#: Octets of the pieces in which a long train waits: what is dropped is dropped in such pieces.
_PIECE: Final = 16 << 10


class StreamPort:
    """
    All streams of a program, a L{wand.underlay.ports.DatagramPort}.

    @ivar streams: by their places.
    @ivar hasPeer: is anybody at a place with whom there is a conversation?
    @ivar provenChanged: called with a stream when that has changed.
    @ivar missing: called with a place to which something should be sent and to which there is no stream.
    """

    features: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    wasTooLong = wasRefused = False

    def __init__(self, receiver: TrainReceiver, counters: Counters, failures: Failures) -> None:
        """
        @param receiver: takes the datagrams.
        @param failures: counts and logs a receiver that raises.
        """
        counters.declare(COUNTERS)
        self.endpoint = Endpoint(f"{STREAM}/", 0)
        self.streams: dict[tuple[str, int], Stream] = {}
        self.hasPeer: Callable[[tuple[str, int]], bool] = lambda place: False
        self.provenChanged: Callable[[Stream], object] = lambda stream: None
        self.missing: Callable[[tuple[str, int]], object] = lambda place: None
        self._receiver = receiver
        self._counters = counters
        self._failures = failures
        self._rows = Rows()
        self._isClosed = False

    def adopt(self, stream: Stream, place: Endpoint) -> None:
        """
        Carry datagrams in a stream that is open.  Another one to the same place ends.

        @param place: where its datagrams come from and go to.
        """
        before = self.streams.pop(place, None)
        if before is not None:
            before.close("there is another one")
        if self._isClosed:
            stream.close()
            return
        self._counters["streams-opened"] += 1
        stream.place = place
        stream.deframer = Deframer(self._receiver, place, self._rows, self._failures)
        stream.batchOver = self._batchOver
        self.streams[place] = stream
        self.peerMoved(place)

    def forget(self, stream: Stream) -> None:
        """
        A stream has ended.
        """
        if self.streams.get(stream.place) is stream:
            del self.streams[stream.place]

    # HOT PATH

    def send(self, datagram: bytes | bytearray | memoryview, destination: tuple[str, int]) -> bool:
        """
        See L{wand.underlay.ports.DatagramSender.send}.
        """
        stream = self.streams.get(destination)
        if stream is None or not len(datagram):
            return self._unsent(destination, 1)
        self._counters["stream-sent-datagrams"] += 1
        stream.send(framed(datagram), 1, kept=isKept(datagram))
        return True

    def sendParts(self, parts: Sequence[Frame], destination: tuple[str, int]) -> bool:
        """
        See L{wand.underlay.ports.DatagramSender.sendParts}.
        """
        return self.send(b"".join(parts), destination)

    def sendTrain(self, datagrams: memoryview, size: int, destination: tuple[str, int]) -> bool:
        """
        See L{wand.underlay.ports.DatagramSender.sendTrain}.
        """
        total = len(datagrams)
        stream = self.streams.get(destination)
        if stream is None or not total:
            return self._unsent(destination, -(-total // size))
        self._counters["stream-sent-datagrams"] += -(-total // size)
        step = total if stream.isFlowing else max(1, _PIECE // size) * size
        for first in range(0, total, step):
            piece = datagrams[first : first + step]
            stream.send(framedTrain(piece, size), -(-len(piece) // size))
        return True

    def _batchOver(self) -> None:
        try:
            self._receiver.batchReceived()
        except Exception:
            self._failures.caught("batch of datagrams", plugin=self._receiver)

    # COLD PATH

    def answerStranger(self, datagram: bytes, destination: tuple[str, int], taken: float) -> bool:
        """
        See L{wand.underlay.ports.DatagramPort.answerStranger}.
        """
        stream = self.streams.get(destination)
        if stream is not None and stream.queued > taken * OCTETS_MAXIMUM:
            self._counters["drop-stream-crowded"] += 1
            return False
        return self.send(datagram, destination)

    def answering(self, sender: tuple[str, int]) -> StreamPort:
        """
        See L{wand.underlay.ports.DatagramPort.answering}: a stream has one address of ours.
        """
        return self

    def towards(self, sender: tuple[str, int]) -> StreamPort:
        """
        See L{wand.underlay.ports.DatagramPort.towards}: a stream has one address of ours.
        """
        return self

    def peerMoved(self, place: tuple[str, int]) -> None:
        """
        Somebody with whom there is a conversation came to a place, or left it.
        """
        stream = self.streams.get(place)
        if stream is not None and stream.isProven != self.hasPeer(place):
            stream.isProven = not stream.isProven
            self.provenChanged(stream)

    def close(self) -> None:
        """
        See L{wand.underlay.ports.DatagramPort.close}.
        """
        self._isClosed = True
        for stream in tuple(self.streams.values()):
            stream.close("the program ends")
        self.streams.clear()

    def _unsent(self, place: tuple[str, int], count: int) -> bool:
        self._counters["drop-stream-closed"] += count
        self.missing(place)
        return False
