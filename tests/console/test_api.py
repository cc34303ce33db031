"""
What the JSON API answers, and does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
import pytest
from console_case import Caller, Console
from simulated.memory_members import keyOf, memberNamed
from twisted.internet.defer import Deferred

from wand.console.allowance import CONNECTIONS_EACH
from wand.console.answers import LIMIT_MAXIMUM
from wand.console.drain import STALL
from wand.control.client import ControlClient
from wand.errors import MembershipRefused, NoSuchMember, NotSupported, StoreHindered
from wand.ethernet import MAC
from wand.reach_status import NetworkCheckStatus, WhyStatus
from wand.status import SeenStatus

MANY = 1_234


@pytest.fixture
def console() -> Console:
    """
    A console of a program with two members, one of whom waits, and with a table.
    """
    console = Console()
    console.program.enlist(memberNamed("bob"), memberNamed("carol", "pending"))
    for number in range(1, 4):
        console.program.add(MAC.parse(f"02:10:00:00:00:0{number}"), f"192.0.2.{number}:22222", None, None)
    return console


@pytest.fixture
def script(console: Console) -> Caller:
    """
    An operator's script.
    """
    return console.script()


async def _every(items: Any) -> list[Any]:
    return [each async for each in items]


def asked(console: Console, question: Callable[[ControlClient], Coroutine[Any, Any, object]]) -> Any:
    """
    What the control socket says to a question, as JSON.
    """
    client = result(console, Deferred.fromCoroutine(console._dial()))
    found = result(console, Deferred.fromCoroutine(question(client)))
    return json.loads(msgspec.json.encode(found))


def result(console: Console, deferred: Any) -> Any:
    """
    What comes of it.
    """
    found: list[Any] = []
    deferred.addBoth(found.append)
    console.settle()
    return found[0]


# Readings.


@pytest.mark.parametrize(
    ("name", "question"),
    [
        ("status", lambda client: client.status()),
        ("table", lambda client: _every(client.entries())),
        ("peers", lambda client: _every(client.peers())),
        ("counters?all=1", lambda client: _every(client.counters())),
        ("members", lambda client: _every(client.members())),
        ("seen", lambda client: _every(client.seen())),
        ("servers", lambda client: _every(client.servers())),
        ("invitations", lambda client: _every(client.invitations())),
        ("why/two", lambda client: client.why("two")),
        ("netcheck", lambda client: client.netcheck()),
    ],
)
def test_aReadingIsWhatTheControlSocketSays(
    console: Console, script: Caller, name: str, question: Callable[[ControlClient], Coroutine[Any, Any, object]]
) -> None:
    """
    The same document that the command of the same name prints.
    """
    script.post("invitations", {})
    told = script.get(name)
    assert told.status == 200
    expected = asked(console, question)
    if name.startswith("counters"):  # which count the asking itself
        told_, expected = ([each["name"] for each in found] for found in (told.document, expected))
        assert told_ == expected
    else:
        assert told.document == expected


def test_countersThatAreZeroAreLeftOut(console: Console, script: Caller) -> None:
    """
    As at the command line, unless all are asked for.
    """
    assert all(each["value"] for each in script.get("counters").document)
    assert any(not each["value"] for each in script.get("counters?all=1").document)


def test_onlyThoseWhoWait(script: Caller) -> None:
    """
    As wand members --pending.
    """
    assert [each["name"] for each in script.get("members?pending=1").document] == ["carol"]


def test_whoDecidesOfNobodySeesTheOthers(console: Console, script: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A node lists the members that it sees; asked for those who wait, it says that it knows of none.
    """

    def refuse(*_: object) -> None:
        raise NotSupported("only a server knows members")

    monkeypatch.setattr(console.program, "members", refuse)
    console.program.known = [SeenStatus("dave", keyOf("dave"), [], [], True, None, way="direct")]
    found = script.get("members").document
    assert [(each["name"], each["way"]) for each in found] == [("dave", "direct")]
    assert script.get("members?pending=1").status == 501


