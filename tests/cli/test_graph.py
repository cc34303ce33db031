"""
Tests for the pictures of a network.
"""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest
import pytest_twisted
from command_runs import Bench
from hypothesis import given
from hypothesis import strategies as st
from simulated.memory_members import keyOf

from wand.cli.graph_text import asDOT, asSVG, asText
from wand.readings.picture import Picture, pictureOf
from wand.status import SeenStatus

_SVG = "{http://www.w3.org/2000/svg}"


def seen(name: str, way: str = "", relay: str = "", online: bool = True, state: str = "member") -> SeenStatus:
    return SeenStatus(name, keyOf(name), [], [], online, None, way, relay, 0.0118 if way else None, state=state)


OWN = seen("alice", "this")
OTHERS = [seen("bob", "direct"), seen("carol", "relay", "server-2"), seen("mallory", online=False)]


def drawn(*others: SeenStatus, most: int = 40, **traffic: int) -> Picture:
    return pictureOf("alice", [OWN, *others], OWN.key, traffic, most)


def test_text() -> None:
    """
    This host is the root, and each member a branch, with the way to it.
    """
    assert asText(drawn(*OTHERS)).splitlines() == [
        "alice (this host)",
        "|-- bob      direct          11.8ms",
        "|-- carol    relay server-2  11.8ms",
        "`-- mallory  offline",
    ]
    assert asText(drawn()) == "alice (this host)"


def test_whoHasTheMostTrafficIsDrawn() -> None:
    """
    Of many members those with the most traffic are drawn, then those with a way; how many are left out is said. Who was
    revoked or waits is no part of the network.
    """
    picture = drawn(*OTHERS, seen("eve", state="revoked"), most=2, mallory=99)
    assert [each.name for each in picture.nodes] == ["bob", "mallory"]
    assert picture.left == 1
    for text in (asText(picture), asDOT(picture), asSVG(picture)):
        assert "1 more are not drawn" in text


def test_directWaysAreSolidAndRelayedOnesDashed() -> None:
    """
    The kind of the line says how a member is reached; there is none to a member without a way. The picture is for light
    and dark pages.
    """
    dot = asDOT(drawn(*OTHERS))
    assert 'this -- m0 [style=solid, label="direct 11.8ms"];' in dot
    assert 'this -- m1 [style=dashed, label="relay server-2 11.8ms"];' in dot
    assert "this -- m2" not in dot
    tree = ElementTree.fromstring(asSVG(drawn(*OTHERS)))
    assert [line.get("class") for line in tree.iter(f"{_SVG}line")] == ["direct", "relayed"]
    assert [dot.get("class") for dot in tree.iter(f"{_SVG}circle")] == ["member", "member", "offline", "this"]
    assert "prefers-color-scheme: dark" in asSVG(drawn())


@given(st.text(max_size=40), st.integers(1, 60))
def test_anyNameIsEscaped(name: str, count: int) -> None:
    """
    Whatever members are called, the SVG is well-formed and has no other elements, and DOT has no line more.
    """
    picture = drawn(*(seen(name, "direct", name) for _ in range(count)), most=50)
    tree = ElementTree.fromstring(asSVG(picture))
    tags = {each.tag.removeprefix(_SVG) for each in tree.iter()}
    assert tags <= {"svg", "title", "style", "rect", "line", "circle", "text"}
    left = picture.left > 0
    assert len(asDOT(picture).splitlines()) == 4 + 2 * len(picture.nodes) + left
    assert len(asText(picture).splitlines()) == 1 + len(picture.nodes) + left


def test_whoeverIsOnlineCountsDrawnOrNot() -> None:
    """
    How many are online is said of all, also of those that are left out.
    """
    picture = drawn(*OTHERS, most=1)
    assert picture.online == drawn(*OTHERS, most=50).online == sum(each.online for each in OTHERS)


@pytest_twisted.ensureDeferred
async def test_theCommand(bench: Bench) -> None:
    """
    The command draws what the program sees, in each form.
    """
    bench.program.known = [OWN, *OTHERS]
    assert "carol" in (await bench.run("graph"))[1]
    assert (await bench.run("graph", "--format", "dot"))[1].startswith("graph wand {")
    assert ElementTree.fromstring((await bench.run("graph", "--format", "svg"))[1]).tag == f"{_SVG}svg"
    assert json.loads((await bench.run("graph", "--most", "1", "--json"))[1])["left"] >= 2


@pytest_twisted.ensureDeferred
async def test_trafficIsOnlyAskedForWhereNotAllAreDrawn(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    It says who is drawn, and a console asks for the picture every two seconds.
    """
    asked, peers = [], bench.program.peers
    monkeypatch.setattr(bench.program, "peers", lambda *page: asked.append(page) or peers(*page))
    bench.program.known = [OWN, *OTHERS]
    await bench.run("graph", "--most", "4")
    assert not asked
    await bench.run("graph", "--most", "2")
    assert asked
