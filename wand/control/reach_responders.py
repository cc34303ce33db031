"""
The answers to the commands that are about how members are reached.
"""

from __future__ import annotations

from wand.control import reach_commands as commands
from wand.control.locator import Answer
from wand.control.membership_responders import MembershipResponders


class ReachResponders(MembershipResponders):
    """
    Answers what operators ask about ways.
    """

    @commands.Why.responder
    async def why(self, peer: str) -> Answer:
        """
        Answer why a member is reached the way it is.
        """
        return {"why": await self._program.reach.why(peer)}

    @commands.Ways.responder
    async def ways(self, peer: str) -> Answer:
        """
        Answer which ways to a member there are.
        """
        return {"ways": await self._program.reach.ways(peer)}

    @commands.Ping.responder
    async def ping(self, peer: str, place: str | None = None) -> Answer:
        """
        Ask a member, and answer with the seconds that it took.
        """
        return {"seconds": float(await self._program.reach.ping(peer, place))}

    @commands.NetCheck.responder
    async def check(self) -> Answer:
        """
        Look at the network, and answer with what was found.
        """
        return {"check": await self._program.reach.check()}
