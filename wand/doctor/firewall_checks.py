"""
Whether a firewall of the machine is in the way of a program's UDP port.

Only what is certain is said: a chain that drops by default and has no rule that names the port, or a firewall that was
told to refuse it.  Rules can say more than anybody should guess at.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from wand.doctor.findings import GOOD, UNKNOWN, WARNING, Finding
from wand.doctor.machine import Machine

_CHECK: Final = "firewall"


def checkFirewall(machine: Machine, port: int) -> Finding:
    """
    Look at ufw, firewalld and the rules of the kernel, in this order.

    @param port: the UDP port of the program.
    """
    for look in (_ufw, _firewalld, _kernel):
        found = look(machine, port)
        if found is not None:
            return found
    return Finding(_CHECK, UNKNOWN, "nobody tells the rules of the firewall; run this as root, with nft installed")


def _ufw(machine: Machine, port: int) -> Finding | None:
    said = machine.ask("ufw", "status")
    if said is None or "Status: active" not in said:
        return None
    if any(line.split()[:2] in ([f"{port}/udp", "ALLOW"], [f"{port}", "ALLOW"]) for line in said.splitlines()):
        return Finding(_CHECK, GOOD, f"ufw lets UDP {port} in")
    return _inTheWay("ufw", port, f"ufw allow {port}/udp")


def _firewalld(machine: Machine, port: int) -> Finding | None:
    if (machine.ask("firewall-cmd", "--state") or "").strip() != "running":
        return None
    if machine.ask("firewall-cmd", f"--query-port={port}/udp") is not None:
        return Finding(_CHECK, GOOD, f"firewalld lets UDP {port} in")
    return _inTheWay("firewalld", port, f"firewall-cmd --permanent --add-port={port}/udp && firewall-cmd --reload")


def _kernel(machine: Machine, port: int) -> Finding | None:
    said = machine.ask("nft", "--json", "list", "ruleset")
    if said is None:
        return None
    try:
        things = json.loads(said)["nftables"]
    except (ValueError, KeyError, TypeError):
        return None
    for chain in _dropping(things):
        family, table, name = (str(chain.get(key)) for key in ("family", "table", "name"))
        if not any(_names(rule, port) for rule in _rules(things, family, table, name)):
            add = f"nft add rule {family} {table} {name} udp dport {port} accept"
            return _inTheWay(f"chain {name} of table {family} {table}", port, add)
    return Finding(_CHECK, GOOD, f"no chain drops by default without a rule about UDP {port}")


def _inTheWay(who: str, port: int, repair: str) -> Finding:
    text = f"{who} keeps out whoever we did not send to first at UDP {port}: others reach this host later, or by relays"
    return Finding(_CHECK, WARNING, text, repair)


def _dropping(things: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for chain in (each["chain"] for each in things if "chain" in each):
        if chain.get("hook") == "input" and chain.get("policy") == "drop":
            yield chain


def _rules(things: Sequence[Mapping[str, Any]], family: str, table: str, chain: str) -> Iterator[Mapping[str, Any]]:
    for rule in (each["rule"] for each in things if "rule" in each):
        if (rule.get("family"), rule.get("table"), rule.get("chain")) == (family, table, chain):
            yield rule


def _names(rule: Mapping[str, Any], port: int) -> bool:
    """
    Does a rule accept and name the port, or everything?
    """
    expressions = rule.get("expr", [])
    if not any("accept" in each for each in expressions):
        return False
    matches = [each["match"] for each in expressions if "match" in each]
    if not matches:
        return True
    ports = [match.get("right") for match in matches if _isPort(match.get("left"))]
    return any(_covers(each, port) for each in ports)


def _isPort(left: Any) -> bool:
    payload = left.get("payload") if isinstance(left, dict) else None
    return isinstance(payload, dict) and payload.get("field") == "dport" and payload.get("protocol") in ("udp", "th")


def _covers(right: Any, port: int) -> bool:
    if isinstance(right, int):
        return right == port
    if isinstance(right, dict) and "range" in right:
        low, high = right["range"]
        return int(low) <= port <= int(high)
    if isinstance(right, dict) and "set" in right:
        return any(_covers(each, port) for each in right["set"])
    return False
