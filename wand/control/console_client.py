"""
What a client asks about the console.
"""

from __future__ import annotations

from wand.control import console_commands as commands
from wand.control.reach_client import ReachClient


class ConsoleClient(ReachClient):
    """
    The part of L{wand.control.client.ControlClient} that is about the console.
    """

    async def consoleLink(self, *, readOnly: bool = False) -> commands.ConsoleGrant:
        """
        A link that lets one browser in.
        """
        grant: commands.ConsoleGrant = (await self._send(commands.ConsoleLink, readOnly=readOnly))["grant"]
        return grant

    async def consoleToken(self, lifetime: float, *, readOnly: bool = False) -> commands.ConsoleGrant:
        """
        A token that lets scripts in.

        @param lifetime: in seconds.
        """
        told = await self._send(commands.ConsoleToken, lifetime=float(lifetime), readOnly=readOnly)
        grant: commands.ConsoleGrant = told["grant"]
        return grant

    async def consoleEnd(self) -> int:
        """
        Let nobody in any more.

        @return: how many links, browsers and tokens there were.
        """
        ended: int = (await self._send(commands.ConsoleEnd))["ended"]
        return ended
