"""
A program of ours as a service of a host: set up, set up again, and removed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from wand.setup.host import Host, SetupFailed
from wand.setup.packet_rights import forgetPackets, letHearPackets
from wand.setup.resolver_rule import PACKAGED_RULE, RULE, RULE_PATH
from wand.setup.units import CONFIGURATIONS, NODE, PACKAGED, ROLES, UNITS, USER, Role, unitOf

#: Where a node finds its invitation.
INVITATION: Final = f"{CONFIGURATIONS}/invitation"

#: Below it, what each program keeps.
STATE: Final = "/var/lib/wand"

#: Where control sockets are; the units leave it there.
_RUNTIME: Final = "/run/wand"

_ELSEWHERE: Final = """\
install it elsewhere, with a Python that everybody may run:
  python3 -m venv /opt/wand && /opt/wand/bin/pip install wandaemon"""

#: What a configuration may be told.
Setting = str | list[str]

#: No settings.
NOTHING: Final[Mapping[str, Setting]] = MappingProxyType({})

#: What the configuration of each begins with.
BEGINNING: Final = {
    "node": f"""\
# The node of this host; all keys: twistd wand-node --help
join-file = "{INVITATION}"
""",
    "server": """\
# The server of this host; all keys: twistd wand-server --help
# public = ["wand.example.net:44444"]  # where nodes reach it; else at the addresses of this host
""",
}


def setUp(
    host: Host, role: Role, twistd: Path, invitation: str | None = None, settings: Mapping[str, Setting] = NOTHING
) -> Iterator[str]:
    """
    Make a program a service that runs, now and after every start of the host.  What is there already stays: do it as
    often as you like.

    @param twistd: of the installation that is to run.
    @param invitation: what a node joins with.
    @param settings: what its configuration says, where there is none yet.
    @return: what was done, a line each.
    @raise SetupFailed: if the host cannot be set up, with what to do.
    """
    if not host.hasSystemd:
        raise SetupFailed(
            f"this host does not run systemd; wand setup {role.name} --print shows what another supervisor has to do"
        )
    checkReachable(twistd)
    if not host.hasUser(USER):
        host.run(*useradd())
        yield f"the user {USER}: made"
    yield from configure(host, role, settings)
    if invitation is not None:
        host.write(INVITATION, invitation.strip() + "\n", 0o600, USER)
        yield f"{INVITATION}: written"
        if INVITATION not in (host.read(role.configuration) or ""):
            yield f'{role.configuration} does not name it: add join-file = "{INVITATION}", and {_restart(host, role)}'
    changed = ""
    if role is NODE:
        yield from _letItTellNames(host)
        changed = letHearPackets(host)
        yield from filter(None, [changed])
    yield from _enable(host, role, unitOf(role, twistd), isNew=invitation is not None or bool(changed))


def configure(host: Host, role: Role, settings: Mapping[str, Setting]) -> Iterator[str]:
    """
    Write the configuration of a program, where there is none yet.

    @param settings: what it says.
    @return: what was done, a line each.
    @raise SetupFailed: if it cannot be written.
    """
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items())  # which is TOML as well
    there = host.read(role.configuration)
    if there is None or there == BEGINNING[role.name]:
        if there is None or lines:
            host.write(role.configuration, BEGINNING[role.name] + lines)
        yield f"{role.configuration}: {'written' if there is None or lines else 'kept as it is'}"
        return
    yield f"{role.configuration}: kept as it is"
    for line in lines.splitlines():
        if line not in there.splitlines():
            yield f"{role.configuration} does not say it: add {line}, and {_restart(host, role)}"


def _restart(host: Host, role: Role) -> str:
    """
    How a program that runs gets to know something.
    """
    if host.hasSystemd:
        return f"restart {role.unit}"
    return f"restart the {role.name} if it runs: wand stop, and start it again"


def _letItTellNames(host: Host) -> Iterator[str]:
    packaged = host.read(PACKAGED_RULE)
    before = host.read(RULE_PATH)
    if packaged == RULE and before is not None:
        host.remove(RULE_PATH)
        yield f"{RULE_PATH}: removed, since the package has one"
    elif RULE not in (packaged, before):
        host.write(RULE_PATH, RULE)
        yield f"{RULE_PATH}: {'written' if before is None else 'written anew'}"


def useradd() -> tuple[str, ...]:
    """
    The command that makes the user.
    """
    home = ("--home-dir", STATE, "--no-create-home", "--shell", "/usr/sbin/nologin")
    return ("useradd", "--system", "--user-group", *home, USER)


def _enable(host: Host, role: Role, unit: str, *, isNew: bool) -> Iterator[str]:
    path = f"{UNITS}/{role.unit}"
    own, packaged = host.read(path), host.read(f"{PACKAGED}/{role.unit}")
    before = packaged if own is None else own
    if own is not None and packaged == unit:
        host.remove(path)  # or the package's would never count
        host.run("systemctl", "daemon-reload")
        yield f"{path}: removed, since the package has one"
    elif before != unit:
        host.write(path, unit)
        host.run("systemctl", "daemon-reload")
        yield f"{path}: {'written' if own is None else 'written anew'}"
    host.run("systemctl", "enable", "--quiet", role.unit)
    _start(host, role, "restart" if isNew or before not in (None, unit) else "start")
    yield f"{role.unit}: runs, and starts with the host"


def _start(host: Host, role: Role, how: str) -> None:
    try:
        host.run("systemctl", how, role.unit)
    except SetupFailed as error:
        try:
            said = host.run("journalctl", "--unit", role.unit, "--output", "cat", "--lines", "50").splitlines()
        except SetupFailed:
            said = []
        marks = (f"{role.program}: ", "the program ends: ")
        reasons = [line.partition(mark)[2] for line in said for mark in marks if mark in line]
        text = reasons[-1] if reasons else str(error)
        raise SetupFailed(f"{role.unit} does not start: {text}; all of it: journalctl -u {role.unit}") from None


def remove(host: Host, role: Role, *, purge: bool) -> Iterator[str]:
    """
    Undo what L{setUp} did.

    @param purge: remove also the configuration, the keys and everything else that the program kept.
    @return: what was done, a line each.
    @raise SetupFailed: if something cannot be removed.
    """
    isPackaged = host.read(f"{PACKAGED}/{role.unit}") is not None
    if isPackaged or host.read(f"{UNITS}/{role.unit}") is not None:
        if host.hasSystemd:
            host.run("systemctl", "disable", "--quiet", "--now", role.unit)
        host.remove(f"{UNITS}/{role.unit}")
        if role is NODE:
            forgetPackets(host)
        if host.hasSystemd:
            host.run("systemctl", "daemon-reload")
        yield f"{role.unit}: stopped and {'disabled' if isPackaged else 'removed'}"
    if role is NODE:
        host.remove(RULE_PATH)
    kept = [role.configuration, f"{STATE}/{role.name}", *([INVITATION] if role.name == "node" else [])]
    if not purge:
        there = [each for each in kept if os.path.lexists(host.path(each))]
        if there:
            yield f"kept: {', '.join(there)}; --purge removes these too"
        return
    for each in kept:
        if host.remove(each):
            yield f"{each}: removed"
    if isPackaged:  # the configuration as it came, and the user, go with the package
        host.write(role.configuration, BEGINNING[role.name])
    elif not any(host.read(f"{UNITS}/{other.unit}") for other in ROLES.values()) and host.hasUser(USER):
        host.remove(_RUNTIME)
        for each in (STATE, CONFIGURATIONS):
            host.removeEmpty(each)
        host.run("userdel", USER)
        yield f"the user {USER}: removed"


def checkReachable(twistd: Path) -> None:
    """
    Check that a service can run an installation.

    @raise SetupFailed: if it, or its Python, is in a directory that only one user may enter, or a unit cannot name it.
    """
    if not os.access(twistd, os.X_OK):
        raise SetupFailed(f"there is no {twistd}: install wandaemon with pip, and run the wand of that installation")
    if any(each.isspace() or each in "%$\"'\\" for each in str(twistd)):
        raise SetupFailed(f"the unit of a service cannot name {twistd}; {_ELSEWHERE}")
    needed = [each.resolve() for each in (twistd, twistd.with_name("python3")) if each.exists()]
    parents = (parent for each in needed for parent in each.parents)
    closed = next((each for each in parents if not each.stat().st_mode & 0o001), None)
    if closed is not None:
        raise SetupFailed(f"the user {USER} may not enter {closed}, where this installation is; {_ELSEWHERE}")


def shown(role: Role, twistd: Path) -> str:
    """
    What L{setUp} would write, to be read.
    """
    parts = [(role.configuration, BEGINNING[role.name]), (f"{UNITS}/{role.unit}", unitOf(role, twistd))]
    if role is NODE:
        parts.append((RULE_PATH, RULE))
    files = "\n".join(f"# {path}\n{text}" for path, text in parts)
    return f"# {' '.join(useradd())}\n\n{files}"
