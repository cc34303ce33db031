"""
The package in which plugins are published: ours, and those of other distributions.

Another distribution installs a module into C{wand/plugins/} (without an C{__init__.py} there or in C{wand/}); every
object of that module that provides one of the plugin interfaces of L{wand.interfaces} is found by
L{wand.discovery.catalogue}.
"""

from twisted.plugin import pluginPackagePaths

__path__.extend(pluginPackagePaths(__name__))
__all__: list[str] = []
