"""
A call of the API: what was asked, and what answers it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import attrs
import msgspec
from twisted.internet.interfaces import IReactorTime

from wand.console.problems import Problem
from wand.control.client import ControlClient

if TYPE_CHECKING:
    from wand.console.console_request import ConsoleRequest


@attrs.frozen
class Call:
    """
    What was asked.

    @ivar client: asks the program.
    @ivar path: what stands in the path, by the names in the route.
    @ivar query: what stands behind the question mark.
    @ivar caller: who asked; the same object for all who have one login.
    @ivar stands: may whoever asked still ask?
    @ivar lastEvent: the last event that whoever asked has seen; empty if none.
    @ivar body: what was sent; C{None} if the route takes nothing.
    @ivar now: seconds since the epoch.
    """

    client: ControlClient
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    now: float
    caller: object
    stands: Callable[[], bool]
    lastEvent: str = ""

    @property
    def after(self) -> str | None:
        """
        After which key a listing begins; C{None} for all of it.
        """
        return self.query.get("after") or None

    def number(self, name: str, usual: int, maximum: int) -> int:
        """
        A number out of the query.

        @raise Problem: if it is none, or out of bounds.
        """
        text = self.query.get(name)
        if text is None:
            return usual
        if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= maximum):
            raise Problem(400, f"{name} is not a number from 1 to {maximum}")
        return int(text)

    def isSet(self, name: str) -> bool:
        """
        Is something switched on in the query?

        @raise Problem: if the query says neither yes nor no.
        """
        text = self.query.get(name, "0")
        if text not in ("0", "1"):
            raise Problem(400, f"{name} is neither 0 nor 1")
        return text == "1"


class Answer(Protocol):
    """
    What is answered.
    """

    async def write(self, request: ConsoleRequest, call: Call, clock: IReactorTime) -> None:
        """
        Answer a request.
        """


@attrs.frozen
class Parameter:
    """
    Something that may stand behind the question mark.

    @ivar schema: what it may be, as JSON Schema says it.
    """

    name: str
    about: str
    schema: Mapping[str, Any]


#: What answers a call.
Respond = Callable[[Call], Awaitable[Answer]]


@attrs.frozen(kw_only=True)
class Route:
    """
    Something that the API offers.

    @ivar path: where, below C{/api/v1}; a part in braces stands for anything.
    @ivar about: what it is, in a line.
    @ivar command: the command of the command line with the same answer; empty if there is none.
    @ivar answers: the types of the answer: usually one.
    @ivar body: the type of what is sent; C{None} if nothing is.
    @ivar isListing: can the answer be asked for in parts?
    @ivar isStream: does the answer go on without an end?
    """

    method: str
    path: str
    about: str
    answers: tuple[Any, ...]
    respond: Respond
    command: str = ""
    body: type[msgspec.Struct] | None = None
    parameters: tuple[Parameter, ...] = ()
    isListing: bool = False
    isStream: bool = False

    @property
    def isAction(self) -> bool:
        """
        Does it change something?
        """
        return self.method != "GET"

    @property
    def names(self) -> list[str]:
        """
        What stands in braces.
        """
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]

    def match(self, path: list[str]) -> dict[str, str] | None:
        """
        What stands in the place of the braces; C{None} if the route is another.
        """
        parts = self.path.split("/") if self.path else []
        if len(parts) != len(path):
            return None
        found = {}
        for part, actual in zip(parts, path, strict=True):
            if part.startswith("{"):
                found[part[1:-1]] = actual
            elif part != actual:
                return None
        return None if "" in found.values() else found
