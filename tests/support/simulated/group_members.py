"""
Many members that hand frames to groups on, in one process: real L{Groups} and real signatures, over sessions that are
made up.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache
from random import Random
from types import SimpleNamespace
from typing import Any, Final, cast

import attrs
from msgspec import structs
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from wand.interfaces import ISessions
from wand.interfaces.participant import MemberContext
from wand.interfaces.search import EverybodyIsKnown
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.claim import Announcement, Claim
from wand.sealed.credentials.identity import NetworkKey, NodeKey
from wand.sealed.credentials.limits import Limits
from wand.sealed.credentials.signed import signed, verified
from wand.sealed.groups.circle import Circle
from wand.sealed.groups.groups import Groups, GroupSettings
from wand.testing.context import simulatedContext
from wand.testing.network import Network
from wand.testing.simulation.fast_clock import FastClock

NETWORK_KEY: Final = NetworkKey.fromSeed(b"n" * 32)

#: Seconds that a message takes, and for how long certificates are valid.
DELAY: Final = 0.02
LIFE: Final = 2_000_000_000

BROADCAST: Final = b"\xff" * 6


@cache
def keyOf(number: int) -> NodeKey:
    """
    The key of a member.
    """
    return NodeKey.fromSeed(number.to_bytes(32, "big"))


def macOf(number: int) -> bytes:
    """
    The MAC address of a member.
    """
    return b"\2\0" + number.to_bytes(4, "big")


@cache
def announcementOf(number: int, bridge: bool = False, broadcasts: int = 4000) -> Announcement:
    """
    What a member says of itself.
    """
    key = keyOf(number)
    shared = (macOf(number),), (f"10.77.{number >> 8}.{number & 255}/16",), f"m{number}"
    network, limits = NETWORK_KEY.network, Limits(broadcasts=broadcasts)
    macs, addresses, name = shared
    certificate = Certificate(
        network, bytes(key.identity), key.exchangePublic, 0, name, addresses, macs, bridge, 0, 0, LIFE, limits
    )
    claim = Claim(NETWORK_KEY.network, bytes(key.identity), 1, *shared)
    return Announcement(certificate, claim, signed(NETWORK_KEY.signing, certificate), signed(key.signing, claim))


def renewedOf(number: int, epoch: int, *macs: bytes) -> Announcement:
    """
    What a member says of itself later.

    @param macs: its MAC addresses, if they are not what they were.
    """
    before, key = announcementOf(number), keyOf(number)
    claim = structs.replace(before.claim, epoch=epoch, macs=macs or before.claim.macs)
    certificate = structs.replace(before.certificate, macs=(*before.certificate.macs, *macs))
    return Announcement(certificate, claim, signed(NETWORK_KEY.signing, certificate), signed(key.signing, claim))


class Members:
    """
    What one member knows of the others; provides L{wand.sealed.groups.originators.GroupMembers}.
    """

    def __init__(self, known: dict[bytes, Announcement], fallBack: dict[bytes, Announcement]) -> None:
        self.visitors: dict[bytes, Announcement] = {}
        self.entries = SimpleNamespace(claimed=lambda peer: None, toldOnline=None)
        self.sources = self
        self.known, self.all = known, fallBack

    def mayUse(self, identity: bytes, mac: bytes, toGroup: int) -> bool:
        said = self.announcement(identity) or self.visitors.get(identity)
        return said is not None and mac in said.claim.macs

    def broadcastsOf(self, identity: bytes) -> int:
        said = self.announcement(identity) or self.visitors.get(identity)
        assert said is not None
        return said.certificate.limits.broadcasts

    def flooded(self, identity: bytes) -> None:
        pass

    def announcement(self, identity: bytes) -> Announcement | None:
        return self.known.get(identity) or self.all.get(identity)

    def offer(self, certificate: bytes, claim: bytes) -> bool:
        said = self.verified(certificate, claim)
        if said is not None:
            self.known[said.identity] = said
        return said is not None

    def verified(self, certificate: bytes, claim: bytes) -> Announcement | None:
        return Announcement.verified(
            certificate, claim, lambda octets: verified(octets, Certificate, bytes(NETWORK_KEY.network))
        )


class MadeUpSessions:
    """
    The sessions of one member.
    """

    def __init__(self, world: GroupWorld, number: int) -> None:
        self.world, self.number = world, number
        self.own = bytes(keyOf(number).identity)
        self.up: set[bytes] = set()
        self.begun = 0
        self.waiting: dict[bytes, list[bytes]] = {}
        self.readers: list[Callable[..., object]] = []
        self.reader: Callable[..., object] = lambda *_: None
        self.blamed: list[bytes] = []

    def onSession(self, reader: Callable[..., object]) -> None:
        self.readers.append(reader)

    def isUp(self, peer: bytes) -> bool:
        return peer in self.up

    def blame(self, peer: bytes, reason: str) -> None:
        self.blamed.append(peer)

    def introduce(self, *_: object) -> None:
        pass

    def endpointOf(self, peer: bytes) -> None:
        return None

    def read(self, numbers: range, reader: Callable[..., object], *, isLimited: bool = True) -> Callable[[], None]:
        self.reader = reader
        return lambda: None

    def sendControl(self, peer: bytes, message: bytes) -> None:
        if peer in self.up:
            self.world.carry(self.own, peer, message)
            return
        waiting = self.waiting.setdefault(peer, [])
        if not waiting:
            self.begun += 1
            self.world.handshake(self, peer)
        waiting.append(message)
        del waiting[:-64]

    def begin(self, peer: bytes) -> None:
        """
        There is a session.
        """
        self.up.add(peer)
        for reader in self.readers:
            reader(peer, SimpleNamespace(isServer=False), True)
        for message in self.waiting.pop(peer, ()):
            self.world.carry(self.own, peer, message)


@attrs.define(eq=False)
class Host:
    """
    One member, and what its host got.
    """

    number: int
    groups: Groups
    sessions: MadeUpSessions
    members: Members
    got: list[bytes] = attrs.field(factory=list)

    def frameReceived(self, peer: object, frame: bytes) -> None:
        self.got.append(bytes(frame))

    def peerHeard(self, peer: object) -> None:
        pass


class GroupWorld:
    """
    All of them.

    @ivar loss: how many of all messages are lost.
    @ivar tampering: is asked about every message: from, to, and the message; gives what arrives.
    """

    def __init__(
        self, count: int, *, loss: float = 0.0, isPartial: bool = False, copies: int = 5000, broadcasts: int = 4000
    ) -> None:
        self.clock = FastClock()
        self.clock.run(1_700_000_000.0)
        self.random = Random(1)
        self.loss = loss
        self.tampering: Callable[[bytes, bytes, bytes], Iterable[bytes]] = lambda sender, receiver, message: (message,)
        self.messages = 0
        self.sentTo: defaultdict[bytes, int] = defaultdict(int)
        self.isPartial = isPartial
        clock = cast(Clock, self.clock)
        self.context = simulatedContext(clock, Network(clock, Random(1)), "192.0.2.1")
        self.circle = Circle(bytes(32))
        self.hosts: dict[bytes, Host] = {}
        told = () if isPartial else (announcementOf(each, False, broadcasts) for each in range(count))
        self.all: dict[bytes, Announcement] = {each.identity: each for each in told}
        self._copies, self._broadcasts = copies, broadcasts
        for number in range(count):
            self.start(number)

    def start(self, number: int) -> Host:
        """
        One more is online.
        """
        own = announcementOf(number, False, self._broadcasts)
        sessions = MadeUpSessions(self, number)
        members = Members({own.identity: own}, self.all)
        participant = SimpleNamespace(identity=own.identity, claims=members, sign=keyOf(number).signing.sign)
        search = self if self.isPartial else EverybodyIsKnown()
        sealed = MemberContext(cast(Any, participant), cast(Any, sessions), sessions, cast(Any, search))
        settings = GroupSettings(direct=0, copies=self._copies)
        table = SimpleNamespace(observe=lambda observer: None)
        groups = Groups(sealed, cast(ISessions, sessions), members, cast(Any, table), self.context, settings)
        groups._circle = groups._passage._fingers._circle = self.circle if not self.isPartial else Circle(own.identity)
        host = self.hosts[own.identity] = Host(number, groups, sessions, members)
        groups.start(cast(Any, host))
        others = self.circle._members
        before = others[bisect_left(others, own.identity) - 1] if others else None
        if self.isPartial and before in self.hosts:  # a server tells those before us
            self.hosts[before].groups._circle.peerAdded(bytes(own.identity))
        self.circle.peerAdded(bytes(own.identity))
        return host

    def crash(self, host: Host, *, isKnown: bool = False) -> None:
        """
        One is gone, and all know, or nobody does.
        """
        identity = bytes(keyOf(host.number).identity)
        del self.hosts[identity]
        host.groups.stop()
        if isKnown:
            self.circle.peerRemoved(identity)
        for each in self.hosts.values():
            each.sessions.up.discard(identity)

    def broadcast(self, host: Host, payload: bytes = b"payload") -> bytes:
        """
        A host sends to everybody.
        """
        frame = BROADCAST + macOf(host.number) + b"\x88\xb5" + payload
        host.groups.spread(frame)
        return frame

    def reached(self, frame: bytes) -> list[int]:
        """
        How often each got a frame, but for who sent it.
        """
        return [each.got.count(frame) for each in self.hosts.values() if macOf(each.number) != frame[6:12]]

    # What members need of it.

    def after(self, identity: bytes) -> Deferred[bytes | None]:
        """
        See L{wand.interfaces.search.MemberSearch}.
        """
        answer: Deferred[bytes | None] = Deferred()
        self.clock.callLater(2 * DELAY, lambda: answer.callback(self.circle.after(identity)))
        return answer

    def carry(self, sender: bytes, receiver: bytes, message: bytes) -> None:
        """
        A message is on its way.
        """
        self.messages += 1
        self.sentTo[sender] += 1
        for each in self.tampering(sender, receiver, message):
            if self.random.random() >= self.loss:
                self.clock.callLater(DELAY, self._arrive, sender, receiver, each)

    def handshake(self, sessions: MadeUpSessions, peer: bytes) -> None:
        """
        Two begin a session, unless one of them is gone; what is lost is repeated after a second.
        """
        lost = self.random.random() < 2 * self.loss
        self.clock.callLater(2 * DELAY + (1.0 if lost else 0.0), self._begin, sessions, peer)

    def _begin(self, sessions: MadeUpSessions, peer: bytes) -> None:
        other = self.hosts.get(peer)
        if other is not None and sessions.own in self.hosts:
            other.sessions.begin(sessions.own)
            sessions.begin(peer)

    def _arrive(self, sender: bytes, receiver: bytes, message: bytes) -> None:
        host = self.hosts.get(receiver)
        if host is not None:
            host.sessions.reader(sender, SimpleNamespace(isServer=False), message)
