"""
What hooks are asked about a node that wants to join: whether it may, whether it may be a bridge, and which addresses it
may have.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from twisted.internet.defer import Deferred

from wand.errors import MembershipRefused, TemporarilyUnavailable
from wand.hooks.approval import Approval
from wand.interfaces import Candidate, Verdict
from wand.sealed.authority.address_assignments import AddressAssignments
from wand.sealed.authority.member_records import MemberRecords
from wand.sealed.authority.overlay_prefixes import Prefix
from wand.sealed.credentials.fields import withoutPrefix

#: About how many addresses hooks are asked for one node, one after the other, before it has to ask again.
ADDRESSES_ASKED: Final = 8


class ApprovalQuestions:
    """
    Asks the hooks, and refuses what they refuse.
    """

    def __init__(self, approval: Approval, addresses: AddressAssignments, members: MemberRecords) -> None:
        self._approval = approval
        self._addresses = addresses
        self._members = members

    def isAsked(self, identity: bytes) -> bool:
        """
        Do the hooks think about a node just now?
        """
        return self._approval.isAsked(identity)

    async def mayJoin(self, candidate: Candidate) -> None:
        """
        @raise MembershipRefused: if a node may not be a member.
        @raise TemporarilyUnavailable: if nobody can say now.
        """
        verdict = await _answer(self._approval.ask(candidate))
        if not verdict:
            raise MembershipRefused(verdict.reason[:200] or "the operator's rules do not admit this node")

    async def mayBridge(self, candidate: Candidate, hosts: int) -> None:
        """
        @param hosts: how many MAC addresses may be behind it.
        @raise MembershipRefused: if a node may be no bridge.
        @raise TemporarilyUnavailable: if nobody can say now.
        """
        verdict = await _answer(self._approval.askRoute(candidate, hosts))
        if not verdict:
            raise MembershipRefused(verdict.reason[:200] or "the operator's rules do not let this node be a bridge")

    async def settleAddresses(self, candidate: Candidate, wanted: Sequence[str]) -> None:
        """
        Give a node, before it is a member, addresses that no hook has anything against.

        @param wanted: those that it would like.
        @raise MembershipRefused: if it cannot have one that it wants.
        @raise TemporarilyUnavailable: if none is found.
        """
        if not self._approval.isNeeded:
            return
        self._addresses.check(candidate.key, wanted)
        chosen = self._addresses.overlay.chosen(wanted)
        settled: list[str] = []
        try:
            for prefix in self._addresses.overlay:
                if prefix in chosen:
                    await self._settleWanted(candidate, chosen[prefix])
                else:
                    chosen[prefix] = await self._settleAddress(candidate, prefix)
                settled.append(chosen[prefix])
        except (MembershipRefused, TemporarilyUnavailable):  # or whoever has an invitation takes one after the other
            for address in settled:
                await self._takeBack(address, candidate.key)
            raise

    async def _settleWanted(self, candidate: Candidate, address: str) -> None:
        if not await self._addresses.takeWanted(address, candidate.key):
            return  # which is said later, when it is given all that a member gets
        verdict = await self._verdictOn(address, candidate)
        if not verdict:
            await self._takeBack(address, candidate.key)
            reason = verdict.reason[:200] or "the operator's rules give it to nobody"
            raise MembershipRefused(f"this node cannot have the address {address}: {reason}")

    async def _settleAddress(self, candidate: Candidate, prefix: Prefix) -> str:
        for _ in range(ADDRESSES_ASKED):
            address = withoutPrefix(await self._addresses.take(candidate.key, prefix))
            verdict = await self._verdictOn(address, candidate)
            if verdict:
                return address
            await self._takeBack(address, candidate.key)
            self._addresses.decline(address)
        reason = verdict.reason[:200] or "the operator's rules"
        raise TemporarilyUnavailable(f"{ADDRESSES_ASKED} addresses were refused, the last {address}: {reason}")

    async def _verdictOn(self, address: str, candidate: Candidate) -> Verdict:
        try:
            return await _answer(self._approval.askAddress(candidate, address))
        except TemporarilyUnavailable:
            await self._takeBack(address, candidate.key)
            raise

    async def _takeBack(self, address: str, identity: bytes) -> None:
        if self._members.get(identity) is None:  # another server may have admitted it meanwhile
            await self._addresses.release(address, identity)


async def _answer(answer: Deferred[Verdict] | None) -> Verdict:
    if answer is None:
        raise TemporarilyUnavailable("too many join at once; try again")
    return await answer
