"""
Run a soak: see L{soak}.
"""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, Namespace
from random import Random, randrange

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from soak.sites import Site, Sites, founded
from soak.troubles import OF_NODES, OF_SERVER
from soak.verdict import faults
from wand.errors import WandError
from wand.lab import Daemon, Lab, asRoot


def main() -> int:
    """
    Run it.

    @return: the exit status: 1 if something was wrong.
    """
    wishes = _wishes()
    console = Console(stderr=True)
    seed = randrange(1 << 32) if wishes.seed is None else wishes.seed
    console.print(f"seed {seed}; to repeat it: python -m soak --minutes {wishes.minutes:g} --seed {seed}")
    try:
        asRoot()
        with Lab() as lab:
            found = _soaked(lab, wishes, Random(seed), console)
    except WandError as error:
        found = [str(error)]
    for fault in found:
        console.print(f"[red]fault:[/] {fault}", highlight=False)
    console.print(f"{len(found)} faults" if found else "no faults")
    return int(bool(found))


def _wishes() -> Namespace:
    parser = ArgumentParser(prog="python -m soak", description="Give a network a bad day.")
    parser.add_argument("--minutes", type=float, default=10.0, help="run for so many minutes [default: 10]")
    parser.add_argument("--hours", type=float, help="run for so many hours")
    parser.add_argument("--seed", type=int, help="repeat the events of a seed [default: a random one]")
    parser.add_argument("--nodes", type=int, default=4, help="have so many nodes [default: 4]")
    wishes = parser.parse_args()
    if wishes.hours is not None:
        wishes.minutes = wishes.hours * 60
    return wishes


def _soaked(lab: Lab, wishes: Namespace, random: Random, console: Console) -> list[str]:
    sites = founded(lab, wishes.nodes)
    chatters = [_chatter(sites, node) for node in sites.nodes]
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    begin = time.monotonic()
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("soaking", total=wishes.minutes * 60)
        while (passed := time.monotonic() - begin) < wishes.minutes * 60:
            progress.update(task, completed=passed)
            what = _trouble(sites, random)
            progress.console.print(f"{passed:6.0f} s  {what}", highlight=False)
            for site in sites:
                site.measure()
            time.sleep(random.uniform(1, 6))
    return list(faults(sites, chatters))


def _trouble(sites: Sites, random: Random) -> str:
    if random.random() < 0.25:
        site, troubles = sites.server, OF_SERVER
    else:
        site, troubles = random.choice(sites.nodes), OF_NODES
    return f"{site.name} {random.choice(troubles)(site, random)}"


def _chatter(sites: Sites, node: Site) -> Daemon:
    others = [address for name, address in sites.overlays.items() if name != node.name]
    return node.host.start(
        f"chatter-{node.name}", sys.executable, "-m", "soak.chatter", sites.overlays[node.name], *others
    )


if __name__ == "__main__":
    sys.exit(main())
