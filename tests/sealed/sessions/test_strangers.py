"""
Strangers cannot keep members out: floods of initiations, in simulated time.
"""

from __future__ import annotations

from itertools import count
from random import Random

from simulated.sealed import SealedNetwork, SealedNode
from twisted.internet.task import LoopingCall
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.sessions.packets import HANDSHAKE_SIZE, TAG, _withMacs, macKey
from wand.sealed.sessions.timers import RENEW_INITIATOR

#: Seconds between two bundles of a flood.
STEP = 0.05


class Flood:
    """
    Initiations with a right mac1, as everybody can make who knows the exchange key.
    """

    def __init__(self, net: SealedNetwork, victim: SealedNode, rate: int, senders: list[tuple[str, int]]) -> None:
        key = macKey(victim.key.exchangePublic)
        self._messages = [
            memoryview(_withMacs(b"\1\1\0\0" + Random(each).randbytes(HANDSHAKE_SIZE - 4 - 2 * TAG), key, b""))
            for each in range(20)
        ]
        self._receive = victim.transport.reception.datagramReceived
        self._senders = senders
        self._number = count()
        self._bundle = round(rate * STEP)
        self.loop = LoopingCall(self._send)
        self.loop.clock = net.clock
        self.loop.start(STEP)

    def _send(self) -> None:
        for _ in range(self._bundle):
            number = next(self._number)
            self._receive(self._messages[number % 20], self._senders[number % len(self._senders)])


class StrangersTests(SynchronousTestCase):
    """
    A server, a member, and a flood.
    """

    def setUp(self) -> None:
        self.net = SealedNetwork()
        self.net.underlay.delay = 0.01
        self.server = self.net.node("server", "192.0.2.1", isServer=True)
        self.member = self.net.node("bob", "192.0.2.2")
        self.member.meet(self.server)
        self.random = [(f"203.0.{each >> 8}.{each & 255}", 1024 + each) for each in range(5000)]

    def flood(self, rate: int, senders: list[tuple[str, int]]) -> Flood:
        flood = Flood(self.net, self.server, rate, senders)
        self.addCleanup(flood.loop.stop)
        self.net.run(1.1, STEP)
        return flood

    def secondsToASession(self) -> float:
        begin = self.net.clock.seconds()
        self.member.transport.sendControl(self.server.peer, b"\x91\x1f")
        while not self.server.controls:
            self.assertLess(self.net.clock.seconds() - begin, 20.0, "the member is kept out")
            self.net.run(STEP, STEP)
        return self.net.clock.seconds() - begin

    def test_aForgedSenderKeepsNobodyOut(self) -> None:
        """
        150 initiations a second with the member's own address, from the same port or others: it has its session at
        once, with one more way there and back.
        """
        for ports in ([22222], range(1024, 1174)):
            with self.subTest(ports=len(list(ports))):
                self.setUp()
                self.flood(150, [("192.0.2.2", port) for port in ports])
                self.assertLess(self.secondsToASession(), 0.5)

    def test_fasterFloodsOfForgedSenders(self) -> None:
        """
        2,000 a second do not keep it out either, and neither do as many from anywhere.
        """
        for senders in ([("192.0.2.2", 22222)], self.random):
            self.setUp()
            self.flood(2000, senders)
            self.assertLess(self.secondsToASession(), 0.5)

    def test_aFloodThatIsAsFastAsWeAre(self) -> None:
        """
        At 10,000 a second, half of them with the member's address, it still has its session within seconds.
        """
        self.flood(10_000, [each for other in self.random for each in (other, ("192.0.2.2", 22222))])
        self.assertLess(self.secondsToASession(), 10.0)

    def test_nothingIsMadeForTheFlood(self) -> None:
        """
        A flood makes nothing but demands for cookies, each shorter than what it answers.
        """
        self.flood(2000, self.random)
        self.net.underlay.sent.clear()
        self.net.run(1.0, STEP)
        sizes = {len(each.payload) for each in self.net.underlay.sent}
        self.assertEqual(sizes, {52})
        self.assertLessEqual(len(self.net.underlay.sent), 2100)
        self.assertEqual(self.server.transport._counters["sealed-initiations-answered"], 0)
        self.assertEqual(len(self.server.transport._conversations.members), 0)

    def test_aSessionIsRenewedDuringAFlood(self) -> None:
        """
        A member in session renews it during a flood, and loses nothing meanwhile.
        """
        self.secondsToASession()
        self.flood(150, [("192.0.2.2", 22222)])
        begin = self.server.transport._counters["sealed-sessions"]
        for _ in range(round(RENEW_INITIATOR / 0.5) + 20):
            self.member.transport.sendControl(self.server.peer, b"\x91\x1f")
            self.net.run(0.5, 0.25)
        self.assertGreater(self.server.transport._counters["sealed-sessions"], begin)
        self.assertEqual(len(self.server.controls), round(RENEW_INITIATOR / 0.5) + 21)
        self.assertNotIn((self.member.peer, False), self.server.sessions)

    def test_manyMembersBehindOneNAT(self) -> None:
        """
        60 members that share one address and come back during a flood with that very address are all there after a few
        seconds.
        """
        self.flood(150, [("192.0.2.2", 40_000 + each) for each in range(150)])
        nodes = [self.net.node(f"n{each}", f"198.51.100.{each}") for each in range(1, 61)]
        answering = self.server.transport._handshakes.answering
        mayTry = answering._hurry.mayTry
        answering._hurry.mayTry = lambda sender, *, isPeer: mayTry(  # type: ignore[method-assign]  # one address for all
            ("192.0.2.2", int(sender[0].rpartition(".")[2])), isPeer=isPeer
        )
        for each in nodes:
            each.meet(self.server)
            each.transport.sendControl(self.server.peer, b"\x91\x1f")
        self.net.run(5.0, STEP)
        self.assertEqual(len({peer for peer, up in self.server.sessions if up}), 60)

    def test_whoIsForgottenIsNoPeerAnyMore(self) -> None:
        """
        An endpoint counts as that of a peer while there is a conversation with somebody there, and no longer.
        """
        self.secondsToASession()
        places = self.server.transport._shared.places
        self.assertTrue(places.hasPeer(self.member.endpoint))
        self.assertTrue(places.isPeers("192.0.2.2"))
        self.server.transport.sessions.end(self.member.peer)
        self.assertFalse(places.hasPeer(self.member.endpoint))
        self.assertFalse(places.isPeers("192.0.2.2"))
