"""
Tests for L{bench.table}, L{bench.picture} and the document of L{bench.results}.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

from twisted.trial.unittest import SynchronousTestCase

from bench.picture import panels, picture
from bench.results import Entrant, Machine, Results, ResultsInvalid, Settings, Turn
from bench.summary import summarize
from bench.table import markdown, tables


def results() -> Results:
    """
    A small document: two contenders and the underlay, two rounds, one of them disturbed, one stall and one failure.
    """
    document = Results(
        began="2026-01-02T03:04:05+00:00",
        machine=Machine("6.1", "A <fast> & quiet one", 2, 4000, "3.11.7", {}),
        settings=Settings(rounds=2, seconds=1, congestion="cubic"),
        entrants={"wand rel2": Entrant(2, "none", "1", 1280), "tinc": Entrant(2, "a|b", "1.0", 1500)},
        missing={"fastd": "no `fastd`; install with: apt install fastd"},
    )
    document.turns["default"] = {
        "wand rel2": [
            Turn({"tcp-forward": 300.0, "memory": 40.0}, disturbance=0.25),
            Turn({"tcp-forward": 500.0, "memory": 40.0}, stalls={"tcp-forward": 2.5}),
        ],
        "tinc": [Turn({"tcp-forward": 100.0, "memory": 5.0}), Turn(failures={"tcp-reverse": "timed out"})],
        "veth": [Turn({"tcp-forward": 9000.0})],
    }
    summarize(document, ["tinc"])
    return document


class TableTests(SynchronousTestCase):
    def test_wandIsComparedWithTheBest(self) -> None:
        """
        A table says what wand reaches in the median, the least and the greatest, what the best of the others does, and
        the ratio.
        """
        compared = next(rows for title, _, rows in tables(results()) if "against" in title)
        self.assertEqual(list(compared[0][1:]), ["400", "300 to 500", "100 (tinc)", "4.00"])

    def test_troublesAreTold(self) -> None:
        """
        Stalls, failures, who could not take part, and what others did meanwhile are in the last table.
        """
        *_, (_, _, rows) = tables(results())
        self.assertEqual(
            [row[-1] for row in rows],
            [
                "no `fastd`; install with: apt install fastd",
                "others had 25% of the processors' time",
                "a stream stalled for 2.5 s",
                "timed out",
            ],
        )

    def test_pageHasEveryTable(self) -> None:
        """
        The page has the conditions, the picture, and the tables with as many cells in each row.
        """
        page = markdown(results(), "figures.svg")
        self.assertIn("Measured 2026-01-02 on 2 processors", page)
        self.assertIn("](figures.svg)", page)
        self.assertIn("| wand rel2 | 400 | 40.0 |", page)
        self.assertIn("a\\|b", page)


class PictureTests(SynchronousTestCase):
    def test_isSVGWithABarForEach(self) -> None:
        """
        The picture is well-formed XML with a bar for each contender that has daemons, the best first and the widest.
        """
        root = ElementTree.fromstring(picture(results()))
        bars = [each for each in root.iter("{http://www.w3.org/2000/svg}rect") if each.get("x")]
        self.assertEqual([bar.get("width") for bar in bars], ["520", "130"])
        self.assertEqual(list(panels(results())[0].values), ["wand rel2", "tinc"])

    def test_nothingMeasured(self) -> None:
        """
        A document without figures is a picture without bars.
        """
        document = results()
        document.medians.clear()
        self.assertEqual(panels(document), [])
        ElementTree.fromstring(picture(document))


class DocumentTests(SynchronousTestCase):
    def test_isReadAsItWasWritten(self) -> None:
        """
        A document that was written is read with everything that was in it.
        """
        with TemporaryDirectory() as directory:
            path = Path(directory) / "results.json"
            path.write_bytes(results().encode())
            self.assertEqual(Results.read(path), results())

    def test_otherFilesAreRefused(self) -> None:
        """
        A file that is no such document, or none at all, is an error for people.
        """
        with TemporaryDirectory() as directory:
            path = Path(directory) / "results.json"
            self.assertRaises(ResultsInvalid, Results.read, path)
            path.write_text('{"began": 3}')
            self.assertRaises(ResultsInvalid, Results.read, path)
