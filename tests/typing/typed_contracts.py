"""
The contracts, as authors of plugins use them.  Nothing here is run.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from wand.interfaces import ICandidateSource, IRecords, ITap, ITapDriver, TapRequest
from wand.stores.memory import MemoryStore
from wand.testing.candidates import CandidateSourceContract
from wand.testing.drivers import TapDriverContract
from wand.testing.frames import makeContext
from wand.testing.stores import StoreContract


class DriverTests(TapDriverContract, SynchronousTestCase):
    def makeDriver(self) -> ITapDriver:
        raise NotImplementedError

    def hostOpened(self, tap: ITap) -> None:
        self.interface = tap.interface

    def hostSend(self, frame: bytes) -> None: ...

    def hostReceived(self) -> list[bytes]:
        return []

    def impossibleRequest(self) -> TapRequest:
        return self.request(settings={"path": "/nonexistent"})


class StoreTests(StoreContract, SynchronousTestCase):
    def makeRecords(self) -> IRecords:
        return MemoryStore().open({}, makeContext())


class SourceTests(CandidateSourceContract, SynchronousTestCase):
    def makeSource(self) -> ICandidateSource:
        raise NotImplementedError
