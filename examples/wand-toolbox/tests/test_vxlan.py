"""
The contract of protocols, run against ours; and the octets of RFC 7348.
"""

from twisted.trial.unittest import SynchronousTestCase
from wand_toolbox.vxlan import VXLANProtocol

from wand.interfaces import IPeerProtocol
from wand.testing.protocols import ProtocolContract


class VXLANTests(ProtocolContract, SynchronousTestCase):
    settings = {"network": 0x123456}

    def makeProtocol(self) -> IPeerProtocol:
        return VXLANProtocol()

    def test_octets(self) -> None:
        """
        What is sent is a header and the frame.
        """
        one, other = self.pair()
        frame = one.frameTo(other, 60)
        self.sends(one, other, [frame])
        assert bytes(self.network.sent[-1].payload) == bytes.fromhex("0800000012345600") + frame
