"""
Tests for L{wand.drivers.chardev}.
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import struct
from collections.abc import Sequence

from twisted.trial.unittest import SynchronousTestCase

from wand.drivers.chardev import ChardevDriver, configuration
from wand.errors import ConfigurationInvalid, TapUnavailable
from wand.interfaces import ITap, TapRequest
from wand.testing.drivers import TapDriverContract
from wand.testing.frames import makeFrame
from wand.testing.kernel_taps import KernelTapContract

TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000
SIOCSIFFLAGS, IFF_UP = 0x8914, 0x1
SIOCSIFMTU = 0x8922


def openKernelDevice(path: str, name: str, mtu: int) -> int:
    """
    Open a real character device that holds raw frames: that of the kernel's tap.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SIOCSIFMTU, struct.pack("16si20x", name.encode(), mtu))
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH22x", name.encode(), IFF_UP))
    return descriptor


class KernelDeviceTests(KernelTapContract, SynchronousTestCase):
    """
    The contract on a real character device.
    """

    settings = {"path": "/dev/net/tun"}

    def makeDriver(self) -> ChardevDriver:
        return ChardevDriver(lambda path: openKernelDevice(path, self.interface, self.mtu))

    def impossibleRequest(self) -> TapRequest:
        return self.request(settings={"path": "/dev/nonexistent"})


class PaddedDeviceTests(TapDriverContract, SynchronousTestCase):
    """
    The contract on a device with two octets before each frame, played by a pair of sockets.
    """

    settings = {"path": "/dev/ethertap", "pad": 2}

    def makeDriver(self) -> ChardevDriver:
        return ChardevDriver(self.opener)

    def opener(self, path: str) -> int:
        self.assertEqual("/dev/ethertap", path)
        device, self.opened = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.addCleanup(self.opened.close)
        return device.detach()

    def hostOpened(self, tap: ITap) -> None:
        self.host = self.opened
        self.host.setblocking(False)

    def hostSend(self, frame: bytes) -> None:
        self.host.send(b"\x12\x34" + frame)

    def hostReceived(self) -> list[bytes]:
        frames = []
        while True:
            try:
                padded = self.host.recv(70_000)
            except BlockingIOError:
                return frames
            self.assertEqual(bytes(2), padded[:2])
            frames.append(padded[2:])

    def hostGone(self) -> None:
        self.host.close()

    def holdings(self) -> tuple[object, ...]:
        if hasattr(self, "opened"):
            self.opened.close()
        return super().holdings()

    def test_noAddresses(self) -> None:
        """
        It cannot set IP addresses, and does not know what the interface behind the device is called.
        """
        tap, _ = self.started()
        reason = str(self.assertRaises(TapUnavailable, tap.addAddress, "10.77.0.5/16"))
        self.assertIn("10.77.0.5/16 yourself", reason)
        self.assertNotIn(tap.interface, reason)

    def test_fullQueue(self) -> None:
        """
        Frames that the device does not take now are counted as such.
        """
        tap, _ = self.started()
        refused = sum(not tap.write(makeFrame(200)) for _ in range(self.floodSize))
        self.assertGreater(refused, 0)
        self.assertEqual(refused, self.context.counters["drop-tap-full"])

    def test_closedDevice(self) -> None:
        """
        A device that ends is a tap that is lost, told once.
        """
        tap, recorder = self.started()
        self.host.close()
        for _ in range(3):
            self.turn()
        self.assertEqual(["the tap wandtest0 is gone: the other side closed it"], recorder.lost)
        self.assertFalse(tap.write(makeFrame(60)))
        self.assertEqual(1, self.context.counters["drop-tap-error"])


class ChardevDriverTests(SynchronousTestCase):
    """
    Settings, errors, and the configuration of interfaces.
    """

    def request(self, **changes: object) -> TapRequest:
        return TapDriverContract.request(TapDriverContract(), **changes)

    def refusal(self, driver: ChardevDriver, **changes: object) -> str:
        return str(self.assertRaises(TapUnavailable, driver.open, self.request(**changes), None))

    def test_defaultPath(self) -> None:
        """
        Without a path the device is the one with the name of the interface.
        """
        reason = self.refusal(ChardevDriver(), interface="tap77")
        self.assertTrue(reason.startswith("/dev/tap77 cannot be opened: No such file or directory; "), reason)

    def test_clearErrors(self) -> None:
        """
        A device that may not be opened, or that is busy, is told in words.
        """

        def failing(number: int) -> ChardevDriver:
            def fail(path: str) -> int:
                raise OSError(number, os.strerror(number))

            return ChardevDriver(fail)

        self.assertIn("start as root", self.refusal(failing(errno.EACCES)))
        self.assertIn("another program", self.refusal(failing(errno.EBUSY)))

    def test_otherPads(self) -> None:
        """
        A pad of one octet, or one that is not a number, is refused.
        """
        for pad in (1, 3, -2, "two"):
            request = self.request(settings={"pad": pad})
            error = self.assertRaises(ConfigurationInvalid, ChardevDriver().open, request, None)
            self.assertEqual("pad", error.key)

    def test_interfaceIsConfigured(self) -> None:
        """
        On the systems that have such devices the interface gets its MAC address, MTU and addresses, and is set up.
        """
        request = self.request(interface="tap0", addresses=["10.1.0.1/16", "fd00::1/64"])
        self.assertEqual(
            [
                "ifconfig tap0 lladdr 02:00:00:00:00:01",
                "ifconfig tap0 mtu 1280",
                "ifconfig tap0 inet 10.1.0.1/16 alias",
                "ifconfig tap0 inet6 fd00::1/64 alias",
                "ifconfig tap0 up",
            ],
            [" ".join(command) for command in configuration("openbsd7", request)],
        )
        for platform, words in (
            ("darwin", ["ether", "02:00:00:00:00:01"]),
            ("freebsd14", ["ether", "02:00:00:00:00:01"]),
            ("netbsd10", ["link", "02:00:00:00:00:01", "active"]),
        ):
            self.assertEqual(words, configuration(platform, request)[0][2:])

    def test_elsewhereTheOperatorConfigures(self) -> None:
        """
        On a system without such devices no command is run.
        """
        self.assertEqual([], configuration("linux", self.request()))

    def test_failedConfigurationClosesTheDevice(self) -> None:
        """
        When a command fails the device is closed again.
        """
        opened, other = socket.socketpair()
        self.addCleanup(other.close)

        def fail(command: Sequence[str], package: str) -> None:
            raise TapUnavailable("no")

        driver = ChardevDriver(lambda path: opened.detach(), fail, "freebsd14")
        self.assertEqual("no", self.refusal(driver))
        self.assertEqual(b"", other.recv(1))

    def test_notOnWindows(self) -> None:
        """
        Where there are no character devices the driver says so.
        """
        self.assertEqual("it needs a Unix", ChardevDriver(platform="win32").unusable())
