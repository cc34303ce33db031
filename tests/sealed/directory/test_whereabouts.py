"""
Tests of where members are said to be.
"""

from __future__ import annotations

from typing import Any, cast

from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import Endpoint
from wand.sealed.credentials.identity import Identity
from wand.sealed.directory.presence import Presence
from wand.sealed.directory.whereabouts import Whereabouts

MEMBER = Identity(bytes(32))
LOCAL = "192.168.1.2:22222"


class WhereaboutsTests(SynchronousTestCase):
    """
    L{Whereabouts}.
    """

    def of(self, host: str) -> tuple[str, ...]:
        """
        Where a member is that is heard at a place.
        """
        sessions = cast(Any, self)
        self.endpointOf = lambda identity: Endpoint(host, 4321)
        whereabouts = Whereabouts(sessions, lambda each: not each.startswith("10.77."))
        return whereabouts.of(MEMBER, Presence(1, 1, (LOCAL,)))

    def test_heardByUDP(self) -> None:
        """
        Where a member is heard comes first.
        """
        self.assertEqual(self.of("192.0.2.1"), ("192.0.2.1:4321", LOCAL))
        self.assertEqual(self.of("2001:db8::1"), ("[2001:db8::1]:4321", LOCAL))

    def test_heardOtherwise(self) -> None:
        """
        To where it is heard in a stream, over a relay or in the overlay nobody else can send.
        """
        for host in ("tcp/192.0.2.1", "relay/0123456789abcdef", "10.77.0.1"):
            self.assertEqual(self.of(host), (LOCAL,))
