"""
Tests for L{wand.drivers.tuntap}, on real interfaces in a network namespace of each test's own.
"""

from __future__ import annotations

import errno
import os
import stat
import subprocess
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from unittest.mock import Mock

import pytun
from twisted.trial.unittest import SynchronousTestCase

from wand.drivers import tuntap
from wand.drivers.tuntap import TuntapDriver
from wand.errors import TapUnavailable
from wand.host.tunnels import ALIAS
from wand.interfaces import TapRequest
from wand.testing.frames import makeFrame
from wand.testing.kernel_taps import KernelTapContract


def ip(*arguments: str) -> str:
    return subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True).stdout


class TuntapDriverTests(KernelTapContract, SynchronousTestCase):
    """
    The contract on the kernel's own tap, and what only Linux has.
    """

    def makeDriver(self) -> TuntapDriver:
        return TuntapDriver()

    def impossibleRequest(self) -> TapRequest:
        return self.request(addresses=["10.1.0.1/16", "10.1.0.1/99"])

    def persistent(self, *options: str) -> None:
        ip("tuntap", "add", "dev", self.interface, "mode", "tap", *options)

    def refusal(self, **changes: object) -> str:
        return str(self.assertRaises(TapUnavailable, self.driver.open, self.request(**changes), self.context))

    def deviceForEverybody(self) -> str:
        """
        A second node of the same device, so that the rights of the system's own stay as they are.
        """
        folder = Path(mkdtemp())
        self.addCleanup(rmtree, folder)
        folder.chmod(0o755)
        device = folder / "tun"
        os.mknod(device, stat.S_IFCHR, Path("/dev/net/tun").stat().st_rdev)
        device.chmod(0o666)
        return str(device)

    def asNobody(self, uid: int = 65534) -> None:
        os.seteuid(uid)
        self.addCleanup(os.seteuid, 0)

    def test_interfaceIsConfigured(self) -> None:
        """
        The host sees the interface up, with the MAC address, the MTU, and the IPv4 and IPv6 addresses asked for.
        """
        tap = self.driver.open(self.request(mtu=1400, addresses=["10.1.0.1/16", "fd00::1/64"]), self.context)
        self.addCleanup(tap.close)
        shown = ip("address", "show", "dev", self.interface)
        for expected in ("02:00:00:00:00:01", "mtu 1400", "inet 10.1.0.1/16", "inet6 fd00::1/64", ",UP"):
            self.assertIn(expected, shown)

    def test_marked(self) -> None:
        """
        The interface has the alias by which other programs know it as ours; one that somebody gave it stays.
        """
        self.persistent()
        self.openTap().close()
        self.assertIn(f"alias {ALIAS}", ip("link", "show", "dev", self.interface))
        ip("link", "set", self.interface, "alias", "of-the-office")
        self.openTap().close()
        self.assertIn("alias of-the-office", ip("link", "show", "dev", self.interface))

    def test_systemThatTellsNoAlias(self) -> None:
        """
        Where a program may not ask for the alias the tap opens all the same, and the alias stays what it is.
        """
        self.patch(tuntap, "aliasOf", Mock(side_effect=PermissionError(errno.EPERM, "not permitted")))
        tap = self.openTap()
        self.assertTrue(tap.write(makeFrame(60)))
        self.assertNotIn("alias", ip("link", "show", "dev", self.interface))

    def test_linkStaysDown(self) -> None:
        """
        Without C{up} the link is left as it is.
        """
        tap = self.driver.open(self.request(up=False), self.context)
        self.assertNotIn(",UP", ip("link", "show", "dev", self.interface))
        self.assertFalse(tap.write(makeFrame(60)))
        self.assertEqual(1, self.context.counters["drop-tap-error"])

    def test_largestMTU(self) -> None:
        """
        Frames of the largest MTU pass whole in both directions.
        """
        self.mtu = 65_000
        tap, recorder = self.started()
        frame = makeFrame(65_014)
        self.hostSend(frame)
        self.turnUntil(lambda: frame in recorder.frames)
        self.assertIn(frame, recorder.frames)
        self.assertTrue(tap.write(frame))
        self.assertEqual([frame], self.arrivals(1))

    def test_frameThatOutgrewTheMTU(self) -> None:
        """
        When somebody raises the MTU of the interface, a longer frame is read as one that is too long, never cut to fit.
        """
        _, recorder = self.started()
        ip("link", "set", self.interface, "mtu", "2000")
        self.hostSend(makeFrame(2000))
        self.turnUntil(lambda: any(len(frame) > 1000 for frame in recorder.frames))
        self.assertEqual(self.mtu + 19, max(map(len, recorder.frames)))

    def test_persistentInterfaceIsUsed(self) -> None:
        """
        A tap that was made beforehand is used, and is still there after it was closed.
        """
        self.persistent()
        tap = self.openTap()
        self.assertTrue(tap.write(makeFrame(60)))
        self.assertEqual([makeFrame(60)], self.arrivals(1))
        tap.close()
        self.assertEqual([self.interface], self.leftBehind())

    def test_unprivilegedOwner(self) -> None:
        """
        Who owns a persistent tap that is set up already can use it without privileges.
        """
        self.persistent("user", "65534")
        ip("link", "set", self.interface, "address", "02:00:00:00:00:01", "mtu", str(self.mtu), "up")
        driver = TuntapDriver(self.deviceForEverybody())
        self.asNobody()
        tap = driver.open(self.request(), self.context)
        self.assertTrue(tap.write(makeFrame(60)))
        tap.close()

    def test_worksAndClosesWithoutPrivileges(self) -> None:
        """
        A tap that root opened works after the privileges were dropped, and closing it removes the interface.
        """
        tap, recorder = self.started()
        self.asNobody()
        self.assertTrue(tap.write(makeFrame(60)))
        self.hostSend(makeFrame(61))
        self.turnUntil(lambda: makeFrame(61) in recorder.frames)
        self.assertIn(makeFrame(61), recorder.frames)
        tap.close()
        self.assertEqual([], self.leftBehind())

    def test_missingPrivilege(self) -> None:
        """
        Without privileges the error says what they are for and what to do.
        """
        self.asNobody()
        self.assertIn("this needs root", self.refusal())

    def test_busy(self) -> None:
        """
        An interface that another program holds is not shared; the error says so.
        """
        self.openTap()
        self.assertEqual(
            "the tap wandtest0 cannot be opened: another program has it open; stop that program, or choose another "
            "interface name",
            self.refusal(),
        )

    def test_otherInterface(self) -> None:
        """
        An interface that is not a tap, and a name that cannot be one, are refused with a hint.
        """
        for name in ("lo", "a/b"):
            self.assertIn("not a tap", self.refusal(interface=name))
        self.assertIn("name too long", self.refusal(interface="x" * 40))

    def test_refusedMTU(self) -> None:
        """
        An MTU that the kernel refuses is named.
        """
        self.assertEqual("the tap wandtest0 cannot be given an MTU of 70000: Invalid argument", self.refusal(mtu=70000))

    def test_refusedAddress(self) -> None:
        """
        An address that cannot be set is named.
        """
        reason = self.refusal(addresses=["10.1.0.1/99"])
        self.assertIn("the address '10.1.0.1/99' cannot be set", reason)

    def test_missingProgram(self) -> None:
        """
        Without iproute2 the error says what to install.
        """
        self.patch(__import__("wand.drivers.commands", fromlist=["x"]), "_PLACES", "/nonexistent")
        self.patch(os, "environ", {**os.environ, "PATH": "/nonexistent"})
        self.assertEqual("the program 'ip' is missing; install iproute2", self.refusal(addresses=["10.1.0.1/16"]))

    def test_interfaceDeleted(self) -> None:
        """
        When somebody deletes the interface the receiver is told once, and the tap is watched no more.
        """
        tap, recorder = self.started()
        ip("link", "delete", self.interface)
        for _ in range(3):
            self.turn()
        self.assertEqual(["the tap wandtest0 is gone: its interface was deleted"], recorder.lost)
        self.assertEqual([], self.context.descriptors.getReaders())
        self.assertFalse(tap.write(makeFrame(60)))
        tap.close()

    def test_linkSetDown(self) -> None:
        """
        While the link is down frames are counted as dropped; when it is up again they pass.
        """
        tap, recorder = self.started()
        ip("link", "set", self.interface, "down")
        self.assertFalse(tap.write(makeFrame(60)))
        self.assertEqual(1, self.context.counters["drop-tap-error"])
        ip("link", "set", self.interface, "up")
        self.assertTrue(tap.write(makeFrame(60)))
        self.assertEqual([], recorder.lost)

    def test_notInherited(self) -> None:
        """
        Programs that the node starts do not hold the tap, and reading never blocks.
        """
        self.started()
        (reader,) = self.context.descriptors.getReaders()
        self.assertFalse(os.get_inheritable(reader.fileno()))
        self.assertFalse(os.get_blocking(reader.fileno()))

    def test_missingDevice(self) -> None:
        """
        Without the kernel's device the driver says that it cannot be used, and why.
        """
        self.assertIn("modprobe tun", str(TuntapDriver("/dev/nonexistent").unusable()))

    def test_everyErrorIsClear(self) -> None:
        """
        Each way in which the system can refuse to open the tap is told in words.
        """
        for number, words in (
            (errno.ENOENT, "modprobe tun"),
            (errno.ENODEV, "modprobe tun"),
            (errno.EACCES, "/dev/net/tun may not be opened"),
            (errno.EPERM, "ip tuntap add dev wandtest0"),
            (errno.EMFILE, os.strerror(errno.EMFILE)),
        ):

            def fail(number: int = number, **_: object) -> None:
                raise pytun.Error(number, os.strerror(number))

            self.patch(pytun, "TunTapDevice", fail)
            self.assertIn(words, self.refusal())
