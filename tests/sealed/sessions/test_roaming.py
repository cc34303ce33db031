"""
Tests for peers that are heard elsewhere, honestly and not: L{wand.sealed.sessions.questions}.
"""

from __future__ import annotations

from simulated.sealed import SealedNetwork, SealedNode
from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import NODE_PORT, Endpoint, Heard
from wand.sealed.sessions.known_ways import PLACES_MAXIMUM
from wand.sealed.sessions.packets import DATA, HANDSHAKE_SIZE, INITIATION
from wand.sealed.sessions.presence import ANSWER, CHANCE, PRESENCE, SIGN_OF_LIFE, challengeOf
from wand.sealed.sessions.questions import CHALLENGE_INTERVAL, STRANGE_BURST, STRANGE_RATE
from wand.testing.inbox import Datagram

VICTIM = Endpoint("198.51.100.9", 9999)


class RoamingTestCase(SynchronousTestCase):
    """
    Two members in session.
    """

    def setUp(self) -> None:
        self.net = SealedNetwork()
        self.low, self.high = self.net.pair()
        self.low.send(self.high.peer, self.low.frameTo(self.high))
        self.net.run(2.0)
        self.net.underlay.sent.clear()

    def caught(self, sender: SealedNode, plaintext: bytes) -> bytes:
        """
        A datagram that a member sealed and that did not arrive: somebody on the path has it, or the member has other
        plans for it.
        """
        held: list[Datagram] = []
        undo = self.net.underlay.drop(lambda each: held.append(each) or True)  # type: ignore[func-returns-value]  # append gives None
        self.conversation(sender).link.sendPlain(plaintext)
        undo()
        self.net.underlay.sent.clear()
        return held[-1].payload

    def conversation(self, node: SealedNode):  # type: ignore[no-untyped-def]  # the names say it
        [conversation] = node.transport._conversations.members.values()
        return conversation

    def throw(self, payload: bytes, sender: tuple[str, int], at: SealedNode | None = None) -> None:
        (at or self.high).transport.reception.datagramReceived(memoryview(payload), sender)
        self.net.run(0.1)

    def sentTo(self, place: tuple[str, int]) -> list[bytes]:
        return [each.payload for each in self.net.underlay.sent if each.destination == place]

    def move(self, node: SealedNode, host: str = "198.51.100.7") -> Endpoint:
        """
        Give a node another address; it has the old one no more.
        """
        old = self.conversation(node).place.port
        moved = self.net.underlay.host(host).bindTrains("0.0.0.0", 22222, node.transport.reception)
        old.close()
        node.transport.ways.ports["4"] = moved
        for conversation in node.transport._conversations:
            conversation.place.port = moved
        return moved.source


