"""
Tests for what C{wand doctor} looks at on a machine: here, a directory and the answers of its commands.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from wand.doctor import machine_checks as checks
from wand.doctor.findings import BAD, GOOD, UNKNOWN, WARNING, Finding
from wand.doctor.firewall_checks import checkFirewall
from wand.doctor.machine import Machine, told
from wand.doctor.prefix_checks import checkPrefix
from wand.host.routes import Route, alternative

STATE = "/var/lib/wand/node"

Build = Callable[..., Machine]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """
    Makes a machine of files, by their paths, and of what commands say, by their first words.
    """

    def made(files: Mapping[str, str] | None = None, says: Mapping[str, str] | None = None) -> Machine:
        for name, text in (files or {}).items():
            path = tmp_path / name.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

        def ask(*command: str) -> str | None:
            words = " ".join(command)
            return next((text for known, text in (says or {}).items() if words.startswith(known)), None)

        return Machine(tmp_path, ask)

    return made


def test_versions(build: Build) -> None:
    """
    All versions are in one line, as people paste it into a report.
    """
    found = checks.checkVersions(build({"/proc/sys/kernel/osrelease": "6.1.0-made-up\n"}))
    assert found.verdict == GOOD
    assert "Linux 6.1.0-made-up" in found.text
    assert "OpenSSL" in found.text


@pytest.mark.parametrize(
    ("says", "verdict"),
    [
        ({"timedatectl show": "yes\n"}, GOOD),
        ({"timedatectl show": "no\n"}, WARNING),
        ({"chronyc tracking": "Leap status     : Normal\n"}, GOOD),
        ({"chronyc tracking": "Leap status     : Not synchronised\n"}, WARNING),
        ({}, UNKNOWN),
    ],
)
def test_clock(build: Build, says: dict[str, str], verdict: str) -> None:
    """
    Somebody has to keep the clock right; where nobody tells, that is not called a fault.
    """
    assert checks.checkClock(build(says=says)).verdict == verdict


def test_tap(build: Build) -> None:
    """
    The device has to be there, and users have to be able to open it.
    """
    machine = build()
    found = checks.checkTun(machine)
    assert (found.verdict, found.repair) == (BAD, "modprobe tun")
    build({"/dev/net/tun": ""})
    machine.path("/dev/net/tun").chmod(0o600)
    assert checks.checkTun(machine).verdict == WARNING
    machine.path("/dev/net/tun").chmod(0o666)
    assert checks.checkTun(machine).verdict == GOOD


@pytest.mark.parametrize(
    ("free", "verdict"), [(10**9, GOOD), (50_000_000, WARNING), (1_000_000, BAD)], ids=["much", "little", "none"]
)
def test_disk(build: Build, monkeypatch: pytest.MonkeyPatch, free: int, verdict: str) -> None:
    """
    A disk that is nearly full is said before it is full, also where the directory is not there yet.
    """

    class Usage:
        def __init__(self, octets: int) -> None:
            self.free = octets

    monkeypatch.setattr(checks.shutil, "disk_usage", lambda path: Usage(free))
    found = checks.checkDisk(build(), STATE)
    assert found.verdict == verdict
    assert bool(found.repair) == (verdict != GOOD)


def test_permissions(build: Build) -> None:
    """
    A state directory has keys, which are nobody else's.
    """
    machine = build()
    assert checks.checkPermissions(machine, STATE).verdict == UNKNOWN
    machine.path(STATE).mkdir(parents=True, mode=0o755)
    machine.path(STATE).chmod(0o755)
    found = checks.checkPermissions(machine, STATE)
    assert (found.verdict, found.repair) == (BAD, f"chmod 700 {STATE}")
    machine.path(STATE).chmod(0o700)
    assert checks.checkPermissions(machine, STATE).verdict == GOOD


@pytest.mark.parametrize(
    ("of", "verdict"),
    [((0, 0), GOOD), ((2, 0), GOOD), ((1, 2), GOOD), ((1, 0), WARNING), ((0, 1), WARNING), ((None, None), UNKNOWN)],
)
def test_reversePaths(build: Build, of: tuple[int | None, int | None], verdict: str) -> None:
    """
    The kernel takes the larger of what is set for all interfaces and for one; 1 is strict.
    """
    names = ("all", "wan0")
    files = {
        f"/proc/sys/net/ipv4/conf/{n}/rp_filter": f"{v}\n" for n, v in zip(names, of, strict=True) if v is not None
    }
    found = checks.checkReversePaths(build(files), "wan0")
    assert found.verdict == verdict
    assert "conf/all" not in found.repair, "what loosens the filter of the other interfaces"
    if found.repair:
        build({"/proc/sys/net/ipv4/conf/wan0/rp_filter": found.repair.partition("conf/wan0/rp_filter=")[2]})
        assert checks.checkReversePaths(build(), "wan0").verdict == GOOD


def test_queues(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Queues that are too short are a fault only for who is not root.
    """
    machine = build({"/proc/sys/net/core/rmem_max": "212992\n"})
    monkeypatch.setattr(checks.os, "geteuid", lambda: 1000)
    assert checks.checkQueues(machine).repair == "sysctl -w net.core.rmem_max=4194304"
    monkeypatch.setattr(checks.os, "geteuid", lambda: 0)
    assert checks.checkQueues(machine).verdict == GOOD


