"""
Tests for L{wand.hooks.execution}: real programs are run, for a limited time and without privileges.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from threading import Thread
from time import monotonic

import pytest

from wand.hooks.execution import SAID_MAXIMUM, SENTENCE_MAXIMUM, Execution, Outcome
from wand.lab import wait

Make = Callable[[str], Path]


@pytest.fixture
def make() -> Iterator[Make]:
    """
    Makes executables, in a folder that everybody can read.
    """
    folder = Path(mkdtemp())
    folder.chmod(0o755)

    def make(script: str) -> Path:
        path = folder / "script"
        path.write_text(script)
        path.chmod(0o755)
        return path

    yield make
    rmtree(folder)


def run(executable: Path, document: bytes = b"", seconds: float = 10.0) -> Outcome:
    """
    Run it.
    """
    return Execution("nobody").run(executable, document, seconds)


def test_statusAndReason(make: Make) -> None:
    """
    Its input is the document; its status and what it says are told; what it prints is not.
    """
    script = make('#!/bin/sh\nread line\necho shown\necho "not $line" >&2\nexit 77\n')
    assert run(script, b"today\n") == Outcome(77, "not today\n")


def test_nothingOfOurs(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    It sees nothing of our environment, and none of our files.
    """
    monkeypatch.setenv("SECRET", "secret")
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    said = run(make("#!/bin/sh\nenv >&2\npwd >&2\nls /proc/self/fd | wc -l >&2\n")).said
    os.close(reading)
    os.close(writing)
    assert "SECRET" not in said
    *_, where, descriptors = said.split()
    assert (where, descriptors) == ("/", "4")  # of which ls opened one, and wc reads none


def test_tooLong(make: Make) -> None:
    """
    What takes too long is killed, with what it began, and what it said by then is told.
    """
    began = monotonic()
    with pytest.raises(TimeoutError, match="thinking"):
        run(make("#!/bin/sh\necho thinking >&2\nsleep 60 &\nsleep 60\n"), seconds=0.3)
    assert monotonic() - began < 20


def test_whatItLeaves(make: Make) -> None:
    """
    Somebody else who has its standard error does not keep us waiting, and ends with it.
    """
    began = monotonic()
    outcome = run(make("#!/bin/sh\nsleep 60 &\necho $! >&2\n"), seconds=50)
    assert monotonic() - began < 20
    wait(lambda: not isAlive(int(outcome.said)), 20, "the end of what it began")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_asTheFirstProcess(make: Make) -> None:
    """
    The first process of a container waits for what it leaves, which nobody else would: none of them stays.
    """
    script = make("#!/bin/sh\nsleep 50 &\nsleep 50 &\n")
    program = f"""
import os
from pathlib import Path
from threading import Thread
from wand.hooks.execution import Execution
for _ in range(3):
    thread = Thread(target=Execution("nobody").run, args=(Path({str(script)!r}), b"", 10.0))
    thread.start()
    thread.join()
print(os.getpid(), sum(each.isdecimal() for each in os.listdir("/proc")))
"""
    command = ("unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-c", program)
    assert subprocess.run(command, capture_output=True, timeout=60, check=True).stdout == b"1 1\n"


def isAlive(process: int) -> bool:
    """
    Is a process there, and no zombie?
    """
    try:
        return ") Z " not in Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False


def test_muchIsSaid(make: Make) -> None:
    """
    Of what it says only the beginning is kept, and it is not kept waiting for that.
    """
    outcome = run(make("#!/bin/sh\nhead -c 1000000 /dev/zero | tr '\\0' x >&2\n"))
    assert outcome == Outcome(0, "x" * SAID_MAXIMUM)
    assert outcome.sentence == "x" * SENTENCE_MAXIMUM


def test_whatNeverEnds(make: Make) -> None:
    """
    What says something for ever is heard only so long as it may take, and costs no memory.
    """
    for words in ("yes >&2", "yes"):
        with pytest.raises(TimeoutError) as told:
            run(make(f"#!/bin/sh\n{words}\n"), seconds=0.3)
        assert str(told.value).startswith("it did not end in time")
        assert len(str(told.value)) < SENTENCE_MAXIMUM + 50


