"""
A router that speaks UPnP, asked through C{miniupnpc}: every call here blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

import attrs

from wand.endpoint import Endpoint

#: Milliseconds that routers have to answer.
DISCOVERY_MILLISECONDS: Final = 1000

#: What the mapping is called at the router.
DESCRIPTION: Final = "wandaemon"

#: What a router says that keeps mappings for good only, and one whose port has another (UPnP IGD:1, 2.4.16).
_PERMANENT: Final = "OnlyPermanentLeasesSupported"
_CONFLICT: Final = "ConflictInMappingEntry"


class NoDevice(Exception):
    """
    No router answers.
    """


class MappingRefused(Exception):
    """
    The router does not do it; the text says why, for people.
    """


@attrs.define
class GatewayDevice:
    """
    The router.

    @ivar make: makes the library's own C{UPnP} object.
    @ivar client: our address, from which it is asked.
    @ivar router: the address of the router of our default route: others that answer are not asked.
    """

    make: Callable[..., Any]
    client: str
    router: str
    _device: Any = None

    def mapPort(self, port: int, external: Sequence[int], lifetime: int) -> Endpoint:
        """
        Map our UDP port, or renew that.

        @param port: our UDP port.
        @param external: what we would like to have outside, the best first.
        @param lifetime: for how many seconds; a router that knows no end of mappings keeps it until L{unmap}.
        @return: where others reach us.
        @raise NoDevice: if there is none.
        @raise MappingRefused: if it does not do it.
        """
        if self._device is not None:
            try:
                return self._map(self._device, port, external, lifetime)
            except MappingRefused:  # it may have been started again, and speak elsewhere
                self._device = None
        self._device = self._found()
        return self._map(self._device, port, external, lifetime)

    def unmap(self, external: int) -> None:
        """
        Give a mapping back.

        @param external: its port outside.
        """
        if self._device is not None:
            self._device.deleteportmapping(external, "UDP")

    def _found(self) -> Any:
        device = self.make(multicastif=self.client, discoverdelay=DISCOVERY_MILLISECONDS)
        try:
            device.discover()
            where = urlsplit(str(device.selectigd())).hostname
        except Exception as error:
            raise NoDevice(str(error)) from error
        if where != self.router:  # anybody on the LAN may answer
            raise MappingRefused(f"{where} answers in its place")
        return device

    def _map(self, device: Any, port: int, external: Sequence[int], lifetime: int) -> Endpoint:
        try:
            host = str(ip_address(device.externalipaddress()))
        except Exception as error:
            raise MappingRefused("it does not say its address outside") from error
        for number in external:
            if self._add(device, number, port, lifetime):
                return Endpoint(host, number)
        raise MappingRefused("the ports that were asked for have other mappings")

    def _add(self, device: Any, external: int, port: int, lifetime: int) -> bool:
        """
        @return: whether it worked; not if another mapping has the port.
        """
        try:
            return bool(device.addportmapping(external, "UDP", self.client, port, DESCRIPTION, "", lifetime))
        except Exception as error:
            reason = str(error)
            if reason == _CONFLICT:
                return False
            if reason == _PERMANENT and lifetime:
                return self._add(device, external, port, 0)
            raise MappingRefused(reason or type(error).__name__) from error
