"""
A part of the contract of peer protocols: many frames, many peers, and what happens in the middle of something else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Final

import attrs
from zope.interface import implementer

from wand.endpoint import NODE_PORT, Endpoint
from wand.ethernet import Frame
from wand.interfaces import IFrameReceiver
from wand.table import Peer
from wand.testing import protocol_rules as rules
from wand.testing.inbox import Deaf
from wand.testing.memory import grownBy, keptOf
from wand.testing.protocol_bench import ProtocolNode
from wand.testing.protocol_ending import ProtocolEnding
from wand.underlay.ports import DatagramPort

#: How many frames are sent one after the other, more than an octet can count.
_ENDURANCE: Final = 600

#: How many frames go to a peer that is not there, how many strangers send, and how long that is.
_MANY: Final = 600
_LENGTH: Final = 1000

#: How many octets may be in use for each stranger then.
_OF_EACH: Final = 50


@implementer(IFrameReceiver)
@attrs.define(eq=False)
class _Doing(ProtocolNode):
    """
    A node that does something at each frame.

    @ivar do: what.
    @ivar changed: what a frame was before and after it, where it is not the same.
    """

    do: Callable[[], object] = lambda: None
    changed: tuple[bytes, bytes] | None = None

    def frameReceived(self, peer: Peer, frame: Frame) -> None:
        """
        See L{IFrameReceiver}.
        """
        before = bytes(frame)
        self.do()
        if bytes(frame) != before:
            self.changed = before, bytes(frame)
        super().frameReceived(peer, before)


class ProtocolMeanwhile(ProtocolEnding):
    """
    Sending, stopping and waiting in any order.
    """

    def _doing(self) -> tuple[ProtocolNode, _Doing]:
        """
        Two nodes, of which one does something at each frame.
        """
        one, plain = self.node(1), self.node(2)
        other = _Doing(plain.number, plain.context, plain.transport)
        for each in (one, other):
            each.transport.start(each)
        self.meet(one, other)
        self.pass_(0.1)
        return one, other

    def test_manyFramesPass(self) -> None:
        """
        Frames pass after many others.
        """
        one, other = self.pair()
        sent = 0
        for first in range(0, _ENDURANCE, 20):
            frames = [one.frameTo(other, 60, first + number) for number in range(20)]
            other.frames.clear()
            self.sends(one, other, frames)
            self.until(lambda: len(other.frames) >= 20)
            came = len({frame for _, frame in other.frames} & set(frames))
            sent += len(frames)
            self.expect(came == 20, rules.LASTS, f"of the last 20 of {sent} frames {came} came")

    def test_groupsOfSeveral(self) -> None:
        """
        A frame to a group goes to each of several peers.
        """
        one, others = self.node(1), [self.node(number) for number in range(2, self.nodes + 1)]
        for each in (one, *others):
            each.transport.start(each)
        for each in others:
            self.meet(one, each)
        self.pass_(0.1)
        for each in others:
            self.passes(one, each, [60])
            each.frames.clear()
        frame = b"\xff" * 6 + one.frameTo(others[0], 60)[6:]
        one.transport.sendEach([self.peerOf(one, each) for each in others], frame)
        one.transport.flush()
        self.until(lambda: all(each.frames for each in others))
        for each in others:
            came = [frame for _, frame in each.frames]
            self.expect(came == [frame], rules.EACH_OF_MANY, f"to node {each.number} it came {len(came)} times")
            peer = each.frames[0][0]
            self.expect(peer == self.peerOf(each, one), rules.FROM_WHOM, f"node {each.number} has it from {peer!r}")

    def test_peersAreKeys(self) -> None:
        """
        A peer can be the key of a dictionary.
        """
        one, other = self.pair()
        self.passes(one, other, [60])
        for peer in (self.peerOf(other, one), *(peer for peer, _ in other.frames)):
            with self.keeping(rules.A_KEY, f"hash() of {peer!r}"):
                isSame = hash(peer) == hash(self.peerOf(other, one)) and peer == self.peerOf(other, one)
            self.expect(isSame, rules.A_KEY, f"{peer!r} is not the same each time")

    def test_sendWithinAFrame(self) -> None:
        """
        The receiver may send while it has a frame, which stays as it is.
        """
        one, other = self._doing()
        other.do = lambda: other.transport.send(self.peerOf(other, one), other.frameTo(one, 300, 0xAAAAAAAA))
        with self.keeping(rules.GOOD_UNTIL_RETURN, "receiving, with a send() from within frameReceived,"):
            self.passes(one, other, [60, 100, 200], rules.GOOD_UNTIL_RETURN)
        self.expect(other.changed is None, rules.GOOD_UNTIL_RETURN, f"it became another: {other.changed}")

    def test_stopWithinAFrame(self) -> None:
        """
        The receiver may stop the transport when it gets a frame; it gets nothing more.
        """
        one, other = self._doing()
        other.do = other.transport.stop
        with self.keeping(rules.STOP, "receiving, with a stop() from within frameReceived,"):
            self.sends(one, other, [one.frameTo(other, 60, number) for number in range(5)])
            self.pass_(1)
        self.raisedNothing(other, rules.STOP)
        self.expect(len(other.frames) == 1, rules.STOP, f"stopped at the first, it handed over {len(other.frames)}")

    def test_silentPeersHaveAccounts(self) -> None:
        """
        A peer with which nothing passed yet can be asked for and removed.
        """
        one, other = self.pair()
        peer = self.peerOf(one, other)
        one.transport.peerAdded(peer)
        with self.keeping(rules.ACCOUNT_BEGINS, "peerStatus()"):
            status = one.transport.peerStatus(peer)
        counted = (status.framesSent, status.framesReceived)
        self.expect(counted == (0, 0), rules.ACCOUNT_BEGINS, f"it has {counted}")
        with self.keeping(rules.ACCOUNT_BEGINS, "peerRemoved()"):
            one.transport.peerRemoved(peer)

    def test_peersAreHeardAgain(self) -> None:
        """
        A peer that goes on sending is heard again.
        """
        one, other = self.pair()
        other.transport.peerAdded(self.peerOf(other, one))
        for number in range(70):
            self.sends(one, other, [one.frameTo(other, 60, number)])
            self.pass_(1)
        found = f"for a frame each second for 70 seconds it was called {len(other.heard)} times"
        self.expect(len(other.heard) > 1, rules.HEARD, found)

    def test_framesAreNotKept(self) -> None:
        """
        Frames to a peer that is not there are not kept.
        """
        one, other = self.pair()
        self.passes(one, other, [60])
        other.transport.stop()

        def send(count: int) -> None:
            for number in range(count):
                self.sends(one, other, [one.frameTo(other, _LENGTH, number)])
            self.clock.pump([0.0] * 4)
            self.network.sent.clear()

        send(300)
        with grownBy() as grown:
            send(_MANY)
        found = f"{grown[0]} octets more are in use after {_MANY} frames of {_LENGTH} octets"
        self.expect(grown[0] < _MANY * _LENGTH // 2, rules.KEEPS_NOTHING, found)

    def test_strangersAreNotKept(self) -> None:
        """
        Strangers who send from many places need no more and more memory.
        """
        _, other = self.pair()
        random, place = Random(3), Endpoint(f"192.0.2.{other.number}", NODE_PORT)
        hosts = [self.network.host(f"198.51.{100 + number // 250}.{number % 250 + 1}") for number in range(2 * _MANY)]
        strangers = [host.bind("0.0.0.0", 4444, Deaf()) for host in hosts]
        nobody = Endpoint("198.51.99.1", 4444)
        self.network.host(nobody.host).bind("0.0.0.0", nobody.port, Deaf())

        def send(some: Sequence[DatagramPort], place: Endpoint) -> None:
            for each in some:
                each.send(random.randbytes(_LENGTH), place)
                self.clock.pump([0.0] * 4)
            self.network.sent.clear()
            other.frames.clear()

        more = keptOf(send, strangers, _MANY, place, nobody)
        found = f"{more} octets more are in use after {_MANY} strangers sent {_LENGTH} octets each"
        self.expect(more < _MANY * _OF_EACH, rules.STRANGERS_KEPT, found)

    def test_idlePeersAreLeftAlone(self) -> None:
        """
        Without frames little is sent.
        """
        one, other = self.pair()
        self.passes(one, other, [60])
        self.pass_(5)
        sent = len(self.network.sent)
        for _ in range(1000):
            self.clock.advance(0.01)
        sent = len(self.network.sent) - sent
        self.expect(sent <= 100, rules.MODEST, f"two idle nodes sent {sent} datagrams in ten seconds")
