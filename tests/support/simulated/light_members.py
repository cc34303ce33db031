"""
Members that take next to no memory, for a server whose own is measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from simulated.sealed import SealedNetwork, SealedNode
from wand.endpoint import Endpoint
from wand.sealed.credentials.claim import Claim
from wand.sealed.credentials.identity import NodeKey
from wand.sealed.credentials.signed import signed
from wand.sealed.directory.messages import BY_MAC, KEYS_MAXIMUM, Announce, Key, Look, pack
from wand.sealed.sessions.ciphers import aead
from wand.sealed.sessions.noise import Initiator, TransportKeys, ephemeralKey
from wand.sealed.sessions.packets import (
    CONTROL,
    DATA,
    DATA_HEADER,
    DATA_LAYOUT,
    DATA_OVERHEAD,
    MEMBER,
    RESPONSE,
    VERSION,
    Greeting,
    Response,
    macKey,
    packGreeting,
    packInitiation,
    prologueOf,
)
from wand.sealed.sessions.presence import SIGN_OF_LIFE
from wand.testing.inbox import Datagram


class LightMembers:
    """
    Members of a network that talk with one server, each from a place of its own.

    @ivar received: how many datagrams the server sent.
    """

    def __init__(self, net: SealedNetwork, server: SealedNode, count: int) -> None:
        self.received = 0
        self._net = net
        self._server = server
        self._keys: list[TransportKeys] = []
        self._theirs: list[int] = []
        self._counters = [0] * count
        self._response = b""
        self._numbers = Random(3)
        net.underlay.drop(self._taken)

    def join(self, numbers: Sequence[int]) -> None:
        """
        Some make a session, register and look for 20 of all that did.

        @param numbers: the next ones.
        """
        for number in numbers:
            self._handshake(number)
            self.register(number)
            if number % 20 == 0:  # not so many at once that cookies are demanded
                self._net.clock.advance(1.0)
        for number in numbers:  # all are there: nobody is told of anything later
            wanted = [self._numbers.randrange(len(self._keys)) for _ in range(20)]
            for at in range(0, len(wanted), KEYS_MAXIMUM):
                keys = (Key(BY_MAC, b"\x02" + self._key(each).identity[:5]) for each in wanted[at : at + KEYS_MAXIMUM])
                self.say(number, pack(Look(1 + at, tuple(keys))))

    def register(self, number: int, epoch: int = 1) -> None:
        """
        One announces itself.
        """
        key, name = self._key(number), f"member-{number}"
        macs = (b"\x02" + key.identity[:5],)
        claim = signed(key.signing, Claim(bytes(self._net.key.network), bytes(key.identity), epoch, macs, (), name))
        certificate = self._net.certificate(key, name)
        self.say(number, pack(Announce(1, certificate, claim, ("192.168.1.2:22222",))))

    def liveFor(self, seconds: int) -> None:
        """
        All send a sign of life every 10 s, and every 52 s a question.
        """
        count = len(self._keys)
        for second in range(seconds):
            for number in range(second % 52, count, 52):
                self.say(number, pack(Look(1, ())))
            for number in range(second % 10, count, 10):
                self._seal(number, SIGN_OF_LIFE)
            self._net.clock.advance(1.0)

    def say(self, number: int, message: bytes) -> None:
        """
        One sends a control message.
        """
        self._seal(number, bytes([CONTROL]) + message)

    def _key(self, number: int) -> NodeKey:
        return NodeKey.fromSeed(number.to_bytes(32, "big"))

    def _place(self, number: int) -> Endpoint:
        return Endpoint(f"198.18.{number >> 8}.{number & 255}", 20_000 + number)

    def _handshake(self, number: int) -> None:
        papers, key, now = self._server.papers, self._key(number), self._net.clock.seconds()
        noise = Initiator(
            papers.cipher,
            prologueOf(papers.network),
            key.exchange,
            self._server.key.exchangePublic,
            ephemeralKey(self._numbers.randbytes),
        )
        greeting = Greeting(
            VERSION, int(now * 1000), MEMBER, self._net.certificate(key, f"member-{number}"), int(now), b""
        )
        self._response = b""
        message = packInitiation(
            number, noise.write(packGreeting(greeting)), macKey(self._server.key.exchangePublic), b""
        )
        self._deliver(number, message)
        response = Response.parse(memoryview(self._response))
        assert response is not None
        self._keys.append(noise.read(response.noise, papers.secrets.newest)[1])
        self._theirs.append(response.sender)
        self._seal(number, SIGN_OF_LIFE)

    def _seal(self, number: int, plaintext: bytes) -> None:
        datagram = bytearray(len(plaintext) + DATA_OVERHEAD)
        DATA_LAYOUT.pack_into(datagram, 0, DATA, self._theirs[number], self._counters[number])
        self._counters[number] += 1
        cipher = aead(self._server.papers.cipher, self._keys[number].sending)
        cipher.encrypt_into(datagram[4:16], plaintext, None, memoryview(datagram)[DATA_HEADER:])
        self._deliver(number, datagram)

    def _deliver(self, number: int, datagram: bytes | bytearray) -> None:
        reception = self._server.transport.reception
        reception.datagramReceived(memoryview(datagram), self._place(number))
        reception.batchReceived()

    def _taken(self, datagram: Datagram) -> bool:
        self._net.underlay.sent.clear()
        self.received += 1
        if datagram.payload[0] == RESPONSE:
            self._response = bytes(datagram.payload)
        return True
