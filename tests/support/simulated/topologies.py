"""
Random topologies: trees of sites of any kind, and members in them.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import attrs
from hypothesis import strategies as st

from wand.testing.filtering import Dependence
from wand.testing.hosts import Host, Region
from wand.testing.nats import Nat, Ports
from wand.testing.network import Network
from wand.testing.sites import Firewall, Link

#: How many sites there are at most, how deep they lie, and how many members.
SITES_MAXIMUM: Final = 5
DEPTH_MAXIMUM: Final = 3
MEMBERS_MAXIMUM: Final = 3

Families: TypeAlias = Literal["4", "6", "46"]


@attrs.frozen
class SiteSketch:
    """
    A site to be made.

    @ivar outside: the number of the site in which it is; 0 is the open network.
    """

    outside: int
    kind: Literal["nat", "firewall", "link"]
    mapping: Dependence = Dependence.ENDPOINT_INDEPENDENT
    filtering: Dependence = Dependence.ADDRESS_AND_PORT_DEPENDENT
    ports: Ports = "preserved"
    hairpin: bool = False
    isBlocked: bool = False
    delay: float = 0.0


@attrs.frozen
class MemberSketch:
    """
    A member to be made.

    @ivar site: the number of the site in which it is.
    @ivar families: of IP, that it has addresses of.
    """

    site: int
    families: Families = "4"


@attrs.frozen
class TopologySketch:
    """
    A network to be made: its sites, each after the one in which it is, and its members.
    """

    sites: tuple[SiteSketch, ...]
    members: tuple[MemberSketch, ...]

    def depth(self, site: int) -> int:
        """
        In how many sites one is there.
        """
        return 0 if site == 0 else 1 + self.depth(self.sites[site - 1].outside)

    def isPrivate(self, site: int) -> bool:
        """
        Is it behind a NAT?
        """
        if site == 0:
            return False
        sketch = self.sites[site - 1]
        return sketch.kind == "nat" or self.isPrivate(sketch.outside)

    def hosts(self, network: Network) -> list[Host]:
        """
        Make the sites and the members in a network.
        """
        regions: list[Region] = [network]
        for number, sketch in enumerate(self.sites, start=1):
            regions.append(self._region(number, sketch, regions[sketch.outside]))
        return [
            regions[each.site].host(*self.addresses(number, each)) for number, each in enumerate(self.members, start=1)
        ]

    def addresses(self, number: int, member: MemberSketch) -> list[str]:
        """
        The addresses of a member; no two have the same.
        """
        four = f"192.168.1.{number}" if self.isPrivate(member.site) else f"192.0.2.{number}"
        return [{"4": four, "6": f"2001:db8::{number}"}[family] for family in member.families]

    def _region(self, number: int, sketch: SiteSketch, outside: Region) -> Region:
        if sketch.kind == "link":
            return Link(outside, delay=sketch.delay, blocked={"udp"} if sketch.isBlocked else ())
        if sketch.kind == "firewall":
            return Firewall(outside, filtering=sketch.filtering)
        external = f"100.64.0.{number}" if self.isPrivate(sketch.outside) else f"198.51.100.{number}"
        return Nat(
            outside,
            external,
            mapping=sketch.mapping,
            filtering=sketch.filtering,
            ports=sketch.ports,
            hairpin=sketch.hairpin,
        )


@st.composite
def topologies(draw: st.DrawFn, blocks: bool = True, members: int = MEMBERS_MAXIMUM) -> TopologySketch:
    """
    A strategy for topologies.

    @param blocks: are there links that block UDP?
    @param members: how many there are, at most.
    """
    sites: list[SiteSketch] = []
    for _ in range(draw(st.integers(0, SITES_MAXIMUM))):
        known = TopologySketch(tuple(sites), ())
        outside = draw(st.sampled_from([each for each in range(len(sites) + 1) if known.depth(each) < DEPTH_MAXIMUM]))
        sites.append(draw(_sites(outside, blocks)))
    places = st.builds(MemberSketch, st.integers(0, len(sites)), st.sampled_from(["4", "4", "46", "6"]))
    return TopologySketch(tuple(sites), tuple(draw(st.lists(places, min_size=2, max_size=members))))


def _sites(outside: int, blocks: bool) -> st.SearchStrategy[SiteSketch]:
    dependence = st.sampled_from(Dependence)
    here = st.just(outside)
    return st.one_of(
        st.builds(
            SiteSketch,
            here,
            st.just("nat"),
            mapping=dependence,
            filtering=dependence,
            ports=st.sampled_from(["preserved", "random"]),
            hairpin=st.booleans(),
        ),
        st.builds(SiteSketch, here, st.just("firewall"), filtering=dependence),
        st.builds(
            SiteSketch,
            here,
            st.just("link"),
            isBlocked=st.booleans() if blocks else st.just(False),
            delay=st.sampled_from([0.0, 0.01, 0.05]),
        ),
    )
