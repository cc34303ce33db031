"""
The commands of the control socket (AMP): what a client asks a running program, and what the program tells a client.

A new command is one class here and one responder in L{wand.control.responders}; those about the members of a network
are in L{wand.control.membership_commands} and L{wand.control.membership_responders}, those about ways to them in
L{wand.control.reach_commands} and L{wand.control.reach_responders}.  The client needs none of the server's code to use
them.
"""

from __future__ import annotations

from typing import ClassVar, Final

from twisted.protocols import amp

from wand.control.values import JSON
from wand.errors import (
    AddressInvalid,
    EntryRefused,
    GrantEnded,
    MembershipRefused,
    NoAnswer,
    NoSuchEntry,
    NoSuchMember,
    NoSuchPlugin,
    NotPermitted,
    NotSupported,
    PortUnavailable,
    StateUnavailable,
    StoreDamaged,
    StoreHindered,
    StoreUnavailable,
    TapUnavailable,
    TemporarilyUnavailable,
    TokenInvalid,
    WandError,
)
from wand.events import Event
from wand.recent_events import NumberedEvent
from wand.status import CounterStatus, EntryStatus, LevelStatus, PeerStatus, ProgramStatus


class InternalFault(WandError):
    """
    The program failed at a command in a way that nobody foresaw; its log says more.
    """


class RequestMalformed(WandError):
    """
    The program does not understand the arguments of a command.
    """


class TooBusy(WandError):
    """
    The program still works at too many commands of one connection.
    """


#: The errors that cross the socket, each with its code.  Any other L{WandError} arrives as a plain one with its text;
#: so the base comes last, because the first that fits is taken.
ERRORS: Final[dict[type[Exception], bytes]] = {
    GrantEnded: b"GRANT-ENDED",  # before its base
    InternalFault: b"INTERNAL-FAULT",
    RequestMalformed: b"REQUEST-MALFORMED",
    TooBusy: b"TOO-BUSY",
    AddressInvalid: b"ADDRESS-INVALID",
    EntryRefused: b"ENTRY-REFUSED",
    MembershipRefused: b"MEMBERSHIP-REFUSED",
    NoAnswer: b"NO-ANSWER",
    NoSuchEntry: b"NO-SUCH-ENTRY",
    NoSuchMember: b"NO-SUCH-MEMBER",
    NoSuchPlugin: b"NO-SUCH-PLUGIN",
    NotPermitted: b"NOT-PERMITTED",
    NotSupported: b"NOT-SUPPORTED",
    PortUnavailable: b"PORT-UNAVAILABLE",
    StateUnavailable: b"STATE-UNAVAILABLE",
    StoreDamaged: b"STORE-DAMAGED",  # before its base, as the next
    StoreHindered: b"STORE-HINDERED",
    StoreUnavailable: b"STORE-UNAVAILABLE",
    TapUnavailable: b"TAP-UNAVAILABLE",
    TemporarilyUnavailable: b"TEMPORARILY-UNAVAILABLE",
    TokenInvalid: b"TOKEN-INVALID",
    WandError: b"WAND-ERROR",
}


class Request(amp.Command):
    """
    The base of every command that a client asks.  It can fail with any of L{ERRORS}, and the connection stays.
    """

    errors = ERRORS
    allErrors: ClassVar[dict[type[Exception], bytes]]
    reverseErrors: ClassVar[dict[bytes, type[Exception]]]

    def __init_subclass__(cls) -> None:
        """
        All commands have the same errors; AMP would make two tables of them for each, 0.1 MB in all.
        """
        cls.allErrors, cls.reverseErrors = Request.allErrors, Request.reverseErrors


class Status(Request):
    """
    The status of the program.
    """

    response: ClassVar = [(b"status", JSON(ProgramStatus))]


class Entries(Request):
    """
    A page of the table or of the registry, in the order of the MAC addresses.  The next page is the one after the last
    entry of this one, if there is C{more}.
    """

    arguments: ClassVar = [(b"after", amp.Unicode(optional=True))]
    response: ClassVar = [(b"page", JSON(list[EntryStatus])), (b"more", amp.Boolean())]


class Peers(Request):
    """
    A page of the peers, in the order of their texts.
    """

    arguments: ClassVar = [(b"after", amp.Unicode(optional=True))]
    response: ClassVar = [(b"page", JSON(list[PeerStatus])), (b"more", amp.Boolean())]


class CounterList(Request):
    """
    A page of the counters, in the order of their names.
    """

    arguments: ClassVar = [(b"after", amp.Unicode(optional=True))]
    response: ClassVar = [(b"page", JSON(list[CounterStatus])), (b"more", amp.Boolean())]


class Add(Request):
    """
    Put an entry into the table; C{source} is for a program that feeds the table, the C{lifetime} is in seconds.
    """

    arguments: ClassVar = [
        (b"mac", amp.Unicode()),
        (b"peer", amp.Unicode()),
        (b"source", amp.Unicode(optional=True)),
        (b"lifetime", amp.Float(optional=True)),
    ]


class Delete(Request):
    """
    Take out what one source says of a MAC address, or what all say of it.
    """

    arguments: ClassVar = [(b"mac", amp.Unicode()), (b"source", amp.Unicode(optional=True))]


class Reload(Request):
    """
    Read the configuration again.
    """

    response: ClassVar = [(b"changes", JSON(list[str]))]


class Stop(Request):
    """
    Stop in good order.  The connection is lost once it has stopped.
    """


class Subscribe(Request):
    """
    From now on, L{Happened} for every event.
    """


class Unsubscribe(Request):
    """
    No more events.
    """


class Recent(Request):
    """
    A page of the events that happened last, the oldest first.
    """

    arguments: ClassVar = [(b"after", amp.Unicode(optional=True))]
    response: ClassVar = [(b"page", JSON(list[NumberedEvent])), (b"more", amp.Boolean())]


class LogLevels(Request):
    """
    The levels of the parts in the log.
    """

    response: ClassVar = [(b"levels", JSON(list[LevelStatus]))]


class SetLogLevel(Request):
    """
    Let a part say more in the log, or less.
    """

    arguments: ClassVar = [(b"part", amp.Unicode()), (b"level", amp.Unicode())]
    response: ClassVar = [(b"levels", JSON(list[LevelStatus]))]


class Happened(amp.Command):
    """
    The program tells a subscriber of an event.
    """

    arguments: ClassVar = [(b"event", JSON(Event))]
    requiresAnswer = False


class EventsLost(amp.Command):
    """
    The program tells a subscriber that it was too slow, and how many events it missed.
    """

    arguments: ClassVar = [(b"count", amp.Integer())]
    requiresAnswer = False
