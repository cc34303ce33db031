"""
What C{wand doctor} asks a program before it looks at the machine.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from wand.control.client import ControlClient
from wand.doctor.examination import Examined
from wand.errors import WandError
from wand.setup.host import Host
from wand.setup.present import presentRoles


async def examined(connect: Callable[[], Awaitable[ControlClient]]) -> Examined:
    """
    Ask the program, if one runs.

    @param connect: gives a connection to it, or raises L{WandError}.
    """
    try:
        client = await connect()
        status = await client.status()
    except WandError as error:
        roles = [each.name for each in presentRoles(Host())]
        return Examined(None, str(error), role="server" if roles == ["server"] else "node")
    try:
        network = await client.netcheck()
    except WandError:
        network = None
    return Examined(status, network=network)
