"""
Accepting streams, from members and from strangers, who cannot be told apart until a conversation is in one.

So a new stream is a stranger's, and whatever a conversation leaves is one again; a member has as many streams as
conversations, which is one.  Strangers are few (L{wand.underlay.streams.strangers}), bring little
(L{wand.underlay.streams.intake}), wait for their turn (L{wand.underlay.streams.turns}), and go after some seconds,
however slowly they speak.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Any, Final

from twisted.internet.interfaces import IAddress, IListeningPort
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.ssl import CertificateOptions

from wand.endpoint import Endpoint, numericAddress
from wand.health.failures import Failures
from wand.timing.repeating import Repeating
from wand.underlay.place_kinds import STREAM, isLoopback, subscriberOf
from wand.underlay.streams.due import Due
from wand.underlay.streams.intake import Intake, Load
from wand.underlay.streams.network import StreamNetwork
from wand.underlay.streams.port import StreamPort
from wand.underlay.streams.strangers import PROXIED, Strangers
from wand.underlay.streams.stream import Stream
from wand.underlay.streams.threshold import Threshold
from wand.underlay.streams.turns import Turns

#: Seconds for a stranger to have its turn, and then to bring something valid.
STRANGER_PATIENCE: Final = 8.0

#: How many streams of members there are at most.
STREAMS_MAXIMUM: Final = 8192

#: Seconds until a stream ends that nobody uses.
ACCEPTED_IDLE: Final = 90.0

#: Seconds between two looks at which streams have to end.
LOOK_INTERVAL: Final = 1.0


class StreamListener(Factory):
    """
    Accepts streams, and ends those that have to end.
    """

    noisy = False

    def __init__(
        self,
        options: CertificateOptions,
        clock: Any,
        counters: Any,
        failures: Failures,
        webServers: Container[str] = (),
    ) -> None:
        """
        @param options: the certificate that is shown.
        @param webServers: the addresses of those in front of us, which say whom a stream comes from.
        """
        self.endpoint: Endpoint | None = None
        self._port: StreamPort | None = None
        self._options = options
        self._webServers = webServers
        self._clock = clock
        self._counters = counters
        self._strangers: Strangers[Stream] = Strangers()
        self._hosts: dict[Stream, tuple[str, int]] = {}
        self._load = Load()
        self._turns = Turns(clock)
        self._due: Due[Stream] = Due(self._dueAt, self._over, clock.seconds())
        self._listening: IListeningPort | None = None
        self._look = Repeating("streams", self._lookAtSome, clock, failures)

    @property
    def port(self) -> StreamPort | None:
        """
        Carries the datagrams; C{None} while nobody takes them.
        """
        return self._port

    @port.setter
    def port(self, port: StreamPort | None) -> None:
        self._port = port
        if port is not None:
            port.provenChanged = self._provenChanged

    def listen(self, network: StreamNetwork, host: str, port: int) -> None:
        """
        Bind the port.

        @param host: a numeric local address.
        @raise wand.errors.PortUnavailable: if that fails.
        """
        self._listening = network.listen(host, port, self)
        self.endpoint = Endpoint(host, int(self._listening.getHost().port))  # type: ignore[attr-defined]
        self._look.start(LOOK_INTERVAL, now=False)

    def refuse(self) -> None:
        """
        Accept nothing more.
        """
        if self._listening is not None:
            self._listening.stopListening()
            self._listening = None

    def stop(self) -> None:
        """
        Accept nothing more, and end all streams.
        """
        self.refuse()
        self._look.stop()
        self._turns.stop()
        for stream in tuple(self._hosts):
            stream.close("the program ends")

    @property
    def count(self) -> int:
        """
        How many streams there are.
        """
        return len(self._hosts)

    # A stream comes.

    def buildProtocol(self, address: IAddress | None) -> Protocol | None:
        """
        See L{twisted.internet.interfaces.IProtocolFactory}.
        """
        host, number = numericAddress(getattr(address, "host", "")), getattr(address, "port", 0)
        if self._port is None or self.count - len(self._strangers) >= STREAMS_MAXIMUM:
            return None
        intake = Intake(self._load, self._clock, isKnown=False)
        stream = Stream(None, self._clock, self._counters, intake)
        stream.ended = self._ended
        self._hosts[stream] = host, number
        self._admit(stream, self._subscriberOf(stream))
        self._due.put(stream)
        stream.opened.addCallbacks(lambda _: self._opened(stream), lambda _: None)
        isWebServer = host in self._webServers
        return Threshold(
            stream,
            self,
            self._options,
            self._clock,
            mayBePlain=isWebServer or isLoopback(host),
            isWebServer=isWebServer,
        )

    def _admit(self, stream: Stream, subscriber: bytes) -> None:
        self._strangers.add(stream, subscriber)
        other = self._strangers.oneTooMany(subscriber)
        if other is not None:
            self._turnOut(other, "it made room for others")

    def mayBegin(self, stream: Stream, client: str, begin: Callable[[], object]) -> bool:
        """
        See L{wand.underlay.streams.threshold.Host}.
        """
        host = numericAddress(client)
        if host:
            _, number = self._hosts[stream]
            self._hosts[stream] = host, number
            self._admit(stream, self._subscriberOf(stream))
        return self._turns.ask(self._subscriberOf(stream), begin)

    def left(self, begin: Callable[[], object]) -> None:
        """
        See L{wand.underlay.streams.threshold.Host}.
        """
        self._turns.cancel(begin)

    def _opened(self, stream: Stream) -> None:
        if self._port is None:
            return
        host, number = self._hosts[stream]
        place = Endpoint(f"{STREAM}/{host}", number)
        while place in self._port.streams:  # a proxy's number may be that of a stream that came without it
            place = place._replace(port=place.port % 65_535 + 1)
        self._port.adopt(stream, place)

    # What becomes of it.

    def _provenChanged(self, stream: Stream) -> None:
        if stream not in self._hosts:
            return
        stream.intake.know(stream.isProven)
        if stream.isProven:
            self._strangers.remove(stream)
            return
        stream.strangeSince = self._clock.seconds()
        self._admit(stream, self._subscriberOf(stream))
        if stream in self._hosts:
            self._due.put(stream)

    def _subscriberOf(self, stream: Stream) -> bytes:
        host, _ = self._hosts[stream]
        return PROXIED if isLoopback(host) or host in self._webServers else subscriberOf(host)

    def _ended(self, stream: Stream, reason: str) -> None:
        self._strangers.remove(stream)
        self._due.forget(stream)
        self._hosts.pop(stream, None)
        if self._port is not None:
            self._port.forget(stream)

    def _dueAt(self, stream: Stream) -> float:
        return stream.usedAt + ACCEPTED_IDLE if stream.isProven else stream.strangeSince + STRANGER_PATIENCE

    def _over(self, stream: Stream) -> None:
        if stream.isProven:
            self._counters["streams-idle"] += 1
            stream.close("nobody used it")
        else:
            self._turnOut(stream, "it brought nothing valid")

    def _turnOut(self, stream: Stream, reason: str) -> None:
        self._counters["streams-strange"] += 1
        stream.abort(reason)

    def _lookAtSome(self) -> None:
        self._due.look(self._clock.seconds())
