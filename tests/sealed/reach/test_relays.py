"""
Tests for relays: members that cannot reach each other do so over a server, or over a member with the relay right.
"""

from __future__ import annotations

import struct

from simulated.relays import Relayed, RelayedNetwork
from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import Endpoint
from wand.sealed.reach import relay_channels
from wand.sealed.reach.relay_messages import Allocate, Release, pack
from wand.sealed.reach.relay_quota import BURST_LEAST, RelaySettings
from wand.sealed.reach.relaying import PATIENCE, REFRESH
from wand.underlay.place_kinds import IPV4, RELAY


class RelaysTestCase(SynchronousTestCase):
    """
    Two members that are hidden from each other, and what is between them.
    """

    def setUp(self) -> None:
        self.network = RelayedNetwork()
        self.clock = self.network.clock
        self.one = self.network.member("one", "192.0.2.1", isHidden=True)
        self.two = self.network.member("two", "192.0.2.2", isHidden=True)
        self.network.introduce(self.one, self.two)

    def server(self, host: str = "192.0.2.100", **settings: int) -> Relayed:
        """
        A server with which both have a session.
        """
        name = f"server-{host.rpartition('.')[2]}"
        server = self.network.member(name, host, isServer=True, settings=RelaySettings(**settings))
        self.serve(server)
        return server

    def serve(self, relay: Relayed) -> None:
        """
        Have both begin a session with a relay.
        """
        for each in (self.one, self.two):
            self.network.talk(each, relay)
        self.run_(1.0)

    def run_(self, seconds: float, step: float = 0.01) -> None:
        """
        Let time pass.
        """
        self.network.run(seconds, step)

    def until(self, payload: bytes, member: Relayed, seconds: float) -> float:
        """
        Let time pass until a frame came.

        @return: how long that took.
        """
        begun = self.clock.seconds()
        while payload not in member.got():
            self.run_(0.01)
            self.assertLess(self.clock.seconds() - begun, seconds)
        return self.clock.seconds() - begun

    def recovery(self) -> float:
        """
        Send again and again until something comes.

        @return: how long that took.
        """
        begun, count = self.clock.seconds(), len(self.two.got())
        while len(self.two.got()) == count:
            self.one.send(self.two, b"again")
            self.run_(0.1)
            self.assertLess(self.clock.seconds() - begun, 60.0)
        return self.clock.seconds() - begun


class OverAServerTests(RelaysTestCase):
    """
    A server passes datagrams on.
    """

    def test_aFrameArrives(self) -> None:
        """
        Members that cannot reach each other do so over the server, in both directions, and the server's counters say
        so; neither is sent anything by the other directly that arrives.
        """
        server = self.server()
        self.one.send(self.two, b"there")
        self.until(b"there", self.two, 2.0)
        self.two.send(self.one, b"and back")
        self.until(b"and back", self.one, 0.1)
        self.assertEqual((self.one.wayTo(self.two), self.two.wayTo(self.one)), (RELAY, RELAY))
        self.assertEqual(server.relay.status().channels, 1)
        self.assertGreaterEqual(server.relay.status().datagrams, 4)

    def test_whoIsReachedDirectlyCostsNoRelayAnything(self) -> None:
        """
        No channel is asked for if the member answers at once.
        """
        server = self.server()
        self.network.hidden.clear()
        self.one.send(self.two)
        self.run_(PATIENCE + 3.0)
        self.assertEqual(self.two.got(), [b"payload"])
        self.assertEqual(self.one.counters["relayed-asks"], 0)
        self.assertEqual(server.relay.status().channels, 0)

    def test_theRelayLearnsNothing(self) -> None:
        """
        What passes over the relay is what would go directly, with 8 octets in front: no frame, no name.
        """
        self.server()
        self.one.send(self.two, b"a secret of ours")
        self.until(b"a secret of ours", self.two, 2.0)
        relayed = [each.payload for each in self.network.underlay.sent if each.payload[:1] == b"\x05"]
        self.assertTrue(relayed)
        for payload in relayed:
            self.assertIn(payload[8], (1, 2, 4))
            self.assertNotIn(b"secret", payload)

    def test_channelsAreKeptWhileInUseAndReleasedAfterwards(self) -> None:
        """
        A channel stays while there is a session with the member, also if nothing passes; it is released soon after.
        """
        server = self.server()
        self.one.send(self.two)
        self.until(b"payload", self.two, 2.0)
        for _ in range(5):
            self.run_(30.0, step=0.5)
            self.assertEqual(server.relay.status().channels, 1)
        self.run_(400.0, step=0.5)
        self.assertFalse(self.one.node.transport.isUp(self.two.node.peer))
        self.assertEqual(server.relay.status().channels, 0)

    def test_idleChannelsEnd(self) -> None:
        """
        A channel of which neither end says anything any more ends by itself.
        """
        server = self.server()
        self.one.send(self.two)
        self.until(b"payload", self.two, 2.0)
        self.network.hidden.add(server.node.host)
        self.run_(relay_channels.IDLE + 2.0, step=0.5)
        self.assertEqual(server.relay.status().channels, 0)

    def test_bothSendAtOnce(self) -> None:
        """
        Two that want each other at the same moment get one channel.
        """
        server = self.server()
        self.one.send(self.two, b"to two")
        self.two.send(self.one, b"to one")
        self.until(b"to two", self.two, 4.0)
        self.until(b"to one", self.one, 4.0)
        self.assertEqual(server.relay.status().channels, 1)

    def test_anEndRoams(self) -> None:
        """
        An end that gets another address goes on as soon as its session with the relay has followed it.
        """
        server = self.server()
        self.one.send(self.two)
        self.until(b"payload", self.two, 2.0)
        port = self.one.node.transport.ways.ports[IPV4]
        port.move("192.0.2.77")  # type: ignore[attr-defined]  # it is a simulated one
        self.network.hidden.add("192.0.2.77")
        self.one.node.transport.moved()
        self.run_(1.0)
        self.two.send(self.one, b"found")
        self.until(b"found", self.one, 1.0)
        self.one.send(self.two, b"found too")
        self.until(b"found too", self.two, 1.0)
        self.assertEqual(server.counters["relay-channels-made"], 1)

    def test_trainsStayTrains(self) -> None:
        """
        What leaves as a train is passed on as one, in one call.
        """
        server = self.server()
        self.one.send(self.two)
        self.until(b"payload", self.two, 2.0)
        before = server.counters["relay-trains"]
        for number in range(20):
            frame = self.one.node.frameTo(self.two.node, b"%02d" % number * 200)
            self.one.node.transport.send(self.two.node.peer, frame)
        self.one.node.transport.flush()
        self.run_(0.1)
        self.assertEqual(len(self.two.got()), 21)
        self.assertEqual(server.counters["relay-trains"], before + 1)


