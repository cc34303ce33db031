"""
Invitations: who has one may join, as often as it says.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Final

import msgspec

from wand.errors import MembershipRefused, NoSuchMember, TemporarilyUnavailable
from wand.interfaces import IRecords
from wand.sealed.authority.stored_values import StoredValues
from wand.sealed.credentials.fields import NAME_RULE, isName
from wand.sealed.credentials.identity import Entropy
from wand.sealed.credentials.limits import DEFAULT_LIMITS, Limits
from wand.sealed.credentials.member_status import InvitationStatus

#: The kind of our records in a store.
INVITATION_KIND: Final = "sealed-invitation"

#: How many invitations there may be.
INVITATIONS_MAXIMUM: Final = 10_000

#: How often one can be redeemed at most.
USES_MAXIMUM: Final = 1000

#: Seconds for which one that has expired is still answered, so that its holder is told why it is refused.
EXPIRED_GRACE: Final = 86_400

#: Seconds for which a list of secrets is used.
SECRETS_AGE: Final = 1.0

#: How often a change is tried while others change the same invitation.
REDEEM_TRIES: Final = 64


_ID: Final = re.compile(r"[0-9a-f]{32}")


class Invitation(msgspec.Struct, frozen=True):
    """
    An invitation as it stands in a store, under its id.

    @ivar uses: how many nodes may join with it.
    @ivar redeemers: the identities of those who did.
    @ivar expires: from when on nobody may, in seconds since the epoch.
    @ivar name: what they will be called; empty if they choose.
    @ivar bridge: do they get the bridge right?
    @ivar approval: must an operator approve them?
    @ivar withdrawn: may nobody join with it any more?
    @ivar limits: how much they may bring.
    @ivar relay: do they get the relay right?
    @ivar admits: how many members they may admit themselves; 0 for none.
    @ivar made: when it was made, in seconds since the epoch.
    """

    invitation: bytes
    secret: bytes
    uses: int
    expires: int
    name: str = ""
    bridge: bool = False
    approval: bool = False
    redeemers: tuple[bytes, ...] = ()
    withdrawn: bool = False
    limits: Limits = Limits()
    relay: bool = False
    made: int = 0
    admits: int = 0

    @property
    def isOpen(self) -> bool:
        """
        Could one more node join with it, were it not for the time?
        """
        return not self.withdrawn and len(self.redeemers) < self.uses

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
            relay=self.relay,
            admits=self.admits,
        )


class Invitations:
    """
    Makes invitations, and redeems each at most as often as it says, however many ask at once.
    """

    def __init__(
        self, records: IRecords, wallClock: Callable[[], float], entropy: Entropy, isNeeded: Callable[[bytes], bool]
    ) -> None:
        """
        @param wallClock: gives the seconds since the epoch.
        @param isNeeded: does somebody who joined with this invitation still wait for the answer?
        """
        self._stored = StoredValues(records, INVITATION_KIND, Invitation)
        self._wallClock = wallClock
        self._entropy = entropy
        self._isNeeded = isNeeded
        self._secrets: tuple[float, list[bytes]] = -math.inf, []

    def follow(self) -> None:
        """
        See from now on what other servers invite, redeem and withdraw; to be called before L{load}.
        """
        self._stored.follow(lambda invitation, before, after: None)

    @property
    def secrets(self) -> list[bytes]:
        """
        The secrets of those that can be redeemed, the one that was made last in front.  Strangers make us look, so this
        is up to L{SECRETS_AGE} old.
        """
        now = self._wallClock()
        if abs(now - self._secrets[0]) >= SECRETS_AGE:
            found = sorted(filter(self._isOpen, self._stored), key=lambda each: each.made, reverse=True)
            self._secrets = now, [each.secret for each in found]
        return self._secrets[1]

    async def load(self) -> None:
        """
        Read what is in the store, and forget what expired.

        @raise wand.errors.StoreUnavailable: if that fails.
        """
        await self._stored.load()
        for invitation in self._stored:
            if not self._isAnswered(invitation):
                await self._stored.exchange(invitation.invitation, invitation, None)

    async def make(
        self,
        uses: int,
        lifetime: float,
        name: str = "",
        bridge: bool = False,
        approval: bool = False,
        limits: Limits = DEFAULT_LIMITS,
        relay: bool = False,
        admits: int = 0,
    ) -> Invitation:
        """
        Make an invitation.

        @param lifetime: in seconds.
        @raise MembershipRefused: if it cannot be made so.
        @raise wand.errors.StoreUnavailable: if it cannot be stored.
        """
        if not 1 <= uses <= USES_MAXIMUM:
            raise MembershipRefused(f"an invitation can be used 1 to {USES_MAXIMUM} times")
        if not 0 < lifetime <= 366 * 86_400:
            raise MembershipRefused("an invitation must expire, within a year")
        if name and not isName(name):
            raise MembershipRefused(f"{name!r} is not a name: {NAME_RULE}")
        if len(self._stored) >= INVITATIONS_MAXIMUM:
            await self.load()
            await self._forgetUseless()
        if len(self._stored) >= INVITATIONS_MAXIMUM:
            raise MembershipRefused(f"there are {INVITATIONS_MAXIMUM} open invitations already; withdraw some")
        invitation = Invitation(
            invitation=self._entropy(16),
            secret=self._entropy(32),
            uses=uses,
            expires=int(self._wallClock() + lifetime),
            name=name,
            bridge=bridge,
            approval=approval,
            limits=limits,
            relay=relay,
            made=int(self._wallClock()),
            admits=admits,
        )
        if not await self._stored.exchange(invitation.invitation, None, invitation):
            raise MembershipRefused("there is an invitation of this id; is the randomness of this system broken?")
        return invitation

    async def withdraw(self, invitation: str) -> None:
        """
        Let nobody join with an invitation any more.  Its holders are told so, for as long as those of one that has
        expired.

        @param invitation: its whole id in hex.
        @raise NoSuchMember: if there is no such invitation, or nobody could join with it anyway.
        @raise wand.errors.StoreUnavailable: if that cannot be stored.
        """
        while True:
            known = self._stored.get(bytes.fromhex(invitation)) if _ID.fullmatch(invitation) else None
            if known is None or not self._isOpen(known):
                raise NoSuchMember(f"there is no open invitation {invitation}")
            withdrawn = msgspec.structs.replace(known, withdrawn=True)
            if await self._stored.exchange(known.invitation, known, withdrawn):
                return

    async def _forgetUseless(self) -> None:
        """
        Forget those that were withdrawn, and of those that are used up the older half: who used one of the others may
        have lost our answer.
        """
        useless = [each for each in self._stored if not each.isOpen and not self._isNeeded(each.invitation)]
        useless.sort(key=lambda each: (not each.withdrawn, each.made))
        withdrawn = sum(each.withdrawn for each in useless)
        for invitation in useless[: withdrawn + math.ceil((len(useless) - withdrawn) / 2)]:
            await self._stored.exchange(invitation.invitation, invitation, None)

    def get(self, invitation: bytes) -> Invitation | None:
        """
        An invitation, whatever has become of it.
        """
        return self._stored.get(invitation)

    @property
    def open(self) -> list[InvitationStatus]:
        """
        The invitations that can be redeemed.
        """
        return [each.status for each in self._stored if self._isOpen(each)]

    def secretOf(self, invitation: bytes) -> bytes | None:
        """
        The pre-shared key of the handshake that redeems an invitation.  Also of one that is used up, was withdrawn or
        has just expired, so that who lost our answer can ask again, and everybody else is told why it is refused.
        """
        known = self._stored.get(invitation)
        return known.secret if known is not None and self._isAnswered(known) else None

    def check(self, invitation: bytes, identity: bytes) -> Invitation:
        """
        May this identity join with this invitation, as far as is known now?

        @raise MembershipRefused: if not, with the reason.
        """
        known = self._stored.get(invitation)
        if known is None:
            raise MembershipRefused("there is no such invitation; ask for another")
        if identity in known.redeemers:
            return known
        if known.withdrawn:
            raise MembershipRefused("the invitation was withdrawn; ask for another")
        if known.expires <= self._wallClock():
            raise MembershipRefused("the invitation has expired; ask for another")
        if len(known.redeemers) >= known.uses:
            raise MembershipRefused("the invitation has been used already; ask for another")
        return known

    async def redeem(self, invitation: bytes, identity: bytes) -> Invitation:
        """
        Use an invitation for an identity: once, however often it is asked.

        @raise MembershipRefused: if it cannot be used, with the reason.
        @raise TemporarilyUnavailable: if too many others use it at the same time.
        @raise wand.errors.StoreUnavailable: if that cannot be stored.
        """
        for _ in range(REDEEM_TRIES):
            known = self.check(invitation, identity)
            if identity in known.redeemers:
                return known
            used = msgspec.structs.replace(known, redeemers=(*known.redeemers, identity))
            if await self._stored.exchange(invitation, known, used):
                return used
        raise TemporarilyUnavailable("too many join at once; try again")

    def _isAnswered(self, invitation: Invitation) -> bool:
        return invitation.expires + EXPIRED_GRACE > self._wallClock() or self._isNeeded(invitation.invitation)

    def _isOpen(self, invitation: Invitation) -> bool:
        return invitation.isOpen and invitation.expires > self._wallClock()
