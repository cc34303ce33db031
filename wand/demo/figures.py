"""
What the demo measures.  Durations are in seconds where the name does not say otherwise.
"""

from __future__ import annotations

from wand.status import Status


class Ping(Status, frozen=True):
    """
    The fastest echo from one node to another, and back.
    """

    source: str
    target: str
    milliseconds: float


class Admission(Status, frozen=True):
    """
    A node that redeemed an invitation.

    @ivar name: what it is called in the network.
    @ivar address: its own in there, with the prefix length.
    @ivar seconds: from the invitation in its hands until it was a member with an address.
    """

    node: str
    name: str
    address: str
    seconds: float


class Capture(Status, frozen=True):
    """
    What somebody saw who listened on the network in between.

    @ivar datagrams: how many.
    @ivar octets: in them.
    @ivar found: which of what was looked for they held in the clear.
    """

    datagrams: int
    octets: int
    found: list[str]


class Silence(Status, frozen=True):
    """
    What somebody got who is no member.

    @ivar sent: datagrams that the stranger sent.
    @ivar answers: datagrams that came back.
    """

    sent: int
    answers: int


class Revocation(Status, frozen=True):
    """
    What happened when a member was revoked.

    @ivar node: which.
    @ivar seconds: from the command until the last echo that it still answered.
    @ivar asked: echoes that two others asked of each other since.
    @ivar answered: how many of them came back.
    """

    node: str
    seconds: float
    asked: int
    answered: int


class Transfer(Status, frozen=True):
    """
    A TCP transfer, under way or done.

    @ivar intact: whether all that was sent was received; C{None} while it is under way.
    """

    source: str
    target: str
    octets: int
    seconds: float
    intact: bool | None = None

    @property
    def rate(self) -> float:
        """
        Bits a second.
        """
        return self.octets * 8 / self.seconds if self.seconds else 0.0


class Failure(Status, frozen=True):
    """
    What happened when a node was killed and started again.

    @ivar node: which.
    @ivar asked: echoes that two others asked of each other in the meantime.
    @ivar answered: how many of them came back.
    @ivar returned: from its start until it answered an echo again.
    """

    node: str
    asked: int
    answered: int
    returned: float


class Figures(Status, frozen=True):
    """
    Everything.

    @ivar way: C{namespaces}, or C{memory} where the machine allows nothing better.
    @ivar protocol: C{sealed} or C{rel2}.
    @ivar carrier: what the transfer went by.
    @ivar formed: from the start of the first program until every table was full.
    @ivar rate: that of the transfer, in bits a second.
    @ivar total: the whole demo.
    @ivar admissions: who joined; like all that follows it is of a sealed network only.
    @ivar capture: what the network in between saw of the pings.
    """

    way: str
    protocol: str
    carrier: str
    nodes: list[str]
    formed: float
    pings: list[Ping]
    transfer: Transfer
    rate: float
    failure: Failure
    total: float
    admissions: list[Admission] = []
    capture: Capture | None = None
    silence: Silence | None = None
    revocation: Revocation | None = None
