"""
What C{wand doctor} asks a program before it looks at the machine.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from wand.control.client import ControlClient
from wand.doctor.examination import Examined
from wand.errors import WandError


async def examined(connect: Callable[[], Awaitable[ControlClient]]) -> Examined:
    """
    Ask the program, if one runs.

    @param connect: gives a connection to it, or raises L{WandError}.
    """
    try:
        client = await connect()
        status = await client.status()
    except WandError as error:
        return Examined(None, str(error))
    try:
        network = await client.netcheck()
    except WandError:
        network = None
    return Examined(status, network=network)
