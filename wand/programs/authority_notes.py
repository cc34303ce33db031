"""
What the operator of a server is told about its authority.
"""

from __future__ import annotations

from pathlib import Path

from wand.config import ServerConfiguration
from wand.health.notes import Notes
from wand.sealed.authority.authority import Authority
from wand.sealed.authority.member_authority import MemberAuthority


def sayFound(authority: Authority, notes: Notes, state: Path, *, isRecoveryUsual: bool) -> None:
    """
    Say what was found at the start that somebody should look at.

    @param state: the state directory.
    @param isRecoveryUsual: does the store keep nothing anyway?
    """
    if authority.recovered and not isRecoveryUsual:
        notes.say(
            "recovered",
            "the store was lost, and this network was recovered without it: its members are learned as they come, "
            "make new invitations, and see in wand members whether anybody has to be revoked again",
        )
    if authority.hasUnreadable:
        notes.say(
            "unreadable",
            "the store has records that cannot be read, and that are left alone: members may be missing from wand "
            "members; restore a backup (wand restore FILE), the log names the records",
        )
    if not authority.administration.status.signs:
        text = (
            f"the network key is not in {state}: certificates wait for another server that has it, or for wand sign; "
            "to let this one sign, copy network.key from the other one's state directory"
            if authority.servers.identities
            else f"the network key is not in {state}, so certificates wait for wand sign; if you did not move it "
            "away, restore it from a backup"
        )
        notes.say("network-key", text, isHint=True)


def sayWaiting(authority: MemberAuthority, notes: Notes) -> None:
    """
    Say what waits for a person.
    """
    administration = authority.administration
    unsigned, pending = administration.status.unsigned, administration.pending
    _sayIfAny(
        notes,
        "unsigned",
        unsigned,
        "one certificate or revocation waits for a signature: wand requests"
        if unsigned == 1
        else f"{unsigned} certificates and revocations wait for a signature: wand requests",
    )
    more = f" and {len(pending) - 1} more" if len(pending) > 1 else ""
    waits = "waits" if len(pending) == 1 else "wait"
    _sayReserved(administration.reserve.had, notes)
    _sayIfAny(
        notes,
        "secret-end",
        int(administration.isSecretEndWrong),
        "the former secret of the network has an end that is too far away, and counts no more: the clock was wrong "
        "where the secret was changed, or is wrong here; set it, and use wand rotate again",
    )
    _sayIfAny(notes, "reserve-beyond", len(administration.reserve.beyond), administration.reserve.beyond)
    _sayIfAny(notes, "pending", len(pending), f"{''.join(pending[:1])}{more} {waits} for an approval: wand approve")


def _sayReserved(found: list[tuple[str, str]], notes: Notes) -> None:
    """
    @param found: the names of members, and what they have.
    """
    name, address = found[0] if found else ("", "")
    more = f" and {len(found) - 1} more have addresses that are" if len(found) > 1 else f" has {address}, which is"
    _sayIfAny(
        notes,
        "reserve",
        len(found),
        f"{name}{more} reserved now, and kept until somebody changes that: wand address {name} ADDRESS",
    )


def sayLost(authority: Authority, notes: Notes) -> None:
    """
    Say whom the store has lost, and how many of them it knows again.
    """
    lost = authority.lost
    count, missing, revoked = lost.count, lost.missing, lost.revoked
    if not count:
        _sayUnknown([] if authority.recovered else lost.unknown, notes)  # that is said already
        return
    parts = [f"lost: {count}", f"there again: {count - len(missing) - len(revoked)}"]
    if missing:
        parts.append(f"missing until they come: {_several(missing)}")
    if putBack := lost.putBack:
        parts.append(f"revoked again by themselves: {_several(putBack)}")
    if revoked:
        parts.append(f"revoked, which the store does not take yet: {_several(revoked)}")
    notes.say(
        "members-lost",
        f"the store came back without members that this server knew: {', '.join(parts)}; see wand members",
        isHint=not missing and not revoked,
    )


def _sayUnknown(names: list[str], notes: Notes) -> None:
    if not names:
        notes.clear("members-lost")
        return
    notes.say(
        "members-lost",
        f"the store did not know members that came with a certificate: {_several(names)}; another server with a store "
        "of its own knows them, or the store lost them before this server was started: then see wand members and wand "
        "invitations, and do again what is missing",
        isHint=True,
    )


def _several(names: list[str]) -> str:
    return f"{names[0]} and {len(names) - 1} more" if len(names) > 1 else names[0]


def sayCutOff(authority: Authority, configuration: ServerConfiguration, notes: Notes) -> None:
    """
    Say whom a server cuts off that accepts streams, passes nothing on, and is the only one.
    """
    isCutting = bool(configuration.tcp) and not configuration.relay and not authority.servers.identities
    if not isCutting:
        notes.clear("no-relay")
        return
    notes.say(
        "no-relay",
        "relay = false at the only server: members whose networks let no UDP out get a stream to it (tcp), and reach "
        "no other member; let it be a relay, or have a second server that is one",
        isHint=True,
    )


def _sayIfAny(notes: Notes, key: str, count: int, text: str) -> None:
    if count:
        notes.say(key, text)
    else:
        notes.clear(key)
