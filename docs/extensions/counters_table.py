"""
The directive C{counters}: a table of all counters that the modules of C{wand} declare.
"""

from configuration_table import table
from declared import counters
from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx


class CountersTable(Directive):
    """
    C{{counters}}.
    """

    def run(self) -> list[nodes.Node]:
        """
        Make the table.
        """
        return [table(("counter", "what it counts"), [*counters().items()], widths=(30, 70), literal=(0,))]


def setup(app: Sphinx) -> dict[str, bool]:
    """
    Add the directive.
    """
    app.add_directive("counters", CountersTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
