"""
The commands of the control socket that are about the members of a network; see L{wand.control.commands}.
"""

from __future__ import annotations

from typing import ClassVar

from twisted.protocols import amp

from wand.control.commands import Request
from wand.control.values import JSON
from wand.sealed.credentials.member_status import InvitationStatus, MemberStatus, ServerStatus
from wand.status import SecretStatus, SeenStatus


class Join(Request):
    """
    Redeem an invitation.  Answered when it is kept, not when the server has answered.  The C{addresses}, with blanks
    between them, are those that the node would like to have in the overlay.
    """

    arguments: ClassVar = [(b"token", amp.Unicode()), (b"addresses", amp.Unicode(optional=True))]


class Found(Request):
    """
    Make a network; the answer has an invitation, or nothing if nobody knows where others reach the node.
    """

    arguments: ClassVar = [
        (b"name", amp.Unicode()),
        (b"prefix", amp.Unicode()),
        (b"prefix6", amp.Unicode(optional=True)),
    ]
    response: ClassVar = [(b"token", amp.Unicode())]


class Ask(Request):
    """
    What this node asks for, to be carried to somebody who may admit it.
    """

    response: ClassVar = [(b"request", amp.Unicode())]


class Admit(Request):
    """
    Make a member of a node whose request somebody brought.
    """

    arguments: ClassVar = [
        (b"request", amp.Unicode()),
        (b"endpoints", JSON(list[str])),
        (b"name", amp.Unicode()),
        (b"bridge", amp.Boolean()),
        (b"relay", amp.Boolean()),
    ]
    response: ClassVar = [(b"answer", amp.Unicode())]


class Invite(Request):
    """
    Make an invitation; the C{lifetime} is in seconds.
    """

    arguments: ClassVar = [
        (b"endpoints", JSON(list[str])),
        (b"uses", amp.Integer()),
        (b"lifetime", amp.Float()),
        (b"name", amp.Unicode()),
        (b"bridge", amp.Boolean()),
        (b"approval", amp.Boolean()),
        (b"macs", amp.Integer()),
        (b"broadcasts", amp.Integer()),
        (b"relay", amp.Boolean()),
        (b"admits", amp.Integer()),
    ]
    response: ClassVar = [(b"token", amp.Unicode())]


class Invitations(Request):
    """
    A page of the invitations that can still be redeemed, in the order of their ids.
    """

    arguments: ClassVar = [(b"after", amp.Unicode(optional=True))]
    response: ClassVar = [(b"page", JSON(list[InvitationStatus])), (b"more", amp.Boolean())]


class Withdraw(Request):
    """
    Withdraw an invitation.
    """

    arguments: ClassVar = [(b"invitation", amp.Unicode())]


class Members(Request):
    """
    A page of the members, in the order of their keys.
    """

    arguments: ClassVar = [(b"after", amp.Unicode(optional=True))]
    response: ClassVar = [(b"page", JSON(list[MemberStatus])), (b"more", amp.Boolean())]


class Seen(Request):
    """
    A page of the members as the program sees them, in the order of their keys.
    """

    arguments: ClassVar = [(b"after", amp.Unicode(optional=True))]
    response: ClassVar = [(b"page", JSON(list[SeenStatus])), (b"more", amp.Boolean())]


class Servers(Request):
    """
    A page of the servers of the network, in the order of their keys.
    """

    arguments: ClassVar = [(b"after", amp.Unicode(optional=True))]
    response: ClassVar = [(b"page", JSON(list[ServerStatus])), (b"more", amp.Boolean())]


class Approve(Request):
    """
    Admit somebody who waits for it.
    """

    arguments: ClassVar = [(b"nameOrKey", amp.Unicode())]
    response: ClassVar = [(b"member", JSON(MemberStatus))]


class Rename(Request):
    """
    Call a member something else.
    """

    arguments: ClassVar = [(b"nameOrKey", amp.Unicode()), (b"name", amp.Unicode())]
    response: ClassVar = [(b"member", JSON(MemberStatus))]


class Readdress(Request):
    """
    Give a member other overlay addresses.
    """

    arguments: ClassVar = [(b"nameOrKey", amp.Unicode()), (b"addresses", JSON(list[str]))]
    response: ClassVar = [(b"member", JSON(MemberStatus))]


class Limit(Request):
    """
    Say how much a member may bring; a limit that is left out stays as it is.
    """

    arguments: ClassVar = [
        (b"nameOrKey", amp.Unicode()),
        (b"macs", amp.Integer(optional=True)),
        (b"broadcasts", amp.Integer(optional=True)),
    ]
    response: ClassVar = [(b"member", JSON(MemberStatus))]


class Confirm(Request):
    """
    Say that the MAC addresses of a member are its own.
    """

    arguments: ClassVar = [(b"nameOrKey", amp.Unicode())]
    response: ClassVar = [(b"member", JSON(MemberStatus))]


class Appoint(Request):
    """
    Let a member admit others; 0 ends that.
    """

    arguments: ClassVar = [(b"nameOrKey", amp.Unicode()), (b"admits", amp.Integer())]
    response: ClassVar = [(b"member", JSON(MemberStatus))]


class Revoke(Request):
    """
    Revoke a member permanently.
    """

    arguments: ClassVar = [(b"nameOrKey", amp.Unicode())]
    response: ClassVar = [(b"member", JSON(MemberStatus))]


class Rotate(Request):
    """
    Give the network another secret; the former one counts between members for C{overlap} seconds.
    """

    arguments: ClassVar = [(b"overlap", amp.Float())]
    response: ClassVar = [(b"secret", JSON(SecretStatus))]


class Secret(Request):
    """
    Which secret the members have; not the secret itself.
    """

    response: ClassVar = [(b"secret", JSON(SecretStatus))]


class SignatureRequests(Request):
    """
    A part of the document of what waits for a signature made elsewhere.  C{offset} 0 makes the document; the parts
    beyond are of the same one, and it is forgotten after the last.
    """

    arguments: ClassVar = [(b"offset", amp.Integer())]
    response: ClassVar = [(b"part", amp.String()), (b"total", amp.Integer())]


class ImportSignatures(Request):
    """
    A part of a document of signatures, in order; C{offset} 0 begins a new one.  With the last, when there is no
    C{more}, the document is taken.
    """

    arguments: ClassVar = [(b"offset", amp.Integer()), (b"part", amp.String()), (b"more", amp.Boolean())]
    response: ClassVar = [(b"taken", amp.Integer())]
