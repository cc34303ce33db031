"""
Networks and members for tests: real keys and signatures, made of nothing but a name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import TypeVar

import attrs
from twisted.internet.defer import Deferred
from zope.interface import implementer

from wand.ethernet import MAC
from wand.interfaces import Held, IConditionalRecords
from wand.sealed.credentials.certificate import NODE, SERVER, Certificate
from wand.sealed.credentials.claim import Claim
from wand.sealed.credentials.descriptor import Cipher, Descriptor
from wand.sealed.credentials.grant import Grant
from wand.sealed.credentials.identity import NetworkKey, NodeKey
from wand.sealed.credentials.key_binding import bindingOf
from wand.sealed.credentials.limits import DEFAULT_LIMITS, Limits
from wand.sealed.credentials.network_secrets import NetworkSecrets
from wand.sealed.credentials.revocation import Revocation
from wand.sealed.credentials.rotation import Rotation
from wand.sealed.credentials.signed import signed
from wand.sealed.credentials.token import Token
from wand.stores.memory import MemoryRecords

Result = TypeVar("Result")


def octetsFrom(name: str) -> bytes:
    """
    32 octets that are always the same for a name.
    """
    return sha256(name.encode()).digest()


def entropyFrom(name: str) -> Callable[[int], bytes]:
    """
    A source of octets that is always the same for a name.
    """
    count = 0

    def entropy(size: int) -> bytes:
        nonlocal count
        count += 1
        return octetsFrom(f"{name} {count}")[:size]

    return entropy


def macFrom(name: str) -> MAC:
    """
    A MAC address that is always the same for a name.
    """
    return MAC.fromRandom(octetsFrom(f"mac {name}")[:6])


@attrs.frozen(eq=False)
class TestNetwork:
    """
    A network whose key is at hand.
    """

    __test__ = False  # no test case, whatever pytest makes of the name

    key: NetworkKey = attrs.field(factory=lambda: NetworkKey.fromSeed(octetsFrom("network")))
    secret: bytes = octetsFrom("network secret")
    cipher: Cipher = "aes-256-gcm"
    prefix: str = "10.77.0.0/16"

    def secrets(self, wallClock: Callable[[], float] = lambda: 0.0) -> NetworkSecrets:
        """
        Its secrets, as a server keeps them.
        """
        secrets = NetworkSecrets(wallClock, lambda: True)
        secrets.begin(self.key.network, self.secret)
        return secrets

    def rotation(self, number: int, former: int = 0, until: int = 0, secret: bytes | None = None) -> bytes:
        """
        A signed rotation; without C{secret} to the one of its number.
        """
        content = Rotation(self.key.network, number, former, until, secret or octetsFrom(f"secret {number}"))
        return signed(self.key.signing, content)

    @property
    def descriptor(self) -> bytes:
        """
        Its signed descriptor.
        """
        return signed(self.key.signing, Descriptor("test", self.cipher, self.prefix, 0))

    def certificate(
        self,
        key: NodeKey,
        name: str = "alice",
        macs: tuple[MAC, ...] | None = None,
        addresses: tuple[str, ...] = (),
        *,
        server: bool = False,
        bridge: bool = False,
        since: int = 0,
        issued: int = 0,
        expires: int = 259_200,
        limits: Limits = DEFAULT_LIMITS,
        confirmed: bool = False,
        admission: bool = False,
        relay: bool = False,
        grant: bytes = b"",
        seat: int = 0,
        by: NodeKey | None = None,
        binding: bytes | None = None,
    ) -> bytes:
        """
        A signed certificate for a node; without C{macs} for the one of its name.

        @param by: who signs in place of the network.
        @param binding: in place of what the node says of its keys.
        """
        content = Certificate(
            network=self.key.network,
            identity=key.identity,
            exchangeKey=key.exchangePublic,
            role=SERVER if server else NODE,
            name=name,
            addresses=addresses,
            macs=tuple(map(bytes, (macFrom(name),) if macs is None else macs)),
            bridge=bridge,
            since=since,
            issued=max(since, issued),
            expires=expires,
            limits=limits,
            confirmed=confirmed,
            admission=admission,
            relay=relay,
            grant=grant,
            seat=seat,
            binding=bindingOf(key) if by not in (None, key) and binding is None else binding or b"",
        )
        return signed(self.key.signing if by is None else by.signing, content)

    def grant(
        self,
        key: NodeKey,
        since: int = 0,
        expires: int = 259_200,
        rights: int = 3,
        members: int = 4,
        by: NetworkKey | NodeKey | None = None,
    ) -> bytes:
        """
        A signed grant for a member.

        @param by: who signs in place of the network.
        """
        return signed((by or self.key).signing, Grant(key.identity, since, expires, rights, members))

    def claim(
        self,
        key: NodeKey,
        name: str = "alice",
        macs: tuple[MAC, ...] | None = None,
        addresses: tuple[str, ...] = (),
        epoch: int = 1,
        admitter: bytes = b"",
    ) -> bytes:
        """
        The claim of a node to what L{certificate} says of the same name.
        """
        octets = tuple(map(bytes, (macFrom(name),) if macs is None else macs))
        return signed(key.signing, Claim(self.key.network, key.identity, epoch, octets, addresses, name, admitter))

    def token(self, server: NodeKey, endpoint: str) -> Token:
        """
        An invitation.

        @param endpoint: where the server is.
        """
        return Token(
            network=bytes(self.key.network),
            identity=server.identity,
            server=server.exchangePublic,
            endpoints=(endpoint,),
            invitation=octetsFrom("id")[:16],
            secret=octetsFrom("secret"),
            cipher=self.cipher,
        )

    def revocation(self, identity: bytes, revoked: int = 0) -> bytes:
        """
        The signed revocation of an identity.
        """
        return signed(self.key.signing, Revocation(self.key.network, identity, revoked))


@implementer(IConditionalRecords)
class SlowRecords:
    """
    Records in memory whose calls are done when L{finish} is called, so that others come between.
    """

    def __init__(self) -> None:
        self._records = MemoryRecords()
        self._waiting: list[Callable[[], None]] = []

    def load(self, kind: str) -> Deferred[dict[bytes, bytes]]:
        return self._later(lambda: self._records.load(kind))

    def write(self, kind: str, records: Mapping[bytes, bytes | None]) -> Deferred[None]:
        return self._later(lambda: self._records.write(kind, records))

    def exchange(self, kind: str, key: bytes, expected: bytes | None, value: bytes | None) -> Deferred[bool]:
        return self._later(lambda: self._records.exchange(kind, key, expected, value))

    def exchangeIf(
        self, kind: str, key: bytes, expected: bytes | None, value: bytes | None, others: Sequence[Held]
    ) -> Deferred[bool]:
        return self._later(lambda: self._records.exchangeIf(kind, key, expected, value, others))

    def watch(
        self, kind: str, changed: Callable[[Mapping[bytes, bytes | None]], object], missed: Callable[[], object]
    ) -> Callable[[], None]:
        return self._records.watch(kind, changed, missed)

    def close(self) -> Deferred[None]:
        return self._records.close()

    def finish(self) -> None:
        """
        Do what waits, and what comes to wait because of it, in the order in which it came.
        """
        while self._waiting:
            self._waiting.pop(0)()

    def _later(self, call: Callable[[], Deferred[Result]]) -> Deferred[Result]:
        answer: Deferred[Result] = Deferred()

        def done() -> None:
            call().chainDeferred(answer)

        self._waiting.append(done)
        return answer
