"""
The contract of tap drivers, for those whose taps are interfaces of the Linux kernel.
"""

from __future__ import annotations

import json
import socket
import subprocess

from wand.interfaces import ITap
from wand.testing.drivers import TapDriverContract
from wand.testing.kernel import PacketSocket, PrivateNetwork


class KernelTapContract(TapDriverContract):
    """
    L{TapDriverContract}, with a packet socket on the interface as the host's side, in a network namespace of the test's
    own.  It needs root::

        class MyDriverTests(KernelTapContract, SynchronousTestCase):
            def makeDriver(self):
                return MyDriver()

    @ivar host: the packet socket.
    """

    host: PacketSocket

    def setUp(self) -> None:
        """
        Enter the namespace, and make the driver.
        """
        network = PrivateNetwork()
        network.__enter__()
        self.addCleanup(network.__exit__)
        super().setUp()

    def hostOpened(self, tap: ITap) -> None:
        """
        See L{TapDriverContract}.
        """
        self.host = PacketSocket(tap.interface)
        self.addCleanup(self.host.close)

    def hostSend(self, frame: bytes) -> None:
        """
        See L{TapDriverContract}.
        """
        self.host.send(frame)

    def hostReceived(self) -> list[bytes]:
        """
        See L{TapDriverContract}.
        """
        return self.host.received()

    def hostGone(self) -> bool | None:
        """
        See L{TapDriverContract}: somebody deletes the interface.
        """
        _ip("link", "delete", self.interface)
        return True

    def hostAddresses(self) -> list[str]:
        """
        See L{TapDriverContract}.
        """
        shown = subprocess.run(
            ["ip", "-json", "address", "show", "dev", self.interface], check=True, capture_output=True, text=True
        )
        (interface,) = json.loads(shown.stdout)
        return [f"{each['local']}/{each['prefixlen']}" for each in interface["addr_info"]]

    def hostResized(self, mtu: int) -> None:
        """
        See L{TapDriverContract}.
        """
        _ip("link", "set", self.interface, "mtu", str(mtu))

    def leftBehind(self) -> list[str]:
        """
        See L{TapDriverContract}: the interfaces that are left.
        """
        return [name for _, name in socket.if_nameindex() if name != "lo"]


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)
