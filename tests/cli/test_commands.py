"""
Tests for the C{wand} command as a process of its own, against a program in this one.
"""

from __future__ import annotations

import json
import signal

import msgspec
import pytest
import pytest_twisted
from command_runs import Bench
from twisted.internet import reactor
from twisted.internet.task import deferLater

from wand.cli.main import COMMANDS
from wand.cli.session import Operation
from wand.cli.shell import Shell
from wand.ethernet import MAC
from wand.status import DirectoryStatus, EntryStatus, SeenStatus, UsedStatus
from wand.version import __version__

FIRST = "02:10:00:00:00:01"
PEER = "192.0.2.1:22222"


@pytest_twisted.ensureDeferred
async def test_looking(bench: Bench) -> None:
    """
    Each command that looks prints one JSON document, or columns with a header.
    """
    bench.program.add(MAC.parse(FIRST), PEER, None, None)
    expected = {"table": ("mac", FIRST), "peers": ("peer", PEER), "counters": ("name", "control-connections")}
    for command, (key, value) in expected.items():
        status, out, err = await bench.run(command, "--json")
        assert (status, err) == (0, "")
        assert json.loads(out)[0][key] == value
        status, out, err = await bench.run(command)
        assert (status, err) == (0, "")
        header, row, *_ = out.splitlines()
        assert header.split()[0].isupper()
        assert row.split()[0] == value


@pytest_twisted.ensureDeferred
async def test_pathOfPeers(bench: Bench) -> None:
    """
    The peers are listed with the size of the path to each and whether it has parity, or a dash where the protocol knows
    no size.
    """
    bench.program.add(MAC.parse(FIRST), PEER, None, None)
    for size in (None, 1_472):
        if size:
            bench.program.enter("member")
        _, out, _ = await bench.run("peers", "--json")
        assert json.loads(out)[0]["pathSize"] == size
        _, out, _ = await bench.run("peers")
        header, row = (line.split() for line in out.splitlines())
        assert row[header.index("KIND")] == "node"
        assert row[header.index("PATH")] == (f"{size}+parity" if size else "-")


@pytest_twisted.ensureDeferred
async def test_statusForMonitoring(bench: Bench) -> None:
    """
    With C{--check}, the status is 0 and nothing is printed while nothing needs attention, hints or not; else what does,
    and 1; and 2 if nobody answers.
    """
    status, out, err = await bench.run("status", "--check")
    assert (status, out, err) == (0, "", "")
    assert await bench.run("status", "--check", "--json") == (0, "[]\n", "")
    bench.program.notes, bench.program.attention = ["the disk is full", "the clock is wrong", "a hint"], 2
    status, out, err = await bench.run("status", "--check")
    assert (status, out) == (1, "the disk is full\nthe clock is wrong\n")
    assert err == "wand: these 2 need attention\n"
    status, out, _ = await bench.run("status", "--check", "--json")
    assert (status, json.loads(out)) == (1, ["the disk is full", "the clock is wrong"])
    await bench.control.stop()
    status, out, err = await bench.run("status", "--check")
    assert (status, out) == (2, "")
    assert err.startswith("wand: ")


@pytest_twisted.ensureDeferred
async def test_status(bench: Bench) -> None:
    """
    The status is for people, or JSON with every field.
    """
    status, out, _ = await bench.run("status", "--json")
    assert status == 0
    assert json.loads(out)["tap"]["interface"] == "wan0"
    status, out, _ = await bench.run("status")
    assert status == 0
    for words in ("wand node", "2 hours", "last answered 40 s ago", "never answered", "GSO", "trusted network"):
        assert words in out


