"""
What the API lets anybody look at who was let in: each with the document that the command of the same name prints.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from types import GenericAlias
from typing import Any, Final

import attrs

from wand.console.answers import Document, Listing
from wand.console.calls import Call, Parameter, Respond, Route
from wand.errors import NotSupported
from wand.reach_status import WhyStatus
from wand.readings.picture import Picture, picture
from wand.sealed.credentials.member_status import InvitationStatus, MemberStatus, ServerStatus
from wand.status import CounterStatus, EntryStatus, PeerStatus, ProgramStatus, SeenStatus

#: How many members a picture has unless somebody says otherwise, and at most; as C{wand graph}.
MOST: Final = 40
MOST_MAXIMUM: Final = 1000

#: How a path is written as a command.
_AS_ARGUMENT: Final = str.maketrans({"/": " ", "{": None, "}": None})

_SWITCH: Final = {"type": "string", "enum": ["0", "1"], "default": "0"}


async def _status(call: Call) -> Document:
    return Document(await call.client.status())


async def _table(call: Call) -> Listing:
    return Listing(call.client.entries(call.after), lambda each: each.mac)


async def _peers(call: Call) -> Listing:
    return Listing(call.client.peers(call.after), lambda each: each.peer)


async def _counters(call: Call) -> Listing:
    everything = call.isSet("all")
    counters = call.client.counters(call.after)
    return Listing((each async for each in counters if each.value or everything), lambda each: each.name)


async def _members(call: Call) -> Listing:
    return Listing(_membersOrSeen(call, call.isSet("pending")), lambda each: each.key)


async def _membersOrSeen(call: Call, pending: bool) -> AsyncGenerator[Any, None]:
    after, begun = call.after, False
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
    return Listing(call.client.seen(call.after), lambda each: each.key)


async def _servers(call: Call) -> Listing:
    return Listing(call.client.servers(call.after), lambda each: each.key)


async def _invitations(call: Call) -> Listing:
    return Listing(call.client.invitations(call.after), lambda each: each.invitation)


async def _why(call: Call) -> Document:
    return Document(await call.client.why(call.path["peer"]))


async def _graph(call: Call) -> Document:
    return Document(await picture(call.client, call.number("most", MOST, MOST_MAXIMUM)))


def reading(name: str, about: str, answer: Any, respond: Respond, *parameters: Parameter) -> Route:
    """
    A reading that is one document.
    """
    return Route(
        method="GET",
        path=name,
        about=about,
        answers=(answer,),
        respond=respond,
        command=f"wand {name.translate(_AS_ARGUMENT)} --json",
        parameters=parameters,
    )


def _listing(name: str, about: str, items: Any, respond: Respond, *parameters: Parameter) -> Route:
    types = items if isinstance(items, tuple) else (items,)
    answers = tuple(GenericAlias(list, (each,)) for each in types)
    return attrs.evolve(reading(name, about, None, respond, *parameters), answers=answers, isListing=True)


READINGS: Final = (
    reading("status", "The program's status.", ProgramStatus, _status),
    _listing("table", "The table: MAC addresses and their peers.", EntryStatus, _table),
    _listing("peers", "The peers and the servers, how they are reached, and their traffic.", PeerStatus, _peers),
    _listing(
        "counters",
        "The counters, drops by their reason.",
        CounterStatus,
        _counters,
        Parameter("all", "Include counters that are zero.", _SWITCH),
    ),
    _listing(
        "members",
        "The members, with who is online: as whoever decides of them has them, or else as they are seen.",
        (MemberStatus, SeenStatus),
        _members,
        Parameter("pending", "List only nodes that wait for approval.", _SWITCH),
    ),
    attrs.evolve(_listing("seen", "The members as this program sees them.", SeenStatus, _seen), command=""),
    _listing("servers", "The servers of the network.", ServerStatus, _servers),
    _listing("invitations", "The invitations that can still be redeemed.", InvitationStatus, _invitations),
    reading("why/{peer}", "Why a member is reached the way it is.", WhyStatus, _why),
    reading(
        "graph",
        "The network as this program sees it.",
        Picture,
        _graph,
        Parameter(
            "most",
            "How many members are in it: those with the most traffic.",
            {"type": "integer", "minimum": 1, "maximum": MOST_MAXIMUM, "default": MOST},
        ),
    ),
)
