"""
A pair of interfaces in a network namespace of each test's own: a driver has one end, behind the other are the hosts.
"""

from __future__ import annotations

import subprocess

from wand.errors import TapUnavailable
from wand.interfaces import ITap
from wand.superframes.virtio import VirtioHeader
from wand.testing.kernel import PacketSocket, SuperframeSocket
from wand.testing.kernel_taps import KernelTapContract
from wand.testing.superframe_taps import SuperframeTapContract

#: The end with the hosts.
PEER = "wandpeer0"


def ip(*arguments: str) -> str:
    return subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True).stdout


def isLinked() -> bool:
    """
    Is the pair up at both ends?  Until then the kernel loses what is sent, and says nothing.
    """
    return ip("link").count("state UP") == 2


class PairContract(KernelTapContract):
    """
    The contract of drivers with such a pair.
    """

    def makePair(self, near: str) -> None:
        """
        Make it.

        @param near: the end of the driver.
        """
        ip("link", "add", near, "address", "02:00:00:00:01:00", "type", "veth", "peer", "name", PEER)
        for interface in (PEER, near):
            # Hosts that say nothing of themselves.
            ip("link", "set", interface, "mtu", "9000", "addrgenmode", "none", "up")
        self.assertTrue(self.turnUntil(isLinked))

    def hostOpened(self, tap: ITap) -> None:
        self.host = PacketSocket(PEER)
        self.addCleanup(self.host.close)

    def refusal(self, **changes: object) -> str:
        return str(self.assertRaises(TapUnavailable, self.driver.open, self.request(**changes), self.context))


class SuperframePairContract(PairContract, SuperframeTapContract):
    """
    The contract of taps with superframes, with such a pair.
    """

    mtu = 1500

    def hostOpened(self, tap: ITap) -> None:
        super().hostOpened(tap)
        self.stack = SuperframeSocket(PEER)
        self.addCleanup(self.stack.close)

    def hostSendSuperframe(self, frame: bytes, virtio: VirtioHeader) -> None:
        self.stack.send(frame, virtio)

    def hostReceivedSuperframes(self) -> list[tuple[bytes, VirtioHeader]]:
        return self.stack.received()
