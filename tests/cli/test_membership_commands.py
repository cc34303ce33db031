"""
Tests for the commands about members, against a program in this process.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from stat import S_IMODE

import msgspec
import pytest
import pytest_twisted
from command_runs import Bench, Run
from simulated.memory_members import keyOf, memberNamed, requestOf
from simulated.program import MemoryProgram
from twisted.internet import reactor
from twisted.internet.task import deferLater

from wand.cli.rendering import shortKey
from wand.control.network_administration import NetworkAdministration
from wand.errors import NotSupported
from wand.sealed.credentials.handed import HandedRequest
from wand.status import SeenStatus


async def began(bench: Bench, run: Run, count: int = 1) -> None:
    """
    Wait until the program has got a token.
    """
    while len(bench.program.tokens) < count:
        assert run.status is None, run.err
        await deferLater(reactor, 0.02)  # type: ignore[arg-type] # the reactor is a module to mypy


# Joining.


@pytest_twisted.ensureDeferred
async def test_join(bench: Bench, tmp_path: Path) -> None:
    """
    A node that joins with a token of a file, of a pipe or of the environment waits until it is a member, and says so.
    """
    file = tmp_path / "token"
    file.write_text("wand1.file\n")
    ways: list[tuple[tuple[str, ...], str | None, dict[str, str]]] = [
        ((str(file),), None, {}),
        ((), "wand1.pipe\n", {}),
        (("-",), "wand1.dash\n", {"WAND_TOKEN": "wand1.other"}),
        ((), "", {"WAND_TOKEN": "wand1.environment"}),
    ]
    for number, (words, text, environment) in enumerate(ways, 1):
        bench.program.enter("new")
        bench.environment.clear()
        bench.environment.update(environment)
        run = bench.start("join", *words, text=text)
        await began(bench, run, number)
        bench.program.enter("member")
        await run.ended
        assert (run.status, run.err) == (0, "")
        assert run.out.startswith("alice is a member of the network home\n")
        assert "10.77.0.2/16" in run.out
    tokens = [token.strip() for token in bench.program.tokens]
    assert tokens == ["wand1.file", "wand1.pipe", "wand1.dash", "wand1.environment"]


@pytest_twisted.ensureDeferred
async def test_joinOfAMember(bench: Bench) -> None:
    """
    A member that redeems one more invitation waits for what becomes of it, and says what it gave; if it is refused it
    says why.
    """
    bench.program.enter("member")
    run = bench.start("join", text="wand1.more")
    await began(bench, run)
    bench.program.enter("member", bridge=True)
    await run.ended
    assert (run.status, run.err) == (0, "")
    assert run.out.startswith("alice is a member of the network home\n")
    assert run.out.endswith("the invitation gave it the bridge right\n")
    run = bench.start("join", text="wand1.nothing")
    await began(bench, run, 2)
    bench.program.enter("member", bridge=True)
    await run.ended
    assert (run.status, run.err) == (0, "")
    assert "already a member of the network home, as alice, and the invitation adds nothing" in run.out
    run = bench.start("join", text="wand1.used")
    await began(bench, run, 3)
    bench.program.enter("member", bridge=True)
    bench.program.events.publish("join-refused", reason="the invitation has been used already")
    await run.ended
    assert (run.status, run.err) == (1, "wand: not admitted: the invitation has been used already\n")
    run = bench.start("join", "--timeout", "0.2", text="wand1.slow")
    await run.ended
    assert run.status == 1
    assert "the invitation is not redeemed after" in run.err


@pytest_twisted.ensureDeferred
async def test_tokenOnTheCommandLine(bench: Bench) -> None:
    """
    A token that is an argument is refused, is not repeated, and does not reach the program.
    """
    for words in (("join",), ("init",), ("init", "--join"), ("setup", "node", "--join"), ("status",)):
        status, out, err = await bench.run(*words, "wand1.verysecret")
        assert (status, out) == (2, "")
        assert "secrets do not belong on a command line" in err
        assert "echo TOKEN | wand init --join -" in err
        assert "verysecret" not in err
    assert bench.program.tokens == []


@pytest_twisted.ensureDeferred
async def test_joinIsRefused(bench: Bench) -> None:
    """
    A refusal ends the waiting with its reason, whether it is told by an event or seen later in the status.
    """
    run = bench.start("join", text="wand1.late")
    await began(bench, run)
    bench.program.refuse("the invitation has expired")
    await run.ended
    assert (run.status, run.err) == (1, "wand: not admitted: the invitation has expired\n")
    run = bench.start("join", text="wand1.late")
    await began(bench, run, 2)
    bench.program.enter("new")
    bench.program.notes, bench.program.attention = ["not admitted: for a reason"], 1
    await run.ended
    assert (run.status, run.err) == (1, "wand: not admitted: for a reason\n")


@pytest_twisted.ensureDeferred
async def test_joinFails(bench: Bench, tmp_path: Path) -> None:
    """
    What is not a token, a file that is not there, and a server that does not answer are told in a sentence each.
    """
    status, _, err = await bench.run("join", text="hello")
    assert (status, err) == (1, "wand: this is not an invitation: one begins with wand1.\n")
    status, _, err = await bench.run("join", str(tmp_path / "none"))
    assert status == 1
    assert "cannot be read" in err
    status, _, err = await bench.run("join", "--timeout", "0.2", text="wand1.slow")
    assert status == 1
    assert "the server does not answer" in err


@pytest_twisted.ensureDeferred
async def test_joinSaysWhatItWaitsFor(bench: Bench) -> None:
    """
    Whoever joins and has to wait, such as for an approval, is told so soon and not in the end; and once.
    """
    run = bench.start("join", text="wand1.slow")
    await began(bench, run)
    bench.program.notes, bench.program.attention = ["somebody must approve it", "names"], 1
    while "waiting" not in run.err:
        assert run.status is None, run.err
        await deferLater(reactor, 0.02)  # type: ignore[arg-type] # the reactor is a module to mypy
    bench.program.notes, bench.program.attention = [], 0
    bench.program.enter("member")
    await run.ended
    assert (run.status, run.err) == (0, "wand: waiting: somebody must approve it\n")


@pytest_twisted.ensureDeferred
async def test_anotherNetworkThanTheOneThatIsThere(bench: Bench) -> None:
    """
    Who begins another network on the host of one is told which that is, and what to do for another; repeated for the
    same network, nothing is changed.
    """
    bench.program.enter("member")
    words = ("init", "--as", "founder", "--no-service", "--yes", "--network")
    status, out, err = await bench.run(*words, "other")
    assert (status, out) == (1, "")
    for word in ("a member of the network home already, and not of other", "run another node", "wand backup FILE"):
        assert word in err
    assert (await bench.run(*words, "home"))[0] == 0


# Invitations.


@pytest_twisted.ensureDeferred
async def test_invite(bench: Bench) -> None:
    """
    An invitation prints the token and nothing else, and is listed until it is withdrawn.
    """
    words = ("--uses", "3", "--expires", "15m", "--name", "carol", "--bridge", "--relay", "--approval")
    endpoints = ("--endpoint", "a.example:44444", "--endpoint", "[2001:db8::1]:44444")
    status, token, err = await bench.run("invite", *words, *endpoints)
    assert (status, err) == (0, "")
    [invited] = bench.program.invited.values()
    assert token == f"wand1.{invited.invitation}\n"
    assert (invited.uses, invited.name, invited.bridge, invited.approval) == (3, "carol", True, True)
    assert invited.relay
    assert 890 < invited.expires - bench.program.clock.seconds() <= 900
    assert bench.program.endpoints == ["a.example:44444", "[2001:db8::1]:44444"]
    assert json.loads((await bench.run("invitations", "--json"))[1])[0]["left"] == 3
    listed = (await bench.run("invitations"))[1].splitlines()
    assert listed[1].split() == [
        invited.invitation,
        "3",
        "of",
        "3",
        "15m",
        "carol",
        "yes",
        "yes",
        "-",
        "256",
        "4000",
        "yes",
    ]
    assert await bench.run("withdraw", invited.invitation) == (0, f"withdrew {invited.invitation}\n", "")
    assert bench.program.invited == {}
    assert (await bench.run("withdraw", invited.invitation))[0] == 1


@pytest_twisted.ensureDeferred
async def test_inviteIntoAFile(bench: Bench, tmp_path: Path) -> None:
    """
    A token that goes into a file is for its owner alone; a file that is there is not replaced, and none is left behind
    if there is no invitation.
    """
    file = tmp_path / "token"
    assert await bench.run("invite", "--out", str(file)) == (0, "", "")
    assert S_IMODE(file.stat().st_mode) == 0o600
    written = file.read_text()
    assert written.startswith("wand1.")
    status, _, err = await bench.run("invite", "--out", str(file))
    assert (status, file.read_text()) == (1, written)
    assert "exists already" in err
    assert len(bench.program.invited) == 1
    other = tmp_path / "other"
    assert (await bench.run("invite", "--uses", "5000", "--out", str(other)))[0] == 1
    assert not other.exists()


@pytest_twisted.ensureDeferred
async def test_badDuration(bench: Bench) -> None:
    """
    A duration that is none is refused before anything is asked.
    """
    status, _, err = await bench.run("invite", "--expires", "soon")
    assert status == 2
    assert "write it like 90s, 15m, 24h or 7d" in err


# Members.


@pytest_twisted.ensureDeferred
async def test_members(bench: Bench) -> None:
    """
    Members are listed by name, all of them or those who wait, with whole keys where they are asked for.
    """
    bench.program.enlist(memberNamed("carol"), memberNamed("alice"), memberNamed("bob", "pending"))
    rows = (await bench.run("members"))[1].splitlines()
    assert [row.split()[0] for row in rows] == ["NAME", "alice", "bob", "carol"]
    assert keyOf("alice") not in rows[1]
    assert keyOf("alice") in (await bench.run("members", "--keys"))[1]
    found = json.loads((await bench.run("members", "--pending", "--json"))[1])
    assert [(each["name"], each["key"]) for each in found] == [("bob", keyOf("bob"))]


@pytest_twisted.ensureDeferred
async def test_membersAtANode(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A node that decides of nobody lists whom it knows, and how it reaches them; a pipe gets every column.
    """
    now = bench.program.clock.seconds()
    own = SeenStatus("dora", keyOf("dora"), [], ["02:00:00:00:00:01"], True, now, way="this", version="1.2")
    carl = SeenStatus("carl", keyOf("carl"), ["10.77.0.9/16"], [], True, now - 3, "relay", "server-2", 0.0123)
    bench.program.known = [own, carl]
    monkeypatch.setattr(MemoryProgram, "network", property(_noNetwork))
    status, out, _ = await bench.run("members")
    rows = [re.split(r" {2,}", row) for row in out.splitlines()]
    assert status == 0
    assert rows[0] == ["NAME", "ONLINE", "SEEN", "WAY", "RTT", "ADDRESSES", "MACS", "KIND", "VERSION", "KEY"]
    assert rows[1][0] == "carl"
    assert rows[1][3:6] == ["relay server-2", "12.3ms", "10.77.0.9"]
    assert "1.2" in rows[2]
    found = json.loads((await bench.run("members", "--json"))[1])
    assert {each["name"]: each["roundTrip"] for each in found} == {"carl": 0.0123, "dora": None}
    status, _, err = await bench.run("members", "--pending")
    assert status == 1
    assert "only a server" in err


