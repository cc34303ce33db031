"""
A network is created, or what its server has of it is read.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Final

import attrs
import msgspec
from twisted.logger import Logger

from wand.address_ranges import AddressRanges
from wand.errors import ConfigurationInvalid, StateUnavailable, StoreUnavailable
from wand.ethernet import MAC
from wand.interfaces import IRecords
from wand.sealed.authority.new_prefixes import prefixesWanted
from wand.sealed.authority.overlay_prefixes import OverlayPrefixes, beyondPrefixes
from wand.sealed.authority.stored_values import StoredValues
from wand.sealed.credentials.descriptor import CIPHERS, Cipher, Descriptor, prefixFrom
from wand.sealed.credentials.fields import NAME_RULE, Octets32, checkSecret, isName
from wand.sealed.credentials.identity import NETWORK, NETWORK_KEY, Entropy, Identity, NetworkKey
from wand.sealed.credentials.messages import Signed
from wand.sealed.credentials.network_secrets import NetworkSecrets
from wand.sealed.credentials.secret_files import readSecretFile
from wand.sealed.credentials.signed import packed, signed, unpacked, verified
from wand.state import StateDirectory

#: The kind of our record in a store, and its key.
NETWORK_KIND: Final = "sealed-network"
RECORD_KEY: Final = b"network"

#: The file of a network's key until the network is in the store.
NEW_KEY: Final = "network.key.new"

#: Files that are there only if there was a network.
NETWORK_FILES: Final = (NETWORK_KEY, NETWORK)

#: What to do about a store that is lost.
NETWORK_RESTORE_ADVICE: Final = (
    "restore a backup (wand restore FILE), or, if there is none, start once with --recover=yes: the same network "
    "goes on, and members are learned as they come"
)

#: Seconds for which a certificate is valid.
CERTIFICATE_LIFE: Final = 3 * 86_400

_log: Final = Logger()


@attrs.frozen
class NetworkSettings:
    """
    What the operator wants of a network.

    @ivar name: what it is called.
    @ivar cipher: one of L{CIPHERS}; like C{name} and C{prefix} it is fixed once the network was created.
    @ivar prefix: where overlay addresses come from; C{none} for IPv6 alone.
    @ivar prefix6: where those of IPv6 come from; C{auto} for a prefix of this network's own, and C{none} or nothing for
        IPv4 alone.
    @ivar life: for how many seconds a certificate is valid.
    @ivar server: what this server is called.
    @ivar mac: the MAC address of this host's tap, where a node makes the network and not a server; the node gets the
        admission right.
    @ivar obstacle: why a network with this prefix should not be created here; empty if nothing speaks against it.
    @ivar quarantine: for how many seconds the address of a revoked member is given to nobody else, while others are
        free.
    @ivar recover: may a store that is empty be filled again from what else there is of the network?
    @ivar reserve: ranges of addresses that are given to nobody, see L{wand.address_ranges}.
    """

    name: str = "wand"
    cipher: Cipher = "aes-256-gcm"
    prefix: str = "10.77.0.0/16"
    prefix6: str = ""
    life: int = CERTIFICATE_LIFE
    server: str = "server"
    mac: MAC | None = None
    obstacle: str = ""
    quarantine: int = 30 * 86_400
    recover: bool = False
    reserve: tuple[str, ...] = ()

    def check(self) -> None:
        """
        @raise ConfigurationInvalid: if a value cannot be used.
        """
        for key, name in (("name", self.name), ("server", self.server)):
            if not isName(name):
                raise ConfigurationInvalid("", key, f"{name!r} is not a name: {NAME_RULE}")
        if self.cipher not in CIPHERS:
            raise ConfigurationInvalid("", "cipher", f"{self.cipher!r} is none of {', '.join(CIPHERS)}")
        if not 60 <= self.life <= 366 * 86_400:
            raise ConfigurationInvalid("", "life", "a certificate is valid for a minute to a year")
        prefixesWanted(self.prefix, self.prefix6, bytes)
        try:
            AddressRanges(self.reserve)
        except ValueError as error:
            raise ConfigurationInvalid("", "reserve", str(error)) from error


class NetworkRecord(msgspec.Struct, frozen=True, array_like=True):
    """
    A network as it stands in a store.

    @ivar secret: the one that the network began with.
    @ivar rotations: the secrets that took its place since, signed.
    """

    network: Octets32
    descriptor: Signed
    secret: Octets32
    rotations: tuple[Signed, ...] = ()

    def __post_init__(self) -> None:
        checkSecret(self.secret)

    def __repr__(self) -> str:
        return "NetworkRecord()"  # the secrets stay out of logs


class _MembershipRecord(msgspec.Struct, frozen=True, array_like=True):
    """
    A network as it stands in what a node keeps of its membership.
    """

    network: Octets32
    descriptor: Signed
    secret: Octets32
    certificate: bytes
    servers: tuple[Any, ...]
    admitters: tuple[Any, ...] = ()
    rotations: tuple[Signed, ...] = ()


@attrs.frozen(eq=False)
class StoredNetwork:
    """
    A network, as its server has it.

    @ivar identity: its public key.
    @ivar key: its private key; C{None} where it is kept elsewhere.
    @ivar secrets: those of the network, the first and those that took its place.
    @ivar created: was it created just now?
    @ivar recovered: was it read from the copy, because the store has lost it?
    """

    identity: Identity
    key: NetworkKey | None
    descriptor: Descriptor
    signedDescriptor: bytes
    secrets: NetworkSecrets
    created: bool
    recovered: bool = False

    @property
    def prefixes(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """
        Where overlay addresses come from.
        """
        return tuple(map(prefixFrom, self.descriptor.prefixes))

    @property
    def record(self) -> NetworkRecord:
        """
        What is stored of it.
        """
        return NetworkRecord(self.identity, self.signedDescriptor, self.secrets.first, self.secrets.rotations)


async def openNetwork(
    records: IRecords,
    state: StateDirectory,
    settings: NetworkSettings,
    wallClock: Callable[[], float],
    entropy: Entropy = os.urandom,
) -> StoredNetwork:
    """
    Read the network of a store.  Create it if the store is empty, and nothing says that there was a network before.

    What there is of a new network is made in this order: its key, under a name that is not yet final; its record in the
    store; the final name of its key.  So a crash on the way leaves either nothing that anybody knows, or everything,
    and a key under its final name without a record in the store means that the store was lost.

    @raise StoreUnavailable: if the store cannot be used, its record is damaged, or it was lost.
    @raise StateUnavailable: if the key cannot be read or written, or is another network's.
    """
    stored = StoredValues(records, NETWORK_KIND, NetworkRecord)
    await stored.load()
    if stored.hasUnreadable:
        raise StoreUnavailable(
            f"the store's record of the network is damaged, and nothing was changed; {NETWORK_RESTORE_ADVICE}"
        )
    record = stored.get(RECORD_KEY)
    if record is None and state.has(*NETWORK_FILES) is None:
        return await _created(stored, state, settings, wallClock, entropy)
    if record is None:
        return await _recovered(stored, state, settings, wallClock)
    _finishKey(state, record.network)
    network = _read(record, NetworkKey.kept(state), state, wallClock)
    copy = _checkedCopy(state, network)
    if copy is not None:  # the store may be from a backup
        network.secrets.take(copy.rotations)
    copyNetwork(state, network.record)
    return network


async def keepNetwork(records: IRecords, network: StoredNetwork) -> None:
    """
    Write the record of a network that we know into a store that has none any more, or the next server to start makes
    another network of it.

    @raise StoreUnavailable: if that cannot be stored.
    """
    stored = StoredValues(records, NETWORK_KIND, NetworkRecord)
    await stored.exchange(RECORD_KEY, None, network.record)


async def _created(
    stored: StoredValues[NetworkRecord],
    state: StateDirectory,
    settings: NetworkSettings,
    wallClock: Callable[[], float],
    entropy: Entropy,
) -> StoredNetwork:
    if settings.obstacle:
        raise ConfigurationInvalid("", "prefix", settings.obstacle)
    wanted = filter(None, prefixesWanted(settings.prefix, settings.prefix6, entropy))
    if beyond := beyondPrefixes(OverlayPrefixes([*map(ip_network, wanted)], AddressRanges(settings.reserve))):
        raise ConfigurationInvalid("", "reserve", beyond)
    key = NetworkKey.made(state, entropy, NEW_KEY)
    isOurs = await stored.exchange(RECORD_KEY, None, _new(key, settings, wallClock, entropy))
    record = stored.get(RECORD_KEY)
    if record is None:
        raise StoreUnavailable(f"the store lost the network just now; {NETWORK_RESTORE_ADVICE}")
    _finishKey(state, record.network)  # unless another server created the network meanwhile
    copyNetwork(state, record)
    return attrs.evolve(_read(record, key if isOurs else None, state, wallClock), created=isOurs)


async def _recovered(
    stored: StoredValues[NetworkRecord],
    state: StateDirectory,
    settings: NetworkSettings,
    wallClock: Callable[[], float],
) -> StoredNetwork:
    """
    The store is empty, and it was not always: nobody makes another network of that unasked.
    """
    if not settings.recover:
        raise StoreUnavailable(
            f"the store is empty or lost, though {state.path} has {state.has(*NETWORK_FILES)} of a network; nothing "
            f"was changed; {NETWORK_RESTORE_ADVICE}"
        )
    record = _copyIn(state)
    if record is None:
        raise StoreUnavailable(
            f"the network cannot be recovered without its secret, which {state.path / NETWORK} would have; nothing "
            "was changed: restore a backup, or copy the file membership from the state directory of any node to "
            f"{state.path / NETWORK}"
        )
    network = _read(record, NetworkKey.kept(state), state, wallClock)
    if not await stored.exchange(RECORD_KEY, None, record):
        raise StoreUnavailable("another server recovered the network just now; start again")
    return attrs.evolve(network, recovered=True)


def _new(key: NetworkKey, settings: NetworkSettings, wallClock: Callable[[], float], entropy: Entropy) -> NetworkRecord:
    first, second = prefixesWanted(settings.prefix, settings.prefix6, entropy)
    descriptor = Descriptor(settings.name, settings.cipher, first, int(wallClock()), second)
    return NetworkRecord(key.network, signed(key.signing, descriptor), entropy(32))


def _finishKey(state: StateDirectory, network: bytes) -> None:
    """
    Give the key of the network that is in the store its final name.  One of a network that never came to be is left to
    the next that is created.
    """
    new = NetworkKey.kept(state, NEW_KEY)
    if new is not None and new.network == network:
        state.rename(NEW_KEY, NETWORK_KEY)


def _checkedCopy(state: StateDirectory, network: StoredNetwork) -> NetworkRecord | None:
    """
    The copy beside the store; C{None} if there is none, or it cannot be read.  See that it is the same network's: a
    store that came from elsewhere would make all members strangers, and take with the copy the only secrets by which
    they are known.
    """
    copy = _copyIn(state)
    if copy is None or copy.network == network.identity:
        return copy
    if network.key is None:
        raise StateUnavailable(
            f"the store has the network {network.identity}, and {state.path / NETWORK} says that this server's is "
            f"{Identity(copy.network)}; nothing was changed: restore a backup (wand restore FILE), or give the other "
            "network a state directory of its own"
        )
    state.setAside(NETWORK)
    return None


def _copyIn(state: StateDirectory) -> NetworkRecord | None:
    """
    The copy of the network beside its store, or what an operator took for it from a node.
    """
    content = readSecretFile(state, NETWORK)
    if content is None:
        return None
    found = unpacked(content, _MembershipRecord, 65536)
    if found is None:
        return unpacked(content, NetworkRecord, 65536)
    return NetworkRecord(found.network, found.descriptor, found.secret, found.rotations)


def copyNetwork(state: StateDirectory, record: NetworkRecord) -> None:
    """
    Keep a copy of the network beside its store: without its secrets nobody who is a member could be recognized.
    """
    content = packed(record)
    try:
        if readSecretFile(state, NETWORK) != content:
            state.write(NETWORK, content)
    except StateUnavailable as error:  # nothing depends on it today
        _log.error("there is no copy of the network's secret beside its store: {error}", error=error)


def _read(
    record: NetworkRecord, key: NetworkKey | None, state: StateDirectory, wallClock: Callable[[], float]
) -> StoredNetwork:
    descriptor = verified(record.descriptor, Descriptor, record.network)
    if descriptor is None:
        raise StoreUnavailable(
            f"the record of the network is damaged, and nothing was changed; {NETWORK_RESTORE_ADVICE}"
        )
    network = Identity(record.network)
    if key is not None and key.network != network:
        path = state.path / NETWORK_KEY
        raise StateUnavailable(
            f"{path} is the key of another network, {key.network}; the store has {network}; nothing was changed: "
            f"{NETWORK_RESTORE_ADVICE}"
        )
    secrets = NetworkSecrets(wallClock, lambda: True)
    secrets.begin(network, record.secret, record.rotations)
    return StoredNetwork(network, key, descriptor, record.descriptor, secrets, created=False)
