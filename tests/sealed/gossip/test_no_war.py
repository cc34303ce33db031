"""
No war: whatever happens in whatever order, in the end everybody says the same, and is silent.
"""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from simulated.liars import Liar

from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.claim import Announcement, Claim
from wand.sealed.credentials.signed import unverified
from wand.sealed.gossip.items import AnnouncementItem
from wand.testing.simulation import Air, Population, Simulation

SIZE = 14

#: Who lies, now and then; nobody else ever says anything that is not true.
LIARS = (0, 1)

#: Seconds after which everything has settled, once nothing happens any more.  Who alone believes a liar asks now and
#: then whether it is so.
SETTLING = 300.0

members = st.integers(0, SIZE - 1)


class Network(RuleBasedStateMachine):
    """
    A network in which members come, go, move, are cut off, lose their disk and lie.
    """

    @initialize(seed=st.integers(0, 1 << 20), loss=st.sampled_from([0.0, 0.05, 0.3]))
    def begin(self, seed: int, loss: float) -> None:
        self.population = Population(SIZE)
        self.simulation = Simulation(self.population, Air(loss=loss), seed)
        self.liars = [Liar(self.simulation, number, seed) for number in LIARS]
        self.moved: dict[int, str] = {}

    @rule(seconds=st.floats(0.1, 90))
    def wait(self, seconds: float) -> None:
        self.simulation.run(seconds)

    @rule(number=members)
    def crash(self, number: int) -> None:
        if number not in LIARS:
            self.simulation.crash(number)

    @rule(number=members)
    def start(self, number: int) -> None:
        if self.simulation.members[number] is None:
            self.simulation.start(number)
            self.moved.pop(number, None)

    @rule(number=members)
    def loseDisk(self, number: int) -> None:
        """
        A member is restored from a backup that is as old as the network.
        """
        if number not in LIARS and self.simulation.members[number] is None:
            self.simulation.forget(number, self.population.tree)

    @rule(number=members, port=st.integers(1_024, 60_000))
    def move(self, number: int, port: int) -> None:
        if self.simulation.members[number] is not None and number not in LIARS:
            self.simulation.change(number, port)
            self.moved[number] = str(port)

    @rule(sides=st.lists(st.integers(0, 2), min_size=SIZE, max_size=SIZE))
    def part(self, sides: list[int]) -> None:
        self.simulation.wire.part(sides.__getitem__)

    @rule()
    def heal(self) -> None:
        self.simulation.wire.heal()

    @rule(times=st.integers(1, 30))
    def lie(self, times: int) -> None:
        for liar in self.liars:
            liar.lie(times)

    @rule()
    def accuseAll(self) -> None:
        for liar in self.liars:
            liar.accuseAll()

    @invariant()
    def nobodyIsSpokenFor(self) -> None:
        """
        Of those who do not lie nobody knows anything that they have not said.
        """
        for number in range(SIZE) if hasattr(self, "simulation") else ():
            if number in LIARS:
                continue
            for member in self.simulation.running:
                entry = member.view.get(self.population.identities[number])
                assert entry is not None and entry.saysItIsHere

    def teardown(self) -> None:
        """
        In the end all who run know the same, nobody of them is doubted, everybody who did not run is missed or was
        not for long enough, all name the same owner of everything, and nobody says anything any more.
        """
        if not hasattr(self, "simulation"):
            return
        simulation = self.simulation
        simulation.wire.heal()
        simulation.wire.air = Air()
        for number in range(SIZE):
            if simulation.members[number] is None:
                simulation.start(number)
                self.moved.pop(number, None)
        simulation.run(SETTLING)
        assert simulation.agreement() == 1.0
        assert simulation.doubts() == 0
        for number, port in self.moved.items():
            entry = simulation.running[0].view.get(self.population.identities[number])
            assert entry is not None and entry.endpoints[0].endswith(f":{port}")
        assert len({owners(each.view.tree) for each in simulation.running}) == 1
        taken = simulation.counters["gossip-items-taken"]
        simulation.run(60)
        assert simulation.counters["gossip-items-taken"] == taken


def owners(tree: object) -> frozenset[tuple[bytes, bytes]]:
    """
    Who owns which MAC address, by the rule of docs/sealed.md: of several, who has been a member for the longest.
    """
    found: dict[bytes, Announcement] = {}
    for entry in tree:  # type: ignore[attr-defined]
        told = entry.announcement.told
        assert isinstance(told, AnnouncementItem)
        certificate, claim = unverified(told.certificate, Certificate), unverified(told.claim, Claim)
        assert certificate is not None and claim is not None
        said = Announcement(certificate, claim, told.certificate, told.claim)
        for mac in claim.macs:
            found[mac] = min(found.get(mac, said), said, key=lambda each: each.seniority)
    return frozenset((mac, said.identity) for mac, said in found.items())


Network.TestCase.settings = settings(max_examples=12, stateful_step_count=16, deadline=None)
NoWarTests = Network.TestCase
