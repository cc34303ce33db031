"""
One mapping of our UDP port at a router: asked for, renewed, given back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from twisted.internet.defer import Deferred, succeed

from wand.candidate_sources.dialects import PCP, Dialect
from wand.candidate_sources.epoch_check import EpochCheck
from wand.candidate_sources.mapping_answers import Granted, Incomplete, OtherVersion, Refused
from wand.candidate_sources.pcp_messages import MESSAGE_MAXIMUM, NONCE_OCTETS, PCP_PORT
from wand.candidate_sources.router import Router
from wand.endpoint import Endpoint
from wand.interfaces import Context
from wand.timing.timer import Timer
from wand.underlay.ports import DatagramPort

COUNTERS: Final = {
    "mapping-asks": "requests for a mapping of the UDP port, sent to the router",
    "mapping-forgotten": "times that the router seems to have forgotten its mappings, and was asked again",
    "drop-mapping-stranger": "answers about a mapping dropped: they do not come from the router that was asked",
    "drop-mapping-unasked": "answers about a mapping dropped: the router was not asked, or has answered already",
    "drop-mapping-malformed": "answers about a mapping dropped: they cannot be read, or are about another one",
}

#: Seconds for which a mapping is asked for: what a node that crashes leaves behind is gone after that.
LIFETIME: Final = 600

#: The least seconds to the next renewal (RFC 6887, section 11.2.1), and the most that an answer may put it off.
RENEWAL_MINIMUM: Final = 4.0
LIFETIME_MAXIMUM: Final = 86_400

#: Seconds that a mapping must last to be of use: a candidate that comes and goes helps nobody.
LIFETIME_MINIMUM: Final = 2 * RENEWAL_MINIMUM

#: Seconds, at least and at most, to the next request to a router that forgot its mappings: it has other clients, too
#: (RFC 6887, section 8.5).
FORGOTTEN_WAIT: Final = (1.0, 5.0)

#: Seconds to the next request after a refusal, at least and at most, whatever the router says.
REFUSAL_MINIMUM: Final = 30.0
REFUSAL_MAXIMUM: Final = 1800.0

#: Seconds after which giving back is said again, and given up.
RELEASE_REPEAT: Final = 0.3
RELEASE_PATIENCE: Final = 1.0


class MappingReader(Protocol):
    """
    Is told of a mapping.
    """

    def granted(self, external: Endpoint, dialect: str) -> None:
        """
        Others reach us there; said at every renewal.

        @param dialect: how the router was asked, for people.
        """

    def lost(self) -> None:
        """
        The mapping has run out, or is another's now.
        """

    def refused(self, reason: str) -> None:
        """
        The router does not do it.
        """


class PortMapping:
    """
    A mapping.

    @ivar external: where others reach us while it is granted.
    """

    def __init__(self, router: Router, port: int, context: Context, reader: MappingReader) -> None:
        """
        @param port: our UDP port.
        @raise wand.errors.PortUnavailable: if no port for the requests can be bound.
        """
        context.counters.declare(COUNTERS)
        self.external: Endpoint | None = None
        self._router = router
        self._port = port
        self._context = context
        self._clock = context.clock
        self._reader = reader
        # The nonce keeps others from changing the mapping (RFC 6887, section 11.1); whoever could guess it is on our
        # link, where he can read it, too.
        self._newest = PCP(router.client, port, context.random.randbytes(NONCE_OCTETS))
        self._dialect: Dialect = self._newest
        self._epochs = EpochCheck()
        self._isAsked = False
        self._isKnown = False  # did the router answer in this dialect?
        self._wait = 0.0
        self._expires = 0.0
        self._next: Callable[[], object] = self.ask
        self._timer = Timer(context.clock, lambda: self._next())
        self._released: Deferred[None] | None = None
        self._udp: DatagramPort = context.underlay.bind(router.client, 0, self)

    def ask(self) -> None:
        """
        Ask for the mapping, or renew it, now, and again until there is an answer.
        """
        self._wait = self._jittered(self._dialect.firstWait)
        self._send(LIFETIME)
        self._after(self._wait, self._repeat)

    def askAnew(self) -> None:
        """
        Ask as at first: it may be another router at the same address, which speaks another dialect.
        """
        self._dialect, self._isKnown = self._newest, False
        self.ask()

    def stop(self) -> None:
        """
        Say nothing more.
        """
        self._timer.stop()
        self._udp.close()
        released, self._released = self._released, None
        if released is not None:
            released.callback(None)

    def release(self) -> Deferred[None]:
        """
        Give the mapping back, if it is granted, and stop.

        @return: fires when the router has said that it is gone, and after L{RELEASE_PATIENCE} in any case.
        """
        if self.external is None or self._released is not None:
            self.stop()
            return succeed(None)
        released = self._released = Deferred()
        self._giveBack(self._clock.seconds() + RELEASE_PATIENCE)
        return released

    def _giveBack(self, until: float) -> None:
        self._send(0)
        if self._clock.seconds() + RELEASE_REPEAT < until:
            self._after(RELEASE_REPEAT, lambda: self._giveBack(until))
        else:
            self._after(RELEASE_REPEAT, self.stop)

    # What comes.

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        """
        See L{wand.underlay.ports.DatagramReceiver}.
        """
        counters = self._context.counters
        if tuple(sender) != (self._router.host, PCP_PORT):
            counters["drop-mapping-stranger"] += 1
            return
        if not self._isAsked:  # who forges the router's address has to be quicker than the router
            counters["drop-mapping-unasked"] += 1
            return
        answer = None if len(datagram) > MESSAGE_MAXIMUM else self._dialect.read(bytes(datagram))
        if answer is None:
            counters["drop-mapping-malformed"] += 1
        elif not isinstance(answer, Incomplete):
            self._isAsked = False
            self._answered(answer)

    def batchReceived(self) -> None:
        """
        See L{wand.underlay.ports.DatagramReceiver}.
        """

    def _answered(self, answer: Granted | Refused | OtherVersion) -> None:
        if self._released is not None:
            if not isinstance(answer, Granted) or answer.external is None:
                self.stop()
        elif isinstance(answer, OtherVersion):
            self._otherVersion(answer)
        elif isinstance(answer, Refused):
            self._refused(answer.reason, answer.lifetime)
        elif answer.external is None or answer.lifetime < LIFETIME_MINIMUM:
            self._lose()
            self._after(REFUSAL_MINIMUM, self.ask)
        else:
            self._granted(answer.external, answer)

    def _granted(self, external: Endpoint, answer: Granted) -> None:
        self._isKnown = True
        now = self._clock.seconds()
        isSteady = self._epochs.isSteady(answer.epoch, now)
        self.external = external
        self._expires = now + min(answer.lifetime, LIFETIME_MAXIMUM)
        self._renewLater()
        if not isSteady:
            self._context.counters["mapping-forgotten"] += 1
            self._after(self._context.random.uniform(*FORGOTTEN_WAIT), self.ask)
        self._reader.granted(external, self._dialect.name)

    def _refused(self, reason: str, lifetime: int) -> None:
        self._isKnown = True
        self._later(reason, min(max(REFUSAL_MINIMUM, lifetime), REFUSAL_MAXIMUM))

    def _later(self, reason: str, seconds: float) -> None:
        self._lose()
        self._after(seconds, self.ask)
        self._reader.refused(reason)

    def _otherVersion(self, answer: OtherVersion) -> None:
        older = self._dialect.older() if answer.version == 0 else None
        if self._isKnown:  # it did speak this one, so somebody else may say this
            self._context.counters["drop-mapping-malformed"] += 1
        elif older is not None:
            self._dialect = older
            self.ask()
        else:
            self._later(f"it speaks version {answer.version} of {self._dialect.name}", REFUSAL_MAXIMUM)

    # What is due.

    def _repeat(self) -> None:
        if self.external is not None and self._expires <= self._clock.seconds():
            self._runOut()
            return
        self._wait = self._jittered(min(2 * self._wait, self._dialect.longestWait))
        self._send(LIFETIME)
        self._after(self._wait, self._repeat)

    def _renewLater(self) -> None:
        """
        Renew after half of what is left of the lifetime, or somewhat more; so it is tried again and again, sooner and
        sooner (RFC 6887, section 11.2.1).
        """
        left = self._expires - self._clock.seconds()
        if left < RENEWAL_MINIMUM:
            self._after(max(left, 0.0), self._runOut)
        else:
            self._after(max(RENEWAL_MINIMUM, left * self._context.random.uniform(1 / 2, 5 / 8)), self._renew)

    def _renew(self) -> None:
        self._send(LIFETIME)
        self._renewLater()

    def _runOut(self) -> None:
        self._lose()
        self.askAnew()

    def _lose(self) -> None:
        if self.external is not None:
            self.external = None
            self._reader.lost()

    def _send(self, lifetime: int) -> None:
        self._isAsked = True
        suggested = self.external or Endpoint("0.0.0.0", self._port)
        for question in self._dialect.questions(suggested, lifetime):
            self._context.counters["mapping-asks"] += 1
            self._udp.send(question, (self._router.host, PCP_PORT))

    def _jittered(self, seconds: float) -> float:
        return seconds * self._context.random.uniform(0.9, 1.1)

    def _after(self, seconds: float, call: Callable[[], object]) -> None:
        self._next = call
        self._timer.set(seconds)
