"""
The answers to the commands that are about the console.
"""

from __future__ import annotations

from wand.control import console_commands as commands
from wand.control.locator import Answer, checkLifetime
from wand.control.reach_responders import ReachResponders


class ConsoleResponders(ReachResponders):
    """
    Answers who wants to use the console.
    """

    @commands.ConsoleLink.responder
    def consoleLink(self, readOnly: bool) -> Answer:
        """
        Answer with a link for one browser.
        """
        return {"grant": self._program.console.link(readOnly=readOnly)}

    @commands.ConsoleToken.responder
    def consoleToken(self, lifetime: float, readOnly: bool) -> Answer:
        """
        Answer with a token for scripts.
        """
        checkLifetime(lifetime)
        return {"grant": self._program.console.token(lifetime, readOnly=readOnly)}

    @commands.ConsoleEnd.responder
    def consoleEnd(self) -> Answer:
        """
        End what lets somebody in, and answer how much there was.
        """
        return {"ended": self._program.console.end()}
