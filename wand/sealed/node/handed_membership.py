"""
A node becomes a member by an answer that somebody brought, or is renewed by one.
"""

from __future__ import annotations

from typing import Final

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
        raise MembershipRefused(_REFUSALS[enrolment.stage])
    where = (KnownServer(by.identity, by.exchangeKey, answer.endpoints),) if answer.endpoints else ()
    servers, admitters = (where, ()) if by.role == SERVER else ((), where)
    said = answer.network, answer.descriptor, answer.secret, answer.certificate
    enrolment.enter(*said, servers, admitters, answer.rotations)


#: Why a node takes no answer, and what to do, by its stage.
_REFUSALS: Final = {
    "member": "this node is a member of another network, and takes no answer from this one: to be in both, run another "
    "node with a state directory of its own, and make a request there",
    "joining": "this node is redeeming an invitation, and takes no answer meanwhile",
    "revoked": "the key of this node was revoked, and cannot be a member again: give the node an empty state "
    "directory, and make a new request",
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
