"""
Plugins for wandaemon, a module each.
"""
