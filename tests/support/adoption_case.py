"""
A node that founded its network, and a deputy, in simulated time.
"""

from __future__ import annotations

from typing import Any

from authority_case import AuthorityCase
from simulated.membership import macFrom, octetsFrom

from wand.sealed.credentials.certificate import NODE, Certificate
from wand.sealed.credentials.identity import NodeKey
from wand.sealed.credentials.key_binding import bindingOf
from wand.sealed.credentials.member_status import MemberStatus
from wand.sealed.credentials.signed import signed, unverified
from wand.stores.memory import MemoryRecords

DAY = 86_400


class AdoptionCase(AuthorityCase):
    """
    A node that founded its network, and a deputy.
    """

    def setUp(self) -> None:
        super().setUp()
        self.records, self.state = MemoryRecords(), self.directory()
        self.authority = self.opened(mac=macFrom("founder"), life=30 * DAY)
        self.deputy = self.joined(self.invite(admits=2), name="deputy")
        assert self.deputy.own is not None
        self.own = self.deputy.own
        self.clock.advance(1000)

    def meet(self, person: str, **changes: Any) -> Certificate:
        """
        Somebody comes with a certificate of the deputy; what it has then.
        """
        key, now = NodeKey.fromSeed(octetsFrom(person)), int(self.wallClock())
        fields = {
            "network": self.authority.trust.network,
            "identity": key.identity,
            "exchangeKey": key.exchangePublic,
            "role": NODE,
            "name": person,
            "addresses": ("10.77.9.9/16",),
            "macs": (bytes(macFrom(person)),),
            "bridge": False,
            "since": now,
            "issued": now,
            "expires": self.own.expires,
            "grant": self.own.grant,
            "seat": 0,
            "binding": bindingOf(key),
        }
        certificate = signed(self.deputy.key.signing, Certificate(**(fields | changes)))
        self.authority.own.admit(certificate, key.exchangePublic)
        found = unverified(self.operator.certificateOf(key.identity), Certificate)
        return found or Certificate(**(fields | changes | {"name": "nobody"}))

    def status(self, name: str) -> MemberStatus:
        [found] = [each for each in self.members() if each.name == name]
        return found

    def unadopted(self, person: str, seat: int) -> bytes:
        """
        The certificate of somebody whom the deputy admitted, and for whom the network did not sign.
        """
        key, now = NodeKey.fromSeed(octetsFrom(person)), int(self.wallClock())
        content = Certificate(
            network=self.authority.trust.network,
            identity=key.identity,
            exchangeKey=key.exchangePublic,
            role=NODE,
            name=person,
            addresses=(),
            macs=(),
            bridge=False,
            since=now,
            issued=now,
            expires=self.own.expires,
            grant=self.own.grant,
            seat=seat,
            binding=bindingOf(key),
        )
        octets = signed(self.deputy.key.signing, content)
        self.assertIsNotNone(self.authority.trust.check(octets))
        return octets
