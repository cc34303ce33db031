"""
Joining on a link: a node that has an invitation finds the member that made it, wherever the invitation says that it is.

Neither knows the other's certificate yet.  The key of what they say comes from the secret of the invitation, so nobody
else can ask, and to others it looks like all that members say there.  The invitation names its maker, who signs the
answer: nobody else who has the invitation can give one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, ClassVar, Final

import msgspec
from msgspec import Meta

from wand.endpoint import Endpoint
from wand.sealed.credentials.fields import Octets16, Octets32, Octets64
from wand.sealed.credentials.identity import Entropy
from wand.sealed.credentials.signed import Body, isSignature, unpacked
from wand.sealed.credentials.token import Token
from wand.sealed.reach.lan_links import LanLinks
from wand.sealed.reach.lan_messages import ROOM, LanSeal
from wand.underlay.links import LinkPort, Links

#: What the key is for.
_PURPOSE: Final = b"wand lan join 1"

#: With how many invitations a question is tried, of the latest.
INVITATIONS_MAXIMUM: Final = 128

#: How many places are taken from the answers to one question: the member may be on several links, with both families,
#: and whoever sends its answer on with other senders is not to choose where we knock.
PLACES_MAXIMUM: Final = 4


class JoinQuestion(msgspec.Struct, frozen=True, array_like=True, tag=0):
    """
    Where is the member that made this invitation?

    @ivar challenge: chance; the answer repeats it.
    """

    challenge: Octets16


class AnswerProof(Body, frozen=True, array_like=True):
    """
    What the maker of an invitation signs; it does not travel.
    """

    domain: ClassVar[str] = "wand lan join 1"

    network: Octets32
    challenge: Octets16
    port: int


class JoinAnswer(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """
    Here.

    @ivar challenge: that of the question.
    @ivar port: the UDP port for data; the host is where the answer comes from.
    @ivar proof: the signature of an L{AnswerProof} by the maker of the invitation.
    """

    challenge: Octets16
    port: Annotated[int, Meta(ge=1, le=65535)]
    proof: Octets64


def sealOf(secret: bytes, network: bytes) -> LanSeal:
    """
    Seals what is said about an invitation.

    @param secret: the invitation's.
    @param network: the network's public key.
    """
    return LanSeal.of(secret, network, _PURPOSE)


class LanHost:
    """
    Answers those who have an invitation of ours.
    """

    def __init__(
        self,
        secrets: Callable[[], Iterable[bytes]],
        port: int,
        entropy: Entropy,
        sign: Callable[[Body], bytes],
    ) -> None:
        """
        @param secrets: those of the invitations that can be redeemed here, the latest first.
        @param port: our UDP port for data.
        @param sign: signs with our key.
        """
        self._sign = sign
        self._secrets = secrets
        self._port = port
        self._entropy = entropy
        self._seals: dict[bytes, LanSeal] = {}

    def answer(self, datagram: bytes, network: bytes) -> bytes | None:
        """
        The answer to a datagram that may be anything; C{None} if it is no question of somebody who was invited.

        @param network: ours.
        """
        wanted = list(self._secrets())[:INVITATIONS_MAXIMUM]
        self._seals = {each: self._seals.get(each) or sealOf(each, network) for each in wanted}
        for seal in self._seals.values():
            octets = seal.opened(datagram)
            question = None if octets is None else unpacked(octets, JoinQuestion, ROOM)
            if question is not None:
                proof = self._sign(AnswerProof(network, question.challenge, self._port))
                return seal.sealed(JoinAnswer(question.challenge, self._port, proof), self._entropy)
        return None


class LanGuest:
    """
    Looks on our links for the member that made an invitation, each time that it is told to.
    """

    def __init__(self, links: Links, ours: LanLinks, mayReach: Callable[[str], bool], entropy: Entropy) -> None:
        """
        @param links: of this host.
        @param ours: those on which to ask.
        @param mayReach: may datagrams go to this host?
        """
        self._links = links
        self._ours = ours
        self._mayReach = mayReach
        self._entropy = entropy
        self._port: LinkPort | None = None
        self._seal: LanSeal | None = None
        self._token: Token | None = None
        self._places: dict[bytes, set[Endpoint]] = {}  # from the answers to each of the last two questions
        self._found: Callable[[Endpoint], object] = lambda place: None

    def ask(self, token: Token, found: Callable[[Endpoint], object]) -> None:
        """
        Ask on all links.

        @param found: called with where the member says that it is.
        """
        self._found = found
        if self._port is None:
            self._port = self._links.open(self)
        if self._port is None:
            return
        if token is not self._token:
            self._token, self._seal = token, sealOf(token.secret, token.network)
            self._places.clear()
        assert self._seal is not None
        challenge = self._entropy(16)
        self._places = {**dict(list(self._places.items())[-1:]), challenge: set()}
        for link, source in self._ours.sources():
            if self._port.join(link, source):
                self._port.ask(self._seal.sealed(JoinQuestion(challenge), self._entropy), link, source)

    def heard(self, datagram: bytes, sender: tuple[str, int]) -> None:
        """
        See L{wand.underlay.links.LinkReceiver}.
        """
        if self._seal is None or not self._mayReach(sender[0]):
            return
        octets = self._seal.opened(datagram)
        answer = None if octets is None else unpacked(octets, JoinAnswer, ROOM)
        places = None if answer is None else self._places.get(answer.challenge)
        if answer is None or places is None or len(places) >= PLACES_MAXIMUM:
            return
        place = Endpoint(sender[0], answer.port)
        if place not in places and self._isOfMaker(answer):
            places.add(place)
            self._found(place)

    def _isOfMaker(self, answer: JoinAnswer) -> bool:
        token = self._token
        if token is None:
            return False
        proof = AnswerProof(token.network, answer.challenge, answer.port)
        return isSignature(answer.proof, proof, token.identity)

    def stop(self) -> None:
        """
        Look no longer.
        """
        if self._port is not None:
            self._port.close()
        self._port = self._seal = self._token = None