def test_aPictureOfTheNetwork(console: Console, script: Caller) -> None:
    """
    As wand graph --json.
    """
    console.program.known = [SeenStatus(name, keyOf(name), [], [], True, None) for name in ("dave", "erin")]
    drawn = script.get("graph?most=1").document
    assert (drawn["here"], [each["name"] for each in drawn["nodes"]], drawn["left"]) == ("alice", ["dave"], 1)


def test_ratesOfTwoReadings(console: Console, script: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    As wand top --json; who asks at the same time as others gets the same.
    """
    assert all(each["bytesIn"] == 0 for each in script.get("top").document["peers"])
    console.program.counters.declare({"drop-runt": "runts"})
    console.program.counters["drop-runt"] += 4
    assert script.get("top").document["drops"] == []
    console.reactor.advance(2)
    assert len(script.get("top?most=2").document["peers"]) == 2
    drops = script.get("top").document["drops"]
    assert {each["reason"]: each["total"] for each in drops}["runt"] == 4


def test_whatIsWrongOnThisHost(script: Caller) -> None:
    """
    As wand doctor --json, as far as the program may look.
    """
    found = script.get("doctor").document
    assert {"notes", "versions"} <= {each["check"] for each in found}
    assert {each["verdict"] for each in found} <= {"good", "unknown", "warning", "bad"}


# Long lists.


def test_aListInParts(console: Console, script: Caller) -> None:
    """
    Each part has a link to the next one, with what else was asked; the last has none.
    """
    console.program.enlist(*(memberNamed(f"m{number}", "pending") for number in range(6)))
    found, query = [], "?pending=1&limit=3"
    for _ in range(3):
        answer = script.get(f"members{query}")
        found += answer.document
        link = answer.headers.get("link", "")
        assert (not link) == (len(found) == 7)
        query = link.partition("<")[2].partition(">")[0]
        assert "pending=1" in query or not link
    assert [each["key"] for each in found] == sorted(each["key"] for each in script.get("members?pending=1").document)


@pytest.mark.parametrize("query", ["limit=0", "limit=-1", "limit=x", "limit=1001", "limit=%D9%A3", "pending=yes"])
def test_partsThatMakeNoSense(script: Caller, query: str) -> None:
    """
    A number out of bounds is refused with those that are taken.
    """
    answer = script.get(f"members?{query}")
    assert answer.status == 400
    assert (str(LIMIT_MAXIMUM) if query.startswith("limit") else "neither 0 nor 1") in answer.document["error"]


def test_aLongListIsWrittenAsItIsRead(console: Console, script: Caller) -> None:
    """
    Whoever does not read is not written to, so that nothing piles up, and nothing more is asked of the program; and
    after a while the connection ends in the middle.
    """
    console.program.enlist(*(memberNamed(f"m{number}") for number in range(MANY)))
    line = console.connect()
    line.say(f"GET /api/v1/members HTTP/1.1\r\nHost: localhost\r\nAuthorization: {_told(script)}\r\n\r\n".encode())
    console.pumps[-1].pump() if console.pumps else None
    while not line.value().count(b'"key"'):
        console.pumps[-1].pump()
    line.producer.pauseProducing()
    console.settle()
    written = line.value().count(b'"key"')
    assert 0 < written < MANY / 2
    line.producer.resumeProducing()
    console.settle()
    assert len(line.answer.document) == MANY + 2
    assert line.answer.isWhole


def test_whoStopsReadingIsEnded(console: Console, script: Caller) -> None:
    """
    A list of which nobody reads the rest is cut off.
    """
    console.program.enlist(*(memberNamed(f"m{number}") for number in range(MANY)))
    line = console.connect()
    line.say(f"GET /api/v1/members HTTP/1.1\r\nHost: localhost\r\nAuthorization: {_told(script)}\r\n\r\n".encode())
    while not line.value().count(b'"key"'):
        console.pumps[-1].pump()
    line.producer.pauseProducing()
    console.settle()
    console.reactor.advance(STALL)
    assert line.aborted
    assert not line.answer.isWhole


def test_aProgramThatGoesAwayInTheMiddle(console: Console, script: Caller) -> None:
    """
    A list that cannot be finished is cut off, so that nobody takes it for the whole.
    """
    console.program.enlist(*(memberNamed(f"m{number}") for number in range(MANY)))
    line = console.connect()
    line.say(f"GET /api/v1/members HTTP/1.1\r\nHost: localhost\r\nAuthorization: {_told(script)}\r\n\r\n".encode())
    while not line.value().count(b'"key"'):
        console.pumps[-1].pump()
    console.clients[-1].close()
    console.settle()
    assert line.aborted


def test_whoGoesAwayIsForgotten(console: Console, script: Caller) -> None:
    """
    Nothing goes on for a browser that is gone.
    """
    console.program.enlist(*(memberNamed(f"m{number}") for number in range(MANY)))
    line = console.connect()
    line.say(f"GET /api/v1/members HTTP/1.1\r\nHost: localhost\r\nAuthorization: {_told(script)}\r\n\r\n".encode())
    while not line.value().count(b'"key"'):
        console.pumps[-1].pump()
    line.hangUp()
    console.settle()
    assert script.get("status").status == 200


def _told(script: Caller) -> str:
    return script.headers["authorization"]


# Actions.


def test_aMemberIsApprovedRenamedAndRevoked(console: Console, script: Caller) -> None:
    """
    As wand approve, wand rename and wand revoke; each answers with the member.
    """
    assert script.post("members/carol/approve", {}).document["state"] == "member"
    assert script.post("members/carol/rename", {"name": "carla"}).document["name"] == "carla"
    assert script.post(f"members/{keyOf('carol')}/revoke").document["state"] == "revoked"


def test_anotherSecret(console: Console, script: Caller) -> None:
    """
    As wand rotate; the answer says which one it is by its number, and not the secret.
    """
    answer = script.post("network/rotate", {"overlap": 60}).document
    assert answer.keys() == {"number", "changed", "until", "have", "members"}
    assert script.post("network/rotate", {"overlap": -1}).status == 400


def test_anInvitation(console: Console, script: Caller) -> None:
    """
    As wand invite; the token comes as a QR code, too.
    """
    answer = script.post("invitations", {"uses": 3, "name": "eve", "expires": 600, "approval": True, "relay": True})
    made = answer.document
    assert made["token"].startswith("wand1.")
    assert made["qr"].startswith("<svg ")
    assert made["qr"].endswith("</svg>")
    assert "<script" not in made["qr"]
    (invited,) = console.program.invitations()
    assert (invited.uses, invited.name, invited.approval, invited.relay) == (3, "eve", True, True)
    assert invited.expires == console.reactor.seconds() + 600
    assert script.post(f"invitations/{invited.invitation}/withdraw", {}).status == 200
    assert console.program.invitations() == []


def test_whatIsRefusedSaysWhy(console: Console, script: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    What a program says to a command is the error, with a status that fits.
    """
    assert script.post("members/nobody/revoke").status == 404
    answer = script.post("members/bob/approve")
    assert (answer.status, answer.document["error"]) == (409, "bob does not wait for an approval")
    assert script.post("invitations", {"uses": 2_000}).status == 409
    for error, status in ((StoreHindered("the disk is full"), 503), (NoSuchMember("nobody"), 404)):

        def fail(error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(console.program, "servers", fail)
        assert script.get("servers").status == status


def test_aFaultOfTheProgram(console: Console, script: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    What the program did not foresee is told without its inner workings.
    """

    def fail() -> None:
        raise MembershipRefused("x" * 5_000)

    monkeypatch.setattr(console.program, "servers", fail)
    answer = script.get("servers")
    assert answer.status == 409
    assert len(answer.body) < 2_100


def test_aProgramThatDoesNotAnswer(console: Console, script: Caller) -> None:
    """
    Is said so; and once it answers again, all is well.
    """
    console.isRunning = False
    assert script.get("status").status == 503
    browser = console.login()
    assert browser.headers["x-wand-csrf"]  # so pages are there all the same
    console.isRunning = True
    assert script.get("status").status == 200
    console.clients[-1].close()
    console.settle()
    assert script.get("status").status == 200


def test_manyQuestionsAtOnce(console: Console, script: Caller) -> None:
    """
    More questions than the control socket takes of one client wait for their turn.
    """
    lines = []
    for each in (script, console.script(), console.script()):
        told = f"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\nAuthorization: {_told(each)}\r\n\r\n".encode()
        lines += [(console.connect(), told) for _ in range(CONNECTIONS_EACH)]
    for line, told in lines:
        line.say(told)
    console.settle()
    assert {line.answer.status for line, _ in lines} == {200}
    assert console.counters["drop-control-busy"] == 0


def test_oneLoginHasSoManyConnections(console: Console, script: Caller) -> None:
    """
    A login keeps no other out: beyond so many connections it is told to wait, whether it reads its answers or not; once
    one of them is gone there is room again.
    """
    lines = [console.begin("GET", "/api/v1/status", **script.headers) for _ in range(CONNECTIONS_EACH + 1)]
    assert [line.answer.status for line in lines] == [200] * CONNECTIONS_EACH + [429]
    assert "calls under way" in lines[-1].answer.document["error"]
    assert lines[-1].answer.headers["retry-after"] == "1"
    assert console.counters["drop-console-calls"] == 1
    assert console.script().get("status").status == 200
    lines[0].hangUp()
    assert script.get("status").status == 200


def test_whoAsksAndGoesAwayAgainAndAgain(console: Console, script: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    What the program is still busy with counts, even if nobody waits for the answer any more: the same login waits for
    its turn, and is not refused; others do not even wait.
    """
    looking: Deferred[WhyStatus] = Deferred()
    found = script.get("why/two")
    monkeypatch.setattr(console.program.ways, "why", lambda peer: looking)
    for _ in range(40):
        console.begin("GET", "/api/v1/why/two", **script.headers).hangUp()
    line = console.begin("GET", "/api/v1/status", **script.headers)
    assert line.value() == b""
    assert console.script().get("status").status == 200
    looking.callback(msgspec.json.decode(found.body, type=WhyStatus))
    console.settle()
    assert line.answer.status == 200
    assert console.counters["drop-control-busy"] == 0


def test_netchecksOfMany(console: Console, script: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    However many ask for a netcheck, and go away again, one is under way; who stays has its answer, and others are not
    kept waiting for theirs.
    """
    begun: list[Deferred[NetworkCheckStatus]] = []

    def check() -> Deferred[NetworkCheckStatus]:
        begun.append(Deferred())
        return begun[-1]

    monkeypatch.setattr(console.program.ways, "check", check)
    for _ in range(40):
        console.begin("GET", "/api/v1/netcheck", **script.headers).hangUp()
    lines = [console.begin("GET", "/api/v1/netcheck", **script.headers) for _ in range(2)]
    assert script.get("status").status == 200
    begun[0].callback(NetworkCheckStatus([], "nothing to do"))
    console.settle()
    assert [each.answer.document["verdict"] for each in lines] == ["nothing to do"] * 2
    assert len(begun) == 1
    begun.clear()
    console.reactor.advance(2.0)
    console.begin("GET", "/api/v1/netcheck", **script.headers)
    assert len(begun) == 1


# What the API says of itself.


def test_whatThereIs(console: Console, script: Caller) -> None:
    """
    Whoever asks for the API is told what it offers.
    """
    offers = {(each["method"], each["path"]) for each in script.get("").document}
    assert ("GET", "/api/v1/members") in offers
    assert ("POST", "/api/v1/members/{member}/approve") in offers
    assert script.get("nothing").status == 404
    assert script.get("members/bob").status == 404
    answer = script.post("status")
    assert (answer.status, answer.headers["allow"]) == (405, "GET")
    assert script.get("members/bob/approve").headers["allow"] == "POST"
