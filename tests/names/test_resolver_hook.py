"""
Tests for L{wand.names.resolver_hook}, on a host that only remembers what is run.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import Endpoint
from wand.names import host_commands
from wand.names.domain import Domain
from wand.names.host_commands import SystemCommands
from wand.names.resolver_hook import Hooked, ResolverHook

DOMAIN = Domain("home.wand", ["10.77.0.0/16"])
HIGH, LOW = Endpoint("10.77.0.1", 5335), Endpoint("10.77.0.1", 53)


class FakeCommands:
    """
    A host with some commands; provides L{wand.names.host_commands.HostCommands}.
    """

    def __init__(self, *there: str, failing: str = "", isTheHost: bool = True) -> None:
        self.there = there
        self.failing = failing
        self.isHost = isTheHost
        self.ran: list[str] = []
        self.servers: list[str] = []

    def isTheHost(self) -> bool:
        """
        As it was made.
        """
        return self.isHost

    def has(self, command: str) -> bool:
        """
        As it was made.
        """
        return command in self.there

    def run(self, *command: str, told: str = "") -> str:
        """
        Remember it.
        """
        line = " ".join(command)
        self.ran.append(line + (f" <- {told}" if told else ""))
        return "Access denied" if self.failing and line.startswith(self.failing) else ""

    def nameServers(self) -> list[str]:
        """
        As the test says.
        """
        return self.servers


class ResolverHookTests(SynchronousTestCase):
    """
    Who is told, and how.
    """

    def test_systemdResolved(self) -> None:
        """
        systemd-resolved gets the server, on any port, for the tap's link and our domains alone, and forgets it again.
        """
        commands = FakeCommands("resolvectl", "resolvconf")
        hook = ResolverHook(commands, "wan0")
        hooked = hook.hook(HIGH, DOMAIN)
        self.assertEqual(hooked, Hooked("resolvectl"))
        self.assertEqual(
            commands.ran,
            [
                "resolvectl dns wan0 10.77.0.1:5335",
                "resolvectl domain wan0 home.wand ~77.10.in-addr.arpa",
                "resolvectl default-route wan0 no",
                "resolvectl dnssec wan0 no",
                "resolvectl dnsovertls wan0 no",
            ],
        )
        commands.ran.clear()
        hook.undo(hooked)
        self.assertEqual(commands.ran, ["resolvectl revert wan0"])

    def test_resolvconf(self) -> None:
        """
        Without it resolvconf is told, which can only name port 53.
        """
        commands = FakeCommands("resolvconf")
        hook = ResolverHook(commands, "wan0")
        hooked = hook.hook(LOW, DOMAIN)
        hook.undo(hooked)
        self.assertEqual(
            commands.ran,
            [
                "resolvconf -a tap.wan0 -m 0 <- nameserver 10.77.0.1\nsearch home.wand\n",
                "resolvconf -d tap.wan0",
            ],
        )
        self.assertIn("dnsmasq", hook.hook(HIGH, DOMAIN).advice)

    def test_refused(self) -> None:
        """
        If the host refuses, nothing is left half done, and the operator is told why and what to do.
        """
        commands = FakeCommands("resolvectl", failing="resolvectl domain")
        hooked = ResolverHook(commands, "wan0").hook(HIGH, DOMAIN)
        self.assertEqual(hooked.by, "")
        self.assertEqual(commands.ran[-1], "resolvectl revert wan0")
        self.assertIn("(resolvectl: Access denied)", hooked.advice)

    def test_nobodyToTell(self) -> None:
        """
        Where there is neither, the operator is told what to write.
        """
        advice = ResolverHook(FakeCommands(), "wan0").hook(LOW, DOMAIN).advice
        self.assertIn("the lines nameserver 10.77.0.1 and search home.wand", advice)
        self.assertIn(
            "server=/home.wand/10.77.0.1#5335", ResolverHook(FakeCommands(), "wan0").hook(HIGH, DOMAIN).advice
        )

    def test_theOperatorDidIt(self) -> None:
        """
        Where resolv.conf names us there is nothing to advise; a line of it has no port, so that is for port 53 alone.
        """
        commands = FakeCommands()
        commands.servers = ["10.77.0.1", "192.0.2.53"]
        self.assertEqual(ResolverHook(commands, "wan0").hook(LOW, DOMAIN), Hooked())
        self.assertIn("dnsmasq", ResolverHook(commands, "wan0").hook(HIGH, DOMAIN).advice)

    def test_inANamespace(self) -> None:
        """
        The host's resolver is left alone if it does not see our tap: another interface may have its number.
        """
        commands = FakeCommands("resolvectl", "resolvconf", isTheHost=False)
        self.assertEqual(ResolverHook(commands, "wan0").hook(LOW, DOMAIN), Hooked())
        self.assertEqual(commands.ran, [])


class SystemCommandsTests(SynchronousTestCase):
    """
    Real commands.
    """

    def test_run(self) -> None:
        """
        A command reads what it is told; what it complains of is the reason if it fails.
        """
        commands = SystemCommands()
        self.assertTrue(commands.has("sh"))
        self.assertFalse(commands.has("no-such-command"))
        self.assertEqual(commands.run("sh", "-c", 'test "$(cat)" = hello', told="hello"), "")
        self.assertEqual(commands.run("sh", "-c", "echo no way >&2; exit 3"), "no way")
        self.assertEqual(commands.run("sh", "-c", "exit 3"), "it ended with status 3")
        self.assertIn("no-such-command", commands.run("no-such-command"))

    def test_nameServers(self) -> None:
        """
        Whom the resolver asks is read from resolv.conf, whatever else is there; nobody, if there is none.
        """
        file = Path(self.enterContext(TemporaryDirectory())) / "resolv.conf"
        self.patch(host_commands, "RESOLV_CONF", file)
        self.assertEqual(SystemCommands().nameServers(), [])
        file.write_text("# nameserver 192.0.2.1\nnameserver\n nameserver  10.77.0.1 # us\nsearch home.wand\n")
        self.assertEqual(SystemCommands().nameServers(), ["10.77.0.1"])
