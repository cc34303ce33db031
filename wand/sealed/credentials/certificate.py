"""
Certificates: statements that a key is a member, and what it may own, signed by the network or by a member that it lets
admit others.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from msgspec import Meta

from wand.ethernet import MAC
from wand.interfaces.membership import Member
from wand.sealed.credentials.admission_limits import ADMITS_MAXIMUM
from wand.sealed.credentials.fields import Addresses, Count, MACs, Name, Octets32, checkAddresses, checkMACs
from wand.sealed.credentials.grant import GRANT_MAXIMUM, Grant, readGrant
from wand.sealed.credentials.limits import DEFAULT_LIMITS, Limits
from wand.sealed.credentials.signed import Body

NODE: Final = 0
SERVER: Final = 1

#: Seconds by which clocks may differ.  What was issued further in the future was issued by a clock that was ahead.
SKEW: Final = 300


class Certificate(Body, frozen=True, array_like=True):
    """
    What the network says of one member; see L{Member}.

    @ivar role: L{NODE} or L{SERVER}.
    @ivar limits: how much it may bring.
    @ivar confirmed: did an operator say that the MAC addresses are its own, also where they were heard behind others?
    @ivar relay: may it pass datagrams on between other members?
    @ivar admission: may it admit members?
    @ivar grant: what lets somebody admit others, signed: this member itself; or, if it is another's, the member that
        signed this certificate in place of the network.
    @ivar seat: the number of this certificate among those that the other one signed.
    @ivar binding: of such a certificate, the signature with which its owner says that the exchange key is its own, see
        L{wand.sealed.credentials.key_binding}: so whoever may admit others admits nobody in somebody else's name.
    """

    domain: ClassVar[str] = "wand certificate 1"

    network: Octets32
    identity: Octets32
    exchangeKey: Octets32
    role: Literal[0, 1]
    name: Name
    addresses: Addresses
    macs: MACs
    bridge: bool
    since: Count
    issued: Count
    expires: Count
    limits: Limits = Limits()
    confirmed: bool = False
    relay: bool = False
    admission: bool = False
    grant: Annotated[bytes, Meta(max_length=GRANT_MAXIMUM)] = b""
    seat: Annotated[int, Meta(ge=0, lt=ADMITS_MAXIMUM)] = 0
    binding: Annotated[bytes, Meta(max_length=64)] = b""

    def __post_init__(self) -> None:
        checkAddresses(self.addresses)
        checkMACs(self.macs)
        if not self.since <= self.issued < self.expires:
            raise ValueError("a certificate is issued, then it expires")
        if self.grant:
            self._checkGrant()
        elif self.seat or self.binding:
            raise ValueError("only a certificate that a member signed has a seat and a binding")

    @property
    def granted(self) -> Grant | None:
        """
        What the grant says; C{None} if there is none.
        """
        return readGrant(self.grant)

    @property
    def admitter(self) -> bytes:
        """
        The identity of the member that admitted this one, whose signature counts; empty if the network's does.
        """
        granted = self.granted
        return b"" if granted is None or granted.identity == self.identity else granted.identity

    def _checkGrant(self) -> None:
        """
        @raise ValueError: if this says more than the grant allows.
        """
        granted = self.granted
        if granted is None:
            raise ValueError("a grant that cannot be read")
        if granted.identity == self.identity:
            isAllowed = self.admission and self.role == NODE and self.seat == 0 and not self.binding
        else:
            isAllowed = self._isAllowedBy(granted)
        if not isAllowed:
            raise ValueError("more than the grant allows")

    def _isAllowedBy(self, granted: Grant) -> bool:
        """
        May another member say this of one that it admits?  It can be no server, and admits nobody itself.
        """
        return (
            self.role == NODE
            and not (self.admission or self.confirmed)
            and granted.hasRights(bridge=self.bridge, relay=self.relay)
            and self.limits == DEFAULT_LIMITS
            and granted.since <= self.since
            and self.expires <= granted.expires
            and self.seat < granted.members
        )

    @property
    def member(self) -> Member:
        """
        The same, for those who need to know no certificates.
        """
        return Member(
            identity=self.identity,
            exchangeKey=self.exchangeKey,
            isServer=self.role == SERVER,
            name=self.name,
            addresses=self.addresses,
            macs=tuple(map(MAC, self.macs)),
            bridge=self.bridge,
            since=self.since,
            issued=self.issued,
            expires=self.expires,
            relay=self.relay,
            admission=self.admission,
            admitter=self.admitter,
            isAuthority=self.role == SERVER or (self.admission and not self.grant),
        )


def isOfTheFuture(issued: int, now: float) -> bool:
    """
    Was a certificate issued by a clock that was ahead?

    @param now: seconds since the epoch.
    """
    return issued > now + SKEW


def secondsToRenewal(issued: int, expires: int, now: float) -> float:
    """
    In how many seconds a certificate is to be renewed: after a third of its life, and at once if it was issued in the
    future.

    @param now: seconds since the epoch.
    """
    return 0.0 if isOfTheFuture(issued, now) else issued + (expires - issued) / 3 - now
