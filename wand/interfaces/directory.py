"""
Directories: where the table comes from.
"""

from __future__ import annotations

from collections.abc import Sequence

from zope.interface import Interface

from wand.interfaces.node_context import NodeContext
from wand.interfaces.plugin import IWandPlugin, Settings
from wand.status import DirectoryStatus


class IDirectoryKind(IWandPlugin):
    """
    A place where the table comes from.
    """

    def open(settings: Settings, context: NodeContext) -> IDirectory:
        """
        Prepare to keep the table up to date; nothing is sent yet.

        @raise wand.errors.ConfigurationInvalid: if a key or a value is refused.
        """


class IDirectory(Interface):
    """
    A directory at work: it puts entries into the table, under sources of its own.
    """

    def start() -> None:
        """
        Begin.
        """

    def stop() -> None:
        """
        Send nothing more and leave no timer behind.  The entries stay in the table until their lifetime ends.
        """

    def status() -> Sequence[DirectoryStatus]:
        """
        The state of every server that is asked.
        """


class IRovingDirectory(IDirectory):
    """
    A directory that wants to know when this host moves.
    """

    def moved() -> None:
        """
        An address or a route of this host changed: say at once where we are now.
        """


class IMembershipFollower(IDirectory):
    """
    A directory of a network with members, which wants to know when our own membership changes.
    """

    def announcementChanged() -> None:
        """
        Our claim, our certificate or our local endpoints may have changed: announce them if so.
        """

    def serversChanged() -> None:
        """
        The network may have other servers than before.
        """

    def clockSet() -> None:
        """
        Somebody set our clock: a certificate that was not valid may be valid now.
        """
