"""
A simulated member: it makes a session with the server, announces itself in it, and follows the log.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from math import inf
from random import Random
from typing import Final

from bench.scale.realm import Papers, Realm
from wand.sealed.credentials import messages
from wand.sealed.directory.messages import Announce, Announced, Ask, Found, Page, pack, parse
from wand.sealed.sessions.ciphers import AEAD, aead
from wand.sealed.sessions.cookies import openCookie
from wand.sealed.sessions.noise import Initiator, ephemeralKey
from wand.sealed.sessions.packets import (
    CONTROL,
    COOKIE,
    DATA,
    DATA_HEADER,
    DATA_LAYOUT,
    DATA_OVERHEAD,
    INDEX_AND_COUNTER,
    MEMBER,
    RELAYED,
    RESPONSE,
    VERSION,
    CookieMessage,
    Greeting,
    Response,
    macKey,
    macOne,
    packGreeting,
    packInitiation,
    prologueOf,
)
from wand.sealed.sessions.path import PROBE
from wand.sealed.sessions.presence import CHALLENGE, PRESENCE, SIGN_OF_LIFE, answerOf
from wand.sealed.sessions.replay import TOLD
from wand.sealed.sessions.timers import (
    KEEPALIVE,
    KEEPALIVE_OWED,
    PROMPT,
    RENEW_INITIATOR_SERVER,
    RESEND_FIRST,
    RESEND_MAXIMUM,
)

_CIPHER: Final = "aes-256-gcm"

#: What a member says of the datagrams before a challenge, all of which came.
_EVERYTHING: Final = (1 << TOLD) - 1

#: Seconds between two questions for news, as nodes have it, and between two comparisons of revocations.
_HEARTBEAT: Final = (45.0, 60.0)
_COMPARISON: Final = 300.0

#: How often one initiation is sent, with a cookie and without.
_REPEATED: Final = 6

#: Seconds until what was not answered is said again, as nodes have it.
_AGAIN_FIRST: Final = 1.0
_AGAIN_MAXIMUM: Final = 30.0
_PATIENCE: Final = 2.0


class Member:
    """
    A member with a socket of its own.

    @ivar confirmed: the epoch that the server confirmed last; 0 for none.
    @ivar version: the version of the log that it knows.
    @ivar dueAt: when it has to do something, by the monotonic clock.
    @ivar initiations: how many it sent.
    @ivar octets: octets received in control messages.
    """

    def __init__(self, realm: Realm, papers: Papers, server: tuple[str, int], host: str, random: Random) -> None:
        self.confirmed = self.epoch = self.version = self.octets = self.initiations = 0
        self.dueAt = inf
        self.isFollowing = True
        self.heardNow: Callable[[Member], object] = _nothing
        self.confirmedNow: Callable[[Member], object] = _nothing
        self.newsNow: Callable[[Member], object] = _nothing
        self.answeredNow: Callable[[Member], object] = _nothing
        self.reachesNow: Callable[[Member], object] = _nothing
        self.toldNow: Callable[[Member, int], object] = _nobody
        self._realm = realm
        self._papers = papers
        self._random = random
        self._cookie = self._mac = b""
        self._noise: Initiator | None = None
        self._message = b""
        self._repeated = 0
        self._resend = RESEND_FIRST
        self._index = self._theirs = self._counter = self._number = 0
        self._again = _AGAIN_FIRST
        self._saidAt = -inf
        self._sealing: AEAD | None = None
        self._opening: AEAD | None = None
        self._instance = b""
        self._claim = b""
        self._timers = dict.fromkeys(("handshake", "keepalive", "announce", "ask", "compare"), inf)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.socket.bind((host, 0))
        self.socket.connect(server)

    # What it does.

    def begin(self, epoch: int, within: float = 0.0) -> None:
        """
        Forget the session, make a new one at some moment, and announce a claim of this epoch in it.
        """
        self._sealing = self._opening = self._noise = None
        self.claim(epoch)
        self._resend = RESEND_FIRST
        self._set(handshake=within * self._random.random(), keepalive=inf, announce=inf, ask=inf, compare=inf)

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

    def do(self) -> None:
        """
        Do what is due.
        """
        now = time.monotonic()
        due = [what for what, when in self._timers.items() if when <= now]
        for what in due:
            self._timers[what] = inf
            getattr(self, f"_{what}")()
        self.dueAt = min(self._timers.values())

    def _handshake(self) -> None:
        self._initiate()
        self._set(handshake=self._resend * self._random.uniform(1.0, 1.2))
        self._resend = min(2 * self._resend, RESEND_MAXIMUM)

    def _keepalive(self) -> None:
        self._seal(SIGN_OF_LIFE)

    _announce, _ask = announce, ask

    def _compare(self) -> None:
        self.send(messages.pack(messages.RevocationsDigest(bytes(16))))
        self._set(compare=_COMPARISON)

    def _set(self, **seconds: float) -> None:
        now = time.monotonic()
        self._timers.update({what: now + wait for what, wait in seconds.items()})
        self.dueAt = min(self._timers.values())

    def _initiate(self) -> None:
        """
        Send an initiation; only every few repetitions it is another one, because we make those of thousands of hosts.
        """
        realm = self._realm
        if self._noise is None or self._repeated == _REPEATED:
            self._begin()
        self._repeated += 1
        datagram = packInitiation(self._index, self._message, macKey(realm.serverKey), self._cookie)
        self._mac = macOne(datagram)
        self.initiations += 1
        self._put(datagram)

    def _begin(self) -> None:
        realm, now = self._realm, time.time()
        self._noise = Initiator(
            _CIPHER, prologueOf(realm.network), self._papers.key.exchange, realm.serverKey, ephemeralKey(os.urandom)
        )
        greeting = Greeting(VERSION, int(now * 1000), MEMBER, self._papers.certificate, int(now), self._cookie)
        self._message = self._noise.write(packGreeting(greeting))
        self._index, self._repeated = int.from_bytes(os.urandom(4), "big"), 0

    def send(self, message: bytes) -> None:
        """
        Send a control message.
        """
        self._seal(bytes([CONTROL]) + message)

    def _seal(self, plaintext: bytes) -> None:
        if self._sealing is None:
            return
        datagram = bytearray(len(plaintext) + DATA_OVERHEAD)
        DATA_LAYOUT.pack_into(datagram, 0, DATA, self._theirs, self._counter)
        self._counter += 1
        self._sealing.encrypt_into(datagram[4:16], plaintext, None, memoryview(datagram)[DATA_HEADER:])
        self._put(datagram)
        self._set(keepalive=KEEPALIVE)
        self._saidAt = time.monotonic()

    def _put(self, datagram: bytes | bytearray) -> None:
        with suppress(OSError):  # the server is away
            self.socket.send(datagram)

    # What it receives.

    def receive(self) -> None:
        """
        Read everything that came.
        """
        while True:
            try:
                datagram = self.socket.recv(2048)
            except BlockingIOError:
                return
            except OSError:  # the server is away
                continue
            self.heardNow(self)
            if datagram[0] == RELAYED:
                self.relayed(datagram)
            elif datagram[0] == DATA:
                self._dataReceived(datagram)
            elif datagram[0] == RESPONSE:
                self._responseReceived(datagram)
            elif datagram[0] == COOKIE:
                self._cookieReceived(datagram)

    def relayed(self, datagram: bytes) -> None:
        """
        Something came over a relay.
        """

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

    def _cookieReceived(self, datagram: bytes) -> None:
        message = CookieMessage.parse(datagram)
        cookie = None if message is None else openCookie(message, self._realm.serverKey, self._mac)
        if cookie is not None and self._noise is not None:
            self._cookie = cookie
            self._initiate()

    def _responseReceived(self, datagram: bytes) -> None:
        response, noise = Response.parse(datagram), self._noise
        if response is None or noise is None or response.receiver != self._index:
            return
        self._noise = None
        _, keys = noise.read(response.noise, self._realm.secret)
        isFirst = self._sealing is None
        self._sealing, self._opening = aead(_CIPHER, keys.sending), aead(_CIPHER, keys.receiving)
        self._theirs, self._counter = response.sender, 0
        self._resend = RESEND_FIRST
        self._set(handshake=RENEW_INITIATOR_SERVER, keepalive=KEEPALIVE)
        if isFirst:
            self._compare()
            self._set(announce=0.5 * self._random.random())
            self._seal(SIGN_OF_LIFE)
        else:
            self._seal(SIGN_OF_LIFE)

    def _dataReceived(self, datagram: bytes) -> None:
        index, _ = INDEX_AND_COUNTER.unpack_from(datagram)
        if index != self._index or self._opening is None:
            return
        plaintext = bytearray(len(datagram) - DATA_OVERHEAD)
        self._opening.decrypt_into(datagram[4:16], datagram[DATA_HEADER:], None, plaintext)
        if plaintext[:1] == bytes([CONTROL]):
            self.octets += len(datagram)
            self._controlReceived(bytes(plaintext[1:]))
        elif plaintext[:2] == bytes([PRESENCE, CHALLENGE]):
            self._seal(answerOf(memoryview(plaintext), _EVERYTHING))
        elif plaintext[:2] == bytes([PROBE, 0]):
            self._seal(bytes([PROBE, 1]) + len(datagram).to_bytes(2, "big"))

    def _controlReceived(self, octets: bytes) -> None:
        now = time.monotonic()
        if now >= self._saidAt + PROMPT:  # it is no answer
            self._timers["keepalive"] = min(self._timers["keepalive"], now + KEEPALIVE_OWED)
            self.dueAt = min(self.dueAt, now + KEEPALIVE_OWED)
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
