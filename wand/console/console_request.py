"""
Requests to the console, and what every answer says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from wand.web.connections import WebConnection
from wand.web.web_request import WebRequest

#: The most octets of the body of a request.
BODY_MAXIMUM: Final = 16_384

#: What a browser may do with an answer: nothing of what others could abuse.
#: See U{https://www.w3.org/TR/CSP3/}, U{https://fetch.spec.whatwg.org/#cross-origin-resource-policy-header}.
SECURITY_HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "same-origin",  # with no-referrer, browsers would say of our own forms that nobody sent them
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class ConsoleRequest(WebRequest):
    """
    A request to the console.
    """

    bodyMaximum = BODY_MAXIMUM

    def process(self) -> None:
        """
        Say first what holds for every answer, also for a refusal.
        """
        for name, value in SECURITY_HEADERS.items():
            self.setHeader(name, value)
        self.setHeader("cache-control", "no-store")
        super().process()

    @property
    def body(self) -> bytes:
        """
        What was sent.
        """
        return b"" if self.content is None else self.content.read()

    @property
    def isOver(self) -> bool:
        """
        Is whoever asked gone?
        """
        return bool(self._disconnected)

    def trust(self, seconds: float) -> None:
        """
        Whoever asks proved who they are: give them more time from now on.
        """
        self._connection.trust(seconds)

    def whenLost(self, told: Callable[[], object]) -> None:
        """
        Call C{told} when the connection is gone.
        """
        self._connection.whenLost(told)

    def abort(self) -> None:
        """
        End the connection in the middle of the answer.
        """
        self._connection.abort()

    @property
    def _connection(self) -> WebConnection:
        connection: Any = self.channel.transport
        found: WebConnection = connection
        return found
