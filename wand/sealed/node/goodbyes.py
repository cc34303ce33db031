"""
Goodbyes: a program that stops says so in its sessions, so that the other ends need not wait until it is silent.

Those who did not answer are told once more; then the program stops, whether they heard it or not.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall

from wand.interfaces import Context, ISessions
from wand.interfaces.membership import Member
from wand.interfaces.participant import ControlReaders
from wand.sealed.control_numbers import GOODBYE_NUMBERS
from wand.sealed.credentials.messages import Farewell, Goodbye, pack, parse
from wand.timing.pacing import Pacing

#: Seconds to wait for answers before it is said again, and before it is given up; and after which it ends in any case.
ANSWER_PATIENCE: Final = 0.12
PARTING_MAXIMUM: Final = 0.5

#: How many are told at a time.
TOLD_AT_ONCE: Final = 500


class Goodbyes:
    """
    Says goodbye, and hears it.
    """

    def __init__(self, sessions: ISessions, control: ControlReaders, context: Context) -> None:
        self._sessions = sessions
        self._clock = context.clock
        self._events = context.events
        self._telling: Pacing[tuple[bytes, int]] = Pacing(context.clock, self._tell, TOLD_AT_ONCE)
        self._waiting: dict[bytes, int] = {}
        self._timers: list[IDelayedCall] = []
        self._said: Deferred[None] | None = None
        control.read(GOODBYE_NUMBERS, self._received)

    def say(self) -> Deferred[None]:
        """
        Say it in every session.

        @return: fires when all answered, and after L{PARTING_MAXIMUM} in any case.
        """
        if self._said is not None:
            return self._said
        self._waiting.update(self._sessions.sessionsWith())
        if not self._waiting:
            return succeed(None)
        self._said = Deferred()
        self._after(PARTING_MAXIMUM, self._end)
        self._telling.begin(list(self._waiting.items()), partial(self._after, ANSWER_PATIENCE, self._again))
        return self._said

    def _again(self) -> None:
        self._telling.begin(list(self._waiting.items()), partial(self._after, ANSWER_PATIENCE, self._end))

    def _tell(self, told: tuple[bytes, int]) -> None:
        peer, session = told
        if peer in self._waiting:
            self._sessions.sendControl(peer, pack(Goodbye(session)))

    def _received(self, peer: bytes, member: Member, octets: bytes) -> None:
        message = parse(octets)
        if isinstance(message, Goodbye):
            self._heard(peer, member, message)
        elif isinstance(message, Farewell) and self._waiting.pop(peer, None) is not None and not self._waiting:
            self._end()

    def _heard(self, peer: bytes, member: Member, message: Goodbye) -> None:
        if self._sessions.left(peer, message.session, pack(Farewell())):
            self._events.publish("goodbye", peer=member.name, name=member.name, key=peer.hex())

    def _after(self, seconds: float, call: Callable[[], None]) -> None:
        self._timers.append(self._clock.callLater(seconds, call))

    def _end(self) -> None:
        self._telling.stop()
        for timer in self._timers:
            if timer.active():
                timer.cancel()
        self._timers.clear()
        self._waiting.clear()
        said, self._said = self._said, None
        if said is not None:
            said.callback(None)
