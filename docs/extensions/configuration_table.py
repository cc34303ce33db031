"""
The directive C{configuration}: a table of all keys of a class of L{wand.config}, so that the reference never lags
behind.
"""

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

from wand import config


class ConfigurationTable(Directive):
    """
    C{{configuration} NodeConfiguration}.
    """

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """
        Make the table.
        """
        rows = [
            (name, kind, text, _shown(default))
            for name, kind, text, default in config.fields(getattr(config, self.arguments[0]))
        ]
        group = nodes.tgroup(cols=4)
        group += [nodes.colspec(colwidth=width) for width in (20, 12, 50, 18)]
        head, body = nodes.thead(), nodes.tbody()
        head += _row(("key", "value", "meaning", "default"), literal=())
        body += [_row(row, literal=(0, 3)) for row in rows]
        group += [head, body]
        table = nodes.table()
        table += group
        return [table]


def _shown(default: object) -> str:
    if isinstance(default, bool):
        return ("no", "yes")[default]
    return "" if default in (None, "", [], {}) else str(default)


def _row(cells: tuple[str, ...], literal: tuple[int, ...]) -> nodes.row:
    row = nodes.row()
    for number, text in enumerate(cells):
        paragraph = nodes.paragraph()
        paragraph += nodes.literal(text=text) if number in literal and text else nodes.Text(text)
        entry = nodes.entry()
        entry += paragraph
        row += entry
    return row


def setup(app: Sphinx) -> dict[str, bool]:
    """
    Add the directive.
    """
    app.add_directive("configuration", ConfigurationTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
