"""
What somebody is about to sign, all of it, and what is unusual about it.

It is read from what was signed and not from what was asked for, and field by field, so that none can hide: a field that
a later version adds is shown, whoever forgot to describe it here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import ip_interface
from typing import Any, Final, TypeVar

import attrs
import msgspec
from msgspec.structs import FieldInfo

from wand.ethernet import MAC
from wand.sealed.authority.field_texts import labelOf, linesOf, textOf
from wand.sealed.authority.offline_signing import CertificateRequest, Requests, RevocationRequest, Signatures
from wand.sealed.credentials.allowance import Allowance
from wand.sealed.credentials.certificate import SERVER, Certificate
from wand.sealed.credentials.chain import certified
from wand.sealed.credentials.descriptor import Descriptor, prefixFrom
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.revocation import Revocation
from wand.sealed.credentials.signed import Body, unverified, verified

#: Seconds: a certificate that is valid for longer outlives most reasons to have it.
LONG_LIFE: Final = 31 * 86_400

#: Seconds by which clocks may differ, and by which a new member is older than the request for its certificate.
CLOCK_TOLERANCE: Final = 300
NEW_MEMBER_AGE: Final = 7 * 86_400

#: Names that people and programs trust without asking.
TRUSTED_NAMES: Final = frozenset(
    {"admin", "administrator", "root", "system", "operator", "server", "directory", "wand", "wansd", "gateway", "gw"}
    | {"router", "firewall", "dns", "ns", "dhcp", "ntp", "mail", "proxy", "vpn", "wpad", "localhost"}
)

#: Characters that look alike.
_ALIKE: Final = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "8": "b", "2": "z", "-": None})

#: What it means to sign an allowance.
LESSENED_WARNING: Final = "whom it admitted beyond that is no member any more, unless the network has signed for them"

_Kind = TypeVar("_Kind", bound=Body)


@attrs.frozen
class Review:
    """
    One thing that is signed.

    @ivar title: what it is.
    @ivar lines: all that it says: a label and a text.
    @ivar warnings: what is unusual, each a sentence.
    """

    title: str
    lines: Sequence[tuple[str, str]]
    warnings: Sequence[str]


def reviews(requests: Requests, signatures: Signatures, network: bytes, now: float) -> list[Review]:
    """
    Describe what was signed.

    @param network: the public network key.
    @param now: seconds since the epoch.
    """
    certificates = [_read(each, Certificate) for each in signatures.certificates]
    known = [certificate for each in requests.known if (certificate := certified(each, network))]
    descriptor = verified(requests.descriptor, Descriptor, network)
    context = _Context(descriptor, known, certificates, now)
    found = [
        Review("certificate", linesOf(certificate, now), [*context.warnings(certificate, request)])
        for certificate, request in zip(certificates, requests.certificates, strict=True)
    ]
    for octets, revoked in zip(signatures.revocations, requests.revocations, strict=True):
        revocation = _read(octets, Revocation)
        found.append(
            Review(
                "revocation, permanent",
                [("called there", revoked.name), *linesOf(revocation, now)],
                [*context.revocationWarnings(revocation, revoked)],
            )
        )
    for octets, lessened in zip(signatures.allowances, requests.allowances, strict=True):
        allowance = _read(octets, Allowance)
        found.append(
            Review("allowance", [("called there", lessened.name), *linesOf(allowance, now)], [LESSENED_WARNING])
        )
    return found


@attrs.frozen
class _Context:
    """
    What is known about the rest of the network, by the network's own signature; the server that asks may hide some of
    it, and can make up nothing.
    """

    _descriptor: Descriptor | None
    _known: list[Certificate]
    _asked: list[Certificate]
    _now: float

    def warnings(self, certificate: Certificate, request: CertificateRequest) -> Iterator[str]:
        before = next((each for each in self._known if each.identity == certificate.identity), None)
        yield from self._rights(certificate)
        yield from self._times(certificate, request, before)
        yield from self._addresses(certificate)
        yield from self._name(certificate)
        for field in msgspec.structs.fields(Certificate):
            value = getattr(certificate, field.name)
            if not field.required and value != _default(field):
                yield f"{labelOf(field.name)} is {textOf(field.name, value, self._now)}, and not as usual"
        if before is not None:
            yield from self._changes(before, certificate)

    def revocationWarnings(self, revocation: Revocation, request: RevocationRequest) -> Iterator[str]:
        names = {each.name for each in self._known if each.identity == revocation.identity}
        if names and request.name not in names:
            yield f"the member with this key is called {', '.join(sorted(names))} in its certificate"
        if any(each.identity == revocation.identity and each.role == SERVER for each in self._known):
            yield "it takes a directory server out of the network"
        if revocation.revoked > self._now + CLOCK_TOLERANCE:
            yield "it says that it happens in the future"

    def _rights(self, certificate: Certificate) -> Iterator[str]:
        if certificate.role == SERVER:
            yield "IS A DIRECTORY SERVER: it can withhold news from members and name wrong endpoints"
        if certificate.bridge:
            yield "may bridge: it may use every MAC address that nobody claims, and be a DHCP server and a router"
        if certificate.relay:
            yield "may be a relay: it sees who sends how much to whom, and can hold it up"
        if certificate.admission:
            yield "MAY ADMIT MEMBERS: whoever it likes, for as long as its own certificate is valid"

    def _times(
        self, certificate: Certificate, request: CertificateRequest, before: Certificate | None
    ) -> Iterator[str]:
        if certificate.expires - certificate.issued > LONG_LIFE:
            yield "it is valid for more than 31 days; a member that is lost or stolen has to be revoked"
        if request.since > self._now + CLOCK_TOLERANCE:
            yield "the server says that the member joined in the future: one of the clocks is wrong"
        if before is None and certificate.since < self._now - NEW_MEMBER_AGE:
            yield (
                "member since more than a week ago, and no certificate of it is known: "
                "who is the oldest member gets an address that two claim"
            )
        if self._descriptor is not None and certificate.since < self._descriptor.created - CLOCK_TOLERANCE:
            yield "member since before the network was made"

    def _addresses(self, certificate: Certificate) -> Iterator[str]:
        prefixes = [prefixFrom(each) for each in self._descriptor.prefixes] if self._descriptor is not None else []
        for text in certificate.addresses:
            interface = ip_interface(text)
            if prefixes and not any(interface.network == each for each in prefixes):
                known = " or ".join(map(str, prefixes))
                yield f"{text} is not an address of the network's prefix {known}"
            for other in self._others(certificate):
                if interface.ip in [ip_interface(each).ip for each in other.addresses]:
                    yield f"{text} is also {_named(other)}'s"
        for mac in certificate.macs:
            for other in self._others(certificate):
                if mac in other.macs:
                    yield f"{MAC(mac)} is also {_named(other)}'s"

    def _name(self, certificate: Certificate) -> Iterator[str]:
        look = _look(certificate.name)
        if certificate.role != SERVER and (look in map(_look, TRUSTED_NAMES) or certificate.name in TRUSTED_NAMES):
            yield f"it is called {certificate.name}, as somebody whom others trust"
        for other in self._others(certificate):
            if other.name == certificate.name:
                yield f"{_named(other)} has the same name"
            elif _look(other.name) == look or _stem(other.name) == _stem(certificate.name):
                yield f"its name looks like that of {_named(other)}"

    def _changes(self, before: Certificate, certificate: Certificate) -> Iterator[str]:
        for field in msgspec.structs.fields(Certificate):
            if field.name not in ("issued", "expires"):
                old, new = (textOf(field.name, getattr(each, field.name), self._now) for each in (before, certificate))
                if old != new:
                    yield f"{labelOf(field.name)} was {old} until now"

    def _others(self, certificate: Certificate) -> Iterable[Certificate]:
        found = {each.identity: each for each in (*self._known, *self._asked)}
        found.pop(certificate.identity, None)
        return found.values()


def _read(octets: bytes, kind: type[_Kind]) -> _Kind:
    found = unverified(octets, kind)
    assert found is not None  # it was just signed
    return found


def _default(field: FieldInfo) -> Any:
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()


def _look(name: str) -> str:
    return name.replace("rn", "m").replace("vv", "w").translate(_ALIKE)


def _stem(name: str) -> str:
    stem, _, number = name.rpartition("-")
    return stem if stem and number.isdigit() else name


def _named(certificate: Certificate) -> str:
    return f"{certificate.name} ({Identity(certificate.identity)})"
