"""
Mutation tests of the contracts: plugins that are wrong in one thing each, with the test that must say so.
"""

from __future__ import annotations

import unittest
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import attrs
from twisted.trial.unittest import SynchronousTestCase

Made = TypeVar("Made")


@attrs.frozen
class Wrong:
    """
    A wrong plugin.

    @ivar made: the class of the plugin, or of what it opens.
    @ivar test: the name of the test that must fail.
    @ivar words: what its message must have, besides the rule and the reason.
    @ivar attributes: attributes of the test case, such as a lower limit.
    """

    made: Any
    test: str
    words: str
    attributes: Mapping[str, Any]


class Wrongs(list[Wrong]):
    """
    Those of one contract.
    """

    def caught(self, test: str, words: str, **attributes: Any) -> Callable[[Made], Made]:
        """
        Say what must catch the class below.
        """

        def noted(made: Made) -> Made:
            self.append(Wrong(made, test, words, attributes))
            return made

        return noted


def nameOf(wrong: Wrong) -> str:
    """
    What a wrong plugin is called in the names of tests.
    """
    return str(wrong.made.__name__)


def run(contract: type[Any], test: str | None = None, **attributes: Any) -> unittest.TestResult:
    """
    Run a contract.

    @param test: only this test of it.
    @param attributes: attributes of the test case.
    """
    case = type("Case", (contract, SynchronousTestCase), attributes)
    names = [test] if test else [each for each in dir(case) if each.startswith("test_")]
    result = unittest.TestResult()
    for name in names:
        case(name).run(result)
    return result


def complaint(contract: type[Any], wrong: Wrong, **attributes: Any) -> str:
    """
    What the test that must catch a wrong plugin says; empty if it says nothing.
    """
    result = run(contract, wrong.test, **{**attributes, **wrong.attributes})
    return "\n".join(text for _, text in (*result.failures, *result.errors))


def assertCaught(contract: type[Any], wrong: Wrong, **attributes: Any) -> None:
    """
    See that a wrong plugin is caught, that the message says what is wrong, and why that matters.
    """
    told = complaint(contract, wrong, **attributes)
    assert told, f"{nameOf(wrong)}: {wrong.test} does not catch it"
    for words in (wrong.words, "Found: ", "Why: "):
        assert words in told, f"{nameOf(wrong)}: {wrong.test} does not say {words!r}:\n{told}"


def assertRight(contract: type[Any], **attributes: Any) -> None:
    """
    See that the right plugin, of which the wrong ones are made, passes everything.
    """
    result = run(contract, **attributes)
    assert result.wasSuccessful(), "\n".join(text for _, text in (*result.failures, *result.errors))
    assert result.testsRun > 0
