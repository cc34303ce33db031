"""
What the demo does, step by step.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from wand.demo.figures import Failure, Figures, Ping, RevocationResult, Silence
from wand.demo.screen import Screen
from wand.demo.stage import Stage
from wand.errors import WandError
from wand.ethernet import MAC
from wand.lab import wait
from wand.lab.admission import Admission
from wand.lab.capture import Capture
from wand.lab.echo import MARKER
from wand.lab.probe import Echo
from wand.lab.topology import Node
from wand.lab.transfer import Transfer

#: Seconds for what a step waits for.
STEP_PATIENCE: Final = 30.0

#: How often those that do not answer are pinged again.
ROUNDS: Final = 10


class StepFailed(WandError):
    """
    The network did not do what it should.
    """


def play(stage: Stage, screen: Screen, fast: bool) -> Figures:
    """
    Play the whole demo.

    @param fast: whether to shorten the transfer and the pauses.
    @return: what was measured.
    """
    began = time.monotonic()
    isSealed = stage.topology.isSealed
    screen.picture(stage.topology)
    formed, admissions = form(stage, screen)
    pings, capture = overhear(stage, screen) if isSealed else (ping(stage, screen), None)
    transfer = send(stage, screen, 0.5 if fast else 1.5)
    silence = knock(stage, screen) if isSealed else None
    failure = fail(stage, screen, 0.3 if fast else 0.7)
    revocation = revoke(stage, screen, 0.3 if fast else 0.7) if isSealed else None
    figures = Figures(
        way=stage.way,
        protocol=stage.topology.protocol,
        carrier=stage.carrier,
        nodes=[node.name for node in stage.topology.nodes],
        formed=formed,
        pings=pings,
        transfer=transfer,
        rate=transfer.rate,
        failure=failure,
        total=time.monotonic() - began,
        admissions=admissions,
        capture=capture,
        silence=silence,
        revocation=revocation,
    )
    screen.summary(figures)
    return figures


def form(stage: Stage, screen: Screen) -> tuple[float, list[Admission]]:
    """
    Start the programs, admit the nodes, and watch the tables fill.

    @return: how many seconds it took, and who joined.
    """
    began = time.monotonic()
    topology = stage.topology
    screen.heading("Starting a server and three nodes")
    for site in (topology.server, *topology.nodes):
        stage.start(site)
    admissions = admit(stage, screen) if topology.isSealed else []
    with screen.tables(topology) as show:

        def isFull() -> bool:
            known = {node.name: stage.known(node) for node in topology.nodes}
            show(known, time.monotonic() - began)
            return all(len(table) >= len(topology.nodes) - 1 for table in known.values())

        wait(isFull, STEP_PATIENCE, "full tables")
    formed = time.monotonic() - began
    screen.result(f"Every node knows every other, {formed:.1f} s after the start of the first program.")
    return formed, admissions


def admit(stage: Stage, screen: Screen) -> list[Admission]:
    """
    Let every node redeem an invitation.
    """
    admissions = []
    for node in stage.topology.nodes:
        with screen.working(f"an invitation for {node.name}"):
            admissions.append(stage.admit(node))
        screen.admitted(admissions[-1])
    return admissions


def overhear(stage: Stage, screen: Screen) -> tuple[list[Ping], Capture]:
    """
    Let all nodes ping each other while somebody listens in between.

    @raise StepFailed: if the listener finds anything of what is in the frames, or of who talks to whom.
    """
    inside = {node.mac: MAC.parse(node.mac) for node in stage.topology.nodes}
    names = {node.name: node.name.encode() for node in stage.topology.nodes}
    with stage.listen({"payload": MARKER, **inside, **names}) as capture:
        pings = ping(stage, screen)
        captured = capture()
    screen.overheard(captured)
    if captured.found or not captured.datagrams:
        raise StepFailed(f"the network in between saw {', '.join(captured.found) or 'no datagrams at all'}")
    return pings, captured


def ping(stage: Stage, screen: Screen) -> list[Ping]:
    """
    Let every node ping every other.

    @raise StepFailed: if an echo does not come back.
    """
    screen.heading("Pings between all nodes, over the one Ethernet")
    nodes = stage.topology.nodes
    pings: list[Ping] = []
    with screen.matrix(stage.topology) as show:
        for source in nodes:
            others = [node for node in nodes if node is not source]
            echoes = _answered(stage, source, others)
            pings += [Ping(source.name, target.name, _fastest(echoes, source, target)) for target in others]
            show(pings)
    slowest = max(each.milliseconds for each in pings)
    screen.result(f"Everyone answers everyone, within {slowest:.1f} ms.")
    return pings


def _answered(stage: Stage, source: Node, targets: Sequence[Node]) -> list[Echo]:
    """
    Let a node ping others, again those that did not answer: on a busy machine a session takes its time.
    """
    echoes: list[Echo] = []
    for _ in range(ROUNDS):
        silent = [node for node in targets if all(echo.target != node for echo in echoes)]
        if not silent:
            break
        echoes += stage.ping(source, silent)
    return echoes


def _fastest(echoes: Sequence[Echo], source: Node, target: Node) -> float:
    times = [echo.milliseconds for echo in echoes if echo.target == target]
    if not times:
        raise StepFailed(f"{target.name} did not answer {source.name}'s pings")
    return min(times)


def send(stage: Stage, screen: Screen, seconds: float) -> Transfer:
    """
    Send from the first node to the second for some seconds.

    @raise StepFailed: if anything else arrives than what was sent.
    """
    source, target = stage.topology.nodes[:2]
    screen.heading(f"As much as goes through from {source.name} to {target.name}, over {stage.carrier}")
    with screen.progress(seconds) as show:
        for transfer in stage.transfer(source, target, seconds):
            show(transfer)
            time.sleep(0.05)
    if not transfer.intact:
        raise StepFailed(f"{target.name} did not receive what {source.name} sent")
    screen.transferred(transfer)
    return transfer


def fail(stage: Stage, screen: Screen, pause: float) -> Failure:
    """
    Kill the last node and start it again, while the first pings the others.

    @param pause: seconds for which the node is gone.
    """
    first, second, *_, last = stage.topology.nodes
    screen.heading(f"{last.name} dies and comes back")
    probe = stage.probe(first, [second, last])
    try:
        _await(probe.echoes, last, 0.0, f"an answer of {last.name} before it dies")
        stage.kill(last)
        killed = time.monotonic()
        screen.result(f"{last.name} is dead.  {first.name} and {second.name} go on.")
        time.sleep(pause)
        restarted = time.monotonic()
        stage.start(last)
        with screen.working(f"{last.name} starts again"):
            echo = _await(probe.echoes, last, restarted, f"an answer of {last.name} after its return")
    finally:
        probe.stop()
    others = {echo.sequence for echo in probe.echoes() if echo.target == second and echo.sent >= killed}
    returned = echo.sent + echo.milliseconds / 1000 - restarted
    asked = max(others) - min(others) + 1 if others else 0
    failure = Failure(last.name, asked, len(others), returned)
    screen.survived(failure, first, second)
    if not others:
        raise StepFailed(f"{second.name} did not answer {first.name} while {last.name} was gone")
    return failure


def knock(stage: Stage, screen: Screen) -> Silence:
    """
    Let a stranger send datagrams to everybody.

    @raise StepFailed: if anybody answers.
    """
    screen.heading("A stranger knocks at the server and at every node")
    with screen.working("the stranger waits for an answer"):
        silence = stage.knock()
    if silence.answers:
        raise StepFailed(f"a stranger got {silence.answers} answers")
    screen.result(f"{silence.sent} datagrams sent, handshakes among them: no answer.")
    return silence


def revoke(stage: Stage, screen: Screen, pause: float) -> RevocationResult:
    """
    Revoke the second node while the first pings the others.

    @param pause: seconds without an echo after which it counts as cut off.
    @raise StepFailed: if it is not cut off, or if others are, too.
    """
    first, second, *_, last = stage.topology.nodes
    screen.heading(f"{second.name} is revoked: its membership ends for good")
    probe = stage.probe(first, [second, last])
    try:
        _await(probe.echoes, second, 0.0, f"an answer of {second.name} before it is revoked")
        revoked = time.monotonic()
        stage.revoke(second)
        with screen.working(f"{first.name} goes on pinging {second.name}"):
            ended = wait(
                lambda: _fellSilent(probe.echoes(), second, revoked, pause), STEP_PATIENCE, "the end of the sessions"
            )
    finally:
        probe.stop()
    others = {echo.sequence for echo in probe.echoes() if echo.target == last and echo.sent >= revoked}
    asked = max(others) - min(others) + 1 if others else 0
    revocation = RevocationResult(second.name, max(ended - revoked, 0.0), asked, len(others))
    if not others:
        raise StepFailed(f"{last.name} no longer answered {first.name} either")
    screen.revoked(revocation, first, last)
    return revocation


def _fellSilent(echoes: Sequence[Echo], node: Node, since: float, pause: float) -> float | None:
    last = max((echo.sent for echo in echoes if echo.target == node), default=since)
    return last if time.monotonic() - max(last, since) > pause else None


def _await(echoes: Callable[[], Sequence[Echo]], node: Node, after: float, what: str) -> Echo:
    def first() -> Echo | None:
        return next((echo for echo in echoes() if echo.target == node and echo.sent > after), None)

    return wait(first, STEP_PATIENCE, what)
