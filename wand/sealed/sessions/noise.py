"""
The handshake: Noise IKpsk2 with Curve25519 and BLAKE2s (The Noise Protocol Framework, revision 34).

The C{noiseprotocol} library does it; this module and its backend alone know that.  Its own transport mode wants every
message in order, which UDP does not give, so only the handshake is taken from it, and the two keys.  Its
C{noise.connection} is left out: with it come the formats of keys of OpenSSH and TLS, 0.5 MB of a node's memory.
What is peculiar to it, and covered by tests:

  - A message that does not open leaves the library's state spoilt, and one that opens leaves none.  An initiator must
    outlive forged answers and those of strangers, so it rebuilds its state from what it sent.
  - The pre-shared key is wanted before the start, although the pattern uses it in the second message only.  It is put
    in when that message is written or read, because a responder chooses it by the first.
  - Its objects, some 25 for a handshake, refer to each other in circles.  Unless they are taken apart they stay until
    the garbage collector finds them, in a server for seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from noise.noise_protocol import NoiseProtocol

from wand.sealed.sessions.noise_backend import Backend, ExchangeKey

#: The Noise protocol's name by the network's cipher.
SUITES: Final = {
    "aes-256-gcm": b"Noise_IKpsk2_25519_AESGCM_BLAKE2s",
    "chacha20-poly1305": b"Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s",
}

#: Octets that the first message has beyond its payload: the ephemeral key, the static key and two tags.
OVERHEAD_FIRST: Final = 32 + 48 + 16

#: Octets that the second message has beyond its payload: the ephemeral key and a tag.
OVERHEAD_SECOND: Final = 32 + 16

_BACKEND: Final = Backend()

_LATER: Final = bytes(32)  # stands for the pre-shared key until it is known

_REFUSALS: Final = (InvalidTag, ValueError)


class HandshakeInvalid(Exception):
    """
    A handshake message does not open: forged, damaged, for somebody else, or with another pre-shared key.
    """


class TransportKeys(bytes):
    """
    What a handshake ends with: two keys, one after the other.  A server keeps those of thousands of members.
    """

    __slots__ = ()

    def __new__(cls, sending: bytes, receiving: bytes) -> TransportKeys:
        return super().__new__(cls, sending + receiving)

    @property
    def sending(self) -> bytes:
        """
        The key for what we send, 32 octets.
        """
        return self[:32]

    @property
    def receiving(self) -> bytes:
        """
        The key for what we receive, 32 octets.
        """
        return self[32:]

    def __repr__(self) -> str:
        return "TransportKeys()"  # nobody is to find them in a log

    __str__ = __repr__


class _End:
    """
    One end of a handshake.
    """

    _noise: Any = None

    def __del__(self) -> None:
        _takeApart(self._noise)


class Initiator(_End):
    """
    The end that begins.
    """

    def __init__(
        self, cipher: str, prologue: bytes, ours: X25519PrivateKey, theirs: bytes, ephemeral: X25519PrivateKey
    ) -> None:
        """
        @param theirs: the responder's exchange key.
        @param ephemeral: a fresh key for this handshake alone.
        @raise HandshakeInvalid: if C{theirs} is not a key, or C{cipher} no cipher.
        """
        self._cipher = cipher
        self._prologue = prologue
        self._ours = _pair(ours)
        self._ephemeral = _pair(ephemeral)
        try:
            self._theirs = ExchangeKey.from_public_bytes(theirs)
        except ValueError as error:
            raise HandshakeInvalid(str(error)) from error
        self._payload = b""
        self._isSpent = False
        self._noise = self._begin()

    def write(self, payload: bytes) -> bytes:
        """
        Make the first message.

        @raise HandshakeInvalid: if the responder's key is one with which there is no secret (RFC 7748, section 6.1).
        """
        self._payload = payload
        try:
            return _written(self._noise, payload)
        except _REFUSALS as error:
            raise HandshakeInvalid(str(error)) from error

    def read(self, message: bytes, psk: bytes) -> tuple[bytes, TransportKeys]:
        """
        Read the second message.  One that does not open changes nothing, nor does one that opens.

        @return: its payload, and the keys.
        @raise HandshakeInvalid: if it does not open.
        """
        secret = _checked(psk)
        if self._isSpent:
            _takeApart(self._noise)
            self._noise = self._begin()
            _written(self._noise, self._payload)
        self._isSpent = True
        self._noise.psks = [secret]
        try:
            payload = _read(self._noise, message)
        except _REFUSALS as error:
            raise HandshakeInvalid(str(error)) from error
        return payload, _keys(self._noise)

    def _begin(self) -> Any:
        noise = _begun(self._cipher, self._prologue, True, s=self._ours, rs=self._theirs)
        noise.handshake_state.e = self._ephemeral
        return noise


class Responder(_End):
    """
    The end that answers.

    @ivar theirs: the initiator's exchange key; proven once the first message was read.
    """

    def __init__(self, cipher: str, prologue: bytes, ours: X25519PrivateKey) -> None:
        """
        @raise HandshakeInvalid: if C{cipher} is not a cipher.
        """
        self.theirs = b""
        self._noise = _begun(cipher, prologue, False, s=_pair(ours))

    def read(self, message: bytes) -> bytes:
        """
        Read the first message, once.

        @return: its payload.
        @raise HandshakeInvalid: if it does not open.
        """
        try:
            payload = _read(self._noise, message)
        except _REFUSALS as error:
            raise HandshakeInvalid(str(error)) from error
        self.theirs = self._noise.handshake_state.rs.public_bytes
        return payload

    def write(self, payload: bytes, psk: bytes, ephemeral: X25519PrivateKey) -> tuple[bytes, TransportKeys]:
        """
        Make the second message.

        @param ephemeral: a fresh key for this handshake alone.
        @return: the message, and the keys.
        @raise HandshakeInvalid: if the initiator's keys are ones with which there is no secret.
        """
        self._noise.psks = [_checked(psk)]
        self._noise.handshake_state.e = _pair(ephemeral)
        try:
            message = _written(self._noise, payload)
        except _REFUSALS as error:
            raise HandshakeInvalid(str(error)) from error
        return message, _keys(self._noise)


def ephemeralKey(entropy: Callable[[int], bytes]) -> X25519PrivateKey:
    """
    A fresh key for one handshake.

    @param entropy: gives as many random octets as it is asked for.
    """
    return X25519PrivateKey.from_private_bytes(entropy(32))


def _begun(cipher: str, prologue: bytes, isInitiator: bool, **pairs: ExchangeKey) -> Any:
    if cipher not in SUITES:
        raise HandshakeInvalid("this node is a member of no network")
    noise = NoiseProtocol(SUITES[cipher], _BACKEND)
    noise.initiator, noise.prologue, noise.psks = isInitiator, prologue, [_LATER]
    noise.keypairs.update(pairs)
    noise.validate()
    noise.initialise_handshake_state()
    return noise


def _written(noise: Any, payload: bytes) -> bytes:
    message = bytearray()
    noise.handshake_state.write_message(payload, message)
    return bytes(message)


def _read(noise: Any, message: bytes) -> bytes:
    payload = bytearray()
    noise.handshake_state.read_message(message, payload)
    return bytes(payload)


def _checked(psk: bytes) -> bytes:
    if len(psk) != 32:
        raise HandshakeInvalid("there is no pre-shared key")
    return psk


def _pair(private: X25519PrivateKey) -> ExchangeKey:
    public = private.public_key()
    return ExchangeKey(private, public, public.public_bytes_raw())


def _keys(noise: Any) -> TransportKeys:
    return TransportKeys(bytes(noise.cipher_state_encrypt.k), bytes(noise.cipher_state_decrypt.k))


def _takeApart(noise: Any) -> None:
    if noise is not None:
        vars(noise).clear()
