"""
Tests for L{wand.drivers.vde}, with a socket that plays a switch.  A real one is in the end-to-end tests.
"""

from __future__ import annotations

import contextlib  # a name "suppress" would mean something to trial
import socket
import struct
import threading
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from twisted.trial.unittest import SynchronousTestCase

from wand.drivers.vde import VDEDriver
from wand.errors import TapUnavailable
from wand.interfaces import IHostTap, TapRequest
from wand.testing.drivers import TapDriverContract
from wand.testing.frames import makeFrame

REQUEST = struct.Struct("=IIIH108s")
ADDRESS = struct.Struct("=H108s")


class Switch:
    """
    A switch that has one port, for one client after the other.
    """

    def __init__(self, folder: Path, answer: bytes | None = None) -> None:
        self._folder = folder
        self._answer = answer
        self.requests: list[tuple[object, ...]] = []
        self.descriptions: list[bytes] = []
        self.connections: list[socket.socket] = []
        self.port = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        (folder / "001").unlink(missing_ok=True)
        self.port.bind(str(folder / "001"))
        (folder / "ctl").unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / "ctl"))
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            connected, _ = self._listener.accept()
            self.connections.append(connected)
            asked = connected.recv(1024)
            if not asked:  # the end
                return
            self._give(connected, asked)

    def _give(self, connected: socket.socket, asked: bytes) -> None:
        *numbers, path = REQUEST.unpack(asked[: REQUEST.size])
        self.requests.append(tuple(numbers))
        self.descriptions.append(asked[REQUEST.size :])
        self.port.connect(path.rstrip(b"\0"))
        answer = ADDRESS.pack(socket.AF_UNIX, str(self._folder / "001").encode())
        connected.sendall(answer if self._answer is None else self._answer)
        if self._answer is not None:
            connected.close()

    def end(self) -> None:
        """
        End it, and all connections.
        """
        if self._thread.is_alive():
            with socket.socket(socket.AF_UNIX) as last:
                last.connect(str(self._folder / "ctl"))
            self._thread.join()
        for each in (*self.connections, self._listener, self.port):
            each.close()


class VDEDriverTests(TapDriverContract, SynchronousTestCase):
    """
    The contract, and what a switch may do.
    """

    severalAtOnce = False  # the switch has one port

    def setUp(self) -> None:
        self.folder = Path(mkdtemp())
        self.addCleanup(rmtree, self.folder)
        self.settings = {"switch": str(self.folder)}
        self.switch = self.newSwitch()
        super().setUp()

    def newSwitch(self, answer: bytes | None = None) -> Switch:
        switch = Switch(self.folder, answer)
        self.addCleanup(switch.end)
        return switch

    def makeDriver(self) -> VDEDriver:
        return VDEDriver()

    def hostSend(self, frame: bytes) -> None:
        while True:
            try:
                self.switch.port.send(frame)
                return
            except BlockingIOError:  # a queue of UNIX datagrams is short
                self.turn()

    def hostReceived(self) -> list[bytes]:
        frames = []
        with contextlib.suppress(BlockingIOError):
            while True:
                frames.append(self.switch.port.recv(70_000))
        return frames

    def hostGone(self) -> bool:
        self.switch.end()
        return True

    def holdings(self) -> tuple[object, ...]:
        """
        Without what the switch of the test holds.
        """
        self.switch.end()
        left = super().holdings()
        self.switch = self.newSwitch()
        return left

    def leftBehind(self) -> list[str]:
        return [each.name for each in self.folder.iterdir() if each.name not in ("ctl", "001")]

    def impossibleRequest(self) -> TapRequest:
        return self.request(settings={"switch": "/nonexistent"})

    def refusal(self) -> str:
        return str(self.assertRaises(TapUnavailable, self.driver.open, self.request(), self.context))

    def test_request(self) -> None:
        """
        The switch is asked for any port, in the words of its protocol, and told who we are; our socket leaves no file.
        """
        self.openTap()
        self.assertEqual([(0xFEEDFACE, 3, 0, socket.AF_UNIX)], self.switch.requests)
        self.assertEqual([b"wand wandtest0"], self.switch.descriptions)
        self.assertEqual([], self.leftBehind())

    def test_switchEnds(self) -> None:
        """
        When the switch ends the receiver is told once.
        """
        tap, recorder = self.started()
        self.switch.end()
        for _ in range(3):
            self.turn()
        self.assertEqual(["the tap wandtest0 is gone: the switch closed the port"], recorder.lost)
        self.assertFalse(tap.write(makeFrame(60)))
        self.assertEqual(1, self.context.counters["drop-tap-error"])

    def test_connectionEnds(self) -> None:
        """
        The port is gone with the connection, too, whatever becomes of the socket for frames; what the switch says on it
        is ignored.
        """
        _, recorder = self.started()
        (connected,) = self.switch.connections
        connected.sendall(b"said")
        self.turn()
        self.assertEqual([], recorder.lost)
        connected.close()
        self.turn()
        self.assertEqual(1, len(recorder.lost))

    def test_emptyDatagrams(self) -> None:
        """
        An empty datagram is no frame, and ends nothing.
        """
        _, recorder = self.started()
        self.hostSend(b"")
        self.hostSend(makeFrame(60))
        self.turnUntil(lambda: bool(recorder.frames))
        self.assertEqual(([makeFrame(60)], []), (recorder.frames, recorder.lost))

    def test_refusals(self) -> None:
        """
        A switch that is not there, refuses, or answers something else is told; nothing is left.
        """
        for answer in (b"", b"short", ADDRESS.pack(socket.AF_UNIX, b""), ADDRESS.pack(socket.AF_INET, b"/x")):
            self.switch.end()
            self.switch = self.newSwitch(answer)
            self.assertIn("gives no port: ", self.refusal())
            self.assertEqual([], self.leftBehind())
        self.switch.end()
        self.assertIn("start it with vde_switch -s", self.refusal())

    def test_isNoHostTap(self) -> None:
        """
        Nobody looks for an interface of that name on this host.
        """
        self.assertFalse(IHostTap.providedBy(self.openTap()))
