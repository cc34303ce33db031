"""
What a node learns from one server in which way: it follows the log, or it looks for the members that it needs.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Protocol

from wand.sealed.directory.messages import Found, Page


class NextStep(Enum):
    """
    What to do after a message: wait, since more of the answer follows; ask for more at once; ask soon, since a push
    shows that something is missing; or rest, since everything is known.
    """

    WAIT = auto()
    ASK = auto()
    ASK_SOON = auto()
    REST = auto()


class Following(Protocol):
    """
    One of the two ways.
    """

    @property
    def isAsking(self) -> bool:
        """
        Is there a question that is not answered?
        """

    @property
    def wantsAnswer(self) -> bool:
        """
        Does the server answer each question?
        """

    def ask(self) -> None:
        """
        Ask for what is missing first, or show the server that we are there.
        """

    def isBehind(self, instance: bytes, newest: int) -> bool:
        """
        The server says which log it has, and how far that goes.

        @return: whether there is something that we do not know.
        """

    def take(self, message: Page | Found) -> NextStep:
        """
        Take members that the server tells of, asked for or not.
        """

    def sessionUp(self) -> None:
        """
        A session with the server begins, or the server has forgotten us in one that stands: it knows nothing of what
        we were told before.
        """

    def readAgain(self) -> None:
        """
        Ask for everything again.
        """

    def stop(self) -> None:
        """
        Ask for nothing more, and leave no timer behind.
        """
