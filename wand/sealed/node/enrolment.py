"""
Enrolment: what a node keeps of its membership in its state directory.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from time import time
from typing import Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from twisted.internet.interfaces import IReactorTime

from wand.errors import MembershipRefused
from wand.ethernet import MAC
from wand.health.notes import Notes
from wand.interfaces.membership import Member
from wand.sealed.credentials.certificate import SERVER, Certificate, isOfTheFuture, secondsToRenewal
from wand.sealed.credentials.chain import certified
from wand.sealed.credentials.descriptor import Descriptor
from wand.sealed.credentials.identity import Entropy, Identity, NodeKey
from wand.sealed.credentials.messages import Admitted
from wand.sealed.credentials.network_secrets import NetworkSecrets
from wand.sealed.credentials.signed import packed, unpacked, verified
from wand.sealed.credentials.token import Token
from wand.sealed.credentials.trust import Trust
from wand.sealed.node.admitting import Admitting
from wand.sealed.node.enrolment_files import MEMBERSHIP, REVOCATIONS, EnrolmentFiles, InvitationFile, RevocationsFile
from wand.sealed.node.epoch import EPOCH
from wand.sealed.node.own_claim import OwnClaim
from wand.sealed.node.stored_enrolment import SERVERS_MAXIMUM, KnownServer, StoredEnrolment, askedOf, serversOf
from wand.state import StateDirectory
from wand.state_writer import StateWriter


class Enrolment:
    """
    The membership of a node; it provides L{wand.interfaces.membership.Membership}.

    @ivar state: the directory where it is kept.
    @ivar key: the node's keys.
    @ivar invitation: the one that is being redeemed, if there is one.
    @ivar trust: whose certificates are valid; C{None} before the first invitation.
    @ivar descriptor: what the network is; C{None} before joining.
    @ivar own: what our certificate says; C{None} before joining.
    @ivar ownClaim: what we claim by it.
    @ivar secrets: the network's.
    @ivar admitting: whom this node admits itself; C{None} if it leaves that to others.
    @ivar damaged: what is wrong with files that we can work without, and what to do about it.
    """

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
        self.trust: Trust | None = None
        self.descriptor: Descriptor | None = None
        self.own: Certificate | None = None
        self.admitting: Admitting | None = None
        self.state = state
        self._wallClock = wallClock
        self._writer = StateWriter(state, clock, notes)
        self._files = files = EnrolmentFiles(self._writer)
        self.damaged = files.damaged
        self.ownClaim = OwnClaim(self.key, self._writer, wallClock)
        self._revocations = RevocationsFile(files, clock)
        self._kept: StoredEnrolment | None = None
        self.secrets = NetworkSecrets(wallClock, lambda: self.own is not None and self.own.admission)
        self._load()
        self.secrets.observe(self._keepSecrets)
        self.invitation = InvitationFile(files)
        if self.token is not None:
            self._trustIn(Identity(self.token.network))

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
    def token(self) -> Token | None:
        """
        The invitation that is being redeemed, if there is one.
        """
        return self.invitation.token

    @property
    def network(self) -> bytes:
        return self.trust.network if self.trust else b""

    @property
    def cipher(self) -> str:
        return self.descriptor.cipher if self.descriptor else self.token.cipher if self.token else ""

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
    def signedDescriptor(self) -> bytes:
        """
        The descriptor of the network, as it was signed; empty before joining.
        """
        return self._kept.descriptor if self._kept else b""

    @property
    def isGranted(self) -> bool:
        """
        Does the network let us admit others?
        """
        return self.own is not None and self.own.admission and bool(self.own.grant)

    @property
    def servers(self) -> tuple[KnownServer, ...]:
        """
        The servers that we may ask: none that was revoked.
        """
        trust = self.trust
        return tuple(each for each in self._listed if trust is None or not trust.isRevoked(each.identity))

    @property
    def admitters(self) -> tuple[KnownServer, ...]:
        """
        The nodes with the admission right that admitted us, none that was revoked.
        """
        trust, kept = self.trust, self._kept.admitters if self._kept else ()
        return tuple(each for each in kept if trust is None or not trust.isRevoked(each.identity))

    def isListed(self, identity: bytes) -> bool:
        """
        Is this one of our servers, or was it until it was revoked?
        """
        return any(each.identity == identity for each in self._listed)

    @property
    def _listed(self) -> tuple[KnownServer, ...]:
        invited = serversOf(self.token) if self.token else ()
        known = self._kept.servers if self._kept else ()
        return known + tuple(server for server in invited if server not in known)

    def admit(self, certificate: bytes, exchangeKey: bytes) -> Member | None:
        """
        Check a presented certificate.  An expired one is good enough for a server that we know: a node that was away
        for long, or whose clock is ahead, could never be renewed otherwise, and a server can lie about little.
        """
        if self.admitting is not None:
            return self.admitting.admit(certificate, exchangeKey)
        return self.admitAsNode(certificate, exchangeKey)

    def admitAsNode(self, certificate: bytes, exchangeKey: bytes) -> Member | None:
        """
        The same, as a node does that admits nobody itself.
        """
        member = self.trust.admit(certificate, exchangeKey, expired=True) if self.trust else None
        if member is None or member.expires > self._wallClock():
            return member
        asked = self.servers if member.isServer else self.admitters if member.admission else ()
        invited = askedOf(self.token) if self.token else ()
        known = any((each.identity, each.exchangeKey) == (member.identity, exchangeKey) for each in (*asked, *invited))
        return member if known and (member.isServer or member.admission) else None

    def invitationSecret(self, invitation: bytes) -> bytes | None:
        return None if self.admitting is None else self.admitting.invitationSecret(invitation)

    def invitationSecrets(self) -> Iterable[bytes]:
        """
        The secrets of the invitations that can be redeemed here, the latest first.
        """
        return () if self.admitting is None else self.admitting.invitationSecrets()

    # Joining.

    def begin(self, token: Token, addresses: tuple[str, ...] = ()) -> None:
        """
        Keep an invitation until it is redeemed; a member may get more by it, which the server knows.

        @param addresses: the overlay addresses that we would like.
        @raise MembershipRefused: if this node is a member of another network, or was revoked.
        """
        if self.stage == "revoked" and self.network == token.network:
            raise MembershipRefused(
                "the key of this node was revoked; to start again with another one, give this node an empty state "
                f"directory in place of {self.state.path}, and ask for a new invitation"
            )
        if self._kept is not None and self._kept.network != token.network:
            raise MembershipRefused(
                f"this node is a member of another network, {Identity(self._kept.network)}; "
                "give the new one a state directory of its own"
            )
        for server in serversOf(token):
            self.rememberServer(server)
        self.invitation.keep(token, addresses)
        self._trustIn(Identity(token.network))

    def admitted(self, answer: Admitted) -> bool:
        """
        Store what a server answered.

        @return: whether it is valid and answers our invitation; if not, nothing is changed.
        """
        if self.token is None or self.trust is None:
            return False
        descriptor = verified(answer.descriptor, Descriptor, self.network)
        server = self.trust.check(answer.server, expired=True)
        own = self._checkOwn(answer.certificate)
        if descriptor is None or descriptor.cipher != self.token.cipher or own is None:
            return False
        if server is None or not (server.admission if self.token.admission else server.role == SERVER):
            return False
        if (server.identity, server.exchangeKey) not in [(each.identity, each.server) for each in self.token.servers]:
            return False
        if self._isBetter(own):
            known = self.servers[-SERVERS_MAXIMUM:], self._admittersWith(self.token)
            kept = StoredEnrolment(self.network, answer.descriptor, answer.secret, answer.certificate, *known)
            self._keep(msgspec.structs.replace(kept, rotations=self.secrets.rotations))
        self.invitation.forget()
        return True

    def enter(
        self,
        network: bytes,
        descriptor: bytes,
        secret: bytes,
        certificate: bytes,
        servers: tuple[KnownServer, ...] = (),
        admitters: tuple[KnownServer, ...] = (),
        rotations: tuple[bytes, ...] = (),
    ) -> None:
        """
        Be a member of a network that was made here, or by what somebody brought.

        @param secret: the one that the network began with.
        @param certificate: ours, which was checked.
        @param rotations: those that took the place of C{secret}, signed.
        @raise MembershipRefused: if this node is a member of another network.
        @raise StateUnavailable: if that cannot be kept.
        """
        if self._kept is not None and self._kept.network != network:
            raise MembershipRefused(f"this node is a member of another network, {Identity(self._kept.network)}")
        self._keep(StoredEnrolment(network, descriptor, secret, certificate, servers, admitters, rotations))

    def _admittersWith(self, token: Token) -> tuple[KnownServer, ...]:
        new = askedOf(token) if token.admission else ()
        keys = [each.exchangeKey for each in new]
        return (*(each for each in self.admitters if each.exchangeKey not in keys), *new)[-SERVERS_MAXIMUM:]

    # Being a member.

    def renewed(self, certificate: bytes) -> bool:
        """
        Keep a new certificate.

        @return: whether it is a valid one of ours, and no older than the one that we have, unless that was issued in
            the future, by a clock that was ahead, or the network signed only the new one.
        """
        new = self._checkOwn(certificate)
        if new is None or self._kept is None or self.own is None:
            return False
        isOlder = new.issued < self.own.issued
        if new == self.own or not self._isBetter(new):
            return False
        self._keep(msgspec.structs.replace(self._kept, certificate=certificate))
        if isOlder:  # only a later claim makes others take it
            self.ownClaim.startOver()
        return True

    def _isBetter(self, new: Certificate) -> bool:
        """
        Is a certificate of ours to take the place of the one that we have?  One of the network is better than one that
        a member signed, and that of the member that admitted us than that of another, until it has expired.
        """
        own, now = self.own, self._wallClock()
        if own is None:
            return True
        if own.admitter != new.admitter:
            return not new.admitter or own.expires <= now
        return self.isLater(new, own)

    def isLater(self, new: Certificate, kept: Certificate) -> bool:
        """
        Is a certificate no older than the one that is kept of the same member, unless that was issued in the future?
        """
        return new.issued >= kept.issued or isOfTheFuture(kept.issued, self._wallClock())

    @property
    def renewalIn(self) -> float:
        """
        In how many seconds to ask for a new certificate; 0 or less for now.
        """
        return secondsToRenewal(self.own.issued, self.own.expires, self._wallClock()) if self.own else 0.0

    def claim(self, macs: tuple[MAC, ...]) -> bytes | None:
        """
        Our signed claim to these MAC addresses, as far as the certificate allows them, and to what else it says;
        C{None} before joining.
        """
        return None if self.own is None else self.ownClaim.signed(self.own, macs)

    def rememberServer(self, server: KnownServer) -> None:
        """
        Keep where a server is, replacing what was known of it.  Beyond the limit, the one that was added first goes.
        """
        if self._kept is not None and server not in self._kept.servers:
            others = [each for each in self._kept.servers if each.exchangeKey != server.exchangeKey]
            self._keep(msgspec.structs.replace(self._kept, servers=(*others, server)[-SERVERS_MAXIMUM:]))

    def stop(self) -> None:
        """
        Leave no timer behind, and nothing unwritten.
        """
        self._revocations.stop()
        self._writer.stop()

    # What is kept.

    def _load(self) -> None:
        content = self._files.read(MEMBERSHIP)
        if content is not None:
            kept = unpacked(content, StoredEnrolment, 65536)
            if kept is None or not self._take(kept):
                otherwise = "or join again with a new invitation: the name and the address stay the same"
                self._files.sayDamaged(MEMBERSHIP, otherwise)

    def _take(self, kept: StoredEnrolment) -> bool:
        descriptor = verified(kept.descriptor, Descriptor, kept.network)
        own = certified(kept.certificate, kept.network)
        if descriptor is None or own is None or own.identity != self.identity:
            return False
        self._trustIn(Identity(kept.network))
        self._kept, self.descriptor, self.own = kept, descriptor, own
        self.secrets.begin(kept.network, kept.secret, kept.rotations)
        return True

    def _keepSecrets(self) -> None:
        if self._kept is not None:
            self._keep(msgspec.structs.replace(self._kept, rotations=self.secrets.rotations))

    def _keep(self, kept: StoredEnrolment) -> None:
        if self._kept is None:
            self._files.setAside(MEMBERSHIP)
        self._files.write(MEMBERSHIP, packed(kept))
        self.damaged.clear()
        self._take(kept)

    def _checkOwn(self, certificate: bytes) -> Certificate | None:
        content = self.trust.check(certificate, expired=True) if self.trust else None  # that is for others to judge
        ours = self.identity, self.key.exchangePublic
        return content if content is not None and (content.identity, content.exchangeKey) == ours else None

    def _trustIn(self, network: Identity) -> None:
        if self.trust is None or self.trust.network != network:
            self.trust = Trust(network, self._wallClock)
            self._revocations.follow(self.trust)