def _noNetwork(program: MemoryProgram) -> NetworkAdministration:
    raise NotSupported("only a server knows who waits")


@pytest_twisted.ensureDeferred
async def test_changingMembers(bench: Bench) -> None:
    """
    Somebody who waits is approved, renamed and revoked; each says so, and what does not work is told.
    """
    bench.program.enlist(memberNamed("bob", "pending"))
    short = memberNamed("bob").short
    assert await bench.run("approve", "bob") == (0, f"approved bob ({short})\n", "")
    assert await bench.run("approve", "bob") == (1, "", "wand: bob does not wait for an approval\n")
    assert await bench.run("rename", keyOf("bob"), "robert") == (
        0, f"renamed {keyOf('bob')} to robert ({short})\n", ""
    )  # fmt: skip
    status, out, err = await bench.run("revoke", "robert")
    assert (status, out) == (2, "")
    assert "--yes" in err
    assert bench.program.listed[keyOf("bob")].state == "member"
    status, out, _ = await bench.run("revoke", "robert", "--yes")
    assert status == 0
    assert out.startswith(f"revoked robert ({short}): its sessions end within seconds\n")
    assert "wand rotate" in out
    assert bench.program.listed[keyOf("bob")].state == "revoked"
    assert await bench.run("rename", "nobody", "x") == (1, "", "wand: the network has no member nobody\n")


