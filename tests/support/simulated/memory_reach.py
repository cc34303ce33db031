"""
Ways to members in memory, for tests of what sits on top of the control socket.
"""

from __future__ import annotations

import attrs
from twisted.internet.interfaces import IReactorTime

from simulated.memory_members import keyOf
from wand.errors import NoAnswer, NoSuchMember
from wand.reach_status import (
    CandidateStatus,
    CheckStatus,
    EpisodeStatus,
    NATStatus,
    NetworkCheckStatus,
    WaysStatus,
    WhyStatus,
)
from wand.status import WayStatus

RELAYED = "relay/0123456789abcdef:7"


@attrs.define(slots=False)
class MemoryReach:
    """
    One member, C{two}, with a way over a relay and one that does not work.

    @ivar isSilent: does the member answer nothing?
    """

    clock: IReactorTime
    isSilent: bool = False

    async def ways(self, peer: str) -> WaysStatus:
        """
        See L{wand.control.reach_inspection.ReachInspection}.
        """
        if peer != "two":
            raise NoSuchMember(f"no member is known as {peer!r}")
        now = self.clock.seconds()
        relayed = WayStatus(RELAYED, "relay", ["relay"], True, 0.031, now - 3, now - 3, now - 90, "the only one")
        sources = ["directory", "call"]
        lost = WayStatus("192.0.2.2:20002", "ipv4", sources, False, None, now - 2, None, None, "", 3, now - 21)
        before = WayStatus("192.0.2.2:20003", "lan", ["call"], True, 0.02, now - 2, now - 21, None, "", 4)
        return WaysStatus(True, [relayed, lost, before], {"relay/0123456789abcdef": "server"})

    async def why(self, peer: str) -> WhyStatus:
        """
        See L{wand.control.reach_inspection.ReachInspection}.
        """
        found, now = await self.ways(peer), self.clock.seconds()
        return WhyStatus(
            peer="two",
            key=keyOf("two"),
            isUp=found.isUp,
            ways=found.ways,
            relays=found.relays,
            ours=[CandidateStatus("192.168.1.5:22222", "host", "an address of this host", ["three", "four"])],
            nat=NATStatus("address-dependent", {"server": "198.51.100.1:5000", "three": "198.51.100.1:5001"}),
            here="address-dependent",
            theirs="none",
            episodes=[
                EpisodeStatus(now - 95, "tried wherever it may be, 2 times"),
                EpisodeStatus(now - 90, "now at it"),
            ],
            cause="firewall-here",
            advice="Let the router forward UDP port 22222 to this host.",
        )

    async def ping(self, peer: str, place: str | None) -> float:
        """
        See L{wand.control.reach_inspection.ReachInspection}.
        """
        await self.ways(peer)
        if self.isSilent or place not in (None, RELAYED):
            raise NoAnswer("two does not answer there")
        return 0.0312

    async def check(self) -> NetworkCheckStatus:
        """
        See L{wand.control.reach_inspection.ReachInspection}.
        """
        checks = [
            CheckStatus("udp", True, "yes", "members or servers answer over UDP"),
            CheckStatus("mapping", False, "address-dependent", "another place outside for each destination"),
            CheckStatus("hairpin", None, "untried", "no NAT was seen"),
        ]
        return NetworkCheckStatus(checks, "Forward UDP port 22222.")