class ForgedTests(RoamingTestCase):
    """
    What opens need not come from where it seems to.
    """

    def test_aVictimIsSentNoMoreThanSeemedToComeFromIt(self) -> None:
        """
        Genuine datagrams with the address of a victim, many a second: it is sent one challenge for five of them at the
        most, none longer than what came, while all that is for the peer goes where the peer is.
        """
        came = 0
        for number in range(100):
            plaintext = SIGN_OF_LIFE if number % 2 else b"\1" + self.low.frameTo(self.high)
            datagram = self.caught(self.low, plaintext)
            came += len(datagram)
            self.throw(datagram, VICTIM)
            self.high.send(self.low.peer, self.high.frameTo(self.low, bytes(1000)))
            self.net.run(0.1)
            sent = self.sentTo(VICTIM)
            self.assertLessEqual(sum(map(len, sent)), came)
            self.assertLessEqual(len(sent), 1)
            came -= sum(map(len, sent))
        self.assertEqual(len(self.low.frames), 100)

    def test_questionsFromAVictim(self) -> None:
        """
        Genuine questions with addresses of a victim: what goes there is no longer than what came, and has a rate.
        """
        questions = [self.caught(self.low, challengeOf(bytes(CHANCE), 0)) for _ in range(200)]
        self.throw(questions[0], VICTIM)
        self.assertEqual([len(each) for each in self.sentTo(VICTIM)], [len(questions[0])])
        for number, each in enumerate(questions[1:]):
            self.throw(each, Endpoint(VICTIM.host, 1 + number % 16))
        sent = [each for each in self.net.underlay.sent if each.destination.host == VICTIM.host]
        self.assertLessEqual(len(sent), STRANGE_BURST + 20 * STRANGE_RATE + 1)
        self.assertEqual(self.high.transport.sessions.endpointOf(self.low.peer), self.low.endpoint)
        self.assertEqual(self.high.transport._counters["sealed-roamed"], 0)

    def test_eachChallengeFollowsADatagramThatIsAsLong(self) -> None:
        """
        What is shorter than a challenge is answered with none.
        """
        for plaintext in (b"", b"\6", b"\0\x91\x1f"):
            self.throw(self.caught(self.low, plaintext), VICTIM)
            self.assertEqual(self.sentTo(VICTIM), [])
        self.throw(datagram := self.caught(self.low, SIGN_OF_LIFE), VICTIM)
        [challenge] = self.sentTo(VICTIM)
        self.assertEqual(len(challenge), len(datagram))

    def test_manyVictims(self) -> None:
        """
        However many addresses are forged, only the last few are remembered; few are asked, and each is sent at most
        what came.
        """
        victims = [Endpoint(f"198.51.100.{number}", 9) for number in range(1, 200)]
        began, sizes = self.net.clock.seconds(), []
        for each in victims:
            self.throw(self.caught(self.low, SIGN_OF_LIFE), each)
            sizes.append([len(sent) for sent in self.sentTo(each)])
        self.assertEqual(sizes[: int(STRANGE_BURST)], [[46]] * int(STRANGE_BURST))
        self.assertTrue(all(each in ([], [46]) for each in sizes))
        elapsed = self.net.clock.seconds() - began
        self.assertLessEqual(sizes.count([46]), STRANGE_BURST + STRANGE_RATE * elapsed)
        forged = [way for way in self.conversation(self.high).place.ways if way.place in victims]
        self.assertEqual(len(forged), PLACES_MAXIMUM)

    def test_whoDidNotSeeTheChallengeCanNotAnswerIt(self) -> None:
        """
        A dishonest member that forges its own address and guesses answers, or answers from where it is, moves nothing.
        """
        self.throw(self.caught(self.low, SIGN_OF_LIFE), VICTIM)
        for guess in (bytes(12), b"\xff" * 12, bytes(range(12)), bytes(8), b""):
            self.throw(self.caught(self.low, bytes([PRESENCE, ANSWER]) + guess), VICTIM)
        chance = next(iter(self.conversation(self.high).place.ways.at(VICTIM)._open))
        answer = bytes([PRESENCE, ANSWER]) + chance + bytes(4)
        self.throw(self.caught(self.low, answer), self.low.endpoint)
        self.throw(self.caught(self.low, answer), ("198.51.100.10", 9999))
        self.assertEqual(self.high.transport.sessions.endpointOf(self.low.peer), self.low.endpoint)
        self.throw(self.caught(self.low, answer), VICTIM)
        self.assertEqual(self.high.transport.sessions.endpointOf(self.low.peer), VICTIM)

    def test_theFirstDatagramOfASession(self) -> None:
        """
        Who sends the first datagram of a session read the response, and so is where that went, whatever the address on
        the datagram says.
        """
        third = self.net.node("three", "192.0.2.3")
        third.meet(self.high)
        undo = self.net.underlay.drop(lambda each: each.sender == third.endpoint and each.payload[0] == DATA)
        third.send(self.high.peer, third.frameTo(self.high, bytes(200)))
        self.net.run(0.1)
        undo()
        [first] = [each.payload for each in self.net.underlay.sent if each.sender == third.endpoint][1:]
        self.throw(first, VICTIM)
        self.assertEqual(self.high.transport.sessions.endpointOf(third.peer), third.endpoint)
        self.high.send(third.peer, self.high.frameTo(third, bytes(1000)))
        self.net.run(0.1)
        self.assertEqual(len(third.frames), 1)
        self.assertEqual([len(each) for each in self.sentTo(VICTIM)], [46])

    def test_aMemberThatSaysItIsAtAVictims(self) -> None:
        """
        A dishonest member names a victim's address beside its own and answers a handshake with it: the number in the
        answer tells where the handshake was read.
        """
        third = self.net.node("three", "192.0.2.3")
        places = [VICTIM, third.endpoint]
        self.high.transport.introduce(third.key.identity, third.key.exchangePublic, places)
        undo = self.net.underlay.drop(lambda each: each.sender == third.endpoint)
        self.high.send(third.peer, self.high.frameTo(third, bytes(1000)))
        self.net.run(0.1)
        undo()
        [response] = [each.payload for each in self.net.underlay.sent if each.sender == third.endpoint]
        self.net.underlay.sent.clear()
        self.throw(response, VICTIM)
        self.assertEqual(self.high.transport.sessions.endpointOf(third.peer), third.endpoint)
        self.assertEqual([len(each) for each in self.sentTo(VICTIM)], [46])
        self.assertEqual(len(third.frames), 1)

    def test_eachPlaceHasANumberOfItsOwn(self) -> None:
        """
        Of the initiations to several places no two can be taken for each other, and nothing of them is left behind.
        """
        third = self.net.node("three", "192.0.2.3")
        places = [third.endpoint, VICTIM, Endpoint("198.51.100.10", 1)]
        self.high.transport.introduce(third.key.identity, third.key.exchangePublic, places)
        third.transport.stop()
        self.high.send(third.peer, self.high.frameTo(third))
        self.net.run(10.0)
        initiations = [each for each in self.net.underlay.sent if each.payload[0] == INITIATION]
        self.assertTrue(all(len(each.payload) == HANDSHAKE_SIZE for each in initiations))
        numbers = {(each.destination, each.payload[4:8]) for each in initiations}
        self.assertEqual((len(numbers), len({number for _, number in numbers})), (3, 3))
        self.net.run(80.0)
        self.assertEqual(self.high.transport._shared.indices.attempts, {})


