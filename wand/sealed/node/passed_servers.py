"""
Whom this node admitted learns from it where the servers are, so that it announces itself there, and the network signs
for it: also while they do not answer now.
"""

from __future__ import annotations

from wand.interfaces import ISessions
from wand.interfaces.membership import Member
from wand.sealed.credentials.messages import MESSAGE_MAXIMUM, Server, pack
from wand.sealed.credentials.token import ENDPOINTS_MAXIMUM, OTHERS_MAXIMUM
from wand.sealed.node.enrolment import Enrolment


class PassedServers:
    """
    Tells them when a session with them begins.
    """

    def __init__(self, enrolment: Enrolment, sessions: ISessions) -> None:
        self._enrolment = enrolment
        self._sessions = sessions
        sessions.onSession(self._session)

    def _session(self, peer: bytes, member: Member, up: bool) -> None:
        if not up or member.admitter != self._enrolment.identity:
            return
        certified = [each for each in self._enrolment.servers if each.certificate and each.everywhere]
        for each in certified[:OTHERS_MAXIMUM]:
            message = pack(Server(each.certificate, each.everywhere[:ENDPOINTS_MAXIMUM]))
            if len(message) <= MESSAGE_MAXIMUM:
                self._sessions.sendControl(peer, message)
