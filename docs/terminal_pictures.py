"""
The pictures of commands in the documentation: C{python docs/terminal_pictures.py}, as root, makes a network on this
machine, types commands there, and writes docs/images/init.svg, top.svg, graph-text.svg and graph.svg, or only those
that are named.
"""

import re
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from shlex import quote
from typing import Final

from pictured_network import NAMES, form
from rich.console import Console
from rich.text import Text
from terminal_svg import svgOf
from twisted.internet.epollreactor import EPollReactor

from wand.lab import Lab
from wand.lab.commands import PROGRAMS, execute
from wand.lab.deployment import Deployment
from wand.lab.loop import Loop
from wand.lab.machine import USUAL, Machine
from wand.lab.topology import topology

IMAGES: Final = Path(__file__).parent / "images"

#: Columns of the terminal, and the lines of one that a command fills.
WIDTH: Final = 100
HEIGHT: Final = 17

#: How many seconds C{wand top} runs until the picture of it is taken.
READINGS: Final = 20

#: What C{wand init} asks, and what is typed then.
ANSWERS: Final = {"Choose": "", "be called": "", "service": "n"}

#: What a host has beside its usual directories so that C{wand init} takes it for one with systemd.
SYSTEMD: Final = "/run/systemd"

#: Where C{wand top} begins to draw anew, and what it says to a terminal beside text.
_ANEW: Final = "\x1b[H"
_CONTROL: Final = re.compile(r"\x1b\[\?\d+[hl]|\r")

#: What turns in lines that are there while something is under way.
_TURNING: Final = re.compile(r"[\u2800-\u28ff]")

#: The token in the line for the next host: nobody wants to read all of it.
_TOKEN: Final = re.compile(r"(wand1\.\S{16})\S+")


def inTerminal(command: str, typescript: str = "/dev/null") -> str:
    """
    A command line that runs another one in a terminal.

    @param typescript: the file that has what is shown.
    """
    return f"script -qfec {quote(f'stty cols {WIDTH} rows {HEIGHT}; {command}')} {typescript}"


def drawn(name: str, command: str, shown: str) -> str:
    """
    A picture of a terminal.

    @param command: what was typed.
    @param shown: what it printed there.
    """
    console = Console(record=True, file=StringIO(), width=WIDTH, color_system="truecolor")
    console.print(f"[bold]$ {command}[/]")
    lines = [line for line in Text.from_ansi(shown).split("\n") if not _TURNING.search(line.plain)]
    while not lines[-1].plain.strip():
        lines.pop()
    console.print(*lines, sep="\n", highlight=False)
    return svgOf(console, command, name)


def init() -> str:
    """
    The dialogue of C{wand init} on a host on which nothing runs.
    """
    answers = "".join(
        f"until grep -q {quote(asked)} said; do sleep 0.1; done; echo {answer}; " for asked, answer in ANSWERS.items()
    )
    with Lab() as lab:
        machine = Machine(lab.host("one", "10.99.1.1/24"), lab, (*USUAL, SYSTEMD))
        terminal = inTerminal("wand init --no-qr", "said")
        line = f"hostname one; mkdir -p {SYSTEMD}/system; touch said; ({answers}) | {terminal}"
        said = machine.type(f"unshare --uts sh -c {quote(line)}", timeout=60.0)
        machine.type("wand stop")
    return drawn("init", "wand init", _TOKEN.sub(r"\1…", _CONTROL.sub("", said)))


def top(network: Deployment) -> str:
    """
    C{wand top} at the node that sends most, after a while.
    """
    said = _typed(network, inTerminal(f"{_wand(network)} top --count {READINGS}"))
    *_, last = said.rpartition("\x1b[?1049l")[0].split(_ANEW)
    return drawn("top", "wand top", _CONTROL.sub("", last))


def graphText(network: Deployment) -> str:
    """
    C{wand graph} in a terminal.
    """
    return drawn("graph", "wand graph", _CONTROL.sub("", _typed(network, inTerminal(f"{_wand(network)} graph"))))


def graph(network: Deployment) -> str:
    """
    The picture that C{wand graph} draws.
    """
    return _typed(network, f"{_wand(network)} graph --format svg")


#: What draws each picture of the network.
OF_NETWORK: Final[dict[str, Callable[[Deployment], str]]] = {"top": top, "graph-text": graphText, "graph": graph}


def _wand(network: Deployment) -> str:
    first = network.topology.nodes[0]
    return f"{PROGRAMS}/wand --control {network.files.control(first)}"


def _typed(network: Deployment, line: str) -> str:
    return execute("sh", "-c", line, timeout=READINGS + 20.0)


def main() -> None:
    """
    Make what pictures show, and draw them.
    """
    chosen = sys.argv[1:] or ["init", *OF_NETWORK]
    if "init" in chosen:
        (IMAGES / "init.svg").write_text(init())
    ofNetwork = [each for each in OF_NETWORK if each in chosen]
    if not ofNetwork:
        return
    with Loop(EPollReactor()) as loop, Lab() as lab:
        network = Deployment(lab, topology(count=len(NAMES) + 1), loop)
        form(network)
        for name in ofNetwork:
            (IMAGES / f"{name}.svg").write_text(OF_NETWORK[name](network))


if __name__ == "__main__":
    main()
