"""
The contract, run against a protocol of ours.
"""

from twisted.trial.unittest import SynchronousTestCase

from wand.rel2.transport import REL2
from wand.testing.protocols import ProtocolContract


class REL2Tests(ProtocolContract, SynchronousTestCase):
    """
    The contract; peers are called by their endpoints.
    """

    def makeProtocol(self) -> REL2:
        return REL2()
