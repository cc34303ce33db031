"""
A part of the contract of peer protocols: any octets, peers that come back, and what is said of strangers.
"""

from __future__ import annotations

from random import Random
from typing import Final

from wand.endpoint import NODE_PORT, Endpoint
from wand.testing import plugin_rules
from wand.testing import protocol_rules as rules
from wand.testing.inbox import Deaf
from wand.testing.protocol_ending import ProtocolEnding
from wand.testing.saying import saying

#: How many datagrams of strangers come to hear what is said of them.
_MANY: Final = 200

#: How many frames are sent at once.
_BATCH: Final = 16

#: By how many seconds the clock of the host is set back.
_DAY: Final = 86_400.0


class ProtocolManners(ProtocolEnding):
    """
    What frames are made of, and what happens besides them.
    """

    def test_anyOctets(self) -> None:
        """
        Frames pass whatever octets they have.
        """
        one, other = self.pair()
        self.passes(one, other, [60])
        header = one.frameTo(other, 14)
        frames = [header + bytes([octet]) * 50 for octet in range(256)]
        for begin in range(0, len(frames), _BATCH):
            other.frames.clear()
            some = frames[begin : begin + _BATCH]
            self.sends(one, other, some)
            self.until(lambda: len(other.frames) >= _BATCH)
            came = {frame for _, frame in other.frames}
            for frame in some:
                found = f"of a frame with octets that end with {frame[-1:].hex()} came something else, or nothing"
                self.expect(frame in came, rules.WHOLE, found)

    def test_accountsApart(self) -> None:
        """
        Each peer has an account of its own.
        """
        one, other = self.pair()
        silent = self.node(3)
        silent.transport.start(silent)
        self.meet(one, silent)
        self.pass_(0.1)
        peer = self.peerOf(one, silent)
        for each in (peer, self.peerOf(one, other)):
            one.transport.peerAdded(each)
        self.passes(one, other, [60, 60, 60])
        status = one.transport.peerStatus(peer)
        counted = (status.framesSent, status.framesReceived)
        found = f"of a peer with which nothing passed it has {counted}, where 3 frames went to another one"
        self.expect(counted == (0, 0), rules.ACCOUNT, found)

    def test_peersComeBack(self) -> None:
        """
        Frames pass to a peer that left the table and came back.
        """
        one, other = self.pair()
        peer = self.peerOf(one, other)
        for _ in range(2):
            one.transport.peerAdded(peer)
            self.passes(one, other, [60], rules.COMES_BACK)
            one.transport.peerRemoved(peer)
            self.pass_(1)
        one.transport.peerAdded(peer)
        self.meet(one, other)
        self.pass_(0.1)
        self.passes(one, other, [60], rules.COMES_BACK)

    def test_clockIsSet(self) -> None:
        """
        Frames pass when the clock of a host was set back.
        """
        set_ = self.clockOfTheHost()
        one, other = self.pair()
        self.passes(one, other, [60])
        set_(-_DAY)
        self.passes(one, other, [60], plugin_rules.ELAPSED)
        self.passes(other, one, [60], plugin_rules.ELAPSED)

    def test_saysLittle(self) -> None:
        """
        It does not talk of every datagram of a stranger's.
        """
        one, _ = self.pair()
        stranger, random = self.network.host("198.51.100.66").bind("0.0.0.0", 4444, Deaf()), Random(2)
        with saying(one.context) as said:
            for number in range(_MANY):
                stranger.send(random.randbytes(number), Endpoint(f"192.0.2.{one.number}", NODE_PORT))
                self.clock.advance(0)
        found = f"{said.messages} messages for {_MANY} datagrams of a stranger"
        self.expect(said.messages < _MANY // 4, plugin_rules.SAYS_LITTLE, found)
        found = f"{said.events} events for {_MANY} datagrams of a stranger"
        self.expect(said.events < _MANY // 4, plugin_rules.SAYS_LITTLE, found)
