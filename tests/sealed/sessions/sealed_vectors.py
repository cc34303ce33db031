"""
Makes C{sealed-vectors.json}: every message of the sealed protocol from fixed keys and fixed randomness.

    python tests/sealed/sessions/sealed_vectors.py > tests/sealed/sessions/sealed-vectors.json

All octets are in hex.  The credentials are plain texts here: the layouts do not look into them.
"""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import Mock

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from wand.sealed.sessions.cookies import CookieJar, cookieKey
from wand.sealed.sessions.noise import SUITES, Initiator, Responder
from wand.sealed.sessions.packets import (
    JOIN,
    MEMBER,
    Greeting,
    Reply,
    macKey,
    packGreeting,
    packInitiation,
    packReply,
    packResponse,
)
from wand.sealed.sessions.presence import SIGN_OF_LIFE
from wand.sealed.sessions.session import Session, SessionOwner

NETWORK = bytes(range(32))
INITIATOR, RESPONDER = (X25519PrivateKey.from_private_bytes(fill * 32) for fill in (b"\x11", b"\x22"))
FIRST, SECOND = (X25519PrivateKey.from_private_bytes(fill * 32) for fill in (b"\x33", b"\x44"))
PSK = b"\x55" * 32
TIME = 1_700_000_000_000
CLOCK = 1_700_000_007
SECRETS = (0, 1_700_000_000)
INDICES = (0x01020304, 0xA1A2A3A4)
COOKIE = bytes(range(16))
PLAINTEXTS = {
    "keepalive": SIGN_OF_LIFE,
    "control": b"\x00\x91\x05",
    "frame": b"\x01" + bytes.fromhex("020000000002020000000001080045"),
}


def handshake(cipher: str, purpose: int, credential: bytes) -> dict[str, Any]:
    """
    A whole handshake, and the first messages both ways.
    """
    prologue = b"wand 1" + NETWORK
    ours, theirs = (key.public_key().public_bytes_raw() for key in (INITIATOR, RESPONDER))
    secrets = SECRETS if purpose == MEMBER else None
    greeting = packGreeting(Greeting(1, TIME, purpose, credential, CLOCK, COOKIE if purpose == JOIN else b"", secrets))
    reply = packReply(Reply(1, b"certificate of the responder", CLOCK, secrets))
    initiator = Initiator(cipher, prologue, INITIATOR, theirs, FIRST)
    responder = Responder(cipher, prologue, RESPONDER)
    first = initiator.write(greeting)
    responder.read(first)
    second, keys = responder.write(reply, PSK, SECOND)
    _, mine = initiator.read(second, PSK)
    nobody = Mock(SessionOwner)
    one = Session(nobody, cipher, mine, INDICES[0], INDICES[1], 0.0, initiator=True, version=1)
    two = Session(nobody, cipher, keys, INDICES[1], INDICES[0], 0.0, initiator=False, version=1)
    initiation = packInitiation(INDICES[0], first, macKey(theirs), b"")
    return {
        "cipher": cipher,
        "protocol": SUITES[cipher].decode(),
        "purpose": purpose,
        "payload 1": greeting.hex(),
        "payload 2": reply.hex(),
        "initiation": initiation.hex(),
        "initiation with cookie": packInitiation(INDICES[0], first, macKey(theirs), COOKIE).hex(),
        "cookie message": _demand(theirs, initiation).hex(),
        "response": packResponse(INDICES[1], INDICES[0], second, macKey(ours)).hex(),
        "key of the initiator's messages": mine.sending.hex(),
        "key of the responder's messages": mine.receiving.hex(),
        "data": [
            {
                "from": name,
                "counter": number,
                "kind": kind,
                "plaintext": plaintext.hex(),
                "datagram": _seal(end, plaintext),
            }
            for name, end in (("initiator", one), ("responder", two))
            for number, (kind, plaintext) in enumerate(PLAINTEXTS.items())
        ],
    }


def vectors() -> dict[str, Any]:
    """
    Everything.
    """
    theirs = RESPONDER.public_key().public_bytes_raw()
    return {
        "network": NETWORK.hex(),
        "initiator's exchange key, private": INITIATOR.private_bytes_raw().hex(),
        "responder's exchange key, private": RESPONDER.private_bytes_raw().hex(),
        "responder's exchange key": theirs.hex(),
        "initiator's ephemeral key, private": FIRST.private_bytes_raw().hex(),
        "responder's ephemeral key, private": SECOND.private_bytes_raw().hex(),
        "pre-shared key": PSK.hex(),
        "time in ms": TIME,
        "clock in s": CLOCK,
        "numbers of the network secrets of members": list(SECRETS),
        "key of mac1 to the responder": macKey(theirs).hex(),
        "key of the responder's cookies": cookieKey(theirs).hex(),
        "cookie": COOKIE.hex(),
        "handshakes": [
            handshake(cipher, purpose, credential)
            for cipher in SUITES
            for purpose, credential in ((MEMBER, b"certificate of the initiator"), (JOIN, b"id of invitation"))
        ],
    }


def _demand(exchangeKey: bytes, initiation: bytes) -> bytes:
    jar = CookieJar(exchangeKey, lambda size: b"\x66" * size)
    jar._cookie = lambda sender, now: COOKIE  # type: ignore[method-assign]  # its maker alone knows how it is made
    return jar.demand(memoryview(initiation), INDICES[0], ("192.0.2.1", 22222), 0.0)


def _seal(session: Session, plaintext: bytes) -> str:
    out = memoryview(bytearray(len(plaintext) + 32))
    return out[: session.seal(memoryview(plaintext), out)].hex()


if __name__ == "__main__":
    print(json.dumps(vectors(), indent=2))
