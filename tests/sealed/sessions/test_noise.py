"""
Tests for L{wand.sealed.sessions.noise}.
"""

from __future__ import annotations

import gc
import json
from pathlib import Path
from typing import Any
from weakref import ref

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.sessions.ciphers import CIPHERS
from wand.sealed.sessions.noise import SUITES, HandshakeInvalid, Initiator, Responder

VECTORS = json.loads(Path(__file__).with_name("noise-vectors.json").read_text())["vectors"]
PSK = b"p" * 32


def key(fill: bytes) -> X25519PrivateKey:
    return X25519PrivateKey.from_private_bytes(fill * 32)


def public(private: X25519PrivateKey) -> bytes:
    return private.public_key().public_bytes_raw()


def ends(cipher: str = "aes-256-gcm", prologue: bytes = b"") -> tuple[Initiator, Responder]:
    return Initiator(cipher, prologue, key(b"i"), public(key(b"r")), key(b"1")), Responder(cipher, prologue, key(b"r"))


class PublishedVectorTests(SynchronousTestCase):
    """
    The handshake is the one that others have, octet for octet.
    """

    def octets(self, vector: dict[str, Any], name: str) -> bytes:
        return bytes.fromhex(vector[name])

    def private(self, vector: dict[str, Any], name: str) -> X25519PrivateKey:
        return X25519PrivateKey.from_private_bytes(self.octets(vector, name))

    def test_bothCiphersAreCovered(self) -> None:
        """
        There is a published vector for the handshake of every cipher.
        """
        names = {vector["protocol_name"].encode() for vector in VECTORS}
        self.assertEqual(names, set(SUITES.values()))
        self.assertEqual(SUITES.keys(), CIPHERS.keys())

    def test_publishedVectors(self) -> None:
        """
        Both messages of the handshake and the keys that it ends with are those of the published vectors.
        """
        for vector in VECTORS:
            cipher = next(name for name, suite in SUITES.items() if suite.decode() == vector["protocol_name"])
            messages = [(bytes.fromhex(m["payload"]), bytes.fromhex(m["ciphertext"])) for m in vector["messages"]]
            prologue, psk = self.octets(vector, "init_prologue"), bytes.fromhex(vector["init_psks"][0])
            initiator = Initiator(
                cipher,
                prologue,
                self.private(vector, "init_static"),
                self.octets(vector, "init_remote_static"),
                self.private(vector, "init_ephemeral"),
            )
            responder = Responder(cipher, prologue, self.private(vector, "resp_static"))

            self.assertEqual(initiator.write(messages[0][0]), messages[0][1])
            self.assertEqual(responder.read(messages[0][1]), messages[0][0])
            self.assertEqual(responder.theirs, public(self.private(vector, "init_static")))
            message, theirs = responder.write(messages[1][0], psk, self.private(vector, "resp_ephemeral"))
            self.assertEqual(message, messages[1][1])
            payload, ours = initiator.read(message, psk)
            self.assertEqual(payload, messages[1][0])
            self.assertEqual((ours.sending, ours.receiving), (theirs.receiving, theirs.sending))
            self.checkTransport(cipher, messages[2:], ours.sending, ours.receiving)

    def checkTransport(self, cipher: str, messages: list[tuple[bytes, bytes]], first: bytes, second: bytes) -> None:
        order = "big" if cipher == "aes-256-gcm" else "little"
        for number, (payload, sealed) in enumerate(messages):
            nonce = bytes(4) + (number // 2).to_bytes(8, order)  # type: ignore[arg-type]  # one of the two
            aead = CIPHERS[cipher](second if number % 2 else first)
            self.assertEqual(aead.encrypt(nonce, payload, b""), sealed)


class HandshakeTests(SynchronousTestCase):
    """
    What does not fit is refused, and a forged answer ends no handshake.
    """

    def test_forgedAnswerEndsNoHandshake(self) -> None:
        """
        An initiator that was sent forged answers still takes the right one.
        """
        initiator, responder = ends()
        responder.read(initiator.write(b"hello"))
        message, keys = responder.write(b"welcome", PSK, key(b"2"))
        for forged in (b"", b"x" * 40, message[:-1] + b"\0", bytes(len(message)), message[:20]):
            self.assertRaises(HandshakeInvalid, initiator.read, forged, PSK)
        payload, ours = initiator.read(message, PSK)
        self.assertEqual((payload, ours.sending), (b"welcome", keys.receiving))

    def test_uselessAnswerEndsNoHandshake(self) -> None:
        """
        An initiator that was sent an answer which opens, but says nothing of use, takes another.
        """
        initiator, responder = ends()
        _, other = ends()
        first = initiator.write(b"hello")
        for each, payload in ((responder, b"useless"), (other, b"welcome")):
            each.read(first)
            message, keys = each.write(payload, PSK, key(payload[:1]))
            read, ours = initiator.read(message, PSK)
            self.assertEqual((read, ours.sending, ours.receiving), (payload, keys.receiving, keys.sending))

    def test_anotherPSKIsRefused(self) -> None:
        """
        Without the right pre-shared key there is no session.
        """
        initiator, responder = ends()
        responder.read(initiator.write(b""))
        message, _ = responder.write(b"", PSK, key(b"2"))
        self.assertRaises(HandshakeInvalid, initiator.read, message, b"q" * 32)

    def test_noPSKIsRefused(self) -> None:
        """
        A missing pre-shared key is never taken for one.
        """
        initiator, responder = ends()
        responder.read(initiator.write(b""))
        self.assertRaises(HandshakeInvalid, responder.write, b"", b"", key(b"2"))
        self.assertRaises(HandshakeInvalid, initiator.read, bytes(48), b"")

    def test_anotherPrologueIsRefused(self) -> None:
        """
        A handshake of another network does not open.
        """
        initiator, _ = ends(prologue=b"one")
        _, responder = ends(prologue=b"other")
        self.assertRaises(HandshakeInvalid, responder.read, initiator.write(b""))

    def test_anotherCipherIsRefused(self) -> None:
        """
        There is no negotiation: a handshake of another cipher does not open.
        """
        initiator, _ = ends("aes-256-gcm")
        _, responder = ends("chacha20-poly1305")
        self.assertRaises(HandshakeInvalid, responder.read, initiator.write(b""))

    def test_weakKeysAreRefused(self) -> None:
        """
        Public keys with which everybody knows the secret (RFC 7748, section 6.1) give no session.
        """
        initiator = Initiator("aes-256-gcm", b"", key(b"i"), bytes(32), key(b"1"))
        self.assertRaises(HandshakeInvalid, initiator.write, b"")
        _, responder = ends()
        self.assertRaises(HandshakeInvalid, responder.read, bytes(96))

    def test_keysStayOutOfLogs(self) -> None:
        """
        The text form of the keys does not show them.
        """
        initiator, responder = ends()
        responder.read(initiator.write(b""))
        _, keys = responder.write(b"", PSK, key(b"2"))
        for text in (repr(keys), str(keys), f"{keys}"):
            self.assertEqual(text, "TransportKeys()")

    @given(st.binary(max_size=200))
    def test_anythingCanArrive(self, message: bytes) -> None:
        """
        Whatever a stranger sends as a handshake message is refused, and nothing else happens.
        """
        initiator, responder = ends()
        initiator.write(b"")
        self.assertRaises(HandshakeInvalid, responder.read, message)
        self.assertRaises(HandshakeInvalid, initiator.read, message, PSK)


class GarbageTests(SynchronousTestCase):
    """
    What a handshake leaves behind.
    """

    def setUp(self) -> None:
        gc.disable()
        self.addCleanup(gc.enable)

    def test_nothingWaitsForTheCollector(self) -> None:
        """
        When a handshake is over, or was given up, all of it goes at once.
        """
        initiator, responder = ends()
        responder.read(initiator.write(b""))
        message, _ = responder.write(b"", PSK, key(b"2"))
        with self.assertRaises(HandshakeInvalid):
            initiator.read(message[:-1] + b"?", PSK)
        initiator.read(message, PSK)
        other, _ = ends()
        other.write(b"")
        known = [ref(each._noise) for each in (initiator, responder, other)]
        del initiator, responder, other
        self.assertEqual([each() for each in known], [None] * 3)
