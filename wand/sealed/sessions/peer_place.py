"""
The place of one peer: the endpoint at which it proved to be, and those at which it may be.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Final

from wand.endpoint import Endpoint
from wand.sealed.sessions.path import Path
from wand.sealed.sessions.roaming import PRESENCE_SIZE, Roaming
from wand.sealed.sessions.session import Session
from wand.sealed.sessions.shared import Shared
from wand.underlay.ports import DatagramSender

#: How many of the places where a peer may be are tried at once; so nobody who says where a peer may be makes us send
#: to many others.  Those beyond have their turn with the repetitions.
CANDIDATES: Final = 4

#: How many of them are remembered, of each source.
INTRODUCED: Final = 16


class PeerPlace:
    """
    Where one peer is, and where it may be.

    @ivar endpoint: where the peer is, and at which address of ours it was heard: by an authenticated datagram, and it
        proved to be there.  It is what the port gave with that, for another of our addresses makes another object that
        is equal.  C{None} if it is nowhere.
    @ivar port: sends there.
    @ivar before: the same two, of the session before the present one.
    @ivar told: where others say that it is, the best first.
    """

    def __init__(self, shared: Shared, path: Path) -> None:
        """
        @param path: forgotten when the peer moves.
        """
        self.endpoint: tuple[str, int] | None = None
        self.port: DatagramSender | None = None
        self.before: tuple[DatagramSender, tuple[str, int]] | None = None
        self.told: tuple[Endpoint, ...] = ()
        self._toldBy: dict[str, tuple[Endpoint, ...]] = {}
        self._shared = shared
        self._path = path
        self._roaming = Roaming(shared.entropy)

    def introduce(self, endpoints: Iterable[Endpoint], source: str) -> bool:
        """
        Somebody says where the peer may be.

        @param source: see L{wand.interfaces.ISessions.introduce}.
        @return: is that somewhere else than where it is, and new?
        """
        self._toldBy[source] = tuple(dict.fromkeys(endpoints))[:INTRODUCED]
        before, self.told = self.told, tuple(dict.fromkeys(chain.from_iterable(self._toldBy.values())))
        return self.endpoint not in self.told and not set(self.told) <= set(before)

    def candidates(self, turn: int = 0) -> list[tuple[str, int]]:
        """
        Where to try: where the peer was heard last, and a few of the places where it is said to be.

        @param turn: how often it was tried before; the others have their turn then.
        """
        told = self.told
        start = turn * CANDIDATES % len(told) if len(told) > CANDIDATES else 0
        heard = [] if self.endpoint is None else [self.endpoint]
        return list(dict.fromkeys([*heard, *(told[start:] + told[:start])[:CANDIDATES]]))

    def beginSession(self, place: tuple[str, int] | None) -> None:
        """
        A session begins.

        @param place: where the peer read what we sent for it; C{None} if that is unknown.
        """
        if self.port is not None and self.endpoint is not None:
            self.before = self.port, self.endpoint
        if place is not None:
            self._settle(place)

    def endSession(self) -> None:
        """
        There is no session any more, so no challenge can be answered.
        """
        self._roaming.forget()

    def heardFrom(self, sender: tuple[str, int], session: Session, size: int) -> None:
        """
        The peer was heard elsewhere, or at another address of ours.

        @param size: octets of the plaintext that came.
        """
        if sender == self.endpoint:
            self._use(sender)
        else:
            self.challenge(sender, session, size)

    def challenge(self, place: tuple[str, int], session: Session, size: int) -> None:
        """
        Let the peer prove that it is at another place; see L{wand.sealed.sessions.roaming}.

        @param size: octets of the plaintext that came from there, for no more may go there.
        """
        port = self._shared.portFor(place)
        if port is None or size < PRESENCE_SIZE:
            return
        challenge = self._roaming.challenge(place, self._shared.clock.seconds())
        train = self._shared.train
        if challenge is not None and train.add(session, [memoryview(challenge)], port.answering(place), place):
            train.send()
            self._shared.counters["sealed-challenges-sent"] += 1

    def answerReceived(self, answer: memoryview, sender: tuple[str, int]) -> None:
        """
        What may be the answer to a challenge came.
        """
        if self._roaming.isProven(sender, answer):
            self._settle(sender)

    def forget(self) -> None:
        """
        The peer is nowhere, as far as we know.
        """
        self._shared.places.moved(self.endpoint, None)
        self.port = self.endpoint = None

    def _settle(self, place: tuple[str, int]) -> None:
        """
        The peer proved that it is there.
        """
        self._roaming.forget()
        before = self.endpoint
        self._use(place)
        if before is not None and before != self.endpoint:
            self._shared.counters["sealed-roamed"] += 1
            self._path.forget()

    def _use(self, place: tuple[str, int]) -> None:
        port = self._shared.portFor(place)
        if port is not None:
            if place != self.endpoint:
                self._shared.places.moved(self.endpoint, place)
            self.port, self.endpoint = port.towards(place), place
