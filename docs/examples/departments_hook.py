"""
A hook: an example of the plugin author's guide.
"""

from __future__ import annotations

# hook
from zope.interface import implementer

from wand.interfaces import BaseHook, BasePlugin, Candidate, Context, IHook, IHookListener, Settings, Verdict


class Departments(BaseHook):
    """Admits who is called after a department."""

    def admit(self, candidate: Candidate) -> Verdict:
        isKnown = candidate.name.startswith(("lab-", "office-"))
        return Verdict(isKnown, "call it lab-SOMETHING or office-SOMETHING")


@implementer(IHook)
class DepartmentsHook(BasePlugin):
    """The plugin."""

    name = "departments"
    about = "admits hosts that are called after their department"

    def open(self, settings: Settings, context: Context) -> IHookListener:
        return Departments()


# end of hook
departments = DepartmentsHook()