@pytest_twisted.ensureDeferred
async def test_anotherSecret(bench: Bench) -> None:
    """
    The network gets another secret; how long the former one counts is said, and later how many have it.
    """
    bench.program.enlist(memberNamed("bob"))
    assert await bench.run("rotate", "--status") == (0, "the secret of the network: the first one\n", "")
    status, out, err = await bench.run("rotate", "--overlap", "3d")
    assert (status, err) == (0, "")
    assert "the former one counts between members for" in out
    told = (await bench.run("rotate", "--status"))[1]
    assert "0 of 1 members have it" in told
    assert json.loads((await bench.run("rotate", "--json"))[1])["members"] == 1
    assert (await bench.run("rotate", "--overlap", "soon"))[0] == 2
    assert (await bench.run("rotate", "--overlap", "1h", "--status"))[0] == 2


@pytest_twisted.ensureDeferred
async def test_anotherAddress(bench: Bench) -> None:
    """
    A member is given addresses, and what has to happen before it has them is said; scripts get the member.
    """
    bench.program.enlist(memberNamed("bob"))
    short, key = memberNamed("bob").short, keyOf("bob")
    said = f"gave bob ({short}) the addresses 10.77.0.9/16, 10.77.0.8/16"
    for change, more in (
        ({"online": None}, ""),
        ({"online": True}, ""),
        ({"online": False}, "; it is offline, and takes that when it is back"),
        ({"awaited": True}, ", once that is signed: see wand requests"),
        ({"state": "pending"}, ", once it is approved: wand approve"),
    ):
        bench.program.listed[key] = msgspec.structs.replace(memberNamed("bob"), **change)
        assert await bench.run("address", "bob", "10.77.0.9", "10.77.0.8") == (0, f"{said}{more}\n", "")
    found = json.loads((await bench.run("address", "bob", "10.77.0.7", "--json"))[1])
    assert found["addresses"] == ["10.77.0.7/16"]
    assert (await bench.run("address", "bob"))[0] == 2
    assert await bench.run("address", "nobody", "10.77.0.9") == (1, "", "wand: the network has no member nobody\n")


