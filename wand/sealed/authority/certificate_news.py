"""
Certificates that nobody asked for: an operator changed a member, which is to hear of it at once.
"""

from __future__ import annotations

from typing import Final

from wand.interfaces import Context, ISessions
from wand.interfaces.membership import Member
from wand.sealed.authority.member_authority import MemberAuthority
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.messages import Renewed, pack
from wand.timing.timer import Timer

#: How often a certificate is sent that nobody asked for, since any datagram may be lost, and the seconds between.
TIMES: Final = 3
INTERVAL: Final = 1.0

#: To how many members one is sent more than once.
REPEATED_MAXIMUM: Final = 1_000


class CertificateNews:
    """
    Sends a member its new certificate, at once or as soon as it is back.
    """

    def __init__(self, authority: MemberAuthority, sessions: ISessions, context: Context) -> None:
        self._authority = authority
        self._sessions = sessions
        self._repeated: dict[Identity, tuple[bytes, int]] = {}
        self._timer = Timer(context.clock, self._again)
        sessions.onSession(self._session)

    def issued(self, identity: Identity, certificate: bytes) -> None:
        """
        A member has a new certificate.  If there is no session with it, it is called: in a network without a server
        nobody has one with everybody.
        """
        self._repeated.pop(identity, None)
        if not self._sessions.isUp(identity):
            self._sessions.seek(identity)
            return
        self._send(identity, certificate)
        if len(self._repeated) < REPEATED_MAXIMUM:
            self._repeated[identity] = certificate, TIMES - 1
            if not self._timer.isSet:
                self._timer.set(INTERVAL)

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._timer.stop()
        self._repeated.clear()

    def _session(self, peer: bytes, member: Member, up: bool) -> None:
        news = self._authority.administration.newsFor(member) if up else b""
        if news:
            self.issued(Identity(peer), news)

    def _again(self) -> None:
        for identity, (certificate, left) in list(self._repeated.items()):
            if left > 1 and self._sessions.isUp(identity):
                self._repeated[identity] = certificate, left - 1
            else:
                del self._repeated[identity]
            if self._sessions.isUp(identity):
                self._send(identity, certificate)
        if self._repeated:
            self._timer.set(INTERVAL)

    def _send(self, identity: Identity, certificate: bytes) -> None:
        self._sessions.sendControl(identity, pack(Renewed(certificate)))
