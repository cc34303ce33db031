"""
The directive C{configuration}: a table of all keys of a class of L{wand.config}, so that the reference never lags
behind.
"""

from collections.abc import Sequence

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
        return [table(("key", "value", "meaning", "default"), rows, widths=(20, 12, 50, 18), literal=(0, 3))]


def table(
    head: tuple[str, ...], rows: Sequence[tuple[str, ...]], widths: tuple[int, ...], literal: tuple[int, ...]
) -> nodes.table:
    """
    Make a table.

    @param widths: of the columns, in percent.
    @param literal: the numbers of the columns that are shown as code.
    """
    group = nodes.tgroup(cols=len(head))
    group += [nodes.colspec(colwidth=width) for width in widths]
    top, body = nodes.thead(), nodes.tbody()
    top += _row(head, literal=())
    body += [_row(row, literal) for row in rows]
    group += [top, body]
    made = nodes.table()
    made += group
    return made


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
