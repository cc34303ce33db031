"""
Tests for the port to places behind relays: the contract of all ports, over a relay in between.
"""

from __future__ import annotations

from random import Random

import attrs
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.counters import Counters
from wand.endpoint import Endpoint
from wand.sealed.reach.forwarding import Forwarding
from wand.sealed.reach.relay_channels import Channels
from wand.sealed.reach.relay_port import RelayPort
from wand.sealed.reach.relay_quota import RelaySettings
from wand.sealed.sessions.packets import RELAY_LAYOUT, RELAYED
from wand.testing.network import Network
from wand.underlay.place_kinds import RELAY
from wand.underlay.ports import DatagramPort, DatagramSender
from wand.underlay.slots import Slots


@attrs.define
class Place:
    """
    Where a session proved somebody to be.
    """

    endpoint: tuple[str, int] | None = None
    port: DatagramSender | None = None


class Recorder:
    """
    Takes datagrams and trains, keeping copies.
    """

    def __init__(self) -> None:
        self.datagrams: list[tuple[bytes, tuple[str, int]]] = []
        self.counts: list[int] = []

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        """
        See L{TrainReceiver}.
        """
        self.datagrams.append((bytes(datagram), sender))

    def trainReceived(
        self, slots: Slots, first: int, count: int, size: int, last: int, sender: tuple[str, int]
    ) -> None:
        """
        See L{TrainReceiver}.
        """
        self.counts.append(count)
        self.datagrams += [(bytes(each), sender) for each in slots.datagrams(first, count, size, last)]

    def batchReceived(self) -> None:
        """
        See L{TrainReceiver}.
        """


class Unwrapping:
    """
    Gives relayed datagrams to whom reception gives them.
    """

    def __init__(self) -> None:
        self.relayed: RelayPort | Forwarding | None = None

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        """
        See L{TrainReceiver}.
        """
        assert self.relayed is not None
        self.relayed.relayedReceived(RELAY_LAYOUT.unpack_from(datagram)[1], datagram, sender)

    def trainReceived(
        self, slots: Slots, first: int, count: int, size: int, last: int, sender: tuple[str, int]
    ) -> None:
        """
        See L{TrainReceiver}.
        """
        assert self.relayed is not None
        channel = RELAY_LAYOUT.unpack_from(slots.view, first * slots.stride)[1]
        self.relayed.relayedTrainReceived(channel, slots, first, count, size, last, sender)

    def batchReceived(self) -> None:
        """
        See L{TrainReceiver}.
        """


