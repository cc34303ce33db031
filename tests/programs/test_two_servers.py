"""
Tests of a network with two servers on one store, in simulated time.
"""

from __future__ import annotations

from shutil import copyfile
from typing import Any

import attrs
from sealed_network_case import SERVER, SealedNetworkTestCase
from twisted.plugin import IPlugin
from zope.interface import implementer

from wand.config import ServerConfiguration
from wand.interfaces import Context, IRecords, IStore, Settings
from wand.programs import authority_store
from wand.programs.program import Surroundings
from wand.programs.sealed_server import SealedServer
from wand.sealed.credentials.identity import NETWORK_KEY
from wand.sealed.node.told_servers import ASKING_INTERVAL
from wand.state import UNCHANGED
from wand.testing.shared_store import SharedStore

OTHER_SERVER = "192.0.2.101"


@implementer(IStore, IPlugin)
class SharedPlugin:
    """
    Opens the store that the servers of a test share.
    """

    name = "shared"
    about = "for tests"

    def __init__(self) -> None:
        self.store = SharedStore()

    def choose(self, name: str) -> SharedPlugin:
        """
        Be whatever store is asked for.
        """
        return self

    def unusable(self) -> str | None:
        return None

    def open(self, settings: Settings, context: Context) -> IRecords:
        return self.store.open()


