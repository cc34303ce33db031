"""
Tests for the state of C{wand top}: rates, sorting and filtering, in made-up time; and for its screen.
"""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from wand.cli.top_screen import rate, screen
from wand.cli.top_state import EVENTS_KEPT, TopState
from wand.readings.rates import Reading
from wand.status import CounterStatus, PeerStatus, ProgramStatus


def status(pid: int = 1, notes: tuple[str, ...] = ()) -> ProgramStatus:
    return ProgramStatus("node", "1.0", pid, 0.0, "sealed", "0.0.0.0:1", "", 7, 2, 5, notes=list(notes))


def peer(name: str, octets: int = 0, drops: int = 0, roundTrip: float | None = None, way: str = "direct") -> PeerStatus:
    return PeerStatus(
        name,
        "up",
        [],
        None,
        octets // 100,
        octets,
        octets // 200,
        octets // 2,
        drops=drops,
        way=way,
        roundTrip=roundTrip,
    )


def reading(time: float, *peers: PeerStatus, drops: int = 0, pid: int = 1) -> Reading:
    counters = [CounterStatus("drop-late", drops, "too late"), CounterStatus("frames", 3, "frames")]
    return Reading(time, status(pid), peers, counters)


def typed(state: TopState, keys: str) -> TopState:
    for key in keys:
        state.key(key)
    return state


def names(state: TopState) -> list[str]:
    return [each.peer for each in state.rates()]


def test_ratesAreTheDifferenceOfTwoReadings() -> None:
    """
    A rate is what was added between two readings, by the time between them; the first reading has none.
    """
    state = TopState()
    state.read(reading(10.0, peer("bob", 1000, 1), drops=4))
    assert [each.bytesIn for each in state.rates()] == [0.0]
    state.read(reading(12.0, peer("bob", 3000, 5), drops=10))
    (bob,) = state.rates()
    assert (bob.bytesIn, bob.bytesOut, bob.framesIn, bob.framesOut, bob.drops) == (1000.0, 500.0, 10.0, 5.0, 2.0)
    assert [(each.reason, each.rate, each.total) for each in state.drops()] == [("late", 3.0, 10)]


def test_whatBeganAnewHasNoRate() -> None:
    """
    A peer that is new, a counter that is lower than before, a program that was started again and two readings at one
    moment give zero, not nonsense.
    """
    state = TopState()
    state.read(reading(1.0, peer("bob", 1000)))
    state.read(reading(2.0, peer("bob", 10), peer("carol", 99)))
    assert [each.bytesIn for each in state.rates()] == [0.0, 0.0]
    state.read(reading(2.0, peer("bob", 500)))
    assert [each.bytesIn for each in state.rates()] == [0.0]
    state.read(reading(3.0, peer("bob", 900), pid=2))
    assert [each.bytesIn for each in state.rates()] == [0.0]


@pytest.mark.parametrize(
    ("keys", "order"),
    [
        ("", ["carol", "bob", "dave"]),
        ("t", ["dave", "bob", "carol"]),
        ("n", ["bob", "carol", "dave"]),
        ("nn", ["dave", "carol", "bob"]),
        ("d", ["bob", "carol", "dave"]),
        ("r", ["dave", "bob", "carol"]),
        ("/AR\r", ["carol"]),
        ("/ax\x7fr\r", ["carol"]),
        ("/car\x1b", ["carol", "bob", "dave"]),
        ("/car\r\x1b", ["carol", "bob", "dave"]),
    ],
)
def test_keysSortAndFilter(keys: str, order: list[str]) -> None:
    """
    A key chooses what the rows are sorted by, once more the other way round; a slash filters by a part of the name.
    """
    state = TopState()
    state.read(reading(1.0, peer("bob"), peer("carol"), peer("dave")))
    state.read(reading(2.0, peer("bob", 10, 9, 0.01), peer("carol", 99, 2), peer("dave", 5, 0, 0.5)))
    assert names(typed(state, keys)) == order


def test_qEnds() -> None:
    """
    The key q ends it, unless it is a part of the filter; Ctrl-C ends it always.
    """
    assert typed(TopState(), "q").isEnding
    assert not typed(TopState(), "/q").isEnding
    assert typed(TopState(), "/\x03").isEnding


@pytest.mark.parametrize("size", [(80, 24), (200, 50), (40, 10)])
def test_theScreenFits(size: tuple[int, int]) -> None:
    """
    However much there is to show, it fits the terminal, and the line with the keys is there; what has no room is
    counted.
    """
    width, height = size
    state = TopState()
    peers = [peer(f"member-{number}-with-a-long-name", number, 1, 0.01, "relay") for number in range(90)]
    for moment in (1.0, 2.0):
        state.read(
            Reading(
                moment,
                status(notes=("a note that is long " * 20,) * 9),
                peers,
                [CounterStatus(f"drop-{number}", number + int(moment), "") for number in range(1, 20)],
            )
        )
    state.events.extend(f"session-up  peer-{number} " * 9 for number in range(EVENTS_KEPT * 2))
    assert len(state.events) == EVENTS_KEPT
    lines = shown(state, width, height)
    assert len(lines) <= height
    assert max(map(len, lines)) <= width
    assert any("more" in line for line in lines)
    assert lines[-1].startswith("q quit")


def test_hostileNamesAreEscaped() -> None:
    """
    The name of a peer cannot steer the terminal, nor is it markup.
    """
    state = TopState()
    state.read(reading(1.0, peer("\x1b[2Jbob"), peer("[red]x[/red]")))
    text = "\n".join(shown(state, 120, 24))
    assert "\x1b" not in text
    assert "\\x1b[2Jbob" in text
    assert "[red]x[/red]" in text


def test_aServerHasNoPeers() -> None:
    """
    Before the first reading the screen says that it asks; without peers it has its other lines.
    """
    state = TopState()
    assert shown(state, 80, 24) == ["asking the program ..."]
    state.read(reading(1.0, drops=3))
    lines = shown(state, 80, 24)
    assert lines[0].startswith("wand node 1.0  up")
    assert "late  0/s  3" in lines


@pytest.mark.parametrize(("octets", "text"), [(0, "0B"), (999, "999B"), (1000, "1K"), (2.5e6, "2M"), (3.21e9, "3.2G")])
def test_ratesAreShort(octets: float, text: str) -> None:
    """
    A rate has its unit and few digits.
    """
    assert rate(octets) == text


def shown(state: TopState, width: int, height: int) -> list[str]:
    """
    The lines of the screen.
    """
    console = Console(record=True, width=width, height=height, file=StringIO())
    console.print(screen(state, width, height, 100.0))
    return [line.rstrip() for line in console.export_text().splitlines()]