class HonestTests(RoamingTestCase):
    """
    Who moved is followed after one way there and back.
    """

    def setUp(self) -> None:
        super().setUp()
        self.net.underlay.delay = 0.02

    def test_aMemberThatMovedAndSends(self) -> None:
        """
        A member whose address changed is reached at the new one 40 ms after its first frame arrived there.
        """
        place = self.move(self.low)
        self.low.send(self.high.peer, self.low.frameTo(self.high))
        self.net.run(0.03, 0.01)
        self.assertEqual(len(self.high.frames), 2)
        self.assertEqual(self.high.transport.sessions.endpointOf(self.low.peer), self.low.endpoint)
        self.net.run(0.06, 0.01)
        self.assertEqual(self.high.transport.sessions.endpointOf(self.low.peer), place)
        self.high.send(self.low.peer, self.high.frameTo(self.low))
        self.net.run()
        self.assertEqual(len(self.low.frames), 1)
        self.assertEqual(self.high.transport._counters["sealed-roamed"], 1)

    def test_aKeepaliveIsEnough(self) -> None:
        """
        A keepalive from a new address, as after a NAT forgot who is behind it, is enough to be followed.
        """
        place = self.move(self.low)
        self.conversation(self.low).keepalive()
        self.net.run(0.1, 0.01)
        self.assertEqual(self.high.transport.sessions.endpointOf(self.low.peer), place)

    def test_aChallengeIsLost(self) -> None:
        """
        When the challenge or its answer is lost, the next datagram brings another one.
        """
        place = self.move(self.low)
        undo = self.net.underlay.drop(lambda each: each.destination == place)
        self.conversation(self.low).keepalive()
        self.net.run(CHALLENGE_INTERVAL + 0.1)
        undo()
        self.conversation(self.low).keepalive()
        self.net.run(0.1, 0.01)
        self.assertEqual(self.high.transport.sessions.endpointOf(self.low.peer), place)

    def test_somebodyElseIsForgedAtTheSameTime(self) -> None:
        """
        A member that moves is followed while somebody on the path lets it seem to be elsewhere.
        """
        place = self.move(self.low)
        for _ in range(3):
            self.throw(self.caught(self.low, SIGN_OF_LIFE), VICTIM)
        self.low.send(self.high.peer, self.low.frameTo(self.high))
        self.net.run(0.1, 0.01)
        self.assertEqual(self.high.transport.sessions.endpointOf(self.low.peer), place)

    def test_backAndForth(self) -> None:
        """
        A member that comes back to its old address is followed there too.
        """
        self.move(self.low)
        self.conversation(self.low).keepalive()
        self.net.run(0.5, 0.01)
        place = self.move(self.low, self.low.host)
        self.conversation(self.low).keepalive()
        self.net.run(0.5, 0.01)
        self.assertEqual(self.high.transport.sessions.endpointOf(self.low.peer), place)

    def multihomed(self) -> tuple[SealedNode, SealedNode]:
        """
        A member that is known at its host's second address only, in session with one that knows it.
        """
        self.net = SealedNetwork()
        server = self.net.node("server", "192.0.2.1", more=("192.0.2.2",))
        client = self.net.node("client", "192.0.2.9")
        client.transport.introduce(server.key.identity, server.key.exchangePublic, [Endpoint("192.0.2.2", NODE_PORT)])
        client.send(server.peer, client.frameTo(server))
        self.net.run()
        self.net.underlay.sent.clear()
        return server, client

    def test_theChallengeComesFromTheAddressThatWasAsked(self) -> None:
        """
        A member that moved to behind a stateful firewall is followed by one with several addresses, and hears it.
        """
        server, client = self.multihomed()
        self.net.underlay.guard("198.51.100.7")
        client.transport.ways.ports["4"].move("198.51.100.7")  # type: ignore[attr-defined]  # of the simulated port only
        client.send(server.peer, client.frameTo(server))
        self.net.run()
        self.assertEqual(server.transport.sessions.endpointOf(client.peer), Endpoint("198.51.100.7", NODE_PORT))
        server.send(client.peer, server.frameTo(client))
        self.net.run()
        self.assertEqual(len(client.frames), 1)
        self.assertEqual(server.transport._counters["sealed-challenges-sent"], 1)

    def test_heardAtAnotherAddressOfOurs(self) -> None:
        """
        A peer that is where it was, and asks another address of ours, is answered from that one and not challenged.
        """
        server, client = self.multihomed()
        datagram = self.caught(client, b"\1" + client.frameTo(server))
        self.throw(datagram, Heard.at(*client.endpoint, "192.0.2.1"), server)
        self.assertEqual(list(self.net.underlay.sent), [])
        server.send(client.peer, server.frameTo(client))
        self.net.run()
        self.assertEqual(next(iter(self.net.underlay.sent)).sender.host, "192.0.2.1")
        self.assertEqual((len(server.frames), len(client.frames)), (2, 1))

    def test_nobodyIsKeptAwakeByChallenges(self) -> None:
        """
        Keepalives, challenges and answers do not count as use: the session of two who say nothing else ends.
        """
        self.move(self.low)
        self.conversation(self.low).keepalive()
        self.net.run(400.0, 1.0)
        self.assertEqual(self.high.sessions[-1], (self.low.peer, False))

    def test_whereNobodyMayBeReached(self) -> None:
        """
        An address of the overlay is challenged by nobody: the tunnel would run inside itself.
        """
        self.high.transport.mayReach = lambda host: not host.startswith("10.77.")
        self.throw(self.caught(self.low, SIGN_OF_LIFE), ("10.77.0.3", 22222))
        self.assertEqual(list(self.net.underlay.sent), [])
