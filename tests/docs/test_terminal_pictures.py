"""
Tests for the pictures of commands, which docs/terminal_pictures.py makes: they show what today's commands print.
"""

from __future__ import annotations

import re
from collections import defaultdict
from io import StringIO
from xml.etree import ElementTree

from documents import DOCS, blocks
from rich.console import Console
from sources import HOLE, templates

from wand.cli.graph_text import asDOT, asSVG, asText
from wand.cli.interview import PARTS
from wand.cli.top_screen import screen
from wand.cli.top_state import TopState
from wand.readings.picture import Node, Picture
from wand.readings.rates import Reading
from wand.status import PeerStatus, ProgramStatus

_SVG = "{http://www.w3.org/2000/svg}"

#: A line of the picture of wand graph: a member, the way, and the round-trip time.
_BRANCH = re.compile(r"[|`]-- (\S+) +(direct|stream|relay \S+|offline)(?: +([\d.]+)ms)?")


def shown(name: str) -> list[str]:
    """
    The lines of a picture of a terminal, below the command.
    """
    lines: defaultdict[int, list[tuple[float, str]]] = defaultdict(list)
    for text in ElementTree.parse(DOCS / "images" / f"{name}.svg").iter(f"{_SVG}text"):
        place = re.search(r"-line-(\d+)\)", text.get("clip-path", ""))
        if place is not None:
            lines[int(place[1])].append((float(text.get("x", "0")), text.text or ""))
    whole = ["".join(text for _, text in sorted(lines[number])) for number in range(max(lines) + 1)]
    return [line.replace("\N{NO-BREAK SPACE}", " ").rstrip() for line in whole[1:]]


def test_initAsksWhatItAsksToday() -> None:
    """
    Each question is one of the program's texts, and so is each answer that one can choose.
    """
    lines = shown("init")
    assert [line for line in lines if line.startswith(("  1", "  2", "  3"))] == [
        f"  {number}  {name:<7}  {about}" for number, (name, about) in enumerate(PARTS.items(), 1)
    ]
    questions = [re.sub(r"(?: \[.*)?:?(?: \w)?$", "", line) for line in lines if re.search(r"\?(?: |$)|\[1\]:", line)]
    assert len(questions) == 4
    said = {part.strip() for text in templates() for part in text.replace(HOLE, "").split("\n")}
    assert set(questions) <= said


def test_topLooksAsItDoesToday() -> None:
    """
    The picture has the head, the columns and the keys of the screen.
    """
    status = ProgramStatus("node", "1.0", 1, 0.0, "sealed", "0.0.0.0:1", "", 7, 2, 5)
    state, console = TopState(), Console(file=StringIO(), width=100)
    state.read(Reading(0.0, status, [PeerStatus("bob", "up", [], None, 0, 0, 0, 0)], []))
    with console.capture() as captured:
        console.print(screen(state, 100, 24, 100.0))
    now, then = captured.get().splitlines(), shown("top")
    assert re.sub(r"[\d.]+(?:dev\d+)?", "N", then[0]).split()[:2] == re.sub(r"[\d.]+", "N", now[0]).split()[:2]
    assert _close(now[1]) in map(_close, then)
    assert now[-1].rstrip() == then[-1]


def test_graphDrawsAsItDoesToday() -> None:
    """
    The text, the SVG and the DOT are what wand graph would draw of the same network.
    """
    here, *branches = shown("graph-text")
    found = [_BRANCH.fullmatch(each) for each in branches]
    nodes = [_node(*each.groups()) for each in found if each]
    picture = Picture(here.partition(" ")[0], nodes, 0, 0)
    assert asText(picture).splitlines() == [here, *branches]
    old, new = (DOCS / "images" / "graph.svg").read_text(), asSVG(picture)
    digits = re.compile(r"\d+(?:\.\d+)?ms")
    assert digits.sub("", old).splitlines() == digits.sub("", new).splitlines()


def test_dotIsShownAsItIs() -> None:
    """
    So is the beginning of the same for Graphviz.
    """
    picture = Picture("alice", [_node("bob", "direct", "11.8")], 0, 1)
    [block] = [each for each in blocks("text") if each.text.startswith("graph wand")]
    assert block.text.splitlines() == asDOT(picture).splitlines()[:5]


def _close(line: str) -> str:
    """
    A line without its blanks, of which the picture leaves some out.
    """
    return "".join(line.split())


def _node(name: str, way: str, milliseconds: str | None) -> Node:
    kind, _, relay = way.partition(" ")
    isOnline = kind != "offline"
    trip = None if milliseconds is None else float(milliseconds) / 1000
    return Node(name, name, isOnline, name == "server", kind if isOnline else "", relay, trip)
