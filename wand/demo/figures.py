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
    @ivar carrier: what the transfer went by.
    @ivar formed: from the start of the first program until every table was full.
    @ivar rate: that of the transfer, in bits a second.
    @ivar total: the whole demo.
    """

    way: str
    carrier: str
    nodes: list[str]
    formed: float
    pings: list[Ping]
    transfer: Transfer
    rate: float
    failure: Failure
    total: float
