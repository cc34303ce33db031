"""
What the demo measures.  Durations are in seconds where the name does not say otherwise.
"""

from __future__ import annotations

from wand.lab.admission import Admission
from wand.lab.capture import Capture
from wand.lab.transfer import Transfer
from wand.status import Status


class Ping(Status, frozen=True):
    """
    The fastest echo from one node to another, and back.
    """

    source: str
    target: str
    milliseconds: float


class Silence(Status, frozen=True):
    """
    How a stranger was received.

    @ivar sent: how many datagrams it sent.
    @ivar answers: how many came back.
    """

    sent: int
    answers: int


class RevocationResult(Status, frozen=True):
    """
    What happened when a member was revoked.

    @ivar node: which.
    @ivar seconds: from the command until the last echo that it still answered.
    @ivar asked: how many echo requests went from one of the others to another since.
    @ivar answered: how many of them were answered.
    """

    node: str
    seconds: float
    asked: int
    answered: int


class Failure(Status, frozen=True):
    """
    What happened when a node was killed and started again.

    @ivar node: which.
    @ivar asked: how many echo requests went from one of the others to another in the meantime.
    @ivar answered: how many of them were answered.
    @ivar returned: from its start until it answered again.
    """

    node: str
    asked: int
    answered: int
    returned: float


class Figures(Status, frozen=True):
    """
    All of them.

    @ivar way: C{namespaces}, or C{memory} where the machine allows nothing better.
    @ivar protocol: C{sealed} or C{rel2}.
    @ivar carrier: what the transfer went over.
    @ivar formed: from the start of the first program until every table was full.
    @ivar rate: that of the transfer, in bits a second.
    @ivar total: the whole demo.
    @ivar admissions: how the nodes joined; this and what follows is of a sealed network only.
    @ivar capture: what a listener on the network in between heard of the pings.
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
    revocation: RevocationResult | None = None
