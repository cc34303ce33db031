"""
The members of a network in memory, without keys, for tests of what sits on top of the control socket.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import msgspec
from twisted.internet.interfaces import IReactorTime

from wand.control.network_administration import InvitationSettings
from wand.errors import MembershipRefused, NoSuchMember, TokenInvalid
from wand.events import Events
from wand.sealed.credentials.handed import HandedRequest
from wand.sealed.credentials.identity import NodeKey
from wand.sealed.credentials.member_status import InvitationStatus, MemberStatus, ServerStatus
from wand.status import ConflictStatus, OwnStatus, SecretStatus

NETWORK = sha256(b"network").hexdigest()

#: Seconds for which a certificate is valid.
LIFE = 3 * 86_400.0


def keyOf(name: str) -> str:
    """
    A key that is always the same for a name.
    """
    return sha256(name.encode()).hexdigest()


def requestOf(name: str) -> str:
    """
    What a node of this name asks for.
    """
    return HandedRequest.of(NodeKey.fromSeed(sha256(name.encode()).digest()), name, bytes(6)).text


def memberNamed(name: str, state: str = "member", since: float = 0.0) -> MemberStatus:
    """
    A member that has nothing but a name.
    """
    key = keyOf(name)
    return MemberStatus(
        name=name,
        key=key,
        short=f"{key[:4]}-{key[4:8]}-{key[8:12]}",
        state=state,
        server=False,
        addresses=["10.77.0.2/16"],
        macs=["02:00:00:00:00:02"],
        bridge=False,
        since=since,
        expires=since + LIFE if state == "member" else None,
    )


class MemoryMembers:
    """
    The membership of a L{simulated.program.MemoryProgram}: a server and a node at once.

    @ivar own: what C{status} says of it; C{None} outside a sealed network.
    @ivar notes: the notes of C{status}.
    @ivar attention: how many of them need a person.
    @ivar listed: the members by their keys.
    @ivar invited: the invitations by their ids.
    @ivar endpoints: those of the last invitation.
    @ivar tokens: those that were redeemed.
    @ivar firstInvitation: what founding a network gives.
    @ivar document: what C{requests} gives.
    @ivar imported: the documents of signatures that came.
    """

    def __init__(self, clock: IReactorTime, events: Events) -> None:
        self.clock = clock
        self.events = events
        self.own: OwnStatus | None = None
        self.notes = ["REL2 is plain: use it on a trusted network."]
        self.attention = 0
        self.listed: dict[str, MemberStatus] = {}
        self.shared = SecretStatus(0, 0.0, 0, 0)
        self.invited: dict[str, InvitationStatus] = {}
        self.endpoints: list[str] = []
        self.tokens: list[str] = []
        self.firstInvitation = "wand1.first"
        self.document = b"{}\n"
        self.imported: list[bytes] = []

    # A node.

    def enter(self, stage: str, conflicts: Sequence[ConflictStatus] = (), *, bridge: bool = False) -> None:
        """
        Be at a stage of the membership, with no invitation to redeem; see L{OwnStatus}.
        """
        isMember = stage == "member"
        self.own = OwnStatus(
            stage=stage,
            network="home" if isMember else "",
            networkKey="" if stage == "new" else NETWORK,
            cipher="" if stage == "new" else "aes-256-gcm",
            name="alice",
            key=keyOf("alice"),
            addresses=["10.77.0.2/16"] if isMember else [],
            expires=self.clock.seconds() + LIFE - 60 if isMember else None,
            conflicts=list(conflicts),
            bridge=bridge,
        )

    def refuse(self, reason: str) -> None:
        """
        The server refuses the invitation.
        """
        self.enter("new")
        self.notes = [f"not admitted: {reason}"]
        self.events.publish("join-refused", reason=reason)

    async def join(self, token: str, addresses: Sequence[str] = ()) -> None:
        """
        Begin to join; what becomes of it is for L{enter} and L{refuse}.
        """
        self.wanted = list(addresses)
        if not token.strip().startswith("wand1."):
            raise TokenInvalid("this is not an invitation: one begins with wand1.")
        self.tokens.append(token)
        self.notes = []
        if self.own is not None and self.own.stage == "member":
            self.own = msgspec.structs.replace(self.own, redeeming=True)
        else:
            self.enter("joining")

    async def found(self, name: str, prefix: str, prefix6: str = "") -> str:
        """
        Be the first member of a network.
        """
        if self.own is not None and self.own.stage == "member":
            raise MembershipRefused("this node is a member of a network already: see wand status")
        self.enter("member")
        return self.firstInvitation

    def request(self) -> str:
        """
        What it asks for.
        """
        return requestOf("alice")

    # A server.

    async def admit(self, request: str, settings: InvitationSettings) -> str:
        """
        Enlist somebody who has nothing but a name.
        """
        name = HandedRequest.parse(request).name
        self.endpoints = list(settings.endpoints)
        self.enlist(memberNamed(settings.name or name))
        return "wandanswer1.answer"

    def enlist(self, *members: MemberStatus) -> None:
        """
        Have these members.
        """
        self.listed.update((member.key, member) for member in members)

    @property
    def network(self) -> MemoryMembers:
        """
        See L{wand.control.program.Program}: it is this object, too.
        """
        return self

    async def invite(self, settings: InvitationSettings) -> str:
        """
        Keep the invitation.
        """
        if settings.uses > 1_000:
            raise MembershipRefused("an invitation can be used 1 to 1000 times")
        invitation = keyOf(f"invitation {len(self.invited)}")[:32]
        self.endpoints = list(settings.endpoints)
        self.invited[invitation] = InvitationStatus(
            invitation,
            settings.uses,
            settings.uses,
            self.clock.seconds() + settings.lifetime,
            settings.name,
            settings.bridge,
            settings.approval,
            settings.limits.macs,
            settings.limits.broadcasts,
            settings.relay,
            settings.admits,
        )
        return f"wand1.{invitation}"

    def invitations(self) -> list[InvitationStatus]:
        """
        Those that were made.
        """
        return list(self.invited.values())

    def servers(self) -> list[ServerStatus]:
        """
        The server alone.
        """
        return [ServerStatus("server", "ab" * 32, "abababababab", "this", ["192.0.2.1:44444"], 0.0)]

    async def withdraw(self, invitation: str) -> None:
        """
        Forget an invitation.
        """
        if self.invited.pop(invitation, None) is None:
            raise NoSuchMember(f"there is no open invitation {invitation}")

    def members(self, after: str | None, count: int) -> list[MemberStatus]:
        """
        A page of the members.
        """
        return [self.listed[key] for key in sorted(self.listed) if after is None or key > after][:count]

    async def approve(self, nameOrKey: str) -> MemberStatus:
        """
        Make a member of somebody who waits.
        """
        member = self._find(nameOrKey)
        if member.state != "pending":
            raise MembershipRefused(f"{member.name} does not wait for an approval")
        return self._change(member, state="member", expires=self.clock.seconds() + LIFE)

    async def rename(self, nameOrKey: str, name: str) -> MemberStatus:
        """
        Call a member something else.
        """
        return self._change(self._find(nameOrKey), name=name)

    async def address(self, nameOrKey: str, addresses: Sequence[str]) -> MemberStatus:
        """
        Give a member other overlay addresses.
        """
        return self._change(self._find(nameOrKey), addresses=[f"{each}/16" for each in addresses])

    async def limit(self, nameOrKey: str, macs: int | None, broadcasts: int | None) -> MemberStatus:
        """
        Say how much a member may bring.
        """
        member = self._find(nameOrKey)
        return self._change(member, behind=macs or member.behind, broadcasts=broadcasts or member.broadcasts)

    async def confirm(self, nameOrKey: str) -> MemberStatus:
        """
        Say that the MAC addresses of a member are its own.
        """
        return self._change(self._find(nameOrKey), confirmed=True)

    async def appoint(self, nameOrKey: str, admits: int) -> MemberStatus:
        """
        Let a member admit others.
        """
        return self._change(self._find(nameOrKey), admission=bool(admits), admits=admits)

    async def revoke(self, nameOrKey: str) -> MemberStatus:
        """
        Revoke a member.
        """
        return self._change(self._find(nameOrKey), state="revoked")

    def secret(self) -> SecretStatus:
        """
        Which secret the members have.
        """
        return self.shared

    async def rotate(self, overlap: float) -> SecretStatus:
        """
        Give them another one, which nobody has yet.
        """
        number = int(self.clock.seconds())
        self.shared = SecretStatus(number, number + overlap, 0, len(self.listed))
        return self.shared

    def requests(self) -> bytes:
        """
        L{document}.
        """
        return self.document

    async def importSignatures(self, document: bytes) -> int:
        """
        Keep the document.

        @return: how many lines it has.
        """
        self.imported.append(document)
        return document.count(b"\n")

    def _find(self, nameOrKey: str) -> MemberStatus:
        for member in self.listed.values():
            if nameOrKey in (member.name, member.key):
                return member
        raise NoSuchMember(f"the network has no member {nameOrKey}")

    def _change(self, member: MemberStatus, **changes: object) -> MemberStatus:
        changed = msgspec.structs.replace(member, **changes)
        self.listed[member.key] = changed
        return changed
