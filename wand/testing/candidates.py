"""
The contract that every candidate source fulfils, as tests that a source's author runs against it.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address
from itertools import pairwise
from threading import current_thread, main_thread
from typing import Any, Final

from twisted.internet.defer import Deferred

from wand.endpoint import Endpoint
from wand.errors import AddressInvalid
from wand.interfaces import CANDIDATE_KINDS, ICandidates, ICandidateSource, IWandPlugin, NodeContext, OwnCandidate
from wand.testing import candidate_rules as rules
from wand.testing import plugin_rules
from wand.testing.node_plugins import NodePluginBench
from wand.testing.plugin_contract import PluginContract

#: Seconds that a source has to stop.
STOP_PATIENCE = 1.5

#: How often the host moves before it is seen how much is sent.
_MOVES: Final = 5

#: How many candidates it may tell.
CANDIDATES_MAXIMUM = 64


class CandidateSourceContract(NodePluginBench, PluginContract):
    """
    What every candidate source must do.  Mix it into a test case and say how to make one::

        class MySourceTests(CandidateSourceContract, SynchronousTestCase):
            def makeSource(self):
                return MySource()

    The node that it is opened for is at 192.168.1.2, port 22222, in simulated time.

    @ivar told: what the source told.
    @ivar requestsMaximum: how many datagrams it may send in a second, on average, when nothing changes.
    """

    pluginInterface = ICandidateSource
    openedInterface = ICandidates
    context: NodeContext
    told: list[list[OwnCandidate]]
    requestsMaximum: int = 2

    def makeSource(self) -> ICandidateSource:
        """
        Make the plugin.
        """
        raise NotImplementedError

    # Tools.

    def makePlugin(self) -> IWandPlugin:
        """
        See L{NodePluginBench}.
        """
        self.told = []
        self._lists: list[Any] = []
        return self.makeSource()

    def closeOpened(self, opened: ICandidates) -> None:
        """
        See L{NodePluginBench}.
        """
        self.stopped(opened)

    def exercise(self, opened: ICandidates) -> None:
        """
        See L{NodePluginBench}: let it look.
        """
        self.begun(opened)
        opened.moved()

    def opened(self) -> ICandidates:
        """
        Open the source.
        """
        candidates: ICandidates = self.openWith(self.settings)
        return candidates

    def begun(self, candidates: ICandidates) -> None:
        """
        Start a source, and let it look.
        """
        with self.keeping(rules.TELLS, "start()"):
            candidates.start(self.take)
        self.pass_(10)

    def take(self, candidates: Sequence[OwnCandidate]) -> None:
        """
        Take what the source tells.
        """
        self.expect(current_thread() is main_thread(), rules.ONE_THREAD, f"it told in {current_thread().name}")
        isList = isinstance(candidates, Sequence) and all(isinstance(each, OwnCandidate) for each in candidates)
        self.expect(isList, rules.TELLS, f"{candidates!r}")
        self.told.append(list(candidates))
        self._lists.append(candidates)

    def stopped(self, candidates: ICandidates) -> None:
        """
        Stop a source, within the time that it has.
        """
        ended: list[object] = []
        told = len(self.told)
        with self.keeping(rules.STOPS, "stop()"):
            answer = candidates.stop()
        if isinstance(answer, Deferred):
            answer.addBoth(ended.append)
            self.pass_(STOP_PATIENCE)
            self.expect(ended == [None], rules.STOPS, f"after that time there was {ended}")
        else:
            self.expect(answer is None, rules.STOPS, f"{answer!r}")
        self.expect(len(self.told) == told, rules.SILENT, f"stop() told {self.told[told:]}")

    # The contract.

    def test_nothingBeforeTheStart(self) -> None:
        """
        Opened, it sends nothing and has no timer; and it can be stopped without a start.
        """
        sent, timers = len(self.network.sent), len(self.clock.getDelayedCalls())
        candidates = self.opened()
        sent, timers = len(self.network.sent) - sent, len(self.clock.getDelayedCalls()) - timers
        self.expect(not sent and not timers, rules.NOT_BEFORE, f"{sent} datagrams and {timers} timers")
        self.stopped(candidates)

    def test_whatItTells(self) -> None:
        """
        It tells something within ten seconds: candidates of known kinds, with a word about each.
        """
        candidates = self.opened()
        self.begun(candidates)
        self.expect(bool(self.told), rules.TELLS, "it told nothing")
        self.expect(bool(self.told[-1]), rules.TELLS, "it has none here: let the test have what it looks for")
        count = len(self.told[-1])
        self.expect(count <= CANDIDATES_MAXIMUM, rules.FEW, f"it told {count}")
        for each in self.told[-1]:
            self._look(each)
        endpoints = [each.endpoint for each in self.told[-1]]
        self.expect(len(set(endpoints)) == len(endpoints), rules.ONCE, ", ".join(map(str, endpoints)))
        self.stopped(candidates)

    def _look(self, candidate: OwnCandidate) -> None:
        try:
            isSame = Endpoint.parse(str(candidate.endpoint)) == candidate.endpoint
        except AddressInvalid:
            isSame = False
        about: Any = candidate.about
        isAbout = isinstance(about, str) and about.strip() and about[-1] != "." and about.isprintable()
        isGood = isSame and candidate.kind in CANDIDATE_KINDS and bool(isAbout)
        self.expect(isGood, rules.CANDIDATE, f"{candidate}")
        host = ip_address(candidate.endpoint.host)
        isFar = not host.is_loopback and not host.is_link_local and candidate.endpoint.port > 0
        self.expect(isFar, rules.REACHABLE, f"{candidate.endpoint}")
        isOwn = candidate.kind != "host" or candidate.endpoint.port == self.context.port
        self.expect(isOwn, rules.OWN_PORT, f"{candidate.endpoint}, and the port is {self.context.port}")

    def test_asksSeldom(self) -> None:
        """
        When nothing changes it sends little, also after changes.
        """
        candidates = self.opened()
        self.begun(candidates)
        for _ in range(_MOVES):
            candidates.moved()
            self.pass_(1)
        self.pass_(10)
        sent = len(self.network.sent)
        for _ in range(6000):
            self.clock.advance(0.01)
        sent = len(self.network.sent) - sent
        self.expect(sent <= 60 * self.requestsMaximum, rules.MODEST, f"{sent} datagrams in a minute, answers included")
        self.stopped(candidates)

    def test_clockIsSet(self) -> None:
        """
        That the clock of the host is set back, at its start, does it no harm.
        """
        set_ = self.clockOfTheHost()
        candidates = self.opened()
        with self.keeping(rules.TELLS, "start()"):
            candidates.start(self.take)
        set_(-86_400.0)
        self.pass_(10)
        found = "it told nothing within ten seconds, in which the clock of the host was set back by a day"
        self.expect(bool(self.told), plugin_rules.ELAPSED, found)
        self.stopped(candidates)

    def test_moved(self) -> None:
        """
        Changes of the host, however many, do it no harm.
        """
        candidates = self.opened()
        with self.keeping(rules.MOVED, "start()"):
            candidates.start(self.take)
        for _ in range(10):
            with self.keeping(rules.MOVED, "moved()"):
                candidates.moved()
            self.pass_(0.2)
        self.pass_(10)
        self.expect(bool(self.told and self.told[-1]), rules.MOVED, f"then it told {self.told[-1:]}")
        self.stopped(candidates)

    def test_onlyNewsIsTold(self) -> None:
        """
        What it told it does not tell again.
        """
        candidates = self.opened()
        self.begun(candidates)
        for _ in range(3):
            candidates.moved()
            self.pass_(30)
        self.stopped(candidates)
        sets = [sorted(map(str, each)) for each in self.told]
        again = [each for before, each in pairwise(sets) if before == each]
        self.expect(not again, rules.ONLY_NEWS, f"{len(again)} times it told the same: {again[:1]}")
        self.expect([list(each) for each in self._lists] == self.told, rules.LIST_KEPT, "a list was changed")

    def test_twoAtOnce(self) -> None:
        """
        One for another node, open meanwhile and closed, does not disturb it.
        """
        others: list[Sequence[OwnCandidate]] = []
        another: ICandidates = self.plugin.open(self.settings, self.nodeContext())
        another.start(others.append)
        self.pass_(10)
        candidates = self.opened()
        self.begun(candidates)
        self.stopped(another)
        self.expect(bool(self.told and self.told[-1]), rules.APART, "a second one told nothing")
        told = len(others)
        candidates.moved()
        self.pass_(10)
        self.expect(len(others) == told, rules.APART, "what one finds is told to the other, which was stopped")
        self.stopped(candidates)

    def test_nothingAfterTheEnd(self) -> None:
        """
        Stopped, it tells nothing, sends nothing and leaves no timer behind, whatever happens to the host.
        """
        before = self.holdings()
        candidates = self.opened()
        self.begun(candidates)
        self.stopped(candidates)
        self._isSilent(candidates, before)

    def test_stoppedAtOnce(self) -> None:
        """
        The same if it is stopped as soon as it was started.
        """
        before = self.holdings()
        candidates = self.opened()
        candidates.start(self.take)
        self.stopped(candidates)
        self._isSilent(candidates, before)

    def _isSilent(self, candidates: ICandidates, before: tuple[object, ...]) -> None:
        told, sent, after = len(self.told), len(self.network.sent), self.holdings()
        self.expect(after == before, rules.SILENT, f"(descriptors, timers, readers) {before} became {after}")
        candidates.moved()
        self.pass_(10)
        found = (
            f"{len(self.told) - told} times it told something, and it sent {len(self.network.sent) - sent} datagrams"
        )
        self.expect((len(self.told), len(self.network.sent)) == (told, sent), rules.SILENT, found)
