"""
The directive C{events}: a table of all kinds of events, with their fields.
"""

from configuration_table import table
from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

from wand.event_kinds import EVENTS


class EventsTable(Directive):
    """
    C{{events}}.
    """

    def run(self) -> list[nodes.Node]:
        """
        Make the table.
        """
        rows = [(kind, " ".join(sorted(each.fields)), each.about) for kind, each in EVENTS.items()]
        return [table(("kind", "fields", "what happened"), rows, widths=(22, 30, 48), literal=(0, 1))]


def setup(app: Sphinx) -> dict[str, bool]:
    """
    Add the directive.
    """
    app.add_directive("events", EventsTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