def test_prefix() -> None:
    """
    A route of somebody else's to overlay addresses is named; our own is as it should be.
    """
    ours, theirs = Route(ip_network("10.77.0.0/16"), "wan0"), Route(ip_network("10.77.5.0/24"), "eth1")
    assert checkPrefix("10.77.0.0/16", ("wan0",), lambda: [ours]).verdict == GOOD
    found = checkPrefix("10.77.0.0/16", ("wan0",), lambda: [ours, theirs])
    assert found.verdict == WARNING
    assert "10.77.5.0/24 by eth1" in found.text


def test_aNetworkOfThisHostStays() -> None:
    """
    Nobody is told to remove the route to a network that the host is in, which would cut it off, but which prefix is
    free; one over a router, or to nowhere, may go if nothing needs it.
    """
    prefix = ip_network("10.77.0.0/16")
    beside = Route(prefix, "eth0")
    for other, advice in (
        (beside, "this host is in 10.77.0.0/16: leave the route"),
        (Route(prefix, "eth0", isBeyond=True), "remove it if nothing needs it"),
        (Route(ip_network("10.77.5.0/24"), "", "blackhole"), "remove it if nothing needs it"),
    ):
        repair = checkPrefix("10.77.0.0/16", ("wan0",), lambda other=other: [other]).repair  # type: ignore[misc]
        assert advice in repair
        assert repair.endswith(f"another prefix, {alternative(prefix, [beside])} for example")


DPORT = {"payload": {"protocol": "udp", "field": "dport"}}


def match(left: dict[str, Any], right: Any) -> dict[str, Any]:
    """
    A condition of a rule.
    """
    return {"match": {"op": "==", "left": left, "right": right}}


def rules(
    *expressions: list[dict[str, Any]], policy: str = "drop", more: Sequence[list[dict[str, Any]]] = ()
) -> dict[str, str]:
    """
    A ruleset with one chain for what comes in.

    @param more: the rules of another chain, C{more}.
    """
    place = {"family": "inet", "table": "filter"}
    chain = {"chain": {**place, "name": "input", "hook": "input", "policy": policy}}
    added = [{"rule": {**place, "chain": "input", "expr": each}} for each in expressions]
    added += [{"rule": {**place, "chain": "more", "expr": each}} for each in more]
    return {"nft --json": json.dumps({"nftables": [{"metainfo": {}}, chain, *added]})}


