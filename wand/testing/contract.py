"""
What all contracts have in common: each failure says which rule of an interface is broken and why the rule is there, and
no test waits forever.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from unittest import TestCase

import attrs
from zope.interface.exceptions import Invalid
from zope.interface.verify import verifyObject

from wand.testing.time_limit import limited

if TYPE_CHECKING:
    _TestCase = TestCase
else:
    _TestCase = object  # else every module that imports a contract would run it, without a plugin


@attrs.frozen
class Rule:
    """
    A rule of an interface.

    @ivar where: whose it is: C{ITap.write}.
    @ivar text: the rule, a sentence without its full stop.
    @ivar why: what goes wrong for users where it is broken, likewise.
    """

    where: str
    text: str
    why: str

    def broken(self, found: str) -> str:
        """
        What is said to the author of a plugin that breaks it.

        @param found: what was seen instead.
        """
        return f"{self.where}: {self.text}.\nFound: {found}.\nWhy: {self.why}."


COMPLETE: Final = Rule(
    "every interface",
    "all that an interface names is there, and takes the arguments that it names",
    "the program calls it by the interface, and refuses to open what is not complete",
)


class Contract(_TestCase):
    """
    The base of the contracts.

    @ivar timeLimit: seconds of real time that a test may take; one that takes longer fails, and says where it waits.
        Tests that run in another thread than the main one have no limit.
    """

    timeLimit: float = 10.0

    def run(self, result: Any = None) -> Any:
        """
        Run the test, with everything before and after it, within the limit.
        """
        with limited(self.timeLimit):
            return super().run(result)

    def expect(self, isKept: bool, rule: Rule, found: str) -> None:
        """
        Fail unless a rule is kept.

        @param found: what was seen instead.
        """
        if not isKept:
            self.fail(rule.broken(found))

    @contextmanager
    def keeping(self, rule: Rule, doing: str) -> Iterator[None]:
        """
        Fail if what is done raises.

        @param doing: what it is, in words.
        """
        try:
            yield
        except self.failureException:
            raise
        except Exception as error:
            raise self.failureException(rule.broken(f"{doing} raised {type(error).__name__}: {error}")) from error

    def verify(self, interface: Any, value: Any, what: str) -> None:
        """
        Fail unless something provides an interface completely.

        @param what: what it is, in words.
        """
        try:
            verifyObject(interface, value)
        except Invalid as error:
            found = " ".join(str(error).split())
            self.fail(COMPLETE.broken(f"{what} is no whole {interface.__name__}: {found}"))
