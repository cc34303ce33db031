"""
The contract, run against the driver.
"""

import socket
import tempfile
from pathlib import Path

from packet_driver import PacketDriver
from twisted.trial.unittest import SynchronousTestCase

from wand.interfaces import ITap, TapRequest
from wand.testing.drivers import TapDriverContract


class PacketDriverTests(TapDriverContract, SynchronousTestCase):
    """
    The contract; the test plays the program.
    """

    def makeDriver(self) -> PacketDriver:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.settings = {"path": str(Path(folder.name) / "packets")}
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.addCleanup(self.listener.close)
        self.listener.bind(self.settings["path"])
        self.listener.listen()
        return PacketDriver()

    def hostOpened(self, tap: ITap) -> None:
        self.host, _ = self.listener.accept()
        self.addCleanup(self.host.close)
        self.host.setblocking(False)

    def hostSend(self, frame: bytes) -> None:
        self.host.send(frame)

    def hostReceived(self) -> list[bytes]:
        frames = []
        while True:
            try:
                frames.append(self.host.recv(65_535))
            except BlockingIOError:
                return frames

    def hostGone(self) -> None:
        self.host.close()

    def impossibleRequest(self) -> TapRequest:
        return self.request(settings={"path": "/nonexistent"})
