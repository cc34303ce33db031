"""
The command line.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from bench.contenders import BASELINE, CONTENDERS, Contender, chosen
from bench.contenders.base import missing
from bench.costs.command import costs
from bench.everything.command import everything
from bench.figures import FIGURES, Figure
from bench.first.command import first
from bench.kills.command import kills
from bench.modes import MODES, Mode
from bench.picture import picture
from bench.reach.command import reach
from bench.results import Results, Settings
from bench.rounds import measure
from bench.scale.command import scale
from bench.scale.goals_command import goals
from bench.scale.node_command import node
from bench.scale.relay_command import relay
from bench.scale.server_command import server
from bench.scale.start_command import start
from bench.simulate.command import simulate
from bench.summary import summarize
from bench.table import markdown, tables, terminal
from wand.errors import WandError
from wand.lab import asRoot

#: Without these there is nothing to measure with.
TOOLS = {"iperf3": "iperf3", "ping": "iputils-ping", "ss": "iproute2", "ip": "iproute2", "setpriv": "util-linux"}

#: What C{--quick} leaves out.
SLOW = ("wireguard-go", "nebula", "vxlan")

_RESULTS = Path(__file__).parent / "results"
_path = click.Path(dir_okay=False, path_type=Path)

T = TypeVar("T")
Candidate = TypeVar("Candidate", Contender, Mode)


def _contenders(_context: click.Context, _parameter: click.Parameter, text: str) -> list[Contender]:
    return _chosen(text, chosen, [each.name for each in CONTENDERS])


def _modes(_context: click.Context, _parameter: click.Parameter, text: str) -> list[Mode]:
    known = {mode.name: mode for mode in MODES}
    return _chosen(text, lambda words: [known[word] for word in words or known], list(known))


def _figures(_context: click.Context, _parameter: click.Parameter, text: str) -> list[Figure]:
    known = {figure.name: figure for figure in FIGURES}
    return _chosen(text, lambda words: [known[word] for word in words or known], list(known))


def _chosen(text: str, choose: Callable[[Sequence[str]], list[T]], names: Iterable[str]) -> list[T]:
    try:
        return choose([word for word in text.split(",") if word])
    except KeyError as error:
        raise click.BadParameter(f"there is no {error}; there are {', '.join(names)}") from None


@click.group(invoke_without_command=True, epilog="Contenders: " + ", ".join(each.name for each in CONTENDERS))
@click.option(
    "--only", default="", callback=_contenders, help="Contenders, such as wand,tinc; else all installed ones."
)
@click.option("--modes", default="", callback=_modes, help=f"Of {','.join(mode.name for mode in MODES)}; else all.")
@click.option("--figures", default="", callback=_figures, help="What to measure, such as tcp-forward,udp-64; else all.")
@click.option(
    "--rounds", default=5, show_default=True, type=click.IntRange(1), help="Rounds, of which medians are taken."
)
@click.option("--seconds", default=3, show_default=True, type=click.IntRange(1), help="Length of each load.")
@click.option("--congestion", default="cubic", show_default=True, help="Congestion control of TCP: cubic, bbr, ...")
@click.option("--quick", is_flag=True, help="About a minute: one round of one second, in the first of the modes.")
@click.option("--json", "asJSON", is_flag=True, help="Print the document instead of tables.")
@click.option(
    "--results", "directory", default=_RESULTS, type=click.Path(path_type=Path), help="Directory for results."
)
@click.option("--from", "source", type=_path, help="Measure nothing; show the results in this file.")
@click.option("--markdown", "page", type=_path, help="Write the tables to this file too, and the picture beside it.")
@click.pass_context
def bench(
    context: click.Context,
    only: list[Contender],
    modes: list[Mode],
    figures: list[Figure],
    rounds: int,
    seconds: int,
    congestion: str,
    quick: bool,
    asJSON: bool,
    directory: Path,
    source: Path | None,
    page: Path | None,
) -> None:
    """Measure wand and other VPNs, those that are installed, on one machine in one run."""
    if context.invoked_subcommand is not None:
        return
    if quick:
        modes, rounds, seconds = modes[:1], 1, 1
        only = [each for each in only if each.name not in SLOW] if len(only) == len(CONTENDERS) else only
    screen = Console(stderr=True)
    try:
        if source is not None:
            results = Results.read(source)
        else:
            results = run(screen, only, modes, figures, Settings(rounds, seconds, congestion))
            save(results, directory, screen)
    except WandError as error:
        raise click.ClickException(str(error)) from error
    show(results, asJSON)
    if page is not None:
        publish(results, page)


bench.add_command(costs)
bench.add_command(everything)
bench.add_command(first)
bench.add_command(goals)
bench.add_command(kills)
bench.add_command(node)
bench.add_command(reach)
bench.add_command(relay)
bench.add_command(scale)
bench.add_command(server)
bench.add_command(simulate)
bench.add_command(start)


def run(
    screen: Console,
    contenders: Sequence[Contender],
    modes: Sequence[Mode],
    figures: Sequence[Figure],
    settings: Settings,
) -> Results:
    """
    Measure.

    @raise WandError: if there can be no lab, or a tool is missing.
    """
    absent = missing(TOOLS)
    if absent is not None:
        raise WandError(absent)
    asRoot()
    results = Results.begin(settings)
    ableContenders, ableModes = _able(contenders, results), _able(modes, results)
    for name, reason in results.missing.items():
        screen.print(f"{name} does not take part: {reason}", highlight=False)
    with _progress(screen, len(ableModes) * settings.rounds * len(ableContenders)) as progress:
        for mode in ableModes:
            measure(results, mode, ableContenders, figures, progress)
    summarize(results, BASELINE)
    return results


def _able(candidates: Sequence[Candidate], results: Results) -> list[Candidate]:
    reasons = {each.name: each.missing() for each in candidates}
    results.missing.update({name: reason for name, reason in reasons.items() if reason is not None})
    return [each for each in candidates if reasons[each.name] is None]


@contextmanager
def _progress(screen: Console, turns: int) -> Iterator[Callable[[str], object]]:
    if not screen.is_terminal:
        yield lambda text: screen.print(text, highlight=False)
        return
    columns = (BarColumn(30), TextColumn("{task.completed}/{task.total} {task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=screen, transient=True) as progress:
        task = progress.add_task("", total=turns, completed=-1)
        yield lambda text: progress.update(task, description=text, advance=1)


def save(results: Results, directory: Path, screen: Console) -> None:
    """
    Keep the document and the picture.
    """
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{results.began.partition('+')[0].replace(':', '')}.json"
    path.write_bytes(results.encode())
    path.with_suffix(".svg").write_text(picture(results))
    screen.print(f"{path} and .svg", highlight=False, soft_wrap=True)


def show(results: Results, asJSON: bool) -> None:
    """
    Print the document, or the tables.
    """
    if asJSON:
        sys.stdout.buffer.write(results.encode() + b"\n")
        return
    screen = Console()
    if not screen.is_terminal:
        screen.width = max(screen.width, 130)
    for table in terminal(tables(results)):
        screen.print(table)


def publish(results: Results, page: Path) -> None:
    """
    Write the page with the tables, and its picture.
    """
    beside = page.with_suffix(".svg")
    beside.write_text(picture(results))
    page.write_text(markdown(results, beside.name))
