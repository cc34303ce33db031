"""
Neighbours: the members that answered on one of our links, and where.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

import attrs
from twisted.internet.interfaces import IReactorTime

from wand.endpoint import Endpoint
from wand.interfaces import ISessions
from wand.interfaces.sessions import LAN
from wand.timing.deadlines import Deadlines

#: How many members are remembered, and at how many hosts each; the one that was heard longest ago makes room.
NEIGHBOURS_MAXIMUM: Final = 4096
HOSTS_MAXIMUM: Final = 4

#: Seconds after which a neighbour of which nothing was heard counts as gone: each asks three times in that time.
SILENCE: Final = 190.0


@attrs.define
class Neighbour:
    """
    A member on one of our links.

    @ivar exchangeKey: the public key of its handshakes.
    @ivar run: which of its program's starts this is.
    @ivar port: its UDP port for data.
    @ivar hosts: where it answered, the latest last.
    """

    exchangeKey: bytes
    run: bytes
    port: int
    hosts: list[str] = attrs.field(factory=list)


class Neighbours:
    """
    Tells the sessions where neighbours are.
    """

    def __init__(self, sessions: ISessions, clock: IReactorTime) -> None:
        self._sessions = sessions
        self._clock = clock
        self._known: OrderedDict[bytes, Neighbour] = OrderedDict()
        self._deadlines: Deadlines[tuple[bytes, str]] = Deadlines(clock, self._silent)

    def __len__(self) -> int:
        return len(self._known)

    def get(self, identity: bytes) -> Neighbour | None:
        """
        What is known of a member.
        """
        return self._known.get(identity)

    def found(self, identity: bytes, exchangeKey: bytes, run: bytes, place: tuple[str, int]) -> None:
        """
        A member proved that it is on a link of ours, and that it got what we sent there.

        @param place: its host, and its UDP port for data.
        """
        host, port = place
        neighbour = self._known.pop(identity, None)
        if neighbour is None or (neighbour.run, neighbour.port) != (run, port):
            neighbour = Neighbour(exchangeKey, run, port)
        self._known[identity] = neighbour
        neighbour.hosts = [*(each for each in neighbour.hosts if each != host), host][-HOSTS_MAXIMUM:]
        self._deadlines.expireAt((identity, host), self._clock.seconds() + SILENCE)
        self._introduce(identity, neighbour)
        if len(self._known) > NEIGHBOURS_MAXIMUM:
            self._introduce(*self._known.popitem(last=False), hosts=[])

    def heard(self, identity: bytes, run: bytes, place: tuple[str, int]) -> bool:
        """
        A member was heard.

        @return: whether it was found there before; it is still there then, and knows us.
        """
        host, port = place
        neighbour = self._known.get(identity)
        if neighbour is None or (neighbour.run, neighbour.port) != (run, port) or host not in neighbour.hosts:
            return False
        self._deadlines.expireAt((identity, host), self._clock.seconds() + SILENCE)
        return True

    def isAt(self, identity: bytes, host: str) -> bool:
        """
        Was a member found at a host?
        """
        neighbour = self._known.get(identity)
        return neighbour is not None and host in neighbour.hosts

    def stop(self) -> None:
        """
        Forget everybody, and leave no timer behind.
        """
        self._deadlines.stop()
        self._known.clear()

    def _silent(self, key: tuple[bytes, str]) -> None:
        identity, host = key
        neighbour = self._known.get(identity)
        if neighbour is None or host not in neighbour.hosts:
            return
        neighbour.hosts.remove(host)
        if not neighbour.hosts:
            del self._known[identity]
        self._introduce(identity, neighbour)

    def _introduce(self, identity: bytes, neighbour: Neighbour, hosts: list[str] | None = None) -> None:
        where = [Endpoint(host, neighbour.port) for host in reversed(neighbour.hosts if hosts is None else hosts)]
        self._sessions.introduce(identity, neighbour.exchangeKey, where, LAN)
