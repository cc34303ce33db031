"""
Tests for L{wand.sealed.gossip.gossip} in whole networks: what changes is known everywhere, who is gone is missed, and
nobody sends more than is needed.
"""

from __future__ import annotations

from random import Random

from simulated.gossipers import Gossipers
from simulated.liars import Liar
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.gossip.messages import ProbeFor, pack
from wand.sealed.gossip.prober import TARGET_BURST
from wand.sealed.gossip.tree import MemberTree
from wand.sealed.gossip.view import SUSPICION
from wand.testing.simulation import Air, Population, Simulation

#: Seconds until a silent member is accused: it is probed, it is asked again, others are asked, and then several are.
DETECTION = 40.0


class NetworkTests(SynchronousTestCase):
    """
    Members of a simulation.
    """

    def make(self, size: int = 40, loss: float = 0.05, seed: int = 1) -> Simulation:
        simulation = Simulation(Population(size), Air(loss=loss), seed)
        simulation.run(15)
        return simulation

    def doubters(self, simulation: Simulation, number: int) -> int:
        who = simulation.population.identities[number]
        return sum(not each.view.isHere(who) for each in simulation.running)

    def wordsOf(self, simulation: Simulation, number: int) -> int:
        """
        How many words a member has said, as it knows itself.
        """
        member = simulation.members[number]
        entry = None if member is None else member.view.get(simulation.population.identities[number])
        assert entry is not None and entry.presence is not None
        return entry.presence.order[1]

    def test_aChangeIsKnownEverywhere(self) -> None:
        """
        A member that moves is known to have done so by all within some seconds, whatever is lost.
        """
        for loss in (0.0, 0.05, 0.3):
            simulation = self.make(120, loss)
            spread = simulation.change(7)
            simulation.run(20)
            seconds = spread.secondsTo(1.0)
            assert seconds is not None and seconds < 20, (loss, seconds)
            self.assertEqual(spread.shareAt(20), 1.0)
            self.assertGreater(simulation.agreement(), 0.9)  # where much is lost there is always some news

    def test_restIsCheap(self) -> None:
        """
        When nothing happens each member sends less than 100 octets a second, in small networks as in large ones.
        """
        for size in (30, 200):
            simulation = self.make(size)
            simulation.run(150)
            before = simulation.wire.mark()
            simulation.run(120)
            sent = [(after - was) / 120 for was, after in zip(before, simulation.wire.sent, strict=True)]
            self.assertLess(sum(sent) / size, 100)
            self.assertLess(max(sent), 200)

    def test_whoIsGoneIsMissed(self) -> None:
        """
        A member that crashed is not here any more, for all; when it comes back, it is.
        """
        simulation = self.make()
        simulation.crash(3)
        simulation.run(DETECTION + SUSPICION)
        self.assertEqual(self.doubters(simulation, 3), 39)
        simulation.start(3)
        simulation.run(10)
        self.assertEqual(self.doubters(simulation, 3), 0)

    def test_nobodyIsMissedInVain(self) -> None:
        """
        Through ten minutes in which every tenth datagram is lost nobody counts as gone.
        """
        simulation = self.make(60, 0.1)
        for _ in range(60):
            simulation.run(10)
            self.assertEqual(sum(self.doubters(simulation, number) for number in range(60)), 0)

    def test_aQuickRestartIsNoNews(self) -> None:
        """
        A member that was started again where it was, before it was missed, tells nobody anything.
        """
        simulation = self.make()
        taken = simulation.counters["gossip-items-taken"]
        simulation.crash(3)
        simulation.run(2)
        simulation.start(3)
        simulation.run(30)
        self.assertEqual(simulation.counters["gossip-items-taken"], taken)

    def test_goodbye(self) -> None:
        """
        A member that leaves in good order is gone at once.
        """
        simulation = self.make()
        member = simulation.members[3]
        assert member is not None
        member.leave()
        simulation.run(3)
        self.assertEqual(self.doubters(simulation, 3), 40)

    def test_aNewcomerNeedsToKnowOne(self) -> None:
        """
        A member with an empty disk that meets any one member knows everybody soon, and is known to everybody.
        """
        simulation = self.make(300)
        simulation.crash(5)
        own = simulation.population.tree.get(simulation.population.identities[5])
        assert own is not None
        simulation.forget(5, MemberTree().put(own))
        simulation.start(5)
        member = simulation.members[5]
        assert member is not None
        member.meet(simulation.population.identities[77])
        simulation.run(30)
        self.assertEqual(member.view.tree.count, 300)
        self.assertEqual(simulation.agreement(), 1.0)

    def test_halvesAgreeAgain(self) -> None:
        """
        After a minute apart both halves agree soon, and nobody is doubted.
        """
        simulation = self.make(80)
        simulation.part()
        simulation.run(60)
        moved = simulation.change(2)
        simulation.wire.heal()
        simulation.run(15)
        self.assertEqual(moved.secondsTo(1.0) is not None, True)
        simulation.run(10)
        self.assertEqual((simulation.agreement(), simulation.doubts()), (1.0, 0))

    def test_halfStartsAgain(self) -> None:
        """
        Half of the members end and start again together: all agree soon, and nobody sends much.
        """
        simulation = self.make(80)
        down = Random(3).sample(range(80), 40)
        for number in down:
            simulation.crash(number)
        simulation.run(20)
        for number in down:
            simulation.start(number)
        before = simulation.wire.mark()
        simulation.run(30)
        self.assertEqual((simulation.agreement(), simulation.doubts()), (1.0, 0))
        sent = [(after - was) / 30 for was, after in zip(before, simulation.wire.sent, strict=True)]
        self.assertLess(max(sent), 8_000)

    def test_whoComesBackIsNotAccused(self) -> None:
        """
        When half of a network starts again, hardly anybody is accused who is there: what each is told does not grow
        with the network.
        """
        simulation = self.make(400)
        down = Random(3).sample(range(400), 200)
        for number in down:
            simulation.crash(number)
        simulation.run(20)
        for number in down:
            simulation.start(number)
        taken = simulation.counters["gossip-items-taken"]
        simulation.run(30)
        self.assertLess((simulation.counters["gossip-items-taken"] - taken) / 400, 8)
        self.assertEqual((simulation.agreement(), simulation.doubts()), (1.0, 0))

    def test_aStorm(self) -> None:
        """
        While a tenth leaves and as many newcomers come at once, nobody sends more than so much in a second; soon all
        know who is there.
        """
        simulation = Simulation(Population(200), Air(loss=0.05), 4, range(180, 200))
        simulation.run(20)
        for number in range(20):
            simulation.clock.callLater(number / 20, simulation.leave, number)
            simulation.clock.callLater(number / 20, simulation.join, 180 + number, 50 + number)
        for _ in range(40):
            before = simulation.wire.mark()
            simulation.run(1)
            sent = [after - was for was, after in zip(before, simulation.wire.sent, strict=True)]
            self.assertLess(max(sent), 200_000)
        self.assertEqual((simulation.agreement(), simulation.doubts()), (1.0, 0))
        member = simulation.members[190]
        assert member is not None
        self.assertEqual(sum(member.view.isHere(each) for each in simulation.population.identities), 180)

    def test_behindNats(self) -> None:
        """
        It works when most members are behind NATs that let nobody in.
        """
        simulation = Simulation(Population(60), Air(loss=0.05, hidden=0.8), 2)
        simulation.run(60)
        spread = simulation.change(4)
        simulation.run(10)
        self.assertEqual(spread.shareAt(10), 1.0)

    def test_churn(self) -> None:
        """
        While members come and go all the time the others are never doubted for long.
        """
        simulation = self.make(100)
        end = simulation.churn(range(50), away=60, every=4)
        simulation.run(180)
        steady = [each for each in simulation.running if simulation.population.numbers[each.word.identity] >= 50]
        wrong = sum(
            not each.view.isHere(simulation.population.identities[number])
            for each in steady
            for number in range(50, 100)
        )
        self.assertLess(wrong, 50)
        end()
        simulation.run(120)
        self.assertEqual((simulation.agreement(), simulation.doubts()), (1.0, 0))

    def test_liars(self) -> None:
        """
        Members that forge, replay, accuse, say two things at a time and send what means nothing change nothing about
        anybody else, and everybody agrees on what they say of themselves.
        """
        simulation = self.make(50)
        liars = [Liar(simulation, number, number) for number in (1, 2, 3)]
        for _ in range(60):
            for liar in liars:
                liar.lie(3)
            simulation.run(1)
        simulation.run(40)
        self.assertEqual((simulation.agreement(), simulation.doubts()), (1.0, 0))
        for number in range(4, 50):
            entry = simulation.running[10].view.get(simulation.population.identities[number])
            assert entry is not None
            self.assertEqual(entry.endpoints, (f"198.18.0.{number}:22222",))
        for counter in ("drop-gossip-item", "drop-gossip-accusation", "drop-gossip-malformed", "drop-gossip-unknown"):
            self.assertGreater(simulation.counters[counter], 0, counter)

    def test_aTenthAccusesEverybody(self) -> None:
        """
        Where a tenth of the members accuse everybody they may, all the time, nobody honest is gone for more than a few,
        and nobody sends much; when they end, soon all agree that everybody is here.
        """
        simulation = self.make(50)
        liars = [Liar(simulation, number, number) for number in range(0, 50, 10)]
        honest = [number for number in range(50) if number % 10]
        before = simulation.wire.mark()
        for _ in range(25):
            for liar in liars:
                liar.accuseAll()
            simulation.run(1)
            self.assertLess(max(self.doubters(simulation, number) for number in honest), 12)
        sent = [after - was for was, after in zip(before, simulation.wire.sent, strict=True)]
        self.assertLess(sum(sent[number] for number in honest) / len(honest) / 25, 8_000)
        for _ in range(60):
            simulation.run(15)
            if (simulation.agreement(), simulation.doubts()) == (1.0, 0):
                break
        else:
            self.fail("they do not agree")

    def test_halfIsLost(self) -> None:
        """
        Where every other datagram is lost, members accuse each other in vain, and hardly anybody counts as gone.
        """
        simulation = self.make(60, 0.5)
        for _ in range(15):
            simulation.run(10)
            self.assertLess(sum(self.doubters(simulation, number) for number in range(60)), 60)
        simulation.wire.air = Air()
        simulation.run(30)
        self.assertEqual((simulation.agreement(), simulation.doubts()), (1.0, 0))

    def test_whoAnswersOnlyOne(self) -> None:
        """
        A member that only one other reaches, in both directions or in one, is here for all, and is accused less and
        less often; it accuses few others.
        """
        for isBoth in (True, False):
            simulation = self.make(30, 0.02)
            only = simulation.members[5]
            assert only is not None
            friend = simulation.population.numbers[only.links.watchers[0]]

            def isBlocked(sender: int, receiver: int, friend: int = friend, isBoth: bool = isBoth) -> bool:
                isOther = friend not in (sender, receiver)
                return isOther and (receiver == 5 or (isBoth and sender == 5))

            simulation.wire.block(isBlocked)
            words = []
            for _ in range(2):
                before = self.wordsOf(simulation, 5)
                for _ in range(30):
                    simulation.run(10)
                    self.assertEqual(self.doubters(simulation, 5), 0)
                words.append(self.wordsOf(simulation, 5) - before)
            self.assertLess(words[1], 6, words)
            self.assertLess(sum(self.wordsOf(simulation, number) for number in range(30) if number != 5), 29 + 30)

    def test_whatOnlySomeTake(self) -> None:
        """
        An accusation that few take, as the accuser is near enough for them only, is refuted all the same.
        """
        people = Gossipers(40)
        simulation = Simulation(people.population, Air(), 1)
        simulation.run(15)
        order = list(people.population.rings.after(0, people.who[5]))
        item = people.accusation(people.who.index(order[-20]), 5)
        links = next(each.links for each in simulation.running if each.word.identity == people.who[5])
        far = [each for each in simulation.running if not links.isLink(each.word.identity)]
        for member in far[-2:]:
            member.view.put(item)
        simulation.run(90)
        self.assertEqual((simulation.agreement(), simulation.doubts()), (1.0, 0))

    def test_whoIsProbedForOthers(self) -> None:
        """
        Members make others probe only whom they may watch, and all of them together only so often.
        """
        simulation = self.make(60, 0)
        who, helper = simulation.population.identities, simulation.members[0]
        assert helper is not None
        watchers = [each for each in who[1:59] if helper.view.mayWatch(each, who[59])]
        others = [each for each in who[1:59] if each not in watchers]
        self.assertTrue(watchers and others)
        for askers, probes in ((others, 0), (watchers, TARGET_BURST)):
            before = simulation.counters["gossip-probes-indirect"]
            for asker in askers:
                helper.received(asker, pack(ProbeFor(1, who[59])))
            self.assertEqual(simulation.counters["gossip-probes-indirect"] - before, probes)
        self.assertGreater(len(watchers), TARGET_BURST)

    def test_otherForms(self) -> None:
        """
        What somebody said is no news in another form: nobody takes it, and nobody's own news has to wait for it.
        """
        simulation = self.make(20)
        liar, taken = Liar(simulation, 1), simulation.counters["gossip-items-taken"]
        for _ in range(40):
            liar.reencode()
            simulation.run(0.1)
        self.assertEqual(simulation.counters["gossip-items-taken"], taken)
        self.assertEqual(simulation.counters["drop-gossip-throttled"], 0)

    def test_aFloodStaysSmall(self) -> None:
        """
        A member that says something new ten times a second costs each other member no more than a few items a second.
        """
        simulation = self.make(50)
        liar = Liar(simulation, 1)
        before, taken = simulation.wire.mark(), simulation.counters["gossip-items-taken"]
        for _ in range(300):
            liar.equivocate()
            simulation.run(0.1)
        self.assertLess((simulation.counters["gossip-items-taken"] - taken) / 50 / 30, 1.5)
        others = [after - was for was, after in zip(before, simulation.wire.sent, strict=True)][2:]
        self.assertLess(max(others) / 30, 8_000)

    def test_whatIsWithheld(self) -> None:
        """
        Members that pass nothing on keep nothing from the others.
        """
        simulation = self.make(60)
        for number in range(15):
            member = simulation.members[number]
            assert member is not None
            member._news.tell = lambda item, peers: None  # type: ignore[method-assign]
        spread = simulation.change(40)
        simulation.run(20)
        self.assertEqual(spread.shareAt(20), 1.0)

    def test_stopped(self) -> None:
        """
        Members that stopped leave no timer behind, whatever they were about.
        """
        simulation = self.make(30)
        simulation.part()
        simulation.run(17)
        simulation.wire.heal()
        simulation.run(1.5)
        for number in range(30):
            simulation.crash(number)
        simulation.run(12)  # what is still on the wire arrives nowhere
        self.assertEqual(list(simulation.clock.getDelayedCalls()), [])
