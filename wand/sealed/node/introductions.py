"""
Introductions: members say who they are to each other when a session begins, so that they also know each other where no
server can be reached.
"""

from __future__ import annotations

from wand.interfaces import ISessions
from wand.interfaces.membership import Member
from wand.interfaces.participant import ControlReaders, Participant
from wand.sealed.control_numbers import INTRODUCTION_NUMBERS
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.messages import Introduction, pack, parse
from wand.sealed.credentials.signed import unverified


class Introductions:
    """
    Introduces us, and takes the introductions of others.
    """

    def __init__(self, participant: Participant, sessions: ISessions, control: ControlReaders) -> None:
        self._participant = participant
        self._sessions = sessions
        sessions.onSession(self._session)
        control.read(INTRODUCTION_NUMBERS, self._received)

    def _session(self, peer: bytes, member: Member, up: bool) -> None:
        if up and not member.isServer:
            self._participant.claims.entries.here(peer)
            self._introduce(peer)

    def _introduce(self, peer: bytes) -> None:
        announcement = self._participant.announcement()
        if announcement is not None:
            self._sessions.sendControl(peer, pack(Introduction(*announcement)))

    def _received(self, peer: bytes, member: Member, octets: bytes) -> None:
        message = parse(octets)
        if not isinstance(message, Introduction):
            return
        certificate = unverified(message.certificate, Certificate)
        isItsOwn = certificate is not None and certificate.identity == peer
        if not isItsOwn:
            return
        if self._participant.claims.offer(message.certificate, message.claim):
            self._introduce(peer)  # that was news: it was started, and may not know us
        else:
            self._participant.claims.entries.here(peer)
