"""
What an existing interface is that keeps a tap from being opened.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
from typing import Any, Final

_PLACES: Final = "/usr/sbin:/sbin:/usr/bin:/bin"

#: Seconds that the system's program has to finish.
_COMMAND_PATIENCE: Final = 5


def presentAdvice(interface: str) -> str:
    """
    What is wrong with the interface of this name, and what to do; empty if it does not exist, or nothing wrong shows.
    """
    link = _shown(interface)
    return adviceFor(interface, link, os.geteuid()) if link else ""


def adviceFor(interface: str, link: dict[str, Any], user: int) -> str:
    """
    Judge an interface.

    @param link: what C{ip -details -json link show} says of it.
    @param user: the number of the user that wants to open it.
    """
    advice = f"run ip link delete {interface}, and the driver makes it again when the program starts"
    kind = link.get("linkinfo") or {}
    data = kind.get("info_data") or {}
    if kind.get("info_kind") != "tun":
        what = kind.get("info_kind") or link.get("link_type") or "something else"
        return f"an interface of this name exists that is not a tap ({what}); choose another name"
    if data.get("type") != "tap":
        return f"a tun interface of this name exists, which carries IP packets and no frames: {advice}"
    if data.get("multi_queue"):
        return f"somebody made it with multi_queue, and this program uses one queue: {advice} (or make it without that)"
    owner = _number(data.get("user"))
    if user and owner is not None and owner != user:
        return f"it belongs to the user {data['user']} and not to this one: {advice}, or make it for this user"
    return ""


def _shown(interface: str) -> dict[str, Any] | None:
    program = shutil.which("ip", path=_PLACES)
    if program is None:
        return None
    try:
        command = [program, "-details", "-json", "link", "show", "dev", interface]
        said = subprocess.run(command, capture_output=True, timeout=_COMMAND_PATIENCE, check=True).stdout
        links = json.loads(said)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return links[0] if isinstance(links, list) and links and isinstance(links[0], dict) else None


def _number(user: object) -> int | None:
    """
    The number of a user, which C{ip} shows by name where it can.
    """
    if isinstance(user, int):
        return user
    try:
        return pwd.getpwnam(str(user)).pw_uid if user else None
    except KeyError:
        return None
