"""
The contract that every peer protocol fulfils, as tests that a protocol's author runs against it.
"""

from __future__ import annotations

from typing import Any

from wand.errors import AddressInvalid, PortUnavailable
from wand.interfaces import IPeerProtocol, IResizableTransport, IRovingTransport, ITransport
from wand.status import PeerStatus
from wand.testing import protocol_rules as rules
from wand.testing.plugin_contract import PluginContract
from wand.testing.protocol_endurance import ProtocolEndurance
from wand.testing.protocol_manners import ProtocolManners
from wand.testing.protocol_meanwhile import ProtocolMeanwhile


class ProtocolContract(ProtocolMeanwhile, ProtocolEndurance, ProtocolManners, PluginContract):
    """
    What every peer protocol must do.  Mix it into a test case and say how to make it::

        class MyProtocolTests(ProtocolContract, SynchronousTestCase):
            def makeProtocol(self):
                return MyProtocol()

    The two nodes are at 192.0.2.1 and 192.0.2.2, port 22222, in simulated time.  Override C{peerOf} where peers are
    called otherwise than by their endpoints, C{meet} where nodes have to know each other before they send, and
    C{request} where a membership is needed.
    """

    pluginInterface = IPeerProtocol
    openedInterface = ITransport

    def test_protocolDescribesItself(self) -> None:
        """
        The protocol and its transport say of themselves what they should.
        """
        mtu, directory = self.plugin.defaultMTU, self.plugin.directory
        isGood = isinstance(mtu, int) and 68 <= mtu <= 65_535 and isinstance(directory, str) and bool(directory)
        self.expect(isGood, rules.DESCRIBED, f"defaultMTU {mtu!r}, directory {directory!r}")
        transport = self.node(1).transport
        self.expect(isinstance(transport.listening, str), rules.SAYS_WHERE, f"listening {transport.listening!r}")
        for name in ("features", "notes"):
            value = getattr(transport, name)
            isList = isinstance(value, list | tuple) and all(isinstance(each, str) for each in value)
            self.expect(isList, rules.SAYS_WHERE, f"{name} {value!r}")

    def test_framesArrive(self) -> None:
        """
        Frames of all sizes pass in both directions.
        """
        one, other = self.pair()
        self.passes(one, other, self.sizes())
        self.passes(other, one, self.sizes())

    def test_largeFramesArrive(self) -> None:
        """
        The same with the largest MTU.
        """
        self.mtu = self.largestMTU
        one, other = self.pair()
        self.passes(one, other, self.sizes())
        self.passes(other, one, self.sizes())

    def test_manyFramesArriveInOrder(self) -> None:
        """
        Many frames of a batch arrive in their order.
        """
        one, other = self.pair()
        frames = [one.frameTo(other, 60 + number * 7 % 90, number) for number in range(60)]
        self.sends(one, other, frames)
        self.until(lambda: len(other.frames) >= len(frames))
        came = [frame for _, frame in other.frames]
        self.expect(sorted(came) == sorted(frames), rules.WHOLE, f"of {len(frames)} frames {len(came)} came")
        order = [frames.index(each) for each in came]
        self.expect(came == frames, rules.IN_ORDER, f"frame 0, 1, 2 … came as {order[:10]}")

    def test_batchesEnd(self) -> None:
        """
        After frames that came comes the end of the batch.
        """
        one, other = self.pair()
        self.passes(one, other, [60, 60, 60])
        self.until(lambda: len(other.frames) in other.batches)
        isEnded = len(other.frames) in other.batches
        self.expect(isEnded, rules.BATCH_ENDS, f"{len(other.frames)} frames came, and no batchReceived after them")

    def test_buffersAreUsedAgain(self) -> None:
        """
        What is sent may be a slice of a buffer that is used again before the flush.
        """
        one, other = self.pair()
        self.passes(one, other, [60])
        frame = one.frameTo(other, 100, 7)
        buffer = bytearray(b"xx" + frame + b"yy")
        with self.keeping(rules.BUFFERS, "send() of a memoryview"):
            one.transport.send(self.peerOf(one, other), memoryview(buffer)[2:-2])
        self.expect(bytes(buffer) == b"xx" + frame + b"yy", rules.BUFFERS, "send changed the buffer")
        buffer[:] = bytes(len(buffer))
        other.frames.clear()
        one.transport.flush()
        self.until(lambda: bool(other.frames))
        came = [each.hex() for _, each in other.frames]
        self.expect(came == [frame.hex()], rules.BUFFERS, f"{frame.hex()} came as {came}")

    def test_sendEach(self) -> None:
        """
        A frame to a group goes to each peer once, and to nobody if there is none.
        """
        one, other = self.pair()
        self.passes(one, other, [60])
        other.frames.clear()
        frame = b"\xff" * 6 + one.frameTo(other, 60)[6:]
        with self.keeping(rules.NEVER_RAISES, "sendEach()"):
            one.transport.sendEach([], frame)
            one.transport.sendEach([self.peerOf(one, other)], frame)
            one.transport.flush()
        self.until(lambda: bool(other.frames))
        came = [each for _, each in other.frames]
        self.expect(came == [frame], rules.EACH, f"it came {len(came)} times")

    def test_framesThatAreTooLong(self) -> None:
        """
        A frame that cannot be sent is dropped, and the next one passes.
        """
        one, other = self.pair()
        self.passes(one, other, [60])
        other.frames.clear()
        frame = one.frameTo(other, 70_000, 5)
        self.sends(one, other, [frame])
        self.pass_(0.5)
        cut = [len(each) for _, each in other.frames if each != frame]
        self.expect(not cut, rules.NOT_CUT, f"of a frame of {len(frame)} octets came {cut}")
        self.passes(one, other, [60])

    def test_accounts(self) -> None:
        """
        What passed between a peer of the table and us can be asked for.
        """
        one, other = self.pair()
        peer = self.peerOf(one, other)
        one.transport.peerAdded(peer)
        self.passes(one, other, [60, 60, 60])
        self.passes(other, one, [60, 60])
        with self.keeping(rules.ACCOUNT, "peerStatus()"):
            status = one.transport.peerStatus(peer)
        self.expect(isinstance(status, PeerStatus), rules.ACCOUNT, f"{status!r}")
        counted = (status.framesSent, status.framesReceived)
        self.expect(counted == (3, 2), rules.ACCOUNT, f"of 3 frames sent and 2 received it has {counted}")
        with self.keeping(rules.ACCOUNT, "peerRemoved()"):
            one.transport.peerRemoved(peer)

    def test_peersAreHeard(self) -> None:
        """
        A peer that sends is heard, and that is not told for each frame.
        """
        one, other = self.pair()
        other.transport.peerAdded(self.peerOf(other, one))
        for number in range(20):
            self.sends(one, other, [one.frameTo(other, 60, number)])
            self.pass_(0.05)
        found = f"for 20 frames within a second it was called {len(other.heard)} times"
        self.expect(1 <= len(other.heard) <= 2, rules.HEARD, found)

    def test_whatOperatorsWrite(self) -> None:
        """
        A text that is no peer is an error that can be shown.
        """
        transport = self.node(1).transport
        for text in ("", " ", "nobody here!", "\0", ":", "é" * 100, "192.0.2.7:99999"):
            try:
                found = f"{text!r} is {transport.peerFrom(text)!r}"
            except AddressInvalid:
                continue
            except Exception as error:
                found = f"{text!r} raised {error!r}"
            self.fail(rules.PEER_TEXT.broken(found))

    def test_aPortThatIsTaken(self) -> None:
        """
        A port that is taken is told as such.
        """
        self.node(1)
        try:
            self.plugin.open(self.request(1), self.context).stop()
        except PortUnavailable as error:
            self.expect(bool(str(error).strip()), rules.PORT_TAKEN, "the error says nothing")
        except Exception as error:
            self.fail(rules.PORT_TAKEN.broken(f"{type(error).__name__}: {error}"))
        else:
            self.fail(rules.PORT_TAKEN.broken("it was opened twice"))

    def test_resized(self) -> None:
        """
        A transport that can follow the tap's MTU does.
        """
        one, other = self.pair()
        if not (IResizableTransport.providedBy(one.transport) and IResizableTransport.providedBy(other.transport)):
            return
        self.mtu = self.largestMTU
        for each in (one, other):
            transport: Any = each.transport
            transport.resize(self.mtu)
        self.passes(one, other, self.sizes(), rules.RESIZED)

    def test_moved(self) -> None:
        """
        That the host moves does no harm.
        """
        one, other = self.pair()
        self.passes(one, other, [60])
        if not IRovingTransport.providedBy(one.transport):
            return
        transport: Any = one.transport
        for _ in range(10):
            with self.keeping(rules.MOVED, "moved()"):
                transport.moved()
            self.pass_(0.1)
        self.pass_(1)
        self.passes(one, other, [60], rules.MOVED)