@pytest_twisted.ensureDeferred
async def test_pluginsInUse(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    The status lists the plugins that are used, with whose they are and how often they failed; ours that are named
    elsewhere only if they did.
    """
    status = bench.program.status()
    used = [
        UsedStatus("driver", "tuntap", "wandaemon 1.0", 0, 0),
        UsedStatus("protocol", "vxlan", "wand-toolbox 1.0", 0, 0),
        UsedStatus("directory", "static", "wandaemon 1.0", 1, 0),
        UsedStatus("frame-service", "storm", "wandaemon 1.0", 0, 0),
        UsedStatus("frame-service", "quiet", "wand-toolbox 1.0", 2500, 0),
        UsedStatus("hook", "hours", "wand-toolbox 1.0", 2, 1),
    ]
    monkeypatch.setattr(bench.program, "status", lambda: msgspec.structs.replace(status, plugins=used))
    shown = (await bench.run("status"))[1].partition("Plugins\n")[2].splitlines()
    assert [" ".join(each.split()) for each in shown[:4]] == [
        "protocol vxlan (wand-toolbox 1.0)",
        "directory static (failed once)",
        "services storm, quiet (wand-toolbox 1.0, failed 2,500 times)",
        "hooks hours (wand-toolbox 1.0, failed 2 times, silent once)",
    ]
    told = json.loads((await bench.run("status", "--json"))[1])["plugins"]
    assert told[-1] == {
        "kind": "hook",
        "name": "hours",
        "distribution": "wand-toolbox 1.0",
        "failures": 2,
        "timeouts": 1,
    }


@pytest_twisted.ensureDeferred
async def test_aNodeThatDoesNotFollowEverybody(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    In a large network the status says how many members the node knows, and of how many; the peers do not pretend to be
    all.
    """
    status = bench.program.status()
    some = DirectoryStatus("wand.example.net:44444", "answered", 23, bench.program.clock.seconds(), 10_000)
    monkeypatch.setattr(bench.program, "status", lambda: msgspec.structs.replace(status, directories=[some]))
    assert "knows 23 of 10,000 members" in (await bench.run("status"))[1]
    [directory] = json.loads((await bench.run("status", "--json"))[1])["directories"]
    assert (directory["entries"], directory["members"]) == (23, 10_000)
    assert "of 10,000" in (await bench.run("peers"))[2]
    assert "of 10,000" not in (await bench.run("peers", "--json"))[2]


@pytest_twisted.ensureDeferred
async def test_allCounters(bench: Bench) -> None:
    """
    Counters at zero are listed when they are asked for.
    """
    assert "drop-control-malformed" not in (await bench.run("counters"))[1]
    assert "drop-control-malformed" in (await bench.run("counters", "--all"))[1]


@pytest_twisted.ensureDeferred
async def test_tenThousandEntries(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Ten thousand entries come as one JSON document, asked for in a few dozen pages, for which the program looks at each
    entry hardly more than once.
    """
    pages: list[int] = []
    entries = bench.program.entries

    def counted(after: MAC | None, count: int) -> list[EntryStatus]:
        found = entries(after, count)
        pages.append(len(found))
        return found

    monkeypatch.setattr(bench.program, "entries", counted)
    for number in range(10_000):
        bench.program.add(MAC(b"\x02\x10" + number.to_bytes(4, "big")), PEER, "rel2", 3_600)
    status, out, _ = await bench.run("table", "--json")
    assert (len(pages) < 50, sum(pages) < 15_000) == (True, True)
    assert (status, len(json.loads(out))) == (0, 10_000)


@pytest_twisted.ensureDeferred
async def test_changing(bench: Bench) -> None:
    """
    Entries are added and deleted, the program is reloaded and stopped, and each says that it worked.
    """
    status, out, _ = await bench.run("add", FIRST.replace(":", "-").upper(), PEER, "--lifetime", "60")
    assert (status, out) == (0, f"added {FIRST} at {PEER}\n")
    assert len(bench.program.table) == 1
    assert await bench.run("delete", FIRST) == (0, f"deleted {FIRST}\n", "")
    assert len(bench.program.table) == 0
    assert (await bench.run("reload"))[1] == "hooks: taken over\nport: waits for a restart\n"
    assert json.loads((await bench.run("reload", "--json"))[1]) == [
        {"key": "hooks", "what": "taken over", "waits": False},
        {"key": "port", "what": "waits for a restart", "waits": True},
    ]
    bench.program.stopped = bench.control.stop
    assert await bench.run("stop") == (0, "stopped\n", "")


@pytest_twisted.ensureDeferred
async def test_failures(bench: Bench) -> None:
    """
    What does not work ends with status 1 and one sentence, what is not understood with status 2.
    """
    status, out, err = await bench.run("delete", FIRST)
    assert (status, out, err) == (1, "", f"wand: the table has no entry for {FIRST}\n")
    status, _, err = await bench.run("add", FIRST, "nowhere")
    assert (status, err.count("\n")) == (1, 1)
    assert (await bench.run("add", "zz", PEER))[0] == 2
    assert (await bench.run("add", FIRST, PEER, "--lifetime", "-1"))[0] == 2
    assert (await bench.run("frobnicate"))[0] == 2
    await bench.control.stop()
    status, out, err = await bench.run("table", "--json")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert "nothing runs here" in err
    assert "somebody removed its socket: it makes it again" in err


@pytest_twisted.ensureDeferred
async def test_watch(bench: Bench) -> None:
    """
    Events are shown as they happen, each on a line, until there were enough.
    """
    watching = bench.start("watch", "--count", "2", "--json")
    while not watching.ended.called:
        bench.program.events.publish("entry-added", mac=FIRST)
        await deferLater(reactor, 0.02)
    assert watching.status == 0
    assert [json.loads(line)["fields"] for line in watching.out.splitlines()] == [{"mac": FIRST}] * 2


@pytest_twisted.ensureDeferred
async def test_watchIsInterrupted(bench: Bench) -> None:
    """
    Ctrl-C ends the watching, quietly and with success.
    """
    watching = bench.start("watch")
    while not watching.out:
        bench.program.events.publish("entry-added", mac=FIRST)
        await deferLater(reactor, 0.02)
    watching.signal(signal.SIGINT)
    await watching.ended
    assert (watching.status, watching.err) == (0, "")
    assert f"  entry-added  mac={FIRST}\n" in watching.out


@pytest_twisted.ensureDeferred
async def test_watchLosesTheProgram(bench: Bench) -> None:
    """
    When the program stops, watching ends with an error.
    """
    watching = bench.start("watch")
    while not watching.out:
        bench.program.events.publish("entry-added", mac=FIRST)
        await deferLater(reactor, 0.02)
    await bench.control.stop()
    await watching.ended
    assert (watching.status, watching.err) == (1, "wand: the program closed the connection\n")


@pytest_twisted.ensureDeferred
async def test_theLastEvents(bench: Bench) -> None:
    """
    What happened before is there, too, also what is about one member alone, by its name or by its trace.
    """
    key = "cdecfde88fc7" + "0" * 52
    publish = bench.program.events.publish
    publish("member-pending", name="bob", key=key)
    publish("goodbye", peer="alice", name="alice", key="ee" * 32)
    publish("revoked", name="", key=key)
    status, out, err = await bench.run("events", "--json")
    assert (status, err) == (0, "")
    assert [json.loads(line)["kind"] for line in out.splitlines()] == ["member-pending", "goodbye", "revoked"]
    for who in ("bob", "cdec-fde8-8fc7"):
        status, out, err = await bench.run("events", "--trace", who)
        assert [line.split("  ")[1] for line in out.splitlines()] == ["member-pending", "revoked"]


@pytest_twisted.ensureDeferred
async def test_theLastEventsOfNobody(bench: Bench) -> None:
    """
    Who asks for the events of somebody that nobody knows is told so, and of a member without any that there are none.
    """
    key = "cdecfde88fc7" + "0" * 52
    bench.program.known = [SeenStatus("bob", key, [], [], True, None)]
    for who in ("carol", "0000-0000-0000"):
        status, out, err = await bench.run("events", "--trace", who, "--json")
        assert (status, out) == (1, "")
        assert f"nobody is known as '{who}'" in err
        assert "wand members" in err
    for who in ("bob", "cdec-fde8-8fc7"):
        expected = (0, "", f"wand: none of the last events is about {who}\n")
        assert await bench.run("events", "--trace", who) == expected


@pytest_twisted.ensureDeferred
async def test_aNameThatNobodyHasIsSaid(bench: Bench) -> None:
    """
    C{wand watch} says if nobody has the name that it is to trace, and waits all the same: such a member may still come.
    """
    bench.program.known = [SeenStatus("bob", "cd" * 32, [], [], True, None)]
    waiting = {who: bench.start("watch", "--trace", who, "--count", "1") for who in ("bob", "carol")}
    while not waiting["carol"].err:
        await deferLater(reactor, 0.02)
    for who, watching in waiting.items():
        while watching.status is None:
            bench.program.events.publish("renamed", name=who)
            await deferLater(reactor, 0.02)
        assert "renamed" in watching.out
    assert waiting["bob"].err == ""
    assert "nobody is known as 'carol'" in waiting["carol"].err
    assert waiting["carol"].err.endswith("; waiting for one\n")


@pytest_twisted.ensureDeferred
async def test_theLastEventsAndTheNext(bench: Bench) -> None:
    """
    The next follow the last, and none comes twice.
    """
    bench.program.events.publish("entry-added", mac=FIRST)
    following = bench.start("events", "--follow")
    while "later" not in following.out:
        bench.program.events.publish("later")
        await deferLater(reactor, 0.02)
    following.signal(signal.SIGINT)
    await following.ended
    assert (following.status, following.err) == (0, "")
    assert following.out.count("entry-added") == 1


@pytest_twisted.ensureDeferred
async def test_versions(bench: Bench) -> None:
    """
    The versions of members are compared with the program's, number by number, and what to do is said.
    """
    versions = {"alice": "0", "bob": "0.9.10", "carol": ""}
    bench.program.known = [SeenStatus(name, name, [], [], True, None, version=said) for name, said in versions.items()]
    status, out, err = await bench.run("version", "--check")
    assert (status, err) == (1, "")
    assert "newer: bob 0.9.10" in out
    assert "not known: carol" in out
    status, out, err = await bench.run("version", "--check", "--json")
    assert json.loads(out)["newer"] == {"bob": "0.9.10"}
    status, out, err = await bench.run("version")
    assert (status, err, out) == (0, "", f"wandaemon {__version__}\n")


@pytest_twisted.ensureDeferred
async def test_theVersionOfAServer(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A server that said its version to this node is not among those that are not known.
    """
    bench.program.known = [SeenStatus("server", "ab", [], [], True, None, server=True)]
    server = DirectoryStatus("192.0.2.1:44444", "answered", 0, None, version=__version__)
    said = msgspec.structs.replace(bench.program.status(), version=__version__, directories=[server])
    monkeypatch.setattr(bench.program, "status", lambda: said)
    status, out, err = await bench.run("version", "--check")
    assert (status, err) == (0, "")
    assert "all members have this version" in out


@pytest_twisted.ensureDeferred
async def test_levels(bench: Bench) -> None:
    """
    The levels of the log are shown and changed, and who mistypes one is told.
    """
    status, out, err = await bench.run("log", "sealed", "debug")
    assert (status, err) == (0, "")
    assert [line.split() for line in out.splitlines()[1:]] == [
        ["all", "info", "default"], ["sealed", "debug", "operator"],
    ]  # fmt: skip
    status, out, err = await bench.run("log", "seald", "debug")
    assert (status, err) == (1, "wand: there is no part 'seald'; did you mean sealed?\n")
    status, out, err = await bench.run("log", "sealed")
    assert status == 2
    assert "say the level, too: wand log sealed debug" in err


@pytest_twisted.ensureDeferred
async def test_shellScript(bench: Bench) -> None:
    """
    The shell performs the lines of a pipe over one connection, and comments are none.
    """
    text = f"# two entries\nadd {FIRST} {PEER}\n\nadd 02:10:00:00:00:02 {PEER} # the second\ntable\nhelp\nquit\nstop\n"
    status, out, err = await bench.run("shell", text=text)
    assert (status, err) == (0, "")
    assert "02:10:00:00:00:02  192.0.2.1:22222" in out
    assert bench.program.counters["control-connections"] == 1


@pytest_twisted.ensureDeferred
async def test_shellGoesOn(bench: Bench) -> None:
    """
    An error does not end the shell, but a script with one has failed.
    """
    text = f"delete {FIRST}\nfrobnicate\nadd 'open\nadd zz\ntable --bogus\nadd {FIRST} {PEER}\n"
    status, out, err = await bench.run("shell", text=text)
    assert (status, len(err.splitlines())) == (1, 5)
    assert out == f"added {FIRST} at {PEER}\n"


@pytest_twisted.ensureDeferred
async def test_brokenPipe(bench: Bench) -> None:
    """
    A reader that has seen enough is no reason for a traceback.
    """
    for number in range(3_000):
        bench.program.add(MAC(b"\x02\x10" + number.to_bytes(4, "big")), PEER, None, None)
    run = bench.start("table")
    run.stopReading()
    await run.ended
    assert run.err == ""


@pytest_twisted.ensureDeferred
async def test_withoutAProgram(bench: Bench) -> None:
    """
    What needs no program works without one.
    """
    await bench.control.stop()
    assert f"wand, version {__version__}" in (await bench.run("--version"))[1]
    out = (await bench.run("--help"))[1]
    assert all(f"\n  {name} " in out for name in (*COMMANDS, "shell", "import-config", "demo"))
    found = json.loads((await bench.run("plugins", "--json"))[1])
    assert "memory" in [
        plugin["name"] for plugin in found if plugin["state"] == "usable" and plugin["kind"] == "driver"
    ]
    assert (await bench.run("plugins"))[1].startswith("Usable: ")


class SilentSession:
    """
    A session for a shell of which nothing is asked.
    """

    def perform(self, operation: Operation) -> None:
        """
        Do nothing.
        """


@pytest.mark.parametrize(
    ("before", "text", "expected"),
    [
        ([], "st", ["status ", "stop "]),
        ([], "q", ["quit "]),
        (["table"], "--", ["--json "]),
        (["frobnicate"], "", []),
    ],
)
def test_completion(before: list[str], text: str, expected: list[str]) -> None:
    """
    The shell completes commands, and the options of the command that was typed.
    """
    shell = Shell(SilentSession(), COMMANDS)  # type: ignore[arg-type] # enough of a session
    assert shell.completions(before, text) == expected
