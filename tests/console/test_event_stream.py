"""
Events as they happen, in a browser.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from console_case import Caller, Console, Line

from wand.console.access import SESSION_LIFETIME
from wand.console.event_feed import BEAT, LINGER, LISTENERS_EACH, LISTENERS_MAXIMUM
from wand.console.listener import KEPT, QUEUE_MAXIMUM, STALL
from wand.web.connections import PATIENCE


@pytest.fixture
def console() -> Console:
    """
    A console.
    """
    return Console()


@pytest.fixture
def browser(console: Console) -> Caller:
    """
    A browser that only looks.
    """
    return console.login(readOnly=True)


class Message:
    """
    What a browser is told.
    """

    def __init__(self, text: str) -> None:
        fields = dict(line.split(": ", 1) for line in text.splitlines())
        self.last = fields.get("id", "")
        self.kind = fields.get("event", "message")
        self.data: Any = json.loads(fields["data"])


def told(line: Line) -> list[Message]:
    """
    What came over a connection.
    """
    blocks = line.answer.body.decode().split("\n\n")
    return [Message(block) for block in blocks if "data: " in block]


def happen(console: Console, *names: str) -> None:
    """
    Let something happen.
    """
    for name in names:
        console.program.events.publish("member-joined", name=name, key="00")
    console.settle()


def test_eventsAreToldAsTheyHappen(console: Console, browser: Caller) -> None:
    """
    Each with the document of wand watch --json.
    """
    line = browser.listen()
    assert line.answer.headers["content-type"] == "text/event-stream"
    happen(console, "bob", "a\r\ndata: {}\r\n\r\n")
    first, second = told(line)
    now = console.reactor.seconds()
    assert first.data == {"kind": "member-joined", "time": now, "fields": {"name": "bob", "key": "00"}}
    assert second.data["fields"]["name"] == "a\r\ndata: {}\r\n\r\n"
    assert first.last != second.last


def test_aSignOfLife(console: Console, browser: Caller) -> None:
    """
    A connection over which nothing is told shows now and then that it stands, and lasts.
    """
    line = browser.listen()
    for _ in range(round(PATIENCE * 20 / BEAT)):
        console.reactor.advance(BEAT)
    assert not line.isOver
    assert line.answer.body.count(b":\n\n") == round(PATIENCE * 20 / BEAT)


def test_whoComesBackMissesNothing(console: Console, browser: Caller) -> None:
    """
    A browser says what it heard last, and is told the rest.
    """
    line = browser.listen()
    happen(console, "bob")
    line.hangUp()
    happen(console, "carol", "dave")
    again = told(browser.listen(last_event_id=told(line)[-1].last))
    assert [each.data["fields"]["name"] for each in again] == ["carol", "dave"]


def test_whoComesBackLateIsToldHowMuchWasMissed(console: Console, browser: Caller) -> None:
    """
    Only so many events are kept.
    """
    line = browser.listen()
    happen(console, "bob")
    line.hangUp()
    happen(console, *(f"m{number}" for number in range(KEPT + 7)))
    lost, *rest = told(browser.listen(last_event_id=told(line)[-1].last))
    assert (lost.kind, lost.data, len(rest)) == ("lost", {"count": 7}, KEPT)


def test_whoComesBackReadsAtItsOwnPace(console: Console, browser: Caller) -> None:
    """
    All that was missed may be more than a connection takes at once: it waits, and whoever comes back is not ended for
    it, or it would come back for the same again and again.
    """
    line = browser.listen()
    happen(console, "bob")
    line.hangUp()
    happen(console, *(f"m{number}" for number in range(KEPT)))
    again = console.connect()
    written = again.writeSequence

    def writeAndBeFull(octets: Iterable[bytes]) -> None:
        written(octets)
        if again.producer is not None:
            again.producer.pauseProducing()

    again.writeSequence = writeAndBeFull  # type: ignore[method-assign,assignment]
    headers = {"host": console.host, "last-event-id": told(line)[-1].last, **browser.headers}
    request = ["GET /api/v1/events HTTP/1.1", *(f"{name}: {text}" for name, text in headers.items()), "", ""]
    again.say("\r\n".join(request).encode())
    console.settle()
    while not again.aborted and len(told(again)) < KEPT:
        again.producer.resumeProducing()
    assert [each.data["fields"]["name"] for each in told(again)] == [f"m{number}" for number in range(KEPT)]
    assert console.counters["drop-console-slow"] == 0


@pytest.mark.parametrize("last", ["older-1", "1", "-", "x", "older-²", "older-99999999999999999999999"])
def test_whoComesBackAfterARestart(console: Console, browser: Caller, last: str) -> None:
    """
    What happened before this program was started is not known: whoever comes back is told that something was missed.
    """
    (lost,) = told(browser.listen(last_event_id=last))
    assert (lost.kind, lost.data) == ("lost", {"count": None})


def test_theProgramIsLeftAloneWhenNobodyListens(console: Console, browser: Caller) -> None:
    """
    Events are followed while somebody listens, and a little longer.
    """
    assert console.clients == [] or all(client.connected for client in console.clients)
    line = browser.listen()
    feed = console.clients[-1]
    line.hangUp()
    console.reactor.advance(LINGER - 1)
    console.settle()
    assert feed.connected
    console.reactor.advance(1)
    console.settle()
    assert not feed.connected
    assert [each.kind for each in told(browser.listen(last_event_id=told(line)[-1].last if told(line) else "x-1"))] == [
        "lost"
    ]


def test_aSlowReaderIsDropped(console: Console, browser: Caller) -> None:
    """
    For who does not read, so many messages wait; then the connection ends, and the others hear everything.
    """
    slow, quick = browser.listen(), browser.listen()
    slow.producer.pauseProducing()
    happen(console, *(f"m{number}" for number in range(QUEUE_MAXIMUM)))
    assert not slow.aborted
    assert told(slow) == []
    happen(console, "one more")
    assert slow.aborted
    assert console.counters["drop-console-slow"] == 1
    assert len(told(quick)) == QUEUE_MAXIMUM + 1


def test_whoReadsAgainHearsTheRest(console: Console, browser: Caller) -> None:
    """
    What waited comes in its order.
    """
    line = browser.listen()
    line.producer.pauseProducing()
    happen(console, "bob", "carol")
    line.producer.resumeProducing()
    happen(console, "dave")
    assert [each.data["fields"]["name"] for each in told(line)] == ["bob", "carol", "dave"]


def test_whoStopsReadingIsDropped(console: Console, browser: Caller) -> None:
    """
    Even if little happens.
    """
    line = browser.listen()
    line.producer.pauseProducing()
    console.reactor.pump([BEAT] * round(STALL / BEAT + 1))
    assert line.aborted
    assert console.counters["drop-console-slow"] == 1


def test_listenersAreBounded(console: Console) -> None:
    """
    One login has so many listeners, and all together so many; an end makes room.
    """
    browsers = [console.login() for _ in range(LISTENERS_MAXIMUM // LISTENERS_EACH + 1)]
    *full, late = browsers
    lines = [each.listen() for each in full for _ in range(LISTENERS_EACH)]
    assert not any(line.isOver for line in lines)
    for each in (full[0], late):
        answer = each.listen().answer
        assert (answer.status, answer.headers["retry-after"]) == (503, "30")
    assert console.counters["drop-console-crowded"] == 2
    lines[0].hangUp()
    assert late.listen().answer.status == 200


def test_theEndOfALoginIsTheEndOfListening(console: Console, browser: Caller) -> None:
    """
    Whoever may not look any more is not told anything more.
    """
    line = browser.listen()
    console.reactor.pump([BEAT] * round(SESSION_LIFETIME / BEAT))
    assert line.isOver
    assert line.answer.isWhole
    again = console.login()
    line = again.listen()
    console.service.access.end()
    console.reactor.advance(BEAT)
    assert line.isOver


def test_aProgramThatGoesAway(console: Console, browser: Caller) -> None:
    """
    Ends the listening, so that browsers come back and learn of it.
    """
    line = browser.listen()
    console.clients[-1].close()
    console.settle()
    assert line.isOver
    console.isRunning = False
    assert browser.listen().answer.status == 503
    console.isRunning = True
    assert browser.listen().answer.status == 200


def test_eventsThatTheProgramDidNotTell(console: Console, browser: Caller) -> None:
    """
    If the console itself was too slow, everybody is told how many are missing.
    """
    line = browser.listen()
    console.service._feed._lost(5)
    (lost,) = told(line)
    assert (lost.kind, lost.data) == ("lost", {"count": 5})


def test_noHeadOfWhatHasNoEnd(browser: Caller) -> None:
    """
    Events have no beginning that could be asked for alone.
    """
    console = browser.console
    answer = console.ask("HEAD", "/api/v1/events", **browser.headers)
    assert answer.status == 405


def test_nothingIsLeftAtTheEnd(console: Console, browser: Caller) -> None:
    """
    When the console stops, so do all who listen, and nothing is to come.
    """
    lines = [browser.listen() for _ in range(3)]
    console.service.stopService()
    console.settle()
    assert all(line.isOver for line in lines)
    for line in lines:
        line.hangUp()
    assert console.reactor.getDelayedCalls() == []
