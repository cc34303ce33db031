"""
Tests for L{wand.control.listen} and L{wand.control.client.connect}, on real UNIX sockets.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from grp import getgrgid
from pathlib import Path
from pwd import getpwnam, getpwuid
from random import Random
from stat import S_IMODE, S_ISSOCK
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import pytest_twisted
from simulated.program import MemoryProgram
from twisted.internet import reactor
from twisted.internet.task import Clock, deferLater

from wand.control.client import connect
from wand.control.listen import ControlSocket
from wand.errors import NotPermitted, NotRunning, PortUnavailable
from wand.ethernet import MAC
from wand.events import Event
from wand.programs.control_socket import LOOK_INTERVAL, ControlService
from wand.state import UNCHANGED
from wand.testing.context import simulatedContext
from wand.testing.network import Network

#: Another user, if we may become one; else ourselves.
OTHER = getpwnam("nobody") if os.geteuid() == 0 else getpwuid(os.geteuid())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """
    Where a control socket can be.
    """
    return tmp_path / "run" / "node.sock"


@pytest.fixture
def program() -> MemoryProgram:
    """
    A program in memory.
    """
    return MemoryProgram(reactor)  # type: ignore[arg-type] # the reactor is a module to mypy


@pytest.fixture
def umask() -> Iterator[None]:
    """
    The umask that twistd sets when it goes into the background.
    """
    before = os.umask(0o077)
    yield
    os.umask(before)


def controlSocket(path: Path, program: MemoryProgram, **others: Any) -> ControlSocket:
    return ControlSocket(reactor, str(path), program, **others)


@contextmanager
def asOther() -> Iterator[None]:
    """
    Be the other user for a while.
    """
    before = os.geteuid()
    os.seteuid(OTHER.pw_uid)
    try:
        yield
    finally:
        os.seteuid(before)


@contextmanager
def forbidden(directory: Path) -> Iterator[None]:
    """
    Let nobody but root into a directory for a while.
    """
    directory.chmod(0)
    try:
        yield
    finally:
        directory.chmod(0o750)


def leaveBehind(path: Path) -> None:
    """
    Make the socket of a program that was killed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))


@pytest_twisted.ensureDeferred
async def test_listensAndAnswers(path: Path, program: MemoryProgram) -> None:
    """
    A client reaches the program through the socket, and is let go when it stops; then nothing is left.
    """
    control = controlSocket(path, program)
    control.start()
    client = await connect(reactor, str(path))
    assert (await client.status()).role == "node"
    await control.stop()
    assert not path.exists()
    with pytest.raises(NotRunning):
        await client.status()
    assert not client.connected
    await control.stop()


@pytest_twisted.ensureDeferred
async def test_aFileThatIsRemoved(path: Path, program: MemoryProgram) -> None:
    """
    Somebody removes the file: it is made again, and who is connected stays.  Another program's is left alone.
    """
    control = controlSocket(path, program)
    control.start()
    client = await connect(reactor, str(path))
    control.renew()
    path.unlink()
    with pytest.raises(NotRunning, match="somebody removed its socket"):
        await connect(reactor, str(path))
    control.renew()
    other = await connect(reactor, str(path))
    for each in (client, other):
        assert (await each.status()).role == "node"
    path.unlink()
    leaveBehind(path)
    before = path.stat().st_ino
    control.renew()
    assert path.stat().st_ino == before
    await control.stop()
    assert path.exists()
    control.renew()


@pytest_twisted.ensureDeferred
async def test_aFileThatCannotBeMadeAgain(path: Path, program: MemoryProgram) -> None:
    """
    While it cannot be made again that is a note; it is tried at each look.
    """
    context = simulatedContext(Clock(), Network(Clock(), Random(1)), "192.0.2.1")
    service = ControlService(reactor, str(path), "", UNCHANGED, program, context)
    service.startService()
    path.unlink()
    path.parent.rmdir()
    path.parent.write_text("in the way")
    context.clock.advance(LOOK_INTERVAL)
    [note] = context.notes
    assert "somebody removed the control socket" in note.text
    path.parent.unlink()
    context.clock.advance(LOOK_INTERVAL)
    assert not list(context.notes)
    assert (await (await connect(reactor, str(path))).status()).role == "node"
    await service.stopService()
    assert not path.exists()


