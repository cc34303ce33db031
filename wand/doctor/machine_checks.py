"""
What is looked at on the machine itself, whether a program runs there or not.
"""

from __future__ import annotations

import os
import platform
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from shlex import quote
from typing import Final

from wand.doctor.findings import BAD, GOOD, UNKNOWN, WARNING, Finding
from wand.doctor.machine import Machine
from wand.version import __version__

#: Octets that should be free where a program keeps what must survive it, and those without which it cannot go on.
FREE_WANTED: Final = 100_000_000
FREE_NEEDED: Final = 5_000_000

#: Octets that the queue of a socket should be allowed to have (L{wand.underlay.udp_sockets}).
QUEUE_WANTED: Final = 4_194_304


def checkVersions(machine: Machine) -> Finding:
    """
    The versions of everything that matters; nothing is wrong with one.
    """
    from cryptography.hazmat.backends.openssl.backend import backend

    kernel = machine.read("/proc/sys/kernel/osrelease") or platform.release()
    library = " ".join(backend.openssl_version_text().split()[:2])
    text = f"wandaemon {__version__}, Python {platform.python_version()}, Linux {kernel}, {library}"
    return Finding("versions", GOOD, text)


def checkClock(machine: Machine) -> Finding:
    """
    Does somebody keep the clock right? Certificates have an end in time.
    """
    said = machine.ask("timedatectl", "show", "--property=NTPSynchronized", "--value")
    if said is None and (tracking := machine.ask("chronyc", "tracking")) is not None:
        said = "no" if "Not synchronised" in tracking else "yes"
    if said is None:
        return Finding("clock", UNKNOWN, "nobody tells whether the clock is kept right by NTP")
    if said.strip() == "yes":
        return Finding("clock", GOOD, "kept right by NTP")
    return Finding(
        "clock", WARNING, "nobody keeps the clock right; certificates end in time", "timedatectl set-ntp true"
    )


def checkTun(machine: Machine) -> Finding:
    """
    Can taps be made?
    """
    path = machine.path("/dev/net/tun")
    try:
        mode = path.stat().st_mode
    except OSError:
        kernel = machine.read("/proc/sys/kernel/osrelease")
        if kernel and machine.path("/lib/modules").is_dir() and not machine.path(f"/lib/modules/{kernel}").is_dir():
            text = f"/dev/net/tun is missing, and the modules of the running kernel, {kernel}, went"
            return Finding("tap", BAD, text, "reboot")
        return Finding("tap", BAD, "/dev/net/tun is missing, so no tap can be made", "modprobe tun")
    if not mode & stat.S_IROTH:
        return Finding(
            "tap",
            WARNING,
            "only root may open /dev/net/tun, so a node that runs as another user cannot make a tap; that all may "
            "open it is usual and does no harm, for to make a tap they need CAP_NET_ADMIN as well",
            "chmod 666 /dev/net/tun",
        )
    return Finding("tap", GOOD, "/dev/net/tun is there, and users with CAP_NET_ADMIN may open it")


def checkDisk(machine: Machine, directory: str) -> Finding:
    """
    Is there room where a program keeps its state?

    @param directory: its state directory.
    """
    path = machine.path(directory)
    while not path.exists() and path != path.parent:
        path = path.parent
    try:
        free = shutil.disk_usage(path).free
    except OSError as error:
        return Finding("disk", UNKNOWN, f"{directory} cannot be looked at: {error.strerror}")
    fault = _faultOf(path)
    if fault:
        return Finding("disk", BAD, f"nothing can be written at {directory}: {fault[0]}", fault[1])
    text = f"{free / 1e6:,.0f} MB free at {directory}"
    if free >= FREE_WANTED:
        return Finding("disk", GOOD, text)
    return Finding("disk", BAD if free < FREE_NEEDED else WARNING, text, f"make room: df -h {quote(directory)}")


def _faultOf(path: Path) -> tuple[str, str] | None:
    """
    Why nothing can be written to a disk that has room, and what to do.
    """
    disk = os.statvfs(path)
    if disk.f_flag & os.ST_RDONLY:
        return (
            "it is mounted read-only, by somebody, or by the kernel after a fault of the disk",
            "dmesg | tail -50",
        )
    if disk.f_files and not disk.f_favail:
        return "it has no inodes left, for too many files", f"make room: df -i {quote(str(path))}"
    return None


def checkPermissions(machine: Machine, directory: str) -> Finding:
    """
    Can only the program itself read its keys?
    """
    path = machine.path(directory)
    try:
        status = path.stat()
    except FileNotFoundError:
        return Finding("permissions", UNKNOWN, f"there is no {directory} yet")
    except OSError as error:
        return Finding("permissions", UNKNOWN, f"{directory} cannot be looked at: {error.strerror}; run this as root")
    if status.st_mode & 0o077:
        mode = stat.filemode(status.st_mode)
        return Finding(
            "permissions", BAD, f"others may look into {directory} ({mode})", f"chmod 700 {quote(directory)}"
        )
    return Finding("permissions", GOOD, f"{directory} is for its owner alone")


def checkReversePaths(machine: Machine, interface: str) -> Finding:
    """
    Does the kernel drop what comes from where it would not send the answer (RFC 3704, strict)?

    @param interface: the tap.
    """
    names = ("all", interface)
    found = {name: machine.number(f"/proc/sys/net/ipv4/conf/{name}/rp_filter") for name in names}
    if all(value is None for value in found.values()):
        return Finding("rp_filter", UNKNOWN, "the kernel does not say how it filters")
    if max(value or 0 for value in found.values()) == 1:
        return Finding(
            "rp_filter",
            WARNING,
            f"strict at {interface}: frames from hosts that are bridged, or reached another way, are dropped silently",
            # Not for all: that would loosen the filter of every other interface.
            f"sysctl -w {quote(f'net/ipv4/conf/{interface}/rp_filter=2')}",
        )
    return Finding("rp_filter", GOOD, "not strict")


def checkQueues(machine: Machine) -> Finding:
    """
    May the queue of a socket be as long as our programs want it?
    """
    allowed = machine.number("/proc/sys/net/core/rmem_max")
    if allowed is None:
        return Finding("queues", UNKNOWN, "the kernel does not say how long queues of sockets may be")
    if allowed >= QUEUE_WANTED or os.geteuid() == 0:
        return Finding("queues", GOOD, f"sockets may have queues of {allowed / 1e6:.1f} MB, root any")
    return Finding(
        "queues",
        WARNING,
        f"sockets of users may have queues of {allowed / 1e6:.1f} MB: bursts are lost where nobody has CAP_NET_ADMIN",
        f"sysctl -w net.core.rmem_max={QUEUE_WANTED}",
    )


def machineChecks(machine: Machine, interface: str, state: str) -> Iterator[Finding]:
    """
    Everything that can be looked at without a program.

    @param interface: the name of the tap; empty where there is to be none.
    @param state: the state directory.
    """
    yield checkVersions(machine)
    yield checkClock(machine)
    if interface:
        yield checkTun(machine)
    yield checkDisk(machine, state)
    yield checkPermissions(machine, state)
    if interface:
        yield checkReversePaths(machine, interface)
    yield checkQueues(machine)
