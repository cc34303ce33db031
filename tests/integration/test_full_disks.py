"""
The disks of a server and of a member are full, while both serve a console and metrics.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from consoles import ADDRESS, PLACE
from deployments import fill, reaches, smallDisk

from wand.lab import CommandFailed, wait
from wand.lab.deployment import Deployment
from wand.lab.topology import Site

METRICS = "127.0.0.1:9450"

Full = tuple[Deployment, dict[str, Path]]


@pytest.fixture
def network(makeSealed: Callable[..., Deployment]) -> Iterator[Full]:
    """
    A server and two members; of the server and the second the disks are small.
    """
    served = f'console = "{PLACE}"\nmetrics = "{METRICS}"\ncontrol ='
    made = makeSealed(3, joined=2, change=("control =", served))
    with ExitStack() as disks:
        states = {}
        for site in (made.topology.server, made.topology.nodes[1]):
            made.programs[site.name].stop()
            state = states[site.name] = made.files.directory / f"{site.name}-state"
            disks.enter_context(smallDisk(state, "2m"))
            made.start(site)
        one, two, _ = made.topology.nodes
        wait(lambda: reaches(made, one, two), 20, "an echo")
        yield made, states


def test_nothingStops(network: Full) -> None:
    """
    Frames pass, console and metrics answer, C{wand status} says what is the matter, and what cannot be kept is refused
    or waits; also after both programs were killed and started on the full disks.  With room again all is as if nothing
    had happened, and what waited is kept.
    """
    deployed, states = network
    server, (one, two, three) = deployed.topology.server, deployed.topology.nodes
    probe = deployed.probe(one, [two])
    fill(states[two.name] / "filler")
    deployed.ask(server, lambda client: client.rename(two.name, "other"))
    wait(lambda: isFull(deployed, two), 20, "a word on the full disk of the member")
    fill(states[server.name] / "filler")
    with pytest.raises(CommandFailed, match="room"):
        deployed.command(server, "rename", one.name, "never")
    wait(lambda: isFull(deployed, server), 20, "a word on the full disk of the server")
    for site in (server, two):
        isServed(deployed, site)
    numbers = [echo.sequence for echo in probe.echoes()]
    assert numbers == list(range(numbers[0], numbers[-1] + 1)), "frames were lost"

    for site in (server, two):
        deployed.kill(site)
        deployed.start(site)
    wait(lambda: isFull(deployed, server), 20, "a word after the start")
    wait(lambda: reaches(deployed, one, two), 20, "an echo after the start on full disks")
    for site in (server, two):
        isServed(deployed, site)

    for state in states.values():
        (state / "filler").unlink()
    for site in (server, two):
        wait(lambda site=site: not isFull(deployed, site), 60, f"the end of that word of {site.name}")  # type: ignore[misc]
    deployed.admit(three)
    deployed.kill(two)
    deployed.start(two)
    wait(lambda: reaches(deployed, one, two), 20, "an echo after all that")
    assert "other" in deployed.command(two, "members")
    for site in (server, two):
        assert "Traceback" not in deployed.programs[site.name].log.read_text()


def isFull(deployed: Deployment, site: Site) -> bool:
    said = " ".join(deployed.status(site).notes)
    return "No space left on device" in said or "disk is full" in said


def isServed(deployed: Deployment, site: Site) -> None:
    host = deployed.hosts[site.name]
    assert "wand_program_info" in host.run("curl", "-s", "--fail", f"http://{METRICS}/metrics")
    link = deployed.command(site, "console").strip()
    assert link.startswith(ADDRESS)
    host.run("curl", "-s", "--fail", "-o", "/dev/null", link)
