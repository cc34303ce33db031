"""
What the service of a node may do besides where its driver works with packet sockets, see packet(7): a drop-in for its
unit, see systemd.unit(5).
"""

from __future__ import annotations

import tomllib
from typing import Final

from wand.setup.host import Host
from wand.setup.units import NODE, UNITS

#: The drivers that do.
DRIVERS: Final = ("afpacket", "vxlan")

DROP_IN_PATH: Final = f"{UNITS}/{NODE.unit}.d/packets.conf"
#: They need no device for it, so these go.
DROP_IN: Final = """\
[Service]
AmbientCapabilities=CAP_NET_RAW
CapabilityBoundingSet=CAP_NET_RAW
RestrictAddressFamilies=AF_PACKET
DeviceAllow=
PrivateDevices=yes
PrivateMounts=yes
"""


def letHearPackets(host: Host) -> str:
    """
    Write the drop-in if the node's configuration has such a driver, and remove it if it has none.

    @return: what was done, in a line; empty if there was nothing to do.
    @raise wand.setup.host.SetupFailed: if that fails.
    """
    before, isWanted = host.read(DROP_IN_PATH), _driverOf(host.read(NODE.configuration) or "") in DRIVERS
    if isWanted and before is None:
        host.write(DROP_IN_PATH, DROP_IN)
    elif not isWanted and before == DROP_IN:
        forgetPackets(host)
    else:
        return ""  # as it should be, or somebody changed it
    host.run("systemctl", "daemon-reload")
    return f"{DROP_IN_PATH}: {'written, since the driver needs it' if isWanted else 'removed'}"


def forgetPackets(host: Host) -> None:
    """
    Remove the drop-in.
    """
    host.remove(DROP_IN_PATH)
    host.removeEmpty(DROP_IN_PATH.rpartition("/")[0])


def _driverOf(configuration: str) -> object:
    try:
        return tomllib.loads(configuration).get("driver")
    except ValueError:  # which the program says better
        return None
