"""
What a server does about members, at a node that is one of them.
"""

from __future__ import annotations

from twisted.internet.defer import Deferred

from wand.ethernet import MAC
from wand.interfaces import Context
from wand.programs.admitting_node import AdmittingNode
from wand.sealed.authority.authority import Authority
from wand.sealed.authority.reserve_news import ReserveNews
from wand.sealed.credentials.claim import Announcement
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.messages import Message, Renew, Renewed
from wand.sealed.credentials.network_secrets import NetworkSecrets
from wand.sealed.credentials.trust import Trust
from wand.sealed.node.node_membership import NodeMembership


class Admitter(AdmittingNode[Authority]):
    """
    Admits members, at a node that is a member itself.
    """

    def __init__(self, authority: Authority, member: NodeMembership, context: Context) -> None:
        """
        Enter the network, unless we are its member.

        @raise wand.errors.StateUnavailable: if that cannot be kept; nothing was begun then.
        """
        network, enrolment = authority.network, member.enrolment
        isNew = enrolment.own is None
        if isNew:  # first, because it fails where the disk is full
            said = network.identity, network.signedDescriptor, network.secrets.first, authority.own.certificate
            enrolment.enter(*said)
        super().__init__(authority, member, context)
        self._identity = enrolment.identity
        authority.observe(self)
        self._reserveNews = ReserveNews(authority.administration, member.sessions, member.sealed.control, context)
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
        secrets, kept = self.authority.network.secrets, self._member.enrolment.secrets
        _shareSecrets(secrets, kept)
        _shareSecrets(kept, secrets)
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


def _share(trust: Trust, other: Trust) -> None:
    """
    Whom one knows to be revoked, or to admit no longer so many, the other knows, too.
    """
    for notice in trust.notices.all:
        other.take(notice)
    trust.observe(lambda identity, revocation: other.take(revocation))
    trust.observeAllowances(lambda allowance, notice: other.take(notice))


def _shareSecrets(secrets: NetworkSecrets, other: NetworkSecrets) -> None:
    """
    What takes the place of the network's secret in one place does so in the other, too.
    """
    other.take(secrets.rotations)
    secrets.observe(lambda: other.take(secrets.rotations))
