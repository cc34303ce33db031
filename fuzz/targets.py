"""
The targets: what is fed with anything, and what must hold whatever it was.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterable
from contextlib import suppress
from hashlib import blake2s, sha256
from typing import Final, Protocol

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from simulated.members import SimulatedMember, SimulatedNetwork, SimulatedServer
from simulated.program import MemoryProgram
from simulated.sealed import SealedNetwork, SealedNode
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from wand.control.server import ControlFactory
from wand.errors import TokenInvalid
from wand.ethernet import MAC
from wand.frame_services.speech import DHCP, ROUTER, isPlain, reserved, spokenFor
from wand.rel2.wire import buildListing, buildRequest, parseListing, parseRequest
from wand.sealed.credentials import messages
from wand.sealed.credentials.allowance import Allowance
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.chain import certified
from wand.sealed.credentials.claim import Claim
from wand.sealed.credentials.descriptor import Descriptor
from wand.sealed.credentials.grant import Grant
from wand.sealed.credentials.revocation import Revocation
from wand.sealed.credentials.signed import packed, unverified, verified
from wand.sealed.credentials.token import Token
from wand.sealed.credentials.token_text import TOKEN_PREFIX
from wand.sealed.directory.messages import Announce, Announced, Ask, Page, PageRecord, pack, parseRecord
from wand.sealed.sessions.control_messages import numberOf
from wand.sealed.sessions.noise import Initiator
from wand.sealed.sessions.packets import HANDSHAKE_SIZE, macKey, packInitiation, packResponse
from wand.stores.memory import MemoryRecords
from wand.superframes.cutting import Cutter, superframeOf
from wand.superframes.parity import paritiesOf
from wand.testing.packets import Packet

#: Where strangers are.
_STRANGER: Final = ("198.51.100.66", 6666)


class Target(Protocol):
    """
    Something that takes octets.
    """

    @staticmethod
    def seeds() -> Iterable[bytes]:
        """
        Inputs to begin with.
        """

    def take(self, octets: bytes) -> None:
        """
        One input; an exception is a finding.
        """


class _Datagrams:
    """
    A member of a sealed network, in session with another.  The first octet of an input says how much of a datagram is
    right already: nothing; mac1; the handshake up to its payload; an answer to an initiation; all but the plaintext;
    all but one plaintext of a superframe with parity, the second octet saying which.
    """

    isServer = False

    def __init__(self) -> None:
        self._net = SealedNetwork()
        self._key = X25519PrivateKey.from_private_bytes(b"s" * 32)
        self._victim = self._net.node("victim", "192.0.2.1", isServer=self.isServer)
        self._victim.papers.invitations[b"i" * 16] = b"s" * 32
        self._friend = self._net.node("friend", "192.0.2.2")
        self._away = self._net.node("away", "192.0.2.3")
        self._away.transport.stop()
        self._friend.meet(self._victim)
        self._friend.transport.send(self._victim.peer, self._friend.frameTo(self._victim))
        self._net.run()
        self._number = 0

    @staticmethod
    def seeds() -> Iterable[bytes]:
        """
        See L{Target}.
        """
        node = SealedNetwork().node("seed", "192.0.2.9")
        yield from (
            bytes([kind]) + bytes([first, 1]) + bytes(HANDSHAKE_SIZE - 2) for kind in (0, 1) for first in (1, 2)
        )
        yield b"\2\0\x60\x94\1\0\0\xc4\x50" + node.papers.certificate
        yield b"\2\0\x16\x94\1\0\1\xc4\x10" + b"i" * 16
        yield b"\3" + bytes(900)
        yield b"\4\0\x91\1"
        yield b"\4\1" + node.frameTo(node)
        yield from (b"\5%c%b" % (index, each[:100]) for index, each in enumerate(_protected()))
        yield b"\4\6"

    def take(self, octets: bytes) -> None:
        """
        See L{Target}.  Nothing that is sent to a stranger is longer than what came.
        """
        kind, rest = octets[:1], octets[1:]
        self._number += 1
        if kind == b"\4" and rest:
            self._fromFriend([rest])
        elif kind == b"\5" and rest:
            plaintexts = _protected()
            index = rest[0] % len(plaintexts)
            plaintexts[index] = rest[1:] + plaintexts[index][len(rest) - 1 :]
            self._fromFriend(plaintexts[:1] + plaintexts[2:] if rest[0] & 128 else plaintexts)
        else:
            datagram = self._datagram(kind, rest)
            self._net.underlay.sent.clear()
            self._victim.transport.reception.datagramReceived(memoryview(datagram), _STRANGER)
            answers = [each.payload for each in self._net.underlay.sent if each.destination == _STRANGER]
            assert sum(map(len, answers)) <= len(datagram)
        self._net.clock.advance(0.1)
        assert len(self._victim.transport._conversations.members) <= 3

    def _fromFriend(self, plaintexts: Iterable[bytes]) -> None:
        conversation = self._friend.transport._conversations.members[self._victim.peer]
        for plaintext in plaintexts:
            conversation.link.send(plaintext[0], plaintext[1:])
        for each in (self._victim, self._friend):
            each.frames.clear()
            each.controls.clear()
            each.sessions.clear()

    def _datagram(self, kind: bytes, rest: bytes) -> bytes:
        theirs = macKey(self._victim.key.exchangePublic)
        if kind == b"\1":
            message = rest[: HANDSHAKE_SIZE - 32].ljust(HANDSHAKE_SIZE - 32, b"\0")
            return _withMac(message, theirs)
        if kind == b"\2":
            ephemeral = X25519PrivateKey.from_private_bytes(self._number.to_bytes(32, "big"))
            noise = Initiator(
                "aes-256-gcm", b"wand 1" + self._net.key.network, self._key, self._victim.key.exchangePublic, ephemeral
            )
            payload = rest[:HANDSHAKE_SIZE].ljust(HANDSHAKE_SIZE, b"\0")
            return packInitiation(1, noise.write(payload[: HANDSHAKE_SIZE - 40 - 96]), theirs, b"")
        if kind == b"\3":
            return packResponse(
                1, self._openAttempt(), rest.ljust(HANDSHAKE_SIZE, b"\0")[: HANDSHAKE_SIZE - 44], theirs
            )
        return rest

    def _openAttempt(self) -> int:
        victim: SealedNode = self._victim
        if not victim.transport._shared.indices.attempts:
            victim.meet(self._away)
            victim.transport.send(self._away.peer, victim.frameTo(self._away))
        return next(iter(victim.transport._shared.indices.attempts), 0)


def _protected() -> list[bytes]:
    """
    The plaintexts of a superframe with parity.
    """
    virtio, frame = Packet(payload=bytes(range(250)) * 10).superframe()
    superframe = superframeOf(virtio, memoryview(frame))
    assert superframe is not None
    chunks = Cutter().cut(superframe, 1_000)
    return [bytes(each) for each in (*paritiesOf(superframe, chunks), *chunks)]


def _withMac(message: bytes, key: bytes) -> bytes:
    return message + blake2s(message, key=key, digest_size=16).digest() + bytes(16)


class Server(_Datagrams):
    """
    The UDP port of a server.
    """

    isServer = True


class Node(_Datagrams):
    """
    The UDP port of a node.
    """


class Tokens:
    """
    What somebody pastes as an invitation; after an octet of zero, what is in it.
    """

    @staticmethod
    def seeds() -> Iterable[bytes]:
        """
        See L{Target}.
        """
        token = Token(b"n" * 32, b"i" * 32, b"x" * 32, ("192.0.2.1:44444",), b"v" * 16, b"s" * 32, "aes-256-gcm")
        yield token.text.encode()
        yield b"\0" + packed(token)

    def take(self, octets: bytes) -> None:
        """
        See L{Target}.
        """
        text = octets.decode("latin-1")
        if octets[:1] == b"\0":  # with a right checksum
            content = octets[1:]
            text = TOKEN_PREFIX + urlsafe_b64encode(content + sha256(content).digest()[:4]).decode()
        with suppress(TokenInvalid):
            Token.parse(text)


class Signed:
    """
    Everything that is signed, and the messages that carry it.
    """

    @staticmethod
    def seeds() -> Iterable[bytes]:
        """
        See L{Target}.
        """
        person = SimulatedNetwork.begun().person(1)
        yield person.signedCertificate
        yield person.claim()
        yield messages.pack(messages.Refused("because"))
        yield messages.pack(messages.NotNow("because"))
        yield messages.pack(messages.ServersTold((bytes(8),)))

    def take(self, octets: bytes) -> None:
        """
        See L{Target}.
        """
        numberOf(octets)
        messages.parse(octets)
        parseRecord(octets)
        for kind in (Certificate, Claim, Grant, Allowance, Revocation, Descriptor):
            unverified(octets, kind)
            assert verified(octets, kind, b"k" * 32) is None
        assert certified(octets, b"k" * 32) is None


class Directory:
    """
    Control messages of a member to a server, and of a server to a node: the first octet says which.
    """

    def __init__(self) -> None:
        self._network = SimulatedNetwork.begun()
        self._server = SimulatedServer(self._network.person(0, server=True), MemoryRecords())
        self._server.come()
        self._node = SimulatedMember(self._network.person(1), [self._server.person])
        self._node.come()
        self._client = self._network.person(2).sessions()
        self._network.run(5.0)

    @staticmethod
    def seeds() -> Iterable[bytes]:
        """
        See L{Target}.
        """
        person = SimulatedNetwork.begun().person(2)
        pair = person.signedCertificate, person.claim()
        record = PageRecord(*pair, ("192.0.2.7:22222",), 0, 1)
        for message in (
            Announce(1, *pair, ("192.0.2.7:22222",)),
            Announced(1, 1, b"i" * 8, 1),
            Ask(1, b"", 0, 0, 16),
            Page(1, True, b"i" * 8, 0, 1, 1, (pack(record),)),  # type: ignore[arg-type]  # a record is raw
        ):
            yield b"\0" + pack(message)
            yield b"\1" + pack(message)

    def take(self, octets: bytes) -> None:
        """
        See L{Target}.
        """
        if octets[:1] == b"\0":
            self._client.sendControl(self._server.person.key.identity, octets[1:])
        else:
            self._server.sessions.sendControl(self._node.person.key.identity, octets[1:])
        self._network.run(0.2)


class REL2:
    """
    Datagrams of the original protocol.
    """

    @staticmethod
    def seeds() -> Iterable[bytes]:
        """
        See L{Target}.
        """
        mac = MAC.parse("02:00:00:00:00:01")
        yield buildRequest(mac)
        yield buildListing([(mac, "192.0.2.1")]) or b""

    def take(self, octets: bytes) -> None:
        """
        See L{Target}.
        """
        parseRequest(octets)
        parseListing(octets)


class Control:
    """
    The control socket: AMP, from whoever may connect.
    """

    def __init__(self) -> None:
        self._clock = Clock()
        self._factory = ControlFactory(MemoryProgram(self._clock), self._clock)

    @staticmethod
    def seeds() -> Iterable[bytes]:
        """
        See L{Target}.
        """
        yield b"\0\x04_ask\0\x011\0\x08_command\0\x06Status\0\0"
        yield b"\0\x04_ask\0\x011\0\x08_command\0\x06Delete\0\x03mac\0\x1102:00:00:00:00:02\0\0"

    def take(self, octets: bytes) -> None:
        """
        See L{Target}.
        """
        protocol = self._factory.buildProtocol(None)
        assert protocol is not None
        transport = StringTransport()
        protocol.makeConnection(transport)
        protocol.dataReceived(octets)
        self._clock.advance(1.0)
        protocol.connectionLost(Failure(ConnectionDone()))


class Frames:
    """
    What the guard looks at.
    """

    @staticmethod
    def seeds() -> Iterable[bytes]:
        """
        See L{Target}.
        """
        header = bytes.fromhex("020000000002020000000001")
        yield header + b"\x08\x00" + bytes([0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17]) + bytes(10) + b"\0\x43\0\x44"
        yield header + b"\x86\xdd" + bytes([0x60, 0, 0, 0, 0, 0, 44, 64]) + bytes(32) + b"\x3a" + bytes(7) + b"\x86"
        yield header + b"\x81\0\0\0\0\x60\xaa\xaa\x03\0\0\0\x08\x06" + bytes(28)

    def take(self, octets: bytes) -> None:
        """
        See L{Target}.
        """
        list(spokenFor(octets))
        assert not (isPlain(octets) and reserved(octets) in (DHCP, ROUTER))


TARGETS: Final[dict[str, type[Target]]] = {
    "server": Server,
    "node": Node,
    "token": Tokens,
    "signed": Signed,
    "directory": Directory,
    "rel2": REL2,
    "control": Control,
    "frames": Frames,
}
