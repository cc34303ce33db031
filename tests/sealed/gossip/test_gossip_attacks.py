"""
What a dishonest member tries, with the real parsers and signatures: what it says of others, of itself, of those whom it
admitted or who do not exist, and what it says that it knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import msgspec
from msgspec.structs import replace
from simulated.members import BEGIN, LIFE, SimulatedMember, SimulatedNetwork
from simulated.membership import TestNetwork, octetsFrom
from twisted.trial.unittest import SynchronousTestCase

from wand.interfaces import IMembershipFollower
from wand.sealed.credentials.allowance import Allowance
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.claim import Claim
from wand.sealed.credentials.identity import NetworkKey, NodeKey
from wand.sealed.credentials.revocation import Revocation
from wand.sealed.credentials.seats import CHANGE_PAUSE
from wand.sealed.credentials.signed import packed, signed, unverified
from wand.sealed.gossip.directory import GossipDirectory
from wand.sealed.gossip.gossip import Gossip
from wand.sealed.gossip.items import (
    Accusation,
    AccusationItem,
    AnnouncementItem,
    Presence,
    PresenceItem,
)
from wand.sealed.gossip.messages import WHOLE, Alive, Digests, Held, News, Probe, Probed, ProbeFor, Wanted, pack
from wand.sealed.gossip.signatures import Ed25519Signatures, accusationItem, presenceItem
from wand.sealed.gossip.tree import WIDTH
from wand.sealed.sessions.control_messages import ControlMessages
from wand.state import StateDirectory

#: The highest epoch, and the highest number of a word within one.
EPOCH_MAXIMUM = 1 << 53
NUMBER_MAXIMUM = (1 << 32) - 1

#: How many octets a second a member sends at most, afterwards, whatever another has told it.
QUIET = 150


class Node(SimulatedMember):
    """
    A node with no server, that ends what it has with whoever is no member.
    """

    state: Path

    def opened(self, control: ControlMessages) -> IMembershipFollower:
        assert self.context.sealed is not None
        self.trust.displaced = lambda identity, admitter: self.claims.drop(identity)
        self.trust.observe(lambda identity, revocation: self.claims.drop(identity))
        self.trust.observeAllowances(lambda said, notice: self.lost(said))
        self.context.stores.directory = lambda: StateDirectory(str(self.state))
        self.blamed: list[bytes] = []
        self.sessions.blame = lambda peer, reason: self.blamed.append(peer)  # type: ignore[method-assign]
        return GossipDirectory(self.context, self.context.sealed)

    def lost(self, said: Allowance) -> None:
        for each in self.trust.seats.lost(said):
            self.claims.drop(each)

    @property
    def gossip(self) -> Gossip:
        assert isinstance(self.directory, GossipDirectory) and self.directory._gossip is not None
        return self.directory._gossip

    @property
    def known(self) -> set[bytes]:
        return {each.identity for each in self.gossip.view.tree}

    @property
    def sent(self) -> int:
        return self.context.counters["gossip-sent-octets"]


class AttackCase(SynchronousTestCase):
    """
    Six nodes, the last of which is dishonest.
    """

    def setUp(self) -> None:
        self.network = SimulatedNetwork.begun()
        self.signer = TestNetwork(key=self.network.key)
        self.nodes = [Node(self.network.person(number), []) for number in range(1, 7)]
        for node in self.nodes:
            directory = TemporaryDirectory()
            self.addCleanup(directory.cleanup)
            node.state = Path(directory.name)
            node.come()
            self.meet(node, self.nodes[0])
        self.network.run(30)
        *self.honest, self.liar = self.nodes
        self.liarKey = self.liar.person.key
        self.assertEqual({len(each.known) for each in self.nodes}, {6})

    def tearDown(self) -> None:
        for node in self.nodes:
            if node.isRunning:
                node.go()

    def meet(self, node: Node, other: Node) -> None:
        if node is not other:
            node.claims.offer(*other.announcement())
            node.sessions.introduce(other.identity, other.person.key.exchangePublic, [other.sessions.endpoint])

    # What the liar does.

    def send(self, octets: bytes, victims: Sequence[Node] = ()) -> None:
        for each in victims or self.honest:
            self.liar.sessions.sendControl(each.identity, octets)

    def tell(self, *items: bytes, victims: Sequence[Node] = ()) -> None:
        for item in items:
            self.send(pack(News((msgspec.Raw(item),))), victims)
        self.network.run(0.5)

    def presence(self, who: NodeKey, epoch: int, number: int, here: bool = True, *places: str) -> bytes:
        signatures = Ed25519Signatures(self.liarKey.signing.sign, lambda certificate, claim: True)
        body = Presence(self.network.key.network, who.identity, epoch, number, here, places)
        return presenceItem(body, signatures).octets

    def accusation(self, by: NodeKey, whom: NodeKey, epoch: int, number: int, ring: int) -> bytes:
        signatures = Ed25519Signatures(by.signing.sign, lambda certificate, claim: True)
        body = Accusation(self.network.key.network, by.identity, whom.identity, epoch, number, ring)
        return accusationItem(body, signatures).octets

    # What may not come of it.

    def assertCalm(self, seconds: float = 120.0, most: float = QUIET) -> None:
        """
        Nobody honest sends much any more.
        """
        before = [each.sent for each in self.honest]
        self.network.run(seconds)
        rates = [(each.sent - was) / seconds for each, was in zip(self.honest, before, strict=True)]
        self.assertLess(max(rates), most)

    def assertHonestAreHere(self) -> None:
        """
        All who are honest know each other, and that they are here.
        """
        for each in self.honest:
            for other in self.honest:
                self.assertTrue(each.gossip.view.isHere(other.identity))


class WordsTests(AttackCase):
    """
    What it says of others, and of itself.
    """

    def test_goodbyesOfOthers(self) -> None:
        """
        That somebody leaves, or moves, in a word that only the liar has signed, of now, of the future, or with the
        highest numbers that there are.
        """
        for epoch, number in ((1, 2), (2, 1), (EPOCH_MAXIMUM, NUMBER_MAXIMUM)):
            for victim in self.honest:
                self.tell(self.presence(victim.person.key, epoch, number, False))
                self.tell(self.presence(victim.person.key, epoch, number, True, "192.0.2.66:1"))
        self.assertHonestAreHere()
        self.assertIn(self.liar.identity, self.honest[0].blamed)

    def test_theHighestNumbers(self) -> None:
        """
        Its own word has the highest epoch and number: it is believed about itself, and disturbs nobody else; the same
        again, and one beyond, is nothing.
        """
        entry = self.honest[0].gossip.view.get(self.liar.identity)
        assert entry is not None
        for epoch, number in ((EPOCH_MAXIMUM, NUMBER_MAXIMUM), (EPOCH_MAXIMUM, NUMBER_MAXIMUM)):
            self.tell(self.presence(self.liarKey, epoch, number, True, "198.51.100.1:1"))
        for epoch, number in ((EPOCH_MAXIMUM, NUMBER_MAXIMUM + 1), (EPOCH_MAXIMUM + 1, 1), (-1, 1), (1, -1)):
            told = PresenceItem(self.liarKey.identity, epoch, number, True, (), bytes(64))
            self.tell(packed(told))
        self.network.run(60)
        self.assertHonestAreHere()
        self.assertCalm()

    def test_places(self) -> None:
        """
        It says that it is where nobody can be, on this host, within the overlay, at a group, or nowhere.
        """
        number = 100
        for places in (
            ("127.0.0.1:22222",),
            ("10.77.0.2:22222",),
            ("224.0.0.1:1", "255.255.255.255:1", "0.0.0.0:1", "[ff02::1]:1"),
            ("198.51.100.1:0", "198.51.100.1:65536", "no place", ""),
            ("\u0000" * 40, "🦊" * 11, "[::ffff:127.0.0.1]:1", "[::1%lo]:1"),
        ):
            number += 1
            self.tell(self.presence(self.liarKey, 1, number, True, *places))
        for node in self.honest:
            entry = node.gossip.view.get(self.liar.identity)
            assert entry is not None
        self.assertHonestAreHere()
        self.assertCalm()

    def test_accusations(self) -> None:
        """
        It accuses everybody on every ring, of what they said, did not say yet, or will never say, again and again: they
        are here all the same, and say so no more often than it may accuse.
        """
        for _ in range(20):
            for victim in self.honest:
                entry = self.honest[0].gossip.view.get(victim.identity)
                assert entry is not None and entry.presence is not None
                epoch, number = entry.presence.order
                for ring in range(3):
                    for ahead in (0, 1, 1000):
                        self.tell(self.accusation(self.liarKey, victim.person.key, epoch, number + ahead, ring))
            self.assertHonestAreHere()
        self.network.run(30)
        self.assertHonestAreHere()
        self.assertCalm()

    def test_inTheNameOfAnother(self) -> None:
        """
        An accusation that names another accuser, one that names nobody, and one of itself.
        """
        one, two = self.honest[:2]
        for ring in range(3):
            told = AccusationItem(one.identity, two.identity, 1, 1, ring, bytes(64))
            nobody = NodeKey.fromSeed(octetsFrom("nobody"))
            self.tell(
                packed(told),
                self.accusation(nobody, two.person.key, 1, 1, ring),
                self.accusation(self.liarKey, self.liarKey, 1, 1, ring),
                self.accusation(self.liarKey, nobody, 1, 1, ring),
            )
        self.assertHonestAreHere()
        entry = self.honest[0].gossip.view.get(two.identity)
        assert entry is not None
        self.assertIsNone(entry.accusation)


class MembersTests(AttackCase):
    """
    What it says of those who are no members, or were.
    """

    def test_membersThatDoNotExist(self) -> None:
        """
        It makes up members by the hundred: nobody knows one of them, and an honest member that comes then is known.
        """
        other = TestNetwork(key=NetworkKey.fromSeed(octetsFrom("another network")))
        for number in range(300):
            key = NodeKey.fromSeed(octetsFrom(f"made up {number}"))
            certificate = other.certificate(key, f"n{number}", expires=BEGIN + LIFE)
            claim = other.claim(key, f"n{number}")
            if number % 2:  # of this network, as it says
                said = unverified(certificate, Certificate)
                assert said is not None
                certificate = signed(self.liarKey.signing, replace(said, network=self.network.key.network))
            told = packed(AnnouncementItem(certificate, claim))
            self.send(pack(News((msgspec.Raw(told), msgspec.Raw(self.presence(key, 1, 1))))))
            self.network.run(0.05)
        self.assertEqual({len(each.known) for each in self.honest}, {6})
        late = Node(self.network.person(7), [])
        self.nodes.append(late)
        directory = TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        late.state = Path(directory.name)
        late.come()
        self.meet(late, self.honest[1])
        self.network.run(30)
        self.assertEqual({len(each.known) for each in self.honest}, {7})
        self.assertCalm()

    def test_whoWasRevoked(self) -> None:
        """
        It goes on telling of a member that was revoked, with all that the member said and more that it says now.
        """
        gone = self.honest.pop()
        items = [each.octets for each in self.nodes[0].gossip.view.get(gone.identity).items]  # type: ignore[union-attr]
        gone.go()
        notice = signed(self.network.key.signing, Revocation(self.network.key.network, gone.identity, BEGIN))
        for node in self.honest:
            self.assertTrue(node.trust.take(notice))
        for epoch in range(2, 9):
            later = packed(AnnouncementItem(gone.person.signedCertificate, gone.person.claim(epoch)))
            self.tell(*items, later)
        for node in self.honest:
            self.assertNotIn(gone.identity, node.known)
        self.assertCalm()

    def test_whoWasRevokedInTheFile(self) -> None:
        """
        What is kept over a restart still has a member that was revoked meanwhile: it is forgotten, and told to nobody.
        """
        node, gone = self.honest[0], self.honest.pop()
        gone.go()
        node.go()
        notice = signed(self.network.key.signing, Revocation(self.network.key.network, gone.identity, BEGIN))
        node.come()
        node.trust.take(notice)
        for each in self.honest[1:]:
            each.trust.take(notice)
        self.network.run(30)
        for each in self.honest:
            self.assertNotIn(gone.identity, each.known)
        self.assertCalm()


class DeputyTests(AttackCase):
    """
    The liar may admit others.
    """

    def grant(self, members: int = 4) -> bytes:
        return self.signer.grant(self.liarKey, BEGIN, BEGIN + LIFE, members=members)

    def guest(self, name: str, seat: int, since: int = BEGIN, members: int = 4, epoch: int = 1) -> tuple[bytes, bytes]:
        """
        Somebody whom the liar admitted, as it is told: its identity, and the item.
        """
        key = NodeKey.fromSeed(octetsFrom(name))
        certificate = self.signer.certificate(
            key, name, grant=self.grant(members), seat=seat, since=since, expires=BEGIN + LIFE, by=self.liarKey
        )
        claim = self.signer.claim(key, name, admitter=self.liarKey.identity, epoch=epoch)
        return key.identity, packed(AnnouncementItem(certificate, claim))

    def allowance(self, members: int, number: int = BEGIN, expires: int = BEGIN + LIFE, **more: object) -> bytes:
        network = more.get("network", self.network.key.network)
        identity = more.get("identity", self.liarKey.identity)
        by = more.get("by", self.network.key)
        said = Allowance(network, identity, number, expires, members)  # type: ignore[arg-type]
        return signed(by.signing, said)  # type: ignore[attr-defined, no-any-return]

    def test_twoOnOneSeat(self) -> None:
        """
        Two with one seat, told in another order to each: all know the same one, the one that has been a member for
        longer.
        """
        (young, youngItem), (old, oldItem) = self.guest("young", 0, BEGIN + 9), self.guest("old", 0, BEGIN + 5)
        for at, node in enumerate(self.honest):
            self.tell(*((youngItem, oldItem) if at % 2 else (oldItem, youngItem)), victims=[node])
        self.network.run(30)
        for node in self.honest:
            self.assertEqual(node.known & {young, old}, {old})
        self.assertCalm()

    def test_manyOnOneSeat(self) -> None:
        """
        Twenty with one seat, told to all at once, in another order to each: everybody knows one of them at most, which
        keeps nobody busy, and the same one in the end.
        """
        guests = [self.guest(f"guest-{number}", 0, BEGIN + number) for number in range(20)]
        random = Random(1)
        for at, node in enumerate(self.honest):
            order = guests[:: 1 - 2 * (at == 1)] if at < 2 else random.sample(guests, len(guests))
            for _, item in order:
                self.send(pack(News((msgspec.Raw(item),))), [node])
        self.network.run(120)
        for node in self.honest:
            self.assertLessEqual(len(node.known), 6 + 1)
        self.assertHonestAreHere()
        self.assertCalm()
        self.network.run(2 * CHANGE_PAUSE)
        for node in self.honest:
            self.assertEqual(node.known & {who for who, _ in guests}, {guests[0][0]})

    def test_beyondItsSeats(self) -> None:
        """
        Under a grant of its own making, that gives it more seats, and under that of another.
        """
        found = []
        key = NodeKey.fromSeed(octetsFrom("guest"))
        for seat, grant in (
            (0, self.signer.grant(self.liarKey, BEGIN, BEGIN + LIFE, members=65_536, by=self.liarKey)),
            (65_535, self.signer.grant(self.liarKey, BEGIN, BEGIN + LIFE, members=65_536, by=self.liarKey)),
            (0, self.signer.grant(self.honest[0].person.key, BEGIN, BEGIN + LIFE)),
        ):
            certificate = self.signer.certificate(
                key, "guest", grant=grant, seat=seat, since=BEGIN, expires=BEGIN + LIFE, by=self.liarKey
            )
            claim = self.signer.claim(key, "guest", admitter=self.liarKey.identity)
            found.append(packed(AnnouncementItem(certificate, claim)))
        with self.assertRaises(ValueError):
            self.guest("beyond", 4)
        self.tell(*found)
        self.assertEqual({len(each.known) for each in self.honest}, {6})
        self.assertCalm()

    def test_allowances(self) -> None:
        """
        Allowances that nobody signed for this network, that are older, or say what cannot be, change nothing; of two of
        one rank the same one counts everywhere, in whatever order they come.
        """
        guests = [self.guest(f"guest-{seat}", seat) for seat in range(4)]
        self.tell(*(item for _, item in guests))
        for node in self.honest:
            self.assertTrue(node.trust.take(self.allowance(3, BEGIN + 5)))
        other = NetworkKey.fromSeed(octetsFrom("another network"))
        for wrong in (
            self.allowance(0, BEGIN + 6, by=self.liarKey),
            self.allowance(0, BEGIN + 6, by=other),
            self.allowance(0, BEGIN + 6, by=other, network=other.network),
            self.allowance(0, BEGIN + 6, network=other.network),
            self.allowance(4, BEGIN + 4),
            self.allowance(4, BEGIN + 5),
            self.allowance(3, BEGIN + 5),
            b"\x92\xc4\x00\xc4\x00",
            packed((b"", bytes(64))),
        ):
            for node in self.honest:
                self.assertFalse(node.trust.take(wrong))
        self.network.run(10)
        for node in self.honest:
            self.assertEqual(len(node.known), 6 + 3)
        several = [self.allowance(2, BEGIN + 9, BEGIN + LIFE + more) for more in (0, 1, 2)] + [
            self.allowance(1, BEGIN + 9)
        ]
        for at, node in enumerate(self.honest):
            order = several[at % 4 :] + several[: at % 4]
            for each in order:
                node.trust.take(each)
        self.network.run(30)
        self.assertEqual(len({node.trust.notices.digest for node in self.honest}), 1)
        for node in self.honest:
            self.assertEqual(len(node.known), 6 + 1)
        self.assertCalm()

    def test_whoLostItsSeatIsToldAgain(self) -> None:
        """
        Whose seat was taken back is told of again and again, with a new certificate too: nobody knows it.
        """
        guests = [self.guest(f"guest-{seat}", seat) for seat in range(4)]
        self.tell(*(item for _, item in guests))
        for node in self.honest:
            node.trust.take(self.allowance(0))
        for epoch in range(2, 8):
            self.tell(*(self.guest(f"guest-{seat}", seat, epoch=epoch)[1] for seat in range(4)))
        for node in self.honest:
            self.assertEqual(len(node.known), 6)
        self.assertCalm()

    def test_oneOnEverySeat(self) -> None:
        """
        One guest on every seat, and an honest member on one, for whom the network has signed.
        """
        one = self.honest[0].person.key
        items = [self.guest("same", seat)[1] for seat in range(4)]
        certificate = self.signer.certificate(
            one, "stolen", grant=self.grant(), seat=1, since=BEGIN, expires=BEGIN + LIFE, by=self.liarKey
        )
        claim = signed(self.liarKey.signing, Claim(self.network.key.network, one.identity, 99, (), (), "stolen"))
        self.tell(*items, packed(AnnouncementItem(certificate, claim)))
        self.network.run(30)
        for node in self.honest[1:]:
            announcement = node.claims.announcement(one.identity)
            assert announcement is not None
            self.assertEqual(announcement.certificate.admitter, b"")
        self.assertEqual({len(each.known) for each in self.honest}, {6 + 1})
        self.assertHonestAreHere()
        self.assertCalm()


class DigestsTests(AttackCase):
    """
    What it says that it knows.
    """

    def test_digestsThatLie(self) -> None:
        """
        It has another sum each time, differs everywhere, and has items that do not exist: others ask for a few, and
        send little.
        """
        random = Random(1)
        before = [each.sent for each in self.honest]
        for number in range(600):
            victims = [self.honest[number % 5]]
            message = random.choice(
                (
                    Probe(random.randrange(1 << 32), random.randbytes(8), True),
                    Alive(random.randrange(1 << 32), random.randbytes(8)),
                    Digests(random.choice((WHOLE, random.randrange(WIDTH))), random.randbytes(WIDTH * 8)),
                    Held(bool(number % 2), tuple((random.randrange(4096), random.randbytes(96)) for _ in range(9))),
                    Wanted(tuple((random.randrange(4096), random.randbytes(96)) for _ in range(9))),
                    ProbeFor(number, random.choice((random.randbytes(32), self.honest[0].identity))),
                    Probed(number, random.choice((random.randbytes(32), self.honest[0].identity))),
                )
            )
            self.send(pack(message), victims)
            self.network.run(0.05)
        rates = [(each.sent - was) / 30 for each, was in zip(self.honest, before, strict=True)]
        self.assertLess(max(rates), 8_000)
        self.assertHonestAreHere()
        self.assertCalm()

    def test_everythingAgainAndAgain(self) -> None:
        """
        It asks for everything, again and again: it gets no more than some 100 kB/s, and others are told as before.
        """
        self.network.run(10)
        tree = self.honest[0].gossip.view.tree
        leaves = []
        for number in range(4096):
            digests = [item.digest for entry in tree.leaf(number).entries for item in entry.items]
            if digests:
                leaves.append((number, b"".join(each.to_bytes(8, "big") for each in digests)))
        before = self.honest[0].sent
        for _ in range(200):
            self.send(pack(Wanted(tuple(leaves))), self.honest[:1])
            self.network.run(0.02)
        self.assertLess((self.honest[0].sent - before) / 4, 110_000)
        self.honest[1].local = ["192.168.1.77:7777"]
        self.honest[1].directory.moved()  # type: ignore[attr-defined]
        self.network.run(5)
        for node in self.honest:
            entry = node.gossip.view.get(self.honest[1].identity)
            assert entry is not None
            self.assertEqual(entry.endpoints, ("192.168.1.77:7777",))

    def test_silent(self) -> None:
        """
        It takes everything and tells nothing on.
        """
        self.liar.gossip._news.tell = lambda item, peers: None  # type: ignore[method-assign]
        self.honest[1].local = ["192.168.1.77:7777"]
        self.honest[1].directory.moved()  # type: ignore[attr-defined]
        self.network.run(15)
        for node in self.honest:
            entry = node.gossip.view.get(self.honest[1].identity)
            assert entry is not None
            self.assertEqual(entry.endpoints, ("192.168.1.77:7777",))
