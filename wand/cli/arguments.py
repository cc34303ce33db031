"""
Arguments that several commands have.
"""

from __future__ import annotations

import click

from wand.errors import AddressInvalid
from wand.ethernet import MAC


def _usualForm(context: click.Context, parameter: click.Parameter, text: str) -> str:
    try:
        return str(MAC.parse(text))
    except AddressInvalid as error:
        raise click.BadParameter(str(error)) from None


#: A MAC address, handed on in its usual form.
macArgument = click.argument("mac", callback=_usualForm)

jsonOption = click.option("--json", "asJSON", is_flag=True, help="Print one JSON document.")
