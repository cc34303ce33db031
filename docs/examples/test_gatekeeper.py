"""
The contract, run against the hook.
"""

from gatekeeper import GatekeeperHook
from twisted.trial.unittest import SynchronousTestCase

from wand.interfaces import Candidate
from wand.testing.hook_samples import makeCandidate
from wand.testing.hooks import HookContract


class GatekeeperTests(HookContract, SynchronousTestCase):
    """
    The contract; alice is in the list.
    """

    settings = {"hosts": ["alice"]}

    def makeHook(self) -> GatekeeperHook:
        return GatekeeperHook()

    def admitted(self) -> Candidate:
        return makeCandidate("alice")

    def refused(self) -> Candidate:
        return makeCandidate("mallory")
