"""
Tests for L{wand.setup.service}, on a host that is a directory and writes down which commands it was given.
"""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from wand.setup.host import Host, SetupFailed, execute
from wand.setup.packet_rights import DROP_IN, DROP_IN_PATH
from wand.setup.resolver_rule import PACKAGED_RULE, RULE, RULE_PATH
from wand.setup.service import BEGINNING, checkReachable, configure, remove, setUp, shown
from wand.setup.units import NODE, ROLES, SERVER, Role, unitOf

UNIT = "/etc/systemd/system/wand-node.service"


class FakeHost(Host):
    """
    A host that runs nothing, and gives files to nobody.
    """

    def give(self, descriptor: int, user: str) -> None:
        """
        See L{Host.give}.
        """
        assert stat.S_IMODE(os.fstat(descriptor).st_mode) == 0o600
        self.run("chown", user, str(os.fstat(descriptor).st_size))


@pytest.fixture
def ran() -> list[str]:
    """
    The commands that the host was given.
    """
    return []


@pytest.fixture
def failing() -> tuple[str, ...]:
    """
    The beginning of the commands that fail.
    """
    return ()


@pytest.fixture
def said() -> str:
    """
    What the program wrote to its log before it ended.
    """
    return "wand-node: the port is taken"


@pytest.fixture
def host(tmp_path: Path, ran: list[str], failing: tuple[str, ...], said: str) -> Host:
    """
    A host with systemd, on which nothing was set up.
    """
    root = tmp_path / "host"
    (root / "run/systemd/system").mkdir(parents=True)
    (root / "etc").mkdir()
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/bash\n")

    def run(*command: str) -> str:
        if command[0] == "journalctl":
            return f"the log\n{said}\n"
        if command[:2] == failing:
            raise SetupFailed("systemctl failed")
        ran.append(" ".join(command))
        if command[0] == "useradd":
            with (root / "etc/passwd").open("a") as users:
                users.write("wand:x:999:999::/var/lib/wand:/usr/sbin/nologin\n")
        return ""

    return FakeHost(root, run)


@pytest.fixture
def twistd(tmp_path: Path) -> Path:
    """
    A program that everybody may run.
    """
    for each in (tmp_path, *tmp_path.parents):
        if not each.stat().st_mode & 0o001:
            each.chmod(each.stat().st_mode | 0o001)
    path = tmp_path / "twistd"
    path.touch(0o755)
    return path


def test_fromNothing(host: Host, twistd: Path, ran: list[str]) -> None:
    """
    A user, a configuration, the invitation for that user alone, and a unit that is enabled and started.
    """
    said = list(setUp(host, NODE, twistd, "wand-token\n\n"))
    assert (host.read("/etc/wand/node.toml") or "").endswith('join-file = "/etc/wand/invitation"\n')
    assert host.read("/etc/wand/invitation") == "wand-token\n"
    assert host.path("/etc/wand/invitation").stat().st_mode & 0o777 == 0o600
    assert f"ExecStart={twistd} -n --pidfile= wand-node" in (host.read(UNIT) or "")
    assert [each.split()[0] for each in ran] == ["useradd", "chown", "systemctl", "systemctl", "systemctl"]
    assert ran[2:] == [
        "systemctl daemon-reload",
        "systemctl enable --quiet wand-node.service",
        "systemctl restart wand-node.service",
    ]
    assert said[-1] == "wand-node.service: runs, and starts with the host"


def test_umask(host: Host, twistd: Path) -> None:
    """
    Whatever the umask of root, the program can enter the directory of its configuration, and read it.
    """
    before = os.umask(0o077)
    try:
        list(setUp(host, NODE, twistd))
    finally:
        os.umask(before)
    assert host.path("/etc/wand").stat().st_mode & 0o777 == 0o755
    assert host.path("/etc/wand/node.toml").stat().st_mode & 0o777 == 0o644


def test_anInvitationThatIsNotGiven(tmp_path: Path) -> None:
    """
    An invitation that cannot be given to its user is nowhere.
    """
    with pytest.raises(SetupFailed, match="cannot be given to no-such-user"):
        Host(tmp_path).write("/etc/wand/invitation", "wand-token\n", 0o600, "no-such-user")
    assert list((tmp_path / "etc/wand").iterdir()) == []


