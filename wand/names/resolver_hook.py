"""
Telling the resolver of this host where the names of members are answered: systemd-resolved (resolvectl(1)), for the
tap's link alone; or else resolvconf(8), which has one list for everything.
"""

from __future__ import annotations

from typing import Final

import attrs

from wand.endpoint import Endpoint
from wand.names.domain import Domain
from wand.names.host_commands import HostCommands

#: The port of DNS, the only one that a C{nameserver} of resolv.conf(5) can have.
DNS_PORT: Final = 53


@attrs.frozen
class Hooked:
    """
    What became of it.

    @ivar by: the command that was used; empty if none was.
    @ivar advice: what the operator may do; empty if there is nothing to do.
    """

    by: str = ""
    advice: str = ""


class ResolverHook:
    """
    Has the resolver ask us, and undoes it.
    """

    def __init__(self, commands: HostCommands, interface: str) -> None:
        """
        @param interface: the tap.
        """
        self._commands = commands
        self._interface = interface

    def hook(self, place: Endpoint, domain: Domain) -> Hooked:
        """
        Have the resolver ask us for the names of a domain and of its addresses.  It blocks.
        """
        if not self._commands.isTheHost():
            return Hooked()
        reasons = []
        if self._commands.has("resolvectl"):
            reason = self._resolved(place, domain)
            if not reason:
                return Hooked("resolvectl")
            reasons.append(f"resolvectl: {reason}")
        if self._commands.has("resolvconf") and place.port == DNS_PORT:
            told = f"nameserver {place.host}\nsearch {domain.name}\n"
            reason = self._commands.run("resolvconf", "-a", self._record, "-m", "0", told=told)
            if not reason:
                return Hooked("resolvconf")
            reasons.append(f"resolvconf: {reason}")
        return Hooked(advice="" if self.isAsked(place) else _advice(place, domain, reasons))

    def isAsked(self, place: Endpoint) -> bool:
        """
        Has somebody else told the resolver to ask there, such as the operator?  It blocks.
        """
        return place.port == DNS_PORT and place.host in self._commands.nameServers()

    def undo(self, hooked: Hooked) -> None:
        """
        Let the resolver forget us.  It blocks.
        """
        if hooked.by == "resolvectl":
            self._commands.run("resolvectl", "revert", self._interface)
        if hooked.by == "resolvconf":
            self._commands.run("resolvconf", "-d", self._record)

    @property
    def _record(self) -> str:
        return f"tap.{self._interface}"  # Debian's resolvconf has what begins so before Ethernet and Wi-Fi

    def _resolved(self, place: Endpoint, domain: Domain) -> str:
        """
        The domain is one to search, too, so that the name of a member alone will do.  The link answers for nothing
        else; there are no signatures and no TLS on the way from the host to itself.
        """
        link = self._interface
        for command in (
            ("dns", link, _text(place)),
            ("domain", link, domain.name, *(f"~{each}" for each in domain.reverse)),
            ("default-route", link, "no"),
            ("dnssec", link, "no"),
            ("dnsovertls", link, "no"),
        ):
            reason = self._commands.run("resolvectl", *command)
            if reason:
                self._commands.run("resolvectl", "revert", link)
                return reason
        return ""


def _text(place: Endpoint) -> str:
    return place.host if place.port == DNS_PORT else str(place)


def _advice(place: Endpoint, domain: Domain, reasons: list[str]) -> str:
    failed = f" ({'; '.join(reasons)})" if reasons else ""
    where = f"port {place.port} of {place.host}"
    if place.port == DNS_PORT:
        way = (
            f"put the lines nameserver {place.host} and search {domain.name} first into /etc/resolv.conf, or install "
            "systemd-resolved"
        )
    else:
        way = f"install systemd-resolved, or have dnsmasq ask with server=/{domain.name}/{place.host}#{place.port}"
    return (
        f"members are not found by name on this host{failed}: names below {domain.name} are answered at {where}, and "
        f'nothing asks there; {way}.  names = "" in the configuration switches it off'
    )
