"""
The contract of hooks, run against ours; and the time of day.
"""

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from wand_toolbox.hours import HoursHook

from wand.errors import TemporarilyUnavailable
from wand.interfaces import Candidate, IHook
from wand.testing.hook_samples import makeCandidate
from wand.testing.hooks import HookContract


class HoursHookTests(HookContract, SynchronousTestCase):
    settings = {"begin": 0, "end": 24, "names": "office-*"}

    def makeHook(self) -> IHook:
        return HoursHook()

    def admitted(self) -> Candidate:
        return makeCandidate("office-printer")

    def refused(self) -> Candidate:
        return makeCandidate("mallory")

    def test_hours(self) -> None:
        """
        In simulated time it is midnight first, when nobody is let in; and ten hours later everybody.
        """
        listener = self.openWith({"begin": 8})
        answer = listener.admit(makeCandidate())
        assert isinstance(answer, Deferred)
        failures: list[Failure] = []
        answer.addErrback(failures.append)
        assert failures[0].check(TemporarilyUnavailable)
        self.pass_(10 * 3600.0)
        assert listener.admit(makeCandidate())