def test_manyProcesses(make: Make) -> None:
    """
    Hundreds of processes that it began end with it, also those that go on making others.
    """
    more = "more() { sleep 60 & sleep 60 & }\n" + "more\n" * 100 + "while :; do sleep 1; done &\necho $$ >&2\n"
    outcome = run(make(f"#!/bin/sh\n{more}"), seconds=50)
    wait(lambda: not inSession(int(outcome.said)), 20, "the end of what it began")


def inSession(session: int) -> list[str]:
    """
    The processes of a session that are no zombies.
    """
    found = []
    for each in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, _, its = each.read_text().rpartition(")")[2].split()[:4]
            found += [each.parent.name] * (int(its) == session and state != "Z")
    return found


def test_aSessionOfItsOwn(make: Make) -> None:
    """
    What begins a session of its own goes on: so something that takes long can be begun on purpose.
    """
    begin = "{ setsid sh -c 'echo $$ >&2; echo; exec sleep 60 > /dev/null' & } | read ready"
    outcome = run(make(f"#!/bin/sh\n{begin}\n"), seconds=50)
    process = int(outcome.said)
    assert isAlive(process)
    os.kill(process, signal.SIGKILL)


def test_killedBySomebody(make: Make) -> None:
    """
    A signal is told as such, with what was said before.
    """
    assert run(make("#!/bin/sh\necho out of luck >&2\nkill -SEGV $$\n")) == Outcome(-signal.SIGSEGV, "out of luck\n")


def test_replacedWhileItRuns(make: Make) -> None:
    """
    What runs is what was there when it began; the next run is another.
    """
    script = make('#!/bin/sh\nwhile [ -e "$0.wait" ]; do :; done\nexit 1\n')
    lock = script.with_suffix(".wait")
    lock.touch()
    outcomes: list[Outcome] = []
    execution = Execution("nobody")
    thread = Thread(target=lambda: outcomes.append(execution.run(script, b"", 50)))
    thread.start()
    wait(lambda: execution.isBusy, 20, "the script")
    other = script.with_suffix(".new")
    other.write_text("#!/bin/sh\nexit 2\n")
    other.chmod(0o755)
    other.rename(script)
    lock.unlink()
    thread.join(50)
    assert outcomes[0].status in (1, 2)  # 2 if it was replaced before its interpreter had opened it
    assert run(script).status == 2


def test_aFullDisk(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    The document needs no room on a disk, and can be opened once more.
    """
    monkeypatch.setattr(tempfile, "tempdir", "/dev/full")
    assert run(make("#!/bin/sh\ncat /dev/stdin >&2\n"), b"document") == Outcome(0, "document")


def test_noProgram(make: Make) -> None:
    """
    What cannot be run is told.
    """
    for script in ("#!/nowhere/interpreter\n", "neither script nor program"):
        with pytest.raises(OSError, match=r"No such file|format"):
            run(make(script))


def test_privileges(make: Make) -> None:
    """
    In a thread, as in a program, it has no capabilities and no way to any; it is not root.
    """
    script = make("#!/bin/sh\ngrep -E '^(Uid|CapEff|CapAmb|NoNewPrivs)' /proc/self/status >&2\n")
    outcomes: list[Outcome] = []
    thread = Thread(target=lambda: outcomes.append(run(script)))
    thread.start()
    thread.join()
    found = dict(line.split(":") for line in outcomes[0].said.splitlines())
    assert found["NoNewPrivs"].strip() == "1"
    assert int(found["CapEff"], 16) == int(found["CapAmb"], 16) == 0
    assert "0" not in found["Uid"].split()


def test_theEnd(make: Make) -> None:
    """
    When the program ends, nothing more is run, and what runs is killed.
    """
    execution, script = Execution("nobody"), make("#!/bin/sh\nsleep 60\n")
    outcomes: list[Outcome] = []
    thread = Thread(target=lambda: outcomes.append(execution.run(script, b"", 50)))
    thread.start()
    wait(lambda: execution.isBusy, 20, "the script")
    execution.stop()
    thread.join(20)
    assert outcomes == [Outcome(-9, "")]
    with pytest.raises(InterruptedError):
        execution.run(script, b"", 1)
