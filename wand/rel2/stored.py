"""
Registrations as they stand in a store, so that a restart forgets nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from twisted.logger import Logger

from wand.endpoint import Endpoint
from wand.errors import AddressInvalid
from wand.ethernet import MAC
from wand.rel2.registry import Registration

#: The kind of our records in a store; the key of each is the MAC address.
REGISTRATION_KIND: Final = "rel2-registration"

_log = Logger()


class _Stored(msgspec.Struct, frozen=True):
    """
    A registration in JSON, without its MAC address; see L{Registration}.
    """

    host: str
    port: int
    since: float
    lastSeen: float
    lifetime: float | None
    fixed: bool
    asked: bool


def encodeRegistration(registration: Registration) -> bytes:
    """
    The record of a registration.
    """
    host, port = registration.endpoint
    return msgspec.json.encode(
        _Stored(
            host=host,
            port=port,
            since=registration.since,
            lastSeen=registration.lastSeen,
            lifetime=registration.lifetime,
            fixed=registration.fixed,
            asked=registration.asked,
        )
    )


def decodeRegistrations(records: Mapping[bytes, bytes]) -> list[Registration]:
    """
    The registrations of a store.  A record that cannot be understood is logged and left out.
    """
    registrations = []
    for key, value in records.items():
        try:
            registrations.append(_decoded(key, value))
        except (msgspec.MsgspecError, ValueError, RecursionError, AddressInvalid) as error:
            _log.warn("the store has a record of {key} that cannot be read: {error}", key=key, error=error)
    return registrations


def _decoded(key: bytes, value: bytes) -> Registration:
    stored = msgspec.json.decode(value, type=_Stored)
    return Registration(
        mac=MAC(key),
        endpoint=Endpoint.parse(stored.host, stored.port),
        since=stored.since,
        lastSeen=stored.lastSeen,
        lifetime=stored.lifetime,
        fixed=stored.fixed,
        asked=stored.asked,
    )
