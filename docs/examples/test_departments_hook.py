"""
Tests of the hook that the plugin author's guide shows.
"""

from __future__ import annotations

from random import Random

from departments_hook import DepartmentsHook
from twisted.internet.task import Clock
from zope.interface.verify import verifyObject

from wand.ethernet import MAC
from wand.interfaces import Candidate, IHook, IHookListener, Verdict
from wand.testing.context import simulatedContext
from wand.testing.network import Network


def test_departments() -> None:
    """
    Who is called after a department is admitted; the others read why not.
    """
    clock, plugin = Clock(), DepartmentsHook()
    verifyObject(IHook, plugin)
    listener = plugin.open({}, simulatedContext(clock, Network(clock, Random(0)), "192.0.2.1"))
    verifyObject(IHookListener, listener)

    def verdictOn(name: str) -> Verdict:
        verdict = listener.admit(Candidate(MAC(b"\2\0\0\0\0\1"), "192.0.2.2:22222", name))
        assert isinstance(verdict, Verdict)
        return verdict

    assert verdictOn("lab-1")
    assert verdictOn("printer") == Verdict(False, "call it lab-SOMETHING or office-SOMETHING")
