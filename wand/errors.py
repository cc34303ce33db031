"""
What can go wrong, in words for the operator: C{str(error)} is a sentence that says what happened and what to do.
"""

from typing import Final

#: Names a file, in the environment of a program that a command starts in the background: the program writes there why
#: it cannot start, because twistd(1) passes on the first 98 octets of that alone.
REASON_VARIABLE: Final = "WAND_REASON"


class WandError(Exception):
    """
    The base of every error of this project that an operator may see.
    """


class ConfigurationInvalid(WandError):
    """
    A configuration file or an option cannot be used.

    @ivar where: the file or the option.
    @ivar key: the path of the offending key, or an empty string where the whole file is at fault.
    @ivar reason: why.
    """

    def __init__(self, where: str, key: str, reason: str) -> None:
        named = "" if where == f"--{key}" else key  # the option has its name already
        super().__init__(": ".join(part for part in (where, named, reason) if part))
        self.where = where
        self.key = key
        self.reason = reason


class AddressInvalid(WandError):
    """
    A text is not a MAC address or an endpoint, or not one that can be used as such.
    """


class FilterInvalid(WandError):
    """
    A text does not say which frames are wanted.
    """


class NoSuchPlugin(WandError):
    """
    No usable plugin has the name that the configuration asks for.
    """


class TapUnavailable(WandError):
    """
    The tap device cannot be opened or configured.
    """


class PortUnavailable(WandError):
    """
    A UDP port or the control socket cannot be bound.
    """


class EntryRefused(WandError):
    """
    The table does not take an entry: it is full, or the address is our own or a group's.
    """


class NoSuchEntry(WandError):
    """
    The table or the registry has no such entry.
    """


class StoreUnavailable(WandError):
    """
    The store of the directory server cannot be opened, read or written.
    """


class StoreHindered(StoreUnavailable):
    """
    The store does not work now, and will once the obstacle is gone: a full disk, or another program.
    """


class TemporarilyUnavailable(WandError):
    """
    Somebody who must be asked cannot answer now; ask again later.
    """


class GrantEnded(TemporarilyUnavailable):
    """
    The right of this node to admit members has ended for now.
    """


class StoreDamaged(StoreUnavailable):
    """
    The store's content is damaged or lost; waiting does not help.
    """


class StateUnavailable(WandError):
    """
    The state directory cannot be used.
    """


class NotSupported(WandError):
    """
    The running program cannot do this: a directory server has no peers, a node has no registry.
    """


class NotRunning(WandError):
    """
    Nobody answers at the control socket.
    """


class NotPermitted(WandError):
    """
    The control socket is there, but this user may not use it.
    """


class NoAnswer(WandError):
    """
    A member does not answer, or there is no session in which it could be asked.
    """


class TokenInvalid(WandError):
    """
    A text is not an invitation token, or it was cut off or changed.
    """


class PluginFaulty(WandError):
    """
    A plugin cannot be opened, or opens something that its interface does not promise.
    """


class MembershipRefused(WandError):
    """
    Somebody cannot become or stay a member, or a request about members cannot be granted.
    """


class NoSuchMember(WandError):
    """
    The network has no member or invitation of that name or key.
    """
