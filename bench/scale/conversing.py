"""
The session of a simulated member with the server: it begins one, or answers the server that begins one, and begins
anew when nothing is heard any more, as nodes do.
"""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress
from math import inf
from random import Random
from typing import Final

from bench.scale.realm import Papers, Realm
from wand.sealed.sessions.ciphers import AEAD, aead
from wand.sealed.sessions.cookies import openCookie
from wand.sealed.sessions.noise import Initiator, Responder, TransportKeys, ephemeralKey
from wand.sealed.sessions.packets import (
    CONTROL,
    COOKIE,
    DATA,
    DATA_HEADER,
    DATA_LAYOUT,
    DATA_OVERHEAD,
    INDEX_AND_COUNTER,
    INITIATION,
    MEMBER,
    RELAYED,
    RESPONSE,
    VERSION,
    CookieMessage,
    Greeting,
    Initiation,
    Reply,
    Response,
    macOne,
    packGreeting,
    packInitiation,
    packReply,
    packResponse,
    prologueOf,
)
from wand.sealed.sessions.path import PROBE
from wand.sealed.sessions.presence import CHALLENGE, PRESENCE, SIGN_OF_LIFE, answerOf
from wand.sealed.sessions.replay import TOLD
from wand.sealed.sessions.timers import (
    KEEPALIVE,
    KEEPALIVE_OWED,
    RENEW_INITIATOR_SERVER,
    RENEW_RESPONDER,
    RESEND_FIRST,
    RESEND_MAXIMUM,
    SILENCE,
)

_CIPHER: Final = "aes-256-gcm"

#: What a member says of the datagrams before a challenge, all of which came.
_EVERYTHING: Final = (1 << TOLD) - 1

#: How often one initiation is sent, with a cookie and without.
_REPEATED: Final = 6


