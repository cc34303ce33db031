"""
Tests for L{wand.sealed.authority.overlay_prefixes}.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wand.address_ranges import AddressRanges
from wand.errors import MembershipRefused
from wand.sealed.authority.overlay_prefixes import OverlayPrefixes, hostCount

FOUR, SIX = ip_network("10.77.0.0/28"), ip_network("fd00:77::/124")


@given(st.sampled_from((FOUR, SIX)), st.integers(-3, 20))
def test_membersHaveAddressesOfHosts(prefix: object, number: int) -> None:
    """
    A member can have what is a host's in a prefix, and nothing beside: neither its first address, nor the last of IPv4.
    """
    assert prefix in (FOUR, SIX)
    network = FOUR if prefix is FOUR else SIX
    address = ip_address(int(network.network_address) + number)
    isHosts = address in network and address != network[0] and (network.version == 6 or address != network[-1])
    overlay = OverlayPrefixes([FOUR, SIX])
    assert overlay.isHosts(f"{address}/{network.prefixlen}") == isHosts
    assert not overlay.isHosts(f"{address}/{network.prefixlen - 1}")
    assert hostCount(network) == sum(overlay.isHosts(f"{each}/{network.prefixlen}") for each in network)
    if isHosts:
        assert overlay.chosen([str(address)]) == {network: str(address)}
    else:
        with pytest.raises(MembershipRefused):
            overlay.chosen([str(address)])


def test_whatIsChosenIsOneOfEachPrefix() -> None:
    """
    One address of each prefix can be chosen, however it is written, and none that is reserved.
    """
    overlay = OverlayPrefixes([FOUR, SIX], AddressRanges(["10.77.0.9-10.77.0.12"]))
    assert overlay.chosen(["fd00:0077::0A", "10.77.0.2"]) == {SIX: "fd00:77::a", FOUR: "10.77.0.2"}
    for wrong, said in (
        (["10.77.0.2", "10.77.0.3"], "one address of each prefix"),
        (["10.77.0.10"], "reserved"),
        (["10.78.0.2"], "choose one of 10.77.0.0/28 and fd00:77::/124"),
        (["ten"], "not an IP address"),
    ):
        with pytest.raises(MembershipRefused, match=said):
            overlay.chosen(wrong)
    assert overlay.isReserved("10.77.0.9/28")
    assert not overlay.isReserved("10.77.0.8/28")


def test_anotherAddressIsOfTheSameKind() -> None:
    """
    Whoever has to leave an address gets another of its kind, if there is a prefix of that.
    """
    assert OverlayPrefixes([FOUR, SIX]).like("fd00:88::1/64") == SIX
    assert OverlayPrefixes([FOUR]).like("fd00:88::1/64") == FOUR
