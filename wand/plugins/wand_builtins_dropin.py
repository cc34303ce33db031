"""
The built-in plugins; nothing but registrations.  Every start loads this, so what a plugin needs beyond a light
object is imported when the plugin is opened.
"""

from wand.candidate_sources.configured import ConfiguredSource
from wand.candidate_sources.interfaces import InterfaceSource
from wand.candidate_sources.pcp import PCPSource
from wand.candidate_sources.upnp import DeviceSource
from wand.directories.static import StaticDirectoryKind
from wand.drivers.afpacket import PacketDriver
from wand.drivers.chardev import ChardevDriver
from wand.drivers.macvtap import MacvtapDriver
from wand.drivers.memory import MemoryDriver
from wand.drivers.qemu import QemuDriver
from wand.drivers.tuntap import TuntapDriver
from wand.drivers.vde import VDEDriver
from wand.frame_services.guard import Guard
from wand.frame_services.neighbours import Neighbours
from wand.rel2.directory import REL2DirectoryKind
from wand.rel2.transport import REL2
from wand.sealed.directory.plugin import SealedDirectoryKind
from wand.sealed.gossip.plugin import GossipDirectoryKind
from wand.sealed.sessions.plugin import Sealed
from wand.stores.memory import MemoryStore
from wand.stores.redis_plugin import RedisStore
from wand.stores.sqlite_plugin import SQLiteStore

# Tap drivers
tuntap = TuntapDriver()
chardev = ChardevDriver()
memory = MemoryDriver()
afpacket = PacketDriver()
macvtap = MacvtapDriver()
vde = VDEDriver()
qemu = QemuDriver()

# Peer protocols
rel2 = REL2()
sealed = Sealed()

# Directories
rel2Directory = REL2DirectoryKind()
staticDirectory = StaticDirectoryKind()
wansdDirectory = SealedDirectoryKind()
gossipDirectory = GossipDirectoryKind()

# Frame services
guard = Guard()
neighbours = Neighbours()

# Candidate sources
interfaceSource = InterfaceSource()
configuredSource = ConfiguredSource()
pcpSource = PCPSource()
upnpSource = DeviceSource()

# Stores
sqliteStore = SQLiteStore()
memoryStore = MemoryStore()
redisStore = RedisStore()
