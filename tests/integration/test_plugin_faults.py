"""
Real programs with plugins that fail: they stop in time, leave nothing behind, and say whose fault it was.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent

import attrs
import pytest

from wand.lab import PROGRAMS, wait

PLUGINS = """
import os, time
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread
from twisted.plugin import IPlugin
from zope.interface import implementer
from wand.interfaces import IHook, IHookListener, IRecords, IStore
from wand.stores.memory import MemoryRecords


class Plugin:
    about = "fails"

    def unusable(self):
        return None


@implementer(IRecords)
class NeverCloses(MemoryRecords):
    def close(self):
        return Deferred()


@implementer(IRecords)
class Hangs(MemoryRecords):
    def close(self):
        deferToThread(time.sleep, 60)
        time.sleep(60)


@implementer(IStore, IPlugin)
class Store(Plugin):
    def __init__(self, name, records):
        self.name, self.records = name, records

    def open(self, settings, context):
        return self.records()


@implementer(IHook, IHookListener, IPlugin)
class Hook(Plugin):
    name = "where"

    def open(self, settings, context):
        if not settings:
            raise KeyError("no settings")
        with open(settings["path"], "w") as file:
            file.write(f"{os.getpid()} {os.getppid()}")
        return self

    def told(self, event):
        raise ValueError(event.kind)

    def admit(self, candidate):
        return True

    def close(self):
        raise ValueError("close")


@implementer(IHook, IHookListener, IPlugin)
class Rude(Plugin):
    name = "rude"

    def open(self, settings, context):
        self.log, self.again = context.log, context.clock.callLater
        self.again(0.1, getattr(self, settings["does"]))
        return self

    def hang(self):
        time.sleep(3600)

    def fork(self):
        os.fork()

    def shut(self):
        os.closerange(3, 200)

    def stop(self):
        from twisted.internet import reactor
        reactor.stop()

    def crash(self):
        from twisted.internet import reactor
        reactor.crash()

    def flood(self):
        import logging
        from twisted.logger import Logger
        for number in range(200):
            ours = Logger(namespace=f"wand.part{number}").critical
            for say in (self.log.warn, Logger().error, logging.getLogger("rude").critical, ours):
                say(f"flood {number} of {time.monotonic()}")
            print("flood", number)
            logging.warning("flood %d", number)
        self.again(0.01, self.flood)

    def handOver(self):
        from twisted.internet import reactor
        reactor.callLater(0, reactor.stop)

    def told(self, event):
        pass

    def admit(self, candidate):
        return True

    def close(self):
        pass


