"""
Tests for L{wand.hooks.executables}: programs in a folder are told of events and asked.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from wand.errors import ConfigurationInvalid, TemporarilyUnavailable
from wand.ethernet import MAC
from wand.events import Event
from wand.hooks.approval import HOOK_PATIENCE, allApprove
from wand.hooks.executables import Executables, ExecutablesListener, ExecutablesSettings
from wand.hooks.execution import Outcome
from wand.hooks.questioning import REFUSED
from wand.hooks.telling import LOOK_INTERVAL
from wand.interfaces import Candidate, IAddressApprover, IHook, IRouteApprover, Verdict
from wand.testing.context import simulatedContext
from wand.testing.network import Network

CANDIDATE = Candidate(MAC(b"\2\0\0\0\0\1"), "192.0.2.1:22222", "alice", b"k" * 32)


class Programs:
    """
    Stands for processes: what each executable does, by its name.
    """

    def __init__(self) -> None:
        self.done: list[tuple[str, Any]] = []
        self.outcomes: dict[str, Outcome | Exception] = {}
        self.seconds: list[float] = []
        self.isOver = False

    def run(self, executable: Path, document: bytes, seconds: float) -> Outcome:
        """
        See L{wand.hooks.execution.Execution.run}.
        """
        self.done.append((executable.name, json.loads(document)))
        self.seconds.append(seconds)
        outcome = self.outcomes.get(executable.name, Outcome(0, ""))
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def stop(self) -> None:
        """
        See L{wand.hooks.execution.Execution.stop}.
        """
        self.isOver = True


class SlowWorker:
    """
    A worker that does nothing until it is told.
    """

    def __init__(self, name: str) -> None:
        self.waiting: list[Callable[[], None]] = []

    def do(self, work: Callable[[], Any]) -> Deferred[Any]:
        """
        See L{wand.worker.Worker}.
        """
        done: Deferred[Any] = Deferred()
        self.waiting.append(lambda: done.callback(work()))
        return done

    def stop(self) -> None:
        """
        See L{wand.worker.Worker}.
        """


class ExecutablesCase(SynchronousTestCase):
    """
    A folder for executables.
    """

    def setUp(self) -> None:
        made = TemporaryDirectory()
        self.addCleanup(made.cleanup)
        self.folder = Path(made.name)
        self.clock = Clock()
        self.context = simulatedContext(self.clock, Network(self.clock, Random(0)), "192.0.2.9")
        self.programs = Programs()

    def executable(self, name: str, mode: int = 0o755) -> Path:
        """
        Put one into the folder.
        """
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("#!/bin/sh\n")
        path.chmod(mode)
        return path

    def open(self, **settings: Any) -> ExecutablesListener:
        """
        Begin to listen.
        """
        programs: Any = self.programs
        opened = ExecutablesListener(ExecutablesSettings(str(self.folder), **settings), self.context, programs)
        self.addCleanup(opened.close)
        return opened

    @property
    def names(self) -> list[str]:
        """
        What was run.
        """
        return [name for name, _ in self.programs.done]


class AskedTests(ExecutablesCase):
    def test_interfaces(self) -> None:
        """
        The plugin and what it opens are what they say.
        """
        verifyObject(IHook, Executables())
        verifyObject(IAddressApprover, self.open())
        verifyObject(IRouteApprover, self.open())
        self.assertIsNone(Executables().unusable())

    def test_nobodyIsThere(self) -> None:
        """
        Where nobody is to be asked, everybody is admitted.
        """
        self.assertEqual(self.successResultOf(self.open().admit(CANDIDATE)), Verdict(True))

    def test_allAreAsked(self) -> None:
        """
        Each is asked, in the order of their names, and told who the candidate is.
        """
        for name in (
            "admit/20-b",
            "admit/10-a",
            "assign-address/30-c",
            "allow-route/40-d",
            "admit/.hidden",
            "admit/10-a~",
        ):
            self.executable(name)
        opened = self.open()
        self.assertTrue(self.successResultOf(opened.admit(CANDIDATE)))
        self.assertEqual(self.names, ["10-a", "20-b"])
        fields = {"mac": "02:00:00:00:00:01", "endpoint": "192.0.2.1:22222", "name": "alice", "key": "6b" * 32}
        told = {"kind": "admit", "time": self.context.wallClock(), "network": "", "fields": fields}
        self.assertEqual(self.programs.done[0][1], told)
        self.assertTrue(self.successResultOf(opened.assignAddress(CANDIDATE, "10.77.0.5")))
        self.assertEqual(self.names[2:], ["30-c"])
        told = {**told, "kind": "assign-address", "fields": {**fields, "address": "10.77.0.5"}}
        self.assertEqual(self.programs.done[2][1], told)
        self.assertTrue(self.successResultOf(opened.allowRoute(CANDIDATE, 256)))
        told = {**told, "kind": "allow-route", "fields": {**fields, "hosts": 256}}
        self.assertEqual(self.programs.done[3], ("40-d", told))

    def test_aRefusal(self) -> None:
        """
        The status 77 is a refusal, and the first line of the standard error its reason.  Nobody else is asked then,
        but a failure of those before does not hide it.
        """
        for name in "abc":
            self.executable(f"admit/{name}")
        self.programs.outcomes = {"a": Outcome(1, "oops"), "b": Outcome(REFUSED, "\n not \x1bin the list\nmore\n")}
        verdict = self.successResultOf(self.open().admit(CANDIDATE))
        self.assertEqual(verdict, Verdict(False, "not in the list"))
        self.assertEqual(self.names, ["a", "b"])

    def test_aFailureIsNoRefusal(self) -> None:
        """
        Any other status, a signal, a program that cannot be run or takes too long refuse for now, and the operator is
        told what to look at.
        """
        path = self.executable("admit/check")
        opened = self.open()
        for outcome, text in (
            (Outcome(1, "Traceback"), "ended with 1 (Traceback); 0 is yes and 77 is no"),
            (Outcome(-9, ""), "was killed by signal 9"),
            (PermissionError(13, "Permission denied"), "Permission denied"),
            (TimeoutError("it did not end in time"), "it did not end in time"),
        ):
            self.programs.outcomes["check"] = outcome
            failure = self.failureResultOf(opened.admit(CANDIDATE), TemporarilyUnavailable)
            self.assertNotIn(str(self.folder), str(failure.value))  # the node sees it
            [note] = self.context.notes.texts
            self.assertIn(f"{path} ", note)
            self.assertIn(text, note)

    def test_whatOthersCanChangeIsNotRun(self) -> None:
        """
        Where others can write to an executable, to its folder or to one above, it is not run and nobody is admitted
        for now.  Links are followed.
        """
        path = self.executable("admit/check")
        opened = self.open()
        for each, mode in ((path, 0o757), (path, 0o775), (path.parent, 0o777), (self.folder, 0o777)):
            before = each.stat().st_mode
            each.chmod(mode)
            self.failureResultOf(opened.admit(CANDIDATE), TemporarilyUnavailable)
            self.assertIn(f"chmod go-w {each}", " ".join(self.context.notes.texts))
            each.chmod(before)
        elsewhere = self.executable("elsewhere/check", 0o777)
        path.unlink()
        path.symlink_to(elsewhere)
        self.failureResultOf(opened.admit(CANDIDATE), TemporarilyUnavailable)
        self.assertEqual(self.names, [])
        elsewhere.chmod(0o755)
        self.assertTrue(self.successResultOf(opened.admit(CANDIDATE)))
        self.assertEqual(self.names, ["check"])

    def test_aLostFolder(self) -> None:
        """
        Who was to be asked is not known where the folder is gone, or an executable: nobody is admitted for now.
        """
        path = self.executable("admit/check")
        opened = self.open()
        path.unlink()
        path.symlink_to("nowhere")
        self.failureResultOf(opened.admit(CANDIDATE), TemporarilyUnavailable)
        self.folder.rename(f"{self.folder}-away")
        self.addCleanup(Path(f"{self.folder}-away").rename, self.folder)
        self.failureResultOf(opened.admit(CANDIDATE), TemporarilyUnavailable)

    def test_whatIsAsleepIsSaid(self) -> None:
        """
        What is not executable is not run, and the operator is told.
        """
        path = self.executable("admit/check", 0o644)
        self.assertTrue(self.successResultOf(self.open().admit(CANDIDATE)))
        self.assertEqual(self.names, [])
        self.assertIn(f"chmod +x {path}", self.context.notes.texts[0])

    def test_noTimeLeft(self) -> None:
        """
        An executable has as long as it may take, and no longer than somebody waits; one whose turn comes too late is
        not run.
        """
        self.executable("admit/check")
        workers: list[SlowWorker] = []

        def makeWorker(name: str) -> SlowWorker:
            workers.append(SlowWorker(name))
            return workers[-1]

        self.context = attrs.evolve(self.context, makeWorker=makeWorker)
        opened = self.open(seconds=3.0, atOnce=1)
        asked = [opened.admit(CANDIDATE) for _ in range(3)]
        [asker] = [each for each in workers if each.waiting]
        asker.waiting[0]()
        self.clock.advance(3.0)
        asker.waiting[1]()
        self.assertEqual(len(self.programs.seconds), 2)
        self.assertEqual(self.programs.seconds[0], 3.0)
        self.assertLess(self.programs.seconds[1], 2.0)
        for each in asked[:2]:
            self.assertTrue(self.successResultOf(each))
        late = allApprove([opened], CANDIDATE, self.clock)
        self.clock.advance(HOOK_PATIENCE)
        self.failureResultOf(late, TemporarilyUnavailable)


class ToldTests(ExecutablesCase):
    def tell(self, opened: ExecutablesListener, kind: str = "member-joined", **fields: Any) -> None:
        """
        Something happens.
        """
        opened.told(Event(kind, 7.0, fields))

    def test_told(self) -> None:
        """
        Those of the kind are told, and those that are told of everything.
        """
        for name in ("member-joined/mail", "member-revoked/mail", "every-event/log"):
            self.executable(name)
        opened = self.open()
        self.tell(opened, name="alice", key="6b")
        self.tell(opened, "session-up")
        self.assertEqual(self.names, ["mail", "log", "log"])
        told = {"kind": "member-joined", "time": 7.0, "network": "", "fields": {"name": "alice", "key": "6b"}}
        self.assertEqual(self.programs.done[0][1], told)

    def test_strangeEvents(self) -> None:
        """
        The kind of an event of a plugin leads nowhere else.
        """
        self.executable("admit/check")
        opened = self.open()
        for kind in ("", ".", "..", "../admit", "admit/../admit", "/bin"):
            self.tell(opened, kind, name="\ud800\n")
        self.assertEqual(self.names, [])

    def test_newFolders(self) -> None:
        """
        A folder that is made later is found soon.
        """
        opened = self.open()
        self.tell(opened)
        self.executable("member-joined/mail")
        self.clock.advance(LOOK_INTERVAL)
        self.tell(opened)
        self.assertEqual(self.names, ["mail"])

    def test_failures(self) -> None:
        """
        What goes wrong is said, and the others are told all the same.
        """
        for name in ("a", "b", "c"):
            self.executable(f"member-joined/{name}")
        asleep = self.executable("member-joined/d", 0o644)
        self.programs.outcomes = {"a": Outcome(1, "oops"), "b": OSError("no such interpreter")}
        self.tell(self.open())
        self.assertEqual(self.names, ["a", "b", "c"])
        texts = " ".join(self.context.notes.texts)
        for part in ("ended with 1 (oops)", "no such interpreter", f"chmod +x {asleep}"):
            self.assertIn(part, texts)

    def test_tooMany(self) -> None:
        """
        Not more events wait than they may; those that were dropped are counted.
        """
        self.executable("member-joined/slow")
        worker = SlowWorker("")
        self.context = attrs.evolve(self.context, makeWorker=lambda name: worker)
        opened = self.open(waiting=2)
        for _ in range(5):
            self.tell(opened)
        self.assertEqual((len(worker.waiting), self.context.counters["drop-hook-events"]), (2, 3))
        for work in worker.waiting:
            work()
        self.tell(opened)
        self.assertEqual(len(worker.waiting), 3)

    def test_close(self) -> None:
        """
        At the end, what runs is killed and what waits is dropped.
        """
        self.executable("member-joined/slow")
        worker = SlowWorker("")
        self.context = attrs.evolve(self.context, makeWorker=lambda name: worker)
        opened = self.open()
        self.tell(opened)
        opened.close()
        worker.waiting[0]()
        self.assertEqual((self.names, self.programs.isOver), ([], True))


class OpeningTests(ExecutablesCase):
    def assertRefused(self, part: str, **settings: Any) -> None:
        """
        Settings are refused with a reason.
        """
        with self.assertRaises(ConfigurationInvalid) as caught:
            Executables().open({"path": str(self.folder), **settings}, self.context)
        self.assertIn(part, str(caught.exception))

    def test_settings(self) -> None:
        """
        The path has to be absolute, and lead to a folder that nobody else can change.
        """
        self.assertRefused("expected an absolute path", path="hooks.d")
        self.assertRefused("cannot be used", path=f"{self.folder}/nowhere")
        self.assertRefused("no folder", path=str(self.executable("admit/file")))
        self.assertRefused("seconds", seconds=0)
        self.folder.chmod(0o777)
        self.assertRefused(f"chmod go-w {self.folder}")

    def test_theUser(self) -> None:
        """
        Root runs executables as somebody else only.
        """
        self.patch(os, "geteuid", lambda: 0)
        self.patch(Path, "stat", lambda path: os.stat_result((0o40755, 0, 0, 0, 0, 0, 0, 0, 0, 0)))
        self.assertRefused("user", user="root")
        self.assertRefused("user", user="nobody-is-called-so")

    def test_whatDoesNothingIsSaid(self) -> None:
        """
        A file beside the folders, and a folder with a name that nothing has, are never run.
        """
        stray, typo = self.executable("admit.sh"), self.executable("member-join/mail")
        self.executable("member-joined/mail")
        self.open()
        texts = self.context.notes.texts
        self.assertEqual(len(texts), 2)
        self.assertIn(f"{stray} is never run", texts[0])
        self.assertIn(f"{typo.parent} has the name of no question", texts[1])
