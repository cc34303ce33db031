"""
What nodes ask of the authority: to join, and to renew their certificates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from twisted.internet.interfaces import IReactorTime

from wand.errors import GrantEnded, MembershipRefused, NoSuchMember, StoreUnavailable, TemporarilyUnavailable
from wand.ethernet import MAC
from wand.events import Events
from wand.sealed.authority.assignments import Assignments
from wand.sealed.authority.invitations import Invitation
from wand.sealed.authority.issuer import Issuer
from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.authority.member_records import MemberRecords
from wand.sealed.authority.redemption import Redemption
from wand.sealed.authority.server_membership import ServerMembership
from wand.sealed.authority.stored_network import StoredNetwork
from wand.sealed.credentials.fields import NAME_RULE, isName, nameLike, withoutPrefix
from wand.sealed.credentials.handed import HandedAnswer, HandedRequest
from wand.sealed.credentials.messages import Admitted, Join, NotNow, Pending, Refused, Renewed
from wand.sealed.credentials.token import ENDPOINTS_MAXIMUM
from wand.timing.token_buckets import TokenBuckets

#: How many events tell of one node that cannot be answered, or is refused with one invitation: per second in the long
#: run, and at once.  It asks again when an answer is lost.
TELLING_RATE: Final = 1 / 60
TELLING_BURST: Final = 1.0

#: How often one member gets another MAC address, since each is a signature and a few writes to the store: per second in
#: the long run, and at once.
MOVE_RATE: Final = 0.1
MOVE_BURST: Final = 10.0

#: The longest reason of a refusal that is sent, in characters.
REASON_MAXIMUM: Final = 300


class NodeRequests:
    """
    Answers nodes.  Whatever goes wrong becomes an answer.
    """

    def __init__(
        self,
        own: ServerMembership,
        network: StoredNetwork,
        members: MemberRecords,
        assignments: Assignments,
        issuer: Issuer,
        redemption: Redemption,
        clock: IReactorTime,
        events: Events,
    ) -> None:
        """
        @param own: this server as a member: an admitted node is shown its certificate.
        """
        self._own = own
        self._network = network
        self._members = members
        self._assignments = assignments
        self._issuer = issuer
        self._redemption = redemption
        self._events = events
        self._delays = TokenBuckets(clock, TELLING_RATE, TELLING_BURST)
        self._moves = TokenBuckets(clock, MOVE_RATE, MOVE_BURST)
        self._refusals = TokenBuckets(clock, TELLING_RATE, TELLING_BURST)

    async def redeem(
        self, join: Join, exchangeKey: bytes, invitation: bytes, endpoint: str
    ) -> Admitted | Pending | Refused | NotNow:
        """
        Answer a node that wants to join, or a member that has an invitation which gives it more.

        @param exchangeKey: the public key that the handshake proved.
        @param invitation: the id of the invitation whose secret the handshake proved.
        @param endpoint: where it came from, for the hooks.
        """
        before = self._members.get(join.identity)
        known = {"name": nameLike(join.name, "node"), "key": join.identity.hex(), "endpoint": endpoint}
        try:
            record = await self._redemption.redeem(join, exchangeKey, invitation, endpoint)
        except MembershipRefused as error:
            if self._refusals.take((join.identity + invitation).hex()):
                self._events.publish("member-refused", **known, reason=str(error))
            return Refused(str(error)[:REASON_MAXIMUM])
        except (StoreUnavailable, TemporarilyUnavailable) as error:
            if self._delays.take(join.identity.hex()):
                self._events.publish("member-delayed", **known, reason=str(error))
            return _notNow(error)
        if record is None:
            return Pending()
        self._tellRedeemed(before, record, endpoint)
        return self.admitted(record.identity) or Pending()

    async def enlist(
        self,
        request: HandedRequest,
        name: str,
        endpoints: Sequence[str],
        *,
        bridge: bool = False,
        relay: bool = False,
        admits: int = 0,
    ) -> HandedAnswer | None:
        """
        Answer a request that somebody brought; a member is renewed.

        @param name: what the node is called; empty for what it wants.
        @param endpoints: where this program is reached.
        @return: C{None} as long as its certificate waits for a signature.
        @raise MembershipRefused: if it cannot be a member, with the reason.
        @raise StoreUnavailable: if that cannot be stored.
        """
        if name and not isName(name):
            raise MembershipRefused(f"{name!r} is not a name: {NAME_RULE}")
        before = self._members.get(request.identity)
        terms = Invitation(b"", b"", 1, 0, name=name, bridge=bridge, relay=relay, admits=admits)
        record = await self._redemption.enlist(request, terms)
        self._tellRedeemed(before, record, "")
        admitted = None if self._issuer.isDue(record) else self.admitted(record.identity)
        if admitted is None:
            return None
        return HandedAnswer(
            self._network.identity,
            admitted.descriptor,
            admitted.secret,
            admitted.certificate,
            admitted.server,
            tuple(endpoints)[:ENDPOINTS_MAXIMUM],
            self._network.secrets.rotations,
        )

    def _tellRedeemed(self, before: MemberRecord | None, after: MemberRecord, endpoint: str) -> None:
        known = {"name": after.name, "key": after.identity.hex()}
        if before is None:
            for address in after.addresses:
                mac = str(MAC(after.macs[0]))
                self._events.publish("address-assigned", **known, mac=mac, address=withoutPrefix(address))
        if before is None or before.state != after.state:
            kind = "member-joined" if after.state == "member" else "member-pending"
            self._events.publish(kind, **known, endpoint=endpoint)
        elif after.bridge and not before.bridge:
            self._events.publish("member-changed", **known, what="may bridge now")
        elif after.relay and not before.relay:
            self._events.publish("member-changed", **known, what="may be a relay now")
        elif after.admits > before.admits:
            self._events.publish("member-changed", **known, what=f"may admit {after.admits} members now")
        elif after.limits != before.limits:
            self._events.publish("member-changed", **known, what="has larger limits now")

    def admitted(self, identity: bytes) -> Admitted | None:
        """
        What a node gets when it is a member; C{None} if it is not, if its rights are not certified yet, or if we are
        not certified ourselves.
        """
        record, own = self._members.get(identity), self._own.certificate
        if record is None or record.state != "member" or not own or not record.areRightsCertified:
            return None
        return Admitted(record.certificate, self._network.signedDescriptor, self._network.secrets.first, own)

    async def renew(self, identity: bytes, mac: MAC) -> Renewed | Refused | NotNow:
        """
        Answer a member that wants a new certificate; it gets the one that it has while nothing is to change.

        @param mac: the address of its tap.
        """
        try:
            record = self._members.get(identity)
            if record is None or record.state != "member":
                raise MembershipRefused("this key is not a member; ask for an invitation")
            if mac not in record.macs:
                if not self._moves.take(identity):
                    return NotNow("this node changes its MAC address too often")
                record = await self._move(record, mac)
            if self._issuer.isDue(record):
                record = await self._issuer.issue(identity)
        except (MembershipRefused, NoSuchMember) as error:
            return Refused(str(error)[:REASON_MAXIMUM])
        except (StoreUnavailable, TemporarilyUnavailable) as error:
            return _notNow(error)
        return Renewed(record.certificate)

    async def _move(self, record: MemberRecord, mac: MAC) -> MemberRecord:
        """
        Give a member another MAC address.

        @raise MembershipRefused: if it is somebody else's.
        """
        moved = await self._members.change(
            record.identity,
            lambda before: msgspec.structs.replace(before, macs=(bytes(mac),), confirmed=False),
            lambda: self._assignments.macs.take(mac, record.identity),
        )
        await self._assignments.macs.keep(mac, record.identity)
        return moved


def _notNow(error: Exception) -> NotNow:
    """
    What a node is told when it is not answered yet; the details of what is wrong here are for our operator alone.
    """
    if isinstance(error, StoreUnavailable):
        return NotNow("the server cannot store anything now")
    if isinstance(error, GrantEnded):
        return NotNow("this member may admit nobody until it meets whoever founded the network, or a server")
    return NotNow(str(error)[:REASON_MAXIMUM])
