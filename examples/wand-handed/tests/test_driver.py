"""
The contract of drivers, run against ours; a pair of sockets stands for the device and its host.
"""

import socket
import tempfile
from multiprocessing import get_context
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase
from wand_handed.driver import HandedDriver
from wand_handed.give import give

from wand.interfaces import ITapDriver, TapRequest
from wand.testing.drivers import TapDriverContract


class HandedDriverTests(TapDriverContract, SynchronousTestCase):
    def makeDriver(self) -> ITapDriver:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.settings = {"path": str(Path(folder.name) / "socket")}
        self.device, self.host = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.host.setblocking(False)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.settings["path"])
        listener.listen()

        def giveOn() -> None:
            self.host.close()  # it is ours alone
            give(listener, self.device.fileno())

        giving = get_context("fork").Process(target=giveOn)
        giving.start()
        for end in (self.device.close, self.host.close, listener.close, giving.join, giving.kill):
            self.addCleanup(end)
        return HandedDriver()

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

    def impossibleRequest(self) -> TapRequest | None:
        return self.request(settings={"path": "/nonexistent"})
