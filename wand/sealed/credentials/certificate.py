"""
Certificates: signed statements of the network that a key is a member, and what it may own.
"""

from __future__ import annotations

from typing import ClassVar, Final, Literal

from wand.ethernet import MAC
from wand.interfaces.membership import Member
from wand.sealed.credentials.fields import Addresses, Count, MACs, Name, Octets32, checkAddresses, checkMACs
from wand.sealed.credentials.limits import Limits
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

    def __post_init__(self) -> None:
        checkAddresses(self.addresses)
        checkMACs(self.macs)
        if not self.since <= self.issued < self.expires:
            raise ValueError("a certificate is issued, then it expires")

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
