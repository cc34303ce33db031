"""
A node becomes a member by an answer that somebody brought, or is renewed by one.
"""

from __future__ import annotations

from wand.errors import MembershipRefused, TokenInvalid
from wand.sealed.credentials.certificate import SERVER, Certificate
from wand.sealed.credentials.chain import certified
from wand.sealed.credentials.descriptor import Descriptor
from wand.sealed.credentials.handed import HandedAnswer
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.signed import verified
from wand.sealed.node.enrolment import Enrolment
from wand.sealed.node.stored_enrolment import KnownServer


def takeHanded(enrolment: Enrolment, answer: HandedAnswer) -> None:
    """
    Take an answer.

    @raise MembershipRefused: if this node is a member of another network, redeems an invitation, or was revoked; or if
        the answer is no newer than what it has.
    @raise TokenInvalid: if what the answer says is not signed by its network, or is about somebody else.
    """
    by = _checked(enrolment, answer)
    if enrolment.stage == "member" and enrolment.network == answer.network:
        isSecretNew = enrolment.secrets.take(answer.rotations)
        if not (enrolment.renewed(answer.certificate) or isSecretNew):
            raise MembershipRefused("this node has this certificate already, or a newer one")
        return
    if enrolment.stage != "new":
        raise MembershipRefused(f"this node is {_STAGES[enrolment.stage]}, and takes no answer")
    where = (KnownServer(by.identity, by.exchangeKey, answer.endpoints),) if answer.endpoints else ()
    servers, admitters = (where, ()) if by.role == SERVER else ((), where)
    said = answer.network, answer.descriptor, answer.secret, answer.certificate
    enrolment.enter(*said, servers, admitters, answer.rotations)


_STAGES = {
    "member": "a member of another network (one in an empty state directory can be of this one, too)",
    "joining": "redeeming an invitation",
    "revoked": "revoked permanently (one in an empty state directory can hand over a new request)",
}


def _checked(enrolment: Enrolment, answer: HandedAnswer) -> Certificate:
    """
    The certificate of whoever answered.
    """
    descriptor = verified(answer.descriptor, Descriptor, answer.network)
    own, by = (certified(each, answer.network) for each in (answer.certificate, answer.by))
    if descriptor is None or own is None or by is None:
        raise TokenInvalid("the answer is not signed by the network that it names")
    if (own.identity, own.exchangeKey) != (enrolment.identity, enrolment.key.exchangePublic):
        raise TokenInvalid("this is the answer to another node's request")
    if not (by.role == SERVER or by.admission) or Identity(own.network) != answer.network:
        raise TokenInvalid("the answer is from somebody who may not admit members")
    return by
