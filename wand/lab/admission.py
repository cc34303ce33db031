"""
A node redeems an invitation and becomes a member of a sealed network.
"""

from __future__ import annotations

import time
from typing import Any, Final

from twisted.internet.task import deferLater

from wand.control.client import ControlClient
from wand.errors import MembershipRefused
from wand.lab.topology import Node
from wand.status import Status

#: Seconds for a node to become a member.
ADMISSION_PATIENCE: Final = 10.0


class Admission(Status, frozen=True):
    """
    How a node became a member.

    @ivar name: its name in the network.
    @ivar address: its overlay address, with the prefix length.
    @ivar seconds: from when it had the invitation until it was a member with an address.
    """

    node: str
    name: str
    address: str
    seconds: float


async def admitted(client: ControlClient, node: Node, token: str, reactor: Any) -> Admission:
    """
    Let a node redeem an invitation, and wait until it is a member.

    @param client: of the node.
    @raise MembershipRefused: if it is not admitted, or not in time.
    """
    began = time.monotonic()
    await client.join(token)
    while True:
        status = await client.status()
        own, seconds = status.own, time.monotonic() - began
        if own is not None and own.stage == "member":
            return Admission(node.name, own.name, own.addresses[0], seconds)
        if own is None or own.stage == "new" or seconds > ADMISSION_PATIENCE:
            raise MembershipRefused("; ".join(status.notes[: status.attention]) or f"{node.name} is not admitted")
        await deferLater(reactor, 0.01)
