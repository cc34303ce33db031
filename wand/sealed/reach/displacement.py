"""
Displacement: relays drop what we send, because it comes from elsewhere than what we send in our session with them.

That passes when this host or its NAT has just got another place: the session follows.  Where it lasts, something in
between gives each datagram another port.  A relay that is a server is used in a stream then, which has one place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import attrs

from wand.interfaces import Context
from wand.interfaces.membership import Member
from wand.interfaces.participant import ControlReaders
from wand.sealed.control_numbers import DISPLACED
from wand.sealed.reach.relay_messages import Displaced, parseFromRelay

COUNTERS: Final = {
    "relayed-displaced": "times that a relay dropped what we sent, because it came from elsewhere than our session",
    "drop-relayed-displaced": "messages that a relay dropped what we sent dropped: they cannot be read, or we have no "
    "such channel",
}

#: How often a relay has to say so, for how many seconds, and within how many the next time.
REPORTS: Final = 3
LASTING: Final = 2.5
LATELY: Final = 10.0


@attrs.frozen
class Reports:
    """
    What one relay said.
    """

    first: float
    last: float
    count: int = 1


class Displacement:
    """
    Hears that, and has a relay used in a stream.

    @ivar useStream: called with a relay that is a server, and that is to be used in a stream.
    """

    def __init__(
        self,
        control: ControlReaders,
        context: Context,
        has: Callable[[bytes, int], bool],
        isServer: Callable[[bytes], bool],
        follow: Callable[[bytes], object],
    ) -> None:
        """
        @param has: have we got this channel of this relay?
        @param isServer: is a relay a server?
        @param follow: says something to a relay in the session with it.
        """
        context.counters.declare(COUNTERS)
        self.useStream: Callable[[bytes], object] = lambda relay: None
        self._counters = context.counters
        self._clock = context.clock
        self._has = has
        self._isServer = isServer
        self._follow = follow
        self._reports: dict[bytes, Reports] = {}
        self.stop = control.read(range(DISPLACED, DISPLACED + 1), self._received)

    def forget(self, relay: bytes) -> None:
        """
        There is no session with a relay any more.
        """
        self._reports.pop(relay, None)

    def _received(self, sender: bytes, member: Member, octets: bytes) -> None:
        message, relay = parseFromRelay(octets), bytes(sender)
        if not isinstance(message, Displaced) or not self._has(relay, message.channel):
            self._counters["drop-relayed-displaced"] += 1
            return
        self._counters["relayed-displaced"] += 1
        if self._isServer(relay) and self._lasts(relay):
            self.forget(relay)
            self.useStream(relay)
        else:
            self._follow(relay)  # so that its session with us follows, if it can

    def _lasts(self, relay: bytes) -> bool:
        now = self._clock.seconds()
        before = self._reports.get(relay)
        if before is None or now - before.last > LATELY:
            self._reports[relay] = Reports(now, now)
            return False
        reports = self._reports[relay] = Reports(before.first, now, before.count + 1)
        return reports.count >= REPORTS and now - reports.first >= LASTING
