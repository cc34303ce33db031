"""
Tests for the commands that show how members are reached.
"""

from __future__ import annotations

import json

import pytest_twisted
from command_runs import Bench
from simulated.memory_reach import RELAYED

from wand.cli.ways import placeTexts
from wand.status import WayStatus


@pytest_twisted.ensureDeferred
async def test_why(bench: Bench) -> None:
    """
    Why a member is reached as it is: each place with what came of it, the NAT, what was tried, and what to do first.
    """
    status, out, err = await bench.run("why", "two")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith("there is a session with two (")
    assert lines[1] == "Let the router forward UDP port 22222 to this host."
    used, lost = (next(line for line in lines if place in line) for place in ("relay server", "192.0.2.2:20002"))
    assert used.split()[0] == "*"
    for words in ("31.0ms", "in use for 90 s", "from relay", "the only one"):
        assert words in used
    for words in ("direct, IPv4", "tried 3 times, the last 2 s ago: no answer; heard 21 s ago", "from directory, call"):
        assert words in lost
    assert "answered 21 s ago; tried 4 times since, the last 2 s ago: no answer" in out
    assert "direct, same link" in next(line for line in lines if "192.0.2.2:20003" in line)
    assert "three, four hear us there" in out
    assert "NAT address-dependent  server hears it at 198.51.100.1:5000, three hears it at" in out
    assert "  two        NAT none, it says" in out
    assert "tried wherever it may be, 2 times" in out
    status, out, _ = await bench.run("why", "two", "--json")
    assert json.loads(out)["ways"][0]["place"] == RELAYED
    status, _, err = await bench.run("why", "nobody")
    assert (status, err) == (1, "wand: no member is known as 'nobody'\n")


@pytest_twisted.ensureDeferred
async def test_ping(bench: Bench) -> None:
    """
    Each way is asked, with a line for every answer and a summary; nothing but silence is a failure.  Why they are what
    they are is not asked, for that takes its time.
    """
    bench.program.ways.why = None  # type: ignore[method-assign,assignment]
    status, out, err = await bench.run("ping", "two", "--count", "2")
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        "two over relay server: number 1, time 31.2 ms",
        "two over 192.0.2.2:20002: number 1, no answer",
        "two over 192.0.2.2:20003: number 1, no answer",
        "two over relay server: number 2, time 31.2 ms",
        "two over 192.0.2.2:20002: number 2, no answer",
        "two over 192.0.2.2:20003: number 2, no answer",
        "",
        "relay server: 2 of 2 answered, 31.2 / 31.2 / 31.2 ms",
        "192.0.2.2:20002: 0 of 2 answered",
        "192.0.2.2:20003: 0 of 2 answered",
    ]
    status, out, _ = await bench.run("ping", "two", "--count", "1", "--json")
    assert json.loads(out) == [
        {"place": RELAYED, "roundTrips": [0.0312]},
        {"place": "192.0.2.2:20002", "roundTrips": [None]},
        {"place": "192.0.2.2:20003", "roundTrips": [None]},
    ]
    bench.program.ways.isSilent = True
    status, out, err = await bench.run("ping", "two", "--count", "1")
    assert status == 1
    assert err == "wand: two does not answer there\n"


@pytest_twisted.ensureDeferred
async def test_netcheck(bench: Bench) -> None:
    """
    What was looked at is a table, with the verdict below; or one JSON document.
    """
    status, out, err = await bench.run("netcheck")
    assert (status, err) == (0, "")
    assert [line.split("  ")[0] for line in out.splitlines()] == [
        "CHECK",
        "UDP out",
        "NAT",
        "hairpin",
        "",
        "Forward UDP port 22222.",
    ]
    _, out, _ = await bench.run("netcheck", "--json")
    assert json.loads(out)["checks"][1] == {
        "name": "mapping",
        "isGood": False,
        "value": "address-dependent",
        "about": "another place outside for each destination",
    }


def test_channelsOverOneRelay() -> None:
    """
    Two channels over one relay are told apart.
    """
    first, second, other = (
        WayStatus(place, "relay", ["relay"], True, None, None, None, None, "")
        for place in ("relay/0123:7", "relay/0123:8", "relay/4567:9")
    )
    relays = {"relay/0123": "server", "relay/4567": "other"}
    assert list(placeTexts([first, second, other], relays).values()) == [
        "relay server (channel 7)",
        "relay server (channel 8)",
        "relay other",
    ]
