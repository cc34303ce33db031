"""
The control socket's commands about the console.
"""

from __future__ import annotations

from control_case import ControlCase

from wand.console.access import Access
from wand.control.commands import RequestMalformed
from wand.errors import NotSupported


class ConsoleCommandTests(ControlCase):
    """
    What a client asks about the console.
    """

    def setUp(self) -> None:
        """
        Serve a console.
        """
        super().setUp()
        clock = self.clock
        self.access = Access(clock, lambda moment: moment + 5.0, self.program.counters, "http://127.0.0.1:8080")
        self.program.access = self.access

    def test_aLink(self) -> None:
        """
        A link is good for a login.
        """
        grant = self.ask(self.client.consoleLink(readOnly=True))
        self.assertEqual((grant.role, grant.expires), ("read-only", self.clock.seconds() + 5.0 + 120.0))
        self.assertIsNotNone(self.access.login(grant.secret))

    def test_aToken(self) -> None:
        """
        A token is good for as long as was asked.
        """
        grant = self.ask(self.client.consoleToken(60))
        self.assertEqual((grant.role, grant.url), ("operator", "http://127.0.0.1:8080/api/v1"))
        self.clock.advance(59)
        self.assertIsNotNone(self.access.find(grant.secret))
        self.clock.advance(1)
        self.assertIsNone(self.access.find(grant.secret))

    def test_aTokenForNever(self) -> None:
        """
        A lifetime is a number above zero.
        """
        for lifetime in (0.0, -1.0, float("nan"), float("inf")):
            self.refused(self.client.consoleToken(lifetime), RequestMalformed)

    def test_theEnd(self) -> None:
        """
        All of it ends.
        """
        self.ask(self.client.consoleLink())
        self.ask(self.client.consoleToken(60))
        self.assertEqual(self.ask(self.client.consoleEnd()), 2)
        self.assertEqual(self.ask(self.client.consoleEnd()), 0)

    def test_noConsole(self) -> None:
        """
        A program without a console says so.
        """
        self.program.access = None
        for asked in (self.client.consoleLink(), self.client.consoleToken(60), self.client.consoleEnd()):
            self.refused(asked, NotSupported)