class Conversing:
    """
    One end of a session, with a socket of its own.

    @ivar dueAt: when it has to do something, by the monotonic clock.
    @ivar initiations: how many it sent.
    @ivar octets: octets received in control messages.
    """

    def __init__(self, realm: Realm, papers: Papers, server: tuple[str, int], host: str, random: Random) -> None:
        self.octets = self.initiations = 0
        self.dueAt = inf
        self._realm = realm
        self._papers = papers
        self._random = random
        self._cookie = self._mac = b""
        self._noise: Initiator | None = None
        self._message = b""
        self._repeated = 0
        self._resend = RESEND_FIRST
        self._index = self._theirs = self._counter = 0
        self._initiated = 0  # the index of the session that is begun
        self._sealing: AEAD | None = None
        self._opening: AEAD | None = None
        self._timers = dict.fromkeys(("handshake", "keepalive", "silence"), inf)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.socket.bind((host, 0))
        self.socket.connect(server)

    # What it does.

    def converse(self, wait: float) -> None:
        """
        Forget the session, and make a new one after some seconds.
        """
        self._sealing = self._opening = self._noise = None
        self._resend = RESEND_FIRST
        self._timers.update(dict.fromkeys(self._timers, inf))
        self._set(handshake=wait)

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

    def send(self, message: bytes) -> None:
        """
        Send a control message, which is to be answered.
        """
        self._seal(bytes([CONTROL]) + message)
        if self._timers["silence"] == inf:
            self._set(silence=SILENCE)

    def _handshake(self) -> None:
        self._initiate()
        self._set(handshake=self._resend * self._random.uniform(1.0, 1.2))
        self._resend = min(2 * self._resend, RESEND_MAXIMUM)

    def _keepalive(self) -> None:
        self._seal(SIGN_OF_LIFE)

    def _silence(self) -> None:
        if self._noise is None:
            self._resend = RESEND_FIRST
            self._handshake()

    def _set(self, **seconds: float) -> None:
        now = time.monotonic()
        for what, wait in seconds.items():
            self._timers[what] = now + wait
        self.dueAt = min(self._timers.values())

    def _initiate(self) -> None:
        """
        Send an initiation; only every few repetitions it is another one, because we make those of thousands of hosts.
        """
        realm = self._realm
        if self._noise is None or self._repeated == _REPEATED:
            self._begin()
        self._repeated += 1
        datagram = packInitiation(self._initiated, self._message, realm.serverMacKey, self._cookie)
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
        self._initiated, self._repeated = int.from_bytes(os.urandom(4), "big"), 0

    def _seal(self, plaintext: bytes) -> None:
        if self._sealing is None:
            return
        datagram = bytearray(len(plaintext) + DATA_OVERHEAD)
        DATA_LAYOUT.pack_into(datagram, 0, DATA, self._theirs, self._counter)
        self._counter += 1
        self._sealing.encrypt_into(datagram[4:16], plaintext, None, memoryview(datagram)[DATA_HEADER:])
        self._put(datagram)
        self._set(keepalive=KEEPALIVE)

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
            self.heard()
            if datagram[0] == RELAYED:
                self.relayed(datagram)
            elif datagram[0] == DATA:
                self._dataReceived(datagram)
            elif datagram[0] == RESPONSE:
                self._responseReceived(datagram)
            elif datagram[0] == INITIATION:
                self._initiationReceived(datagram)
            elif datagram[0] == COOKIE:
                self._cookieReceived(datagram)

    def heard(self) -> None:
        """
        Something came.
        """

    def begun(self, isFirst: bool) -> None:
        """
        There is a session, the first one or another.
        """

    def relayed(self, datagram: bytes) -> None:
        """
        Something came over a relay.
        """

    def controlReceived(self, octets: bytes) -> None:
        """
        A control message came.
        """

    def _cookieReceived(self, datagram: bytes) -> None:
        message = CookieMessage.parse(datagram)
        cookie = None if message is None else openCookie(message, self._realm.serverKey, self._mac)
        if cookie is not None and self._noise is not None:
            self._cookie = cookie
            self._initiate()

    def _responseReceived(self, datagram: bytes) -> None:
        response, noise = Response.parse(datagram), self._noise
        if response is None or noise is None or response.receiver != self._initiated:
            return
        _, keys = noise.read(response.noise, self._realm.secret)
        self._use(keys, self._initiated, response.sender, RENEW_INITIATOR_SERVER)

    def _initiationReceived(self, datagram: bytes) -> None:
        """
        The server, which was started again, calls.
        """
        initiation, realm, papers = Initiation.parse(datagram), self._realm, self._papers
        if initiation is None:
            return
        noise = Responder(_CIPHER, prologueOf(realm.network), papers.key.exchange)
        noise.read(initiation.noise)
        reply = packReply(Reply(VERSION, papers.certificate, int(time.time())))
        message, keys = noise.write(reply, realm.secret, ephemeralKey(os.urandom))
        index = int.from_bytes(os.urandom(4), "big")
        self._put(packResponse(index, initiation.sender, message, realm.serverMacKey))
        self._use(keys, index, initiation.sender, RENEW_RESPONDER)

    def _use(self, keys: TransportKeys, ours: int, theirs: int, renewal: float) -> None:
        isFirst, self._noise = self._sealing is None, None
        self._sealing, self._opening = aead(_CIPHER, keys.sending), aead(_CIPHER, keys.receiving)
        self._index, self._theirs, self._counter = ours, theirs, 0
        self._resend = RESEND_FIRST
        self._timers["silence"] = inf
        self._set(handshake=renewal, keepalive=KEEPALIVE)
        self.begun(isFirst)
        self._seal(SIGN_OF_LIFE)

    def _dataReceived(self, datagram: bytes) -> None:
        index, _ = INDEX_AND_COUNTER.unpack_from(datagram)
        if index != self._index or self._opening is None:
            return
        plaintext = bytearray(len(datagram) - DATA_OVERHEAD)
        self._opening.decrypt_into(datagram[4:16], datagram[DATA_HEADER:], None, plaintext)
        self._timers["silence"] = inf
        if plaintext[:1] == bytes([CONTROL]):
            self.octets += len(datagram)
            owed = time.monotonic() + KEEPALIVE_OWED
            self._timers["keepalive"] = min(self._timers["keepalive"], owed)
            self.dueAt = min(self.dueAt, owed)
            self.controlReceived(bytes(plaintext[1:]))
        elif plaintext[:2] == bytes([PRESENCE, CHALLENGE]):
            self._seal(answerOf(memoryview(plaintext), _EVERYTHING))
        elif plaintext[:2] == bytes([PROBE, 0]):
            self._seal(bytes([PROBE, 1]) + len(datagram).to_bytes(2, "big"))
