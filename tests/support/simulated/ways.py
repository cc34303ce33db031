"""
What ways there can be between two hosts of a simulated network, told from what stands between them.

A host is known to others by its own addresses, and by the endpoint at which a server in the open sees it.  Both of two
send to wherever the other may be, again and again, and answer to where something came from.  Whether that succeeds
follows from the behaviours of RFC 4787 alone; nothing is sent here.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

import attrs

from wand.testing.filtering import Dependence
from wand.testing.hosts import Host
from wand.testing.nats import Nat
from wand.testing.sites import Firewall, Link, Site

_ANYBODY = Dependence.ENDPOINT_INDEPENDENT
_SAME_PORT = Dependence.ADDRESS_AND_PORT_DEPENDENT


def hasDirectWay(one: Host, other: Host) -> bool:
    """
    Can two hosts find a way to each other without anybody who forwards?
    """
    return any(_hasWay(one, other, isIPv6) for isIPv6 in (False, True))


def hasRelayedWay(one: Host, other: Host, relay: Host) -> bool:
    """
    Do both reach a relay in the open?
    """
    return reaches(one, relay) and reaches(other, relay)


def reaches(host: Host, server: Host) -> bool:
    """
    Does a host get answers from a server in the open?
    """
    return host.allows("udp") and any(
        _hasFamily(host, isIPv6) and _hasFamily(server, isIPv6) for isIPv6 in (False, True)
    )


def sitesOf(host: Host) -> tuple[Site, ...]:
    """
    The sites in which a host is, the innermost first.
    """
    found = []
    region = host.network
    while isinstance(region, Site):
        found.append(region)
        region = region.outside
    return tuple(found)


@attrs.frozen
class _Side:
    """
    What stands between one of the two and the place where their ways meet, the innermost first.
    """

    sites: Sequence[Site]
    isIPv6: bool

    @property
    def isBlocked(self) -> bool:
        """
        Does UDP not pass at all?
        """
        return any(isinstance(each, Link) and "udp" in each.blocked for each in self.sites)

    @property
    def isTranslated(self) -> bool:
        """
        Has the host another address where the ways meet?
        """
        return any(map(self._translates, self.sites))

    @property
    def isConstant(self) -> bool:
        """
        Is the host seen at the same endpoint by everybody?
        """
        return all(map(self._isConstant, self.sites))

    def lets(self, other: _Side) -> bool:
        """
        Does what the other sends to where a server sees us arrive, once we have sent to where it sees the other?

        A mapping that is the server's alone lets nobody else in, unless it lets in everybody.
        """
        filters = [each for each in self.sites if isinstance(each, Firewall)]
        ours = len(list(takewhile(self._isConstant, filters)))  # mappings through which what we send to the other goes
        return all(each.filtering is _ANYBODY for each in filters[ours:]) and self.answers(other, filters[:ours])

    def answers(self, other: _Side, filters: Sequence[Firewall] | None = None) -> bool:
        """
        Does what the other answers to a datagram of ours arrive?
        """
        passed = [each for each in self.sites if isinstance(each, Firewall)] if filters is None else filters
        return other.isConstant or all(each.filtering is not _SAME_PORT for each in passed)

    @property
    def isOpen(self) -> bool:
        """
        Does everybody get in?
        """
        return all(each.filtering is _ANYBODY for each in self.sites if isinstance(each, Firewall))

    def _translates(self, site: Site) -> bool:
        return isinstance(site, Nat) and not self.isIPv6

    def _isConstant(self, site: Site) -> bool:
        return not (isinstance(site, Nat) and self._translates(site)) or site.mapping is _ANYBODY


def _hasWay(one: Host, other: Host, isIPv6: bool) -> bool:
    if not _hasFamily(one, isIPv6) or not _hasFamily(other, isIPv6):
        return False
    ones, others = sitesOf(one), sitesOf(other)
    common = [each for each in ones if each in others]
    nats = [each for each in common if isinstance(each, Nat) and not isIPv6]
    here, there = (_Side([each for each in sites if each not in common], isIPv6) for sites in (ones, others))
    isSeen = one.allows("udp") and other.allows("udp")
    if _meet(here, there, isSeen=isSeen and not nats):
        return True
    if not nats or not nats[-1].hairpin or not isSeen:
        return False
    here, there = (_Side(sites[: sites.index(nats[-1]) + 1], isIPv6) for sites in (ones, others))
    return _meet(here, there, isSeen=True)


def _meet(one: _Side, other: _Side, isSeen: bool) -> bool:
    """
    @param isSeen: does a server see both at the endpoints that they have where they meet?  Else a host is known there
        only as it knows itself.
    """
    if one.isBlocked or other.isBlocked:
        return False
    if isSeen or not (one.isTranslated or other.isTranslated):
        return any(there.lets(here) and here.answers(there) for here, there in ((one, other), (other, one)))
    return any(there.isOpen and not there.isTranslated for there in (one, other))


def _hasFamily(host: Host, isIPv6: bool) -> bool:
    return any((":" in each) == isIPv6 for each in host.addresses)
