"""
The state of a network's membership, in frozen values; see L{wand.status}.
"""

from __future__ import annotations

from wand.sealed.credentials.limits import BROADCASTS, MACS
from wand.status import Status


class MemberStatus(Status, frozen=True):
    """
    A member of the network, as the directory server has it.

    @ivar key: the whole public key in hex.
    @ivar short: a short form of it, for people; no command takes it.
    @ivar state: C{pending} until an operator approves, C{unsigned} until the network key signs, C{member}, or
        C{revoked}.
    @ivar since: when it joined.
    @ivar expires: when its certificate does, C{None} if it has none.
    @ivar behind: how many MAC addresses may be behind it, if it has the bridge right.
    @ivar broadcasts: how many frames to groups it may send in a second.
    @ivar confirmed: did an operator say that the MAC addresses are its own?
    @ivar relay: may it pass datagrams on between other members?
    @ivar admission: may it admit members?
    @ivar admits: how many members it may admit, if it has not the network key itself.
    @ivar admitter: the key of the member that admitted it, in hex; empty if a server did, or whoever founded the
        network.
    @ivar online: is it online? C{None} where nobody can tell.
    @ivar seen: when it was last heard; C{None} where that is not known.
    @ivar version: which version it runs; empty where that is not known.
    @ivar awaited: does what was changed just now wait for a signature of the network key?
    @ivar learned: is it known by its certificate only, because the server's store was lost or restored?
    """

    name: str
    key: str
    short: str
    state: str
    server: bool
    addresses: list[str]
    macs: list[str]
    bridge: bool
    since: float
    expires: float | None
    behind: int = MACS
    broadcasts: int = BROADCASTS
    confirmed: bool = False
    learned: bool = False
    relay: bool = False
    admission: bool = False
    admits: int = 0
    admitter: str = ""
    online: bool | None = None
    seen: float | None = None
    version: str = ""
    awaited: bool = False


class InvitationStatus(Status, frozen=True):
    """
    An invitation that can still be redeemed.

    @ivar invitation: its id in hex; not the secret.
    @ivar left: how many nodes may still join with it.
    @ivar name: what the node will be called; empty if it chooses.
    @ivar approval: must an operator approve those who join with it?
    @ivar behind: how many MAC addresses may be behind the node, if it gets the bridge right.
    @ivar broadcasts: how many frames to groups the node may send in a second.
    @ivar relay: does the node get the relay right?
    @ivar admits: how many members the node may admit itself; 0 for none.
    """

    invitation: str
    uses: int
    left: int
    expires: float
    name: str
    bridge: bool
    approval: bool
    behind: int = MACS
    broadcasts: int = BROADCASTS
    relay: bool = False
    admits: int = 0


class ServerStatus(Status, frozen=True):
    """
    A directory server of the network.

    @ivar name: what it is called.
    @ivar key: the whole public key in hex.
    @ivar short: a short form of it, for people.
    @ivar state: C{this} for the server that is asked; C{running}; C{silent} if it did not say lately that it runs;
        C{stopped}; or C{unsigned} until it has a certificate.
    @ivar endpoints: where nodes reach it.
    @ivar heard: when it said last that it runs.
    """

    name: str
    key: str
    short: str
    state: str
    endpoints: list[str]
    heard: float


class NetworkStatus(Status, frozen=True):
    """
    A network.

    @ivar key: its public key in hex.
    @ivar prefix6: that of its IPv6 addresses, where C{prefix} is of IPv4; else empty.
    @ivar signs: does this program have the network's private key?
    @ivar unsigned: how many certificates and revocations wait for a signature made elsewhere.
    """

    name: str
    key: str
    cipher: str
    prefix: str
    created: float
    signs: bool
    unsigned: int
    prefix6: str = ""

    @property
    def prefixes(self) -> tuple[str, ...]:
        """
        Those that there are.
        """
        return tuple(filter(None, (self.prefix, self.prefix6)))
