"""
Advice: what would make the way to a member direct.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from wand.sealed.reach.causes import Situation, familiesOf, hostOf

#: How a router is made to let others in.
_FORWARD: Final = "let the router forward UDP port {port} to this host, or switch on PCP, NAT-PMP or UPnP there"

#: What is said of each cause of L{wand.sealed.reach.causes}, and what helps.
ADVICE: Final = {
    "unanswered": (
        "Nothing has come back {where} for {silence} s: {suspects} is down. Other ways are being tried meanwhile."
    ),
    "direct": "The way is direct: nothing needs to be done.",
    "scattered": (
        "The NAT here gives each datagram another port, so that nobody beyond it can answer where datagrams came from, "
        "and a relay passes nothing on but what comes in a stream: " + _FORWARD + ", or see to it that all that one "
        "program sends takes one way out (no balancing of datagrams over several links)."
    ),
    "blocked-here": "No UDP gets out of the network of this host: let UDP out in its firewall, to any port.",
    "blocked": (
        "UDP to the only server is not answered: it is blocked here or there. Let UDP out in the firewall here, to any "
        "port, and let the UDP port of the server in at the firewall there."
    ),
    "blocked-there": (
        "No UDP gets out of the network of {name}, which is reached over TCP, through a server: let UDP out in the "
        "firewall there, to any port."
    ),
    "stream": (
        "UDP to {name} does not get through, though it does to others: let its UDP port in at the firewall there. "
        "Until then all travels in a stream, which is slower."
    ),
    "nowhere": (
        "{name} has said no place to which this host, which has {ours}, could send, except by the relay: what wand "
        "netcheck says there tells why."
    ),
    "family": (
        "This host has only {ours}, and {name} has only {theirs}: an address of the same family at both would make the "
        "way direct."
    ),
    "searching": "A direct way is being looked for, and this one is used in the meantime: ask again in a few seconds.",
    "hairpin": (
        "{name} is behind the same NAT ({outside}), which does not pass on between its own hosts, and on our links it "
        "does not answer: switch on hairpinning (NAT loopback) at the router, or let multicast pass between the two."
    ),
    "symmetric-both": (
        "The NATs here and at {name} both take another port for each destination, so that neither side knows where the "
        "other can be reached: forward the UDP port at one of the two routers, here port {port}, or switch on PCP, "
        "NAT-PMP or UPnP there."
    ),
    "symmetric-here": (
        "The NAT here takes another port for each destination, and the one at {name} lets in only whom it knows: "
        + _FORWARD
        + "; the same at {name} would do as well."
    ),
    "symmetric-there": (
        "The NAT at {name} takes another port for each destination, and the one here lets in only whom it knows: let "
        "the router there forward its UDP port, or switch on PCP, NAT-PMP or UPnP there; the same here would do as "
        "well, with UDP port {port}."
    ),
    "firewall-both": (
        "No NAT is in the way, here or at {name}, so it must be a firewall: let in UDP port {port} here, or that of "
        "{name} there."
    ),
    "filtered": (
        "The NATs here and at {name} would let a direct way through, so that a firewall beside one of them does not: "
        "let in UDP port {port} here, or that of {name} there."
    ),
    "firewall-here": "No NAT is in the way here, so it must be a firewall: let UDP port {port} in to this host.",
    "firewall-there": "There is no NAT at {name}, so it must be a firewall: let its UDP port in there.",
    "one-observer-there": (
        "Direct places of both sides were tried, and nothing came through. The NAT here would do; of what kind the one "
        "at {name} is nobody there knows, as one server alone does not show it. Probably it takes another port for "
        "each destination: let the router there forward its UDP port, or switch on PCP, NAT-PMP or UPnP there; the "
        "same here would do as well, with UDP port {port}."
    ),
    "one-observer": (
        "Direct places of both sides were tried, and nothing came through. A NAT is in front of this host, and one "
        "server alone does not show of what kind; probably it, or the one at {name}, takes another port for each "
        "destination: " + _FORWARD + "; the same at {name} would do as well."
    ),
    "unknown": (
        "What is in the way cannot be told yet: see what wand netcheck says, here and at {name}. A UDP port that is "
        "let in at one of the two helps in any case; here it is {port}."
    ),
    "lost": (
        "Nobody says where {name} is. Is it running, and does a server list it? wand status shows whether ours answer."
    ),
    "idle": "Nothing was sent to {name} lately, so there is no session, which is no fault. Try it: wand ping {name}",
    "unhelped": (
        "{name} did not answer {tries}, and no server answers that could call it, without which no firewall and no NAT "
        "there lets us in: wand status says what is known of the servers."
    ),
    "no-relay": (
        "UDP from this host is not answered, and no relay passes on to {name}: let UDP out in the firewall here, to "
        "any port, or let a server be a relay (relay = true there). See whether {name} runs, too."
    ),
    "no-relay-there": (
        "No UDP gets out of the network of {name}, which has only TCP, to a server, and that passes nothing on: let "
        "UDP out in the firewall there, to any port, or let a server be a relay (relay = true there)."
    ),
    "silent": (
        "{name} did not answer {tries} at {places}, though a server called it: see there whether it runs, what wand "
        "status says, and whether its firewall lets UDP out."
    ),
}

#: Those of them that follow from places that were tried in vain, and the seconds for which they are tried.
GUESSED: Final = frozenset(
    {"filtered", "firewall-both", "firewall-here", "firewall-there", "one-observer", "one-observer-there", "unknown"}
)
TRYING: Final = 60.0

#: What is said of those until then.
_TRIED: Final = "Direct places are still being tried: ask again in a minute. If it is not direct then: "


def adviceOn(cause: str, situation: Situation) -> str:
    """
    What is the matter, and what to do, in a sentence or two.

    @param cause: one of L{ADVICE}.
    """
    used = situation.used
    isTrying = cause in GUESSED and used is not None and situation.now - (used.usedSince or 0.0) < TRYING
    said = ADVICE[cause].format(
        name=situation.name,
        port=situation.port,
        ours=_families(each.endpoint for each in situation.ours),
        theirs=_families(way.place for way in situation.direct),
        outside=", ".join(sorted({hostOf(each) for each in situation.outside})),
        tries=_counted(situation.tries, "try", "tries"),
        places=_counted(sum(way.silent > 0 for way in situation.ways), "place", "places"),
        where=f"over the relay {situation.relay}" if situation.relay else f"from {used.place if used else ''}",
        silence=round(situation.silence),
        suspects=("the relay, the way to it or " if situation.relay else "the way there or ") + situation.name,
    )
    return _TRIED * isTrying + said


def _counted(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"


def _families(places: Iterable[str]) -> str:
    return " and ".join(f"IPv{each}" for each in sorted(familiesOf(places))) or "no place of its own yet"