class OverAMemberTests(RelaysTestCase):
    """
    A member with the relay right passes datagrams on.
    """

    def test_aFrameArrives(self) -> None:
        """
        Without a server, a member that may, and does, is the relay.
        """
        relay = self.network.member("three", "192.0.2.3", mayRelay=True)
        relay.isOn = True
        self.serve(relay)
        self.one.send(self.two, b"there")
        self.until(b"there", self.two, 2.0)
        self.assertEqual(relay.relay.status().channels, 1)

    def test_nobodyElseIsAsked(self) -> None:
        """
        A member without the right is not asked, and what it says of channels is dropped.
        """
        other = self.network.member("three", "192.0.2.3")
        other.isOn = True
        self.serve(other)
        self.one.send(self.two, b"there")
        self.run_(5.0)
        self.assertEqual(other.relay.status().channels, 0)
        other.relay._asked(self.one.identity, self.two.identity)
        self.run_(0.5)
        self.assertEqual(self.one.counters["drop-relayed-stranger"], 1)

    def test_oneThatIsSwitchedOffSaysSo(self) -> None:
        """
        A relay that passes nothing on says so, and another is asked at once.
        """
        off = self.network.member("three", "192.0.2.3", mayRelay=True)
        self.serve(off)
        relay = self.network.member("four", "192.0.2.4", mayRelay=True)
        relay.isOn = True
        self.serve(relay)
        self.one.send(self.two, b"there")
        self.until(b"there", self.two, 2.0)
        self.assertEqual((off.relay.status().channels, relay.relay.status().channels), (0, 1))

    def test_serversFirst(self) -> None:
        """
        A server is asked before a member is.
        """
        member = self.network.member("three", "192.0.2.3", mayRelay=True)
        member.isOn = True
        self.serve(member)
        server = self.server()
        self.one.send(self.two, b"there")
        self.until(b"there", self.two, 2.0)
        self.assertEqual((member.relay.status().channels, server.relay.status().channels), (0, 1))


