"""
The contract of frame services, run against ours; and what it keeps back.
"""

import pytest
from twisted.trial.unittest import SynchronousTestCase
from wand_toolbox.quiet import QuietService, portOf

from wand.interfaces import IFrameService
from wand.testing.frame_services import FrameServiceContract

#: The beginning of a frame that a host sends to a group.
TO_GROUP = bytes.fromhex("01005e0000fc 020000000001")
TO_LLMNR = TO_GROUP + b"\x08\x00\x45" + bytes(8) + b"\x11" + bytes(10) + b"\xc0\x00\x14\xeb" + bytes(4)


class QuietServiceTests(FrameServiceContract, SynchronousTestCase):
    def makeService(self) -> IFrameService:
        return QuietService()

    def test_chatter(self) -> None:
        """
        A question to LLMNR stays here, and is counted; unless the operator has other ports.
        """
        assert not self.openWith({}).leaving(TO_LLMNR)
        assert self.context.counters["quiet-frames"] == 1
        assert self.openWith({"ports": [137]}).leaving(TO_LLMNR)


@pytest.mark.parametrize("length", range(len(TO_LLMNR)))
def test_whatIsCut(length: int) -> None:
    """
    Of a frame that is cut no port is made up that is not there.
    """
    assert portOf(TO_LLMNR[:length]) in (-1, 0, 0x14, 5355)
