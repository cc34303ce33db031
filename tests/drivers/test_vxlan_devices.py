"""
Tests for L{wand.drivers.vxlan_devices}, in a network namespace of each test's own: the table of the kernel and the one
that tests have instead of it pass the same contract.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess

from interface_pair import ip
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from vxlan_hosts import RecordedForwarding

from wand.drivers.vxlan_devices import LATE, LOST, Devices
from wand.drivers.vxlan_messages import Place
from wand.drivers.vxlan_offload import Forwarding
from wand.errors import TapUnavailable
from wand.ethernet import MAC
from wand.interfaces import TapRequest
from wand.lab import wait
from wand.testing.frames import makeContext
from wand.testing.kernel import PrivateNetwork

ONE, TWO = MAC.parse("02:00:00:00:00:01"), MAC.parse("02:00:00:00:00:02")
HERE, THERE = Place("192.0.2.1", 4790, 7), Place("192.0.2.2", 4791, 8)


class ForwardingContract:
    """
    What every table does.
    """

    forwarding: Forwarding

    def places(self) -> dict[str, Place]:
        raise NotImplementedError

    def becomes(self, wanted: dict[MAC, Place]) -> None:
        named = {str(mac): place for mac, place in wanted.items()}
        wait(lambda: self.places() == named, 10, f"{named}, not {self.places()}")

    def test_putAndRemoved(self) -> None:
        """
        Each address has a place of its own, until it is removed.
        """
        self.forwarding.put(ONE, HERE)
        self.forwarding.put(TWO, THERE)
        self.becomes({ONE: HERE, TWO: THERE})
        self.forwarding.remove(ONE)
        self.becomes({TWO: THERE})

    def test_putAgain(self) -> None:
        """
        What is said again changes nothing, and another place takes the place of the first.
        """
        for place in (HERE, HERE, THERE):
            self.forwarding.put(ONE, place)
        self.becomes({ONE: THERE})

    def test_removedTwice(self) -> None:
        """
        What is not there can be removed, and nothing else suffers.
        """
        self.forwarding.remove(ONE)
        self.forwarding.put(TWO, THERE)
        self.forwarding.remove(ONE)
        self.becomes({TWO: THERE})


class RecordedForwardingTests(ForwardingContract, SynchronousTestCase):
    """
    The table of tests.
    """

    def setUp(self) -> None:
        self.recorded = self.forwarding = RecordedForwarding()

    def places(self) -> dict[str, Place]:
        return self.recorded.places


class DevicesTests(ForwardingContract, SynchronousTestCase):
    """
    The kernel's, and the devices that have it.
    """

    def setUp(self) -> None:
        network = PrivateNetwork()
        network.__enter__()
        self.addCleanup(network.__exit__)
        ip("link", "set", "lo", "up")
        self.context = makeContext()
        self.devices = self.forwarding = Devices(
            TapRequest("wan0", ONE, 1450), number=77, port=4789, inner=1234, context=self.context
        )
        self.addCleanup(self.devices.close)

    def places(self) -> dict[str, Place]:
        shown = bridge("-json", "fdb", "show", "dev", "wan0")
        return {
            each["mac"]: Place(each["dst"], each.get("port", 4789), each.get("vni", 77))
            for each in json.loads(shown)
            if any(MAC.parse(each["mac"]))
        }

    def test_renamed(self) -> None:
        """
        Somebody may give the device another name.
        """
        ip("link", "set", "wan0", "name", "elsewhere")
        ip("link", "add", "wan0", "type", "bridge")
        self.forwarding.put(ONE, HERE)
        wait(lambda: str(ONE) in bridge("fdb", "show", "dev", "elsewhere"), 10, "the entry")
        self.devices.close()
        self.assertNotIn("elsewhere", ip("link"))
        self.assertIn("wan0", ip("link"))

    def test_longNamesThatBeginAlike(self) -> None:
        """
        A second node's devices leave those of the first alone.
        """
        opened = [
            Devices(TapRequest(name, ONE, 1450), 80 + number, 4789 + number, 1300 + number, self.context)
            for number, name in enumerate(("site-berlin-1", "site-berlin-2"))
        ]
        for each in opened:
            self.addCleanup(each.close)
        self.assertEqual(2, len({each.inner for each in opened}))
        for each in opened:
            self.assertIn(each.inner, ip("link"))

    def test_closed(self) -> None:
        """
        Closing removes both devices, and what is put after that is nobody's.
        """
        self.devices.close()
        self.devices.close()
        self.assertNotIn("wan0", ip("link"))
        self.devices.put(ONE, HERE)
        self.assertEqual([], self.context.notes.texts)

    def test_serviceIsStopped(self) -> None:
        """
        What stops everything at once, as systemd does, does not stop the program before the node.
        """
        program = self.devices._program
        assert program is not None
        self.devices.put(ONE, HERE)
        self.becomes({ONE: HERE})
        os.killpg(program.pid, signal.SIGTERM)
        self.devices.put(TWO, THERE)
        self.becomes({ONE: HERE, TWO: THERE})
        self.devices.close()
        self.assertNotIn("wan0", ip("link"))

    def test_anotherNode(self) -> None:
        """
        The devices of a node that is at work are not taken away, whichever network it is in; and what one left behind
        that is dead are.
        """
        request = TapRequest("wan0", ONE, 1450)
        for number in (77, 78):
            with self.assertRaises(TapUnavailable) as refused:
                Devices(request, number, 4789, 1300, self.context)
            self.assertIn("wan0 already, of another node that is at work", str(refused.exception))
        self.devices.put(ONE, HERE)
        self.becomes({ONE: HERE})
        program = self.devices._program
        assert program is not None
        os.killpg(program.pid, signal.SIGKILL)
        program.wait()
        self.devices._life.close()  # as if this process had been killed, too
        self.devices = self.forwarding = Devices(request, 77, 4789, 1300, self.context)
        self.addCleanup(self.devices.close)
        self.becomes({})

    def test_theProgramIsSlow(self) -> None:
        """
        While the program does not read nobody waits for it, and the operator is told; then it gets the latest of each.
        """
        program, clock = self.devices._program, self.context.clock
        assert program is not None
        assert isinstance(clock, Clock)
        os.killpg(program.pid, signal.SIGSTOP)
        self.addCleanup(os.killpg, program.pid, signal.SIGCONT)
        addresses = [MAC(b"\2\0\0\0" + number.to_bytes(2, "big")) for number in range(2000)]
        for mac in addresses:
            self.devices.put(mac, HERE)
        self.devices.put(addresses[-1], THERE)
        for mac in addresses[:-1]:
            self.devices.remove(mac)
        self.assertIn(LATE, [note.key for note in self.context.notes])
        os.killpg(program.pid, signal.SIGCONT)

        def isRead() -> bool:
            clock.advance(0.5)
            return LATE not in [note.key for note in self.context.notes]

        wait(isRead, 30, "the end of the note")
        self.becomes({addresses[-1]: THERE})

    def test_theProgramIsEnded(self) -> None:
        """
        If somebody ends the program that writes the table, the operator is told.
        """
        program = self.devices._program
        assert program is not None
        os.killpg(program.pid, signal.SIGKILL)
        program.wait()
        wait(lambda: self.devices.put(ONE, HERE) or self.context.notes.texts, 10, "the note")
        self.assertIn(LOST, [note.key for note in self.context.notes])
        self.devices.close()
        ip("link", "delete", "wan0")


def bridge(*arguments: str) -> str:
    return subprocess.run(["bridge", *arguments], check=True, capture_output=True, text=True).stdout
