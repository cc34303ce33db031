"""
QR codes at a terminal, for a phone that carries a token to the next host.
"""

from __future__ import annotations

import io

import click

from wand.readings.qr import qrCode

#: What is scanned most easily of those with half a line for a square: a light border around it, in squares.
BORDER = 2


def qrLines(text: str) -> str:
    """
    A QR code of half-block characters; or a sentence, if the text is too long for one.
    """
    code = qrCode(text)
    if code is None:
        return "There is no QR code of it: it is too long for one."
    out = io.StringIO()
    code.terminal(out, border=BORDER, compact=True)
    # In colours of its own: on a light terminal it would be a negative, which not every phone reads.
    return "\n".join(click.style(line, fg="bright_white", bg="black") for line in out.getvalue().splitlines())


qrOption = click.option("--qr", "isQR", is_flag=True, help="Show the token as a QR code as well.")
