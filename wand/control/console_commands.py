"""
The commands of the control socket that are about the console; see L{wand.control.commands}.
"""

from __future__ import annotations

from typing import ClassVar, Final

from twisted.protocols import amp

from wand.control.commands import Request
from wand.control.values import JSON
from wand.status import Status

#: What somebody may do in the console: everything that the control socket offers there, or only look.
OPERATOR: Final = "operator"
READER: Final = "read-only"


class ConsoleGrant(Status, frozen=True):
    """
    What lets somebody into the console.

    @ivar url: where to go; a link has the secret in it.
    @ivar secret: of a link, which is good for once, or of a script.
    @ivar role: C{operator} or C{read-only}.
    @ivar expires: until when it is good, in seconds since the epoch.
    """

    url: str
    secret: str
    role: str
    expires: float


class ConsoleLink(Request):
    """
    A link for one browser.
    """

    arguments: ClassVar = [(b"readOnly", amp.Boolean())]
    response: ClassVar = [(b"grant", JSON(ConsoleGrant))]


class ConsoleToken(Request):
    """
    A token for scripts; the C{lifetime} is in seconds.
    """

    arguments: ClassVar = [(b"lifetime", amp.Float()), (b"readOnly", amp.Boolean())]
    response: ClassVar = [(b"grant", JSON(ConsoleGrant))]


class ConsoleEnd(Request):
    """
    Let nobody into the console any more; answered with how many links, browsers and tokens there were.
    """

    response: ClassVar = [(b"ended", amp.Integer())]
