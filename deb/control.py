"""
What dpkg is told about the package: deb-control(5), deb-conffiles(5), and the scripts that it runs.
"""

from __future__ import annotations

from typing import Final

from wand.setup.host import execute
from wand.setup.service import BEGINNING, STATE, useradd
from wand.setup.units import CONFIGURATIONS, ROLES, USER
from wand.version import __version__

NAME: Final = "wandaemon"

#: Who answers for the package: here nobody in particular, at an address that cannot exist (RFC 2606).  Whoever hands it
#: on to others puts a name and an address here.
MAINTAINER: Final = "The wandaemon project <wandaemon@wandaemon.invalid>"

_UNITS: Final = " ".join(role.unit for role in ROLES.values())

_CONTROL: Final = """\
Package: {name}
Version: {version}
Architecture: {architecture}
Maintainer: {maintainer}
Installed-Size: {size}
Depends: python3 (>= {python}), python3 (<< {python}.99), libc6 (>= 2.34), iproute2, passwd
Recommends: systemd
Suggests: systemd-resolved, libnss-resolve, polkitd
Section: net
Priority: optional
Description: multipoint Ethernet VPN
 Every node has one virtual Ethernet port, and a frame that is written to it
 comes out at the node that owns its destination address, wherever on the
 Internet that node is. Frames go from node to node, encrypted.
 .
 This package has its own installation of everything that it needs, in
 /opt/wand, but for Python itself. "wand setup node" and "wand setup server"
 make it a service.
"""

_POSTINST: Final = """\
#!/bin/sh
# Nothing is started that has no network yet: wand setup does that.
set -e
if [ "$1" = configure ]; then
    getent passwd {user} >/dev/null || {useradd}
    if [ -d /run/systemd/system ]; then
        systemctl daemon-reload
        [ -z "$2" ] || systemctl try-restart {units} || true
    fi
fi
"""

_PRERM: Final = """\
#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
    systemctl disable --quiet --now {units}
fi
"""

_POSTRM: Final = """\
#!/bin/sh
# A purge removes the keys as well: this host is a member no longer.
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
    systemctl daemon-reload
fi
if [ "$1" = purge ]; then
    rm -rf {state} /run/wand {configurations}/invitation
    rmdir --ignore-fail-on-non-empty {configurations} 2>/dev/null || true
    ! getent passwd {user} >/dev/null || userdel {user}
fi
"""

_CHANGELOG: Final = """\
{name} ({version}) unstable; urgency=medium

  * What is new is in CHANGELOG.md of the sources.

 -- {maintainer}  {date}
"""

#: Why lintian is wrong here, by its tags.
_OVERRIDES: Final = {
    "dir-or-file-in-opt": "a whole installation, apart from Debian's: what it needs is newer than what Debian has",
    "package-installs-python-pycache-dir": "Debian's hooks do not compile in /opt, and services may not write there",
    "unstripped-binary-or-object": "as its authors publish it, so that its checksum can be compared",
    "embedded-library": "as its authors publish it; Debian's is older",
    "unusual-interpreter": "the one of this installation",
    "script-not-executable": "a module that begins with #!, as its authors publish it",
    "initial-upload-closes-no-bugs": "not uploaded to Debian",
    "maintainer-script-calls-systemctl": "wand setup enables and disables, and not the package",
}


def versionOf(revision: int) -> str:
    """
    The version of the package: one under development comes before the release, see deb-version(7).
    """
    return f"{__version__.replace('.dev', '~dev')}-{revision}"


def members(revision: int, size: int, python: str, architecture: str) -> dict[str, str]:
    """
    The files of the part for dpkg.

    @param size: of what is installed, in KiB.
    @param python: the version of Python that it is for, such as C{3.11}.
    """
    words = {
        "user": USER,
        "useradd": " ".join(useradd()),
        "units": _UNITS,
        "state": STATE,
        "configurations": CONFIGURATIONS,
    }
    return {
        "control": _CONTROL.format(
            name=NAME,
            version=versionOf(revision),
            architecture=architecture,
            maintainer=MAINTAINER,
            size=size,
            python=python,
        ),
        "conffiles": "".join(f"{role.configuration}\n" for role in ROLES.values()),
        "postinst": _POSTINST.format(**words),
        "prerm": _PRERM.format(**words),
        "postrm": _POSTRM.format(**words),
    }


def changelog(revision: int, epoch: int) -> str:
    """
    The changelog that Debian wants.

    @param epoch: when it was built, in seconds.
    """
    date = execute("date", "--utc", "--rfc-email", f"--date=@{epoch}").strip()
    return _CHANGELOG.format(name=NAME, version=versionOf(revision), maintainer=MAINTAINER, date=date)


def configurations() -> dict[str, str]:
    """
    The configurations that come with the package, by their paths.
    """
    return {role.configuration: BEGINNING[name] for name, role in ROLES.items()}


def overrides() -> str:
    """
    What lintian shall not complain about, with reasons.
    """
    return "".join(f"# {reason}\n{NAME}: {tag} *\n" for tag, reason in _OVERRIDES.items())
