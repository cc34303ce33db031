"""
A small Linux for a virtual machine: a kernel of Debian's, and an initial RAM file system of busybox and one script.
"""

from __future__ import annotations

import lzma
import stat
from collections.abc import Mapping
from pathlib import Path

#: Where a kernel may be: this machine's own, or one that C{.ci/run} unpacked.
ROOTS = (Path("/var/cache/wandaemon-tests/kernel"), Path("/"))

#: The program for everything; it is linked statically.
BUSYBOX = Path("/bin/busybox")

#: What makes a network card of a kernel, in an order in which each finds what it needs.
MODULES = (
    "drivers/virtio/virtio",
    "drivers/virtio/virtio_ring",
    "drivers/virtio/virtio_pci_legacy_dev",
    "drivers/virtio/virtio_pci_modern_dev",
    "drivers/virtio/virtio_pci",
    "net/core/failover",
    "drivers/net/net_failover",
    "drivers/net/virtio_net",
)

#: Before the script of a test; kernels differ in which of two modules comes first.
_BEGINNING = """\
#!/bin/busybox sh
/bin/busybox --install /bin
mount -t proc proc /proc
for again in 1 2; do for module in $(cat /modules); do insmod $module 2>/dev/null; done; done
"""


def missing() -> str | None:
    """
    What these machines lack, with what to do; C{None} if nothing.
    """
    if not BUSYBOX.exists():
        return "there is no busybox: apt install busybox-static"
    if _kernel() is None:
        return "there is no kernel for a virtual machine: apt install linux-image-cloud-amd64, or run .ci/run"
    return None


def writeGuest(directory: Path, script: str) -> tuple[Path, Path]:
    """
    Write the files of a guest.

    @param directory: where.
    @param script: what its first program does, for the shell.
    @return: the kernel, and the initial RAM file system.
    """
    found = _kernel()
    assert found is not None
    image, folder = found
    files: dict[str, bytes] = {"bin/busybox": BUSYBOX.read_bytes(), "init": (_BEGINNING + script).encode()}
    modules = [(name, _module(folder / "kernel" / name)) for name in MODULES]
    files.update({f"{Path(name).name}.ko": content for name, content in modules if content})
    files["modules"] = "\n".join(f"/{Path(name).name}.ko" for name, content in modules if content).encode()
    kernel, initial = directory / "vmlinuz", directory / "initrd"
    kernel.write_bytes(image.read_bytes())
    initial.write_bytes(archive(files, ("bin", "dev", "proc")))
    return kernel, initial


def archive(files: Mapping[str, bytes], folders: tuple[str, ...]) -> bytes:
    """
    An archive as a kernel unpacks it (Documentation/driver-api/early-userspace/buffer-format.rst), of files that can
    all be run.
    """
    entries = [(name, stat.S_IFDIR | 0o755, b"") for name in folders]
    entries += [(name, stat.S_IFREG | 0o755, content) for name, content in files.items()]
    members = [_member(number, *entry) for number, entry in enumerate(entries, 1)]
    return b"".join(members) + _member(0, "TRAILER!!!", 0, b"")


def _member(number: int, name: str, mode: int, content: bytes) -> bytes:
    fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
    header = "070701" + "".join(f"{field:08x}" for field in fields)
    return _padded(header.encode() + name.encode() + b"\0") + _padded(content)


def _padded(octets: bytes) -> bytes:
    return octets + bytes(-len(octets) % 4)


def _kernel() -> tuple[Path, Path] | None:
    """
    The newest kernel that has its modules with it: the image, and the folder of the modules.
    """
    for root in ROOTS:
        for image in sorted(root.glob("boot/vmlinuz-*"), reverse=True):
            folder = root / "lib/modules" / image.name.removeprefix("vmlinuz-")
            if folder.is_dir():
                return image, folder
    return None


def _module(path: Path) -> bytes:
    """
    A module of the kernel; nothing if that has it built in.
    """
    plain, packed = path.with_name(f"{path.name}.ko"), path.with_name(f"{path.name}.ko.xz")
    if plain.exists():
        return plain.read_bytes()
    return lzma.decompress(packed.read_bytes()) if packed.exists() else b""
