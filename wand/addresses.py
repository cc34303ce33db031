"""
The IP addresses of this host: where others may reach it.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from collections.abc import Callable
from typing import Any, Final

from wand.endpoint import Endpoint

#: How many addresses are told at the most.
LIMIT: Final = 4

#: Seconds after which the system's program is given up.
_PATIENCE: Final = 5


def localEndpoints(
    host: str, port: int, except_: str = "", mayReach: Callable[[str], bool] = lambda host: True
) -> list[str]:
    """
    Where a UDP port of this host can be reached, as far as the host knows.

    @param host: the local address that the port is bound to; C{0.0.0.0} and C{::} stand for all.
    @param except_: an interface that does not count: our own tap.
    @param mayReach: whether datagrams may go to an address; those of the overlay are none.
    """
    found = _addresses(except_) if host in ("0.0.0.0", "::") else [host]
    return [str(Endpoint(each, port)) for each in found if mayReach(each)][:LIMIT]


def _addresses(except_: str) -> list[str]:
    program = shutil.which("ip", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if program is None:  # not Linux: the one that the host's name has
        return [str(each[4][0]) for each in _named()]
    try:
        said = subprocess.run(
            [program, "-json", "address", "show", "up", "scope", "global"],
            capture_output=True,
            timeout=_PATIENCE,
            check=True,
        ).stdout
        links = json.loads(said or b"[]")
    except (OSError, subprocess.SubprocessError, ValueError):
        return []
    return [
        address["local"]
        for link in links
        if link.get("ifname") != except_
        for address in link.get("addr_info", ())
        if "local" in address and not address.get("temporary") and not address.get("deprecated")
    ]


def _named() -> list[tuple[Any, ...]]:
    try:
        return list(socket.getaddrinfo(socket.gethostname(), None, type=socket.SOCK_DGRAM))
    except OSError:
        return []
