"""
What the API answers if it does not do what was asked.
"""

from __future__ import annotations

from typing import Final

import msgspec

from wand.control.commands import InternalFault, RequestMalformed, TooBusy
from wand.errors import (
    AddressInvalid,
    EntryRefused,
    MembershipRefused,
    NoAnswer,
    NoSuchEntry,
    NoSuchMember,
    NoSuchPlugin,
    NotPermitted,
    NotRunning,
    NotSupported,
    StateUnavailable,
    StoreUnavailable,
    TemporarilyUnavailable,
    TokenInvalid,
    WandError,
)


class ProblemDocument(msgspec.Struct, frozen=True):
    """
    Why something was not done.

    @ivar error: what happened, in a sentence.
    @ivar hint: what to do; empty where the sentence says it, or nothing can be done.
    """

    error: str
    hint: str = ""


class Problem(Exception):
    """
    A request is not answered as it was meant.

    @ivar status: the status of HTTP.
    @ivar document: why.
    @ivar headers: more headers of the answer.
    """

    def __init__(self, status: int, error: str, hint: str = "", **headers: str) -> None:
        super().__init__(error)
        self.status = status
        self.document = ProblemDocument(error, hint)
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


#: The status of what a program says; the first that fits is taken.
STATUSES: Final[tuple[tuple[type[WandError], int], ...]] = (
    (RequestMalformed, 400),
    (AddressInvalid, 400),
    (TokenInvalid, 400),
    (NotPermitted, 403),
    (NoSuchMember, 404),
    (NoSuchEntry, 404),
    (NoSuchPlugin, 404),
    (EntryRefused, 409),
    (MembershipRefused, 409),
    (NotSupported, 501),
    (TooBusy, 503),
    (NotRunning, 503),
    (TemporarilyUnavailable, 503),
    (StoreUnavailable, 503),
    (StateUnavailable, 503),
    (NoAnswer, 504),
    (InternalFault, 500),
)


def problemOf(error: WandError) -> Problem:
    """
    What a program says, for HTTP.
    """
    status = next((status for kind, status in STATUSES if isinstance(error, kind)), 500)
    return Problem(status, str(error))
