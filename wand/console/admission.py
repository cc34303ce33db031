"""
Who asks, and may they?
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wand.console.access import Access, Session
from wand.console.allowance import TooManyCalls
from wand.console.origins import isOwn
from wand.console.problems import Problem
from wand.counters import Counters

if TYPE_CHECKING:
    from wand.console.console_request import ConsoleRequest

COUNTERS: Final = {
    "drop-console-foreign": "requests to the console refused because a stranger's page had a browser make them",
    "drop-console-forbidden": "actions in the console refused because whoever asked may only look",
    "drop-console-calls": "calls of the console refused because the same login had too many under way",
}

#: The header with what a page of ours knows.
PROOF_HEADER: Final = "x-wand-csrf"

_BEARER: Final = "bearer"


class Admission:
    """
    Finds out who makes a request.
    """

    def __init__(self, access: Access, counters: Counters, cookie: str) -> None:
        """
        @param cookie: what the cookie of a logged-in browser is called.
        """
        counters.declare(COUNTERS)
        self._access = access
        self._counters = counters
        self.cookie = cookie

    def secretOf(self, request: ConsoleRequest) -> str:
        """
        What a browser has got at its login; empty if nothing.
        """
        return (request.getCookie(self.cookie.encode()) or b"").decode("ascii", "replace")

    def browser(self, request: ConsoleRequest) -> Session | None:
        """
        Whose browser asks for a page; C{None} if it has to log in.
        """
        return self._access.session(self.secretOf(request))

    def checkOwn(self, request: ConsoleRequest) -> None:
        """
        @raise Problem: if a stranger's page had a browser make the request.
        """
        scheme = "https" if request.isSecure() else "http"
        origin, site = request.getHeader("origin"), request.getHeader("sec-fetch-site")
        if not isOwn(scheme, request.getHeader("host") or "", origin, site):
            self._counters["drop-console-foreign"] += 1
            raise Problem(403, "a page of another site made this request", "open the console itself")

    def caller(self, request: ConsoleRequest) -> Session:
        """
        Who calls the API.

        @raise Problem: if nobody does who was let in.
        """
        self.checkOwn(request)
        token = _tokenOf(request)
        session = self.browser(request) if token is None else self._access.script(token)
        if session is None:
            hint = "wand console prints a link for a browser, wand console --api-token a token for scripts"
            raise Problem(401, "nobody is logged in", hint, www_authenticate="Bearer")
        return session

    def enter(self, request: ConsoleRequest, session: Session, seconds: float) -> None:
        """
        Let a connection of a login stay for some time.

        @raise Problem: if the login has too many.
        """
        try:
            session.allowance.enter(request, seconds)
        except TooManyCalls:
            self._counters["drop-console-calls"] += 1
            raise

    def stands(self, request: ConsoleRequest) -> bool:
        """
        May whoever called before still call?
        """
        token = _tokenOf(request)
        return (self.browser(request) if token is None else self._access.find(token)) is not None

    def checkAction(self, request: ConsoleRequest, session: Session) -> None:
        """
        @raise Problem: if who calls may only look, or the call does not come from a page of ours.
        """
        if not session.isProven(request.getHeader(PROOF_HEADER) or ""):
            self._counters["drop-console-foreign"] += 1
            raise Problem(403, "the header X-Wand-CSRF is missing or old", "load the page again")
        if not session.mayAct:
            self._counters["drop-console-forbidden"] += 1
            raise Problem(403, "you may only look", "wand console without --read-only prints a link that may do more")


def _tokenOf(request: ConsoleRequest) -> str | None:
    """
    What a script shows (RFC 6750, section 2.1); C{None} if it is no script.
    """
    told = request.getHeader("authorization")
    if told is None:
        return None
    scheme, _, token = told.partition(" ")
    return token.strip() if scheme.lower() == _BEARER else ""