def to(port: Any, action: str = "accept", protocol: str = "udp") -> list[dict[str, Any]]:
    """
    A rule about a port.
    """
    left = {"payload": {"protocol": protocol, "field": "dport"}}
    return [{"match": {"op": "==", "left": left, "right": port}}, {action: None}]


@pytest.mark.parametrize(
    ("says", "verdict"),
    [
        (rules(policy="accept"), GOOD),
        (rules(), WARNING),
        (rules(to(22222)), GOOD),
        (rules(to(22222, "drop")), WARNING),
        (rules(to(22222, protocol="tcp")), WARNING),
        (rules(to(22223)), WARNING),
        (rules(to({"range": [22000, 23000]})), GOOD),
        (rules(to({"set": [53, {"range": [22222, 22222]}]})), GOOD),
        (rules([{"accept": None}]), GOOD),
        (rules([{"counter": None}, {"accept": None}]), GOOD),
        (rules([match({"meta": {"key": "l4proto"}}, "udp"), {"accept": None}]), GOOD),
        (rules([match({"meta": {"key": "l4proto"}}, "icmp"), {"accept": None}]), WARNING),
        (rules([match({"ct": {"key": "state"}}, ["established"]), {"accept": None}]), WARNING),
        (rules([match({"meta": {"key": "iifname"}}, "lo"), {"accept": None}]), WARNING),
        (rules([match({"meta": {"key": "iifname"}}, "eth0"), {"accept": None}]), UNKNOWN),
        (rules(to("@open")), UNKNOWN),
        (rules(to({"set": [{"elem": {"val": 22222}}]})), UNKNOWN),
        (rules([{"xt": {"type": "match", "name": "multiport"}}, {"accept": None}]), UNKNOWN),
        (rules([{"xt": {"type": "match", "name": "conntrack"}}, {"accept": None}]), WARNING),
        (rules([{"vmap": {"key": {"ct": {"key": "state"}}, "data": {"set": []}}}]), WARNING),
        (rules([{"vmap": {"key": DPORT, "data": {"set": [[22222, {"accept": None}]]}}}]), UNKNOWN),
        (rules([{"jump": {"target": "more"}}], more=[to(22222)]), GOOD),
        (rules([{"goto": {"target": "more"}}], more=[[{"jump": {"target": "more"}}]]), WARNING),
        (rules([{"jump": {"target": "more"}}], more=[to(22)]), WARNING),
        (rules(more=[to(22222)]), WARNING),
        (rules([{"counter": None}, {"reject": None}], policy="accept"), WARNING),
        (rules(to(22222), [{"xt": {"type": "target", "name": "REJECT"}}], policy="accept"), GOOD),
        (rules(to(22, "drop"), policy="accept"), GOOD),
        ({"ufw status": "Status: active\n\n22222/udp   ALLOW   Anywhere\n"}, GOOD),
        ({"ufw status": "Status: active\n\n22/tcp   ALLOW   Anywhere\n"}, WARNING),
        ({"ufw status": "Status: active\n\n22000:23000/udp   ALLOW IN   Anywhere\n"}, GOOD),
        ({"ufw status": "Status: active\n\n22000:22100/udp   ALLOW IN   Anywhere\n"}, WARNING),
        ({"ufw status": "Status: active\nDefault: deny (incoming), allow (outgoing)\n"}, WARNING),
        ({"ufw status": "Status: active\nDefault: allow (incoming), allow (outgoing)\n"}, GOOD),
        ({"ufw status": "Status: inactive\n", **rules()}, WARNING),
        ({"firewall-cmd --state": "running\n", "firewall-cmd --query-port=22222/udp": "yes\n"}, GOOD),
        ({"firewall-cmd --state": "running\n"}, WARNING),
        ({"nft --json": "nonsense"}, UNKNOWN),
        ({"nft --json": "[]"}, UNKNOWN),
        ({}, UNKNOWN),
    ],
)
def test_firewall(build: Build, says: dict[str, str], verdict: str) -> None:
    """
    A firewall that keeps strangers out is named with the command that lets them in; what cannot be told is not guessed.
    """
    found = checkFirewall(build(says=says), 22222)
    assert found.verdict == verdict
    assert bool(found.repair) == (verdict == WARNING)
    if found.repair:
        assert "22222" in found.repair
        assert "reload" not in found.repair, "what forgets the rules that an operator made by hand, and may sit behind"
        assert "nft add" not in found.repair, "what comes after a rule that drops the rest"


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        (None, UNKNOWN),
        ("-P INPUT ACCEPT\n", GOOD),
        ("-P INPUT DROP\n", WARNING),
        ("-P INPUT ACCEPT\n-A INPUT -j REJECT --reject-with icmp-host-prohibited\n", WARNING),
        ("-P INPUT DROP\n-A INPUT -p udp -m udp --dport 22222 -j ACCEPT\n", GOOD),
        ("-P INPUT DROP\n-A INPUT -p udp -m multiport --dports 53,22000:23000 -j ACCEPT\n", GOOD),
        ("-P INPUT DROP\n-A INPUT -p tcp -m tcp --dport 22222 -j ACCEPT\n", WARNING),
        ("-P INPUT DROP\n-A INPUT -i lo -j ACCEPT\n", WARNING),
        ("-P INPUT DROP\n-A INPUT -j ours\n", UNKNOWN),
    ],
)
def test_olderRules(build: Build, said: str | None, verdict: str) -> None:
    """
    Rules of the older iptables are looked at, too: nft does not list them.
    """
    says = {**rules(policy="accept"), **({} if said is None else {"iptables-legacy -S": said})}
    found = checkFirewall(build({"/proc/net/ip_tables_names": "filter\n"}, says), 22222)
    assert found.verdict == verdict, found.text


