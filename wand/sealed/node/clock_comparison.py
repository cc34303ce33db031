"""
Clocks are compared with those of others: whoever has a wrong one is told.  No elapsed time depends on them;
certificates, invitations and what people read do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Final

import attrs

from wand.interfaces import Context
from wand.interfaces.membership import Member
from wand.timing.difference import difference
from wand.timing.repeating import Repeating

#: Seconds by which two clocks may differ before somebody is told.
DIFFERENCE_TOLERATED: Final = 60.0

#: Seconds between two looks at whether somebody set our own clock, and by how much it must have been set.
LOOK_INTERVAL: Final = 5.0
STEP_MINIMUM: Final = 10.0

#: Seconds for which a comparison counts: sessions with servers are renewed every two minutes.
COMPARISON_LIFETIME: Final = 900.0

#: How many comparisons are kept; beyond, the oldest go.
COMPARISONS_MAXIMUM: Final = 1024

#: How many members are named at most.
NAMED_MAXIMUM: Final = 5

#: The note that says what is wrong.
CLOCK_NOTE: Final = "clock"

_HOW: Final = "for example with timedatectl set-ntp true"


@attrs.frozen
class _Comparison:
    name: str
    ahead: float
    at: float

    @property
    def isWrong(self) -> bool:
        return abs(self.ahead) > DIFFERENCE_TOLERATED


class ClockComparison:
    """
    Compares our clock with those of others at each handshake, and notices when ours is set.
    """

    def __init__(self, context: Context, stepped: Callable[[], object], *, isServer: bool) -> None:
        """
        @param stepped: called when somebody set our clock.
        @param isServer: are we a directory server, so that the others are members?
        """
        self._clock = context.clock
        self._wallClock = context.wallClock
        self._events = context.events
        self._notes = context.notes
        self._stepped = stepped
        self._isServer = isServer
        self._compared: dict[bytes, _Comparison] = {}
        self._wrong: dict[bytes, _Comparison] = {}  # those among them that are, for no handshake may look at all
        self._offset = self._now()
        self._looking = Repeating("a look at the clock", self._look, context.clock, context.failures)

    def start(self) -> None:
        """
        Look at our own clock from now on.
        """
        self._offset = self._now()
        self._looking.start(LOOK_INTERVAL, now=False)

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._looking.stop()

    def told(self, member: Member, ahead: float) -> None:
        """
        See L{wand.interfaces.ISessions.onClock}.
        """
        if member.isServer or self._isServer:
            self._compare(member.identity, _Comparison(member.name, ahead, self._clock.seconds()))
            if len(self._compared) > COMPARISONS_MAXIMUM:
                self._drop(next(iter(self._compared)))
            self._say()

    def _compare(self, identity: bytes, comparison: _Comparison) -> None:
        before = self._compared.get(identity)
        self._drop(identity)
        self._compared[identity] = comparison
        if comparison.isWrong:
            self._wrong[identity] = comparison
        if comparison.isWrong != (before is not None and before.isWrong):
            kind = "clock-differs" if comparison.isWrong else "clock-agrees"
            self._events.publish(kind, name=comparison.name, key=identity.hex(), ahead=round(comparison.ahead))

    def _now(self) -> float:
        return self._wallClock() - self._clock.seconds()

    def _look(self) -> None:
        before, self._offset = self._offset, self._now()
        step = self._offset - before
        if abs(step) > STEP_MINIMUM:
            self._events.publish("clock-set", seconds=round(step))
            self._shift(step)
            self._stepped()
        self._forget()

    def _shift(self, step: float) -> None:
        """
        Our own clock was set, so the differences from all others change by as much.
        """
        for identity, each in tuple(self._compared.items()):
            self._compare(identity, attrs.evolve(each, ahead=each.ahead - step))
        self._say()

    def _forget(self) -> None:
        since = self._clock.seconds() - COMPARISON_LIFETIME
        old = [key for key, each in self._compared.items() if each.at < since]
        for key in old:
            self._drop(key)
        if old and self._isServer:  # a node keeps what a server said last until it says otherwise
            self._say()

    def _drop(self, key: bytes) -> None:
        self._compared.pop(key, None)
        self._wrong.pop(key, None)

    # What people are told.

    def _say(self) -> None:
        wrong = self._wrong
        if not wrong:
            self._notes.clear(CLOCK_NOTE)
            return
        latest = next(reversed(wrong.values()))
        areMost = 2 * len(wrong) > len(self._compared)
        if not self._isServer and areMost:
            text = f"this host's clock is {difference(-latest.ahead)} the server's: set it, {_HOW}"
        elif len(wrong) > 2 and areMost:
            text = (
                f"the clocks of {len(wrong)} of {len(self._compared)} members differ from this server's, that of "
                f"{latest.name} is {difference(latest.ahead)} it: set the clock of this server, {_HOW}"
            )
        elif len(wrong) == 1:
            whose = "this server's" if self._isServer else "this host's and those of other servers"
            text = f"the clock of {latest.name} is {difference(latest.ahead)} {whose}: set it there, {_HOW}"
        else:
            text = f"the clocks of {_named(wrong)} differ from this host's: set them there, {_HOW}"
        self._notes.say(CLOCK_NOTE, text)


def _named(wrong: Mapping[bytes, _Comparison]) -> str:
    first = islice(wrong.values(), NAMED_MAXIMUM)
    named = [f"{each.name} ({difference(each.ahead).removesuffix(' of')})" for each in first]
    more = f" and {len(wrong) - NAMED_MAXIMUM} more" if len(wrong) > NAMED_MAXIMUM else ""
    return ", ".join(named) + more
