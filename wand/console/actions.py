"""
What the API lets operators do.
"""

from __future__ import annotations

from io import BytesIO
from typing import Annotated, Final

import msgspec

from wand.console.answers import Document
from wand.console.calls import Call, Route
from wand.readings.qr import qrCode
from wand.sealed.credentials.admission_limits import ADMITS
from wand.sealed.credentials.limits import (
    BROADCASTS,
    BROADCASTS_MAXIMUM,
    MACS,
    MACS_MAXIMUM,
    OVERLAP,
    OVERLAP_MAXIMUM,
    Limits,
)
from wand.sealed.credentials.member_status import MemberStatus
from wand.status import SecretStatus

_Text = Annotated[str, msgspec.Meta(max_length=255)]


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    Nothing has to be said.
    """


class NewName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    What a member is to be called.
    """

    name: _Text


class NewInvitation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    What an invitation is to be like, as C{wand invite} takes it.

    @ivar uses: how many nodes may join.
    @ivar expires: in how many seconds it does.
    @ivar name: what the node is called; empty if it chooses.
    @ivar approval: must an operator approve who joins?
    @ivar endpoints: where nodes reach the server, C{HOST:PORT} each; empty for what is known.
    """

    uses: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1
    expires: Annotated[float, msgspec.Meta(gt=0, le=10 * 366 * 86_400)] = 86_400.0
    name: _Text = ""
    bridge: bool = False
    relay: bool = False
    admission: bool = False
    approval: bool = False
    macs: Annotated[int, msgspec.Meta(ge=1, le=MACS_MAXIMUM)] = MACS
    broadcasts: Annotated[int, msgspec.Meta(ge=1, le=BROADCASTS_MAXIMUM)] = BROADCASTS
    endpoints: Annotated[list[_Text], msgspec.Meta(max_length=32)] = []


class NewSecret(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    The network is to have another secret, as C{wand rotate} makes it.

    @ivar overlap: for how many seconds the former one counts between members.
    """

    overlap: Annotated[float, msgspec.Meta(ge=0, le=OVERLAP_MAXIMUM)] = OVERLAP


class MadeInvitation(msgspec.Struct, frozen=True):
    """
    An invitation.

    @ivar token: what C{wand join} takes: as secret as a password.
    @ivar qr: the same as a QR code, in SVG; empty if it is too long for one.
    """

    token: str
    qr: str


async def _approve(call: Call) -> Document:
    return Document(await call.client.approve(call.path["member"]))


async def _revoke(call: Call) -> Document:
    return Document(await call.client.revoke(call.path["member"]))


async def _rotate(call: Call) -> Document:
    return Document(await call.client.rotate(call.body.overlap))


async def _rename(call: Call) -> Document:
    return Document(await call.client.rename(call.path["member"], call.body.name))


async def _invite(call: Call) -> Document:
    asked: NewInvitation = call.body
    limits, admits = Limits(asked.macs, asked.broadcasts), ADMITS if asked.admission else 0
    token = await call.client.invite(
        asked.endpoints,
        asked.uses,
        asked.expires,
        asked.name,
        asked.bridge,
        asked.approval,
        limits,
        asked.relay,
        admits,
    )
    return Document(MadeInvitation(token, _drawn(token)))


async def _withdraw(call: Call) -> Document:
    await call.client.withdraw(call.path["invitation"])
    return Document(Nothing())


def _drawn(token: str) -> str:
    code = qrCode(token)
    if code is None:
        return ""
    picture = BytesIO()
    code.save(picture, kind="svg", xmldecl=False, nl=False, border=4, omitsize=True, light="#fff", dark="#000")
    return picture.getvalue().decode()


ACTIONS: Final = (
    Route(
        method="POST",
        path="members/{member}/approve",
        about="Approve a node that waits to join.",
        answers=(MemberStatus,),
        respond=_approve,
        body=Nothing,
        command="wand approve",
    ),
    Route(
        method="POST",
        path="members/{member}/rename",
        about="Rename a member.",
        answers=(MemberStatus,),
        respond=_rename,
        body=NewName,
        command="wand rename",
    ),
    Route(
        method="POST",
        path="members/{member}/revoke",
        about="Revoke a member permanently.",
        answers=(MemberStatus,),
        respond=_revoke,
        body=Nothing,
        command="wand revoke",
    ),
    Route(
        method="POST",
        path="network/rotate",
        about="Give the network another secret.",
        answers=(SecretStatus,),
        respond=_rotate,
        body=NewSecret,
        command="wand rotate",
    ),
    Route(
        method="POST",
        path="invitations",
        about="Create an invitation: its token, and a QR code of it as SVG.",
        answers=(MadeInvitation,),
        respond=_invite,
        body=NewInvitation,
        command="wand invite",
    ),
    Route(
        method="POST",
        path="invitations/{invitation}/withdraw",
        about="Withdraw an invitation.",
        answers=(Nothing,),
        respond=_withdraw,
        body=Nothing,
        command="wand withdraw",
    ),
)
