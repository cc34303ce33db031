"""
A host of a lab that is a whole Debian: its systemd boots in a container of systemd-nspawn(1).
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from wand.lab import CommandFailed, Daemon, Host, Lab, execute, wait

#: A root that was never booted, for copies; C{.ci/run} makes it.
PRISTINE: Final = Path("/var/cache/wandaemon-tests/root")


class BootedRoot:
    """
    A Debian of its own in the network namespace of a host.

    @ivar root: its files.
    """

    def __init__(self, lab: Lab, host: Host, folder: Path) -> None:
        """
        Copy the root; nothing is booted.

        @param folder: for its files; not in memory.
        @raise CommandFailed: if there is none.
        """
        if not PRISTINE.exists():
            raise CommandFailed(f"there is no root of Debian in {PRISTINE}: run .ci/run")
        self._lab, self._host = lab, host
        self.root = folder / "root"
        execute("cp", "-a", "--reflink=auto", str(PRISTINE), str(self.root), timeout=120)
        # As udev makes it; that of the machine may be for root alone.
        self._tun = folder / "tun"
        execute("mknod", "-m", "666", str(self._tun), "c", "10", "200")
        self._container: Daemon | None = None

    def boot(self) -> None:
        """
        Boot it, and wait until it has.
        """
        container = ("systemd-nspawn", "--quiet", "--boot", "--directory", str(self.root), "--machine", self._host.name)
        alone = ("--register=no", "--keep-unit", "--console=pipe", "--suppress-sync=yes", "--link-journal=no")
        network = (f"--network-namespace-path=/run/netns/{self._host.namespace}", "--capability=CAP_NET_ADMIN")
        mortal = ("setpriv", "--pdeathsig", "KILL")
        command = [*mortal, *container, *alone, *network, f"--bind={self._tun}:/dev/net/tun"]
        self._container = self._lab.start(f"{self._host.name}-boot", command)
        wait(self._hasBooted, 60, "the boot of Debian")

    def reboot(self) -> None:
        """
        Boot it once more.
        """
        self.halt()
        self.boot()

    def halt(self) -> None:
        """
        Shut it down as its operator does.
        """
        assert self._container is not None
        self.run("systemctl", "--no-block", "poweroff")
        self._container.process.wait(60)

    def run(self, *words: str, timeout: float = 60) -> str:
        """
        Run a command in it, as its root.

        @return: what it wrote.
        @raise CommandFailed: if it fails.
        """
        clean = ("env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8")
        return execute(
            "nsenter", "-t", str(self._init()), "-m", "-u", "-i", "-n", "-p", *clean, *words, timeout=timeout
        )

    def succeeds(self, *words: str) -> bool:
        """
        Does a command succeed?
        """
        try:
            self.run(*words)
        except CommandFailed:
            return False
        return True

    def remove(self) -> None:
        """
        Remove its files; the lab has ended its processes.
        """
        shutil.rmtree(self.root, ignore_errors=True)

    def _init(self) -> int:
        for number in execute("ip", "netns", "pids", self._host.namespace).split():
            try:
                status = Path(f"/proc/{number}/status").read_text()
            except OSError:
                continue  # it has ended
            (inside,) = (line for line in status.splitlines() if line.startswith("NSpid:"))
            if inside.split()[-1] == "1":
                return int(number)
        raise CommandFailed(f"{self._host.name} does not run")

    def _hasBooted(self) -> bool:
        try:
            return self.run("systemctl", "is-system-running") != ""
        except CommandFailed as error:
            return "degraded" in error.output
