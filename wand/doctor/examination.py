"""
All checks, one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import attrs

from wand.doctor.findings import BAD, Finding
from wand.doctor.firewall_checks import checkFirewall
from wand.doctor.machine import Machine
from wand.doctor.machine_checks import machineChecks
from wand.doctor.prefix_checks import checkPrefix
from wand.doctor.program_checks import networkChecks, programChecks
from wand.endpoint import splitHostPort
from wand.reach_status import NetworkCheckStatus
from wand.status import ProgramStatus

#: What programs use if they are not told otherwise.
_INTERFACE: Final = "wan0"
_STATE: Final = "/var/lib/wand/{}"


@attrs.frozen
class Examined:
    """
    What is known of the program.

    @ivar status: what it says of itself; C{None} if it does not run, or does not answer.
    @ivar silence: why it says nothing.
    @ivar network: what it found around it; C{None} if it cannot look.
    @ivar role: what it is, or would be: C{node} or C{server}.
    """

    status: ProgramStatus | None
    silence: str = ""
    network: NetworkCheckStatus | None = None
    role: str = "node"


def examine(machine: Machine, examined: Examined, now: float) -> Iterator[Finding]:
    """
    Check everything that can be checked.

    @param now: in seconds since the epoch.
    """
    status = examined.status
    tap = None if status is None else status.tap
    role = examined.role if status is None else status.role
    interface = _INTERFACE if tap is None else tap.interface
    state = (status and status.state) or _STATE.format("server" if role == "server" else "node")
    if status is None:
        yield Finding("program", BAD, examined.silence, _startOn(machine, role))
    else:
        yield from programChecks(status, now)
    yield from machineChecks(machine, "" if role == "server" else interface, state)
    if status is None:
        return
    for port in _ports(status):
        yield checkFirewall(machine, port)
    addresses = [] if tap is None else [each.partition("/")[0] for each in tap.addresses]
    for prefix in () if status.own is None else status.own.prefixes:
        yield checkPrefix(prefix, (interface, *addresses))
    if examined.network is not None:
        yield from networkChecks(examined.network)


def _startOn(machine: Machine, role: str) -> str:
    """
    What to do about a program that does not run.
    """
    if machine.path("/run/systemd/system").is_dir():  # see sd_booted(3)
        return f"wand setup {role}, or systemctl status wand-{role}"
    return "wand init, which starts one in the background, or start it as you start other programs"


def _ports(status: ProgramStatus) -> list[int]:
    """
    The UDP ports on which it listens, each once.
    """
    places = [each for each in status.listening.split(", ") if each and not each.startswith("tcp ")]
    return sorted({splitHostPort(each)[1] for each in places})
