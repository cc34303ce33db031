"""
The network of a lab: hosts that are network namespaces (ip-netns(8)), and the switch or the cable that joins them.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Final, Self

from wand.lab.commands import COMMAND_PATIENCE, CommandFailed, Daemon, environment, execute

#: Where the files of labs are; in a user's own namespaces it is a file system in memory.
ROOT: Final = Path("/run/wand-lab")

_PREFIX: Final = "wand-lab"
_SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP)
_serial = itertools.count(1)


class Host:
    """
    A host of a lab: a network namespace whose C{eth0} hangs on the switch, or on another host.

    @ivar name: what it is called; at most 15 characters.
    @ivar namespace: the name of its network namespace, for C{ip netns}.
    """

    def __init__(self, lab: Lab, name: str) -> None:
        self.name = name
        self.namespace = f"{lab.name}-{name}"
        self._lab = lab
        execute("ip", "netns", "add", self.namespace)
        # The kernel's own IPv6 traffic would disturb what is measured; and an address is good at once.
        self._set("accept_dad", "0")
        self._set("router_solicitations", "0")
        execute("ip", "-n", self.namespace, "link", "set", "lo", "up")

    def _set(self, option: str, value: str) -> None:
        path = f"/proc/sys/net/ipv6/conf/default/{option}"
        self.run("sh", "-c", f"[ ! -w {path} ] || echo {value} > {path}")

    def configure(self, *addresses: str) -> None:
        """
        Set its C{eth0} up, and give it addresses with their prefix lengths.
        """
        execute("ip", "-n", self.namespace, "link", "set", "eth0", "up")
        for address in addresses:
            execute("ip", "-n", self.namespace, "address", "add", address, "dev", "eth0")

    def command(self, *arguments: str) -> list[str]:
        """
        The command line that runs a command in this host.
        """
        return ["ip", "netns", "exec", self.namespace, *arguments]

    def run(self, *arguments: str, timeout: float = COMMAND_PATIENCE, sent: str | None = None) -> str:
        """
        Run a command in this host to its end; see L{execute}.
        """
        return execute(*self.command(*arguments), timeout=timeout, sent=sent)

    def start(self, name: str, *arguments: str) -> Daemon:
        """
        Start a program that goes on running; its output is added to C{NAME.log} in the lab's directory.
        """
        return self._lab.start(name, self.command(*_mortal(arguments)))

    def plug(self, plugged: bool) -> None:
        """
        Put its cable into the switch, or pull it out.
        """
        execute("ip", "-n", self._lab.switch, "link", "set", "dev", self.name, "up" if plugged else "down")

    def limit(self, rate: int) -> None:
        """
        Let at most C{rate} bits a second through its cable, each way (tc-tbf(8)).
        """
        burst = max(rate // 8 // 100, 16_000)
        shape = ("root", "tbf", "rate", f"{rate}bit", "burst", f"{burst}b", "latency", "50ms")
        execute("tc", "-n", self.namespace, "qdisc", "replace", "dev", "eth0", *shape)
        execute("tc", "-n", self._lab.switch, "qdisc", "replace", "dev", self.name, *shape)

    def lose(self, percent: int, *, port: int) -> None:
        """
        Lose datagrams on its cable from and to a UDP port, on whichever side that port is: of every hundred of a
        direction this many, evenly spread, so that a test sees the same each time; 0 ends it (nft(8)).
        """
        if shutil.which("nft", path=environment()["PATH"]) is None:
            raise CommandFailed("losing datagrams needs `nft`; install it with: apt install nftables")
        table = f"table bridge {self.name}"
        script = f"add {table}\ndelete {table}\n"
        if percent:
            losses = ", ".join(f"{(2 * number + 1) * 50 // percent} : drop" for number in range(percent))
            rules = "".join(
                f'{way} "{self.name}" udp {side} {port} numgen inc mod 100 vmap {{ {losses} }}; '
                for way in ("iifname", "oifname")
                for side in ("sport", "dport")
            )
            script += f"{table} {{ chain loss {{ type filter hook forward priority 0; {rules}}}; }}\n"
        execute(*self._lab.inSwitch("nft", "-f", "-"), sent=script)


class Lab:
    """
    A network of hosts on one switch.  It is a context manager: on leaving, all is removed.

    @ivar name: what the names of its namespaces begin with; it carries the number of our process.
    @ivar directory: for files of the hosts; removed at the end.
    @ivar switch: the namespace of the switch.
    @ivar hosts: the hosts by their names.
    @ivar daemons: every program that was started.
    """

    def __init__(self) -> None:
        self.name = f"{_PREFIX}-{os.getpid()}-{next(_serial)}"
        self.directory = ROOT / self.name
        self.switch = f"{self.name}-switch"
        self.hosts: dict[str, Host] = {}
        self.daemons: list[Daemon] = []
        self._previous: dict[signal.Signals, Callable[[int, FrameType | None], object] | int | None] = {}

    def __enter__(self) -> Self:
        # An end by these signals becomes an exception, as an end by Ctrl-C is, so that we get to clean up.
        self._previous = {each: signal.signal(each, signal.default_int_handler) for each in _SIGNALS}
        try:
            self.directory.mkdir(parents=True)
            sweep()
            execute("ip", "netns", "add", self.switch)
            execute("ip", "-n", self.switch, "link", "add", "name", "switch", "type", "bridge")
            execute("ip", "-n", self.switch, "link", "set", "switch", "up")
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def inSwitch(self, *arguments: str) -> list[str]:
        """
        The command line that runs a command where the switch is.
        """
        return ["ip", "netns", "exec", self.switch, *arguments]

    def startInSwitch(self, name: str, *arguments: str) -> Daemon:
        """
        Start a program where the switch is; see L{Host.start}.
        """
        return self.start(name, self.inSwitch(*_mortal(arguments)))

    def start(self, name: str, command: list[str]) -> Daemon:
        """
        Start a program that goes on running, wherever the command line says.
        """
        daemon = Daemon(name, self.directory / f"{name}.log", command, self.directory)
        self.daemons.append(daemon)
        return daemon

    def host(self, name: str, *addresses: str) -> Host:
        """
        Add a host and plug it into the switch.

        @param addresses: of its C{eth0}, with their prefix lengths.
        """
        host = self.hosts[name] = Host(self, name)
        _cable(self.switch, name, host)
        execute("ip", "-n", self.switch, "link", "set", "dev", name, "master", "switch", "up")
        host.configure(*addresses)
        return host

    def bare(self, name: str) -> Host:
        """
        Add a host without any cable.
        """
        host = self.hosts[name] = Host(self, name)
        return host

    def pair(self, one: str, two: str) -> tuple[Host, Host]:
        """
        Add two hosts with one cable between them and no switch; they still have to be configured.
        """
        first, second = self.bare(one), self.bare(two)
        _cable(first.namespace, "eth0", second)
        return first, second

    def close(self) -> None:
        """
        End every program, and remove the namespaces and the files.
        """
        meanwhile = {each: signal.signal(each, signal.SIG_IGN) for each in (signal.SIGINT, *_SIGNALS)}
        try:
            _remove(self.name)
            for daemon in self.daemons:
                daemon.process.wait()
        finally:
            for number, previous in {**meanwhile, **self._previous}.items():
                signal.signal(number, previous)


def _cable(namespace: str, name: str, host: Host) -> None:
    veth = ("link", "add", "name", name, "type", "veth", "peer", "name", "eth0", "netns", host.namespace)
    execute("ip", "-n", namespace, *veth)


def _mortal(arguments: tuple[str, ...]) -> list[str]:
    # A program of ours does not outlive us, not even if we are killed.
    return ["setpriv", "--pdeathsig", "KILL", *arguments]


def sweep() -> None:
    """
    Remove what labs of processes that are gone have left behind.
    """
    ROOT.mkdir(parents=True, exist_ok=True)
    with (ROOT / "sweeping").open("w") as lock:
        # One at a time: two that remove the same namespace get in each other's way.
        fcntl.flock(lock, fcntl.LOCK_EX)
        names = {"-".join(namespace.split("-")[:4]) for namespace in _namespaces()}
        names |= {path.name for path in ROOT.glob(f"{_PREFIX}-*")}
        for name in names:
            if not Path(f"/proc/{name.split('-')[2]}").exists():
                _remove(name)


def _namespaces() -> list[str]:
    lines = execute("ip", "netns", "list").splitlines()
    return [line.split()[0] for line in lines if line.startswith(f"{_PREFIX}-")]


def _remove(name: str) -> None:
    for namespace in _namespaces():
        if namespace.startswith(f"{name}-"):
            for pid in execute("ip", "netns", "pids", namespace).split():
                _kill(int(pid))
            execute("ip", "netns", "delete", namespace)
    shutil.rmtree(ROOT / name, ignore_errors=True)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # It ended by itself in the meantime.
