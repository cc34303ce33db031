"""
Networks of real programs that are started with options, as the documents say, for the end-to-end tests.
"""

from __future__ import annotations

import json
from typing import Any

from wand.lab import CommandFailed, Host, Lab, wait
from wand.lab.installation import Installation


class Realm:
    """
    A server and nodes of one sealed network, each on a host of a lab.

    @ivar programs: the programs by the names of the members; that of the server is C{server}.
    """

    def __init__(self, lab: Lab, name: str = "server") -> None:
        """
        @param name: for the files of the server, if the lab has another one.
        """
        self.lab = lab
        self.programs: dict[str, Installation] = {}
        self._server = name

    def __getitem__(self, name: str) -> Installation:
        return self.programs[name]

    def install(self, name: str, host: Host | None = None) -> Installation:
        """
        Make ready to start a program.

        @param host: where it is to run; by default a new one with the next address of 198.51.100.0/24.
        """
        host = host or self.lab.host(name, f"198.51.100.{len(self.lab.hosts) + 1}/24")
        file = self._server if name == "server" else name
        self.programs[name] = Installation(file, host, self.lab.directory)
        return self.programs[name]

    def serve(self, *options: str) -> None:
        """
        Start the server, and wait until it answers.
        """
        server = self.programs.get("server") or self.install("server")
        server.start("wand-server", *options)
        wait(server.answers, 20, "the server")

    def join(self, name: str, *options: str, wishes: tuple[str, ...] = (), twistd: tuple[str, ...] = ()) -> str:
        """
        Start a node with an invitation, and wait until it is a member.

        @param wishes: options of C{wand invite}.
        @param twistd: options of C{twistd}.
        @return: its overlay address.
        """
        token = self.lab.directory / f"{name}.invitation"
        token.unlink(missing_ok=True)
        self["server"].wand("invite", "--out", str(token), *wishes)
        node = self.programs.get(name) or self.install(name)
        node.start("wand-node", f"--join-file={token}", f"--name={name}", *options, twistd=twistd)
        wait(node.isMember, 20, f"the membership of {name}")
        return node.overlayAddress()

    def pings(self, source: str, target: str) -> bool:
        """
        Does an echo of one member come back to another?
        """
        address = self[target].overlayAddress()
        try:
            self[source].host.run("ping", "-q", "-c", "1", "-W", "2", address)
        except CommandFailed:
            return False
        return True

    def members(self) -> dict[str, dict[str, Any]]:
        """
        The members by their names, as the server lists them.
        """
        return {each["name"]: each for each in json.loads(self["server"].wand("members", "--json"))}