@pytest_twisted.ensureDeferred
async def test_joiningWithAnAddress(bench: Bench) -> None:
    """
    The program is told what the node would like; what it did not get is said, with what to do.
    """
    run = bench.start("join", "--address", "10.77.0.44", "--address", "FD77::1", text="wand1.late")
    await began(bench, run)
    bench.program.enter("member")
    await run.ended
    assert bench.program.wanted == ["10.77.0.44", "FD77::1"]
    assert run.status == 0
    own = bench.program.own
    assert own is not None
    assert run.err == (
        f"wand: it did not get 10.77.0.44 and fd77::1; at the server, wand address {own.name} 10.77.0.44 fd77::1 "
        "changes that\n"
    )


@pytest_twisted.ensureDeferred
async def test_limits(bench: Bench) -> None:
    """
    The limits of an invitation and of a member are set and shown; what is out of range is refused.
    """
    status, _, err = await bench.run("invite", "--bridge", "--macs", "1024", "--broadcasts", "5000")
    assert (status, err) == (0, "")
    [invited] = bench.program.invited.values()
    assert (invited.behind, invited.broadcasts) == (1024, 5000)
    assert (await bench.run("invite", "--macs", "0"))[0] == 2
    bench.program.enlist(memberNamed("bob"))
    short = memberNamed("bob").short
    assert (await bench.run("limit", "bob"))[0] == 2
    assert (await bench.run("limit", "bob", "--broadcasts", "2000000"))[0] == 2
    assert await bench.run("limit", "bob", "--broadcasts", "9000") == (
        0, f"limited bob ({short}) to 256 MAC addresses behind it and 9000 broadcasts a second\n", ""
    )  # fmt: skip
    assert "9000/s" in (await bench.run("members"))[1]


