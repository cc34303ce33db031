"""
How long a datagram may be on the path to a peer: found by probes that the peer answers, up and down (RFC 8899).

What ICMP says is not trusted, and our datagrams are never cut on the way: one that is too big is lost, and a probe that
stays without an answer tells.  Probes are sent only while there are big frames to send.

    kind 4 (1) | 0 a probe, 1 its answer (1) | size of the probe's datagram (2) | a probe is filled up with zeros

And whether it loses datagrams at random, which only the peer can know, and says:

    kind 6 (1)
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from struct import Struct
from typing import Final

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from wand.errors import NoAnswer
from wand.sealed.sessions.packets import DATA_OVERHEAD

#: The first octet of a probe and of its answer.
PROBE: Final = 4

#: The whole plaintext of a report that datagrams are lost at random.
LOSSY: Final = 6

#: Datagrams that are tried, in octets of UDP payload.  The first is the size of a handshake, the second what every IPv6
#: path carries; then those of usual tunnels, and Ethernet's and jumbo frames with IPv6 and with IPv4.
SIZES: Final = (832, 1232, 1332, 1392, 1420, 1452, 1472, 8952, 8972)

#: The one to begin with.
START: Final = 1

#: Plaintexts longer than this make it worthwhile to know the path.
BIG: Final = 600

#: Seconds to wait for an answer, and how many times.
PROBE_PATIENCE: Final = 0.5
PROBE_TRIES: Final = 5

#: The same for the size in use: frames wait.  An answer that comes later still counts.  The first probe, which usually
#: is the only one, is given longer, up to the maximum, if answers took longer before.
CONFIRM_PATIENCE: Final = 0.15
CONFIRM_PATIENCE_MAXIMUM: Final = 1.0

#: The size in use is given up only if a smaller probe, sent beside it, is answered this many times and it is not: so
#: loss alone, be it a third of what is long, or a peer that is away, does not make datagrams small.
CONFIRM_STRIKES: Final = 7

#: How many times the size in use is tried when neither is answered; and how many if it is only because the peer sends
#: least probes, which may cost it less than us.
CONFIRM_TRIES: Final = 20
PROBED_TRIES: Final = 12

#: Seconds for which a report holds, and the least between two reports: some may be lost, and a slow flow has little to
#: lose in a second; nobody pays for long once the loss is over.
LOSSY_LASTS: Final = 10.0
LOSSY_INTERVAL: Final = 1.0

#: How many of the peer's least probes come without the bigger one beside them until we try our own size: what swallows
#: its long datagrams may swallow ours, and we send none before we get some.
LONE: Final = 2

#: Seconds after which the size in use is tried again; while what we send is not answered; where no probe is answered;
#: and the next bigger one.
CONFIRM_INTERVAL: Final = 2.5
DOUBT_INTERVAL: Final = 0.75
AWAY_INTERVAL: Final = 5.0
RAISE_INTERVAL: Final = 60.0

_LAYOUT: Final = Struct(">BBH")


class Path:
    """
    The way to one peer.

    @ivar room: octets of the longest plaintext that it carries, as far as we know.
    @ivar due: when, in the clock's seconds, the next big plaintext makes it worth to probe.
    """

    def __init__(self, clock: IReactorTime, send: Callable[[bytes], object]) -> None:
        """
        @param send: sends a plaintext.
        """
        self._clock = clock
        self._send = send
        self._timer: IDelayedCall | None = None
        self._searchers: list[Deferred[int]] = []
        self._isAnswered = False  # was a probe, of the size in use, since somebody searches?
        self._lone = 0  # least probes of the peer since the last longer one
        self._reportAt = -inf  # when we may say again that datagrams are lost
        self.forget()

    @property
    def step(self) -> int:
        """
        Which of L{SIZES} is in use.
        """
        return self._step

    @property
    def size(self) -> int:
        """
        Octets of the longest datagram.
        """
        return SIZES[self._step]

    @property
    def isSearching(self) -> bool:
        """
        Does somebody wait for the answer to a probe?
        """
        return self._timer is not None or bool(self._searchers)

    @property
    def isLossy(self) -> bool:
        """
        Are datagrams lost at random, as far as we know?
        """
        return self._clock.seconds() < self._lossyUntil

    def lossReported(self) -> None:
        """
        The peer says that datagrams are lost at random.
        """
        self._lossyUntil = self._clock.seconds() + LOSSY_LASTS

    def reportLoss(self) -> bool:
        """
        Say that datagrams from the peer are lost at random, unless that was said just now.

        @return: was it said?
        """
        now = self._clock.seconds()
        if now < self._reportAt:
            return False
        self._reportAt = now + LOSSY_INTERVAL
        self._send(bytes([LOSSY]))
        return True

    def forget(self, step: int = START) -> None:
        """
        The way is another now, or there is none.

        @param step: the step that was in use on it before; the next big plaintext shows whether it still is good.
        """
        self._cancel()
        self.due = self._raiseAt = self._confirmedAt = -inf
        self._lossyUntil = self._took = 0.0
        self._isAnswered = self._isAway = False
        self._take(step)
        self._found()

    def probe(self) -> None:
        """
        Find out whether more goes through, or still as much.
        """
        isSearch = self._clock.seconds() >= self._raiseAt and self._step + 1 < len(SIZES)
        self._ask(self._step + isSearch)

    def doubt(self) -> None:
        """
        What we send is not answered: the next big plaintext shows whether the size in use still is good.
        """
        if self._timer is None and not self._isAway:
            self.due = min(self.due, self._confirmedAt + DOUBT_INTERVAL)

    def search(self) -> Deferred[int]:
        """
        Find out at once what goes through, for somebody who waits for it.

        @return: fires with octets of the longest datagram, or fails with L{NoAnswer}; cancel it to wait no longer.
        """
        found: Deferred[int] = Deferred()
        if not self._searchers:
            self._isAnswered = False
        self._searchers.append(found)
        if self._timer is None:
            self._ask(min(self._step + 1, len(SIZES) - 1))
        return found

    def tooLong(self, size: int) -> None:
        """
        Our own interface does not take datagrams of this size.  If it took them before it has become narrower, and the
        search begins again; if it is a probe's there is no answer to wait for.
        """
        if size <= self.size:
            if self._step:
                self._startOver()
        elif self._timer is not None and size == SIZES[self._asked]:
            self._gaveUp()

    def received(self, plaintext: memoryview) -> None:
        """
        A probe came, or an answer.
        """
        if len(plaintext) < _LAYOUT.size:
            return
        _, isAnswer, size = _LAYOUT.unpack_from(plaintext)
        if not isAnswer:
            self._send(_LAYOUT.pack(PROBE, 1, len(plaintext) + DATA_OVERHEAD))
            self._probed(len(plaintext) + DATA_OVERHEAD)
        elif self._timer is not None:
            if size == SIZES[self._asked]:
                self._answered()
            elif size == SIZES[0]:
                self._leastAnswered = True

    def _probed(self, size: int) -> None:
        self._lone = self._lone + 1 if size == SIZES[0] else 0
        if self._lone >= LONE and self._timer is None and self._step and self._clock.seconds() >= self.due:
            self._lone = 0
            self._ask(self._step, PROBED_TRIES)

    def _answered(self) -> None:
        self._cancel()
        self._isAnswered = True
        now = self._clock.seconds()
        took = now - self._askedAt
        self._took = took if self._tries == 1 else min(took, 2 * max(self._took, CONFIRM_PATIENCE))
        if self._asked > self._step:
            self._take(self._asked)
            self.probe()
        else:
            self._confirmedAt, self._isAway = now, False
            self.due = now + CONFIRM_INTERVAL
            self._found()

    def _ask(self, step: int, tries: int = CONFIRM_TRIES) -> None:
        """
        @param tries: how many times at most, if it is the size in use.
        """
        self.due = inf
        self._asked, self._askedAt = step, self._clock.seconds()
        self._triesMaximum = tries if step <= self._step else PROBE_TRIES
        self._tries = self._strikes = 0
        self._try()

    def _try(self) -> None:
        self._tries += 1
        self._leastAnswered = False
        self._timer = self._clock.callLater(self._patience, self._unanswered)
        self._sendProbe(SIZES[self._asked])
        if self._asked == self._step > 0 and self._tries > 1:
            self._sendProbe(SIZES[0])

    @property
    def _patience(self) -> float:
        if self._asked > self._step:
            return PROBE_PATIENCE
        if self._tries > 1:
            return CONFIRM_PATIENCE
        return min(CONFIRM_PATIENCE_MAXIMUM, max(CONFIRM_PATIENCE, 1.5 * self._took))

    def _sendProbe(self, size: int) -> None:
        self._send(_LAYOUT.pack(PROBE, 0, size).ljust(size - DATA_OVERHEAD, b"\0"))

    def _unanswered(self) -> None:
        self._timer = None
        self._strikes += self._leastAnswered
        if self._asked == self._step and self._strikes == CONFIRM_STRIKES:
            self._startOver()
        elif self._tries < self._triesMaximum:
            self._try()
        else:
            self._gaveUp()

    def _startOver(self) -> None:
        self._cancel()
        self._isAnswered = False
        self._take(0)
        self._raiseAt = -inf
        self.probe()

    def _gaveUp(self) -> None:
        self._cancel()
        now = self._clock.seconds()
        self._isAway = self._asked <= self._step
        self.due = now + (AWAY_INTERVAL if self._isAway else CONFIRM_INTERVAL)
        if not self._isAway:
            self._raiseAt = now + RAISE_INTERVAL
            if self._searchers and not self._isAnswered:
                self._ask(self._step)  # nobody saw yet that the size in use gets through
                return
        self._found()

    def _found(self) -> None:
        searchers, self._searchers = self._searchers, []
        for each in searchers:
            if self._isAnswered:
                each.callback(self.size)
            else:
                each.errback(NoAnswer("no probe of the path was answered"))

    def _take(self, step: int) -> None:
        self._step = step
        self.room = SIZES[step] - DATA_OVERHEAD

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