def test_aConfigurationThatNamesNoInvitation(host: Host, twistd: Path) -> None:
    """
    If the configuration that is kept does not lead to the invitation, the operator is told what to add.
    """
    list(setUp(host, NODE, twistd))
    host.write("/etc/wand/node.toml", "mtu = 1400\n")
    said = list(setUp(host, NODE, twistd, "wand-token"))
    assert 'add join-file = "/etc/wand/invitation"' in "".join(said)
    host.write("/etc/wand/node.toml", 'join-file = "/etc/wand/invitation"\n')
    assert "add join-file" not in "".join(setUp(host, NODE, twistd, "wand-token"))


def test_whatIsSaidWithoutSystemd(host: Host) -> None:
    """
    Where no systemd runs, nobody is told to restart one of its services.
    """
    host.write(SERVER.configuration, "port = 44445\n")
    host.path("/run/systemd/system").rmdir()
    [_, said] = configure(host, SERVER, {"network": "lab"})
    assert said.endswith('add network = "lab", and restart the server if it runs: wand stop, and start it again')


def test_again(host: Host, twistd: Path, ran: list[str]) -> None:
    """
    Done again, it keeps what the operator changed, makes no second user, and disturbs no program that runs.
    """
    list(setUp(host, NODE, twistd))
    host.write("/etc/wand/node.toml", "mtu = 1400\n")
    ran.clear()
    assert "/etc/wand/node.toml: kept as it is" in list(setUp(host, NODE, twistd))
    assert host.read("/etc/wand/node.toml") == "mtu = 1400\n"
    assert ran == ["systemctl enable --quiet wand-node.service", "systemctl start wand-node.service"]


def test_upgraded(host: Host, twistd: Path, ran: list[str]) -> None:
    """
    A unit that another version wrote is written anew, and the program started again.
    """
    list(setUp(host, NODE, twistd))
    host.write(UNIT, "[Unit]\nDescription=of old\n")
    ran.clear()
    assert f"{UNIT}: written anew" in list(setUp(host, NODE, twistd))
    assert ran[0] == "systemctl daemon-reload"
    assert ran[-1] == "systemctl restart wand-node.service"


@pytest.mark.parametrize(
    "said", ["wand-node: the port is taken", "[wand#critical] the program ends: the port is taken"]
)
@pytest.mark.parametrize("failing", [("systemctl", "start")])
def test_doesNotStart(host: Host, twistd: Path) -> None:
    """
    What the program itself says is the reason that the operator reads.
    """
    with pytest.raises(SetupFailed, match="does not start: the port is taken; all of it: journalctl"):
        list(setUp(host, NODE, twistd))


@pytest.mark.parametrize("failing", [("systemctl", "start")])
def test_doesNotStartAndNobodyLogs(host: Host, twistd: Path) -> None:
    """
    Where there is no log to be read, the reason is what systemd says.
    """

    def silent(*command: str) -> str:
        if command[0] == "journalctl":
            raise SetupFailed("journalctl cannot be run")
        return host.run(*command)

    with pytest.raises(SetupFailed, match="does not start: systemctl failed"):
        list(setUp(FakeHost(host.root, silent), NODE, twistd))


def test_whatCommandsSayMayBeAnything() -> None:
    """
    A log has octets that are no text.
    """
    assert execute("printf", "\\377 it").endswith(" it")


def test_withoutSystemd(tmp_path: Path, twistd: Path) -> None:
    """
    A host without systemd is left alone, and the operator is told where to look.
    """
    host = FakeHost(tmp_path, lambda *command: pytest.fail(str(command)))
    with pytest.raises(SetupFailed, match="wand setup node --print"):
        list(setUp(host, NODE, twistd))


def test_removed(host: Host, twistd: Path, ran: list[str]) -> None:
    """
    The service goes and what it kept stays, until somebody wants that to go as well; the user goes with the last.
    """
    for role in ROLES.values():
        list(setUp(host, role, twistd))
    host.path("/var/lib/wand/node").mkdir(parents=True)
    ran.clear()
    said = list(remove(host, NODE, purge=False))
    assert said[0] == "wand-node.service: stopped and removed"
    assert "kept: /etc/wand/node.toml, /var/lib/wand/node" in said[1]
    assert ran == ["systemctl disable --quiet --now wand-node.service", "systemctl daemon-reload"]
    assert "/var/lib/wand/node: removed" in list(remove(host, NODE, purge=True))
    assert "userdel wand" not in ran
    host.path("/run/wand").mkdir()
    host.path("/run/wand/server.sock").touch()
    list(remove(host, SERVER, purge=True))
    assert ran[-1] == "userdel wand"
    for each in ("/etc/wand", "/var/lib/wand", "/run/wand"):
        assert not host.path(each).exists()


