"""
The contract that every directory fulfils, as tests that a directory's author runs against it.
"""

from __future__ import annotations

from random import Random
from typing import Any, Final

import attrs

from wand.ethernet import MAC
from wand.interfaces import IMembershipFollower, IRovingDirectory
from wand.table import OPERATOR, Rank, Source, Table
from wand.testing import directory_rules as rules
from wand.testing.directory_manners import DirectoryManners
from wand.testing.inbox import Deaf
from wand.testing.plugin_contract import PluginContract

#: Somebody else who speaks of addresses.
_ANOTHER: Final = Source("another-directory", Rank.DIRECTORY)

#: An address of which only others speak.
_OTHERS: Final = MAC(b"\2\xee\0\0\0\1")

#: Seconds within which entries that nobody confirms must be gone: two days, in steps of an hour.
_DAYS: Final = (48, 3600.0)


class DirectoryContract(DirectoryManners, PluginContract):
    """
    What every directory must do.  Mix it into a test case and say how to make one, and what it lists::

        class MyDirectoryTests(DirectoryContract, SynchronousTestCase):
            settings = {"servers": ["203.0.113.1"]}

            def makeDirectory(self):
                self.server = MyServer(self.network.host("203.0.113.1"))
                return MyDirectory()

            def listed(self):
                return {MAC.parse("02:00:00:00:00:02"): Endpoint("192.0.2.2", 22222)}
    """

    # The contract.

    def test_nothingBeforeTheStart(self) -> None:
        """
        Opened, it does nothing yet, and can be stopped.
        """
        sent, timers, entries = len(self.network.sent), self.timers(), self.entries()
        directory = self.opened()
        sent, timers = len(self.network.sent) - sent, self.timers() - timers
        found = f"{sent} datagrams, {timers} timers, {len(self.entries())} entries"
        self.expect(not sent and not timers and entries == self.entries(), rules.NOT_BEFORE, found)
        with self.keeping(rules.NOT_BEFORE, "stop(), without start(),"):
            directory.stop()

    def test_status(self) -> None:
        """
        Its status can be asked for at any time.
        """
        directory = self.opened()
        self.statusOf(directory, "before the start")
        directory.start()
        self.statusOf(directory, "at the start")
        self.pass_(self.patience)
        self.statusOf(directory, "after some time")
        directory.stop()
        self.statusOf(directory, "after the end")

    def test_whatItListsIsInTheTable(self) -> None:
        """
        What it should list is in the table.
        """
        self.begun()
        found = {each.mac: each.peer for each in self.entries()}
        for mac, peer in self.listed().items():
            self.expect(found.get(mac) == peer, rules.LISTED, f"{mac} is at {found.get(mac)}, and not at {peer}")

    def test_sourcesAreItsOwn(self) -> None:
        """
        What it puts into the table it puts there under its own names.
        """
        before = self.entries()
        directory = self.begun()
        names = {each.name for each in self.statusOf(directory, "after some time")}
        for entry in self.entries():
            isOwn = entry in before or (entry.source != OPERATOR and entry.source.name in names)
            found = f"{entry.mac} is said by {entry.source.name!r}, and status() has {', '.join(names) or 'no names'}"
            self.expect(isOwn, rules.OWN_SOURCES, found)

    def test_entriesEnd(self) -> None:
        """
        Some time after it was stopped nothing of it is left.
        """
        before = self.entries()
        self.begun().stop()
        for _ in range(_DAYS[0]):
            self.clock.advance(_DAYS[1])
        left = [f"{each.mac} by {each.source.name}" for each in self.entries() if each not in before]
        self.expect(not left, rules.ENDS, f"two days later there is {', '.join(left)}")

    def test_entriesOfOthersStay(self) -> None:
        """
        What others put into the table stays, for the same addresses, too.
        """
        table = self.context.table
        macs = [_OTHERS, *self.listed()]
        for mac in macs:
            table.put(mac, "a peer of others", OPERATOR)
            table.put(mac, "a peer of others", _ANOTHER)
        self.begun().stop()
        self.pass_(1)
        for mac in macs:
            sources = [each.source for each in table.sources(mac)]
            isThere = OPERATOR in sources and _ANOTHER in sources
            self.expect(isThere, rules.OTHERS, f"of {mac} there is only what {[each.name for each in sources]} say")

    def test_refusedEntries(self) -> None:
        """
        A table that refuses what it lists disturbs nothing.
        """
        context = self.context
        own = next(iter(self.listed()), context.mac)
        for table in (Table(self.clock, context.events, own, 0), Table(self.clock, context.events, own)):
            self.context = attrs.evolve(context, table=table)
            directory = self.opened()
            with self.keeping(rules.REFUSED, "start()"):
                directory.start()
                self.pass_(self.patience)
            self.statusOf(directory, "after entries were refused")
            self._raisedNothing(rules.REFUSED)
            directory.stop()
        self.context = context

    def test_changesDoNoHarm(self) -> None:
        """
        Whatever it is told of the host and of the network, it raises nothing.
        """
        directory = self.opened()
        self._changed(directory, "before start")
        directory.start()
        self._changed(directory, "at the start")
        self.pass_(self.patience)
        self._changed(directory, "later")
        directory.stop()
        self._changed(directory, "after stop")

    def _changed(self, directory: Any, when: str) -> None:
        roving = ["moved"] if IRovingDirectory.providedBy(directory) else []
        follower = ["announcementChanged", "serversChanged", "clockSet"]
        for name in (*roving, *(follower if IMembershipFollower.providedBy(directory) else [])):
            with self.keeping(rules.CHANGES, f"{name}(), {when},"):
                getattr(directory, name)()

    def test_strangers(self) -> None:
        """
        Datagrams of strangers disturb nothing.
        """
        self.begun()
        before, random = self.entries(), Random(1)
        ports = {each.sender for each in self.network.sent if each.sender.host == "192.168.1.2"}
        stranger = self.network.host("198.51.100.66").bind("0.0.0.0", 4444, Deaf())
        brought, sent = 0, len(self.network.sent)
        for number in range(100 * len(ports)):
            datagram = random.randbytes(random.randrange(120))
            brought += len(datagram)
            with self.keeping(rules.STRANGERS, "a datagram of a stranger's"):
                stranger.send(datagram, sorted(ports)[number % len(ports)])
                self.clock.advance(0)
        answers = [each for each in list(self.network.sent)[sent:] if each.destination.host == "198.51.100.66"]
        answered = sum(len(each.payload) for each in answers)
        self._raisedNothing(rules.STRANGERS)
        self.expect(answered <= brought, rules.STRANGERS, f"{brought} octets were answered with {answered}")
        self.expect(before == self.entries(), rules.STRANGERS, "there are other entries than before")

    def _raisedNothing(self, rule: Any) -> None:
        raised = [name for name, count in self.context.counters.items() if name.startswith("drop-raised") and count]
        self.expect(not raised, rule, f"exceptions were counted in {', '.join(raised)}")

    def test_silentAfterTheEnd(self) -> None:
        """
        Stopped, it sends nothing and leaves no timer behind.
        """
        timers = self.timers()
        directory = self.begun()
        directory.stop()
        self.context.table.stop()  # its timers are its own
        sent = len(self.network.sent)
        left = self.timers() - timers
        self.expect(left <= 0, rules.SILENT, f"{left} timers are left")
        self.pass_(60)
        self.expect(
            len(self.network.sent) == sent, rules.SILENT, f"{len(self.network.sent) - sent} datagrams were sent"
        )