def test_aKernelThatWasUpgraded(build: Build) -> None:
    """
    Whoever upgraded the kernel and did not reboot has no modules for the one that runs: C{modprobe} would not help.
    """
    machine = build({"/proc/sys/kernel/osrelease": "6.1.0-9", "/lib/modules/6.1.0-10/modules.dep": ""})
    assert checks.checkTun(machine).repair == "reboot"


@pytest.mark.parametrize(
    ("flag", "inodes", "said"), [(os.ST_RDONLY, 5, "read-only"), (0, 0, "no inodes left")], ids=["readOnly", "inodes"]
)
def test_aDiskWithRoomThatTakesNothing(
    build: Build, monkeypatch: pytest.MonkeyPatch, flag: int, inodes: int, said: str
) -> None:
    """
    A disk that has room may take nothing nevertheless.
    """

    class Disk:
        f_flag, f_files, f_favail = flag, 1000, inodes
        f_bavail = f_bfree = f_blocks = f_frsize = 1 << 20

    monkeypatch.setattr(checks.os, "statvfs", lambda path: Disk())
    found = checks.checkDisk(build(), STATE)
    assert (found.verdict, said in found.text) == (BAD, True)


def test_repairsAreForAShell(build: Build) -> None:
    """
    Paths with spaces, and with worse, are one word in the command that is shown.
    """
    directory = "/var/lib/it's $(here)"
    build().path(directory).mkdir(parents=True)
    build().path(directory).chmod(0o755)
    assert shlex.split(checks.checkPermissions(build(), directory).repair) == ["chmod", "700", directory]


def test_realMachine() -> None:
    """
    On the machine that runs the tests every check comes to an end, and says something.
    """
    for each in checks.machineChecks(Machine(), "lo", "/var/lib/wand/node"):
        assert isinstance(each, Finding)
        assert each.text
        assert each.repair or each.verdict in (GOOD, UNKNOWN)


def test_commandsThatAreNotThere() -> None:
    """
    A command that is missing or fails says nothing.
    """
    assert told("no-such-command-anywhere") is None
    assert told("false") is None
    assert told("echo", "it") == "it\n"
