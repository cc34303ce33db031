"""
How the demo looks: in colour and motion on a terminal, in plain lines where its output goes elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from wand.demo.figures import Failure, Figures, Ping, RevocationResult
from wand.lab.admission import Admission
from wand.lab.capture import Capture
from wand.lab.topology import Node, Topology
from wand.lab.transfer import Transfer

#: The tables of all nodes: by the name of the node and then by MAC address.
Tables = dict[str, dict[str, str]]


class Screen:
    """
    The terminal, or the file, that people watch.
    """

    def __init__(self, console: Console) -> None:
        self._console = console

    def line(self, text: RenderableType = "") -> None:
        """
        Show a line.
        """
        self._console.print(text, highlight=False, soft_wrap=True)

    def heading(self, text: str) -> None:
        """
        Begin a step.
        """
        self.line()
        self.line(Text(text, style="bold"))

    def result(self, text: str) -> None:
        """
        Show the result of a step that went well.
        """
        self.line(Text.assemble(("  ok  ", "bold green"), text))

    def note(self, text: str) -> None:
        """
        Show something that people should know.
        """
        self.line(Text.assemble(("  note  ", "bold yellow"), text))

    def working(self, text: str) -> Any:
        """
        Show that something is under way, as long as this context lasts.
        """
        return self._console.status(text) if self._console.is_terminal else nullcontext()

    def picture(self, topology: Topology) -> None:
        """
        Show what is where.
        """
        nodes = topology.nodes
        width = 19

        def row(texts: Sequence[str], about: str, style: str) -> None:
            cells = "".join(text.center(width) for text in texts)
            self.line(Text.assemble(("  " + cells, style), ("  " + about, "dim")))

        line = "+".center(width, "-") * len(nodes)
        middle = " " * (width * len(nodes) // 2)
        row([node.name for node in nodes], "", "bold cyan")
        row([node.inside for node in nodes], "on the one Ethernet: a tap device wan0 each", "cyan")
        row(["|" for _ in nodes], f"frames in UDP, {'encrypted' if topology.isSealed else 'in the clear'}", "dim")
        row([node.address for node in nodes], "on the network in between", "")
        row(["|" for _ in nodes], "", "dim")
        self.line(Text("  " + line, style="dim"))
        self.line(Text(f"  {middle}|", style="dim"))
        does = f"{'lets members in, ' * topology.isSealed}knows who is where, sees no frame"
        server = f"{topology.server.name} {topology.serverEndpoint}".center(width * len(nodes))
        self.line(Text.assemble(("  " + server, "bold magenta"), ("  " + does, "dim")))

    def admitted(self, admission: Admission) -> None:
        """
        Show a node that joined.
        """
        joined = f"{admission.node} redeemed its invitation in {admission.seconds:.2f} s: it is "
        self.line(Text.assemble(("  ok  ", "bold green"), joined, (f"{admission.name}, {admission.address}", "bold")))

    def overheard(self, capture: Capture) -> None:
        """
        Show what a listener on the network in between saw.
        """
        found = ", ".join(capture.found) or "no octet of the frames, no MAC address, no name"
        self.result(f"A listener in between saw {capture.datagrams} datagrams, and in them {found}.")

    def revoked(self, revocation: RevocationResult, first: Node, last: Node) -> None:
        """
        Show the effect of a revocation.
        """
        self.result(f"{revocation.node} is cut off {revocation.seconds:.2f} s after the command.")
        lost = revocation.asked - revocation.answered
        self.result(f"{first.name} and {last.name}: {revocation.asked} echoes since, {lost} lost.")

    @contextmanager
    def tables(self, topology: Topology) -> Iterator[Callable[[Tables, float], None]]:
        """
        Show the tables as they fill, as long as this context lasts.

        @return: to be called again and again, with all tables and the seconds since the start.
        """
        with self._live(knowledge(topology, {})) as update:
            seen: set[tuple[str, str]] = set()

            def show(known: Tables, seconds: float) -> None:
                for name, mac in sorted((name, mac) for name, table in known.items() for mac in table):
                    if (name, mac) not in seen and not self._console.is_terminal:
                        self.line(f"  {seconds:4.1f} s  {name} learns that {mac} is at {known[name][mac]}")
                    seen.add((name, mac))
                update(knowledge(topology, known))

            yield show

    @contextmanager
    def matrix(self, topology: Topology) -> Iterator[Callable[[Sequence[Ping]], None]]:
        """
        Show pings as they come in, as long as this context lasts.

        @return: to be called again and again, with all pings so far.
        """
        with self._live(times(topology, ())) as update:
            yield lambda pings: update(times(topology, pings))

    @contextmanager
    def progress(self, seconds: float) -> Iterator[Callable[[Transfer], None]]:
        """
        Show how far a transfer is, as long as this context lasts.

        @param seconds: how long it will take.
        @return: to be called again and again, with the transfer.
        """
        bar = Progress(
            TextColumn("  "), BarColumn(40), TextColumn("{task.description}"), console=self._console, transient=True
        )
        task = bar.add_task("", total=seconds)
        with bar if self._console.is_terminal else nullcontext():
            yield lambda transfer: bar.update(
                task, completed=transfer.seconds, description=f"{size(transfer.octets)}, {speed(transfer.rate)}"
            )

    def transferred(self, transfer: Transfer) -> None:
        """
        Show a transfer that is done.
        """
        text = f"{size(transfer.octets)} in {transfer.seconds:.1f} s, every octet as it was sent: "
        self.line(Text.assemble(("  ok  ", "bold green"), text, (speed(transfer.rate), "bold")))

    def survived(self, failure: Failure, first: Node, second: Node) -> None:
        """
        Show how the others fared while a node was dead, and how it came back.
        """
        lost = failure.asked - failure.answered
        self.result(f"{first.name} and {second.name}: {failure.asked} echoes in the meantime, {lost} lost.")
        self.result(f"{failure.node} answers again {failure.returned:.2f} s after it was started.")

    def summary(self, figures: Figures) -> None:
        """
        Show all figures.
        """
        pings = [ping.milliseconds for ping in figures.pings]
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2))
        rows = [
            ("  network formed in", f"{figures.formed:.1f} s"),
            ("  ping", f"{min(pings):.2f} to {max(pings):.2f} ms between {len(figures.nodes)} nodes"),
            (f"  {figures.carrier}", speed(figures.rate)),
            ("  a dead node is back in", f"{figures.failure.returned:.2f} s"),
        ]
        if figures.admissions:
            slowest = max(each.seconds for each in figures.admissions)
            rows.insert(0, ("  joining with an invitation", f"{slowest:.2f} s at most"))
        if figures.capture is not None:
            seen = "nothing" if not figures.capture.found else ", ".join(figures.capture.found)
            rows.append(("  the network in between saw", f"{seen} in {figures.capture.datagrams} datagrams"))
        if figures.silence is not None:
            rows.append(("  a stranger got", f"{figures.silence.answers} answers to {figures.silence.sent} datagrams"))
        if figures.revocation is not None:
            rows.append(("  a revoked member is cut off in", f"{figures.revocation.seconds:.2f} s"))
        rows.append(("  the whole demo took", f"{figures.total:.1f} s"))
        for name, value in rows:
            table.add_row(name, Text(value, style="bold green"))
        self.heading("Summary")
        self.line(table)

    def failure(self, reason: str, evidence: Sequence[tuple[str, str]]) -> None:
        """
        Show why the demo cannot go on, and what the programs said.
        """
        self.line()
        for name, log in evidence:
            self.line(Text(f"The end of the log of {name}:", style="bold"))
            self.line(Text(log, style="dim"))
        self.line(Text.assemble(("  failed  ", "bold red"), reason))

    def visit(self, places: Sequence[tuple[str, str]]) -> None:
        """
        Show how to look around.
        """
        self.heading("The network stays until Ctrl-C.  From another terminal:")
        for command, about in places:
            self.line(Text.assemble(("  " + command, "cyan"), ("   # " + about, "dim")))

    @contextmanager
    def _live(self, first: RenderableType) -> Iterator[Callable[[RenderableType], None]]:
        if not self._console.is_terminal:
            latest = [first]
            yield lambda renderable: latest.__setitem__(0, renderable)
            self.line(latest[0])
            return
        with Live(first, console=self._console, refresh_per_second=20) as live:
            yield live.update


def knowledge(topology: Topology, known: Tables) -> RenderableType:
    """
    Which node knows which address, and where it says that it is.
    """
    table = Table(box=SIMPLE_HEAD, header_style="dim", pad_edge=False)
    table.add_column("  table of")
    for node in topology.nodes:
        table.add_column(f"{node.mac} ({node.name})", min_width=21)
    for node in topology.nodes:
        cells = (_where(node, other, known.get(node.name, {})) for other in topology.nodes)
        table.add_row(Text(f"  {node.name}", style="cyan"), *cells)
    return table


def _where(node: Node, other: Node, table: dict[str, str]) -> Text:
    if node is other:
        return Text("itself", style="dim")
    return Text(table[other.mac], style="green") if other.mac in table else Text("?", style="yellow")


def times(topology: Topology, pings: Sequence[Ping]) -> RenderableType:
    """
    The matrix of echo times.
    """
    known = {(ping.source, ping.target): f"{ping.milliseconds:.2f} ms" for ping in pings}
    table = Table(box=SIMPLE_HEAD, header_style="dim", pad_edge=False)
    table.add_column("  from, to")
    for node in topology.nodes:
        table.add_column(node.name, justify="right", min_width=10)
    for source in topology.nodes:
        cells = (
            Text("-", style="dim") if source is target else Text(known.get((source.name, target.name), "?"), "green")
            for target in topology.nodes
        )
        table.add_row(Text(f"  {source.name}", style="cyan"), *cells)
    return Group(table)


def speed(rate: float) -> str:
    """
    Bits a second, for people.
    """
    return f"{rate / 1e9:.2f} Gbit/s" if rate >= 1e9 else f"{rate / 1e6:.0f} Mbit/s"


def size(octets: int) -> str:
    """
    Octets, for people.
    """
    return f"{octets / 1e6:.0f} MB"
