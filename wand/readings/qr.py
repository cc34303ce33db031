"""
QR codes of tokens, for a phone that carries one to the next host.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from segno import QRCode


def qrCode(text: str) -> QRCode | None:
    """
    A text as a QR code (ISO/IEC 18004), with the least correction: it is read from a screen.

    @return: C{None} if the text is too long for one, as the invitation to a network with many servers may be.
    """
    import segno  # for which others need not wait

    try:
        return segno.make_qr(text, error="l")
    except segno.DataOverflowError:
        return None