def test_whatOthersPutThereStays(host: Host, twistd: Path) -> None:
    """
    A directory goes only if nothing of somebody else's is in it; and a link goes, and what it leads to stays.
    """
    list(setUp(host, NODE, twistd))
    host.write("/etc/wand/hooks.d/admit/own", "theirs")
    host.path("/srv").mkdir()
    host.path("/var/lib/wand").mkdir(parents=True)
    host.path("/var/lib/wand/node").symlink_to(host.path("/nowhere"))
    list(remove(host, NODE, purge=True))
    assert host.read("/etc/wand/hooks.d/admit/own") == "theirs"
    assert not host.path("/var/lib/wand/node").is_symlink()


def test_removedTwice(host: Host) -> None:
    """
    Removing what is not there does nothing.
    """
    assert list(remove(host, NODE, purge=False)) == []


def test_closedDirectory(tmp_path: Path, twistd: Path) -> None:
    """
    An installation in somebody's own directory cannot be a service; the error says where to put it.
    """
    with pytest.raises(SetupFailed, match="there is no"):
        checkReachable(tmp_path / "nothing")
    own = tmp_path / "own"
    own.mkdir(mode=0o700)
    (own / "twistd").touch(0o755)
    with pytest.raises(SetupFailed, match="python3 -m venv /opt/wand"):
        checkReachable(own / "twistd")
    checkReachable(twistd)
    (own / "python3").touch(0o755)
    twistd.with_name("python3").symlink_to(own / "python3")
    with pytest.raises(SetupFailed, match=f"may not enter {own}"):
        checkReachable(twistd)


def test_pathsThatUnitsCannotName(twistd: Path) -> None:
    """
    What systemd would read as something else than the path is refused beforehand.
    """
    for name in ("a place", "100%"):
        place = twistd.parent / name
        place.mkdir()
        (place / "twistd").touch(0o755)
        with pytest.raises(SetupFailed, match="the unit of a service cannot name"):
            checkReachable(place / "twistd")


@pytest.mark.parametrize(
    ("role", "more"), [(NODE, ""), (NODE, DROP_IN), (SERVER, "")], ids=["node", "node with packets", "server"]
)
def test_unitsAreHardened(role: Role, more: str, tmp_path: Path) -> None:
    """
    systemd calls the exposure of the units less than 2 of 10, also with what some drivers need besides.
    """
    (tmp_path / role.unit).write_text(unitOf(role, Path("/opt/wand/bin/twistd")) + more)
    checked = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(tmp_path / role.unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("role", ROLES.values(), ids=[*ROLES])
def test_unitsAreUnderstood(role: Role, tmp_path: Path) -> None:
    """
    systemd has nothing to say against the units.
    """
    text = unitOf(role, Path(sys.executable)).replace("Documentation=man:wand(1)\n", "")
    (tmp_path / role.unit).write_text(text)
    checked = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / role.unit)], capture_output=True, text=True, check=False
    )
    assert checked.stderr == ""


def test_homesCanBeRead() -> None:
    """
    A unit whose program is in somebody's home sees homes, and changes nothing there.
    """
    assert "ProtectHome=read-only" in unitOf(NODE, Path("/home/alice/wand/bin/twistd"))
    assert "ProtectHome=yes" in unitOf(NODE, Path("/opt/wand/bin/twistd"))


def test_shown(twistd: Path) -> None:
    """
    What would be written can be read before.
    """
    text = shown(SERVER, twistd)
    assert "# /etc/wand/server.toml" in text
    assert "# /etc/systemd/system/wand-server.service" in text
    assert "useradd --system" in text


def test_theRuleForNames(host: Host, twistd: Path) -> None:
    """
    A node may tell systemd-resolved where names are answered, by a rule for its user alone: written once, not where the
    package has it, and removed with the node.  A server has no names.
    """
    list(setUp(host, SERVER, twistd))
    assert host.read(RULE_PATH) is None
    assert f"{RULE_PATH}: written" in list(setUp(host, NODE, twistd))
    assert host.read(RULE_PATH) == RULE
    assert not any(RULE_PATH in each for each in setUp(host, NODE, twistd))
    host.write(RULE_PATH, "// of an earlier release")
    assert f"{RULE_PATH}: written anew" in list(setUp(host, NODE, twistd))
    host.write(PACKAGED_RULE, RULE)
    assert f"{RULE_PATH}: removed, since the package has one" in list(setUp(host, NODE, twistd))
    list(setUp(host, NODE, twistd))
    assert host.read(RULE_PATH) is None
    host.remove(PACKAGED_RULE)
    list(setUp(host, NODE, twistd))
    list(remove(host, NODE, purge=False))
    assert host.read(RULE_PATH) is None
    assert RULE in shown(NODE, twistd) and RULE not in shown(SERVER, twistd)


