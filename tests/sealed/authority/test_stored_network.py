"""
A network is created, read again, and recovered.
"""

from __future__ import annotations

from authority_case import AuthorityCase, awaited
from simulated.membership import SlowRecords, octetsFrom
from twisted.internet.defer import Deferred

from wand.errors import ConfigurationInvalid, StateUnavailable, StoreUnavailable
from wand.sealed.authority.authority import Authority
from wand.sealed.authority.stored_network import NetworkSettings
from wand.sealed.credentials.identity import NETWORK_KEY
from wand.stores.memory import MemoryRecords


class CreationTests(AuthorityCase):
    def test_anEmptyStoreGivesANetwork(self) -> None:
        """
        A server on an empty store creates a network, is certified in it, and keeps the keys to itself.
        """
        self.assertTrue(self.authority.created)
        status = self.operator.status
        self.assertEqual((status.name, status.cipher, status.prefix), ("wand", "aes-256-gcm", "10.77.0.0/16"))
        self.assertTrue(status.signs)
        member = self.authority.own.admit(
            self.authority.own.certificate, self.authority.own.exchangeKey.public_key().public_bytes_raw()
        )
        assert member is not None
        self.assertTrue(member.isServer)
        for name in ("network.key", "node.key"):
            self.assertEqual((self.state.path / name).stat().st_mode & 0o777, 0o600)

    def test_noDefaultSecrets(self) -> None:
        """
        Two networks of the same settings have nothing secret in common, and an unset secret is refused (n2n,
        EasyTier#1539).
        """
        first = self.authority
        self.records = MemoryRecords()
        second = self.opened(self.directory())
        self.assertNotEqual(first.own.network, second.own.network)
        self.assertNotEqual(first.own.secrets.newest, second.own.secrets.newest)
        self.assertEqual(len(first.own.secrets.newest), 32)
        self.assertNotEqual(self.invite().secret, self.invite().secret)
        self.records = MemoryRecords()
        unset = Authority.open(
            self.records,
            self.directory(),
            self.clock,
            self.events,
            NetworkSettings(),
            entropy=lambda size: bytes(size),
            wallClock=self.wallClock,
        )
        self.failureResultOf(Deferred.fromCoroutine(unset), ValueError)

    def test_settingsAreChecked(self) -> None:
        """
        What cannot be is refused before anything is created.
        """
        for wish in ({"name": "No!"}, {"cipher": "null"}, {"prefix": "10.77.0.1/16"}, {"prefix": "224.0.0.0/8"}):
            self.records = MemoryRecords()
            state = self.directory()
            self.failing(self.opening(state, **wish), ConfigurationInvalid)
            self.assertEqual(list(state.path.iterdir()), [])

    def test_reservedBeyond(self) -> None:
        """
        Nor is a network made that would set aside addresses that are none of its own.  One that is there goes on: its
        prefix may be another than the configuration says now.
        """
        self.records = MemoryRecords()
        state = self.directory()
        reason = self.failing(self.opening(state, reserve=("10.78.0.0/24",)), ConfigurationInvalid)
        self.assertIn("reserve: 10.78.0.0-10.78.0.255 is reserved and not within the addresses", reason)
        self.assertFalse(state.has(NETWORK_KEY))
        self.now(self.opening(state, reserve=("10.77.1.0/24",)))
        self.now(self.opening(state, reserve=("10.78.0.0/24",)))

    def test_restartLosesNothing(self) -> None:
        """
        After a restart of the server everything is as it was: network, members, invitations, revocations.
        """
        token = self.invite(uses=3)
        alice, bob = self.joined(token, "alice"), self.joined(token, "bob")
        self.now(self.operator.revoke("bob"))
        before = self.authority
        self.authority = self.opened()
        self.assertFalse(self.authority.created)
        self.assertEqual(
            (self.authority.own.network, self.authority.own.secrets.newest),
            (before.own.network, before.own.secrets.newest),
        )
        self.assertEqual(self.members(), self.members(before))
        self.assertEqual(self.operator.invitations, before.administration.invitations)
        self.assertTrue(self.authority.trust.isRevoked(bob.identity))
        self.assertIsNotNone(self.authority.own.admit(alice.certificate, alice.key.exchangePublic))
        self.assertIsNone(self.authority.own.admit(bob.certificate, bob.key.exchangePublic))
        self.joined(token, "carol")

    def test_theKeyOfAnotherNetworkIsRefused(self) -> None:
        """
        A server does not start with a network key that is not its network's.
        """
        self.state.write("network.key", octetsFrom("other").hex().encode())
        self.assertIn("another network", self.failing(self.opening(), StateUnavailable))

    def test_theStoreOfAnotherNetworkIsRefused(self) -> None:
        """
        A server whose store was replaced by another network's does not start with it, even if its network key is kept
        elsewhere; and where the key was replaced, too, the secret of the network before is kept.
        """
        other, secret = self.directory(), self.state.read("network")
        self.records = MemoryRecords()
        self.opened(other)
        (self.state.path / "network.key").unlink()
        self.assertIn("a state directory of its own", self.failing(self.opening(), StateUnavailable))
        self.assertEqual(self.state.read("network"), secret)
        self.state.write("network.key", other.read("network.key") or b"")
        self.opened()
        self.assertEqual(self.state.read("network.damaged"), secret)
        self.assertEqual(self.state.read("network"), other.read("network"))

    def test_aCrashWhileCreatingIsMadeUpFor(self) -> None:
        """
        A server that was killed while it created its network creates one when it starts again, as long as the store had
        none; the key gets its name last.
        """
        for files in (("node.key",), ("node.key", "network.key.new")):
            state = self.directory()
            for name in files:
                state.write(name, octetsFrom(name).hex().encode())
            self.records = MemoryRecords()
            authority = self.opened(state)
            self.assertTrue(authority.created and authority.administration.status.signs)

    def test_aKeyWithoutItsNameIsFinished(self) -> None:
        """
        A server that was killed between filling the store and naming the key signs with that key when it starts again.
        """
        (self.state.path / "network.key").rename(self.state.path / "network.key.new")
        (self.state.path / "network").unlink()
        authority = self.opened()
        self.assertEqual(
            (authority.own.network, authority.administration.status.signs), (self.authority.own.network, True)
        )
        self.assertTrue((self.state.path / "network.key").exists())

    def test_anEmptyStoreBesideAKeyIsNoNewNetwork(self) -> None:
        """
        Where a key, or the copy of a network, says that there was a network, an empty store is a loss: nothing is made,
        and the message says how to go on.
        """
        for kept in ("network.key", "network"):
            state = self.directory()
            state.write("node.key", (self.state.path / "node.key").read_bytes())
            state.write(kept, (self.state.path / kept).read_bytes())
            before = {each.name: each.read_bytes() for each in state.path.iterdir()}
            self.records = MemoryRecords()
            reason = self.failing(self.opening(state), StoreUnavailable)
            for part in ("nothing was changed", "wand restore FILE", "--recover=yes"):
                self.assertIn(part, reason)
            self.assertNotIn("move", reason)
            self.assertEqual({each.name: each.read_bytes() for each in state.path.iterdir()}, before)
            self.assertEqual(self.successResultOf(self.records.load("sealed-network")), {})

    def test_theSameNetworkIsRecovered(self) -> None:
        """
        With the operator's word, a lost store begins again as the same network with the same secret; where the secret
        is lost, too, a node's membership has it.
        """
        node = self.joined()
        for source in (self.state, node.state):
            name = "network" if source is self.state else "membership"
            self.state.write("network", source.read(name) or b"")
            self.records = MemoryRecords()
            authority = self.opened(recover=True)
            self.assertEqual(
                (authority.own.network, authority.own.secrets.newest),
                (self.authority.own.network, self.authority.own.secrets.newest),
            )
            self.assertEqual(
                (authority.own.identity, authority.administration.status.signs), (self.authority.own.identity, True)
            )
            self.assertTrue(authority.recovered and not authority.created)
            self.assertFalse(self.opened(recover=True).recovered)

    def test_withoutTheSecretNothingIsRecovered(self) -> None:
        """
        A key alone makes no network of the same secret: the operator is told where to find that.
        """
        (self.state.path / "network").unlink()
        self.records = MemoryRecords()
        self.assertIn("membership", self.failing(self.opening(recover=True), StoreUnavailable))

    def test_aServerKeyIsNotMadeAnew(self) -> None:
        """
        A server whose own key is lost is refused: no member would know it.
        """
        (self.state.path / "node.key").unlink()
        self.assertIn("is lost", self.failing(self.opening(), StateUnavailable))
        self.assertFalse((self.state.path / "node.key").exists())

    def test_aDamagedNetworkIsNotReplaced(self) -> None:
        """
        Where the record of the network cannot be read, no new network is created in its place.
        """
        self.now(awaited(self.records.write("sealed-network", {b"network": b"damaged"})))
        self.assertIn("damaged", self.failing(self.opening(), StoreUnavailable))
        self.flushLoggedErrors()

    def test_twoServersOnOneEmptyStoreMakeOneNetwork(self) -> None:
        """
        Of two servers that start at once on one empty store one creates the network, the other uses it.
        """
        records = self.records = SlowRecords()
        states = self.directory(), self.directory()
        opening = [Deferred.fromCoroutine(self.opening(state)) for state in states]
        records.finish()
        first, second = map(self.successResultOf, opening)
        self.assertEqual(first.own.network, second.own.network)
        self.assertEqual([first.administration.status.signs, second.administration.status.signs].count(True), 1)
