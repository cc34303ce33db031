"""
Two servers and their Redis, in a lab.
"""

from __future__ import annotations

import shutil
from typing import Final

import attrs

from wand.control.client import ControlClient
from wand.lab import execute, wait
from wand.lab.admission import Admission, admitted
from wand.lab.commands import Daemon
from wand.lab.deployment import Deployment
from wand.lab.loop import Loop
from wand.lab.topology import Node, Site

OTHER: Final = Site("other", "198.51.100.2")
REDIS: Final = Site("redis", "198.51.100.3")
PASSWORD: Final = "open-sesame"


class Servers:
    """
    Two servers with the network key, and their Redis, which keeps everything that it acknowledges.

    @ivar network: where they are, with nodes that nobody started.
    @ivar first: the server that made the network; the other one is L{OTHER}.
    """

    def __init__(self, network: Deployment, loop: Loop) -> None:
        """
        Start them.
        """
        self.network = network
        self.first = network.topology.server
        self.both = (self.first, OTHER)
        self._loop = loop
        self._configure()
        self.startRedis()
        network.start(self.first)
        self.token(self.first)
        network.start(OTHER)
        self._awaitBoth()
        network.kill(OTHER)
        states = network.lab.directory
        shutil.copy2(states / "server-state" / "network.key", states / "other-state" / "network.key")
        network.start(OTHER)
        self.token(OTHER)

    def _configure(self) -> None:
        network, directory = self.network, self.network.lab.directory
        (directory / "password").write_text(f"{PASSWORD}\n")
        (directory / "redis-data").mkdir()
        for site in (OTHER, REDIS):
            network.hosts[site.name] = network.lab.host(site.name, f"{site.address}/24")
        for site in self.both:
            network.files.write(attrs.evolve(network.topology, server=site, nodes=()))
            with network.files.configuration(site).open("a") as file:
                file.write(f'name = "{site.name}"\nstore = "redis"\n[store-settings]\n')
                file.write(f'url = "redis://{REDIS.address}"\npassword-file = "{directory / "password"}"\n')

    def _awaitBoth(self) -> None:
        for site in self.both:
            wait(lambda site=site: self.states(site).count("running") == 1, 20, "both servers")  # type: ignore[misc]

    # What happens to them.

    def startRedis(self) -> None:
        """
        Start Redis.
        """
        data = self.network.lab.directory / "redis-data"
        words = ["--bind", REDIS.address, "--requirepass", PASSWORD, "--dir", str(data), "--save", ""]
        kept = ["--appendonly", "yes", "--appendfsync", "always"]
        self._redis: Daemon = self.network.hosts[REDIS.name].start("redis", "redis-server", *words, *kept)

    def killRedis(self) -> None:
        """
        End Redis at once.
        """
        self._redis.kill()

    def cut(self, one: Site, other: Site, isCut: bool = True) -> None:
        """
        Lose all that two hosts send each other, or no more of it.
        """
        table = f"table bridge cut-{one.name}-{other.name}"
        script = f"add {table}\ndelete {table}\n"
        if isCut:
            ways = ((one.name, other.name), (other.name, one.name))
            rules = "".join(f'iifname "{a}" oifname "{b}" drop; ' for a, b in ways)
            script += f"{table} {{ chain cut {{ type filter hook forward priority 0; {rules}}}; }}\n"
        execute(*self.network.lab.inSwitch("nft", "-f", "-"), sent=script)

    # What they are asked.

    def states(self, site: Site) -> list[str]:
        """
        How the servers do, as one of them has it.
        """

        async def states(client: ControlClient) -> list[str]:
            return [each.state async for each in client.servers()]

        return self.network.ask(site, states)

    def token(self, site: Site) -> str:
        """
        An invitation that a server makes.
        """
        return self.network.ask(site, ControlClient.invite)

    def admit(self, node: Node, token: str) -> Admission:
        """
        Let a node that runs redeem an invitation, and wait until it is a member.
        """
        return self.network.ask(node, lambda client: admitted(client, node, token, self._loop.reactor))

    def stage(self, node: Node) -> str:
        """
        How a node stands in the network.
        """
        own = self.network.status(node).own
        return "" if own is None else own.stage

    def members(self, site: Site) -> dict[str, tuple[str, str]]:
        """
        The members that a server knows, by their names: the key of each, and its state.
        """

        async def members(client: ControlClient) -> dict[str, tuple[str, str]]:
            return {each.name: (each.key, each.state) async for each in client.members()}

        return self.network.ask(site, members)