def test_driversThatHearPackets(host: Host, twistd: Path, ran: list[str]) -> None:
    """
    A node whose driver works with packet sockets may have them; one with another driver may not, any more.
    """
    list(setUp(host, NODE, twistd))
    assert host.read(DROP_IN_PATH) is None
    host.write(NODE.configuration, 'driver = "afpacket"')
    ran.clear()
    assert f"{DROP_IN_PATH}: written, since the driver needs it" in list(setUp(host, NODE, twistd))
    assert (ran[0], ran[-1]) == ("systemctl daemon-reload", "systemctl restart wand-node.service")
    ran.clear()
    assert not any(DROP_IN_PATH in each for each in setUp(host, NODE, twistd))
    assert ran[-1] == "systemctl start wand-node.service"
    host.write(NODE.configuration, 'driver = "tuntap"')
    assert f"{DROP_IN_PATH}: removed" in list(setUp(host, NODE, twistd))
    host.write(NODE.configuration, 'driver = "vxlan"')
    list(setUp(host, NODE, twistd))
    assert host.read(DROP_IN_PATH) == DROP_IN
    list(remove(host, NODE, purge=False))
    assert not host.path(DROP_IN_PATH).parent.exists()


def packaged(host: Host, twistd: Path) -> None:
    host.write("/lib/systemd/system/wand-node.service", unitOf(NODE, twistd))


def test_thePackageHasTheUnit(host: Host, twistd: Path, ran: list[str]) -> None:
    """
    Where a package of this installation has the unit, that one is enabled and none is written.
    """
    packaged(host, twistd)
    list(setUp(host, NODE, twistd))
    assert host.read(UNIT) is None
    assert ran[1:] == ["systemctl enable --quiet wand-node.service", "systemctl start wand-node.service"]


def test_thePackageCameLater(host: Host, twistd: Path) -> None:
    """
    A unit from before the package would win for ever, so it goes.
    """
    list(setUp(host, NODE, twistd))
    packaged(host, twistd)
    assert f"{UNIT}: removed, since the package has one" in list(setUp(host, NODE, twistd))
    assert host.read(UNIT) is None


def test_anotherInstallationThanThePackages(host: Host, twistd: Path) -> None:
    """
    An installation elsewhere writes a unit of its own, which wins.
    """
    packaged(host, Path("/opt/wand/bin/twistd"))
    list(setUp(host, NODE, twistd))
    assert host.read(UNIT) == unitOf(NODE, twistd)


def test_removedWhileThePackageStays(host: Host, twistd: Path, ran: list[str]) -> None:
    """
    What belongs to the package stays: its unit, its user, and its configuration as it came.
    """
    packaged(host, twistd)
    list(setUp(host, NODE, twistd, "wand-token"))
    host.write("/etc/wand/node.toml", "mtu = 1400\n")
    ran.clear()
    said = list(remove(host, NODE, purge=True))
    assert said[0] == "wand-node.service: stopped and disabled"
    assert ran == ["systemctl disable --quiet --now wand-node.service", "systemctl daemon-reload"]
    assert host.read("/etc/wand/invitation") is None
    assert (host.read("/etc/wand/node.toml") or "").endswith('join-file = "/etc/wand/invitation"\n')
    assert host.hasUser("wand")


def test_settings(host: Host, twistd: Path) -> None:
    """
    What a new configuration is to say is in it, also if a package brought one that says nothing yet; what somebody
    wrote is kept, and what it lacks is said.
    """
    host.write(SERVER.configuration, BEGINNING["server"])
    said = [*setUp(host, SERVER, twistd, settings={"network": "lab", "public": ["wand.example.net:44444"]})]
    assert f"{SERVER.configuration}: written" in said
    written = tomllib.loads(host.read(SERVER.configuration) or "")
    assert written == {"network": "lab", "public": ["wand.example.net:44444"]}
    said = [*setUp(host, SERVER, twistd, settings={"network": "other"})]
    line = 'add network = "other", and restart wand-server.service'
    assert said[:2] == [f"{SERVER.configuration}: kept as it is", f"{SERVER.configuration} does not say it: {line}"]
