"""
What the API lets anybody look at who was let in: each with the document that the command of the same name prints.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

from wand.console.calls import Call, Listing, Parameter, Route
from wand.errors import NotSupported
from wand.reach_status import NetworkCheckStatus, WhyStatus
from wand.sealed.credentials.member_status import InvitationStatus, MemberStatus, ServerStatus
from wand.status import CounterStatus, EntryStatus, PeerStatus, ProgramStatus, SeenStatus

_SWITCH: Final = {"type": "string", "enum": ["0", "1"], "default": "0"}


async def _status(call: Call) -> ProgramStatus:
    return await call.client.status()


async def _table(call: Call) -> Listing:
    return Listing(call.client.entries(call.query.get("after")), lambda each: each.mac)


async def _peers(call: Call) -> Listing:
    return Listing(call.client.peers(call.query.get("after")), lambda each: each.peer)


async def _counters(call: Call) -> Listing:
    everything = call.isSet("all")
    counters = call.client.counters(call.query.get("after"))
    return Listing((each async for each in counters if each.value or everything), lambda each: each.name)


async def _members(call: Call) -> Listing:
    return Listing(_membersOrSeen(call, call.isSet("pending")), lambda each: each.key)


async def _membersOrSeen(call: Call, pending: bool) -> AsyncIterator[Any]:
    after, begun = call.query.get("after"), False
    try:
        async for each in call.client.members(after):
            begun = True
            if not pending or each.state == "pending":
                yield each
    except NotSupported:
        if pending or begun:
            raise
        async for seen in call.client.seen(after):
            yield seen


async def _seen(call: Call) -> Listing:
    return Listing(call.client.seen(call.query.get("after")), lambda each: each.key)


async def _servers(call: Call) -> Listing:
    return Listing(call.client.servers(call.query.get("after")), lambda each: each.key)


async def _invitations(call: Call) -> Listing:
    return Listing(call.client.invitations(call.query.get("after")), lambda each: each.invitation)


async def _why(call: Call) -> WhyStatus:
    return await call.client.why(call.path["peer"])


async def _netcheck(call: Call) -> NetworkCheckStatus:
    return await call.client.netcheck()


def _reading(name: str, about: str, answer: Any, respond: Any, *parameters: Parameter, command: str = "") -> Route:
    isListing = getattr(answer, "__origin__", None) is list
    return Route(
        method="GET",
        path=name,
        about=about,
        answer=answer,
        respond=respond,
        command=command or f"wand {name.partition('/')[0]} --json",
        parameters=parameters,
        isListing=isListing,
    )


READINGS: Final = (
    _reading("status", "The program's status.", ProgramStatus, _status),
    _reading("table", "The table: MAC addresses and their peers.", list[EntryStatus], _table),
    _reading("peers", "The peers and the servers, how they are reached, and their traffic.", list[PeerStatus], _peers),
    _reading(
        "counters",
        "The counters, drops by their reason.",
        list[CounterStatus],
        _counters,
        Parameter("all", "Include counters that are zero.", _SWITCH),
    ),
    _reading(
        "members",
        "The members, with who is online: as whoever decides of them has them, or else as they are seen.",
        list[MemberStatus | SeenStatus],
        _members,
        Parameter("pending", "List only nodes that wait for approval.", _SWITCH),
    ),
    _reading("seen", "The members as this program sees them.", list[SeenStatus], _seen, command="none"),
    _reading("servers", "The servers of the network.", list[ServerStatus], _servers),
    _reading("invitations", "The invitations that can still be redeemed.", list[InvitationStatus], _invitations),
    _reading("why/{peer}", "Why a member is reached the way it is.", WhyStatus, _why),
    _reading("netcheck", "What the network around this node allows.", NetworkCheckStatus, _netcheck),
)