class RelaysThatDieTests(RelaysTestCase):
    """
    A relay ends, or is started again.
    """

    def test_anotherTakesOver(self) -> None:
        """
        When the session with a relay ends, another is asked within a second, and the members go on.
        """
        first, second = self.server(), self.server("192.0.2.101")
        self.one.send(self.two)
        self.until(b"payload", self.two, 2.0)
        used, spare = (first, second) if first.relay.status().channels else (second, first)
        used.stop()
        for each in (self.one, self.two):
            each.node.transport.sessions.end(used.node.peer)
        self.assertLess(self.recovery(), 2.0)
        self.assertEqual(spare.relay.status().channels, 1)

    def test_oneThatDoesNotAnswer(self) -> None:
        """
        If the first relay is dead, and nobody has noticed yet, the second is asked after a moment.
        """
        first, second = self.server(), self.server("192.0.2.101")
        chosen = self.one.relaying._choice.best(())
        assert chosen is not None
        dead, alive = (first, second) if chosen.identity == first.identity else (second, first)
        dead.stop()
        self.one.send(self.two, b"there")
        self.until(b"there", self.two, 3.0)
        self.assertEqual(alive.relay.status().channels, 1)

    def test_oneThatForgot(self) -> None:
        """
        A relay that forgot the channel gives another one as soon as the member is wanted again.
        """
        server = self.server()
        self.one.send(self.two)
        self.until(b"payload", self.two, 2.0)
        server.relay._channels.stop()
        self.assertLess(self.recovery(), 20.0)


