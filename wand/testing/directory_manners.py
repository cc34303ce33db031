"""
A part of the contract of directories: what becomes of its entries in time, and what it costs others.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from random import Random
from typing import Final

from wand.endpoint import Endpoint
from wand.errors import WandError
from wand.interfaces import IRovingDirectory
from wand.testing import directory_rules as rules
from wand.testing import plugin_rules
from wand.testing.contract import Rule
from wand.testing.directory_bench import DirectoryBench
from wand.testing.inbox import Deaf
from wand.testing.memory import grownBy, keptOf
from wand.testing.saying import saying
from wand.underlay.ports import DatagramPort

#: For how many seconds it is seen that entries stay, and how often in that time.
_STAYING: Final = (600, 120)

#: How many datagrams of strangers come to see whether they are kept, and how long they are.
_MANY: Final = 400
_LENGTH: Final = 1000

#: How many come to hear what is said of them.
_TALK: Final = 200

#: From how many endpoints they come to see whether these are kept, and how many octets may be in use for each then.
_ENDPOINTS: Final = 500
_OF_EACH: Final = 40

#: How often the host moves before it is seen how much is sent.
_MOVES: Final = 20

#: By how many seconds the clock of the host is set back, and how long it is seen what comes of it.
_DAY: Final = 86_400.0
_SETTLING: Final = 180.0


class DirectoryManners(DirectoryBench):
    """
    Minutes and hours, and other nodes.
    """

    def test_whatItListsStays(self) -> None:
        """
        What it lists stays in the table, also while it is opened for another node, and closed again.
        """
        self.begun()
        with suppress(WandError):  # a node of another kind, perhaps
            another = self.plugin.open(self.settings, self.nodeContext())
            another.start()
            self.pass_(1)
            another.stop()
        for _ in range(_STAYING[1]):
            self.pass_(_STAYING[0] / _STAYING[1])
            found = {each.mac: each.peer for each in self.entries()}
            missing = [str(mac) for mac, peer in self.listed().items() if found.get(mac) != peer]
            self.expect(not missing, rules.STAYS, f"after {self.clock.seconds():.0f} s without {', '.join(missing)}")

    def test_whatItListsStaysWhenItMoves(self) -> None:
        """
        So it does when the host moves.
        """
        directory = self.begun()
        for _ in range(3):
            if IRovingDirectory.providedBy(directory):
                directory.moved()
            self._listsAll(rules.MOVES, "when the host has moved")
            self.pass_(0.5)
            self._listsAll(rules.MOVES, "half a second later")

    def test_clockIsSet(self) -> None:
        """
        So it does when the clock of the host is set back.
        """
        set_ = self.clockOfTheHost()
        self.begun()
        set_(-_DAY)
        self.pass_(_SETTLING)
        self._listsAll(plugin_rules.ELAPSED, f"{_SETTLING:g} s after the clock of the host was set back by a day")

    def _listsAll(self, rule: Rule, when: str) -> None:
        found = {each.mac: each.peer for each in self.entries()}
        for mac, peer in self.listed().items():
            self.expect(found.get(mac) == peer, rule, f"{when} {mac} is at {found.get(mac)}, and not at {peer}")

    def test_saysLittle(self) -> None:
        """
        It does not talk of every datagram of a stranger's.
        """
        self.begun()
        ports = sorted({each.sender for each in self.network.sent if each.sender.host == "192.168.1.2"})
        if not ports:
            return
        stranger, random = self.network.host("198.51.100.66").bind("0.0.0.0", 4444, Deaf()), Random(3)
        with saying(self.context) as said:
            for number in range(_TALK):
                stranger.send(random.randbytes(number), ports[number % len(ports)])
                self.clock.advance(0)
        found = f"{said.messages} messages for {_TALK} datagrams"
        self.expect(said.messages < _TALK // 4, plugin_rules.SAYS_LITTLE, found)
        found = f"{said.events} events for {_TALK} datagrams"
        self.expect(said.events < _TALK // 4, plugin_rules.SAYS_LITTLE, found)

    def test_asksSeldom(self) -> None:
        """
        When nothing changes it sends a few datagrams a second at most, also after the host has moved.
        """
        directory = self.begun()
        for _ in range(_MOVES):
            if IRovingDirectory.providedBy(directory):
                directory.moved()
                self.pass_(0.1)
        self.pass_(self.patience)
        sent = len(self.network.sent)
        for _ in range(2000):
            self.clock.advance(0.01)
        sent = len(self.network.sent) - sent
        found = f"{sent} datagrams in 20 seconds, answers included"
        self.expect(sent <= 20 * self.requestsMaximum, rules.MODEST, found)

    def test_strangersAreNotKept(self) -> None:
        """
        What strangers send is not kept.
        """
        self.begun()
        ports = sorted({each.sender for each in self.network.sent if each.sender.host == "192.168.1.2"})
        if not ports:
            return
        stranger, random = self.network.host("198.51.100.66").bind("0.0.0.0", 4444, Deaf()), Random(2)

        def send(count: int) -> None:
            for number in range(count):
                stranger.send(random.randbytes(_LENGTH), ports[number % len(ports)])
                self.clock.advance(0)
            self.network.sent.clear()

        send(20)
        with grownBy() as grown:
            send(_MANY)
        found = f"{grown[0]} octets more are in use after {_MANY} datagrams of {_LENGTH} octets"
        self.expect(grown[0] < _MANY * _LENGTH // 2, rules.GROWS_NOT, found)

    def test_endpointsAreNotKept(self) -> None:
        """
        Nor are the endpoints from which datagrams came.
        """
        self.begun()
        ports = sorted({each.sender for each in self.network.sent if each.sender.host == "192.168.1.2"})
        if not ports:
            return
        host = self.network.host("198.51.100.66")
        strangers = [host.bind("0.0.0.0", 1024 + number, Deaf()) for number in range(3 * _ENDPOINTS)]
        nobody = Endpoint("198.51.100.67", 4444)
        self.network.host(nobody.host).bind("0.0.0.0", nobody.port, Deaf())

        def send(some: Sequence[DatagramPort], places: Sequence[Endpoint]) -> None:
            for number, each in enumerate(some):
                each.send(b"hello", places[number % len(places)])
                self.clock.advance(0)
            self.network.sent.clear()

        more = keptOf(send, strangers, 2 * _ENDPOINTS, ports, [nobody])
        found = f"{more} octets more are in use after datagrams from {_ENDPOINTS} endpoints more"
        self.expect(more < _ENDPOINTS * _OF_EACH, rules.GROWS_NOT, found)
