"""
A simulated member: it makes a session with the server, announces itself in it, and follows the log.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from random import Random
from typing import Final

from bench.scale.conversing import Conversing
from bench.scale.realm import Papers, Realm
from wand.sealed.credentials import messages
from wand.sealed.directory.messages import Announce, Announced, Ask, Found, Page, pack, parse

#: Seconds between two questions for news, as nodes have it, and between two comparisons of revocations.
_HEARTBEAT: Final = (45.0, 60.0)
_COMPARISON: Final = 300.0

#: Seconds until what was not answered is said again, as nodes have it.
_AGAIN_FIRST: Final = 1.0
_AGAIN_MAXIMUM: Final = 30.0
_PATIENCE: Final = 2.0


class Member(Conversing):
    """
    A member.

    @ivar confirmed: the epoch that the server confirmed last; 0 for none.
    @ivar version: the version of the log that it knows.
    """

    def __init__(self, realm: Realm, papers: Papers, server: tuple[str, int], host: str, random: Random) -> None:
        super().__init__(realm, papers, server, host, random)
        self.confirmed = self.epoch = self.version = 0
        self.isFollowing = True
        self.heardNow: Callable[[Member], object] = _nothing
        self.confirmedNow: Callable[[Member], object] = _nothing
        self.newsNow: Callable[[Member], object] = _nothing
        self.answeredNow: Callable[[Member], object] = _nothing
        self.reachesNow: Callable[[Member], object] = _nothing
        self.toldNow: Callable[[Member, int], object] = _nobody
        self._number = 0
        self._again = _AGAIN_FIRST
        self._instance = b""
        self._claim = b""
        self._timers.update(dict.fromkeys(("announce", "ask", "compare"), inf))

    def begin(self, epoch: int, within: float = 0.0) -> None:
        """
        Forget the session, make a new one at some moment, and announce a claim of this epoch in it.
        """
        self.claim(epoch)
        self.converse(within * self._random.random())

    def serverRestarted(self) -> None:
        """
        The server is another process, which has confirmed nothing.  The member does not know that yet.
        """
        self.confirmed = 0

    def claim(self, epoch: int) -> None:
        """
        Claim anew from now on.
        """
        self.epoch, self._claim = epoch, self._papers.claim(epoch)
        self._number, self._again = 1, _AGAIN_FIRST

    def announce(self) -> None:
        """
        Announce, and again until it is confirmed.
        """
        self.send(pack(Announce(self._number, self._papers.certificate, self._claim, ("192.168.1.2:22222",))))
        self._set(announce=self._again * self._random.uniform(0.75, 1.0))
        self._again = min(_AGAIN_MAXIMUM, 2 * self._again)

    def ask(self) -> None:
        """
        Ask for news.
        """
        self.send(pack(Ask(1, self._instance, self.version, 0, 16)))
        self._set(ask=_PATIENCE)

    _announce, _ask = announce, ask

    def _compare(self) -> None:
        self.send(messages.pack(messages.RevocationsDigest(bytes(16))))
        self._set(compare=_COMPARISON)

    def found(self, message: Found) -> None:
        """
        Members were found.
        """

    def registered(self) -> None:
        """
        The server has the announcement.
        """

    def unread(self, message: bytes) -> None:
        """
        A control message came that has nothing to do with the directory.
        """

    def heard(self) -> None:
        """
        See L{Conversing.heard}.
        """
        self.heardNow(self)

    def begun(self, isFirst: bool) -> None:
        """
        See L{Conversing.begun}.
        """
        if isFirst:
            self._compare()
            self._set(announce=0.5 * self._random.random())

    def controlReceived(self, octets: bytes) -> None:
        """
        See L{Conversing.controlReceived}.
        """
        message = parse(octets)
        if message is None:
            self.unread(octets)
        elif isinstance(message, Announced):
            self._announced(message)
        elif isinstance(message, Found):
            self.found(message)
        elif isinstance(message, Page):
            if message.number and message.last:
                self._set(ask=self._random.uniform(*_HEARTBEAT))
            if self._instance == message.instance and message.newest > self.version:
                self._news(message)
            self.answeredNow(self)

    def _announced(self, message: Announced) -> None:
        if not self._instance or self._instance != message.instance:
            self._instance, self.version = message.instance, message.newest  # as if it had been read before
        if message.epoch == self.epoch and message.number == self._number:
            self._timers["announce"] = inf
            if self.confirmed != self.epoch:
                self.confirmed = self.epoch
                self.confirmedNow(self)
                self.registered()
                if self.isFollowing and self._timers["ask"] == inf:
                    self.ask()
        elif self._timers["announce"] == inf:  # the server forgot it
            self._set(announce=self._random.random())

    def _news(self, page: Page) -> None:
        if page.records and page.after <= self.version:
            self.version = page.upto
        if self.version < page.newest and page.last and page.number:
            self.ask()
        elif self.version < page.newest and page.last:
            self._set(ask=0.5 * self._random.random())
        elif page.records:
            self.newsNow(self)


def _nothing(member: Member) -> None:
    return


def _nobody(member: Member, number: int) -> None:
    return
