"""
What end-to-end tests do with networks of real programs.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import attrs

from wand.lab import execute
from wand.lab.deployment import Deployment
from wand.lab.topology import Node


@contextmanager
def smallDisk(state: Path, size: str) -> Iterator[None]:
    """
    Keep a state directory on a disk of its own, with what is there.

    @param size: as mount(8) takes it.
    """
    before = {each.name: each.read_bytes() for each in state.iterdir()} if state.exists() else {}
    state.mkdir(mode=0o700, exist_ok=True)
    execute("mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", str(state))
    try:
        for name, content in before.items():
            (state / name).touch(mode=0o600)
            (state / name).write_bytes(content)
        yield
    finally:
        execute("umount", "--lazy", str(state))


def modes(folder: Path) -> dict[str, int]:
    """
    The permissions of each file of a folder, as chmod(2) has them; programs may be replacing some meanwhile.
    """
    found = {}
    for each in folder.iterdir():
        with suppress(FileNotFoundError):
            if stat.S_ISREG(status := each.stat().st_mode):
                found[each.name] = stat.S_IMODE(status)
    return found


def fill(file: Path) -> None:
    """
    Leave no room on a disk.
    """
    with file.open("wb", buffering=0) as open_, suppress(OSError):
        while True:
            open_.write(bytes(1024))


def reaches(network: Deployment, source: Node, target: Node) -> bool:
    """
    Does an echo come back from the address that a node has?
    """
    own = network.status(target).own
    assert own is not None
    address, _ = own.addresses  # of both families
    return bool(network.ping(source, [attrs.evolve(target, inside=address.partition("/")[0])]))
