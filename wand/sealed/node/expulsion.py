"""
Expulsion: what a node does when somebody is revoked, and what it says when that is the node itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twisted.logger import Logger

from wand.interfaces import Context, ISessions
from wand.sealed.credentials.identity import Identity
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
        self._claims.drop(identity)
        self._sessions.end(identity)
        self._context.events.publish("revoked", key=identity.text)
        self._voidAdmitted(identity)
        if self._enrolment.isListed(identity):
            self._serversChanged()
        if identity == self._enrolment.identity:
            self.sayOurs()
            self._context.clock.callLater(0, self._expelled)  # not from within the session that told us

    def displaced(self, identity: Identity) -> None:
        """
        The certificate of a member counts no more, because an older member has its seat; see
        L{wand.sealed.credentials.trust.Trust}.
        """
        standing = self._claims.announcement(identity)
        if standing is not None and standing.claim.admitter:
            self._claims.drop(identity)
            self._sessions.end(identity)

    def _voidAdmitted(self, admitter: Identity) -> None:
        """
        With a member goes all that it signed: those whom it admitted, unless the network has signed for them since.
        """
        trust = self._enrolment.trust
        for identity in trust.seats.of(admitter) if trust is not None else ():
            standing = self._claims.announcement(identity)
            if standing is None or standing.claim.admitter == admitter:
                self._claims.drop(identity)
                self._sessions.end(identity)
        self.lookAtAdmitter()

    def lookAtAdmitter(self) -> None:
        """
        Tell the operator if nobody lets this node in any more, because the member was revoked that admitted it.
        """
        trust, own = self._enrolment.trust, self._enrolment.own
        if trust is not None and own is not None and own.admitter and trust.isRevoked(own.admitter):
            self._context.notes.say("admitter-revoked", ADMITTER_REVOKED_ADVICE)
            self._log.error("{note}", note=ADMITTER_REVOKED_ADVICE)
        else:
            self._context.notes.clear("admitter-revoked")

    def sayOurs(self) -> None:
        """
        Tell the operator that this node is revoked.
        """
        note = REVOKED_ADVICE.format(self._enrolment.state.path)
        self._context.notes.say("revoked", note)
        self._log.error("{note}", note=note)
