"""
What all conversations of a transport have in common.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, Final, Protocol

import attrs
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from twisted.internet.interfaces import IReactorTime

from wand.counters import Counters
from wand.failures import Failures
from wand.membership.member import Membership
from wand.protocols.sealed.ciphers import Octets
from wand.protocols.sealed.packets import PLAINTEXT_MAXIMUM
from wand.protocols.sealed.places import Places
from wand.protocols.sealed.train import Train
from wand.underlay.ports import DatagramPort

if TYPE_CHECKING:
    from wand.protocols.sealed.attempt import Attempt
    from wand.protocols.sealed.conversation import Conversation
    from wand.protocols.sealed.session import Session

COUNTERS: Final = {
    "sealed-initiations-sent": "handshakes begun, repetitions included",
    "sealed-initiations-answered": "handshakes of others answered",
    "sealed-sessions": "sessions made, renewals included",
    "sealed-collisions": "handshakes not answered because our own of the same moment goes first",
    "sealed-cookies-demanded": "cookies demanded because handshakes came fast",
    "sealed-cookies-received": "cookies received",
    "sealed-keepalives-sent": "keepalives sent",
    "sealed-losses-reported": "reports to peers that datagrams on the way from them are lost at random",
    "sealed-parity-sent": "datagrams of parity sent, on ways that lose datagrams at random",
    "sealed-joiners-replaced": "nodes that join forgotten to make room for others",
    "sealed-searches": "questions to peers whether they are still there, after something changed on the way",
    "sealed-left": "frames and messages not sent because their peer said goodbye",
    "sealed-absent": "frames and messages not sent because nobody says that their peer is anywhere",
    "sealed-challenges-sent": "challenges to peers that were heard elsewhere, to prove that they are there",
    "sealed-roamed": "peers that were followed to another endpoint",
    "drop-sealed-malformed": "datagrams dropped: no datagram of the sealed protocol has that length",
    "drop-sealed-unknown-type": "datagrams dropped: of a type that this version does not know",
    "drop-sealed-version": "handshakes dropped: for a later version than ours",
    "drop-sealed-mac": "handshakes dropped: their sender does not know our key",
    "drop-sealed-hurry": "handshakes dropped: too many at once, from one address or in all, while cookies are demanded",
    "drop-sealed-handshake": "handshakes dropped: they do not open, or say nothing that we understand",
    "drop-sealed-refused": "handshakes dropped: no valid certificate or invitation",
    "sealed-handshakes-proven": "handshakes taken because they were proven to be new, though not later than one before",
    "drop-sealed-stale": "handshakes dropped: not later than one before from the same key, and not proven to be new",
    "drop-sealed-full": "handshakes dropped: as many conversations as we keep",
    "drop-sealed-unknown-index": "datagrams dropped: of no session or handshake that we know",
    "drop-sealed-cookie": "cookies dropped: they do not open",
    "drop-sealed-forged": "datagrams dropped: they do not open",
    "drop-sealed-replayed": "datagrams dropped: they came before, or too late",
    "drop-sealed-unknown-kind": "messages dropped: of a kind that this version does not know",
    "drop-sealed-newcomer": "handshakes dropped: this node is a member of no network",
    "drop-sealed-runt": "frames dropped: shorter than an Ethernet header",
    "drop-sealed-spoofed-source": "frames dropped: their source address is not one that their sender may use",
    "drop-sealed-flood": "frames dropped: too many broadcast and multicast frames from one peer",
    "drop-sealed-joining": "frames dropped: they came in a session that may only redeem an invitation",
    "drop-sealed-unready": "frames dropped: they came before the data plane was started",
    "drop-sealed-unknown-peer": "frames and messages not sent: we know no such peer",
    "drop-sealed-unreachable": "messages not sent: the peer has to begin the session, and did not",
    "drop-sealed-queue": "frames and messages not sent: too many waited for a session, or none came about",
    "drop-sealed-too-long": "frames and messages not sent: longer than a datagram",
}


class Listener(Protocol):
    """
    Is told what becomes of conversations.
    """

    def sessionUp(self, conversation: Conversation) -> None:
        """
        A conversation without a session has one.
        """

    def sessionDown(self, conversation: Conversation) -> None:
        """
        A conversation has no session any more.
        """

    def joinerGone(self, conversation: Conversation) -> None:
        """
        A node that joins was not heard for so long that it can be forgotten.
        """

    def clockTold(self, conversation: Conversation, ahead: float) -> None:
        """
        The peer of a new session told what its clock says.

        @param ahead: by how many seconds that is ahead of ours.
        """


@attrs.define
class Indices:
    """
    The numbers by which datagrams find a session or a handshake under way.

    @ivar places: where the peers are.
    """

    _entropy: Callable[[int], bytes]
    sessions: dict[int, Session] = attrs.field(init=False, factory=dict)
    attempts: dict[int, Attempt] = attrs.field(init=False, factory=dict)
    places: Places = attrs.field(init=False, factory=Places)

    def free(self) -> int:
        """
        A random number that nobody has.
        """
        while True:
            index = int.from_bytes(self._entropy(4), "big")
            if index not in self.sessions and index not in self.attempts:
                return index


@attrs.define(eq=False)
class Shared:
    """
    What all conversations of a transport have in common.

    @ivar random: for jitter.
    @ivar entropy: for keys and indices; gives as many octets as asked for.
    @ivar portFor: the port for a destination, C{None} if there is none or it must not be used.
    @ivar failures: what counts and logs an exception at a boundary.
    @ivar wallClock: gives the seconds since the epoch.
    @ivar plain: where plaintexts are put together.
    @ivar train: datagrams that are sealed and not sent yet.
    @ivar frames: how many frames went in fragments, which tells them apart.
    """

    clock: IReactorTime
    random: Random
    entropy: Callable[[int], bytes]
    counters: Counters
    membership: Membership
    listener: Listener
    portFor: Callable[[tuple[str, int]], DatagramPort | None]
    failures: Failures
    wallClock: Callable[[], float]
    indices: Indices = attrs.field(init=False)
    plain: memoryview = attrs.field(init=False)
    train: Train = attrs.field(init=False, factory=Train)
    frames: int = attrs.field(init=False, default=0)
    _latest: int = attrs.field(init=False, default=0)

    def __attrs_post_init__(self) -> None:
        self.counters.declare(COUNTERS)
        self.indices = Indices(self.entropy)
        self.plain = memoryview(bytearray(PLAINTEXT_MAXIMUM))

    @property
    def prologue(self) -> bytes:
        """
        What both ends of a handshake must agree on.
        """
        return b"wand 1" + self.membership.network

    def plaintext(self, kind: int, body: Octets) -> memoryview:  # HOT PATH
        """
        Put a plaintext together.

        @param body: at most L{PLAINTEXT_MAXIMUM} octets, less one.
        @return: good until the next call.
        """
        size = len(body) + 1
        self.plain[0] = kind
        self.plain[1:size] = body
        return self.plain[:size]

    def ephemeral(self) -> X25519PrivateKey:
        """
        A fresh key for one handshake.
        """
        return X25519PrivateKey.from_private_bytes(self.entropy(32))

    def milliseconds(self) -> int:
        """
        The time for an initiation, in milliseconds since the epoch; later than any before.
        """
        self._latest = max(self._latest + 1, int(self.wallClock() * 1000))
        return self._latest

    def seconds(self) -> int:
        """
        What our clock says, for a handshake, in seconds since the epoch.
        """
        return max(1, int(self.wallClock()))

    def ahead(self, theirs: int) -> float | None:
        """
        By how many seconds a peer's clock is ahead of ours.

        @param theirs: what it told in a handshake that has come just now.
        @return: C{None} if it did not tell.
        """
        return theirs - self.wallClock() if theirs else None
