"""
The hook C{executables}: programs in a folder, C{hooks.d}, are told of events and asked, with a JSON document on their
standard input.

Below the folder are others.  The executables in C{admit/}, C{allow-route/} and C{assign-address/} are asked, those in
C{member-joined/} are told of events of this kind, those in C{every-event/} of all.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import msgspec
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from zope.interface import implementer

from wand.errors import ConfigurationInvalid, TemporarilyUnavailable
from wand.event_kinds import EVENTS
from wand.events import Event, Value
from wand.hooks.approval import HOOK_PATIENCE
from wand.hooks.execution import Execution
from wand.hooks.questioning import Asked, Questioning
from wand.hooks.telling import EVERY_EVENT, Telling
from wand.hooks.trusted import Untrusted, checkTrusted
from wand.interfaces import (
    Candidate,
    Context,
    IAddressApprover,
    IHook,
    IHookListener,
    IRouteApprover,
    Settings,
    Verdict,
)
from wand.plugin_settings import readSettings
from wand.worker import Workers

#: What the operator calls these settings.
WHERE: Final = "hook-settings.executables"

#: The folders of the questions.
ADMIT: Final = "admit"
ALLOW_ROUTE: Final = "allow-route"
ASSIGN_ADDRESS: Final = "assign-address"

#: Seconds by which an executable is given up before the hook is, so that it can be named.
_MARGIN: Final = 0.25

#: Under which a note says what is wrong with an executable.
NOTE: Final = "executables"

#: For how many seconds C{wand status} shows what was wrong with an executable.
NOTE_LIFETIME: Final = 3600.0


class ExecutablesSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"atOnce": "at-once"}):
    """
    The settings.

    @ivar path: the folder; an absolute path.
    @ivar seconds: how long an executable may take; no question waits for more than five seconds.
    @ivar atOnce: how many questions are answered at the same time.
    @ivar waiting: how many events wait at most while executables are told of others.
    @ivar user: who runs the executables where the program is root.
    """

    path: str = "/etc/wand/hooks.d"
    seconds: Annotated[float, msgspec.Meta(gt=0, le=60)] = HOOK_PATIENCE
    atOnce: Annotated[int, msgspec.Meta(ge=1, le=64)] = 4
    waiting: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 1000
    user: str = "nobody"


@implementer(IHook)
class Executables:
    """
    The plugin.
    """

    name = "executables"
    about = "programs in a folder, hooks.d, which are told of events and asked, with JSON on their standard input"
    settings = ExecutablesSettings

    def unusable(self) -> str | None:
        """
        See L{wand.interfaces.IWandPlugin}.
        """
        return None if os.name == "posix" else "it needs a system with processes and users as UNIX has them"

    def open(self, settings: Settings, context: Context) -> IHookListener:
        """
        See L{IHook}.
        """
        read = readSettings(settings, ExecutablesSettings, WHERE)
        _checkFolder(read.path)
        try:
            execution = Execution(read.user)
        except (KeyError, ValueError):
            reason = "expected the name of a user that is not root"
            raise ConfigurationInvalid(WHERE, "user", reason) from None
        return ExecutablesListener(read, context, execution)


@implementer(IAddressApprover, IRouteApprover)
class ExecutablesListener:
    """
    Runs the executables.
    """

    def __init__(self, settings: ExecutablesSettings, context: Context, execution: Execution) -> None:
        self._context = context
        self._execution = execution
        folder, run, seconds = Path(settings.path), execution.run, context.clock.seconds
        self._questioning = Questioning(folder, run, seconds, settings.seconds)
        self._askers = Workers(context.makeWorker, "executables that are asked", settings.atOnce)
        self._telling = Telling(folder, run, context, settings.seconds, settings.waiting, self._say)
        _sayUnknown(folder, self._say)

    def told(self, event: Event) -> None:
        """
        See L{IHookListener}.
        """
        if self._telling.isWanted(event.kind):
            self._telling.tell(event.kind, self._document(event.kind, event.time, event.fields))

    def admit(self, candidate: Candidate) -> Deferred[Verdict]:
        """
        See L{IHookListener}.
        """
        return self._ask(ADMIT, _fieldsOf(candidate))

    def assignAddress(self, candidate: Candidate, address: str) -> Deferred[Verdict]:
        """
        See L{IAddressApprover}.
        """
        return self._ask(ASSIGN_ADDRESS, {**_fieldsOf(candidate), "address": address})

    def allowRoute(self, candidate: Candidate, hosts: int) -> Deferred[Verdict]:
        """
        See L{IRouteApprover}.
        """
        return self._ask(ALLOW_ROUTE, {**_fieldsOf(candidate), "hosts": hosts})

    def close(self) -> None:
        """
        See L{IHookListener}.
        """
        self._telling.stop()
        self._execution.stop()

    def _ask(self, question: str, fields: dict[str, Value]) -> Deferred[Verdict]:
        document = self._document(question, self._context.wallClock(), fields)
        deadline = self._context.clock.seconds() + HOOK_PATIENCE - _MARGIN
        asking = partial(self._questioning.ask, question, document, deadline)
        return self._askers.do(asking).addCallbacks(self._answered, self._failed)

    def _answered(self, asked: Asked) -> Verdict:
        for hint in asked.hints:
            self._say(hint)
        return asked.verdict

    def _failed(self, failure: Failure) -> Failure:
        if failure.check(TemporarilyUnavailable):
            self._say(failure.getErrorMessage())
            raise TemporarilyUnavailable("a program that must be asked cannot answer now") from failure.value
        return failure

    def _say(self, text: str) -> None:
        name = text.partition(" ")[0].rpartition("/")[2]
        self._context.notes.say(f"{NOTE}-{name}", text, lifetime=NOTE_LIFETIME)

    def _document(self, kind: str, time: float, fields: dict[str, Value]) -> bytes:
        told = {"kind": kind, "time": time, "network": self._context.networkName(), "fields": fields}
        return json.dumps(told).encode() + b"\n"


def _fieldsOf(candidate: Candidate) -> dict[str, Value]:
    return {
        "mac": str(candidate.mac),
        "endpoint": candidate.endpoint,
        "name": candidate.name,
        "key": candidate.key.hex(),
    }


def _checkFolder(path: str) -> None:
    if not Path(path).is_absolute():
        raise ConfigurationInvalid(WHERE, "path", f"expected an absolute path, not {path!r}")
    try:
        if not checkTrusted(Path(path)).is_dir():
            raise ConfigurationInvalid(WHERE, "path", f"{path} is no folder")
    except OSError as error:
        raise ConfigurationInvalid(WHERE, "path", f"{path} cannot be used: {error.strerror}") from None
    except Untrusted as error:
        raise ConfigurationInvalid(WHERE, "path", str(error)) from None


def _sayUnknown(folder: Path, say: Callable[[str], object]) -> None:
    """
    Say what is in the folder and does nothing.
    """
    known = {ADMIT, ALLOW_ROUTE, ASSIGN_ADDRESS, EVERY_EVENT, *EVENTS}
    for entry in sorted(folder.iterdir()):
        if not entry.is_dir() and not entry.name.startswith("."):
            say(f"{entry} is never run: executables are in folders, such as {folder / ADMIT}")
        elif entry.is_dir() and entry.name not in known:
            say(f"{entry} has the name of no question and of no event, so what is in it is never run")
