"""
Who can have a lab: root and, where the kernel lets users have namespaces of their own, everybody.
"""

from __future__ import annotations

import os
import shutil
import sys
from typing import Final

from wand.errors import WandError
from wand.lab.commands import CommandFailed, environment, execute
from wand.lab.network import Host, Lab

_INSIDE: Final = "WAND_LAB_INSIDE"


class LabUnavailable(WandError):
    """
    This machine or this user cannot have a lab.
    """


def unusable() -> str | None:
    """
    Why this process cannot have a lab with tap devices; C{None} if it can.  It makes one to find out.
    """
    if sys.platform != "linux":
        return "network namespaces exist on Linux only"
    if os.geteuid():
        return "only root can make network namespaces"
    if shutil.which("ip", path=environment()["PATH"]) is None:
        return "there is no `ip` command; install it with: apt install iproute2"
    host: Host | None = None
    try:
        with Lab() as lab:
            host = lab.host("probe")
            host.run("ip", "tuntap", "add", "dev", "probe", "mode", "tap")
    except CommandFailed as error:
        return f"{'network namespaces' if host is None else 'tap devices'} cannot be made ({error.output or error})"
    except OSError as error:
        return f"the files of a lab cannot be made ({error})"
    return None


def asRoot() -> None:
    """
    Make sure that this process can have a lab: return if it can, else become root of namespaces of our own
    (user_namespaces(7)) by running this program once more in there, with the same arguments.

    @raise LabUnavailable: if neither is possible, with the reason.
    """
    reason = unusable()
    if reason is None:
        return
    if _INSIDE not in os.environ:
        os.environ[_INSIDE] = "1"
        probe = (sys.executable, "-c", "import sys, wand.lab; sys.exit(wand.lab.unusable())")
        try:
            execute(*_unshared(*probe))
            os.execvpe("unshare", _unshared(sys.executable, *sys.orig_argv[1:]), environment())
        except CommandFailed as error:
            reason = f"{reason}; and in a user namespace: {error.output or error}"
    raise LabUnavailable(reason)


def _unshared(*arguments: str) -> list[str]:
    script = 'mount -t tmpfs tmpfs /run && mkdir /run/netns && exec "$@"'
    return ["unshare", "--user", "--map-root-user", "--net", "--mount", "sh", "-c", script, "sh", *arguments]


def entrance() -> str:
    """
    What a person types before a command to run it in the namespaces of this process; empty if those are the machine's.
    """
    if _INSIDE not in os.environ:
        return ""
    return f"nsenter --target {os.getpid()} --user --mount --net --preserve-credentials "
