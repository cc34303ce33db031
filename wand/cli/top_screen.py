"""
How C{wand top} looks: as many lines as the terminal has.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from wand.cli.rendering import clean, duration
from wand.cli.seen import wayText
from wand.cli.top_state import ORDERS, TopState
from wand.cli.ways import milliseconds
from wand.readings.rates import PeerRate

#: The most lines of notes, drops and events; peers get what is left, at least some.
NOTES_MAXIMUM: Final = 2
DROPS_MAXIMUM: Final = 3
EVENTS_MAXIMUM: Final = 5
PEERS_MINIMUM: Final = 3

#: The lines of a terminal that has room for more than peers.
HEIGHT_FOR_ALL: Final = 16

_UNITS: Final = ("B", "K", "M", "G")


def screen(state: TopState, width: int, height: int, now: float) -> RenderableType:
    """
    The whole screen.

    @param now: in seconds since the epoch.
    """
    reading = state.now
    if reading is None:
        return Text("asking the program ...")
    status, rates = reading.status, state.rates()
    up = duration(now - status.started)
    sizes = f"table {status.entries}  peers {status.peers}  drops {status.drops}"
    head = f"wand {status.role} {status.version}  up {up}  {sizes}"
    isLow = height < HEIGHT_FOR_ALL
    notes = [f"! {clean(each)}" for each in status.notes[: 0 if isLow else NOTES_MAXIMUM]]
    drops = [
        f"{each.reason}  {each.rate:.0f}/s  {each.total}" for each in state.drops()[: 0 if isLow else DROPS_MAXIMUM]
    ]
    room = height - 4 - len(notes) - len(drops) - bool(drops)
    events = (
        list(state.events)[-min(EVENTS_MAXIMUM, max(0, room - PEERS_MINIMUM - 1)) :] if room > PEERS_MINIMUM else []
    )
    shown = max(1, room - len(events) - bool(events))
    return Group(
        _line(head, "bold", width),
        *_lines(notes, "yellow", width),
        _peers(rates[:shown], wide=width > 100),
        _line(f"... {len(rates) - shown} more" if len(rates) > shown else "", "dim", width),
        *_lines(["DROPS", *drops] if drops else [], "yellow", width),
        *_lines(["EVENTS", *events] if events else [], "", width),
        _line(_keys(state), "reverse", width),
    )


def rate(octets: float) -> str:
    """
    Octets in a second, in few characters.
    """
    for unit in _UNITS[:-1]:
        if octets < 999.5:
            return f"{octets:.0f}{unit}"
        octets /= 1000
    return f"{octets:.1f}{_UNITS[-1]}"


def _peers(rates: list[PeerRate], *, wide: bool) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", pad_edge=False)
    table.add_column("PEER", no_wrap=True, overflow="ellipsis", max_width=40 if wide else 20)
    table.add_column("WAY", no_wrap=True, overflow="ellipsis", max_width=30 if wide else 12)
    for name in ("RTT", "IN/s", "OUT/s", *(("FRAMES-IN/s", "FRAMES-OUT/s") if wide else ()), "DROPS/s"):
        table.add_column(name, no_wrap=True, justify="right")
    for each in rates:
        frames = (f"{each.framesIn:.0f}", f"{each.framesOut:.0f}") if wide else ()
        cells = (
            clean(each.peer),
            clean(wayText(each.way, each.relay)),
            milliseconds(each.roundTrip) or "-",
            rate(each.bytesIn),
            rate(each.bytesOut),
            *frames,
            f"{each.drops:.0f}",
        )
        table.add_row(*map(Text, cells), style="yellow" if each.drops else "dim" if each.server else "")
    return table


def _keys(state: TopState) -> str:
    if state.isTyping:
        return f"filter: {clean(state.needle)}_   Enter keeps it, Esc clears it"
    orders = "  ".join(f"{key} {name}" for key, name in ORDERS.items())
    needle = f" {clean(state.needle)!r}" if state.needle else ""
    lost = f"  {state.lost} events missed" if state.lost else ""
    return f"q quit  / filter{needle}{lost}  by {state.order}: {orders}"


def _lines(texts: Iterable[str], style: str, width: int) -> list[Text]:
    return [_line(text, style, width) for text in texts]


def _line(text: str, style: str, width: int) -> Text:
    line = Text(text, style=style, no_wrap=True)
    line.truncate(width, overflow="ellipsis")
    return line