class TwoServersTests(SealedNetworkTestCase):
    """
    The server C{server} has the network key, C{other} has not.
    """

    def setUp(self) -> None:
        self.plugin = SharedPlugin()
        self.patch(authority_store, "discover", lambda *asked: self.plugin)
        self.ahead: dict[str, float] = {}
        super().setUp()

    def serverContext(self, listen: str) -> Context:
        context = super().serverContext(listen)
        ahead = self.ahead.get(listen, 0.0)
        return attrs.evolve(context, wallClock=lambda: self.clock.seconds() + ahead)

    def serve(self, name: str = "server", **keys: Any) -> SealedServer:
        configuration = ServerConfiguration(
            state=str(self.directory / name), store="shared", name=name, **{"listen": SERVER, **keys}
        )
        surroundings = Surroundings(
            lambda: configuration, self.serverContext(configuration.listen), UNCHANGED, lambda: None, self.fail
        )
        server = SealedServer(surroundings, self.shown.append)
        server.privilegedStartService()
        server.startService()
        self.go(1.5)
        return server

    def serveOther(self) -> SealedServer:
        other = self.serve("other", listen=OTHER_SERVER)
        self.addCleanup(lambda: other.running and self.end(other))
        self.go(1.5)
        return other

    def states(self, server: SealedServer) -> dict[str, str]:
        return {each.name: each.state for each in server.network.servers()}

    def test_joiningAtTheOther(self) -> None:
        """
        With an invitation that names both, a node joins at the second server while the first is down, and reaches a
        node that joined at the first.
        """
        first = self.dwelling(1)
        other = self.serveOther()
        self.assertEqual(self.states(self.server), {"server": "this", "other": "running"})
        token = self.invitation(uses=2)
        second = self.dwelling(2, joins=False)
        self.join(second, token)
        self.end(self.server)
        third = self.dwelling(3, joins=False)
        self.join(third, token)
        self.go(10.0)
        self.assertEqual(third.own.stage, "joining")  # nobody signs
        self.server = self.serve()
        self.go(40.0)
        self.assertEqual(third.own.stage, "member")
        for source, target in ((first, second), (second, third), (third, first)):
            self.assertTrue(self.reaches(source, target))
        self.assertEqual(self.states(other), {"server": "running", "other": "this"})

    def test_anotherServerIsAsked(self) -> None:
        """
        A server with the network key admits by itself a node whose invitation names it second, while the first is down.
        """
        other = self.serveOther()
        self.end(other)
        for name in ("server", "other"):
            self.assertEqual((self.directory / name / NETWORK_KEY).exists(), name == "server")
        copyfile(self.directory / "server" / NETWORK_KEY, self.directory / "other" / NETWORK_KEY)
        (self.directory / "other" / NETWORK_KEY).chmod(0o600)
        self.serveOther()
        token = self.invitation()
        self.end(self.server)
        node = self.dwelling(1, joins=False)
        self.join(node, token)
        self.assertEqual(node.own.stage, "joining")
        self.go(8.0)
        self.assertEqual(node.own.stage, "member")
        self.server = self.serve()

    def test_membersLearnOfNewServers(self) -> None:
        """
        A node that joined when there was one server uses the second once it is there, and knows it after a restart.
        """
        first = self.dwelling(1)
        self.assertEqual(len(first.node.status().directories), 1)
        self.serveOther()
        self.go(3.0)
        self.assertEqual([each.state for each in first.node.status().directories], ["answered", "answered"])
        first.stop()
        first.start()
        self.go(3.0)
        self.assertEqual([each.state for each in first.node.status().directories], ["answered", "answered"])

    def test_newsThatIsLost(self) -> None:
        """
        A node that was not told of a new server, because all that was sent to it just then was lost, asks for it
        minutes later.
        """
        first = self.dwelling(1)
        heard = self.network.drop(lambda datagram: datagram.destination.host == first.address)
        self.serveOther()
        heard()
        self.go(30.0)
        self.assertEqual(len(first.node.status().directories), 1)
        self.go(ASKING_INTERVAL)
        self.assertEqual([each.state for each in first.node.status().directories], ["answered", "answered"])

    def test_serversAmongTheMembers(self) -> None:
        """
        In the list of members a server is online while it says in the store that it runs, as in the list of servers.
        """
        other = self.serveOther()

        def online(server: SealedServer) -> dict[str, bool | None]:
            return {each.name: each.online for each in server.network.members(None, 9)}

        for server in (self.server, other):
            self.assertEqual(online(server), {"server": True, "other": True})
        self.end(other)
        self.assertEqual(online(self.server), {"server": True, "other": False})

    def test_oneGoes(self) -> None:
        """
        Nodes with sessions go on when one server ends, and when both do; a new session is begun through the one that is
        left.
        """
        self.serveOther()
        first, second = self.dwelling(1), self.dwelling(2)
        self.assertTrue(self.reaches(first, second))
        self.end(self.server)
        self.assertTrue(self.reaches(first, second))
        second.stop()
        second.start()
        self.go(3.0)
        self.assertTrue(self.reaches(first, second))
        self.server = self.serve()

    def test_nodesThatReachOneServerEach(self) -> None:
        """
        Of two nodes that each reach only one of the servers, each is told of the other, when it comes and when it goes.
        """
        self.serveOther()
        self.reachOneServerEach()

    def reachOneServerEach(self) -> None:
        first, second = self.dwelling(1), self.dwelling(2)
        for dwelling in (first, second):
            dwelling.stop()
        self.go(1.0)
        blocked = ({first.address, OTHER_SERVER}, {second.address, SERVER})
        self.network.drop(lambda each: {each.sender.host, each.destination.host} in blocked)
        first.start()
        second.start()
        self.go(5.0)
        self.assertTrue(self.reaches(first, second))
        self.assertTrue(self.reaches(second, first))

    def test_aServerWithAWrongClock(self) -> None:
        """
        The same where the clock of one server is ten minutes ahead: a minute later it knows by how much.
        """
        self.ahead = {OTHER_SERVER: 600.0}
        other = self.serveOther()
        self.go(70.0)
        self.reachOneServerEach()
        for server in (self.server, other):
            listed = server.entries(None, 9)
            self.assertEqual(["offline" in each.peer for each in listed], [False, False])
        self.assertEqual(self.states(self.server)["other"], "running")
        self.assertEqual(self.states(other)["server"], "running")

    def test_whileTheStoreIsAway(self) -> None:
        """
        While the store is away members are served: a node that starts again finds the others.  Who joins waits, and is
        a member when the store is back.
        """
        self.serveOther()
        first, second = self.dwelling(1), self.dwelling(2)
        token = self.invitation()
        self.plugin.store.cut()
        second.stop()
        second.start()
        self.go(5.0)
        self.assertTrue(self.reaches(first, second))
        third = self.dwelling(3, joins=False)
        self.join(third, token)
        self.go(5.0)
        self.assertEqual(third.own.stage, "joining")
        self.plugin.store.mend()
        self.go(60.0)
        self.assertEqual(third.own.stage, "member")
        self.assertTrue(self.reaches(first, third))
