"""
Some cells of the matrix of L{bench.reach}, of every group one at least, and what users of other VPNs reported
(L{bench.reach.situations}); C{python -m bench reach} runs all.

They stand in one file, so that one process has them all and runs them in one land.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from reaching import TITLES, VARIED, judge, reach

from bench.reach.course import Outcome
from bench.reach.situations import SITUATIONS
from wand.lab import execute, wait
from wand.lab.loop import Loop

pytestmark = pytest.mark.alone

_ROOT = Path(__file__).parents[2]

#: Judges the cells of a report, and returns what became of them.
Reported = Callable[[str], list[Outcome]]


@pytest.fixture(scope="module")
def reached(loop: Loop) -> Mapping[str, Outcome]:
    """
    What became of cells of L{bench.reach}, by their titles: all run together, once.
    """
    return reach(loop)


@pytest.mark.parametrize("title", [*TITLES, *VARIED])
def test_cellPasses(reached: Mapping[str, Outcome], title: str) -> None:
    """
    The first answer comes within the cell's limit, a direct way is taken where there is one, and a change is got over.
    """
    judge(reached[title])


@pytest.fixture
def reported(reached: Mapping[str, Outcome]) -> Reported:
    """
    Judges what became of a report.
    """

    def judged(report: str) -> list[Outcome]:
        found = [reached[cell.title] for cell in SITUATIONS[report]]
        for each in found:
            judge(each)
        return found

    return judged


def test_secondBehindOneRouterGoesDirectToo(reported: Reported) -> None:
    """
    tailscale/tailscale#3105: of several nodes behind one NAT, all on one port, only the first got direct ways; the
    others stayed on a relay.  Here both are direct, to one and the same peer.
    """
    reported("tailscale/tailscale#3105")


def test_routerThatChangesItsUplinkIsNoticed(reported: Reported) -> None:
    """
    tailscale/tailscale#5754: a router was plugged into another modem.  Hosts behind it saw no change of their own
    network, so connections broke.
    """
    reported("tailscale/tailscale#5754")


def test_outageThatNoInterfaceShowsIsGotOver(reported: Reported) -> None:
    """
    tailscale/tailscale#2869: after an outage in which packets stopped but no interface went down, nodes stayed on the
    relay or could not talk for long.
    """
    reported("tailscale/tailscale#2869")


def test_deadDirectWayIsGivenUp(reported: Reported) -> None:
    """
    tailscale/tailscale#19457: a provider's filter let nothing of the tunnel through, but the direct way was taken for
    good, and the relay was not tried.
    """
    [outcome] = reported("tailscale/tailscale#19457")
    assert outcome.failure or outcome.way != "direct"


def test_whereUDPNeverWorksItGoesWithout(reported: Reported) -> None:
    """
    tailscale/tailscale#20330: where UDP never leaves, as in a cloud's container service, a node began with probes that
    could not succeed and repeated them, and what turned them off broke the relay.
    """
    reported("tailscale/tailscale#20330")


def test_relayJoinsTheVersionsOfIP(reported: Reported) -> None:
    """
    zerotier/ZeroTierOne#1774: one device could be reached over IPv6 alone and the other had IPv4 alone; the relay did
    not bring even pings from one to the other.
    """
    reported("zerotier/ZeroTierOne#1774")


def test_routerThatIsANodeItself(reported: Reported) -> None:
    """
    zerotier/ZeroTierOne#528: with a node on the NAT itself and another behind it, both on one port, the NAT's own got
    no direct ways to peers behind NATs.
    """
    reported("zerotier/ZeroTierOne#528")


def test_longPacketsThatVanishOneWay(reported: Reported) -> None:
    """
    zerotier/ZeroTierOne#2284: on a mobile provider's network packets below the least MTU vanished, and only inbound;
    pings worked, and the rest stalled.
    """
    reported("zerotier/ZeroTierOne#2284")


def test_oneLANWithoutHairpin(reported: Reported) -> None:
    """
    slackhq/nebula#605: do two nodes of one LAN reach each other if the router has no hairpin?  They must not need one.
    """
    reported("slackhq/nebula#605")


def test_nodeThatLeavesTheLANIsStillReached(reported: Reported) -> None:
    """
    slackhq/nebula#204: a node moved from one NAT to another, and no longer reached those whose LAN it had left, nor
    they it, though it reached the lighthouse.
    """
    reported("slackhq/nebula#204")


def test_relayGivesWayToADirectWay(reported: Reported) -> None:
    """
    slackhq/nebula#705: as soon as relays were allowed, everything went over them, though direct ways worked.
    """
    [outcome] = reported("slackhq/nebula#705")
    assert outcome.failure or outcome.way == "direct"


def test_peerThatRestartsOnAnotherPort(reported: Reported) -> None:
    """
    ntop/n2n#103: a peer that was restarted on another port was sent to at the former one for ever.
    """
    reported("ntop/n2n#103")


def runs(name: str) -> bool:
    """
    Whether a node behind a NAT runs in a lab.
    """
    return re.search(f"{name}.*/a-cone", execute("ps", "-wweo", "args")) is not None


def test_interruptedMatrixLeavesNothingBehind(tmp_path: Path) -> None:
    """
    A matrix that is interrupted removes its namespaces, with the NATs and the programs in them.
    """
    command = (sys.executable, "-m", "bench", "reach", "--only", "pair: cone to public")
    said = tmp_path / "said"
    with said.open("w") as output:
        process = subprocess.Popen(command, cwd=_ROOT, stdout=output, stderr=output)
    name = f"wand-lab-{process.pid}-"
    try:
        wait(lambda: runs(name) or process.poll() is not None, 30, "a node behind a NAT")
        assert process.returncode is None, said.read_text()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) != 0
    finally:
        process.terminate()
        process.wait(60)
    assert name not in execute("ip", "netns", "list")
    assert name not in execute("ps", "-wweo", "args")
