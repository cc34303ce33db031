"""
What a node decides about others, if it admits them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from wand.interfaces.membership import Member


class Admitting(Protocol):
    """
    What this node decides about others, if it admits them; see L{wand.sealed.authority.server_membership}.
    """

    def admit(self, certificate: bytes, exchangeKey: bytes) -> Member | None:
        """
        See L{wand.interfaces.membership.Membership}.
        """

    def invitationSecret(self, invitation: bytes) -> bytes | None:
        """
        See L{wand.interfaces.membership.Membership}.
        """

    def invitationSecrets(self) -> Iterable[bytes]:
        """
        Those of all that can be redeemed, the latest first.
        """
