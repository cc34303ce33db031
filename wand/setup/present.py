"""
Which of our programs a host was set up for, whether or not they run: by configurations, units and states.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from wand.setup.host import Host, SetupFailed
from wand.setup.service import BEGINNING, STATE
from wand.setup.units import PACKAGED, ROLES, UNITS, Role


def presentRoles(host: Host) -> list[Role]:
    """
    The programs that this host was set up for.
    """
    return [each for each in ROLES.values() if _isPresent(host, each)]


def advice(host: Host, roles: Sequence[Role]) -> str:
    """
    How programs are started that a host was set up for and that do not run.
    """
    named = " and ".join(f"a {each.name}" for each in roles)
    isOne = len(roles) == 1
    said = f"{'was' if isOne else 'were'} set up here and {'does' if isOne else 'do'} not run"
    units = [each.unit.removesuffix(".service") for each in roles if _hasUnit(host, each)]
    if host.hasSystemd and len(units) == len(roles):
        how = f"systemctl start {' '.join(units)} (journalctl -u {units[0]} says why it ended)"
    else:
        how = " and ".join(f"twistd --pidfile= {each.program}" for each in roles)
    return f"{named} {said}: start {'it' if isOne else 'them'} with {how}"


def _isPresent(host: Host, role: Role) -> bool:
    """
    Was this host set up for it?  What the package alone brings, a unit and an empty configuration, does not count.
    """
    if any(os.path.lexists(host.path(each)) for each in (f"{STATE}/{role.name}", f"{UNITS}/{role.unit}")):
        return True
    try:
        said = host.read(role.configuration)
    except SetupFailed:  # not for us to read, but somebody wrote it
        return True
    return said not in (None, BEGINNING[role.name])


def _hasUnit(host: Host, role: Role) -> bool:
    return any(os.path.lexists(host.path(f"{each}/{role.unit}")) for each in (UNITS, PACKAGED))
