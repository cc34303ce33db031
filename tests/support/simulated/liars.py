"""
Members of a simulation that lie: whatever they can send with a session, and no more.
"""

from __future__ import annotations

from random import Random

import msgspec
from reencoded import reencoded

from wand.sealed.credentials.signed import packed
from wand.sealed.gossip.items import Accusation, AnnouncementItem, Item, Presence
from wand.sealed.gossip.messages import (
    DIGEST,
    WHOLE,
    Alive,
    Digests,
    Held,
    News,
    Probe,
    Probed,
    ProbeFor,
    Wanted,
    octetsOf,
    pack,
)
from wand.sealed.gossip.rings import RINGS
from wand.sealed.gossip.signatures import accusationItem, presenceItem
from wand.sealed.gossip.tree import WIDTH
from wand.testing.simulation import Simulation
from wand.testing.simulation.signatures import MadeUpSignatures


class Liar:
    """
    Sends what it likes to whom it likes, in the name of a member of a simulation, which runs on.
    """

    def __init__(self, simulation: Simulation, number: int, seed: int = 0) -> None:
        self.simulation = simulation
        self.number = number
        self.random = Random(seed)
        self.heard: list[Item] = []
        self._own = simulation.population.identities[number]
        self._network = simulation.population.network
        self._signatures = MadeUpSignatures(self._own, self._network)

    def lie(self, times: int) -> None:
        """
        Do something bad, so many times.
        """
        for _ in range(times):
            self.random.choice([self.forge, self.replay, self.equivocate, self.accuse, self.reencode, self.confuse])()

    def forge(self) -> None:
        """
        Speak for somebody else.
        """
        victim = self._somebody()
        order = self.random.randrange(1, 1 << 32)
        body = Presence(self._network, victim, self.random.randrange(1 << 40), order, False, ())
        item = presenceItem(body, self._signatures)  # with our signature, under another's name
        self._tell(item)

    def replay(self) -> None:
        """
        Tell what was said once.
        """
        member = self.simulation.members[self.number]
        assert member is not None
        self.heard.extend(self.random.sample(list(next(iter(member.view.tree)).items), 1))
        entry = member.view.get(self._somebody())
        self.heard.extend(() if entry is None else entry.items)
        for item in self.random.sample(self.heard, min(4, len(self.heard))):
            self._tell(item)

    def equivocate(self) -> None:
        """
        Say one thing to one and another to another, under the same number.
        """
        member = self.simulation.members[self.number]
        entry = None if member is None else member.view.get(self._own)
        assert entry is not None and entry.presence is not None
        epoch, number = entry.presence.order
        for port in (1, 2):
            body = Presence(self._network, self._own, epoch, number + 1, True, (f"192.0.2.1:{port}",))
            self._tell(presenceItem(body, self._signatures))

    def accuse(self) -> None:
        """
        Accuse somebody.
        """
        victim = self._somebody()
        member = self.simulation.members[self.number]
        entry = None if member is None else member.view.get(victim)
        if entry is not None and entry.presence is not None:
            epoch, number = entry.presence.order
            for ahead in (0, 0, 1, 1000):
                ring = self.random.randrange(3)
                body = Accusation(self._network, self._own, victim, epoch, number + ahead, ring)
                self._tell(accusationItem(body, self._signatures))

    def accuseAll(self) -> None:
        """
        Accuse everybody whom we may, unless that one is accused, and tell our links and two others.
        """
        member = self.simulation.members[self.number]
        assert member is not None
        rings, numbers = member.view.rings, self.simulation.population.numbers
        for ring in range(RINGS):
            for victim in rings.after(ring, self._own):
                if not rings.mayAccuse(ring, self._own, victim, member.view.isHere):
                    break
                entry = member.view.get(victim)
                if entry is None or entry.presence is None or entry.accusation is not None:
                    continue
                body = Accusation(self._network, self._own, victim, *entry.presence.order, ring)
                octets = pack(News((msgspec.Raw(accusationItem(body, self._signatures).octets),)))
                for peer in (*member.links.all, self._somebody(), self._somebody()):
                    if peer not in (victim, self._own):
                        self.simulation.wire.send(self.number, numbers[peer], octets)

    def reencode(self) -> None:
        """
        Tell what somebody else said in another form.
        """
        member = self.simulation.members[self.number]
        entry = None if member is None else member.view.get(self._somebody())
        for item in () if entry is None else entry.items:
            forms = [*reencoded(item.octets)]
            if isinstance(told := item.told, AnnouncementItem):
                forms += [packed(msgspec.structs.replace(told, claim=claim)) for claim in reencoded(told.claim)]
            for octets in forms:
                self._send(pack(News((msgspec.Raw(octets),))))

    def confuse(self) -> None:
        """
        Send messages that mean nothing, or too much.
        """
        random = self.random
        leaves = tuple((random.randrange(WIDTH * WIDTH), random.randbytes(DIGEST * 20)) for _ in range(6))
        for message in (
            Probe(random.randrange(1 << 32), random.randbytes(8), True, ()),
            Alive(random.randrange(1 << 32), octetsOf(0), ()),
            ProbeFor(1, self._somebody()),
            Probed(random.randrange(1 << 32), self._somebody()),
            Digests(random.randrange(WHOLE + 1), random.randbytes(WIDTH * DIGEST)),
            Held(False, leaves),
            Wanted(leaves),
        ):
            self._send(pack(message))
        self._send(random.randbytes(random.randrange(60)))

    def _tell(self, item: Item) -> None:
        for _ in range(2):
            self._send(pack(News((msgspec.Raw(item.octets),))))

    def _send(self, octets: bytes) -> None:
        victim = self.random.randrange(len(self.simulation.population))
        if victim != self.number:
            self.simulation.wire.send(self.number, victim, octets)

    def _somebody(self) -> bytes:
        return self.random.choice(self.simulation.population.identities)
