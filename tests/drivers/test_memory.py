"""
Tests for L{wand.drivers.memory} and L{wand.drivers.lan}.
"""

from __future__ import annotations

from random import Random

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.drivers.lan import FRAMES_MAXIMUM, LANSettings, MemoryLAN
from wand.drivers.memory import MemoryDriver, MemoryTap
from wand.errors import ConfigurationInvalid
from wand.interfaces import ITap
from wand.testing.drivers import TapDriverContract
from wand.testing.frames import FrameRecorder, makeContext, makeFrame


class MemoryDriverTests(TapDriverContract, SynchronousTestCase):
    """
    The contract, and LANs by name.
    """

    driver: MemoryDriver

    def makeDriver(self) -> MemoryDriver:
        return MemoryDriver()

    def hostOpened(self, tap: ITap) -> None:
        self.tap = tap
        self.arrived: list[bytes] = []
        self.host = self.driver.lans[self.interface].attach(self.arrived.append)

    def hostSend(self, frame: bytes) -> None:
        self.host.send(frame)

    def hostReceived(self) -> list[bytes]:
        arrived, self.arrived[:] = list(self.arrived), []
        return arrived

    def hostAddresses(self) -> list[str]:
        assert isinstance(self.tap, MemoryTap)
        return self.tap.addresses

    def leftBehind(self) -> list[str]:
        return list(self.driver.lans)

    def test_tapsOfOneLANReachEachOther(self) -> None:
        """
        Two taps that name the same LAN are connected by it.
        """
        one = self.driver.open(self.request(interface="a", settings={"lan": "blue"}), self.context)
        other = self.driver.open(self.request(interface="b", settings={"lan": "blue"}), self.context)
        recorder = FrameRecorder()
        other.start(recorder)
        one.write(makeFrame(60))
        self.turn()
        self.assertEqual([[makeFrame(60)], []], recorder.batches)

    def test_theFirstTapSaysHowTheLANIs(self) -> None:
        """
        Who joins a LAN and wants another loss than it has is told so; who wants nothing, or the same, joins.
        """
        self.driver.open(self.request(settings={"lan": "blue", "loss": 0.5}), self.context)
        self.driver.open(self.request(settings={"lan": "blue"}), self.context)
        self.driver.open(self.request(settings={"lan": "blue", "loss": 0.5}), self.context)
        request = self.request(settings={"lan": "blue", "loss": 0.25})
        error = self.assertRaises(ConfigurationInvalid, self.driver.open, request, self.context)
        self.assertEqual("driver-settings: loss: the LAN 'blue' exists already, with 0.5", str(error))

    def test_aLANStaysWhileAHostIsOnIt(self) -> None:
        """
        A node that closes its tap and opens it again meets the hosts that were there before.
        """
        self.openTap().close()
        tap = self.driver.open(self.request(), self.context)
        tap.write(makeFrame(60))
        self.assertEqual([makeFrame(60)], self.arrivals(1))

    def test_impossibleLoss(self) -> None:
        """
        A loss beyond 1 is refused, and so is one that is not a number.
        """
        for loss in (1.5, -0.1, "much"):
            request = self.request(settings={"loss": loss})
            error = self.assertRaises(ConfigurationInvalid, self.driver.open, request, makeContext())
            self.assertEqual("loss", error.key)


class MemoryLANTests(SynchronousTestCase):
    """
    A LAN in simulated time.
    """

    def lan(self, **settings: float) -> MemoryLAN:
        self.clock = Clock()
        self.arrived: list[tuple[float, bytes]] = []
        lan = MemoryLAN(LANSettings(**settings), self.clock, Random(7))
        self.sender = lan.attach(lambda frame: self.fail("it came back"))
        lan.attach(lambda frame: self.arrived.append((self.clock.seconds(), frame)))
        return lan

    def run_(self, seconds: float) -> None:
        self.clock.pump([0.001] * round(seconds * 1000))

    def test_delay(self) -> None:
        """
        A frame arrives after the delay, and not before.
        """
        self.lan(delay=0.5)
        self.sender.send(makeFrame(60))
        self.clock.advance(0.499)
        self.assertEqual([], self.arrived)
        self.clock.advance(0.001)
        self.assertEqual([(0.5, makeFrame(60))], self.arrived)

    def test_withoutJitterNothingOvertakes(self) -> None:
        """
        With a delay alone, frames arrive in the order in which they were sent.
        """
        self.lan(delay=0.02)
        for number in range(100):
            self.sender.send(makeFrame(60, number))
            self.clock.advance(0.001)
        self.run_(0.1)
        self.assertEqual([makeFrame(60, number) for number in range(100)], [frame for _, frame in self.arrived])

    def test_jitterReorders(self) -> None:
        """
        With jitter every frame arrives once, within its bounds, and some overtake others.
        """
        self.lan(delay=0.01, jitter=0.05)
        frames = [makeFrame(60, number) for number in range(100)]
        for frame in frames:
            self.sender.send(frame)
        self.run_(0.1)
        arrived = [frame for _, frame in self.arrived]
        self.assertEqual(sorted(frames), sorted(arrived))
        self.assertNotEqual(frames, arrived)
        self.assertTrue(all(0.01 <= when <= 0.0611 for when, _ in self.arrived))

    def test_loss(self) -> None:
        """
        The share of frames that is lost is the one that was asked for; lost ones are counted.
        """
        lan = self.lan(loss=0.3)
        for number in range(1000):
            self.assertTrue(self.sender.send(makeFrame(60, number)))
            self.clock.advance(0)
        self.assertEqual(1000, len(self.arrived) + lan.lost)
        self.assertTrue(250 < lan.lost < 350)

    def test_allAreLost(self) -> None:
        """
        With a loss of 1 nothing arrives.
        """
        self.lan(loss=1)
        self.sender.send(makeFrame(60))
        self.run_(0.01)
        self.assertEqual([], self.arrived)

    def test_bounded(self) -> None:
        """
        However fast frames are sent, only so many are under way; the sender is told of those that are refused.
        """
        self.lan(delay=1)
        taken = sum(self.sender.send(makeFrame(60)) for _ in range(3 * FRAMES_MAXIMUM))
        self.clock.pump([1.0] + [0.0] * 100)
        self.assertEqual((FRAMES_MAXIMUM, FRAMES_MAXIMUM), (taken, len(self.arrived)))

    def test_unplugged(self) -> None:
        """
        Who has unplugged neither sends nor receives; with nobody left there is no timer left.
        """
        lan = self.lan()
        other = lan.attach(lambda frame: None)
        other.detach()
        other.detach()
        self.assertFalse(other.send(makeFrame(60)))
        self.sender.send(makeFrame(60))
        for port in list(lan._ports):
            port.detach()
        self.assertEqual([], self.clock.getDelayedCalls())

    def test_hostMayAnswerAtOnce(self) -> None:
        """
        A host that answers every frame with another is not called from within its own call.
        """
        lan = self.lan()
        depth: list[int] = []

        def answer(frame: bytes) -> None:
            self.assertEqual([], depth)
            depth.append(1)
            echo.send(b"answer" + bytes(54))
            depth.pop()

        echo = lan.attach(answer)
        ping = lan.attach(lambda frame: None)
        ping.send(makeFrame(60))
        self.sender.detach()
        self.run_(0.01)
        self.assertEqual([makeFrame(60), b"answer" + bytes(54)], [frame for _, frame in self.arrived])