@pytest_twisted.ensureDeferred
async def test_modes(path: Path, program: MemoryProgram, umask: None) -> None:
    """
    The socket is for its owner and a group, in a directory that only they enter, whatever the umask.
    """
    control = controlSocket(path, program)
    control.start()
    assert S_IMODE(path.stat().st_mode) == 0o660
    assert S_IMODE(path.parent.stat().st_mode) == 0o750
    await control.stop()
    assert os.umask(0o077) == 0o077


@pytest_twisted.ensureDeferred
async def test_owners(path: Path, program: MemoryProgram) -> None:
    """
    The socket and the directory made for it belong to the user that the program becomes, and to the named group.
    """
    group = getgrgid(OTHER.pw_gid).gr_name
    control = controlSocket(path, program, group=group, uid=OTHER.pw_uid)
    control.start()
    for made in (path, path.parent):
        assert (made.owner(), made.group()) == (OTHER.pw_name, group)
    await control.stop()


@pytest_twisted.ensureDeferred
async def test_withoutPrivileges(program: MemoryProgram) -> None:
    """
    The socket is taken away also when the privileges of the start were dropped.
    """
    with TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        path = Path(directory) / "run" / "node.sock"
        control = controlSocket(path, program, uid=OTHER.pw_uid, gid=OTHER.pw_gid)
        control.start()
        with asOther():
            await control.stop()
        assert not path.exists()


@pytest_twisted.ensureDeferred
async def test_mayNotUnlink(path: Path, program: MemoryProgram) -> None:
    """
    A program that may not take its socket away stops all the same.
    """
    path.parent.mkdir()
    control = controlSocket(path, program)
    control.start()
    with forbidden(path.parent), asOther():
        await control.stop()
    assert path.exists()


@pytest_twisted.ensureDeferred
async def test_staleSocketIsReplaced(path: Path, program: MemoryProgram) -> None:
    """
    The socket that a killed program left behind does not stop the next one.
    """
    leaveBehind(path)
    with pytest.raises(NotRunning, match="left behind"):
        await connect(reactor, str(path))
    control = controlSocket(path, program)
    control.start()
    client = await connect(reactor, str(path))
    await client.status()
    client.close()
    await control.stop()


@pytest_twisted.ensureDeferred
async def test_liveSocketIsNot(path: Path, program: MemoryProgram) -> None:
    """
    A second program on the same path is refused, and the first one keeps its socket.
    """
    control = controlSocket(path, program)
    control.start()
    with pytest.raises(PortUnavailable, match="another node answers at"):
        controlSocket(path, program).start()
    client = await connect(reactor, str(path))
    await client.status()
    client.close()
    await control.stop()


@pytest_twisted.ensureDeferred
async def test_successorKeepsItsSocket(path: Path, program: MemoryProgram) -> None:
    """
    A program whose socket was replaced leaves the new one alone when it stops.
    """
    control = controlSocket(path, program)
    control.start()
    path.unlink()
    leaveBehind(path)
    await control.stop()
    assert S_ISSOCK(path.stat().st_mode)


@pytest_twisted.ensureDeferred
async def test_socketIsGone(path: Path, program: MemoryProgram) -> None:
    """
    A program whose socket somebody deleted stops like any other.
    """
    control = controlSocket(path, program)
    control.start()
    path.unlink()
    await control.stop()


def test_otherFilesAreKept(path: Path, program: MemoryProgram) -> None:
    """
    What is at the path and is not a socket is not deleted.
    """
    path.parent.mkdir()
    path.write_text("precious")
    with pytest.raises(PortUnavailable, match="is not a socket"):
        controlSocket(path, program).start()
    assert path.read_text() == "precious"


