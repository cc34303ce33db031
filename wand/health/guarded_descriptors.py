"""
Descriptors of plugins: a reactor stops watching one whose C{doRead} raises, and says nothing to anybody.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from twisted.internet.interfaces import IReactorFDSet, IReadDescriptor, IReadWriteDescriptor, IWriteDescriptor
from twisted.python.failure import Failure
from zope.interface import implementer

from wand.health.failures import Failures
from wand.health.origin import attributed, isOurs

#: This many failures in a row mean that a descriptor is broken.
FAILURES_MAXIMUM: Final = 64


@implementer(IReadWriteDescriptor)
class GuardedDescriptor:
    """
    A descriptor of a plugin: a failure is counted, and the descriptor is still watched.
    """

    def __init__(self, inner: Any, failures: Failures, lost: Callable[[str], object]) -> None:
        self._inner = inner
        self._failures = failures
        self._lost = lost
        self._row = 0

    def fileno(self) -> int:
        """
        See L{IReadDescriptor}.
        """
        number: int = self._inner.fileno()
        return number

    def logPrefix(self) -> str:
        """
        See L{IReadDescriptor}.
        """
        return str(self._inner.logPrefix())

    def doRead(self) -> Any:
        """
        See L{IReadDescriptor}.
        """
        return self._done(self._inner.doRead)

    def doWrite(self) -> Any:
        """
        See L{IWriteDescriptor}.
        """
        return self._done(self._inner.doWrite)

    def connectionLost(self, reason: Failure) -> None:
        """
        See L{IReadDescriptor}.
        """
        try:
            self._inner.connectionLost(reason)
        except Exception:
            self._failures.caught(self._place, plugin=self._inner)

    @property
    def _place(self) -> str:
        return f"descriptor {type(self._inner).__name__}"

    def _done(self, call: Callable[[], Any]) -> Any:
        try:
            answer = call()
        except Exception as error:
            self._failures.caught(self._place, plugin=self._inner)
            self._row += 1
            if self._row < FAILURES_MAXIMUM:
                return None
            self._lost(f"{attributed(f'the {self._place}', self._inner)} fails again and again: {error!r}")
            return error
        self._row = 0
        return answer


@implementer(IReactorFDSet)
class GuardedDescriptors:
    """
    A reactor for plugins.  Our own descriptors guard themselves.
    """

    def __init__(self, reactor: IReactorFDSet, failures: Failures, lost: Callable[[str], object]) -> None:
        """
        @param lost: called with the reason when a descriptor is given up.
        """
        self._reactor = reactor
        self._failures = failures
        self._lost = lost
        self._guarded: dict[int, GuardedDescriptor] = {}  # each keeps its own alive, so that the number stays its own

    def addReader(self, reader: IReadDescriptor) -> None:
        """
        See L{IReactorFDSet}.
        """
        self._reactor.addReader(self._guardedOf(reader))

    def addWriter(self, writer: IWriteDescriptor) -> None:
        """
        See L{IReactorFDSet}.
        """
        self._reactor.addWriter(self._guardedOf(writer))

    def removeReader(self, reader: IReadDescriptor) -> None:
        """
        See L{IReactorFDSet}.
        """
        guarded = self._guarded.get(id(reader), reader)
        self._reactor.removeReader(guarded)
        self._forget(reader, guarded)

    def removeWriter(self, writer: IWriteDescriptor) -> None:
        """
        See L{IReactorFDSet}.
        """
        guarded = self._guarded.get(id(writer), writer)
        self._reactor.removeWriter(guarded)
        self._forget(writer, guarded)

    def removeAll(self) -> Any:
        """
        See L{IReactorFDSet}.
        """
        self._guarded.clear()
        return self._reactor.removeAll()

    def getReaders(self) -> Any:
        """
        See L{IReactorFDSet}.
        """
        return self._reactor.getReaders()

    def getWriters(self) -> Any:
        """
        See L{IReactorFDSet}.
        """
        return self._reactor.getWriters()

    def _guardedOf(self, descriptor: Any) -> Any:
        if isOurs(descriptor):
            return descriptor
        if id(descriptor) not in self._guarded:
            self._guarded[id(descriptor)] = GuardedDescriptor(descriptor, self._failures, self._lost)
        return self._guarded[id(descriptor)]

    def _forget(self, descriptor: object, guarded: Any) -> None:
        if guarded not in self._reactor.getReaders() and guarded not in self._reactor.getWriters():
            self._guarded.pop(id(descriptor), None)
