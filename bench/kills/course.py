"""
The course of it: each server is killed and started again, Redis is killed and started again, and one server is cut off
from Redis, while two members talk, others join, and one is revoked.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Final

import attrs

from bench.kills.servers import OTHER, REDIS, Servers
from bench.kills.traffic import Traffic
from wand.errors import WandError
from wand.lab import Lab, wait
from wand.lab.deployment import Deployment
from wand.lab.loop import Loop
from wand.lab.topology import Node, Site, topology

#: Seconds for which a node that cannot be admitted is watched.
WATCHED: Final = 1.0

#: Seconds within which everything is as before.
PATIENCE: Final = 40.0


@attrs.frozen
class Step:
    """
    What the two members noticed of one thing that happened.

    @ivar what: what happened.
    @ivar seconds: how long that lasted.
    @ivar requests: how many echo requests they sent meanwhile.
    @ivar lost: how many of them were not answered.
    @ivar answers: how many answers the TCP connection brought.
    @ivar pause: the longest time between two of these answers, in seconds.
    """

    what: str
    seconds: float
    requests: int
    lost: int
    answers: int
    pause: float


@attrs.define
class Outcome:
    """
    What came of it.

    @ivar joined: how long a node took to join while the first server of its invitation was dead, in seconds.
    @ivar waited: how a node stood that asked to join while its servers could not decide.
    @ivar completed: how long after that was over it was a member, in seconds.
    @ivar reads: how many members each server named while Redis was dead, and while one was cut off.
    @ivar members: what each server says of the members in the end: their keys and states by their names.
    """

    steps: list[Step] = attrs.field(factory=list)
    joined: float = 0.0
    waited: set[str] = attrs.field(factory=set)
    completed: float = 0.0
    reads: list[int] = attrs.field(factory=list)
    members: list[dict[str, tuple[str, str]]] = attrs.field(factory=list)


class Course:
    """
    Two servers, and four nodes, of which the first two talk.
    """

    def __init__(self, network: Deployment, loop: Loop) -> None:
        for node in network.topology.nodes:
            network.start(node)
        self.outcome = Outcome()
        self._network = network
        self._servers = servers = Servers(network, loop)
        self._nodes = one, two, *_ = network.topology.nodes
        servers.admit(one, servers.token(servers.first))
        servers.admit(two, servers.token(OTHER))
        network.awaitTables([one, two])
        for node in (one, two):
            wait(lambda node=node: self._answered(node) == 2, PATIENCE, "both servers in use")  # type: ignore[misc]
        self._traffic = Traffic(network, one, two)

    def run(self) -> None:
        """
        Let everything happen.
        """
        try:
            self._serversAreKilled()
            self._redisIsKilled()
        finally:
            self._traffic.stop()
        self.outcome.members = [self._servers.members(site) for site in self._servers.both]

    def _serversAreKilled(self) -> None:
        servers, network, three = self._servers, self._network, self._nodes[2]
        token = servers.token(OTHER)  # it names that server first, so that the node need not find out
        with self._step("the first server is killed, a node joins at the second, and the first is back"):
            network.kill(servers.first)
            began = time.monotonic()
            network.ask(three, lambda client: client.join(token))
            wait(lambda: servers.stage(three) == "member", PATIENCE, "a member")
            self.outcome.joined = time.monotonic() - began
            network.start(servers.first)
            self._read(servers.first)
        with self._step("the second server is killed, and is back"):
            network.kill(OTHER)
            network.start(OTHER)
            self._read(OTHER)

    def _redisIsKilled(self) -> None:
        """
        One node cannot reach the second server: it asks the first to join, which must not decide without Redis.
        """
        servers, network, four = self._servers, self._network, self._nodes[3]
        token = servers.token(servers.first)
        servers.cut(four, OTHER)
        with self._step("Redis is killed, and a node asks to join"):
            servers.killRedis()
            network.ask(four, lambda client: client.join(token))
            self._watch(four)
            for site in servers.both:
                self._read(site)
        with self._step("Redis is back, and the first server cannot reach it; the second revokes a member"):
            servers.cut(servers.first, REDIS)
            servers.startRedis()
            wait(self._revoked, PATIENCE, "a revocation")
            self._watch(four)
            for site in servers.both:
                self._read(site)
        with self._step("the first server reaches Redis again"):
            servers.cut(servers.first, REDIS, False)
            began = time.monotonic()
            wait(lambda: servers.stage(four) == "member", PATIENCE, "the node that had to wait")
            self.outcome.completed = time.monotonic() - began
            wait(lambda: servers.members(servers.first)["node-3"][1] == "revoked", PATIENCE, "the revocation")

    def _revoked(self) -> bool:
        """
        Revoke, as often as it takes: the server may not have noticed yet that Redis is back.
        """
        try:
            self._network.ask(OTHER, lambda client: client.revoke("node-3"))
        except WandError:
            return False
        return True

    def _watch(self, node: Node) -> None:
        until = time.monotonic() + WATCHED
        while time.monotonic() < until:
            self.outcome.waited.add(self._servers.stage(node))
            time.sleep(0.1)

    def _read(self, site: Site) -> None:
        self.outcome.reads.append(len(self._servers.members(site)))

    def _answered(self, node: Node) -> int:
        return [each.state for each in self._network.status(node).directories].count("answered")

    @contextmanager
    def _step(self, what: str) -> Iterator[None]:
        traffic, began = self._traffic, time.monotonic()
        before = traffic.newest()
        yield
        last, ended = traffic.newest(), time.monotonic()
        answers = [each for each in traffic.answers if began <= each <= ended]
        pause = max((b - a for a, b in pairwise(answers)), default=ended - began)
        lost = traffic.lost(before, last)
        self.outcome.steps.append(Step(what, ended - began, last - before, lost, len(answers), pause))


def run(loop: Loop) -> Outcome:
    """
    Make a network, and measure.
    """
    with Lab() as lab:
        course = Course(Deployment(lab, topology(count=4), loop), loop)
        course.run()
    return course.outcome
