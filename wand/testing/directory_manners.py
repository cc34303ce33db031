"""
A part of the contract of directories: what becomes of its entries in time, and what it costs others.
"""

from __future__ import annotations

from contextlib import suppress
from random import Random
from typing import Final

from wand.errors import WandError
from wand.testing import directory_rules as rules
from wand.testing.directory_bench import DirectoryBench
from wand.testing.inbox import Deaf
from wand.testing.memory import grownBy

#: For how many seconds it is seen that entries stay, and how often in that time.
_STAYING: Final = (600, 120)

#: How many datagrams of strangers come to see whether they are kept, and how long they are.
_MANY: Final = 400
_LENGTH: Final = 1000


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

    def test_asksSeldom(self) -> None:
        """
        When nothing changes it sends a few datagrams a second at most.
        """
        self.begun()
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
