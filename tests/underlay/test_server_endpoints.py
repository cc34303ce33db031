"""
Tests for L{wand.underlay.server_endpoints}: where the servers of a node are.
"""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import Endpoint
from wand.events import Events
from wand.health.notes import Notes
from wand.underlay.server_endpoints import NAME_RETRY_MAXIMUM, ServerEndpoints
from wand.underlay.unresolved_names import UnresolvedNames, impossible


class WhereaboutsTests(SynchronousTestCase):
    """
    L{ServerEndpoints}.
    """

    def setUp(self) -> None:
        self.told: list[list[Endpoint]] = []
        self.clock = Clock()
        self.notes = Notes(self.clock, Events(self.clock.seconds))
        self.answers: dict[str, Deferred[list[str]]] = {}

    def resolve(self, name: str) -> Deferred[list[str]]:
        return self.answers.setdefault(name, Deferred())

    def endpointsOf(self, texts: list[str]) -> ServerEndpoints:
        unresolved = UnresolvedNames(self.notes, "the invitation")
        return ServerEndpoints(texts, self.resolve, self.told.append, self.clock, unresolved)

    def test_numbersAndNamesOfBothFamilies(self) -> None:
        """
        A numeric endpoint is known at once, a name when it is resolved, with every address; the port may be left out.
        """
        texts = ["203.0.113.1:5", "[2001:db8::1]", "wand.example.net:7", "no port:x"]
        endpoints = self.endpointsOf(texts)
        endpoints.look()
        self.assertEqual(self.told[-1], [Endpoint("203.0.113.1", 5), Endpoint("2001:db8::1", 44444)])
        self.answers.pop("wand.example.net").callback(["192.0.2.1", "2001:db8::2", "0.0.0.0"])
        self.assertEqual(self.told[-1][2:], [Endpoint("192.0.2.1", 7), Endpoint("2001:db8::2", 7)])
        count = len(self.told)
        endpoints.look()
        self.assertEqual(len(self.told), count)
        self.flushLoggedErrors()

    def test_aNameThatCanNotBeResolvedIsTriedAgain(self) -> None:
        """
        A name without addresses is told to the operator, and tried again until it has some, less and less often; other
        looks do not make that more.
        """
        endpoints = self.endpointsOf(["wand.example.net"])
        endpoints.look()
        tries = 0
        for second in range(300):
            if "wand.example.net" in self.answers:
                tries += 1
                answer = self.answers.pop("wand.example.net")
                answer.callback([]) if second % 2 else answer.errback(OSError("no answer"))
            endpoints.look()
            self.clock.advance(1)
        self.assertIn("wand.example.net cannot be resolved", self.notes.texts[0])
        self.assertTrue(10 <= tries <= 16, tries)
        self.clock.advance(NAME_RETRY_MAXIMUM)
        self.answers.pop("wand.example.net").callback(["192.0.2.1"])
        self.assertEqual(self.told, [[Endpoint("192.0.2.1", 44444)]])
        self.assertEqual(self.notes.texts, [])
        endpoints.look()
        endpoints.stop()
        self.assertEqual(len(self.told), 1)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_theHostMoved(self) -> None:
        """
        Where the host is now a name may have an address: it is asked for at once, and not twice.
        """
        endpoints = self.endpointsOf(["wand.example.net"])
        endpoints.look()
        for _ in range(5):
            self.answers.pop("wand.example.net").callback([])
            self.clock.advance(NAME_RETRY_MAXIMUM)
        self.answers.pop("wand.example.net").callback([])
        endpoints.retryNow()
        asked = self.answers["wand.example.net"]
        endpoints.retryNow()
        asked.callback(["192.0.2.1"])
        self.assertEqual(self.told, [[Endpoint("192.0.2.1", 44444)]])
        endpoints.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_aResolverThatDoesNotAnswer(self) -> None:
        """
        When DNS does not answer the operator is told soon, and there is never more than one question.
        """
        endpoints = self.endpointsOf(["wand.example.net"])
        for _ in range(60):
            endpoints.look()
            self.clock.advance(1)
        self.assertIn("DNS does not answer", self.notes.texts[0])
        self.assertEqual(len(self.answers), 1)
        endpoints.stop()
        self.assertEqual((self.notes.texts, self.clock.getDelayedCalls()), ([], []))

    def test_namesThatCanBeNone(self) -> None:
        """
        What can be no name fails at once, where the reactor's resolver would never answer.
        """
        for name in ("a" * 64 + ".example", "a..example"):
            self.assertIsNotNone(impossible(name))
        self.assertIsNone(impossible("b\u00fccher.example"))
