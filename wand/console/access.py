"""
Who may use the console: whoever may use the control socket, and gave somebody a link or a token.
"""

from __future__ import annotations

from collections.abc import Callable
from hmac import compare_digest
from typing import Final

import attrs
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from wand.console.allowance import Allowance
from wand.console.tickets import Tickets, makeSecret
from wand.control.console_commands import OPERATOR, READER, ConsoleGrant
from wand.counters import Counters
from wand.errors import NotSupported
from wand.timing.token_buckets import TokenBuckets

COUNTERS: Final = {
    "console-logins": "logins to the console",
    "drop-console-login": "attempts to log in to the console with a link or a token that is not valid",
}

#: Seconds in which a link must be used.
LINK_LIFETIME: Final = 120.0

#: Seconds after which a browser has to log in again.
SESSION_LIFETIME: Final = 8 * 3600.0

#: How many links and logged-in browsers there are at most; the oldest goes for another.
LINKS_MAXIMUM: Final = 16
SESSIONS_MAXIMUM: Final = 64

#: How many tokens for scripts there are at most; beyond, none is given, since the script that has one would not know.
TOKENS_MAXIMUM: Final = 64

#: How many wrong attempts there may be at once, and in a second.
ATTEMPTS_BURST: Final = 10
ATTEMPTS_RATE: Final = 0.2


@attrs.frozen(eq=False)
class Session:
    """
    Somebody who may use the console.

    @ivar role: L{OPERATOR} or L{READER}.
    @ivar proof: what a page of ours knows and a stranger's does not; empty for scripts, which have no pages.
    @ivar allowance: what they take up.
    """

    role: str
    proof: str = ""
    allowance: Allowance = attrs.field(factory=Allowance, repr=False)

    @property
    def mayAct(self) -> bool:
        """
        May they change something?
        """
        return self.role == OPERATOR

    def isProven(self, proof: str) -> bool:
        """
        Does a request come from a page of ours?
        """
        return not self.proof or compare_digest(self.proof.encode(), proof.encode(errors="replace"))


class TooManyAttempts(Exception):
    """
    Somebody guesses.
    """


class Access:
    """
    Links, logged-in browsers and tokens.  All of them end with the program.
    """

    _log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        epoch: Callable[[float], float],
        counters: Counters,
        url: str,
        make: Callable[[], str] = makeSecret,
        expect: Callable[[], object] = lambda: None,
    ) -> None:
        """
        @param epoch: converts a moment of the clock to seconds since the epoch.
        @param url: where the console is, without a slash at the end.
        @param make: makes a secret.
        @param expect: called when somebody may come soon.
        """
        counters.declare(COUNTERS)
        self._clock = clock
        self._epoch = epoch
        self._counters = counters
        self._url = url
        self._make = make
        self._expect = expect
        self._links: Tickets[str] = Tickets(clock, LINKS_MAXIMUM, make)
        self._sessions: Tickets[Session] = Tickets(clock, SESSIONS_MAXIMUM, make)
        self._tokens: Tickets[Session] = Tickets(clock, TOKENS_MAXIMUM, make)
        self._attempts = TokenBuckets(clock, ATTEMPTS_RATE, ATTEMPTS_BURST)

    # What the control socket asks; see L{wand.control.program.ConsoleAccess}.

    def link(self, *, readOnly: bool) -> ConsoleGrant:
        """
        Let one browser in.
        """
        role = READER if readOnly else OPERATOR
        secret = self._links.give(role, LINK_LIFETIME)
        return self._grant(f"{self._url}/login#{secret}", secret, role, LINK_LIFETIME)

    def token(self, lifetime: float, *, readOnly: bool) -> ConsoleGrant:
        """
        Let a script in.
        """
        if self._tokens.isFull:
            raise NotSupported(
                f"there are {TOKENS_MAXIMUM} tokens for scripts: wait until one expires, or end all of them with "
                "wand console --end"
            )
        role = READER if readOnly else OPERATOR
        return self._grant(f"{self._url}/api/v1", self._tokens.give(Session(role), lifetime), role, lifetime)

    def end(self) -> int:
        """
        Let nobody in any more.
        """
        return self._links.clear() + self._sessions.clear() + self._tokens.clear()

    def _grant(self, url: str, secret: str, role: str, lifetime: float) -> ConsoleGrant:
        self._expect()
        return ConsoleGrant(url, secret, role, self._epoch(self._clock.seconds() + lifetime))

    # What a browser or a script shows.

    def login(self, link: str) -> str | None:
        """
        Redeem a link.

        @return: the secret of a session; C{None} if the link is not valid.
        @raise TooManyAttempts: if it is not, and too many were not.
        """
        role = self._links.take(link)
        if role is None:
            self._refused()
            return None
        self._counters["console-logins"] += 1
        self._log.info("a browser logged in to the console, as {role}", role=role)
        return self._sessions.give(Session(role, self._make()), SESSION_LIFETIME)

    def session(self, secret: str) -> Session | None:
        """
        Whose browser this is; C{None} if it has to log in.
        """
        return self._sessions.find(secret)

    def logout(self, secret: str) -> None:
        """
        Forget a browser.
        """
        self._sessions.forget(secret)

    def script(self, token: str) -> Session | None:
        """
        Whose script this is; C{None} if its token is not valid.
        """
        found = self.find(token)
        if found is None:
            self._counters["drop-console-login"] += 1
        return found

    def find(self, token: str) -> Session | None:
        """
        The same of somebody who was let in before, and does not guess.
        """
        return self._tokens.find(token)

    def _refused(self) -> None:
        """
        Count an attempt.  Only wrong ones count, so nobody who guesses keeps others out.
        """
        self._counters["drop-console-login"] += 1
        if not self._attempts.take("attempts"):
            raise TooManyAttempts
