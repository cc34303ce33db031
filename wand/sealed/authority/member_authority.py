"""
Who decides about members: what an authority of a network and a member that admits others have in common.
"""

from __future__ import annotations

from typing import Protocol

from wand.sealed.authority.administration import Administration
from wand.sealed.authority.issuer import IssuerObserver
from wand.sealed.authority.kept_records import KeptRecords
from wand.sealed.authority.member_records import MemberRecords
from wand.sealed.authority.node_requests import NodeRequests
from wand.sealed.authority.revoker import RevocationObserver
from wand.sealed.authority.server_membership import ServerMembership
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.trust import Trust


class AuthorityObserver(IssuerObserver, RevocationObserver, Protocol):
    """
    Is told what the members must be told.
    """


class MemberAuthority:
    """
    Decides about members, and tells what the members must be told.

    @ivar own: this program as a member, and whom it admits.
    @ivar requests: what nodes ask.
    @ivar administration: what operators see and change.
    @ivar trust: whose certificates are valid.
    @ivar created: was the network created just now?
    @ivar recovered: was the store empty, though there was a network?
    """

    own: ServerMembership
    requests: NodeRequests
    administration: Administration
    _kept: KeptRecords
    created = False
    recovered = False

    def __init__(self, members: MemberRecords, trust: Trust) -> None:
        self.trust = trust
        self._members = members
        self._observers: list[AuthorityObserver] = []

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._kept.stop()

    @property
    def hasUnreadable(self) -> bool:
        """
        Does the store have records of members that cannot be read?
        """
        return self._members.hasUnreadable

    def observe(self, observer: AuthorityObserver) -> None:
        """
        Tell C{observer} from now on.
        """
        self._observers.append(observer)

    def certificateIssued(self, identity: Identity, certificate: bytes) -> None:
        """
        See L{IssuerObserver}: pass it on.
        """
        for observer in self._observers:
            observer.certificateIssued(identity, certificate)

    def memberRevoked(self, identity: Identity, revocation: bytes) -> None:
        """
        See L{RevocationObserver}: pass it on.
        """
        for observer in self._observers:
            observer.memberRevoked(identity, revocation)
