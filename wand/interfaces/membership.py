"""
The seam between sessions and membership: who we are, and whom we admit.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

import attrs
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from wand.ethernet import MAC


@attrs.frozen
class Member:
    """
    What a valid certificate says of a member, checked.

    @ivar identity: the whole public key that names the member.
    @ivar exchangeKey: the public key of its handshakes.
    @ivar isServer: is it a directory server of the network?
    @ivar name: for people.
    @ivar addresses: overlay addresses with their prefix lengths.
    @ivar macs: the MAC addresses that it may claim.
    @ivar bridge: may it speak for MAC addresses that nobody claims?
    @ivar since: when it became a member, in seconds since the epoch.
    @ivar issued: since when the certificate is valid.
    @ivar expires: from when on it is not.
    @ivar relay: may it pass datagrams on between other members?
    @ivar admission: may it admit members?
    @ivar admitter: the identity of the member that admitted it and signed what is said here; empty if the network did.
    @ivar isAuthority: does it speak for the network itself: a server, or the node that founded it?
    """

    identity: bytes
    exchangeKey: bytes
    isServer: bool
    name: str
    addresses: tuple[str, ...]
    macs: tuple[MAC, ...]
    bridge: bool
    since: int
    issued: int
    expires: int
    relay: bool = False
    admission: bool = False
    admitter: bytes = b""
    isAuthority: bool = False


class Secrets(Protocol):
    """
    The network secrets that we have, by their numbers: pre-shared keys of handshakes between members.  None before
    joining.
    """

    @property
    def numbers(self) -> tuple[int, ...]:
        """
        Those that we have.
        """

    @property
    def kept(self) -> Sequence[tuple[int, bytes]]:
        """
        The secrets with their numbers, the newest in front.
        """

    @property
    def counting(self) -> Sequence[tuple[int, bytes]]:
        """
        Those of them that count between members, the newest in front.
        """

    def mayUse(self, number: int, member: Member) -> bool:
        """
        Does a secret count in a handshake with a member?
        """

    def common(self, theirs: Collection[int] | None, member: Member) -> bytes | None:
        """
        The newest secret that a member has, too, and that counts in a handshake with it.

        @param theirs: the numbers of those that it has; C{None} if its program knows of the first only.
        @return: C{None} if there is none.
        """


class Membership(Protocol):
    """
    Who we are, and whom we admit.

    @ivar network: the public key of the network.
    @ivar cipher: C{aes-256-gcm} or C{chacha20-poly1305}.
    @ivar secrets: the pre-shared keys of handshakes between members.
    @ivar exchangeKey: the private key of our handshakes.
    @ivar identity: our public key.
    @ivar certificate: ours, signed, to be presented; empty before joining.
    """

    @property
    def network(self) -> bytes: ...

    @property
    def cipher(self) -> str: ...

    @property
    def secrets(self) -> Secrets: ...

    @property
    def exchangeKey(self) -> X25519PrivateKey: ...

    @property
    def identity(self) -> bytes: ...

    @property
    def certificate(self) -> bytes: ...

    def admit(self, certificate: bytes, exchangeKey: bytes) -> Member | None:
        """
        Check a presented certificate completely.

        @param exchangeKey: the public key that the handshake proved.
        @return: what it says, or C{None} for a refusal, which the caller counts.
        """

    def invitationSecret(self, invitation: bytes) -> bytes | None:
        """
        The pre-shared key for the handshake that redeems an invitation.

        @return: C{None} if there is no such invitation; on a node, always.
        """
