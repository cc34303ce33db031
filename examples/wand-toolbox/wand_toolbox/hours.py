"""
The hook: lets nodes in at certain hours.
"""

from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Annotated

import attrs
import msgspec
from twisted.internet.defer import Deferred, fail
from zope.interface import implementer

from wand.errors import TemporarilyUnavailable
from wand.events import Event
from wand.interfaces import BaseHook, BasePlugin, Candidate, Context, IHook, IHookListener, Settings, Verdict
from wand.plugin_settings import readSettings

Hour = Annotated[int, msgspec.Meta(ge=0, le=24)]


class HoursSettings(msgspec.Struct):
    """
    What an operator may set.

    @ivar begin: the hour from which on nodes are let in, in UTC.
    @ivar end: the hour from which on they are not.
    @ivar names: what the names of nodes have to look like, such as C{office-*}.
    """

    begin: Hour = 8
    end: Hour = 18
    names: str = "*"


@attrs.frozen
class Doorkeeper(BaseHook):
    """
    The hook at work.
    """

    settings: HoursSettings
    context: Context

    def told(self, event: Event) -> None:
        if event.kind == "member-joined":
            self.context.events.publish("door-passed", name=event.fields.get("name"))

    def admit(self, candidate: Candidate) -> Deferred[Verdict] | Verdict:
        if not fnmatchcase(candidate.name, self.settings.names):
            return Verdict(False, f"only {self.settings.names} may join")  # for good
        hour = datetime.fromtimestamp(self.context.wallClock(), UTC).hour
        if self.settings.begin <= hour < self.settings.end:
            return Verdict(True)
        return fail(TemporarilyUnavailable(f"the door opens at {self.settings.begin}:00 UTC"))  # it asks again


@implementer(IHook)
class HoursHook(BasePlugin):
    """
    Opens it.
    """

    name = "hours"
    about = "lets nodes in at certain hours"
    settings = HoursSettings

    def open(self, settings: Settings, context: Context) -> IHookListener:
        return Doorkeeper(readSettings(settings, HoursSettings, "hook-settings.hours"), context)


plugin = HoursHook()
