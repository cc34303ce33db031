"""
The way out to one peer: frames and messages are sealed in the session in use, and sent to where the peer is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf
from typing import Protocol

from wand.sealed.sessions.ciphers import Octets
from wand.sealed.sessions.outbox import Outbox
from wand.sealed.sessions.packets import FRAME, PLAINTEXT_MAXIMUM
from wand.sealed.sessions.parts import MadeAtUse
from wand.sealed.sessions.path import BIG, Path
from wand.sealed.sessions.peer_place import PeerPlace
from wand.sealed.sessions.peers import Account
from wand.sealed.sessions.schedule import Schedule
from wand.sealed.sessions.session import Session
from wand.sealed.sessions.shared import Shared


class LinkOwner(Protocol):
    """
    Whose link it is.
    """

    @property
    def path(self) -> Path:
        """
        How big datagrams may be.
        """

    @property
    def outbox(self) -> Outbox:
        """
        Takes what cannot be sent because there is no session.
        """


def _pathOf(link: PeerLink) -> Path:
    return link.owner.path


class PeerLink(MadeAtUse):
    """
    Sends to one peer.

    @ivar owner: whose it is.
    @ivar session: what is sent in; C{None} while there is no session.
    """

    __slots__ = (
        "_account",
        "_path",
        "_place",
        "_plaintexts",
        "_schedule",
        "_seconds",
        "_shared",
        "_train",
        "owner",
        "session",
    )

    makers = {"_path": _pathOf}

    _path: Path

    def __init__(
        self, shared: Shared, owner: LinkOwner, place: PeerPlace, schedule: Schedule, account: Account
    ) -> None:
        """
        @param schedule: is told what was sent, and when.
        """
        super().__init__()
        self.session: Session | None = None
        self._shared = shared
        self._train, self._plaintexts = shared.train, shared.plaintexts
        self._seconds = shared.clock.seconds
        self.owner = owner
        self._place = place
        self._schedule = schedule
        self._account = account

    def rest(self) -> None:
        """
        Let go of what others than this keep as well.
        """
        self.drop("_path")

    def sendFrame(self, frame: Octets) -> None:  # HOT PATH
        """
        Send a frame, or let it wait for a session; in fragments if it is too big for the path.  What cannot be sent is
        dropped and counted.  It may stay in the train until L{wand.sealed.sessions.train.Train.send}.
        """
        session = self.session
        size = len(frame) + 1
        if session is None:
            self.owner.outbox.keep(FRAME, frame)
        elif size <= self._path.room:
            self.sendFrames(session, (self._plaintexts.whole(frame),), 1, size - 1)
        elif size > PLAINTEXT_MAXIMUM:
            self._shared.counters["drop-sealed-too-long"] += 1
        else:
            fragments = self._plaintexts.fragments(frame, self._path.room)
            self.sendFrames(session, fragments, 1, size - 1)

    def sendFrames(self, session: Session, plaintexts: Sequence[memoryview], frames: int, octets: int) -> None:
        # HOT PATH
        """
        Send the plaintexts of a frame: whole, in chunks or in fragments.

        @param session: ours.
        @param frames: how many packets it stands for, for the account.
        @param octets: its length.
        """
        if not self._transmit(session, plaintexts):
            return
        schedule = self._schedule
        sentAt = schedule.usedAt = schedule.sentAt
        if schedule.awaiting == inf:
            schedule.wantAnswer()
        if sentAt >= self._path.due and len(plaintexts[0]) > BIG:
            self._train.send()
            self._path.probe()
        account = self._account
        account.framesSent += frames
        account.bytesSent += octets

    def _transmit(self, session: Session, plaintexts: Sequence[memoryview]) -> bool:  # HOT PATH
        schedule, place = self._schedule, self._place
        schedule.sentAt = self._seconds()
        schedule.owing = inf
        port, endpoint = place.port, place.endpoint
        if port is None or endpoint is None:
            self._shared.counters["drop-sealed-unreachable"] += 1
            return False
        return self._train.add(session, plaintexts, port, endpoint)

    # COLD PATH

    @property
    def isAwaiting(self) -> bool:
        """
        Was something sent since the peer was last heard?
        """
        return self._schedule.isAwaiting

    def send(self, kind: int, body: Octets) -> None:
        """
        Send a message at once, or let it wait for a session.  What cannot be sent is dropped and counted.

        @param kind: the first octet of the plaintext.
        """
        if self.session is None:
            self.owner.outbox.keep(kind, body)
        elif len(body) >= PLAINTEXT_MAXIMUM:
            self._shared.counters["drop-sealed-too-long"] += 1
        else:
            self.sendPlain(bytes([kind]) + body)  # what the system refuses is as lost as what is lost on its way
            self._schedule.said()

    def sendAll(self, waiting: Iterable[tuple[int, bytes]]) -> None:
        """
        Send frames and messages that waited for the session, each with its kind.
        """
        for kind, body in waiting:
            if kind == FRAME:
                self.sendFrame(body)
            else:
                self.send(kind, body)
        self._train.send()

    def sendBefore(self, previous: Session | None, kind: int, body: Octets) -> None:
        """
        Send a message in the session before this one, to where the peer was heard then, if there is such a session.

        @param kind: the first octet of the plaintext.
        """
        if previous is not None and self._place.before is not None:
            self._train.add(previous, [memoryview(bytes([kind]) + body)], *self._place.before)
            self._train.send()

    def sendPlain(self, plaintext: bytes) -> bool:
        """
        Send a plaintext now, if there is a session.

        @return: whether the system took it.
        """
        session = self.session
        return session is not None and self._transmit(session, [memoryview(plaintext)]) and self._train.send()
