"""
The directives C{layers}, a table of the parts and their layers, and C{parts}, a picture of them.
"""

from __future__ import annotations

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from layers import about, layers
from layers_picture import picture
from sphinx.application import Sphinx


class LayersTable(Directive):
    """
    C{{layers}}.
    """

    def run(self) -> list[nodes.Node]:
        """
        Make the table.
        """
        lines = ["| layer | part | what it is |", "|---|---|---|"]
        for number, layer in enumerate(layers()):
            lines += [f"| {len(layers()) - number} | {{py:mod}}`{part}` | {about(part)} |" for part in sorted(layer)]
        made = nodes.Element()
        self.state.nested_parse(StringList(lines), self.content_offset, made)
        return made.children


class PartsPicture(Directive):
    """
    C{{parts}}.
    """

    def run(self) -> list[nodes.Node]:
        """
        Draw it.
        """
        return [nodes.raw("", picture(), format="html")]


def setup(app: Sphinx) -> dict[str, bool]:
    """
    Add the directives.
    """
    app.add_directive("layers", LayersTable)
    app.add_directive("parts", PartsPicture)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
