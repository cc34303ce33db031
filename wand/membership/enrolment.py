"""
Enrolment: what a node keeps of its membership in its state directory.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import sha256
from hmac import compare_digest
from time import time
from typing import Annotated, Final, Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from msgspec import Meta
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from wand.errors import MembershipRefused, StateUnavailable, TokenInvalid
from wand.ethernet import MAC
from wand.keeping import Keeping
from wand.membership.certificate import SERVER, Certificate
from wand.membership.claim import Claim
from wand.membership.epoch import EPOCH, Epoch
from wand.membership.fields import Octets32, checkSecret
from wand.membership.identity import Entropy, Identity, NodeKey
from wand.membership.kept import keptSecret
from wand.membership.member import Member
from wand.membership.messages import Admitted, Join, JoinProof, Signed
from wand.membership.network import Descriptor
from wand.membership.signed import packed, signature, signed, unpacked, verified
from wand.membership.token import Token
from wand.membership.trust import LIMIT, SKEW, Trust
from wand.notes import Notes
from wand.state import StateDirectory

#: The files in the state directory.
MEMBERSHIP: Final = "membership"
TOKEN: Final = "token"
REVOCATIONS: Final = "revocations"
SPENT: Final = "spent"

#: Seconds for which revocations wait for others to be written with them.
PATIENCE: Final = 1.0

#: How many servers are remembered.
SERVERS: Final = 16


class KnownServer(msgspec.Struct, frozen=True, array_like=True):
    """
    A directory server, and where it may be.

    @ivar endpoints: C{HOST:PORT} each; a host may be a name.
    """

    identity: Octets32
    exchangeKey: Octets32
    endpoints: Annotated[tuple[Annotated[str, Meta(max_length=261)], ...], Meta(max_length=8)]


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    network: Octets32
    descriptor: Signed
    secret: Octets32
    certificate: Signed
    servers: Annotated[tuple[KnownServer, ...], Meta(max_length=SERVERS)]

    def __post_init__(self) -> None:
        checkSecret(self.secret)


class Enrolment:
    """
    The membership of a node; it provides L{wand.membership.member.Membership}.

    @ivar state: the directory where it is kept.
    @ivar key: the node's keys.
    @ivar token: the invitation that is being redeemed, if there is one.
    @ivar trust: whose certificates are valid; C{None} before the first invitation.
    @ivar descriptor: what the network is; C{None} before joining.
    @ivar own: what our certificate says; C{None} before joining.
    @ivar damaged: what is wrong with files that we can work without, and what to do about it.
    """

    _log = Logger()

    def __init__(
        self,
        state: StateDirectory,
        clock: IReactorTime,
        entropy: Entropy = os.urandom,
        notes: Notes | None = None,
        *,
        wallClock: Callable[[], float] = time,
    ) -> None:
        """
        Read what is kept; make the node's key the first time.

        @param notes: where it is said that something cannot be kept.
        @param wallClock: gives the seconds since the epoch.
        @raise StateUnavailable: if something cannot be read, or is open to others; or if the key is damaged, or lost
            while the rest is there.
        """
        self.key = NodeKey.kept(state, entropy, beside=(MEMBERSHIP, EPOCH, REVOCATIONS))
        self.token: Token | None = None
        self.trust: Trust | None = None
        self.descriptor: Descriptor | None = None
        self.own: Certificate | None = None
        self.state = state
        self._clock = clock
        self.damaged: list[str] = []
        self._wallClock = wallClock
        self._keeping = Keeping(state, clock, notes)
        self._epoch = Epoch(self._keeping, wallClock)
        self._kept: _Kept | None = None
        self._writing: IDelayedCall | None = None
        self._spent = b""
        self._claimed: tuple[Claim, bytes] | None = None
        self._load()

    # Membership.

    @property
    def stage(self) -> Literal["new", "joining", "member", "revoked"]:
        """
        How far we are.  A member whose certificate has expired, or that redeems one more invitation, is still one.
        """
        if self.trust is not None and self.trust.isRevoked(self.identity):
            return "revoked"
        return "member" if self._kept else "joining" if self.token else "new"

    @property
    def network(self) -> bytes:
        return self.trust.network if self.trust else b""

    @property
    def cipher(self) -> str:
        return self.descriptor.cipher if self.descriptor else self.token.cipher if self.token else ""

    @property
    def secret(self) -> bytes:
        return self._kept.secret if self._kept else b""

    @property
    def exchangeKey(self) -> X25519PrivateKey:
        return self.key.exchange

    @property
    def identity(self) -> Identity:
        return self.key.identity

    @property
    def certificate(self) -> bytes:
        return self._kept.certificate if self._kept else b""

    @property
    def mayBridge(self) -> bool:
        """
        Does our certificate give us the bridge right?
        """
        return self.own is not None and self.own.bridge

    @property
    def servers(self) -> tuple[KnownServer, ...]:
        """
        The servers that we may ask.
        """
        invited = (KnownServer(self.token.identity, self.token.server, self.token.endpoints),) if self.token else ()
        known = self._kept.servers if self._kept else ()
        return known + tuple(server for server in invited if server not in known)

    def admit(self, certificate: bytes, exchangeKey: bytes) -> Member | None:
        """
        Check a presented certificate.  One that has expired is good enough for a server that we know: who is away for
        long, or has a clock that is ahead, could never be renewed else, and a server can lie about little.
        """
        member = self.trust.admit(certificate, exchangeKey, expired=True) if self.trust else None
        if member is None or member.expires > self._wallClock():
            return member
        known = any((each.identity, each.exchangeKey) == (member.identity, exchangeKey) for each in self.servers)
        return member if member.isServer and known else None

    def invitationSecret(self, invitation: bytes) -> bytes | None:
        return None

    # Joining.

    def begin(self, token: Token) -> None:
        """
        Keep an invitation until it is redeemed; a member may get more by it, which the server knows.

        @raise MembershipRefused: if this node is a member of another network, or was revoked.
        """
        if self.stage == "revoked" and self.network == token.network:
            raise MembershipRefused(
                "the key of this node was revoked; to begin anew with another one, give this node an empty state "
                f"directory in place of {self.state.path}"
            )
        if self._kept is not None and self._kept.network != token.network:
            raise MembershipRefused(
                f"this node is a member of another network, {Identity(self._kept.network)}; "
                "give the new one a state directory of its own"
            )
        self.rememberServer(KnownServer(token.identity, token.server, token.endpoints))
        self._keeping.write(TOKEN, f"{token.text}\n".encode())
        self._invited(token)

    def abandon(self) -> None:
        """
        Forget the invitation; nobody waits for it any more.
        """
        if self.token is not None:
            self._spent = _digest(self.token)
            self._keeping.write(SPENT, self._spent)
        self._keeping.remove(TOKEN)
        self.token = None

    def isSpent(self, token: Token) -> bool:
        """
        Is this the invitation that was redeemed or refused last?
        """
        return compare_digest(_digest(token), self._spent)

    def join(self, name: str, mac: MAC) -> Join | None:
        """
        The request to join, for the server of the invitation; C{None} without one.
        """
        if self.token is None:
            return None
        proof = JoinProof(self.network, self.identity, self.key.exchangePublic, self.token.invitation)
        return Join(self.identity, name[:64], mac, signature(self.key.signing, proof))

    def admitted(self, answer: Admitted) -> bool:
        """
        Keep what a server answered.

        @return: whether it is valid and was waited for; if not, nothing is changed.
        """
        if self.token is None or self.trust is None:
            return False
        descriptor = verified(answer.descriptor, Descriptor, self.network)
        server = self.trust.check(answer.server, expired=True)
        own = self._ours(answer.certificate)
        if descriptor is None or descriptor.cipher != self.token.cipher or own is None:
            return False
        if server is None or server.role != SERVER or not compare_digest(server.exchangeKey, self.token.server):
            return False
        if not compare_digest(server.identity, self.token.identity):
            return False
        if self.own is None or own.issued >= self.own.issued:
            servers = self.servers[-SERVERS:]
            self._keep(_Kept(self.network, answer.descriptor, answer.secret, answer.certificate, servers))
        self.abandon()
        return True

    # Being a member.

    def renewed(self, certificate: bytes) -> bool:
        """
        Keep a new certificate.

        @return: whether it is a valid one of ours, and no older than the one that we have, unless that was issued in
            the future, by a clock that was ahead.
        """
        new = self._ours(certificate)
        if new is None or self._kept is None or self.own is None:
            return False
        isOlder = new.issued < self.own.issued
        if new == self.own or (isOlder and not self._isOfTheFuture):
            return False
        self._keep(msgspec.structs.replace(self._kept, certificate=certificate))
        if isOlder:  # only a later claim makes others take it
            self._claimed = None
            self._epoch.next()
        return True

    @property
    def renewalIn(self) -> float:
        """
        In how many seconds to ask for a new certificate: after a third of its life, and at once if it was issued in the
        future.
        """
        if self.own is None or self._isOfTheFuture:
            return 0.0
        return self.own.issued + (self.own.expires - self.own.issued) / 3 - self._wallClock()

    @property
    def _isOfTheFuture(self) -> bool:
        return self.own is not None and self.own.issued > self._wallClock() + SKEW

    def claim(self, macs: tuple[MAC, ...]) -> bytes | None:
        """
        Our signed claim to these MAC addresses, as far as the certificate allows them, and to what else it says.  The
        same as before if nothing changed; C{None} before joining.
        """
        if self.own is None:
            return None
        content = Claim(
            network=self.network,
            identity=self.identity,
            epoch=self._epoch.current,
            macs=tuple(bytes(mac) for mac in macs if mac in self.own.macs),
            addresses=self.own.addresses,
            name=self.own.name,
        )
        if self._claimed is not None:
            if self._claimed[0] == content:
                return self._claimed[1]
            content = msgspec.structs.replace(content, epoch=self._epoch.next())
        self._claimed = content, signed(self.key.signing, content)
        return self._claimed[1]

    @property
    def epoch(self) -> int:
        """
        The epoch of our claims.
        """
        return self._epoch.current

    def surpass(self, epoch: int) -> None:
        """
        Claim with a later epoch than this one from now on.
        """
        self._epoch.next(above=epoch)

    def rememberServer(self, server: KnownServer) -> None:
        """
        Keep where a server is, in place of what was known of it; the one that was added the longest ago goes beyond
        the limit.
        """
        if self._kept is not None and server not in self._kept.servers:
            others = [each for each in self._kept.servers if each.exchangeKey != server.exchangeKey]
            self._keep(msgspec.structs.replace(self._kept, servers=(*others, server)[-SERVERS:]))

    def stop(self) -> None:
        """
        Leave no timer behind, and nothing unwritten.
        """
        if self._writing is not None:
            self._writing.cancel()
            self._writeRevocations()
        self._keeping.stop()

    # What is kept.

    def _load(self) -> None:
        content = keptSecret(self.state, MEMBERSHIP)
        if content is not None:
            kept = unpacked(content, _Kept, 65536)
            if kept is None or not self._taken(kept):
                self._damaged(MEMBERSHIP, "or join again with a new invitation: the name and the address stay the same")
        self._spent = keptSecret(self.state, SPENT) or b""
        token = keptSecret(self.state, TOKEN)
        if token is not None:
            try:
                self._invited(Token.parse(token.decode("ascii", "replace")))
            except TokenInvalid:
                self._damaged(TOKEN, "or give the node its invitation again: wand join FILE")

    def _damaged(self, name: str, otherwise: str) -> None:
        text = f"{self.state.path / name} is damaged; restore a backup (wand restore FILE), {otherwise}"
        self._log.error("{text}", text=text)
        self.damaged.append(text)

    def _invited(self, token: Token) -> None:
        self.token = token
        self._trusting(Identity(token.network))

    def _taken(self, kept: _Kept) -> bool:
        descriptor = verified(kept.descriptor, Descriptor, kept.network)
        own = verified(kept.certificate, Certificate, kept.network)
        if descriptor is None or own is None or own.identity != self.identity:
            return False
        self._trusting(Identity(kept.network))
        self._kept, self.descriptor, self.own = kept, descriptor, own
        return True

    def _keep(self, kept: _Kept) -> None:
        if self._kept is None and self.state.has(MEMBERSHIP):
            self._setAside(MEMBERSHIP)
        self._keeping.write(MEMBERSHIP, packed(kept))
        self.damaged.clear()
        self._taken(kept)

    def _setAside(self, name: str) -> None:
        try:
            self.state.setAside(name)
        except StateUnavailable as error:
            self._log.error("{error}", error=error)

    def _ours(self, certificate: bytes) -> Certificate | None:
        content = self.trust.check(certificate, expired=True) if self.trust else None  # that is for others to judge
        ours = content is not None and (content.identity, content.exchangeKey) == (
            self.identity,
            self.key.exchangePublic,
        )
        return content if ours else None

    def _trusting(self, network: Identity) -> None:
        if self.trust is not None and self.trust.network == network:
            return
        self.trust = Trust(network, self._wallClock)
        content = keptSecret(self.state, REVOCATIONS)
        revocations = None if content is None else unpacked(content, list[bytes], 256 * LIMIT)
        if content is not None and revocations is None:
            self._damaged(REVOCATIONS, "or let the others tell this node who was revoked, which they do at once")
            self._setAside(REVOCATIONS)
        self.trust.load(revocations or ())
        self.trust.observe(self._revoked)

    def _revoked(self, identity: Identity, revocation: bytes) -> None:
        if self._writing is None:
            self._writing = self._clock.callLater(PATIENCE, self._writeRevocations)

    def _writeRevocations(self) -> None:
        self._writing = None
        if self.trust is not None:
            self._keeping.write(REVOCATIONS, packed(self.trust.revocations))


def _digest(token: Token) -> bytes:
    return f"{sha256(token.text.encode()).hexdigest()}\n".encode()
