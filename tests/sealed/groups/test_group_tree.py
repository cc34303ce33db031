"""
Tests for L{wand.sealed.groups}: many members in simulated time.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import log2

import msgspec
from simulated.group_members import BROADCAST, GroupWorld, Host, announcementOf, keyOf, macOf, renewedOf
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.credentials.claim import Announcement
from wand.sealed.credentials.signed import packed
from wand.sealed.groups import intake, originators
from wand.sealed.groups.messages import GroupOriginator, GroupPart, ToldFrame, pack, parse, parseTold

MANY = 1_000
SOME = 400
FEW = 64


class GroupTreeTestCase(SynchronousTestCase):
    def begin(self, count: int, **keys: object) -> GroupWorld:
        self.world = GroupWorld(count, **keys)  # type: ignore[arg-type]
        self.hosts = list(self.world.hosts.values())
        return self.world

    def count(self, name: str) -> int:
        return self.world.context.counters[name]

    def shareOf(self, sender: Host, payload: bytes = b"payload", seconds: float = 8.0) -> float:
        """
        To how many of the others a frame comes, and to each of them once.
        """
        frame = self.world.broadcast(sender, payload)
        self.world.clock.run(seconds)
        reached = self.world.reached(frame)
        self.assertLessEqual(max(reached), 1)
        return sum(reached) / len(reached)


class GroupTreeTests(GroupTreeTestCase):
    """
    One frame to everybody.
    """

    def test_asManyCopiesAsMembers(self) -> None:
        """
        Everybody gets a frame once and within a second and a half, though nobody had a session.  There is one copy for
        each, and nobody sends to more than 2 log2(N) others.
        """
        world = self.begin(MANY)
        for sender in self.hosts[:3]:
            handed = self.count("groups-handed")
            self.assertEqual(self.shareOf(sender, seconds=1.5), 1.0)
            self.assertEqual(self.count("groups-handed") - handed, MANY - 1)
        self.assertLessEqual(max(each.sessions.begun for each in self.hosts), 2 * log2(MANY))
        self.assertLessEqual(max(len(each.sessions.up) for each in self.hosts), 3 * log2(MANY))
        self.assertEqual(world.context.counters.drops(), 0)

    def test_lookedForInTheDirectory(self) -> None:
        """
        Nobody needs to know anybody: fingers are looked for, and strangers stay strangers.
        """
        self.begin(SOME, isPartial=True)
        self.assertEqual(self.shareOf(self.hosts[0], seconds=3.0), 1.0)
        self.world.clock.run(80.0)  # nobody is new any more
        handed = self.count("groups-handed")
        self.assertEqual(self.shareOf(self.hosts[0], b"again", seconds=3.0), 1.0)
        self.assertEqual(self.count("groups-handed") - handed, SOME - 1)
        self.assertEqual({len(each.members.known) for each in self.hosts}, {1})
        self.assertEqual({len(each.members.visitors) for each in self.hosts[1:]}, {1})
        self.assertEqual(self.world.context.counters.drops(), 0)

    def test_loss(self) -> None:
        """
        With a twentieth of all messages lost nearly everybody gets a frame; with a fifth, most.
        """
        for loss, least in ((0.05, 0.99), (0.2, 0.95)):
            self.begin(SOME, loss=loss)
            self.assertGreaterEqual(self.shareOf(self.hosts[0]), least)

    def test_membersThatAreGone(self) -> None:
        """
        A tenth has crashed and nobody knows: those that are here get a frame.
        """
        for isPartial in (False, True):
            world = self.begin(SOME, loss=0.05, isPartial=isPartial)
            for each in world.random.sample(self.hosts[1:], SOME // 10):
                world.crash(each)
            self.assertGreaterEqual(self.shareOf(self.hosts[0], seconds=15.0), 0.99)

    def test_churn(self) -> None:
        """
        While members come and go, those that stay get nearly every frame.
        """
        world = self.begin(FEW * 3)
        stays = self.hosts[: FEW * 2]
        frames = []
        for number, gone in enumerate(self.hosts[FEW * 2 :]):
            world.crash(gone, isKnown=number % 2 == 0)
            if number % 3 == 0:
                world.start(gone.number)
            if number % 5 == 0:
                frames.append(world.broadcast(stays[number], b"%d" % number))
            world.clock.run(0.2)
        world.clock.run(8.0)
        got = [each.got.count(frame) for frame in frames for each in stays if macOf(each.number) != frame[6:12]]
        self.assertEqual(max(got), 1)
        self.assertGreaterEqual(sum(got) / len(got), 0.99)  # some crash while they hand a frame on

    def test_newClaims(self) -> None:
        """
        Who claims another MAC address gets through to everybody at once, though nobody is told but by its frames.
        """
        world = self.begin(FEW, isPartial=True)
        self.shareOf(self.hosts[0], seconds=90.0)
        renewed = renewedOf(0, 2, b"\2\0\0\0\7\7")
        self.hosts[0].members.known[bytes(renewed.identity)] = renewed
        frame = BROADCAST + renewed.claim.macs[0] + b"\x88\xb5payload"
        self.hosts[0].groups.spread(frame)
        world.clock.run(2.0)
        self.assertEqual([each.got.count(frame) for each in self.hosts[1:]], [1] * (FEW - 1))
        self.assertEqual(self.count("drop-groups-spoofed"), 0)

    def test_whoWasHeardLongestAgo(self) -> None:
        """
        Of too many originators the one that was heard longest ago makes room, and not the one that was met first.
        """
        self.patch(originators, "ORIGINATORS_MAXIMUM", 2)
        self.begin(5, isPartial=True)
        for number, sender in enumerate((1, 2, 1, 3)):
            self.assertEqual(self.shareOf(self.hosts[sender], b"%d" % number), 1.0)
        visitors = self.hosts[0].members.visitors
        self.assertEqual({*visitors}, {bytes(keyOf(1).identity), bytes(keyOf(3).identity)})

    def test_newMembers(self) -> None:
        """
        Who is new in a network in which nobody is told of anybody, but who comes next, gets frames at once.
        """
        world = self.begin(FEW, isPartial=True)
        self.shareOf(self.hosts[0], seconds=90.0)
        self.shareOf(self.hosts[0], b"again", seconds=5.0)
        new = world.start(FEW)
        self.assertEqual(self.shareOf(self.hosts[0], b"and again", seconds=5.0), 1.0)
        self.assertEqual(len(new.got), 1)

    def test_frames(self) -> None:
        """
        Frames of any length, many at once: each comes once, with few receipts.
        """
        world = self.begin(FEW)
        self.shareOf(self.hosts[0])
        messages = world.messages
        frames = [world.broadcast(self.hosts[0], bytes([each]) * size) for each in range(20) for size in (100, 9000)]
        world.clock.run(2.0)
        for frame in frames:
            self.assertEqual(set(world.reached(frame)), {1})
        self.assertLess(world.messages - messages, (FEW - 1) * (20 + 20 * 9 + 2))


class LiarTests(GroupTreeTestCase):
    """
    Members that lie.
    """

    def tamper(self, liars: Iterable[Host], change: object) -> None:
        """
        Have everything that some members send be changed.
        """
        keys = {bytes(keyOf(each.number).identity) for each in liars}

        def tampered(sender: bytes, receiver: bytes, message: bytes) -> Iterable[bytes]:
            return change(receiver, message) if sender in keys else (message,)  # type: ignore[operator,no-any-return]

        self.world.tampering = tampered

    def test_duplicates(self) -> None:
        """
        Who sends everything ten times changes nothing.
        """
        world = self.begin(FEW)
        self.tamper(self.hosts[1:50], lambda receiver, message: (message,) * 10)
        self.assertEqual(self.shareOf(self.hosts[0]), 1.0)
        self.assertEqual(self.count("groups-handed"), FEW - 1)
        self.assertEqual(world.context.counters.drops(), 0)

    def test_replays(self) -> None:
        """
        What was recorded is dropped later, too, by who has forgotten it, and by who was started again hours later.
        """
        world = self.begin(FEW)
        recorded: list[tuple[bytes, bytes]] = []

        def record(receiver: bytes, message: bytes) -> Iterable[bytes]:
            recorded.append((receiver, message))
            return (message,)

        self.tamper(self.hosts, record)
        self.shareOf(self.hosts[0])
        for wait in (1.0, 100.0):
            world.clock.run(wait)
            self.shareOf(self.hosts[0], b"%f" % wait)
            self.tamper([], record)
            for receiver, message in recorded[: 3 * FEW]:
                world.carry(bytes(keyOf(5).identity), receiver, message)
            world.clock.run(5.0)
            self.assertLessEqual(
                max(max(each.got.count(frame) for frame in {*each.got, b""}) for each in self.hosts), 1
            )
        world.clock.run(7300.0)
        victim = self.hosts[7]
        world.crash(victim)
        new = world.start(victim.number)
        for receiver, message in recorded:
            if receiver == keyOf(7).identity:
                world.carry(bytes(keyOf(5).identity), receiver, message)
        world.clock.run(5.0)
        self.assertEqual(new.got, [])
        self.assertGreater(self.count("drop-groups-old"), 0)

    def test_forgeries(self) -> None:
        """
        Nobody can change a frame, or make one up; who does is not listened to for long.
        """

        def change(receiver: bytes, message: bytes) -> Iterable[bytes]:
            part = parse(message)
            if not isinstance(part, GroupPart):
                return (message,)
            told = parseTold(part.octets)
            assert told is not None
            made = msgspec.structs.replace(told, frame=told.frame[:-1] + b"!")
            return (pack(msgspec.structs.replace(part, octets=packed(made))),)

        self.begin(FEW)
        liars = self.hosts[1:4]
        self.tamper(liars, change)
        for number in range(20):
            self.shareOf(self.hosts[0], b"%d" % number, seconds=10.0)
        self.assertGreater(self.count("drop-groups-forged"), 0)
        for each in self.hosts:
            self.assertTrue(all(not frame.endswith(b"!") for frame in each.got))
            self.assertLessEqual({*each.sessions.blamed}, {keyOf(liar.number).identity for liar in liars})

    def test_forgersAreNotListenedTo(self) -> None:
        """
        Few signatures are checked for somebody who hands on what is not signed.
        """
        world = self.begin(3)
        victim = self.hosts[0]
        liar, other = (bytes(keyOf(each).identity) for each in (1, 2))
        for number in range(1000):
            told = ToldFrame(other, int(1.7e15) + number, int(world.clock.seconds()), bytes(64), b"\xff" * 20)
            message = pack(GroupPart(number, liar, 0, 1, packed(told)))
            world.carry(liar, bytes(keyOf(0).identity), message)
        world.clock.run(1.0)
        self.assertLess(self.count("drop-groups-forged"), 40)
        self.assertGreater(self.count("drop-groups-throttled"), 900)
        self.assertEqual(victim.got, [])
        frame = world.broadcast(self.hosts[2])
        world.clock.run(1.0)
        self.assertIn(frame, victim.got)

    def test_rangesThatAreTooSmall(self) -> None:
        """
        Who hands a frame quickly to everybody, and says that they need not hand it on, keeps it from nobody else.
        """
        world = self.begin(MANY)
        self.shareOf(self.hosts[0], b"first")
        told: list[bytes] = []
        liar = self.hosts[500]

        def race(receiver: bytes, message: bytes) -> Iterable[bytes]:
            part = parse(message)
            if isinstance(part, GroupPart) and part.octets not in told:
                told.append(part.octets)
                for each in self.hosts[1:]:
                    key = bytes(keyOf(each.number).identity)
                    empty = pack(msgspec.structs.replace(part, limit=key))
                    world.clock.callLater(0.0, world._arrive, keyOf(liar.number).identity, key, empty)
            return (message,)

        self.tamper([self.hosts[0]], race)
        self.assertEqual(self.shareOf(self.hosts[0], b"second"), 1.0)
        self.assertLess(self.count("groups-handed"), 2.2 * MANY)

    def test_whatIsNotHandedOnIsNotSeenTo(self) -> None:
        """
        Whoever hands on nothing, because that would be too much for it, hands the frame on when it comes again.
        """
        world = self.begin(FEW)
        self.shareOf(self.hosts[0])
        caught: list[GroupPart] = []

        def catch(receiver: bytes, message: bytes) -> Iterable[bytes]:
            part = parse(message)
            caught.extend([part] if isinstance(part, GroupPart) else [])
            return ()

        self.tamper([self.hosts[0]], catch)
        frame = world.broadcast(self.hosts[0], b"again")
        victim, source = self.hosts[9], bytes(keyOf(3).identity)
        whole = msgspec.structs.replace(caught[0], limit=bytes(keyOf(9).identity)[:-1] + b"\0")
        budget = victim.groups._passage._budget
        self.patch(budget, "mayHandOn", lambda *_: False)
        world.carry(source, bytes(keyOf(9).identity), pack(whole))
        world.clock.run(1.0)
        self.assertEqual((victim.got.count(frame), sum(world.reached(frame))), (1, 1))
        self.patch(budget, "mayHandOn", lambda *_: True)
        world.carry(source, bytes(keyOf(9).identity), pack(msgspec.structs.replace(whole, number=77)))
        world.clock.run(5.0)
        self.assertGreater(sum(world.reached(frame)), FEW - 5)
        self.assertEqual(max(world.reached(frame)), 1)

    def test_clocksThatAreWrong(self) -> None:
        """
        Whose clock is wrong gets nothing, and is told so; everybody in its range does get it.  Whose clock is wrong by
        itself reaches nobody, and silences nobody.
        """
        world = self.begin(FEW)
        for each in self.hosts[10:14]:
            each.groups._intake._wallClock = lambda: 0.0
        for sender in self.hosts[:4]:
            frame = world.broadcast(sender)
            world.clock.run(5.0)
            self.assertGreaterEqual(sum(world.reached(frame)), FEW - 5)
        self.assertEqual([each.got for each in self.hosts[10:14]], [[]] * 4)
        self.assertIn(intake.CLOCK, world.context.notes.texts)
        self.assertEqual(self.count("groups-replaced"), 0)
        self.hosts[0].groups._own._wallClock = lambda: world.clock.seconds() + 10_000.0
        frame = world.broadcast(self.hosts[0], b"of the future")
        world.clock.run(5.0)
        self.assertEqual((sum(world.reached(frame)), self.count("groups-replaced")), (0, 0))

    def test_rangesThatAreTooLarge(self) -> None:
        """
        Who says to everybody that they are to see to all makes them hand each frame on once at most, to their fingers.
        """

        def change(receiver: bytes, message: bytes) -> Iterable[bytes]:
            part = parse(message)
            return (
                (pack(msgspec.structs.replace(part, limit=receiver[:-1] + b"\0")),)
                if isinstance(part, GroupPart)
                else (message,)
            )

        self.begin(FEW)
        self.tamper(self.hosts, change)
        self.assertEqual(self.shareOf(self.hosts[0]), 1.0)
        self.assertLess(self.count("groups-handed"), FEW * 2 * log2(FEW))

    def test_steps(self) -> None:
        """
        A range that grows a little with every copy makes nobody hand on more than once to each finger.
        """
        world = self.begin(FEW)
        self.shareOf(self.hosts[0])
        caught: list[GroupPart] = []

        def catch(receiver: bytes, message: bytes) -> Iterable[bytes]:
            part = parse(message)
            if isinstance(part, GroupPart) and not caught:
                caught.append(part)
            return ()

        self.tamper([self.hosts[0]], catch)
        world.broadcast(self.hosts[0], b"steps")
        before = self.count("groups-handed")
        victim = bytes(keyOf(9).identity)
        for step in range(256):
            limit = bytes([(victim[0] + step) % 256]) + victim[1:]
            world.carry(
                bytes(keyOf(3).identity), victim, pack(msgspec.structs.replace(caught[0], number=step, limit=limit))
            )
        world.clock.run(5.0)
        self.assertLess(self.count("groups-handed") - before, FEW * 2 * log2(FEW))

    def test_floods(self) -> None:
        """
        An originator is heard as often as its certificate allows, and what is handed on for it is bounded.
        """
        world = self.begin(FEW, broadcasts=10)
        for number in range(200):
            world.broadcast(self.hosts[0], b"%d" % number)
        world.clock.run(8.0)
        self.assertLessEqual(max(len(each.got) for each in self.hosts), 25)
        self.assertGreater(self.count("drop-groups-flood"), 0)
        self.begin(FEW, copies=100)
        for number in range(500):
            self.world.broadcast(self.hosts[0], b"%d" % number)
        self.world.clock.run(8.0)
        self.assertGreater(self.count("drop-groups-budget"), 0)
        self.assertEqual(self.shareOf(self.hosts[1]), 1.0)  # others have their share

    def test_addressesOfOthers(self) -> None:
        """
        A frame whose source is not its originator's is neither taken nor handed on.
        """
        world = self.begin(FEW)
        self.hosts[0].groups.spread(b"\xff" * 6 + b"\2\0\0\0\0\5" + b"\x88\xb5spoofed")
        world.clock.run(5.0)
        self.assertEqual([each.got for each in self.hosts if each.got], [])
        self.assertLessEqual(self.count("drop-groups-spoofed"), 2 * log2(FEW))

    def test_whoIsNoMember(self) -> None:
        """
        The frames of who is no member are nobody's, whatever certificate comes with them, and who makes one up is
        not listened to for long.
        """
        world = self.begin(2)
        victim = self.hosts[0]
        stranger = announcementOf(77)
        other = bytes(keyOf(1).identity)
        forged = stranger.signedCertificate[:-1] + bytes([stranger.signedCertificate[-1] ^ 1])
        told = ToldFrame(stranger.identity, int(1.7e15), int(world.clock.seconds()), bytes(64), b"\xff" * 20)
        for number in range(100):
            world.carry(other, bytes(keyOf(0).identity), pack(GroupOriginator(forged, stranger.signedClaim)))
            world.carry(other, bytes(keyOf(0).identity), pack(GroupPart(number, other, 0, 1, packed(told))))
        world.clock.run(1.0)
        self.assertEqual(victim.got, [])
        self.assertEqual({*victim.sessions.blamed}, {other})
        self.assertLess(self.count("drop-groups-forged"), 40)
        self.assertEqual(self.count("drop-groups-refused"), 0)

    def test_introductions(self) -> None:
        """
        Who says again and again who somebody is, what was true before and what is, has little verified.
        """
        world = self.begin(2)
        victim, other = bytes(keyOf(0).identity), bytes(keyOf(1).identity)
        verified: list[bytes] = []
        check = self.hosts[0].members.verified

        def counted(certificate: bytes, claim: bytes) -> Announcement | None:
            verified.append(claim)
            return check(certificate, claim)

        self.hosts[0].members.verified = counted  # type: ignore[method-assign]
        said = [announcementOf(50), renewedOf(50, 2)]
        for _ in range(20):
            for each in said:
                world.carry(other, victim, pack(GroupOriginator(each.signedCertificate, each.signedClaim)))
        world.clock.run(1.0)
        self.assertEqual(len(verified), 2)
        for number in range(100, 1100):
            each = announcementOf(number)
            world.carry(other, victim, pack(GroupOriginator(each.signedCertificate, each.signedClaim)))
        world.clock.run(1.0)
        self.assertLess(len(verified), 250)
        self.assertGreater(self.count("drop-groups-introductions"), 700)

    def test_floodsAreNotVerified(self) -> None:
        """
        No signature is checked of what is dropped anyway.
        """
        self.begin(FEW, broadcasts=10)
        checked: list[bytes] = []
        for each in self.hosts:
            may = each.groups._passage.mayCheck
            each.groups._passage.mayCheck = (  # type: ignore[method-assign]
                lambda sender, may=may: checked.append(sender) or may(sender)
            )
        for number in range(200):
            self.world.broadcast(self.hosts[0], b"%d" % number)
        self.world.clock.run(8.0)
        self.assertLess(len(checked), FEW * 25)

    def test_whoWasAMember(self) -> None:
        """
        What is not valid any more, for us, is refused to who sent it, and to nobody else.
        """
        world = self.begin(4, isPartial=True)
        own, liar, honest = (bytes(keyOf(each).identity) for each in (0, 1, 2))
        old = announcementOf(3)
        victim = self.hosts[0]
        check = victim.members.verified
        victim.members.verified = lambda certificate, claim: None  # type: ignore[method-assign]
        world.carry(liar, own, pack(GroupOriginator(old.signedCertificate, old.signedClaim)))
        world.clock.run(1.0)
        victim.members.verified = check  # type: ignore[method-assign]
        frame = BROADCAST + macOf(3) + b"\x88\xb5valid"
        told = self.hosts[3].groups._own.tell(frame)
        assert told is not None
        world.carry(liar, own, pack(GroupPart(1, own, 0, 1, told)))
        world.clock.run(1.0)
        self.assertEqual((self.count("drop-groups-refused"), self.count("drop-groups-forged")), (1, 0))
        world.carry(honest, own, pack(GroupPart(1, own, 0, 1, told)))
        world.clock.run(1.0)
        self.assertEqual((self.count("drop-groups-refused"), self.count("groups-unknown")), (1, 1))
        world.carry(honest, own, pack(GroupOriginator(old.signedCertificate, old.signedClaim)))
        world.carry(honest, own, pack(GroupPart(1, own, 0, 1, told)))
        world.clock.run(1.0)
        self.assertEqual(victim.got, [frame])
