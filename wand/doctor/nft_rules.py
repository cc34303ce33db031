"""
What the rules of a kernel say of a UDP port (libnftables-json(5)).

Rules can say more than anybody should guess at: what is not understood is said to be unclear.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

#: A rule, a chain or a part of one, as JSON.
Thing = Mapping[str, Any]

#: Extensions of iptables that ask for connections which are known: nobody else is let in by those.
_KNOWN: Final = ("conntrack", "state")

_PORT: Final = ("udp", "th")


class Ruleset:
    """
    The rules of a kernel.
    """

    def __init__(self, things: Sequence[Thing]) -> None:
        """
        @param things: what C{nft --json list ruleset} lists.
        """
        self._things = things

    def dropping(self) -> Iterator[Thing]:
        """
        The chains that drop what comes in, unless a rule takes it: by their policy, or by a last rule for all the rest.
        """
        for chain in (each["chain"] for each in self._things if "chain" in each):
            if chain.get("hook") == "input" and (chain.get("policy") == "drop" or self._endsClosed(chain)):
                yield chain

    def _endsClosed(self, chain: Thing) -> bool:
        place = {"family": chain.get("family"), "table": chain.get("table"), "chain": chain.get("name")}
        rules = [each["rule"] for each in self._things if "rule" in each]
        own = [each.get("expr", []) for each in rules if {key: each.get(key) for key in place} == place]
        return any(_isForAll(each) and any(map(_isRefusal, each)) for each in own)

    def letsIn(self, chain: Thing, port: int) -> bool | None:
        """
        Is a stranger's datagram let in? By the rules of a chain, and of those to which it leads.

        @param port: the UDP port.
        @return: C{None} if that is unclear.
        """
        found = [_letsIn(rule.get("expr", []), port) for rule in self._rules(chain)]
        return True if True in found else None if None in found else False

    def _rules(self, chain: Thing) -> Iterator[Thing]:
        names, seen = [chain.get("name")], set()
        while names:
            name = names.pop()
            if name in seen:
                continue
            seen.add(name)
            for rule in (each["rule"] for each in self._things if "rule" in each):
                if [rule.get(key) for key in ("family", "table", "chain")] == [
                    chain.get("family"),
                    chain.get("table"),
                    name,
                ]:
                    yield rule
                    names += _targets(rule.get("expr", []))


def _targets(value: Any) -> Iterator[str]:
    """
    Wherever a rule leads, verdict maps included.
    """
    if isinstance(value, list):
        for each in value:
            yield from _targets(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            if key in ("jump", "goto") and isinstance(each, dict):
                yield str(each.get("target"))
            else:
                yield from _targets(each)


def _isForAll(expressions: Sequence[Thing]) -> bool:
    return not any("match" in each or (each.get("xt") or {}).get("type") == "match" for each in expressions)


def _isRefusal(expression: Thing) -> bool:
    return "drop" in expression or "reject" in expression or (expression.get("xt") or {}).get("name") == "REJECT"


def _letsIn(expressions: Sequence[Thing], port: int) -> bool | None:
    keys = {key for each in expressions for key in each}
    if "accept" not in keys:
        maps = [each["vmap"] for each in expressions if "vmap" in each]
        return None if any("ct" not in (each.get("key") or {}) for each in maps) else False
    extensions = [each["xt"] for each in expressions if "xt" in each]
    if extensions:
        return False if any((each or {}).get("name") in _KNOWN for each in extensions) else None
    answers = [_fits(each["match"], port) for each in expressions if "match" in each]
    return False if False in answers else None if None in answers else True


def _fits(match: Thing, port: int) -> bool | None:
    """
    Can a stranger's datagram to the port be what a condition asks for?
    """
    left, right = match.get("left"), match.get("right")
    if not isinstance(left, dict) or match.get("op") not in ("==", "in", None):
        return None
    payload, meta = left.get("payload"), left.get("meta")
    if isinstance(payload, dict) and payload.get("field") == "dport":
        return _covers(right, port) if payload.get("protocol") in _PORT else False
    if isinstance(payload, dict) and payload.get("field") == "protocol":
        return _covers(right, "udp")
    key = meta.get("key") if isinstance(meta, dict) else None
    if key == "l4proto":
        return _covers(right, "udp")
    if key == "nfproto":
        return True
    if key in ("iif", "iifname"):
        return False if right == "lo" else None
    return False  # known connections, a few senders


def _covers(right: Any, wanted: int | str) -> bool | None:
    """
    Is something among the values of a condition?
    """
    if isinstance(right, dict) and isinstance(right.get("range"), list) and isinstance(wanted, int):
        low, high = right["range"]
        return int(low) <= wanted <= int(high)
    if isinstance(right, dict) and isinstance(right.get("set"), list):
        found = [_covers(each, wanted) for each in right["set"]]
        return True if True in found else None if None in found else False
    if isinstance(right, str) and right.startswith("@"):
        return None  # a set with a name
    return right == wanted if isinstance(right, (int, str)) else None
