"""
Tests for L{wand.drivers.qemu} and its taps, with sockets that play QEMU.  A real one is in the end-to-end tests.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from wand.drivers.qemu import QemuDriver, QemuSettings, options
from wand.drivers.qemu_stream import LONGEST
from wand.errors import ConfigurationInvalid, TapUnavailable
from wand.interfaces import IHostTap, ITap, TapRequest
from wand.testing.drivers import TapDriverContract
from wand.testing.frames import FrameRecorder, makeFrame
from wand.testing.tap_bench import TapBench

#: Octets of a frame, and an MTU, that are so large that a stream takes such a frame in part before its queue is full.
LONG = 60_000


def freePort(kind: socket.SocketKind) -> str:
    """
    An endpoint on the loopback interface that nobody has.
    """
    with socket.socket(socket.AF_INET, kind) as bound:
        bound.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{bound.getsockname()[1]}"


class Folder(TapBench):
    """
    A folder for the sockets of a test.
    """

    def makeDriver(self) -> QemuDriver:
        return QemuDriver()

    def folder(self) -> Path:
        folder = Path(mkdtemp())
        self.addCleanup(rmtree, folder)
        return folder

    def refusal(self, **settings: object) -> ConfigurationInvalid:
        return self.assertRaises(ConfigurationInvalid, self.driver.open, self.request(settings=settings), self.context)

    def unavailable(self, **settings: object) -> str:
        request = self.request(settings=settings)
        return str(self.assertRaises(TapUnavailable, self.driver.open, request, self.context))


class StreamContract(Folder, TapDriverContract):
    """
    The contract behind a stream, and what machines that come and go may expect.
    """

    host: socket.socket

    def connect(self) -> socket.socket:
        """
        Start another machine.
        """
        raise NotImplementedError

    def hostOpened(self, tap: ITap) -> None:
        self.received = b""
        self.host = self.connect()

    def started(self) -> tuple[ITap, FrameRecorder]:
        started = super().started()
        self.turn()  # the machine is taken
        return started

    def hostSend(self, frame: bytes) -> None:
        self.host.setblocking(True)
        self.host.sendall(struct.pack(">I", len(frame)) + frame)

    def hostReceived(self) -> list[bytes]:
        self.host.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while octets := self.host.recv(1 << 20):
                self.received += octets
        frames = []
        while len(self.received) >= 4:
            (length,) = struct.unpack(">I", self.received[:4])
            if len(self.received) < 4 + length:
                break
            frames.append(self.received[4 : 4 + length])
            self.received = self.received[4 + length :]
        return frames

    def holdings(self) -> tuple[object, ...]:
        if hasattr(self, "host"):
            self.host.close()
        return super().holdings()

    def test_framesComeInParts(self) -> None:
        """
        Wherever the stream is cut, the frames are the same.
        """
        _, recorder = self.started()
        frames = [makeFrame(60, 1), makeFrame(14), makeFrame(61, 2)]
        for octet in b"".join(struct.pack(">I", len(frame)) + frame for frame in frames):
            self.host.sendall(bytes([octet]))
            self.turn()
        self.assertEqual(frames, recorder.frames)

    def test_nobodyIsConnected(self) -> None:
        """
        Without a machine frames are dropped and counted, and the tap is not lost.
        """
        tap, recorder = self.started()
        self.host.close()
        self.turn()
        self.assertFalse(tap.write(makeFrame(60)))
        self.assertEqual((1, []), (self.context.counters["drop-tap-error"], recorder.lost))

    def test_machinesComeAndGo(self) -> None:
        """
        After one machine has left, in the middle of a frame, the next one is as good.
        """
        tap, recorder = self.started()
        self.host.sendall(struct.pack(">I", 60) + b"half")
        self.turn()
        self.host.close()
        self.host = self.connect()
        for _ in range(3):
            self.turn()
        self.hostSend(makeFrame(60))
        self.turn()
        self.assertEqual([makeFrame(60)], recorder.frames)
        self.assertTrue(tap.write(makeFrame(61)))
        self.assertEqual([makeFrame(61)], self.arrivals(1))
        self.assertEqual([], recorder.lost)

    def test_machineLeavesWhileItsQueueIsFull(self) -> None:
        """
        What was left of a frame for one machine never gets to the next.
        """
        self.mtu = LONG
        tap, _ = self.started()
        while tap.write(makeFrame(LONG)):
            pass
        self.host.close()
        self.host, self.received = self.connect(), b""
        for _ in range(3):
            self.turn()
        self.assertTrue(tap.write(makeFrame(61)))
        self.assertEqual([makeFrame(61)], self.arrivals(1))

    def test_theSecondWaits(self) -> None:
        """
        One machine is connected at a time; another waits until it leaves.
        """
        _, recorder = self.started()
        first, self.host = self.host, self.connect()
        self.hostSend(makeFrame(62))
        for _ in range(3):
            self.turn()
        self.assertEqual([], recorder.frames)
        first.close()
        self.turnUntil(lambda: bool(recorder.frames))
        self.assertEqual([makeFrame(62)], recorder.frames)

    def test_longestFrames(self) -> None:
        """
        A frame as long as QEMU has them is read whole, for others to drop; who announces a longer one is not QEMU.
        """
        _, recorder = self.started()
        self.host.sendall(struct.pack(">I", LONGEST) + bytes(30_000))
        self.turn()
        self.host.sendall(bytes(LONGEST - 30_000))
        self.turnUntil(lambda: bool(recorder.frames))
        self.assertEqual([LONGEST], [len(frame) for frame in recorder.frames])
        self.host.sendall(struct.pack(">I", LONGEST + 1))
        self.turn()
        self.host.setblocking(False)
        self.assertEqual(b"", self.host.recv(1))
        self.assertEqual([], recorder.lost)

    def test_emptyFrames(self) -> None:
        """
        A frame of no octets is none.
        """
        _, recorder = self.started()
        self.host.sendall(bytes(4 * 200))
        self.hostSend(makeFrame(60))
        self.turnUntil(lambda: bool(recorder.frames))
        self.assertEqual([makeFrame(60)], recorder.frames)

    def test_closeWhileTheQueueIsFull(self) -> None:
        """
        A tap that waits for its machine to read can be closed.
        """
        self.mtu = LONG
        tap, _ = self.started()
        while tap.write(makeFrame(LONG)):
            pass
        self.assertEqual([tap], self.context.descriptors.getWriters())
        tap.close()
        self.assertEqual([], self.context.descriptors.getWriters())


class StreamPathTests(StreamContract, SynchronousTestCase):
    """
    A stream at a path.
    """

    def setUp(self) -> None:
        self.path = self.folder() / "machine.sock"
        self.settings = {"local": str(self.path)}
        super().setUp()

    def connect(self) -> socket.socket:
        machine = socket.socket(socket.AF_UNIX)
        self.addCleanup(machine.close)
        machine.connect(str(self.path))
        return machine

    def leftBehind(self) -> list[str]:
        return [str(self.path)] if self.path.exists() else []

    def impossibleRequest(self) -> TapRequest:
        return self.request(settings={"local": "/nonexistent/machine.sock"})

    def test_ownerAlone(self) -> None:
        """
        Without a group only the owner of the socket may connect, whatever the umask.
        """
        before = os.umask(0)
        self.addCleanup(os.umask, before)
        self.openTap()
        self.assertEqual(0o600, self.path.stat().st_mode & 0o777)

    def test_neverOpenToOthers(self) -> None:
        """
        Before the socket has its owner and its mode nobody else may connect, whatever the umask.
        """
        modes: list[int] = []
        self.patch(os, "chown", lambda path, *owner: modes.append(Path(path).stat().st_mode & 0o777))
        before = os.umask(0)
        self.addCleanup(os.umask, before)
        self.openTap()
        self.assertEqual([0o600], modes)

    def test_group(self) -> None:
        """
        With a group, its members may, too; one that does not exist is named.
        """
        self.settings["group"] = "daemon"
        self.openTap()
        self.assertEqual((0o660, 1), (self.path.stat().st_mode & 0o777, self.path.stat().st_gid))
        self.assertIn("no group 'nobodys'", self.unavailable(local=f"{self.path}2", group="nobodys"))

    def test_pathOfTheDead(self) -> None:
        """
        A socket that a crash left behind is replaced; one in use, and a file that is no socket, are not.
        """
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(self.path))
        self.openTap()
        self.assertIn("another program has it", self.unavailable(**self.settings))
        self.assertTrue(self.path.exists())
        (self.path.parent / "file").write_text("kept")
        self.assertIn("no socket", self.unavailable(local=str(self.path.parent / "file")))
        self.assertEqual("kept", (self.path.parent / "file").read_text())

    def test_pathOfOthersStays(self) -> None:
        """
        A socket that somebody else made at the path in the meantime is left alone.
        """
        tap = self.openTap()
        self.path.unlink()
        self.path.write_text("another's")
        tap.close()
        self.assertEqual("another's", self.path.read_text())

    def test_isNoInterface(self) -> None:
        """
        Nobody looks for an interface of that name on this host.
        """
        self.assertFalse(IHostTap.providedBy(self.openTap()))


class StreamAddressTests(StreamContract, SynchronousTestCase):
    """
    A stream of TCP on the loopback interface.
    """

    def setUp(self) -> None:
        self.settings = {"local": freePort(socket.SOCK_STREAM)}
        super().setUp()

    def connect(self) -> socket.socket:
        host, _, port = self.settings["local"].partition(":")
        machine = socket.create_connection((host, int(port)))
        self.addCleanup(machine.close)
        return machine

    def impossibleRequest(self) -> TapRequest:
        taken = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(taken.close)
        return self.request(settings={"local": f"127.0.0.1:{taken.getsockname()[1]}"})


class DatagramContract(Folder, TapDriverContract):
    """
    The contract behind datagrams.
    """

    host: socket.socket

    def hostOpened(self, tap: ITap) -> None:
        if hasattr(self, "host"):
            self.host.close()
        self.host = self.machine()
        self.host.setblocking(False)
        self.addCleanup(self.host.close)

    def machine(self, name: str = "") -> socket.socket:
        """
        A socket of the machine's, or another's.
        """
        raise NotImplementedError

    def target(self) -> object:
        """
        Where the socket of the tap is.
        """
        raise NotImplementedError

    def hostSend(self, frame: bytes) -> None:
        while True:
            try:
                self.host.sendto(frame, self.target())
                return
            except BlockingIOError:  # a queue of UNIX datagrams is short
                self.turn()

    def hostReceived(self) -> list[bytes]:
        frames = []
        with contextlib.suppress(BlockingIOError):
            while True:
                frames.append(self.host.recv(70_000))
        return frames

    def holdings(self) -> tuple[object, ...]:
        if hasattr(self, "host"):
            self.host.close()
        return super().holdings()

    def test_nobodyIsThere(self) -> None:
        """
        While there is no machine frames are lost, the tap is not; when it is there again all is well.
        """
        tap, recorder = self.started()
        self.host.close()
        tap.write(makeFrame(60))
        tap.write(makeFrame(60))
        self.turn()
        self.hostOpened(tap)
        self.assertTrue(tap.write(makeFrame(61)))
        self.assertEqual([makeFrame(61)], self.arrivals(1))
        self.assertEqual([], recorder.lost)

    def test_othersAreNotHeard(self) -> None:
        """
        What another program sends is dropped and counted, and so is what nobody can answer.
        """
        _, recorder = self.started()
        other = self.machine("other")
        self.addCleanup(other.close)
        other.sendto(makeFrame(60), self.target())
        self.turn()
        self.assertEqual([], recorder.frames)
        self.assertEqual(1, self.context.counters["drop-tap-foreign"])

    def test_emptyDatagrams(self) -> None:
        """
        An empty datagram is no frame, and ends nothing.
        """
        _, recorder = self.started()
        self.hostSend(b"")
        self.hostSend(makeFrame(60))
        self.turnUntil(lambda: bool(recorder.frames))
        self.assertEqual(([makeFrame(60)], []), (recorder.frames, recorder.lost))

    def test_frameThatIsTooLong(self) -> None:
        """
        A frame that is longer than the MTU allows is read as one that is too long.
        """
        _, recorder = self.started()
        self.hostSend(makeFrame(9000))
        self.turnUntil(lambda: bool(recorder.frames))
        self.assertGreater(len(recorder.frames[0]), self.mtu + 18)


class DatagramPathTests(DatagramContract, SynchronousTestCase):
    """
    Datagrams at paths.
    """

    def setUp(self) -> None:
        self.places = self.folder()
        self.settings = {
            "netdev": "dgram",
            "local": str(self.places / "node"),
            "remote": str(self.places / "machine"),
        }
        super().setUp()

    def machine(self, name: str = "machine") -> socket.socket:
        machine = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        (self.places / (name or "machine")).unlink(missing_ok=True)
        machine.bind(str(self.places / (name or "machine")))
        return machine

    def target(self) -> object:
        return self.settings["local"]

    def impossibleRequest(self) -> TapRequest:
        return self.request(settings={**self.settings, "local": "/nonexistent/machine.sock"})

    def test_senderWithoutAName(self) -> None:
        """
        A program that nobody could answer is another program.
        """
        self.started()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as nameless:
            nameless.sendto(makeFrame(60), self.settings["local"])
        self.turn()
        self.assertEqual(1, self.context.counters["drop-tap-foreign"])


class DatagramAddressTests(DatagramContract, SynchronousTestCase):
    """
    Datagrams of UDP on the loopback interface.
    """

    host6 = False

    def setUp(self) -> None:
        self.settings = {
            "netdev": "dgram",
            "local": freePort(socket.SOCK_DGRAM),
            "remote": freePort(socket.SOCK_DGRAM),
        }
        super().setUp()

    def place(self, key: str) -> tuple[str, int]:
        host, _, port = self.settings[key].rpartition(":")
        return host.strip("[]"), int(port)

    def machine(self, name: str = "") -> socket.socket:
        machine = socket.socket(socket.AF_INET6 if self.host6 else socket.AF_INET, socket.SOCK_DGRAM)
        machine.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE
        machine.bind((self.place("remote")[0], 0) if name else self.place("remote"))
        return machine

    def target(self) -> object:
        return self.place("local")

    def test_whatIsNotTakenIsCounted(self) -> None:
        """
        The loopback interface takes everything, and loses what does not fit: no writing fails.
        """
        tap, _ = self.started()
        self.assertTrue(all(tap.write(makeFrame(200, number)) for number in range(100)))

    def impossibleRequest(self) -> TapRequest:
        taken = self.machine()
        self.addCleanup(taken.close)
        return self.request(settings={**self.settings, "local": self.settings["remote"]})


class DatagramIPv6Tests(DatagramAddressTests):
    """
    The same over IPv6.
    """

    host6 = True

    def setUp(self) -> None:
        super().setUp()
        self.settings = {key: value.replace("127.0.0.1", "[::1]") for key, value in self.settings.items()}


class QemuDriverTests(Folder, SynchronousTestCase):
    """
    Settings, and what QEMU is told.
    """

    def told(self, **settings: Any) -> str:
        return options(self.request(), QemuSettings(**settings))

    def test_options(self) -> None:
        """
        QEMU is told where to plug the network card of the machine in, and its MAC address and MTU, if that is unusual.
        """
        card = " -device virtio-net-pci,netdev=wandtest0,mac=02:00:00:00:00:01,host_mtu=1280"
        self.assertEqual(
            "-netdev stream,id=wandtest0,server=off,addr.type=unix,addr.path=/run/a.sock" + card,
            self.told(local="/run/a.sock"),
        )
        self.assertEqual(
            "-netdev stream,id=wandtest0,server=off,addr.type=inet,addr.host=127.0.0.1,addr.port=5555" + card,
            self.told(local="127.0.0.1:5555"),
        )
        self.assertEqual(
            "-netdev dgram,id=wandtest0,local.type=unix,local.path=/run/b,remote.type=unix,remote.path=/run/a" + card,
            self.told(netdev="dgram", local="/run/a", remote="/run/b"),
        )
        self.mtu = 1500
        self.assertTrue(self.told(local="/run/a.sock").endswith("mac=02:00:00:00:00:01"))

    def test_placesAreOfThisHost(self) -> None:
        """
        Frames pass in the clear, so they never leave the host.
        """
        for place in ("192.0.2.1:5555", "[2001:db8::1]:5555", "localhost:5555", "127.0.0.1", "machine"):
            self.assertEqual("local", self.refusal(local=place).key)
        self.assertEqual("remote", self.refusal(netdev="dgram", local="/run/a", remote="192.0.2.1:5555").key)

    def test_settingsAgree(self) -> None:
        """
        Datagrams need to know where the machine is, in the way in which we are reached; a stream comes by itself.
        """
        self.assertEqual("local", self.refusal().key)
        self.assertEqual("remote", self.refusal(netdev="dgram", local="/run/a").key)
        self.assertEqual("remote", self.refusal(netdev="dgram", local="/run/a", remote="127.0.0.1:5555").key)
        self.assertEqual("remote", self.refusal(local="/run/a", remote="/run/b").key)
        self.assertEqual("netdev", self.refusal(netdev="socket", local="/run/a").key)

    def test_pathThatIsTooLong(self) -> None:
        """
        The system knows no socket with such a path, and the error says it.
        """
        self.assertIn("path too long", self.unavailable(local="/run/" + "x" * 200))

    def test_addressesAreTheMachines(self) -> None:
        """
        The machine sets its addresses itself: an error says so.
        """
        tap = self.driver.open(self.request(settings={"local": str(self.folder() / "a")}), self.context)
        self.addCleanup(tap.close)
        self.assertIn("yourself", str(self.assertRaises(TapUnavailable, tap.addAddress, "10.77.0.5/16")))
