"""
The units of systemd for our programs; see systemd.service(5) and systemd.exec(5).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import attrs

#: Who the programs run as.
USER: Final = "wand"

#: Where units are that an administrator has, which win; those of packages; and where configurations are.
UNITS: Final = "/etc/systemd/system"
PACKAGED: Final = "/lib/systemd/system"
CONFIGURATIONS: Final = "/etc/wand"

#: Below these no program is visible to a unit with C{ProtectHome=yes}.
_HOMES: Final = ("/home", "/root", "/run/user")


@attrs.frozen
class Role:
    """
    A program that can be a service.

    @ivar name: C{node} or C{server}.
    @ivar about: what it is, for people.
    @ivar capabilities: what it may do that users may not.
    @ivar devices: the devices that it may open.
    @ivar calls: groups of system calls that it needs besides those of every service.
    """

    name: str
    about: str
    capabilities: str = ""
    devices: tuple[str, ...] = ()
    calls: str = ""

    @property
    def program(self) -> str:
        """
        What C{twistd} calls it, and the name of its unit.
        """
        return f"wand-{self.name}"

    @property
    def unit(self) -> str:
        """
        The name of its unit's file.
        """
        return f"{self.program}.service"

    @property
    def configuration(self) -> str:
        """
        The path of its configuration.
        """
        return f"{CONFIGURATIONS}/{self.name}.toml"


NODE: Final = Role("node", "Node of a WanDaemon network", "CAP_NET_ADMIN", ("/dev/net/tun rw",))
SERVER: Final = Role("server", "Server of a WanDaemon network")

#: By their names.
ROLES: Final = {role.name: role for role in (NODE, SERVER)}

_UNIT: Final = """\
[Unit]
Description={role.about}
Documentation=man:wand(1)
Wants=network-online.target
After=network-online.target

[Service]
Type=notify
NotifyAccess=main
WatchdogSec=60
ExecStart={twistd} -n --pidfile= {role.program} --config {role.configuration}
ExecReload=/bin/kill -HUP $MAINPID
User={user}
Group={user}
{capabilities}RuntimeDirectory=wand
RuntimeDirectoryMode=0750
RuntimeDirectoryPreserve=yes
StateDirectory=wand/{role.name}
StateDirectoryMode=0700
Restart=on-failure
RestartSec=5
UMask=0077

NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome={home}
PrivateTmp=yes
{devices}ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProcSubset={proc}
RemoveIPC=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallFilter=@chown
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"""


def unitOf(role: Role, twistd: Path) -> str:
    """
    The unit of a program.

    @param twistd: the C{twistd} of the installation that is to run.
    """
    return _UNIT.format(
        role=role,
        twistd=twistd,
        user=USER,
        capabilities=_capabilities(role),
        devices=_devices(role),
        home="read-only" if _isInHome(twistd) else "yes",
        proc="all",
    )


def _isInHome(twistd: Path) -> bool:
    """
    Is something of the installation there, such as its Python?
    """
    paths = (twistd, twistd.resolve(), twistd.with_name("python3").resolve())
    return any(each.is_relative_to(home) for each in paths for home in _HOMES)


def _capabilities(role: Role) -> str:
    ambient = f"AmbientCapabilities={role.capabilities}\n" if role.capabilities else ""
    return f"{ambient}CapabilityBoundingSet={role.capabilities}\n"


def _devices(role: Role) -> str:
    if not role.devices:
        return "PrivateDevices=yes\n"
    return "DevicePolicy=closed\n" + "".join(f"DeviceAllow={each}\n" for each in role.devices)
