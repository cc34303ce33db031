"""
A part of the contract of frame services: any peer, any time, and other services.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from wand.endpoint import Endpoint
from wand.ethernet import MAC
from wand.interfaces import IFrameWatcher
from wand.table import OPERATOR, Peer
from wand.testing import frame_service_rules as rules
from wand.testing import plugin_rules
from wand.testing.frame_service_bench import FrameServiceBench
from wand.testing.promptness import quickest
from wand.testing.saying import saying

#: Seconds that a call may take when it is quickest, and for how many seconds one that takes longer is repeated.
_QUICK: Final = 0.001
_WHILE: Final = 0.2

#: How often, and after how many seconds, the same frames are shown.
_ROUNDS: Final = (20, 10.0)

#: By how many seconds the clock of the host is set back.
_DAY: Final = 86_400.0

#: How many frames are shown to hear what is said of them.
_MANY: Final = 200


class FrameServiceManners(FrameServiceBench):
    """
    Time, peers, and other services.
    """

    def test_anyPeer(self) -> None:
        """
        Whatever peers are called by the protocol, it answers the same.
        """
        peers: tuple[Peer, ...] = self.peer, Endpoint("192.0.2.7", 22222), bytes(range(32)), 7
        for frame in (*self.typical(), *self.passing()):
            answers: list[Any] = []
            for peer in peers:
                watcher = self.openWith(self.settings)
                with self.keeping(rules.ANY_PEER, f"arriving() from a peer that is called {peer!r}"):
                    answers.append(watcher.arriving(peer, memoryview(frame)))
                watcher.close()
            isSame = all(each == answers[0] for each in answers)
            self.expect(isSame, rules.ANY_PEER, f"of {frame[:40].hex()} from {peers} it says {answers}")

    def test_doesNotWait(self) -> None:
        """
        To ask it about a frame takes no time.
        """
        watcher = self.opened()
        for frame in (*self.typical(), *self.passing()):
            for way in (watcher.leaving, lambda frame: watcher.arriving(self.peer, frame)):
                taken = quickest(partial(way, memoryview(frame)), _QUICK, _WHILE)
                found = f"of {frame[:40].hex()}: {1000 * taken:.1f} ms when it was quickest"
                self.expect(taken < _QUICK, rules.AT_ONCE, found)

    def test_whatPassesPassesLater(self) -> None:
        """
        What passes at first passes hours later.
        """
        watcher = self.opened()
        for number in range(_ROUNDS[0]):
            self._passes(watcher, rules.LASTS, f"the {number + 1}th time")
            self.clock.advance(_ROUNDS[1])

    def _passes(self, watcher: IFrameWatcher, rule: Any, when: str) -> None:
        for frame in self.passing():
            answers = self.ask(watcher, memoryview(frame))
            self.expect(answers == (True, True), rule, f"{when} it says {answers} of {frame[:40].hex()}")

    def test_clockIsSet(self) -> None:
        """
        Nor does it matter that the clock of the host is set back meanwhile.
        """
        set_ = self.clockOfTheHost()
        watcher = self.opened()
        self._passes(watcher, plugin_rules.ELAPSED, "at first")
        set_(-_DAY)
        self.clock.advance(_ROUNDS[1])
        self._passes(watcher, plugin_rules.ELAPSED, "after the clock of the host was set back by a day")

    def test_tableIsLeftAsItIs(self) -> None:
        """
        What it sees changes no entry of the table.
        """
        watcher, table = self.opened(), self.context.table
        table.put(MAC(b"\2\xee\0\0\0\1"), self.peer, OPERATOR)
        before = table.page(None, 1000)
        for frame in (*self.typical(), *self.passing()):
            self.ask(watcher, memoryview(frame))
        self.expect(table.page(None, 1000) == before, rules.TABLE_KEPT, "there are other entries than before")

    def test_saysLittle(self) -> None:
        """
        It does not talk of every frame.
        """
        watcher, frames = self.opened(), [*self.typical(), *self.passing()]
        with saying(self.context) as said:
            for number in range(_MANY):
                frame = frames[number % len(frames)]
                self.ask(watcher, bytes(frame[:6]) + b"\2\xab" + number.to_bytes(4, "big") + frame[12:])
        found = f"{said.messages} messages for {_MANY} frames, there and back"
        self.expect(said.messages < _MANY // 4, plugin_rules.SAYS_LITTLE, found)
        found = f"{said.events} events for {_MANY} frames, there and back"
        self.expect(said.events < _MANY // 4, plugin_rules.SAYS_LITTLE, found)

    def test_whatIsInjectedLater(self) -> None:
        """
        What it injects later is not more than it saw.
        """
        watcher = self.opened()
        for frame in self.typical():
            self.injected.clear()
            self.ask(watcher, memoryview(frame))
            self.pass_(10)
            found = f"{len(self.injected)} frames within ten seconds for {frame[:40].hex()}, there and back"
            self.expect(len(self.injected) <= 2, rules.INJECTS_LITTLE, found)

    def test_twoAtOnce(self) -> None:
        """
        One that is open meanwhile, and closed, does not disturb another.
        """
        before = self.openWith(self.settings)
        watcher, last = self.opened(), self.openWith(self.settings)
        for each in (before, last):
            for frame in self.typical():
                self.ask(each, frame)
            each.close()
        self._passes(watcher, rules.APART, "after others were closed")
