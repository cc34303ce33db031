"""
Whether a firewall of the machine is in the way of a program's UDP port.

Only what is certain is said: a chain that drops by default and has no rule that names the port, or a firewall that was
not told to open it.  No repair forgets or replaces a rule: the operator may be here by one of those.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from wand.doctor.findings import GOOD, UNKNOWN, WARNING, Finding
from wand.doctor.machine import Machine
from wand.doctor.nft_rules import Ruleset

_CHECK: Final = "firewall"


def checkFirewall(machine: Machine, port: int) -> Finding:
    """
    Look at ufw, firewalld and the rules of the kernel, the older ones and those of today, in this order.

    @param port: the UDP port of the program.
    """
    for look in (_ufw, _firewalld, _legacy, _kernel):
        found = look(machine, port)
        if found is not None:
            return found
    return Finding(_CHECK, UNKNOWN, "nobody tells the rules of the firewall; run this as root, with nft installed")


def _ufw(machine: Machine, port: int) -> Finding | None:
    said = machine.ask("ufw", "status", "verbose")
    if said is None or "Status: active" not in said:
        return None
    if "allow (incoming)" in said or any(_isOpened(line.split(), port) for line in said.splitlines()):
        return Finding(_CHECK, GOOD, f"ufw lets UDP {port} in")
    return _inTheWay("ufw", port, f"ufw allow {port}/udp")


def _isOpened(words: Sequence[str], port: int) -> bool:
    """
    Does a line of ufw open the port? It begins with C{53,44444/udp} or C{44000:45000/udp}, or has no protocol.
    """
    if "ALLOW" not in words[1:3] or words[1] == "(v6)":
        return False
    ports, _, protocol = words[0].partition("/")
    return protocol in ("", "udp") and any(_isWithin(each, port) for each in ports.split(","))


def _isWithin(ports: str, port: int) -> bool:
    low, _, high = ports.partition(":")
    return low.isdecimal() and (not high or high.isdecimal()) and int(low) <= port <= int(high or low)


def _firewalld(machine: Machine, port: int) -> Finding | None:
    if (machine.ask("firewall-cmd", "--state") or "").strip() != "running":
        return None
    if machine.ask("firewall-cmd", f"--query-port={port}/udp") is not None:
        return Finding(_CHECK, GOOD, f"firewalld lets UDP {port} in")
    # Not with --reload, which forgets what an operator opened until then: the way by which they came, perhaps.
    add = f"--add-port={port}/udp"
    return _inTheWay("firewalld", port, f"firewall-cmd {add} && firewall-cmd --permanent {add}")


def _legacy(machine: Machine, port: int) -> Finding | None:
    """
    The rules that the kernel keeps apart from those of nft, which does not list them.
    """
    if "filter" not in (machine.read("/proc/net/ip_tables_names") or "").split():
        return None
    said = machine.ask("iptables-legacy", "-S", "INPUT") or machine.ask("iptables", "-S", "INPUT")
    if said is None:
        text = "iptables has rules of its older kind here, which nobody tells; see iptables-legacy -S INPUT"
        return Finding(_CHECK, UNKNOWN, text)
    lines = [line.split() for line in said.splitlines()]
    isForRest = (line[3] in ("DROP", "REJECT") for line in lines if line[:3] == ["-A", "INPUT", "-j"])
    isClosed = ["-P", "INPUT", "DROP"] in lines or any(isForRest)
    if not isClosed or any(_lets(line, port) for line in lines):
        return None
    if any(line[-2:-1] == ["-j"] and line[-1] not in ("ACCEPT", "DROP", "REJECT") for line in lines):
        return Finding(_CHECK, UNKNOWN, f"iptables drops by default, and what its chains say of UDP {port} is unclear")
    return _inTheWay("iptables", port, f"iptables-legacy -I INPUT -p udp --dport {port} -j ACCEPT")


def _lets(words: Sequence[str], port: int) -> bool:
    """
    Does a line of C{iptables -S} take what comes to a port?
    """
    if words[:1] != ["-A"] or words[-2:] != ["-j", "ACCEPT"]:
        return False
    conditions = " ".join(words[2:-2]).replace("-m udp", "").replace("-m multiport", "").split()
    options = dict(zip(conditions[::2], conditions[1::2], strict=False))
    ports = options.pop("--dport", options.pop("--dports", str(port)))
    return options in ({}, {"-p": "udp"}) and any(_isWithin(each, port) for each in ports.split(","))


def _kernel(machine: Machine, port: int) -> Finding | None:
    said = machine.ask("nft", "--json", "list", "ruleset")
    if said is None:
        return None
    try:
        rules = Ruleset(json.loads(said)["nftables"])
        answers = [(chain, rules.letsIn(chain, port)) for chain in rules.dropping()]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    for chain, isLetIn in sorted(answers, key=lambda each: each[1] is None):
        place = " ".join(str(chain.get(key)) for key in ("family", "table", "name"))
        if isLetIn is None:
            text = f"chain {place} drops by default, and what its rules say of UDP {port} is unclear"
            return Finding(_CHECK, UNKNOWN, f"{text}: see nft list chain {place}")
        if not isLetIn:
            # The first of all: behind a rule that drops the rest it would do nothing.
            return _inTheWay(f"chain {place}", port, f"nft insert rule {place} udp dport {port} accept")
    return Finding(_CHECK, GOOD, f"no chain drops by default without a rule about UDP {port}")


def _inTheWay(who: str, port: int, repair: str) -> Finding:
    text = f"{who} keeps out whoever we did not send to first at UDP {port}: others reach this host later, or by relays"
    return Finding(_CHECK, WARNING, text, repair)