never, hangs, where, rude = Store("never", NeverCloses), Store("hangs", Hangs), Hook(), Rude()
"""


@attrs.frozen
class Server:
    """
    A server of REL2 that is to be started, with plugins from a folder.
    """

    folder: Path

    @property
    def socket(self) -> Path:
        """
        Its control socket.
        """
        return self.folder / "control.sock"

    def command(self, *options: str, daemon: bool = False) -> list[str]:
        """
        How to start it.
        """
        log = f"--logfile={self.folder / 'log'}"
        how = [f"--pidfile={self.folder / 'pid'}", log] if daemon else ["-n", "--pidfile=", log]
        configuration = self.folder / "server.toml"
        configuration.write_text("\n".join(options))
        where = ["--listen=127.0.0.1", "--port=0", f"--state={self.folder / 'state'}", f"--control={self.socket}"]
        program = ["wand-server", "--protocol=rel2", f"--config={configuration}", *where]
        return [str(PROGRAMS / "twistd"), *how, *program]

    @property
    def environment(self) -> dict[str, str]:
        """
        Python finds the plugins there.
        """
        return {**os.environ, "PYTHONPATH": str(self.folder)}

    def started(self, *options: str) -> subprocess.Popen[bytes]:
        """
        Start it, and wait until it answers.
        """
        process = subprocess.Popen(self.command(*options), env=self.environment)
        wait(self.answers, 15, "the server")
        return process

    def answers(self) -> bool:
        """
        Does it run?
        """
        asked = [str(PROGRAMS / "wand"), f"--control={self.socket}", "status"]
        return subprocess.run(asked, capture_output=True, timeout=60, check=False).returncode == 0

    @property
    def log(self) -> str:
        """
        What it logged.
        """
        log = self.folder / "log"
        return log.read_text() if log.exists() else ""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """
    One with the plugins above.
    """
    plugins = tmp_path / "twisted" / "plugins"
    plugins.mkdir(parents=True)
    (plugins / "faulty_dropin.py").write_text(dedent(PLUGINS))
    yield Server(tmp_path)


@pytest.mark.parametrize("store", ["never", "hangs"])
def test_aStoreThatNeverCloses(server: Server, store: str) -> None:
    """
    A program that is told to stop ends within seconds, also if a store does not finish to close, or blocks everything;
    its socket is gone.
    """
    process = server.started(f'store = "{store}"')
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) in (0, -signal.SIGTERM)  # twistd ends as the signal says; the store would take a minute
    assert not server.socket.exists()
    if store == "never":
        assert "store never of" in server.log


def test_aHookThatIsBroken(server: Server) -> None:
    """
    A hook that cannot be opened ends the start with a sentence and a status, and leaves no socket behind.
    """
    done = subprocess.run(server.command('hooks = ["where"]'), env=server.environment, timeout=60, check=False)
    assert done.returncode != 0
    assert "the hook 'where' of" in server.log
    assert "KeyError: 'no settings'" in server.log
    assert not server.socket.exists()


def test_hooksOpenInTheBackground(server: Server) -> None:
    """
    A hook is opened by the process that goes on, and its failures end nothing.
    """
    options = ('hooks = ["where"]', "[hook-settings.where]", f'path = "{server.folder / "where"}"')
    subprocess.run(server.command(*options, daemon=True), env=server.environment, timeout=30, check=True)
    wait(server.answers, 15, "the server")
    pid = int((server.folder / "pid").read_text())
    assert (server.folder / "where").read_text().split()[0] == str(pid)
    os.kill(pid, signal.SIGTERM)
    wait(lambda: not (server.folder / "pid").exists(), 6, "its end")
    assert not server.socket.exists()


@contextmanager
def rude(server: Server, does: str) -> Iterator[subprocess.Popen[bytes]]:
    """
    A server with a hook that does something to the whole program.
    """
    options = 'hooks = ["rude"]', "[hook-settings.rude]", f'does = "{does}"'
    process = subprocess.Popen(server.command(*options), env=server.environment, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_aHookThatHangs(server: Server) -> None:
    """
    While a plugin does not return the log says where it waits; and a program that is told to end then does.
    """
    with rude(server, "hang") as process:
        wait(lambda: "the program waits for Rude.hang" in server.log, 30, "the diagnosis")
        assert "faulty_dropin.py:" in server.log
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 1
        assert "the program ends, although Rude.hang" in server.log


def test_aHookThatForks(server: Server) -> None:
    """
    A child that goes on as if it were the program is ended, and the program goes on.
    """
    with rude(server, "fork"):
        wait(lambda: "a plugin that forked" in server.log, 20, "the end of the child")
        wait(server.answers, 15, "an answer")


def test_aHookThatClosesEverything(server: Server) -> None:
    """
    A program whose descriptors somebody closed ends with a status that a supervisor sees, and says why.
    """
    with rude(server, "shut") as process:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 1
        assert b"it can hear nothing more" in said


@pytest.mark.parametrize(
    ("does", "said"),
    [
        ("stop", "the program ends: Rude.stop, at {dropin}:"),
        ("crash", "the program ends: Rude.crash, at {dropin}:"),
        ("handOver", "given reactor.stop; plugins of others: hook rude"),
    ],
)
def test_aHookThatStopsTheReactor(server: Server, does: str, said: str) -> None:
    """
    A program that a plugin ended, and not its operator, ends in good order, but with status 1, and says who it was.
    """
    with rude(server, does) as process:
        assert process.wait(60) == 1
        assert said.format(dropin=server.folder / "twisted/plugins/faulty_dropin.py") in server.log
        assert not server.socket.exists()


def test_itsOwnCommand(server: Server) -> None:
    """
    By C{wand stop} it ends with status 0, and nobody is blamed.
    """
    process = server.started()
    asked = [str(PROGRAMS / "wand"), f"--control={server.socket}", "stop"]
    subprocess.run(asked, capture_output=True, timeout=30, check=True)
    assert process.wait(60) == 0
    assert "stopped it" not in server.log


def test_aHookThatFloodsTheLog(server: Server) -> None:
    """
    Whatever a plugin has for its messages, and whatever it calls itself, some are told and the others summed, by whose
    code they came from; the program answers meanwhile.
    """
    with rude(server, "flood") as process:
        wait(lambda: " more lines of twisted.plugins.faulty_dropin, the last: flood" in server.log, 30, "the sum")
        wait(server.answers, 15, "an answer")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == -signal.SIGTERM
        assert sum("flood " in line for line in server.log.splitlines()) < 1000
