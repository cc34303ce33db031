"""
The JSON API: finds the route of a call, and answers it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from twisted.internet.interfaces import IReactorTime

from wand.console.admission import Admission
from wand.console.answers import JSON
from wand.console.asking import Asking
from wand.console.calls import Call, Route
from wand.console.console_request import ConsoleRequest
from wand.console.problems import Problem

#: What the API is called in paths.
PREFIX: Final = ("api", "v1")

#: How long a trusted connection may take for one answer, in seconds.
PATIENCE: Final = 300.0


class API:
    """
    Answers calls.
    """

    def __init__(
        self,
        routes: Sequence[Route],
        admission: Admission,
        asking: Asking,
        clock: IReactorTime,
        wallClock: Callable[[], float],
    ) -> None:
        self._routes = routes
        self._admission = admission
        self._asking = asking
        self._clock = clock
        self._wallClock = wallClock

    async def answer(self, request: ConsoleRequest, path: list[str]) -> None:
        """
        Answer one call.

        @param path: what stands behind the prefix.
        @raise Problem: if it cannot be answered.
        @raise wand.errors.WandError: if the program says so.
        """
        session = self._admission.caller(request)
        self._admission.enter(request, session, PATIENCE)
        method = request.method.decode("ascii", "replace")
        route, found = self._find(method, path)
        if route.isAction:
            self._admission.checkAction(request, session)
        body = _bodyOf(request, route)
        call = Call(
            client=await self._asking.client(session.allowance),
            path=found,
            query=_queryOf(request),
            body=body,
            now=self._wallClock(),
            caller=session,
            stands=lambda: self._admission.stands(request),
            lastEvent=request.getHeader("last-event-id") or "",
        )
        await (await route.respond(call)).write(request, call, self._clock)

    def _find(self, method: str, path: list[str]) -> tuple[Route, dict[str, str]]:
        allowed = set()
        for route in self._routes:
            found = route.match(path)
            if found is None:
                continue
            if method == route.method or (method == "HEAD" and route.method == "GET" and not route.isStream):
                return route, found
            allowed.add(route.method)
        if not allowed:
            raise Problem(404, "the API has nothing of this name", "GET /api/v1 lists what there is")
        raise Problem(405, f"only {', '.join(sorted(allowed))} is allowed here", allow=", ".join(sorted(allowed)))


def _queryOf(request: ConsoleRequest) -> dict[str, str]:
    try:
        pairs = {name.decode(): values[-1].decode() for name, values in request.args.items()}
    except UnicodeDecodeError:
        raise Problem(400, "what stands behind the question mark is not UTF-8") from None
    return pairs


def _bodyOf(request: ConsoleRequest, route: Route) -> Any:
    if route.body is None:
        return None
    told = (request.getHeader("content-type") or "").partition(";")[0].strip().lower()
    if told != JSON:
        raise Problem(415, "the body is not JSON", "send the header Content-Type: application/json")
    try:
        return msgspec.json.decode(request.body or b"{}", type=route.body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Problem(400, f"the body cannot be understood: {error}") from None
