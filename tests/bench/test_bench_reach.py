"""
Tests for the matrix: its cells, and what is said of them.  L{bench.reach.run} is tested end to end.
"""

from __future__ import annotations

from io import StringIO

from click.testing import CliRunner
from reaching import NOT_YET, TITLES, VARIED
from rich.console import Console
from twisted.trial.unittest import SynchronousTestCase

from bench.command import bench
from bench.reach.cells import CELLS, DIRECT_LIMIT, PUBLIC_LIMIT, RELAY_LIMIT, chosen, pair
from bench.reach.command import document, table
from bench.reach.course import Outcome, lost
from bench.reach.ends import CARRIER, FIREWALL, KINDS, PUBLIC, End, isDirect
from bench.reach.loads import Carried, Loads, lines
from bench.reach.situations import SITUATIONS
from bench.reach.variations import VARIATIONS
from wand.lab.internet import BOTH, IPV6
from wand.lab.probe import Echo
from wand.lab.router_rules import BLOCKED, CONE, FULL, PROXY, RESTRICTED, SYMMETRIC
from wand.lab.topology import Node

_TARGET = Node("node", "", "10.77.0.1", "02:00:00:00:00:01")


class CellTests(SynchronousTestCase):
    def test_sixtyCells(self) -> None:
        """
        There are sixty cells, no two of one title; every kind of end pings every kind.
        """
        self.assertEqual(len({cell.title for cell in CELLS}), 60)
        pairs = {(cell.one.kind, cell.two.kind) for cell in CELLS if cell.group == "pair"}
        self.assertEqual(pairs, {(one, two) for one in KINDS for two in KINDS})

    def test_noCellHelpsAnother(self) -> None:
        """
        No end pings one that pings it in another cell: each pair is new to each other.
        """
        for cells in (CELLS, VARIATIONS):
            pairs = [frozenset((cell.one.name, cell.two.name)) for cell in cells]
            self.assertEqual(len(set(pairs)), len(pairs))

    def test_endsHaveOneMeaning(self) -> None:
        """
        An end's name says which it is, and is short enough for an interface and all that is named after it.
        """
        cells = [*CELLS, *VARIATIONS, *(cell for cells in SITUATIONS.values() for cell in cells)]
        ends = {end for cell in cells for end in (cell.one, cell.two)}
        self.assertEqual(len({end.name for end in ends}), len(ends))
        self.assertLessEqual(max(len(end.name) for end in ends), 12)

    def test_twelveSituations(self) -> None:
        """
        There are twelve situations, from four trackers.
        """
        self.assertEqual(len(SITUATIONS), 12)
        self.assertEqual(len({report.partition("#")[0] for report in SITUATIONS}), 4)

    def test_listsNameCellsThatExist(self) -> None:
        """
        The tests run cells that there are, and none is said to fail that is not run.
        """
        run = {*TITLES, *(cell.title for cells in SITUATIONS.values() for cell in cells)}
        self.assertLessEqual(set(TITLES), {cell.title for cell in CELLS})
        self.assertLessEqual(set(VARIED), {cell.title for cell in VARIATIONS})
        self.assertLessEqual(NOT_YET, run)

    def test_wordsChoose(self) -> None:
        """
        Cells are chosen by words in their titles; without words all are.
        """
        self.assertEqual({cell.group for cell in chosen(["roaming", "restart"], CELLS)}, {"roaming", "restart"})
        self.assertEqual(chosen([], CELLS), list(CELLS))

    def test_unknownWordsAreRefused(self) -> None:
        """
        A word that is in no title is refused.
        """
        answer = CliRunner().invoke(bench, ["reach", "--only", "moon"])
        self.assertEqual(answer.exit_code, 2)
        self.assertIn("there is no such cell", answer.output)


class DirectTests(SynchronousTestCase):
    def test_whatCanBeDirect(self) -> None:
        """
        Ends are direct if one takes datagrams from any port, or both have one port for all, or both have IPv6; never
        without UDP, or without a common version of IP.
        """
        for one, two, expected in (
            (PUBLIC, SYMMETRIC, True),
            (CONE, CARRIER, True),
            (FIREWALL, FIREWALL, True),
            (SYMMETRIC, CONE, False),
            (SYMMETRIC, RESTRICTED, True),
            (FULL, SYMMETRIC, True),
            (PROXY, PUBLIC, False),
            (SYMMETRIC, SYMMETRIC, False),
            (BLOCKED, PUBLIC, False),
        ):
            self.assertIs(isDirect(End("a", one), End("b", two)), expected, (one, two))
        self.assertFalse(isDirect(End("a"), End("b", versions=(IPV6,))))
        both = [End(name, SYMMETRIC, versions=BOTH) for name in "ab"]
        self.assertTrue(isDirect(*both))

    def test_limitsFollow(self) -> None:
        """
        The limit is that of a public end if there is one, else that of a direct way or a relay.
        """
        for one, two, limit in (
            (PUBLIC, CONE, PUBLIC_LIMIT),
            (CONE, CONE, DIRECT_LIMIT),
            (CONE, SYMMETRIC, RELAY_LIMIT),
        ):
            self.assertEqual(pair("group", "name", End("a", one), End("b", two)).limit, limit)


class OutcomeTests(SynchronousTestCase):
    def test_lostPings(self) -> None:
        """
        What is missing between the first answer and the last is lost; what was before the first is not.
        """
        echoes = [Echo(_TARGET, number, 0.1 * number, 1.0) for number in (5, 6, 9)]
        self.assertEqual(lost(echoes), 2)
        self.assertEqual(lost([]), 0)

    def test_tableAndDocument(self) -> None:
        """
        The table has the times, the ways and the result; the document has the same.
        """
        outcome = Outcome(CELLS[0], first=0.25, way="direct", firstWay="relay", lost=1, failure="1 pings lost")
        screen = StringIO()
        Console(width=200, file=screen).print(table([outcome]))
        text = screen.getvalue()
        for word in ("pair: public to public", "0.25 s", "1.00 s", "relay, then direct", "1 pings lost"):
            self.assertIn(word, text)
        self.assertEqual(document(outcome)["first-way"], "relay")


class LoadsTests(SynchronousTestCase):
    def test_medianAndRatio(self) -> None:
        """
        A way's rate is the median of its rounds, and compared with the direct one's; what failed is said.
        """
        loads = Loads(failed={"stream": "no way"})
        loads.carried["direct"] = [Carried(rate, 2.0, 0.0) for rate in (1e9, 2e9, 9e9)]
        loads.carried["relay"] = [Carried(1.5e9, 2.0, 0.5)]
        self.assertEqual(loads.median("direct", "rate"), 2e9)
        self.assertEqual(loads.ratio("relay"), 0.75)
        self.assertIsNone(loads.ratio("stream"))
        self.assertEqual(
            list(lines(loads)),
            [
                "direct: 2.00 Gbit/s (both nodes 2.00 s, server 0.00 s a gigabit)",
                "relay: 1.50 Gbit/s, 0.75 of direct (both nodes 2.00 s, server 0.50 s a gigabit)",
                "stream: no way",
            ],
        )
