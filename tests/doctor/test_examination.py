"""
Tests for L{wand.doctor.examination} and L{wand.doctor.program_checks}.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from wand.doctor.examination import Examined, examine
from wand.doctor.findings import BAD, GOOD, UNKNOWN, WARNING, Finding
from wand.doctor.machine import Machine
from wand.doctor.program_checks import certificate
from wand.reach_status import CheckStatus, NetworkCheckStatus
from wand.status import DirectoryStatus, OwnStatus, ProgramStatus, TapStatus

NOW = 1_000_000.0

OWN = OwnStatus(
    "member", "home", "00", "aes-256-gcm", "alice", "01", ["10.77.0.1/16"], NOW + 72 * 3600, [], "10.77.0.0/16"
)

STATUS = ProgramStatus(
    role="node",
    version="0",
    pid=1,
    started=NOW - 60,
    protocol="sealed",
    listening="0.0.0.0:22222, [::]:22222",
    configuration="",
    entries=1,
    peers=1,
    drops=0,
    tap=TapStatus("tuntap", "wan0", "02:00:00:00:00:01", 1500, ["10.77.0.1/16"], ["tap: TSO4", "udp: GSO GRO"]),
    directories=[DirectoryStatus("192.0.2.1:44444", "answered", 1, NOW)],
    own=OWN,
    state="/var/lib/wand/node",
)


def found(tmp_path: Path, examined: Examined) -> dict[str, Finding]:
    """
    All findings, by what was looked at.
    """
    machine = Machine(tmp_path, lambda *command: None)
    return {each.check: each for each in examine(machine, examined, NOW)}


def test_healthy(tmp_path: Path) -> None:
    """
    A program that is well has no finding against it, and one firewall is looked at for its one port.
    """
    findings = found(tmp_path, Examined(STATUS))
    for check in ("notes", "membership", "directory", "offloads", "prefix"):
        assert findings[check].verdict == GOOD, findings[check]
    assert findings["firewall"].verdict == UNKNOWN


def test_nothingRuns(tmp_path: Path) -> None:
    """
    Where nothing runs that is the first finding, and the machine is looked at all the same.
    """
    findings = found(tmp_path, Examined(None, "nothing runs here"))
    assert next(iter(findings)) == "program"
    assert (findings["program"].verdict, findings["program"].text) == (BAD, "nothing runs here")
    assert "disk" in findings
    assert "systemctl" not in findings["program"].repair
    (tmp_path / "run/systemd/system").mkdir(parents=True)
    assert "systemctl status" in found(tmp_path, Examined(None, "nothing runs here"))["program"].repair


def test_aStoppedServer(tmp_path: Path) -> None:
    """
    Where only a server would run, its state is looked at, and no tap, which it has none of; so it is while it runs.
    """
    findings = found(tmp_path, Examined(None, "nothing runs here", role="server"))
    assert "/var/lib/wand/server" in findings["permissions"].text
    assert not {"tap", "rp_filter"} & set(findings)
    (tmp_path / "run/systemd/system").mkdir(parents=True)
    repair = found(tmp_path, Examined(None, "nothing runs here", role="server"))["program"].repair
    assert repair == "wand setup server, or systemctl status wand-server"
    running = msgspec.structs.replace(STATUS, role="server", tap=None, state="/srv/state")
    assert not {"tap", "rp_filter"} & set(found(tmp_path, Examined(running)))


def test_notesAreShown(tmp_path: Path) -> None:
    """
    What needs attention in wand status does so here.
    """
    status = msgspec.structs.replace(STATUS, notes=["bob waits for an approval", "a hint"], attention=1)
    finding = found(tmp_path, Examined(status))["notes"]
    assert (finding.verdict, finding.text) == (BAD, "bob waits for an approval")


def test_silentDirectory(tmp_path: Path) -> None:
    """
    A directory that does not answer is no reason to stop, but one to look.
    """
    status = msgspec.structs.replace(STATUS, directories=[DirectoryStatus("192.0.2.1:44444", "silent", 0, None)])
    assert found(tmp_path, Examined(status))["directory"].verdict == WARNING


@pytest.mark.parametrize(
    ("hours", "verdict"), [(72, GOOD), (12.5, GOOD), (11, WARNING), (0.5, BAD), (-3, BAD)], ids=str
)
def test_certificate(hours: float, verdict: str) -> None:
    """
    A certificate that nobody renews is said half a day before its end.
    """
    assert certificate(msgspec.structs.replace(OWN, expires=NOW + hours * 3600), NOW).verdict == verdict


@pytest.mark.parametrize("stage", ["new", "joining", "revoked"])
def test_noMember(stage: str) -> None:
    """
    Who is no member is told how to become one.
    """
    finding = certificate(msgspec.structs.replace(OWN, stage=stage), NOW)
    assert finding.verdict == BAD
    assert "wand" in finding.repair


def test_missingOffloads(tmp_path: Path) -> None:
    """
    Which offloads are missing is named.
    """
    tap = msgspec.structs.replace(STATUS.tap, features=["udp: GRO"])
    assert "without GSO" in found(tmp_path, Examined(msgspec.structs.replace(STATUS, tap=tap)))["offloads"].text


def test_networkAround(tmp_path: Path) -> None:
    """
    What wand netcheck finds is part of it.
    """
    network = NetworkCheckStatus(
        [CheckStatus("udp", True, "works", ""), CheckStatus("hairpin", None, "unknown", "nobody could tell")], ""
    )
    findings = found(tmp_path, Examined(STATUS, network=network))
    assert findings["network udp"].verdict == GOOD
    assert findings["network hairpin"].text == "unknown: nobody could tell"
