"""
What a client asks about how members are reached.
"""

from __future__ import annotations

from typing import Any

from wand.control import reach_commands as commands
from wand.control.membership_client import MembershipClient
from wand.reach_status import NetworkCheckStatus, WaysStatus, WhyStatus


class ReachClient(MembershipClient):
    """
    The part of L{wand.control.client.ControlClient} that is about ways.
    """

    async def why(self, peer: str) -> WhyStatus:
        """
        Why a member is reached the way it is.

        @param peer: its name, its key, one of its overlay addresses or of its MAC addresses.
        """
        found: WhyStatus = (await self._send(commands.Why, peer=peer))["why"]
        return found

    async def ways(self, peer: str) -> WaysStatus:
        """
        The ways to a member, as they are known at once: nobody is asked.

        @param peer: as in L{why}.
        """
        found: WaysStatus = (await self._send(commands.Ways, peer=peer))["ways"]
        return found

    async def ping(self, peer: str, place: str | None = None) -> float:
        """
        Ask a member to answer.

        @param place: over which way, as L{why} shows it; C{None} for the one in use.
        @return: the seconds that it took.
        @raise wand.errors.NoAnswer: if it does not answer.
        """
        given: dict[str, Any] = {} if place is None else {"place": place}
        seconds: float = (await self._send(commands.Ping, peer=peer, **given))["seconds"]
        return seconds

    async def netcheck(self) -> NetworkCheckStatus:
        """
        What the network around the program allows.
        """
        found: NetworkCheckStatus = (await self._send(commands.NetCheck))["check"]
        return found