class HostileTests(RelaysTestCase):
    """
    What members and strangers cannot do with a relay.
    """

    def channel(self, server: Relayed) -> int:
        """
        Make a channel between both, and give its number.
        """
        self.one.send(self.two)
        self.until(b"payload", self.two, 2.0)
        (number,) = server.relay._channels.byNumber
        return number

    def relayed(self, channel: int, inner: bytes) -> bytes:
        """
        A relayed datagram.
        """
        return struct.pack(">B3xI", 5, channel) + inner

    def test_unknownChannels(self) -> None:
        """
        What is for no channel is dropped, counted, and answered with nothing.
        """
        server = self.server()
        number = self.channel(server)
        sent = len(self.network.underlay.sent)
        port = self.one.node.transport.ways.ports[IPV4]
        port.send(self.relayed(number ^ 1, b"\x04" * 64), server.node.endpoint)
        self.run_(0.1)
        self.assertEqual(server.counters["drop-relay-channel"], 1)
        self.assertEqual(len(self.network.underlay.sent), sent + 1)

    def test_fromElsewhere(self) -> None:
        """
        What comes from an endpoint that is not that of one of both sessions is dropped, whoever sends it; so nobody can
        have the relay send to others.
        """
        server = self.server()
        number = self.channel(server)
        third = self.network.member("three", "192.0.2.3")
        self.network.talk(third, server)
        self.run_(0.5)
        for host in ("192.0.2.3", "203.0.113.9"):
            self.network.underlay.carry(self.relayed(number, b"\x04" * 64), Endpoint(host, 22222), server.node.endpoint)
        self.run_(0.1)
        self.assertEqual(server.counters["drop-relay-place"], 2)

    def test_noLoops(self) -> None:
        """
        A relayed datagram in a relayed one is not passed on by the relay, nor taken by the end.
        """
        server = self.server()
        number = self.channel(server)
        twice = self.relayed(number, self.relayed(number, b"\x04" * 64))
        port = self.one.node.transport.ways.ports[IPV4]
        for datagrams in (twice, twice * 3):
            port.sendTrain(memoryview(datagrams), len(twice), server.node.endpoint)
            self.run_(0.1)
        self.assertEqual(server.counters["drop-relay-loop"], 4)
        out = server.node.transport.ways.ports[IPV4]
        for datagrams in (twice, twice * 3):
            out.sendTrain(memoryview(datagrams), len(twice), self.two.node.endpoint)
            self.run_(0.1)
        self.assertEqual(self.two.counters["drop-relayed-loop"], 4)

    def test_mixedTrains(self) -> None:
        """
        A train of several channels is taken apart, and what belongs somewhere arrives.
        """
        server = self.server()
        number = self.channel(server)
        inner = b"\x04" + bytes(63)
        train = self.relayed(number, inner) + self.relayed(number ^ 1, inner) + self.relayed(number, inner)
        before = self.two.counters["relayed-received-datagrams"]
        self.one.node.transport.ways.ports[IPV4].sendTrain(memoryview(train), 72, server.node.endpoint)
        self.run_(0.1)
        self.assertEqual(server.counters["drop-relay-channel"], 1)
        self.assertEqual(self.two.counters["relayed-received-datagrams"], before + 2)

    def test_onlyARelaysPlace(self) -> None:
        """
        An end takes relayed datagrams from the place of the relay that gave the channel, and from nowhere else.
        """
        server = self.server()
        number = self.channel(server)
        self.network.underlay.carry(
            self.relayed(number, b"\x04" * 64), Endpoint("203.0.113.9", 1), self.two.node.endpoint
        )
        self.run_(0.1)
        self.assertEqual(self.two.counters["drop-relay-channel"] + self.two.counters["drop-relayed-unknown"], 1)

    def test_othersChannelsAreNotReleased(self) -> None:
        """
        Only an end can release a channel.
        """
        server = self.server()
        number = self.channel(server)
        third = self.network.member("three", "192.0.2.3")
        self.network.talk(third, server)
        self.run_(0.5)
        third.node.transport.sendControl(server.node.peer, pack(Release(number)))
        self.run_(0.1)
        self.assertEqual(server.relay.status().channels, 1)
        self.one.node.transport.sendControl(server.node.peer, pack(Release(number)))
        self.run_(0.1)
        self.assertEqual(server.relay.status().channels, 0)

    def test_channelsPerMember(self) -> None:
        """
        A member gets no more channels than it may have; those that others asked for do not count.
        """
        server = self.server(channels=2)
        others = [self.network.member(f"m{number}", f"192.0.2.{number}") for number in range(10, 18)]
        for each in others:
            self.network.talk(each, server)
        self.run_(0.5)
        for each in others[:3]:
            each.node.transport.sendControl(server.node.peer, pack(Allocate(self.one.identity)))
        self.run_(0.1)
        for each in others[1:]:
            self.one.node.transport.sendControl(server.node.peer, pack(Allocate(each.identity)))
        self.run_(0.1)
        self.assertEqual(server.relay.status().channels, 5)

    def test_aFloodHarmsNobodyElse(self) -> None:
        """
        A member that sends more than the relay passes on for one loses what is too much, for which nothing is sent; the
        others lose nothing.
        """
        server = self.server(megabits=1)
        number = self.channel(server)
        pair = [self.network.member(f"m{each}", f"192.0.2.{each}", isHidden=True) for each in (10, 11)]
        self.network.introduce(*pair)
        for each in pair:
            self.network.talk(each, server)
        self.run_(1.0)
        pair[0].send(pair[1])
        self.until(b"payload", pair[1], 2.0)
        flood = self.relayed(number, b"\x04" + bytes(999))
        port = self.one.node.transport.ways.ports[IPV4]
        before = server.counters["relay-octets"]
        for turn in range(50):
            port.sendTrain(memoryview(flood * 40), len(flood), server.node.endpoint)
            pair[0].send(pair[1], b"frame %d" % turn)
            self.run_(0.02)
        passed = server.counters["relay-octets"] - before
        self.assertLess(passed, BURST_LEAST + 1.5 * 125_000 + 50 * 200)
        self.assertGreater(server.counters["drop-relay-quota"], 1_500)
        self.assertEqual(len(pair[1].got()), 51)
        self.assertEqual(self.one.node.transport.isUp(server.node.peer), True)

    def test_anotherChannelIsNoOtherQuota(self) -> None:
        """
        A member that releases its channel and asks again has what was left to it, until the bucket would be full.
        """
        server = self.server(megabits=1)
        made, place = server.relay._channels, server.node.transport.sessions.placeOf(self.one.node.peer)
        assert place is not None
        one, two = (self.one.identity, place), (self.two.identity, place)

        def passed() -> int:
            channel = made.find(self.one.identity, self.two.identity) or made.make(one, two)
            count = 0
            while channel.asker.quota.mayPass(self.clock.seconds(), 1_000):
                count += 1
            made.end(channel)
            return count

        self.assertGreater(passed(), BURST_LEAST // 1_000 - 2)
        self.assertEqual([passed() for _ in range(10)], [0] * 10)
        self.clock.advance(2.0)
        made.end(made.make(two, (bytes(32), place)))
        self.assertNotIn(self.one.identity, made._used)
        self.assertGreater(passed(), BURST_LEAST // 1_000 - 2)

    def test_noWorkGrowsWithTheMembers(self) -> None:
        """
        With many channels, a channel costs no more than with few: it is neither searched for nor counted.
        """
        server = self.server(channels=10_000)
        made = server.relay._channels
        place = server.node.transport.sessions.placeOf(self.one.node.peer)
        assert place is not None
        for number in range(5_000):
            made.make((self.one.identity, place), (number.to_bytes(32, "big"), place))
        served = made._served[self.one.identity]
        self.assertEqual((len(made), served.asked, len(served.channels)), (5_000, 5_000, 5_000))
        self.assertIsNotNone(made.find(self.one.identity, bytes(32)))


class RefreshTests(RelaysTestCase):
    """
    What it costs to keep a channel.
    """

    def test_oneMessageEachTime(self) -> None:
        """
        A channel costs each end one message, and the relay one answer, in each interval.
        """
        server = self.server()
        self.one.send(self.two)
        self.until(b"payload", self.two, 2.0)
        before = server.counters["control-received"]
        self.run_(4 * REFRESH, step=0.25)
        self.assertLessEqual(server.counters["control-received"] - before, 10)