def test_unknownGroup(path: Path, program: MemoryProgram) -> None:
    """
    A group that the host does not have is refused by its name.
    """
    with pytest.raises(PortUnavailable, match="no group 'wanderers'"):
        controlSocket(path, program, group="wanderers").start()


def test_pathTooLong(path: Path, program: MemoryProgram) -> None:
    """
    A path that is longer than the system takes is refused with the limit.
    """
    with pytest.raises(PortUnavailable, match="107 octets"):
        controlSocket(path / ("x" * 107), program).start()


def test_directoryForbidden(program: MemoryProgram) -> None:
    """
    Where no socket can be made, the error says why and what to do.
    """
    with pytest.raises(
        PortUnavailable, match=r"cannot make the control socket /proc/wand/node.sock: .*; start as root"
    ):
        controlSocket(Path("/proc/wand/node.sock"), program).start()


@pytest_twisted.ensureDeferred
async def test_nothingThere(path: Path) -> None:
    """
    A client says in a sentence that nothing runs, or that the path is impossible.
    """
    with pytest.raises(NotRunning, match="there is no control socket"):
        await connect(reactor, str(path))
    with pytest.raises(NotRunning, match="107 octets"):
        await connect(reactor, "/" + "x" * 107)


@pytest_twisted.ensureDeferred
async def test_notPermitted(path: Path, program: MemoryProgram) -> None:
    """
    A client that may not use the socket says what to become.
    """
    control = controlSocket(path, program)
    control.start()
    refused = pytest.raises(NotPermitted, match="become root, or a member of the group")
    with forbidden(path.parent), asOther(), refused:
        await connect(reactor, str(path))
    await control.stop()


@pytest_twisted.ensureDeferred
async def test_randomOctets(path: Path, program: MemoryProgram) -> None:
    """
    Five hundred clients that send random octets are turned away, and the program answers the next one.
    """
    control = controlSocket(path, program)
    control.start()
    random = Random(3)
    for _ in range(500):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            client.send(b"\1" + random.randbytes(random.randrange(200)))
            await deferLater(reactor, 0)
    client = await connect(reactor, str(path))
    counters = {each.name: each.value async for each in client.counters()}
    assert counters["drop-control-malformed"] == 500
    client.close()
    await control.stop()


@pytest_twisted.ensureDeferred
async def test_slowSubscriber(path: Path, program: MemoryProgram) -> None:
    """
    A subscriber that stops reading for a while holds nothing up, and learns how many events it has missed.
    """
    control = controlSocket(path, program)
    control.start()
    client = await connect(reactor, str(path))
    told: list[Event] = []
    lost: list[int] = []
    await client.subscribe(told.append, lost.append)
    transport = client._connection.transport
    transport.pauseProducing()
    for _ in range(200):
        for _ in range(100):
            program.events.publish("much", text="x" * 200)
        await deferLater(reactor, 0)
    assert program.counters["control-events-lost"] > 0
    transport.resumeProducing()
    while not lost:
        await deferLater(reactor, 0.01)
    assert len(told) + sum(lost) == 20_000
    client.close()
    await control.stop()


@pytest_twisted.ensureDeferred
async def test_clientThatNeverReads(path: Path, program: MemoryProgram) -> None:
    """
    Thousands of requests whose answers nobody reads are left waiting; they do not become answers in memory.
    """
    for number in range(500):
        program.add(MAC(b"\x02\x10" + number.to_bytes(4, "big")), "192.0.2.1:1", None, None)
    asked: list[int] = []
    answer = program.entries
    program.entries = lambda after, count: asked.append(1) or answer(after, count)  # type: ignore[method-assign,func-returns-value]
    control = controlSocket(path, program)
    control.start()
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(b"\0\x08_command\0\x07Entries\0\x04_ask\0\x011\0\0" * 2_000)
        for _ in range(50):
            await deferLater(reactor, 0)
        assert 0 < len(asked) < 50
    await control.stop()
