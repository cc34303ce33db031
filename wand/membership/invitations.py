"""
Invitations: who has one may join, as often as it says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
from twisted.internet.interfaces import IReactorTime

from wand.errors import MembershipRefused, NoSuchMember
from wand.interfaces import IRecords
from wand.membership.fields import isName
from wand.membership.identity import Entropy
from wand.membership.limits import USUAL, Limits
from wand.membership.shelf import Shelf
from wand.membership.status import InvitationStatus

#: The kind of our records in a store.
KIND: Final = "sealed-invitation"

#: How many invitations there may be.
LIMIT: Final = 10_000

#: How often one can be redeemed at the most.
USES: Final = 1000

#: Seconds for which one that has expired is still answered, so that its holder is told why it is refused.
GRACE: Final = 86_400

#: How often a change is tried while others change the same invitation.
_TRIES: Final = 64


class Invitation(msgspec.Struct, frozen=True):
    """
    An invitation as it stands in a store, under its id.

    @ivar uses: how many nodes may join with it.
    @ivar redeemers: the identities of those who did.
    @ivar expires: from when on nobody may, in seconds since the epoch.
    @ivar name: what they will be called; empty if they choose.
    @ivar bridge: do they get the bridge right?
    @ivar approval: must an operator approve them?
    @ivar limits: how much they may bring.
    """

    invitation: bytes
    secret: bytes
    uses: int
    expires: int
    name: str = ""
    bridge: bool = False
    approval: bool = False
    redeemers: tuple[bytes, ...] = ()
    limits: Limits = Limits()

    @property
    def status(self) -> InvitationStatus:
        """
        The same, without the secret.
        """
        return InvitationStatus(
            invitation=self.invitation.hex(),
            uses=self.uses,
            left=self.uses - len(self.redeemers),
            expires=self.expires,
            name=self.name,
            bridge=self.bridge,
            approval=self.approval,
            behind=self.limits.macs,
            broadcasts=self.limits.broadcasts,
        )


class Invitations:
    """
    Makes invitations, and redeems each no more often than it says, however many ask at once.
    """

    def __init__(
        self, records: IRecords, clock: IReactorTime, entropy: Entropy, isNeeded: Callable[[bytes], bool]
    ) -> None:
        """
        @param isNeeded: does somebody who joined with this invitation still wait for the answer?
        """
        self._shelf = Shelf(records, KIND, Invitation)
        self._clock = clock
        self._entropy = entropy
        self._isNeeded = isNeeded

    async def load(self) -> None:
        """
        Read what is in the store, and forget what expired.

        @raise wand.errors.StoreUnavailable: if that fails.
        """
        await self._shelf.load()
        for invitation in self._shelf:
            if not self._isAnswered(invitation):
                await self._shelf.exchange(invitation.invitation, invitation, None)

    async def make(
        self,
        uses: int,
        lifetime: float,
        name: str = "",
        bridge: bool = False,
        approval: bool = False,
        limits: Limits = USUAL,
    ) -> Invitation:
        """
        Make an invitation.

        @param lifetime: in seconds.
        @raise MembershipRefused: if it can not be made so.
        @raise wand.errors.StoreUnavailable: if it can not be stored.
        """
        if not 1 <= uses <= USES:
            raise MembershipRefused(f"an invitation can be used 1 to {USES} times")
        if not 0 < lifetime <= 366 * 86_400:
            raise MembershipRefused("an invitation must expire, within a year")
        if name and not isName(name):
            raise MembershipRefused(f"{name!r} is no name: 1 to 32 of a-z, 0-9 and -, not at the ends")
        if len(self._shelf) >= LIMIT:
            await self.load()
        if len(self._shelf) >= LIMIT:
            raise MembershipRefused(f"there are {LIMIT} invitations already; withdraw some")
        invitation = Invitation(
            invitation=self._entropy(16),
            secret=self._entropy(32),
            uses=uses,
            expires=int(self._clock.seconds() + lifetime),
            name=name,
            bridge=bridge,
            approval=approval,
            limits=limits,
        )
        if not await self._shelf.exchange(invitation.invitation, None, invitation):
            raise MembershipRefused("there is an invitation of this id; is the randomness of this system broken?")
        return invitation

    async def withdraw(self, invitation: bytes) -> None:
        """
        Let nobody join with an invitation any more.

        @raise NoSuchMember: if there is none of this id.
        """
        known = self._shelf.get(invitation)
        if known is None:
            raise NoSuchMember(f"there is no invitation {invitation.hex()}")
        if not await self._shelf.exchange(invitation, known, None):
            await self.withdraw(invitation)

    @property
    def open(self) -> list[InvitationStatus]:
        """
        The invitations that can be redeemed.
        """
        now = self._clock.seconds()
        return [each.status for each in self._shelf if each.expires > now and len(each.redeemers) < each.uses]

    def secretOf(self, invitation: bytes) -> bytes | None:
        """
        The pre-shared key of the handshake that redeems an invitation.  Also of one that is used up or has just
        expired, so that who lost our answer can ask again, and everybody else is told why it is refused.
        """
        known = self._shelf.get(invitation)
        return known.secret if known is not None and self._isAnswered(known) else None

    def check(self, invitation: bytes, identity: bytes) -> Invitation:
        """
        May this identity join with this invitation, as far as is known now?

        @raise MembershipRefused: if not, with the reason.
        """
        known = self._shelf.get(invitation)
        if known is None:
            raise MembershipRefused("there is no such invitation, or it was withdrawn; ask for another")
        if identity in known.redeemers:
            return known
        if known.expires <= self._clock.seconds():
            raise MembershipRefused("the invitation has expired; ask for another")
        if len(known.redeemers) >= known.uses:
            raise MembershipRefused("the invitation has been used already; ask for another")
        return known

    async def redeem(self, invitation: bytes, identity: bytes) -> Invitation:
        """
        Use an invitation for an identity: once, however often it is asked.

        @raise MembershipRefused: if it can not be used, with the reason.
        @raise wand.errors.StoreUnavailable: if that can not be stored.
        """
        for _ in range(_TRIES):
            known = self.check(invitation, identity)
            if identity in known.redeemers:
                return known
            used = msgspec.structs.replace(known, redeemers=(*known.redeemers, identity))
            if await self._shelf.exchange(invitation, known, used):
                return used
        raise MembershipRefused("too many join at once; try again")

    def _isAnswered(self, invitation: Invitation) -> bool:
        return invitation.expires + GRACE > self._clock.seconds() or self._isNeeded(invitation.invitation)