class BehindARelayTests(SynchronousTestCase):
    """
    Two ports with a relay between them.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.network = Network(self.clock, Random(1))
        self.counters = Counters()
        self.channels = Channels(self.clock, Random(1).randbytes, RelaySettings(), lambda channel: None)
        wrapped = Unwrapping()
        wrapped.relayed = Forwarding(self.channels.byNumber, self.clock.seconds, self.counters)
        self.relay = self.network.host("192.0.2.100").bindTrains("192.0.2.100", 44444, wrapped)
        ends = [self.end(f"192.0.2.{number}") for number in (1, 2)]
        places = [Place(raw.endpoint, self.relay) for raw, _, _, _ in ends]
        channel = self.channels.make((b"1" * 32, places[0]), (b"2" * 32, places[1]))
        assert channel is not None
        self.channel = channel.number
        for raw, port, _, _ in ends:
            self.place = port.add(b"r" * 32, channel.number, Place(self.relay.endpoint, raw))
        self.assertEqual(self.place, Endpoint(f"{RELAY}/{(b'r' * 8).hex()}", channel.number))
        (self.raw, self.here, self.sent, _), (_, _, self.recorder, _) = ends

    def end(self, host: str) -> tuple[DatagramPort, RelayPort, Recorder, Counters]:
        """
        One end: its port in the network, and the one over relays.
        """
        recorder, counters = Recorder(), Counters()
        wrapped = Unwrapping()
        raw = self.network.host(host).bindTrains(host, 22222, wrapped)
        wrapped.relayed = port = RelayPort(recorder, counters)
        self.addCleanup(raw.close)
        return raw, port, recorder, counters

    def test_whatWasNotSentWasNotRefused(self) -> None:
        """
        Where a channel is gone nothing is sent, so nothing was refused or too long, whatever was before.
        """
        for send in (self.here.send, lambda octets, to: self.here.sendTrain(memoryview(octets), 2, to)):
            self.assertFalse(self.here.send(bytes(70_000), self.to()))
            self.assertTrue(self.here.wasTooLong)
            self.assertFalse(send(b"1234", Endpoint(self.to().host, self.channel + 1)))
            self.assertFalse(self.here.wasTooLong or self.here.wasRefused)

    def pump(self) -> None:
        """
        Let what is under way arrive.
        """
        self.clock.pump([0.0] * 8)

    def to(self) -> Endpoint:
        """
        The place of the other end.
        """
        assert self.place is not None
        return self.place

    def test_aDatagramArrives(self) -> None:
        """
        What is sent to the place arrives as it was, from the same place, each time from the same object.
        """
        for datagram in (b"\x04hello", b"\x01again"):
            self.assertTrue(self.here.send(datagram, self.to()))
            self.pump()
        self.assertEqual(self.recorder.datagrams, [(b"\x04hello", self.to()), (b"\x01again", self.to())])
        self.assertIs(self.recorder.datagrams[0][1], self.recorder.datagrams[1][1])

    def test_parts(self) -> None:
        """
        Parts arrive as one datagram.
        """
        self.assertTrue(self.here.sendParts([b"\x04he", memoryview(b"llo")], self.to()))
        self.pump()
        self.assertEqual([each for each, _ in self.recorder.datagrams], [b"\x04hello"])

    def test_trains(self) -> None:
        """
        Datagrams that leave in a train arrive as trains, in order; the last may be shorter.
        """
        datagrams = [bytes([4, number]) * 500 for number in range(100)] + [b"\x04last"]
        self.assertTrue(self.here.sendTrain(memoryview(b"".join(datagrams)), 1_000, self.to()))
        self.assertTrue(self.here.sendTrain(memoryview(b"\x04alone"), 1_000, self.to()))
        self.pump()
        self.assertEqual([each for each, _ in self.recorder.datagrams], [*datagrams, b"\x04alone"])
        self.assertEqual(self.recorder.counts[0], 64)

    def test_tooLong(self) -> None:
        """
        What the port below does not take because of its 8 octets more is not taken, and the port says so.
        """
        self.raw.longest = 1_007  # type: ignore[attr-defined]  # it is a simulated one
        self.assertFalse(self.here.wasTooLong)
        self.assertFalse(self.here.send(b"\x04" * 1_000, self.to()))
        self.assertTrue(self.here.wasTooLong)
        self.assertTrue(self.here.send(b"\x04" * 999, self.to()))
        self.assertFalse(self.here.wasTooLong)

    def test_answering(self) -> None:
        """
        Answers go back the same way, also those to strangers.
        """
        self.assertIs(self.here.answering(self.to()), self.here)
        self.assertIs(self.here.towards(self.to()), self.here)
        self.assertTrue(self.here.answerStranger(b"\x03cookie", self.to(), 0.5))
        self.pump()
        self.assertEqual([each for each, _ in self.recorder.datagrams], [b"\x03cookie"])

    def test_goneChannels(self) -> None:
        """
        Nothing is sent to a place whose channel has ended, nor after the port was closed.
        """
        self.here.remove(self.to())
        self.here.remove(self.to())
        self.assertFalse(self.here.send(b"\x04", self.to()))
        self.assertFalse(self.here.sendTrain(memoryview(b"\x04\x04"), 1, self.to()))
        self.here.close()
        self.here.close()
        self.pump()
        self.assertEqual(self.recorder.datagrams, [])

    def test_aRelayIsNotReachedOverAnother(self) -> None:
        """
        If a relay itself is behind one, nothing is sent to it; and a relay passes nothing on to an end that is behind
        one.
        """
        place = self.here.add(b"s" * 32, 7, Place(self.to(), self.here))
        assert place is not None
        self.assertFalse(self.here.send(b"\x04", place))
        channel = self.channels.make(
            (b"3" * 32, Place(("192.0.2.1", 22222))), (b"4" * 32, Place(self.to(), self.relay))
        )
        assert channel is not None
        self.raw.send(RELAY_LAYOUT.pack(RELAYED, channel.number) + b"\x04inner", self.relay.endpoint)
        self.pump()
        self.assertEqual(self.counters["drop-relay-loop"], 1)

    def test_twoRelaysWithOneNumber(self) -> None:
        """
        Numbers that two relays chose both belong to the first; the same relay's is only renewed.
        """
        self.assertIsNone(self.here.add(b"s" * 32, self.channel, Place()))
        self.assertEqual(self.here.add(b"r" * 32, self.channel, Place()), self.place)

    def test_separateDatagramsLeaveAsOneTrain(self) -> None:
        """
        What the kernel gave the relay one by one, side by side in its inbox, leaves as one train.
        """
        stride, size = 2_048, 100
        memory = bytearray(8 * stride)
        for number in range(8):
            memory[number * stride : number * stride + size] = RELAY_LAYOUT.pack(RELAYED, self.channel) + bytes(
                [4, *[number] * (size - 9)]
            )
        forwarding = Forwarding(self.channels.byNumber, self.clock.seconds, self.counters)
        slots = Slots(stride, memoryview(memory))
        forwarding.relayedTrainReceived(self.channel, slots, 2, 5, size, 50, self.raw.endpoint)
        self.pump()
        came = [(len(each), each[1]) for each, _ in self.recorder.datagrams]
        self.assertEqual(came, [(92, 2), (92, 3), (92, 4), (92, 5), (42, 6)])
        self.assertEqual(self.recorder.counts, [5])
