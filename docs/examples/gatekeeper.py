"""
A hook: admits the nodes whose names are in a list.
"""

from typing import Annotated

import attrs
import msgspec
from zope.interface import implementer

from wand.events import Event
from wand.interfaces import Candidate, Context, IHook, IHookListener, Settings, Verdict
from wand.plugin_settings import readSettings


class GatekeeperSettings(msgspec.Struct):
    """
    What an operator sets.
    """

    hosts: Annotated[list[str], msgspec.Meta(min_length=1)]


# hook
@implementer(IHookListener)
@attrs.frozen
class Gatekeeper:
    """
    Looks into the list.
    """

    hosts: list[str]

    def told(self, event: Event) -> None:
        pass

    def admit(self, candidate: Candidate) -> Verdict:
        isListed = candidate.name in self.hosts
        return Verdict(isListed, "" if isListed else "not in the list of hosts")

    def close(self) -> None:
        pass


# end of hook


@implementer(IHook)
class GatekeeperHook:
    """
    Opens it.
    """

    name = "gatekeeper"
    about = "admits the nodes of a list"

    def unusable(self) -> str | None:
        return None

    def open(self, settings: Settings, context: Context) -> IHookListener:
        return Gatekeeper(readSettings(settings, GatekeeperSettings, "hook-settings.gatekeeper").hosts)
