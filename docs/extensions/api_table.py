"""
The directive C{api}: a table of all that the JSON API offers, made from its routes.
"""

from configuration_table import table
from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

from wand.console.actions import ACTIONS
from wand.console.live_readings import liveRoutes
from wand.console.readings import READINGS


class APITable(Directive):
    """
    C{{api} GET} for readings, C{{api} POST} for actions.
    """

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """
        Make the table.
        """
        rows = [
            (each.path, _query(each), each.about, each.command)
            for each in (*READINGS, *liveRoutes(), *ACTIONS)
            if each.method == self.arguments[0]
        ]
        return [table(("below /api/v1", "besides", "what", "as"), rows, widths=(27, 15, 40, 18), literal=(0, 1, 3))]


def _query(route: object) -> str:
    names = ("after", "limit") if route.isListing else ()
    fields = route.body.__struct_fields__ if route.body is not None else ()
    return ", ".join((*names, *(each.name for each in route.parameters), *fields))


def setup(app: Sphinx) -> dict[str, bool]:
    """
    Add the directive.
    """
    app.add_directive("api", APITable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
