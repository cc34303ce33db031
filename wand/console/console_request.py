"""
Requests to the console, and what every answer says.
"""

from __future__ import annotations

from typing import Final

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