@pytest_twisted.ensureDeferred
async def test_confirming(bench: Bench) -> None:
    """
    The addresses of a member are confirmed by whoever says yes.
    """
    bench.program.enlist(memberNamed("bob"))
    assert (await bench.run("confirm", "bob"))[0] == 2
    status, out, _ = await bench.run("confirm", "bob", "--yes")
    assert status == 0
    assert out.startswith("confirmed bob (")
    assert bench.program.listed[keyOf("bob")].confirmed


@pytest_twisted.ensureDeferred
async def test_changesAsJSON(bench: Bench) -> None:
    """
    Whoever changes a member in a script gets what the member is then, and whoever invites somebody the token.
    """
    bench.program.enlist(memberNamed("bob", "pending"))
    changes = (
        *("approve bob", "rename bob robert", "limit robert --macs 3", "address robert 10.77.0.99"),
        *("appoint robert --members 7", "confirm robert --yes", "revoke robert --yes", "invite"),
    )
    status, out, err = await bench.run("shell", text="".join(f"{each} --json\n" for each in changes))
    assert (status, err) == (0, "")
    documents, decoder = [], json.JSONDecoder()
    while out.strip():
        document, end = decoder.raw_decode(out := out.strip())
        documents.append(document)
        out = out[end:]
    *members, invitation = documents
    assert [each["name"] for each in members] == ["bob", *["robert"] * 6]
    assert {each["key"] for each in members} == {keyOf("bob")}
    assert [members[0]["state"], members[2]["behind"], members[4]["admits"], members[6]["state"]] == [
        *("member", 3, 7, "revoked")
    ]
    assert invitation["token"].startswith("wand1.")
    for words in (("--out", "token"), ("--qr",)):
        assert (await bench.run("invite", "--json", *words))[0] == 2


@pytest_twisted.ensureDeferred
async def test_inAShell(bench: Bench) -> None:
    """
    The commands work in a shell; the lines of its script are never taken for a token or an answer.
    """
    bench.program.enlist(memberNamed("bob", "pending"))
    status, out, err = await bench.run("shell", text="invite\njoin\nrevoke bob\nmembers --keys\n")
    assert status == 1
    assert out.startswith("wand1.")
    assert keyOf("bob") in out
    assert [line.split(":")[0] for line in err.splitlines()] == [
        "name the file with the token",
        "there is no terminal to ask at",
    ]
    assert bench.program.tokens == []


@pytest_twisted.ensureDeferred
async def test_statusOfAMember(bench: Bench) -> None:
    """
    The status shows the network, and JSON has all of it.
    """
    bench.program.enter("member")
    out = (await bench.run("status"))[1]
    assert "home (" in out
    assert "valid for 3 days" in out
    assert json.loads((await bench.run("status", "--json"))[1])["own"]["stage"] == "member"


# Signing elsewhere.


@pytest_twisted.ensureDeferred
async def test_documents(bench: Bench, tmp_path: Path) -> None:
    """
    The document of the requests comes out as it is, and one of signatures goes in as it is, also when they are large.
    """
    document = b"".join(b'{"certificate": %d}\n' % number for number in range(20_000))
    bench.program.document = document
    status, out, err = await bench.run("requests")
    assert (status, out.encode(), err) == (0, document, "")
    file = tmp_path / "signed.json"
    file.write_bytes(document)
    assert await bench.run("import-signatures", str(file)) == (0, "imported 20000 signatures\n", "")
    assert bench.program.imported == [document]
    status, _, err = await bench.run("import-signatures", str(tmp_path / "none"))
    assert status == 1
    assert "cannot be read" in err


