"""
The plugin kinds: everything that users may want to swap.

A plugin is an object that provides one of the interfaces that extend L{IWandPlugin}; L{wand.discovery.catalogue} finds
it when the program runs (the guide for plugin authors says how to publish one).  The object itself is light: it has a
name, says whether it can be used here, and its C{open} makes the real thing, whose interface stands next to it.

Rules for everything that is opened:

  - The clock, the randomness and the underlay come in the L{Context}; nothing imports the reactor.
  - Nothing that arrives from a network raises, grows without a bound, or is answered with more than it brought.
  - What is dropped is counted, by the reason (L{wand.counters}).
  - An error that stops the start is a L{wand.errors.WandError} whose text says what to do.

Each kind has a module of its own here; import from C{wand.interfaces} itself, which is public.
"""

from typing import Final

from wand.interfaces.bases import (
    BaseCandidates,
    BaseDirectory,
    BaseHook,
    BasePlugin,
    BaseRecords,
    BaseTap,
    BaseTransport,
    BaseWatcher,
)
from wand.interfaces.candidate import ICandidates, ICandidateSource
from wand.interfaces.context import Context, NetworkName
from wand.interfaces.control_messages import ControlReader, SessionReader, Sessions, WayReader
from wand.interfaces.directory import IDirectory, IDirectoryKind, IMembershipFollower, IRovingDirectory
from wand.interfaces.driver import (
    IAdjustableTap,
    IFrameReader,
    IHostTap,
    ISuperframeTap,
    ITap,
    ITapDriver,
    TapRequest,
)
from wand.interfaces.frame_service import (
    CONSUMED,
    Consumed,
    IFrameInspector,
    IFrameService,
    IFrameWatcher,
    Passage,
)
from wand.interfaces.hook import Candidate, IAddressApprover, IHook, IHookListener, IRouteApprover, Verdict
from wand.interfaces.member_limits import MemberLimits
from wand.interfaces.membership import Member, Membership, Secrets
from wand.interfaces.node_context import NodeContext
from wand.interfaces.own_candidate import CANDIDATE_KINDS, CandidateKind, CandidateReader, OwnCandidate
from wand.interfaces.participant import (
    ControlReaders,
    DirectoryServer,
    GroupWishes,
    KnownMembers,
    MemberAnnouncement,
    MemberCertificate,
    MemberClaim,
    MemberContext,
    Participant,
    TableEntries,
)
from wand.interfaces.plugin import IWandPlugin, Settings
from wand.interfaces.protocol import (
    IFrameReceiver,
    IPeerProtocol,
    IResizableTransport,
    IRovingTransport,
    ISuperframeTransport,
    ITransport,
    TransportRequest,
)
from wand.interfaces.search import EverybodyIsKnown, Lookout, Lookouts, MemberSearch, Question, Sought
from wand.interfaces.session_transport import ISessionProtocol, ISessionTransport, RelayedReceiver, Ways
from wand.interfaces.sessions import (
    ClockReader,
    ISessions,
    JoinKey,
    JoinReader,
    PlaceInUse,
    SecretReader,
    WantedReader,
)
from wand.interfaces.store import Held, IConditionalRecords, IRecords, IStore
from wand.interfaces.way_inspection import IWayInspection

#: The version of what is public; see the page about what is promised.  The first number goes up when something that
#: worked no longer does, the second when there is something new.
API_VERSION: Final = (0, 2)

__all__ = [
    "API_VERSION",
    "CANDIDATE_KINDS",
    "CONSUMED",
    "BaseCandidates",
    "BaseDirectory",
    "BaseHook",
    "BasePlugin",
    "BaseRecords",
    "BaseTap",
    "BaseTransport",
    "BaseWatcher",
    "Candidate",
    "CandidateKind",
    "CandidateReader",
    "ClockReader",
    "Consumed",
    "Context",
    "ControlReader",
    "ControlReaders",
    "DirectoryServer",
    "EverybodyIsKnown",
    "GroupWishes",
    "Held",
    "IAddressApprover",
    "IAdjustableTap",
    "ICandidateSource",
    "ICandidates",
    "IConditionalRecords",
    "IDirectory",
    "IDirectoryKind",
    "IFrameInspector",
    "IFrameReader",
    "IFrameReceiver",
    "IFrameService",
    "IFrameWatcher",
    "IHook",
    "IHookListener",
    "IHostTap",
    "IMembershipFollower",
    "IPeerProtocol",
    "IRecords",
    "IResizableTransport",
    "IRouteApprover",
    "IRovingDirectory",
    "IRovingTransport",
    "ISessionProtocol",
    "ISessionTransport",
    "ISessions",
    "IStore",
    "ISuperframeTap",
    "ISuperframeTransport",
    "ITap",
    "ITapDriver",
    "ITransport",
    "IWandPlugin",
    "IWayInspection",
    "JoinKey",
    "JoinReader",
    "KnownMembers",
    "Lookout",
    "Lookouts",
    "Member",
    "MemberAnnouncement",
    "MemberCertificate",
    "MemberClaim",
    "MemberContext",
    "MemberLimits",
    "MemberSearch",
    "Membership",
    "NetworkName",
    "NodeContext",
    "OwnCandidate",
    "Participant",
    "Passage",
    "PlaceInUse",
    "Question",
    "RelayedReceiver",
    "SecretReader",
    "Secrets",
    "SessionReader",
    "Sessions",
    "Settings",
    "Sought",
    "TableEntries",
    "TapRequest",
    "TransportRequest",
    "Verdict",
    "WantedReader",
    "WayReader",
    "Ways",
]
