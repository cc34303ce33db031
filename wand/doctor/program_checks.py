"""
What is looked at in a program that runs: what it says of itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from wand.doctor.findings import BAD, GOOD, UNKNOWN, WARNING, Finding
from wand.reach_status import CheckStatus, NetworkCheckStatus
from wand.status import OwnStatus, ProgramStatus

#: Seconds before the end of a certificate from which on its renewal is late.
LATE: Final = 12 * 3600.0

#: Offloads that make frames cheap; see docs/dataplane.md.
_OFFLOADS: Final = ("GSO", "GRO")

#: What to do before a node is a member, by its stage.
_REPAIRS: Final = {
    "new": "wand join",
    "joining": "wait for the server; wand status says how far it is",
    "revoked": "give it an empty state directory, and wand join with a new invitation: its key is worthless",
}


def programChecks(status: ProgramStatus, now: float) -> Iterator[Finding]:
    """
    Everything that the status of a program tells.

    @param now: in seconds since the epoch.
    """
    yield _notes(status)
    if status.own is not None:
        yield certificate(status.own, now)
    yield from _directories(status)
    if status.tap is not None:
        yield _offloads(status)


def _notes(status: ProgramStatus) -> Finding:
    if not status.attention:
        return Finding("notes", GOOD, f"the {status.role} runs, and nothing needs attention")
    return Finding("notes", BAD, "; ".join(status.notes[: status.attention]), "what to do is in each note: wand status")


def certificate(own: OwnStatus, now: float) -> Finding:
    """
    How long is the certificate valid?
    """
    if own.stage != "member":
        return Finding("membership", BAD, f"not a member of a network ({own.stage})", _REPAIRS[own.stage])
    if own.expires is None:
        return Finding("membership", UNKNOWN, f"a member of {own.network}")
    hours = (own.expires - now) / 3600
    text = f"a member of {own.network}, certified for {hours:.0f} hours more"
    if hours * 3600 > LATE:
        return Finding("membership", GOOD, text)
    verdict = BAD if hours < 1 else WARNING
    return Finding("membership", verdict, f"{text}: nobody renews it", "wand status shows which server is silent")


def _directories(status: ProgramStatus) -> Iterator[Finding]:
    for each in status.directories:
        if each.state != "fixed":
            isHeard = each.state == "answered"
            repair = "" if isHeard else "check its address, its firewall, and that it runs"
            yield Finding("directory", GOOD if isHeard else WARNING, f"{each.name}: {each.state}", repair)


def _offloads(status: ProgramStatus) -> Finding:
    assert status.tap is not None
    features = " ".join(status.tap.features)
    missing = [each for each in _OFFLOADS if each not in features]
    if not missing:
        return Finding("offloads", GOOD, features)
    return Finding(
        "offloads",
        WARNING,
        f"{features or 'none'}: without {' and '.join(missing)} a node moves a fraction of what it could",
        "a kernel of 5.0 or later has them; a container may hide them",
    )


def networkChecks(found: NetworkCheckStatus) -> Iterator[Finding]:
    """
    What the network around a node allows, as C{wand netcheck} finds it.
    """
    for each in found.checks:
        yield Finding(
            f"network {each.name}", _verdict(each), f"{each.value}: {each.about}" if each.about else each.value
        )


def _verdict(check: CheckStatus) -> str:
    if check.isGood is None:
        return UNKNOWN
    return GOOD if check.isGood else WARNING
