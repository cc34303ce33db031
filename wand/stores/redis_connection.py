"""
One connection to a Redis server.  It is made when something is asked, and nobody waits for an answer for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from twisted.internet.defer import Deferred, fail, maybeDeferred, succeed
from twisted.internet.interfaces import IReactorTime
from twisted.internet.protocol import Factory
from twisted.python.failure import Failure

# It imports the reactor, which runs by the time that a store is opened.
from txredisapi import RedisProtocol, ResponseError

from wand.errors import StoreHindered, StoreUnavailable
from wand.stores.redis_settings import CONNECT_PATIENCE, RedisSettings

#: Seconds within which a command is answered, the time for a connection included.
ANSWER_PATIENCE: Final = 5.0

#: What errors of Redis begin with that pass: it starts, saves, has no room, or another server is the master now.
_PASSING: Final = (
    "LOADING",
    "BUSY",
    "READONLY",
    "MASTERDOWN",
    "CLUSTERDOWN",
    "TRYAGAIN",
    "NOREPLICAS",
    "OOM",
    "MISCONF",
    "UNKILLABLE",
)

#: What those begin with that say that we may not.
_REFUSING: Final = ("NOAUTH", "WRONGPASS", "NOPERM")

Word: TypeAlias = str | bytes | int


class _Protocols(Factory):
    noisy = False

    def buildProtocol(self, address: object) -> Any:
        protocol = RedisProtocol(charset=None, convertNumbers=False)
        protocol.factory = self
        return protocol


class _Command:
    """
    A command, and who waits for its answer.
    """

    def __init__(self, words: tuple[Word, ...]) -> None:
        self.answer: Deferred[Any] = Deferred()
        self._words = words

    def send(self, protocol: Any) -> None:
        """
        Send it, unless nobody waits any more.
        """
        if not self.answer.called:
            maybeDeferred(protocol.execute_command, *self._words).addCallbacks(self.answered, self.failed)

    def answered(self, answer: Any) -> None:
        """
        It is answered.
        """
        if not self.answer.called:
            self.answer.callback(answer)

    def failed(self, failure: Failure) -> None:
        """
        It will not be.
        """
        if not self.answer.called:
            self.answer.errback(failure)


class RedisConnection:
    """
    Asks a server, one command after another.  It connects when something is asked.

    @ivar connected: called at each new connection, before anything else is asked on it.
    """

    def __init__(self, settings: RedisSettings, clock: IReactorTime) -> None:
        """
        @param clock: the reactor.
        """
        self.connected: Callable[[], object] = lambda: None
        self._settings = settings
        self._clock = clock
        self._endpoint = settings.endpoint(clock)
        self._protocol: Any = None
        self._connecting: Deferred[None] | None = None
        self._waiting: list[_Command] = []
        self._isClosed = False

    def ask(self, *words: Word, patience: float = ANSWER_PATIENCE) -> Deferred[Any]:
        """
        Send a command, as soon as there is a connection.

        @param patience: seconds after which it fails.
        @return: fires with the answer, or with L{StoreUnavailable}.
        """
        if self._isClosed:
            return fail(StoreUnavailable(f"the store {self._settings.where} is closed"))
        question = _Command(words)
        timer = self._clock.callLater(patience, self._late, question, patience)

        def over(result: Any) -> Any:
            if timer.active():
                timer.cancel()
            return result

        question.answer.addBoth(over).addErrback(self._translated)
        if self._protocol is not None:
            question.send(self._protocol)
        else:
            self._waiting.append(question)
            self._connect()
        return question.answer

    def finish(self) -> Deferred[None]:
        """
        Take no more questions.

        @return: fires once all that were sent are answered, or failed.
        """
        if self._isClosed or self._protocol is None:
            return succeed(None)
        last = self.ask("PING")  # answers come in the order of the questions
        self._isClosed = True
        return last.addBoth(lambda _: None)

    def close(self) -> Deferred[None]:
        """
        Ask nothing more; what is not answered fails.
        """
        self._isClosed = True
        connecting, protocol = self._connecting, self._protocol
        if connecting is not None:
            connecting.cancel()
        if protocol is None:
            return succeed(None)
        closed: Deferred[None] = protocol.whenDisconnected().addCallback(lambda _: None)
        protocol.transport.abortConnection()
        return closed

    def _late(self, question: _Command, patience: float) -> None:
        question.failed(self._tooLate(patience))
        if self._protocol is not None:  # the order of its answers is all that tells whose they are
            self._protocol.transport.abortConnection()

    def _tooLate(self, seconds: float) -> Failure:
        return Failure(StoreHindered(f"the store {self._settings.where} did not answer within {seconds:.0f} s"))

    def _connect(self) -> None:
        if self._connecting is None:
            connecting = self._connecting = Deferred.fromCoroutine(self._opened())
            connecting.addErrback(self._notOpened)

    async def _opened(self) -> None:
        protocol: Any = await self._endpoint.connect(_Protocols())
        try:
            preparing = Deferred.fromCoroutine(self._prepare(protocol))
            await preparing.addTimeout(CONNECT_PATIENCE, self._clock, lambda _, seconds: self._tooLate(seconds))
        except BaseException:
            protocol.transport.abortConnection()
            raise
        self._protocol, self._connecting = protocol, None
        protocol.whenDisconnected().addCallback(self._lost)
        self.connected()
        waiting, self._waiting = self._waiting, []
        for question in waiting:
            question.send(protocol)

    def _notOpened(self, failure: Failure) -> None:
        self._connecting = None
        waiting, self._waiting = self._waiting, []
        for question in waiting:
            question.failed(failure)

    def _lost(self, protocol: Any) -> None:
        if protocol is self._protocol:
            self._protocol = None

    async def _prepare(self, protocol: Any) -> None:
        """
        Say who we are, before anything else is sent.
        """
        settings = self._settings
        if settings.password:
            user = (settings.username,) if settings.username else ()
            await protocol.execute_command("AUTH", *user, settings.password)
        if settings.database:
            await protocol.execute_command("SELECT", settings.database)
        await protocol.execute_command("PING")  # or it may be one that is about to end

    def _translated(self, failure: Failure) -> Any:
        error, where = failure.value, self._settings.where
        if isinstance(error, StoreUnavailable):
            return failure
        reason = failure.getErrorMessage().removeprefix("ERR ").rstrip(".")
        if isinstance(error, ResponseError) and reason.startswith(_REFUSING):
            text = f"the store {where} refuses us: {reason}; see username, password-file and its ACL"
            raise StoreUnavailable(text) from error
        if isinstance(error, ResponseError) and not reason.startswith(_PASSING):
            raise StoreUnavailable(f"the store {where} refuses a command: {reason}") from error
        if isinstance(error, ResponseError) and reason.startswith("READONLY") and self._protocol is not None:
            self._protocol.transport.abortConnection()  # another is the master; its name leads there
        raise StoreHindered(f"the store {where} does not answer: {reason or type(error).__name__}") from error


def isRefusal(failure: Failure) -> bool:
    """
    Did Redis say that it does not carry out a command?  After any other failure it may have done so all the same.
    """
    return isinstance(getattr(failure.value, "__cause__", None), ResponseError)
