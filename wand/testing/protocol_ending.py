"""
A part of the contract of peer protocols: beginnings, endings and strangers; and how frames are seen to pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from wand.endpoint import NODE_PORT, Endpoint
from wand.ethernet import OVERHEAD
from wand.table import Peer
from wand.testing import protocol_rules as rules
from wand.testing.contract import Rule
from wand.testing.frames import difference
from wand.testing.inbox import Deaf
from wand.testing.protocol_bench import ProtocolBench, ProtocolNode


class ProtocolEnding(ProtocolBench):
    """
    How a transport begins and ends, and what strangers may do.
    """

    # Tools.

    def sizes(self) -> list[int]:
        """
        Sizes of frames, up to the largest.
        """
        sizes = [size for size in (14, 15, 60, 500, 1500, 4000) if size < self.mtu]
        return [*sizes, self.mtu, self.mtu + 14, self.mtu + OVERHEAD]

    def sends(self, one: ProtocolNode, other: ProtocolNode, frames: Sequence[bytes]) -> None:
        """
        Send a batch of frames.
        """
        peer = self.peerOf(one, other)
        with self.keeping(rules.NEVER_RAISES, "sending"):
            for frame in frames:
                one.transport.send(peer, frame)
            one.transport.flush()

    def passes(self, one: ProtocolNode, other: ProtocolNode, sizes: Sequence[int], rule: Rule = rules.WHOLE) -> None:
        """
        See frames pass, each once, whole, from whom they came.
        """
        frames = [one.frameTo(other, size, number) for number, size in enumerate(sizes)]
        before = len(other.frames)
        for frame in frames:
            self.sends(one, other, [frame])
            self.pass_(0.05)
        self.until(lambda: len(other.frames) - before >= len(frames))
        came = other.frames[before:]
        octets = [frame for _, frame in came]
        self.expect(not other.strange, rules.OCTETS, f"a {', a '.join(other.strange)}")
        self.expect(sorted(octets) == sorted(frames), rule, difference(frames, octets))
        expected = self.peerOf(other, one)
        others: list[Peer] = [peer for peer, _ in came if peer != expected]
        self.expect(not others, rules.FROM_WHOM, f"{others[:1]}, and not {expected!r}")

    # The contract.

    def test_nothingBeforeTheStart(self) -> None:
        """
        What arrives before the start is handed to nobody, and raises nothing.
        """
        one, other = self.node(1), self.node(2)
        one.transport.start(one)
        self.meet(one, other)
        with self.keeping(rules.NOT_BEFORE, "sending to a node that was not started"):
            self.sends(one, other, [one.frameTo(other, 60)])
            self.pass_(0.5)
        self.raisedNothing(other, rules.NOT_BEFORE)
        self.expect(not other.frames, rules.NOT_BEFORE, f"{len(other.frames)} frames were handed over")
        other.transport.start(other)
        self.pass_(0.5)
        other.frames.clear()
        self.passes(one, other, [60])

    def test_strangers(self) -> None:
        """
        Datagrams of strangers, of random octets and of such as peers send, disturb nothing.
        """
        one, other = self.pair()
        self.passes(one, other, [60, 500])
        came, random = len(other.frames), Random(1)
        seen = [each.payload for each in self.network.sent if each.payload][-20:]
        stranger = self.network.host("198.51.100.66").bind("0.0.0.0", 4444, Deaf())
        brought, sent = 0, len(self.network.sent)
        for number in range(300):
            datagram = _spoiled(random, seen[number % len(seen)]) if number % 2 else random.randbytes(number % 200)
            brought += len(datagram)
            with self.keeping(rules.STRANGERS, f"a datagram {datagram[:40].hex()}"):
                stranger.send(datagram, Endpoint(f"192.0.2.{other.number}", NODE_PORT))
                self.clock.advance(0)
        self.pass_(1)
        answers = [each for each in list(self.network.sent)[sent:] if each.destination.host == "198.51.100.66"]
        answered = sum(len(each.payload) for each in answers)
        self.expect(answered <= brought, rules.STRANGERS, f"{brought} octets were answered with {answered}")
        self.raisedNothing(other, rules.STRANGERS)
        peer = self.peerOf(other, one)
        forged = [frame for each, frame in other.frames[came:] if each == peer]
        self.expect(not forged, rules.STRANGERS, f"{len(forged)} frames were taken for a peer's")
        self.passes(one, other, [60], rules.STRANGERS)

    def raisedNothing(self, node: ProtocolNode, rule: Rule) -> None:
        """
        See that no exception was counted.
        """
        raised = [name for name, count in node.context.counters.items() if name.startswith("drop-raised") and count]
        self.expect(not raised, rule, f"exceptions were counted in {', '.join(raised)}")

    def test_whoIsNotThere(self) -> None:
        """
        To send to a peer that does not answer raises nothing, and disturbs no other.
        """
        one, other = self.pair()
        self.passes(one, other, [60])
        other.transport.stop()
        self.sends(one, other, [one.frameTo(other, 60, number) for number in range(50)])
        self.pass_(3)
        self.raisedNothing(one, rules.NEVER_RAISES)

    def test_stopLeavesNothing(self) -> None:
        """
        A transport that was stopped has no timer, its port is free, and nothing is sent or handed over any more.
        """
        before = self.holdings()
        one, other = self.pair()
        self.passes(one, other, [60])
        self.sends(one, other, [one.frameTo(other, 60)])
        for each in (one, other):
            with self.keeping(rules.STOP, "stop(), called twice,"):
                each.transport.stop()
                each.transport.stop()
        self.clock.pump([0.0] * 4)  # what is under way on the network is lost
        came, sent, after = len(other.frames), len(self.network.sent), self.holdings()
        self.expect(before == after, rules.STOP, f"(descriptors, timers, readers) {before} became {after}")
        with self.keeping(rules.STOP, "binding the port again"):
            self.network.host("192.0.2.1").bind("0.0.0.0", NODE_PORT, Deaf()).close()
        self.pass_(10)
        found = f"{len(other.frames) - came} frames came, {len(self.network.sent) - sent} datagrams were sent"
        isSilent = (len(other.frames), len(self.network.sent)) == (came, sent)
        self.expect(isSilent, rules.STOP, found)

    def test_sendAfterStop(self) -> None:
        """
        After the end frames are dropped.
        """
        one, other = self.pair()
        self.passes(one, other, [60])
        peer, sent = self.peerOf(one, other), len(self.network.sent)
        one.transport.stop()
        sent = len(self.network.sent)
        with self.keeping(rules.AFTER_STOP, "send() or flush()"):
            one.transport.send(peer, one.frameTo(other, 60))
            one.transport.sendEach([peer], one.frameTo(other, 60))
            one.transport.flush()
        count = len(self.network.sent) - sent
        self.expect(not count, rules.AFTER_STOP, f"{count} datagrams were sent")


def _spoiled(random: Random, datagram: bytes) -> bytes:
    """
    A datagram of a peer's with some octets changed, or with its end cut off.
    """
    changed = bytearray(datagram)
    for _ in range(random.randrange(4)):
        changed[random.randrange(len(changed))] = random.randrange(256)
    return bytes(changed[: random.randrange(len(changed)) + 1])
