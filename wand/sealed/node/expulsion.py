"""
Expulsion: what a node does when somebody is revoked, and what it says when that is the node itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from twisted.logger import Logger

from wand.interfaces import Context, ISessions
from wand.sealed.credentials.allowance import Allowance
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.messages import Revocations, pack
from wand.sealed.node.claims import Claims
from wand.sealed.node.enrolment import Enrolment

#: What the operator of a revoked node is told.
REVOKED_ADVICE: Final = (
    "this node was revoked, and its key can never be a member again; to come back, give it an empty state directory "
    "in place of {} and a new invitation"
)

#: What the operator of a node is told whose admission counts no more.
ADMITTER_REVOKED_ADVICE: Final = (
    "the member that admitted this node was revoked before the network itself signed for this node, which is no member "
    "any more: give it a new invitation (wand join); it keeps its key"
)

#: What the operator of a node is told for whom its admitter has no seat any more.
ADMITTER_LESSENED_ADVICE: Final = (
    "the member that admitted this node has no seat for it any more, since it may not admit so many, and the network "
    "itself did not sign for this node, which is no member any more: give it a new invitation (wand join); it keeps "
    "its key"
)


class Expulsion:
    """
    Ends everything that a node has with a revoked member.
    """

    _log = Logger()

    def __init__(
        self,
        enrolment: Enrolment,
        claims: Claims,
        sessions: ISessions,
        context: Context,
        expelled: Callable[[], object],
        serversChanged: Callable[[], object],
    ) -> None:
        """
        @param expelled: called soon after we were revoked ourselves.
        @param serversChanged: called when one of our servers was.
        """
        self._enrolment = enrolment
        self._claims = claims
        self._sessions = sessions
        self._context = context
        self._expelled = expelled
        self._serversChanged = serversChanged

    def revoked(self, identity: Identity, revocation: bytes) -> None:
        """
        A member was revoked; see L{wand.sealed.credentials.trust.Trust.observe}.
        """
        standing = self._claims.announcement(identity)
        name = "" if standing is None else standing.claim.name
        self._claims.drop(identity)
        self._sessions.end(identity)
        self._context.events.publish("revoked", name=name, key=identity.text)
        trust = self._enrolment.trust
        self._void(identity, () if trust is None else trust.seats.of(identity), revocation)
        if self._enrolment.isListed(identity):
            self._serversChanged()
        if identity == self._enrolment.identity:
            self.sayOurs()
            self._context.clock.callLater(0, self._expelled)  # not from within the session that told us

    def lessened(self, allowance: Allowance, notice: bytes) -> None:
        """
        The right of a member to admit others was taken back, or a part of it; see
        L{wand.sealed.credentials.trust.Trust.observeAllowances}.  Those go who have no seat any more.
        """
        trust = self._enrolment.trust
        self._void(allowance.identity, () if trust is None else trust.seats.lost(allowance), notice)

    def _void(self, admitter: bytes, admitted: Iterable[Identity], notice: bytes) -> None:
        """
        End what those have whom a member admitted, unless the network has signed for them since; and show them why.
        """
        for identity in admitted:
            standing = self._claims.announcement(identity)
            if standing is None or standing.claim.admitter == admitter:
                self._claims.drop(identity)
                if self._sessions.isUp(identity):
                    self._sessions.sendControl(identity, pack(Revocations((notice,), b"")))
                self._sessions.end(identity)
        self.lookAtAdmitter()

    def _isVoid(self, certificate: bytes) -> bool:
        trust = self._enrolment.trust
        return trust is not None and trust.check(certificate, expired=True, isKnown=True) is None

    def displaced(self, identity: Identity, admitter: bytes) -> None:
        """
        The certificate of a member counts no more, because an older member has its seat; see
        L{wand.sealed.credentials.trust.Trust}.  Whoever admits others can put anybody on a seat of its own, and so ends
        nothing that somebody has by the word of another.
        """
        standing = self._claims.announcement(identity)
        if standing is not None and standing.claim.admitter == admitter:
            self._claims.drop(identity)
            self._sessions.end(identity)

    def lookAtAdmitter(self) -> None:
        """
        Tell the operator if nobody lets this node in any more, because the member was revoked that admitted it, or may
        not admit so many.
        """
        advice = self._adviceOnAdmitter()
        if advice:
            self._context.notes.say("admitter-revoked", advice)
            self._log.error("{note}", note=advice)
        else:
            self._context.notes.clear("admitter-revoked")

    def _adviceOnAdmitter(self) -> str:
        trust, own = self._enrolment.trust, self._enrolment.own
        if trust is None or own is None or not own.admitter or trust.isRevoked(own.identity):
            return ""
        if trust.isRevoked(own.admitter):
            return ADMITTER_REVOKED_ADVICE
        return ADMITTER_LESSENED_ADVICE if self._isVoid(self._enrolment.certificate) else ""

    def sayOurs(self) -> None:
        """
        Tell the operator that this node is revoked.
        """
        note = REVOKED_ADVICE.format(self._enrolment.state.path)
        self._context.notes.say("revoked", note)
        self._log.error("{note}", note=note)
