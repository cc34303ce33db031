"""
The wire of a simulation: it loses and delays what members send, comes apart and together again, and counts octets.

It does what sessions do (docs/sealed.md) with the sizes and the times that they have: handshakes, their repetitions and
renewals, and what else goes over a session at rest.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

import attrs

from wand.testing.simulation.fast_clock import FastClock

#: Octets of the headers of IPv4 and UDP.
HEADERS: Final = 28

#: Octets of a control message beside itself: those headers, that of the session, its tag, and the kind.
MESSAGE: Final = HEADERS + 16 + 16 + 1

#: Octets of an initiation, and of a response.
HANDSHAKE: Final = HEADERS + 832

#: Octets for each renewal on both sides beside the handshake: a keepalive, and two digests of revocations.
RENEWAL: Final = HEADERS + 33 + 2 * (MESSAGE + 19)

#: Seconds until a session is renewed, and until it ends.
RENEW: Final = 120.0
END: Final = 180.0

#: Seconds until somebody notices that the other side knows its session no longer.
SILENCE: Final = 15.0

#: How many initiations are sent to somebody that does not answer, the seconds that takes, and between the last of them.
ATTEMPTS: Final = 9
ATTEMPT: Final = 60.0
ATTEMPT_STEP: Final = 8.0


@attrs.frozen
class Air:
    """
    How bad a wire is.

    @ivar loss: the probability that a datagram is lost, 0 to 1.
    @ivar delay: the seconds that a datagram takes at least.
    @ivar jitter: up to how many seconds more it takes.
    @ivar hidden: the share of members behind NATs that let nobody in; for two of them to meet takes as long as a call.
    @ivar call: the seconds that a call takes.
    """

    loss: float = 0.0
    delay: float = 0.02
    jitter: float = 0.06
    hidden: float = 0.0
    call: float = 0.5


class Wire:
    """
    Carries messages between members, each known by its number.

    @ivar air: how bad it is.
    @ivar sent: the octets that each member has sent.
    @ivar lost: how many messages were lost, for any reason.
    @ivar runs: the run of each member: even while it runs, odd while it does not.
    """

    def __init__(
        self, clock: FastClock, random: Random, air: Air, size: int, deliver: Callable[[int, int, bytes], object]
    ) -> None:
        """
        @param size: how many members there are.
        @param deliver: takes a message: to whom it is, from whom, and the message.
        """
        self.air = air
        self.sent = [0] * size
        self.lost = 0
        self.runs = [0] * size
        self._clock = clock
        self._random = random
        self._deliver = deliver
        self._sides = [0] * size
        self._isBlocked: Callable[[int, int], bool] = lambda sender, receiver: False
        self._hidden = [random.random() < air.hidden for _ in range(size)]
        self._sessions: dict[tuple[int, int], tuple[float, int, int]] = {}
        self._attempts: dict[tuple[int, int], float] = {}

    def part(self, sides: Callable[[int], int]) -> None:
        """
        Come apart.

        @param sides: the part that a member is in, by its number; nothing passes from one to another.
        """
        self._sides = [sides(number) for number in range(len(self._sides))]

    def heal(self) -> None:
        """
        Come together again.
        """
        self._sides = [0] * len(self._sides)

    def block(self, isBlocked: Callable[[int, int], bool]) -> None:
        """
        Let nothing pass on some ways, of which one may be the way back of another.  A session that is there goes on in
        the direction that is left until it would be renewed.

        @param isBlocked: does nothing pass from one member to another, by their numbers?
        """
        self._isBlocked = isBlocked

    def mark(self) -> list[int]:
        """
        The octets that each member has sent so far.
        """
        return self.sent.copy()

    def send(self, sender: int, receiver: int, message: bytes) -> None:
        """
        Carry a message, or lose it.
        """
        now = self._clock.seconds()
        pair = (sender, receiver) if sender < receiver else (receiver, sender)
        session = self._sessions.get(pair)
        runs = self.runs[pair[0]], self.runs[pair[1]]
        wait = 0.0
        known = 1 if sender < receiver else 2
        if session is None or now - session[0] > END or session[known] != self.runs[sender]:
            met = self._meet(sender, receiver, now)
            if met is None:
                self.lost += 1
                return
            wait, self._sessions[pair] = met, (now, *runs)
        elif session[1:] != runs:  # the receiver ended, or was started again
            self._notice(pair, session, now)
            self.lost += 1
            return
        elif now - session[0] > RENEW and self._mayMeet(sender, receiver):
            self.sent[sender] += HANDSHAKE + RENEWAL
            self.sent[receiver] += HANDSHAKE + RENEWAL
            self._sessions[pair] = now, *runs
        self._carry(sender, receiver, message, wait)

    def _carry(self, sender: int, receiver: int, message: bytes, wait: float) -> None:
        self.sent[sender] += len(message) + MESSAGE
        if self._random.random() < self.air.loss:
            self.lost += 1
            return
        seconds = wait + self.air.delay + self._random.random() * self.air.jitter
        self._clock.callLater(seconds, self._arrive, sender, receiver, message, self.runs[receiver])

    def _arrive(self, sender: int, receiver: int, message: bytes, run: int) -> None:
        isOpen = self._isOpen(sender, receiver) and not self._isBlocked(sender, receiver)
        if isOpen and self.runs[receiver] == run:
            self._deliver(receiver, sender, message)
        else:
            self.lost += 1

    def _isOpen(self, sender: int, receiver: int) -> bool:
        return self._sides[sender] == self._sides[receiver] and not self.runs[receiver] & 1

    def _mayMeet(self, sender: int, receiver: int) -> bool:
        isBlocked = self._isBlocked(sender, receiver) or self._isBlocked(receiver, sender)
        return self._isOpen(sender, receiver) and not isBlocked

    def _meet(self, sender: int, receiver: int, now: float) -> float | None:
        """
        Make a session.

        @return: the seconds that it takes; C{None} if nobody answers.
        """
        pair = sender, receiver
        isTrying = self._attempts.get(pair, 0.0) > now
        if not self._mayMeet(sender, receiver):
            if not isTrying:
                self._attempts[pair] = now + ATTEMPT
                self.sent[sender] += ATTEMPTS * HANDSHAKE
            return None
        wait = self._random.uniform(0, ATTEMPT_STEP) if isTrying else 0.0
        wait += self.air.call if self._hidden[sender] and self._hidden[receiver] else 0.0
        self._attempts.pop(pair, None)
        step = 1.0
        while True:
            self.sent[sender] += HANDSHAKE
            if self._random.random() >= self.air.loss:
                self.sent[receiver] += HANDSHAKE
                if self._random.random() >= self.air.loss:
                    return wait + 2 * self.air.delay + self._random.random() * 2 * self.air.jitter
            wait, step = wait + step, min(2 * step, ATTEMPT_STEP)

    def _notice(self, pair: tuple[int, int], session: tuple[float, int, int], now: float) -> None:
        ends = max(0.0, END - (now - session[0]))
        if ends > SILENCE:  # it goes on as one that is about to end
            self._sessions[pair] = now - END + SILENCE, session[1], session[2]
