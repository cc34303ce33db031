"""
Copies: a state directory that was copied makes two hosts one member, and each takes the other's sessions away.  Both
are found and told, and so is the operator of the server.

Each process that runs with a key has an epoch of its own.  The server tells the one that had the session before that
another epoch came.  A process that was restarted is no longer there to hear it.  One that is there claims with a later
epoch, because a state directory that was restored from a backup may be behind; if it is overtaken again after that, it
is not alone.  It does so once a minute, so that it gets its addresses back soon after the other was stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf
from typing import Final

from wand.interfaces import Context, ISessions
from wand.interfaces.membership import Member
from wand.sealed.control_numbers import COPY_NUMBERS
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.messages import Overtaken, Twice, pack, parse
from wand.sealed.node.own_claim import OwnClaim
from wand.sealed.sessions.control_messages import ControlMessages

#: For how many seconds C{wand status} tells of copies after they were seen.
NOTE_LIFETIME: Final = 600.0

#: Seconds between two steps beyond the other's epoch, which both make while both run.
STEP_INTERVAL: Final = 60.0

#: Seconds between two events about one member.
EVENT_INTERVAL: Final = 60.0

_ADVICE: Final = (
    "its state directory was copied, and each takes the other's traffic away; stop one of them, and let that one join "
    "with an empty state directory and a new invitation"
)


class CopiesOfUs:
    """
    Finds out, on a node, that another host runs with its key.
    """

    def __init__(
        self,
        claim: OwnClaim,
        control: ControlMessages,
        context: Context,
        announce: Callable[[], object],
        tellServers: Callable[[bytes], object],
    ) -> None:
        """
        @param announce: announces ourselves with the new epoch.
        @param tellServers: sends a control message to the servers.
        """
        self._claim = claim
        self._notes = context.notes
        self._events = context.events
        self._announce = announce
        self._tellServers = tellServers
        self._clock = context.clock
        self._steppedAt: float | None = None
        self._publishedAt = -inf
        control.read(COPY_NUMBERS, self._told)

    def overtaken(self, epoch: int) -> None:
        """
        Somebody announced with our key and this epoch.
        """
        own = self._claim.epoch
        if epoch <= own:
            return
        now, steppedAt = self._clock.seconds(), self._steppedAt
        if steppedAt is not None:
            self._say(())
            self._tellServers(pack(Overtaken(own, epoch)))
        if steppedAt is None or now >= steppedAt + STEP_INTERVAL:
            self._steppedAt = now
            self._claim.surpass(epoch)
            self._announce()

    def _told(self, peer: bytes, member: Member, octets: bytes) -> None:
        message = parse(octets)
        if member.isServer and isinstance(message, Twice):
            self._say(message.endpoints)

    def _say(self, endpoints: Iterable[str]) -> None:
        where = " and ".join(endpoints)
        seen = f" ({where})" if where else ""
        self._notes.say("twice", f"two hosts run with the key of this node{seen}: {_ADVICE}", lifetime=NOTE_LIFETIME)
        now = self._clock.seconds()
        if where and now >= self._publishedAt + EVENT_INTERVAL:
            self._publishedAt = now
            self._events.publish("twice", endpoints=where)


class CopiesOfMembers:
    """
    Tells, on a server, of members that run on two hosts.
    """

    def __init__(
        self, sessions: ISessions, control: ControlMessages, context: Context, epochOf: Callable[[Identity], int | None]
    ) -> None:
        """
        @param epochOf: the epoch of the latest claim of a member.
        """
        self._sessions = sessions
        self._notes = context.notes
        self._events = context.events
        self._epochOf = epochOf
        self._clock = context.clock
        self._publishedAt: dict[Identity, float] = {}  # of members only, and of few of them
        control.read(COPY_NUMBERS, self._told)

    def _told(self, peer: bytes, member: Member, octets: bytes) -> None:
        message, identity = parse(octets), Identity(peer)
        if isinstance(message, Overtaken) and message.own < message.seen == self._epochOf(identity):
            self._found(identity, member)

    def _found(self, identity: Identity, member: Member) -> None:
        places = (self._sessions.endpointBefore(identity), self._sessions.endpointOf(identity))
        first, second = (str(each or "an unknown place") for each in places)
        twice = pack(Twice((first, second)))
        self._sessions.sendBefore(identity, twice)
        self._sessions.sendControl(identity, twice)
        self._notes.say(
            f"twice-{identity}",
            f"two hosts run with the key of {member.name} ({identity}), {first} and {second}: {_ADVICE}",
            lifetime=NOTE_LIFETIME,
        )
        now = self._clock.seconds()
        if now >= self._publishedAt.get(identity, -inf) + EVENT_INTERVAL:
            self._publishedAt[identity] = now
            self._events.publish("member-twice", name=member.name, key=identity.text, first=first, second=second)
