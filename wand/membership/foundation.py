"""
Foundation: a network is created, or what there is of it is read.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network
from typing import Final

import attrs
import msgspec

from wand.errors import ConfigurationInvalid, StateUnavailable, StoreUnavailable
from wand.interfaces import IRecords
from wand.membership.fields import Octets32, checkSecret, isName
from wand.membership.identity import NETWORK_KEY, Entropy, Identity, NetworkKey
from wand.membership.messages import Signed
from wand.membership.network import CIPHERS, Cipher, Descriptor, prefixFrom
from wand.membership.shelf import Shelf
from wand.membership.signed import signed, verified
from wand.state import StateDirectory

#: The kind of our record in a store, and its key.
KIND: Final = "sealed-network"
KEY: Final = b"network"

#: Seconds for which a certificate is valid.
LIFE: Final = 3 * 86_400


@attrs.frozen
class NetworkWish:
    """
    What the operator wants of a network.

    @ivar name: what it is called.
    @ivar cipher: one of L{CIPHERS}; like C{name} and C{prefix} it is fixed once the network was created.
    @ivar prefix: where overlay addresses come from.
    @ivar life: for how many seconds a certificate is valid.
    @ivar server: what this server is called.
    @ivar obstacle: why a network with this prefix should not be created here; empty if nothing speaks against it.
    """

    name: str = "wand"
    cipher: Cipher = "aes-256-gcm"
    prefix: str = "10.77.0.0/16"
    life: int = LIFE
    server: str = "server"
    obstacle: str = ""

    def check(self) -> None:
        """
        @raise ConfigurationInvalid: if a value can not be used.
        """
        for key, name in (("name", self.name), ("server", self.server)):
            if not isName(name):
                raise ConfigurationInvalid("", key, f"{name!r} is no name: 1 to 32 of a-z, 0-9 and -, not at the ends")
        if self.cipher not in CIPHERS:
            raise ConfigurationInvalid("", "cipher", f"{self.cipher!r} is none of {', '.join(CIPHERS)}")
        if not 60 <= self.life <= 366 * 86_400:
            raise ConfigurationInvalid("", "life", "a certificate is valid for a minute to a year")
        try:
            prefixFrom(self.prefix)
        except ValueError as error:
            raise ConfigurationInvalid("", "prefix", str(error)) from error


class NetworkRecord(msgspec.Struct, frozen=True):
    """
    A network as it stands in a store.
    """

    network: Octets32
    descriptor: Signed
    secret: Octets32

    def __post_init__(self) -> None:
        checkSecret(self.secret)


@attrs.frozen(eq=False)
class Foundation:
    """
    A network.

    @ivar key: its private key; C{None} where it is kept elsewhere.
    @ivar created: was it created just now?
    """

    network: Identity
    key: NetworkKey | None
    descriptor: Descriptor
    signedDescriptor: bytes
    secret: bytes = attrs.field(repr=False)
    created: bool

    @property
    def prefix(self) -> IPv4Network | IPv6Network:
        """
        Where overlay addresses come from.
        """
        return prefixFrom(self.descriptor.prefix)


async def founded(
    records: IRecords,
    state: StateDirectory,
    wish: NetworkWish,
    wallClock: Callable[[], float],
    entropy: Entropy = os.urandom,
) -> Foundation:
    """
    Read the network of a store; create it if the store is empty.

    @raise ConfigurationInvalid: if the wish can not be fulfilled.
    @raise StoreUnavailable: if the store can not be used, or its record is damaged.
    @raise StateUnavailable: if the key can not be read or written, or is another network's.
    """
    wish.check()
    shelf = Shelf(records, KIND, NetworkRecord)
    await shelf.load()
    key = NetworkKey.kept(state)
    record = shelf.get(KEY)
    if record is not None:
        return _read(record, key, state, created=False)
    if wish.obstacle:
        raise ConfigurationInvalid("", "prefix", wish.obstacle)
    made = key is None
    key = key or NetworkKey.made(state, entropy)
    if await shelf.exchange(KEY, None, _new(key, wish, wallClock, entropy)):
        return _read(_present(shelf), key, state, created=True)
    if made:  # another server created the network meanwhile
        (state.path / NETWORK_KEY).unlink()
    return _read(_present(shelf), None if made else key, state, created=False)


def _new(key: NetworkKey, wish: NetworkWish, wallClock: Callable[[], float], entropy: Entropy) -> NetworkRecord:
    descriptor = Descriptor(wish.name, wish.cipher, wish.prefix, int(wallClock()))
    return NetworkRecord(key.network, signed(key.signing, descriptor), entropy(32))


def _present(shelf: Shelf[NetworkRecord]) -> NetworkRecord:
    record = shelf.get(KEY)
    if record is None:
        raise StoreUnavailable("the store's record of the network is damaged; restore it from a backup")
    return record


def _read(record: NetworkRecord, key: NetworkKey | None, state: StateDirectory, *, created: bool) -> Foundation:
    descriptor = verified(record.descriptor, Descriptor, record.network)
    if descriptor is None:
        raise StoreUnavailable("the store's record of the network is damaged; restore it from a backup")
    network = Identity(record.network)
    if key is not None and key.network != network:
        path = state.path / NETWORK_KEY
        raise StateUnavailable(f"{path} is the key of another network, {key.network}; the store has {network}")
    return Foundation(network, key, descriptor, record.descriptor, record.secret, created)
