"""
What a server does about members, at a node that is one of them.
"""

from __future__ import annotations

from twisted.internet.defer import Deferred

from wand.errors import PortUnavailable
from wand.ethernet import MAC
from wand.interfaces import Context
from wand.sealed.authority.admissions import Admissions
from wand.sealed.authority.authority import Authority
from wand.sealed.credentials.claim import Announcement
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.messages import Message, Renew, Renewed
from wand.sealed.credentials.token import ENDPOINTS_MAXIMUM
from wand.sealed.credentials.trust import Trust
from wand.sealed.node.node_membership import NodeMembership


class Admitter:
    """
    Admits members, at a node that is a member itself.

    @ivar authority: the members.
    """

    def __init__(self, authority: Authority, member: NodeMembership, context: Context) -> None:
        """
        Enter the network, unless we are its member.

        @raise wand.errors.StateUnavailable: if that cannot be kept; nothing was begun then.
        """
        self.authority = authority
        self._member = member
        self._identity = member.enrolment.identity
        network, enrolment = authority.network, member.enrolment
        isNew = enrolment.own is None
        if isNew:  # first, because it fails where the disk is full
            enrolment.enter(network.identity, network.signedDescriptor, network.secret, authority.own.certificate)
        self._admissions = admissions = Admissions(
            authority, member.sessions, member.sealed.control, context, lambda identity: None
        )
        for observer in (admissions, self):
            authority.observe(observer)
        enrolment.admitting = authority.own
        self._begin(isNew=isNew)
        member.claims.taken = self._heard
        for announcement in member.claims.announcements:
            self._heard(announcement)

    def _begin(self, *, isNew: bool) -> None:
        """
        Know with our membership who was revoked, and renew its certificate.
        """
        ours, theirs = self.authority.trust, self._member.enrolment.trust
        assert theirs is not None
        _share(ours, theirs)
        _share(theirs, ours)
        self._member.certificate.answerer = self._renew
        if isNew:
            self._member.founded()

    def _renew(self, message: Renew) -> Deferred[Message]:
        return Deferred.fromCoroutine(self.authority.requests.renew(self._identity, MAC(message.mac)))

    def _heard(self, announcement: Announcement) -> None:
        """
        Whom another member admitted gets a certificate of the network.  It asks as soon as there is a session.
        """
        identity = announcement.identity
        if announcement.claim.admitter:
            self.authority.own.learn(identity, announcement.signedCertificate)
            if not self._member.sessions.isUp(identity):
                self._member.sessions.seek(identity)

    def presenceOf(self, identity: Identity) -> tuple[bool, float | None, str]:
        """
        Is a member online, when was it last heard, in seconds since the epoch, and which version does it run?
        """
        seen = self._member.seen.of(identity)
        return seen.online, seen.seen, seen.version

    def endpoints(self) -> list[str]:
        """
        Where others reach this node.

        @raise PortUnavailable: if nobody knows.
        """
        return endpointsOf(self._member)

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._admissions.stop()
        self.authority.stop()

    # What the authority tells.

    def certificateIssued(self, identity: Identity, certificate: bytes) -> None:
        """
        See L{wand.sealed.authority.member_authority.AuthorityObserver}.
        """
        if identity == self._identity:
            self._member.certificate.take(Renewed(certificate))

    def memberRevoked(self, identity: Identity, revocation: bytes) -> None:
        """
        See L{wand.sealed.authority.member_authority.AuthorityObserver}: our membership hears of it by itself, once it
        is signed.
        """


def endpointsOf(member: NodeMembership) -> list[str]:
    """
    Where others reach a node.

    @raise PortUnavailable: if nobody knows.
    """
    found = [str(each.endpoint) for each in member.candidates.candidates()]
    if not found:
        raise PortUnavailable("this node does not know where others reach it: say so with --endpoint HOST:PORT")
    return found[:ENDPOINTS_MAXIMUM]


def _share(trust: Trust, other: Trust) -> None:
    """
    Whom one knows to be revoked, or to admit no longer so many, the other knows, too.
    """
    for notice in trust.notices.all:
        other.take(notice)
    trust.observe(lambda identity, revocation: other.take(revocation))
    trust.observeAllowances(lambda allowance, notice: other.take(notice))
