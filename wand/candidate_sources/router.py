"""
The router through which others reach this host.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final

import attrs

from wand.host.routes import defaultGateway
from wand.interfaces import NodeContext
from wand.underlay.source import chosenSource

#: What is said of a router that refuses.
REFUSED: Final = (
    "the router at {} does not map UDP port {} of this node: {}. Others reach this node all the same where the NAT "
    "lets them; if the router is yours, allow PCP or NAT-PMP there, or forward the port by hand"
)


@attrs.frozen
class Router:
    """
    The router that is asked.

    @ivar host: its address.
    @ivar client: ours, from which it is asked.
    """

    host: str
    client: str


def findRouter(host: str, interface: str) -> Router | None:
    """
    The router that others come through; C{None} if there is none for IPv4.

    @param host: the local address of our data.
    @param interface: that of our own tap, which does not count.
    """
    gateway = defaultGateway(interface)
    if gateway is None or ":" in host:
        return None
    client = chosenSource((gateway, 9)) if host == "0.0.0.0" else host  # the discard port: nothing is sent
    return None if client is None or ip_address(client).is_loopback else Router(gateway, client)


def interfaceOf(context: NodeContext) -> str:
    """
    The interface of our own tap, which leads to nobody outside.
    """
    return context.sealed.participant.interface if context.sealed else ""
