"""
Containers in the hosts of a lab, run by podman(1).
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from wand.lab import CommandFailed, Host, execute, wait

#: It needs no systemd, and takes control groups as they are.  The limits are those that root may set everywhere.
_SETTINGS: Final = """
[containers]
default_ulimits = ["nofile=1024:4096", "nproc=1024:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "none"
"""

#: Who the programs run as, by numbers.
OWNER: Final = (900, 900)

_STORAGE: Final = """
[storage]
driver = "overlay"
graphroot = "{folder}/images"
runroot = "{folder}/run"
"""


class ContainerEngine:
    """
    Images and containers of a test's own.
    """

    def __init__(self, folder: Path) -> None:
        """
        @param folder: for its files; not in memory.
        """
        self._folder = folder
        (folder / "containers.conf").write_text(_SETTINGS)
        (folder / "storage.conf").write_text(_STORAGE.format(folder=folder))
        settings = (f"CONTAINERS_CONF={folder}/containers.conf", f"CONTAINERS_STORAGE_CONF={folder}/storage.conf")
        self.command = ("env", *settings, "podman")

    def run(self, *words: str, timeout: float = 60, sent: str | None = None) -> str:
        """
        Run podman with these words.

        @return: what it wrote.
        @raise CommandFailed: if it fails.
        """
        return execute(*self.command, *words, timeout=timeout, sent=sent)

    def succeeds(self, *words: str) -> bool:
        """
        Does podman succeed with these words?
        """
        try:
            self.run(*words)
        except CommandFailed:
            return False
        return True

    def build(self, image: str, instructions: str, context: Path) -> None:
        """
        Build an image.  It has what this format has and OCI's has not: a check of its health.
        """
        file = self._folder / "Containerfile"
        file.write_text(instructions)
        kind = ("--format=docker", "--network=none")
        self.run("build", "--quiet", *kind, f"--tag={image}", f"--file={file}", str(context), timeout=120)

    def start(self, name: str, host: Host, *words: str) -> None:
        """
        Start a container in the network of a host.  Its health is checked when the test says so, and C{/run/wand} is a
        directory of ours.
        """
        shared = self.control(name, "").parent
        shared.mkdir()
        os.chown(shared, *OWNER)
        network = f"--network=ns:/run/netns/{host.namespace}"
        place = f"--volume={shared}:/run/wand"
        self.run("run", "--detach", f"--name={name}", network, place, "--health-interval=disable", *words)

    def control(self, name: str, program: str) -> Path:
        """
        The control socket of a program in a container.

        @param program: C{node} or C{server}.
        """
        return self._folder / name / f"{program}.sock"

    def process(self, name: str) -> dict[str, str]:
        """
        What C{/proc/PID/status} says of the first process of a container, and its command line as C{Command}.
        """
        folder = Path("/proc") / self.run("inspect", "--format={{.State.Pid}}", name).strip()
        lines = (line.partition(":") for line in (folder / "status").read_text().splitlines())
        command = (folder / "cmdline").read_text().replace("\0", " ")
        return {**{key: value.strip() for key, _, value in lines}, "Command": command}

    def remove(self) -> None:
        """
        End and remove all containers.
        """
        wait(self._removed, 20, "the end of all containers")
        self.run("volume", "rm", "--force", "--all")
        for line in reversed(Path("/proc/self/mounts").read_text().splitlines()):
            if line.split()[1].startswith(f"{self._folder}{os.sep}"):
                execute("umount", line.split()[1])

    def _removed(self) -> bool:
        """
        Are all containers removed?  One that ends by itself in the same moment is refused, and goes the next time.
        """
        with suppress(CommandFailed):
            self.run("rm", "--force", "--all", "--time=0")
        return not self.run("ps", "--all", "--quiet").strip()
