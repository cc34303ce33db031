"""
Tests for the command line of the benchmarks, and for what it chooses from.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from click.testing import CliRunner
from twisted.trial.unittest import SynchronousTestCase

from bench.command import bench
from bench.contenders import BASELINE, CONTENDERS, chosen
from bench.contenders.base import firstLine, missing
from bench.modes import MODES


class ChoiceTests(SynchronousTestCase):
    def test_beginningsOfNames(self) -> None:
        """
        A contender is chosen by the beginning of its name; without words all are.
        """
        self.assertEqual([each.name for each in chosen(["tinc", "veth"])], ["tinc", "veth"])
        self.assertEqual(chosen([]), list(CONTENDERS))
        self.assertTrue(all(each.name.startswith("wand") for each in chosen(["wand"])))

    def test_unknownNamesAreRefused(self) -> None:
        """
        A name that nobody has is refused, and the message has those that there are.
        """
        for option in ("--only=nobody", "--modes=nobody", "--figures=nobody"):
            answer = CliRunner().invoke(bench, [option])
            self.assertEqual(answer.exit_code, 2)
            self.assertIn("there is no 'nobody'", answer.output)

    def test_namesAreUnique(self) -> None:
        """
        No two contenders or modes share a name, and all of the baseline exist.
        """
        names = [each.name for each in (*CONTENDERS, *MODES)]
        self.assertEqual(len(names), len(set(names)))
        self.assertLessEqual(set(BASELINE), set(names))


class MissingTests(SynchronousTestCase):
    def test_saysWhatToInstall(self) -> None:
        """
        What is missing is told once for each package, with the command that installs it.
        """
        text = missing({"no-such-program": "package", "no-such-either": "package", "sh": "dash"})
        self.assertEqual(text, "no `no-such-program` and no `no-such-either`; install with: apt install package")

    def test_nothingIsMissing(self) -> None:
        """
        Of programs that are installed none is missing.
        """
        self.assertIsNone(missing({"sh": "dash"}))

    def test_versionFromEitherOutput(self) -> None:
        """
        The first line that a program says counts, also if it goes to its error output and the program fails.
        """
        self.assertEqual(firstLine("sh", "-c", "echo; echo version 1 >&2; exit 3"), "version 1")


class CommandTests(SynchronousTestCase):
    def test_noDocument(self) -> None:
        """
        A file that cannot be shown is a message, not a traceback.
        """
        with TemporaryDirectory() as directory:
            answer = CliRunner().invoke(bench, ["--from", str(Path(directory) / "absent.json")])
        self.assertEqual(answer.exit_code, 1)
        self.assertIn("is not a document of a benchmark", answer.output)
