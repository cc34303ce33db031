"""
Whoever decides about members is killed at any moment, again and again: nothing that it has acknowledged is lost.
"""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random
from threading import Timer

import pytest
from deployments import reaches

from wand.control.client import ControlClient
from wand.lab import CommandFailed, wait
from wand.lab.deployment import Deployment
from wand.lab.topology import Node, Site
from wand.sealed.credentials.member_status import MemberStatus
from wand.sealed.credentials.token import Token

#: How often each is killed, and at most how many seconds after the changes begin.
KILLS = 6
LATEST = 0.4

#: At each which of these a node joins.
JOIN_EVERY = 3

SEED = 17

#: What is changed of members.
FIELDS = ("name", "broadcasts", "admits", "state")

Make = Callable[..., Deployment]
Change = Callable[[ControlClient], Awaitable[object]]


class Known:
    """
    What was acknowledged.

    @ivar members: by the key of a member and the field, the values that it may have: one, but for a change that nobody
        acknowledged.
    @ivar invitations: the ids of those that are open.
    """

    def __init__(self) -> None:
        self.members: dict[str, dict[str, set[object]]] = {}
        self.invitations: set[str] = set()

    def meet(self, found: MemberStatus) -> None:
        """
        A member is as it is listed.
        """
        if not found.server and (found.admits or not found.admission):
            fields = FIELDS if found.state == "member" else ("state",)
            self.members[found.key] = {field: {getattr(found, field)} for field in fields}

    @property
    def changeable(self) -> list[str]:
        """
        The keys of those that are members, as far as we know.
        """
        return [key for key, fields in self.members.items() if fields["state"] == {"member"}]

    def compare(self, listed: list[MemberStatus], invitations: set[str]) -> None:
        """
        See that all is there.
        """
        there = {each.key: each for each in listed}
        for key, fields in self.members.items():
            for field, values in fields.items():
                assert getattr(there[key], field) in values, (there[key], field, values)
        assert self.invitations <= invitations


@pytest.mark.parametrize("founder", [False, True], ids=["server", "founder"])
def test_nothingAcknowledgedIsLost(makeNetwork: Make, founder: bool) -> None:
    """
    A server, or a node that founded its network, is killed while it is told of changes one after the other and while a
    node joins.  Started again it has all that it acknowledged, and that node; nothing is damaged, and the members do
    not notice.
    """
    network = makeNetwork(count=4)
    random = Random(SEED)
    first, one, two, joiner = network.topology.nodes
    decider: Site = first if founder else network.topology.server
    file = network.files.configuration(joiner)
    file.write_text(file.read_text().replace(f'mac = "{joiner.mac}"\n', ""))  # each time it is another node
    for site in (decider, one, two):
        network.start(site)
    if founder:
        network.ask(first, lambda client: client.found("home"))
    for node in (one, two):
        network.admit(node, decider)
    staying = {network.status(node).own.key for node in (one, two)}  # type: ignore[union-attr]
    known = Known()
    for number in range(KILLS):
        for each in network.ask(decider, _members):
            known.meet(each)
        if number % JOIN_EVERY == 0:
            _enter(network, joiner, decider)
        dead = Timer(random.uniform(0, LATEST), network.kill, (decider,))
        dead.start()
        _change(network, decider, known, staying, random)
        dead.join()
        wait(lambda: reaches(network, one, two), 10, "an echo meanwhile")
        network.start(decider)
        known.compare(network.ask(decider, _members), network.ask(decider, _invitations))
        if number % JOIN_EVERY == 0:
            _compareJoiner(network, joiner, decider)
    log = network.programs[decider.name].log.read_text()
    assert not [word for word in ("Traceback", "damaged", "lost") if word in log], log
    assert not list((network.files.directory / f"{decider.name}-state").glob("*damaged*"))


def _enter(network: Deployment, joiner: Node, decider: Site) -> None:
    """
    Let a node begin that was never there.
    """
    if joiner.name in network.programs:
        network.kill(joiner)
    shutil.rmtree(network.files.directory / f"{joiner.name}-state", ignore_errors=True)
    network.invite(joiner, decider)
    network.start(joiner)


def _compareJoiner(network: Deployment, joiner: Node, decider: Site) -> None:
    """
    See that it is a member, and that whoever decides says the same of it as the node itself.
    """
    wait(lambda: network.status(joiner).own.stage == "member", 30, "the node that joins")  # type: ignore[union-attr]
    own = network.status(joiner).own
    assert own is not None
    (found,) = [each for each in network.ask(decider, _members) if each.key == own.key]
    assert (found.state, tuple(found.addresses)) == ("member", tuple(own.addresses))


def _change(network: Deployment, decider: Site, known: Known, staying: set[str], random: Random) -> None:
    """
    Make changes until the program is gone.
    """
    with suppress(CommandFailed):
        while True:
            token = Token.parse(network.ask(decider, lambda client: client.invite()))
            known.invitations.add(token.invitation.hex())
            key = random.choice(known.changeable)
            fields = [field for field in FIELDS if field != "state" or (key not in staying and random.random() < 0.1)]
            field = random.choice(fields)
            value, change = _next(key, field, random)
            known.members[key][field].add(value)
            network.ask(decider, change)
            known.members[key][field] = {value}
            if field == "state":
                known.members[key] = {"state": {value}}


def _next(key: str, field: str, random: Random) -> tuple[object, Change]:
    """
    @return: what the field is to be, and what makes it so.
    """
    number = random.randrange(1, 1_000)
    if field == "name":
        name = f"name-{random.getrandbits(40)}"
        return name, lambda client: client.rename(key, name)
    if field == "broadcasts":
        return number, lambda client: client.limit(key, None, number)
    if field == "admits":
        return number % 5, lambda client: client.appoint(key, number % 5)
    return "revoked", lambda client: client.revoke(key)


async def _members(client: ControlClient) -> list[MemberStatus]:
    return [each async for each in client.members()]


async def _invitations(client: ControlClient) -> set[str]:
    return {each.invitation async for each in client.invitations()}