@pytest.mark.parametrize("words", [("requests", "--help"), ("sign", "--help"), ("import-signatures", "--help")])
@pytest_twisted.ensureDeferred
async def test_help(bench: Bench, words: tuple[str, ...]) -> None:
    """
    Each command explains itself.
    """
    assert (await bench.run(*words))[1].startswith("Usage: wand ")


# Without a server.


@pytest_twisted.ensureDeferred
async def test_found(bench: Bench) -> None:
    """
    A node that founds a network says what it is and what to type on the next host; without an address, what to do.
    """
    bench.program.enter("new")
    status, out, err = await bench.run("found", "home")
    assert (status, err) == (0, "")
    assert out.startswith("the network home is founded, and alice is its first member\n")
    assert "\n  echo wand1.first | wand join\n" in out
    bench.program.enter("new")
    status, out, err = await bench.run("found", "--json")
    assert (status, err) == (0, "")
    assert json.loads(out)["token"] == "wand1.first"
    bench.program.enter("new")
    bench.program.firstInvitation = ""
    status, out, err = await bench.run("found")
    assert (status, err) == (0, "")
    assert out.endswith("\n  wand invite\n")


@pytest_twisted.ensureDeferred
async def test_foundIsRefused(bench: Bench) -> None:
    """
    A name that is none, and a node that is a member already, are refused.
    """
    status, out, err = await bench.run("found", "Bad_Name")
    assert (status, out) == (2, "")
    assert "1 to 32 of a-z" in err
    bench.program.enter("member")
    status, out, err = await bench.run("found")
    assert (status, out) == (1, "")
    assert "already" in err


@pytest_twisted.ensureDeferred
async def test_byHand(bench: Bench, tmp_path: Path) -> None:
    """
    The request of a node is printed, and one that is brought in a file or in a pipe is answered.
    """
    status, out, err = await bench.run("request")
    assert (status, out) == (0, f"{requestOf('alice')}\n")
    assert f"of alice ({shortKey(HandedRequest.parse(requestOf('alice')).identity.hex())})" in err
    file = tmp_path / "request"
    file.write_text(f"{requestOf('bob')}\n")
    status, out, err = await bench.run("admit", str(file), "--endpoint", "192.0.2.1:4711")
    assert (status, out) == (0, "wandanswer1.answer\n")
    assert f"admitted bob ({shortKey(HandedRequest.parse(requestOf('bob')).identity.hex())})" in err
    assert bench.program.endpoints == ["192.0.2.1:4711"]
    assert (await bench.run("admit", "--name", "carol", text=requestOf("c")))[0] == 0
    assert {each.name for each in bench.program.listed.values()} == {"bob", "carol"}
    assert (await bench.run("admit", text="nonsense"))[0] == 1


@pytest_twisted.ensureDeferred
async def test_appoint(bench: Bench) -> None:
    """
    A member is appointed, with a number, and no longer; the list says who admitted whom.
    """
    for name in ("alice", "bob"):
        bench.program.enlist(memberNamed(name))
    status, said, err = await bench.run("appoint", "bob", "--members", "7")
    assert (status, err) == (0, "")
    assert said.endswith("may admit 7 members\n")
    assert "admission of 7" in (await bench.run("members"))[1]
    status, said, err = await bench.run("appoint", "bob", "--members", "0")
    assert "may admit nobody any more" in said and "within seconds" in said and "until its grant expires" in said
    assert (await bench.run("appoint", "bob", "--members", "70000"))[0] == 2
    assert "ADMITTED BY" not in (await bench.run("members"))[1]
    bench.program.listed[keyOf("alice")] = msgspec.structs.replace(memberNamed("alice"), admitter=keyOf("bob"))
    assert "ADMITTED BY" in (await bench.run("members"))[1]


@pytest_twisted.ensureDeferred
async def test_invitationOfADeputy(bench: Bench) -> None:
    """
    An invitation gives the right to admit others.
    """
    assert (await bench.run("invite", "--admission"))[0] == 0
    [invited] = bench.program.invited.values()
    assert invited.admits == 256
