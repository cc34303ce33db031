"""
The version, in a module of its own: C{wand/__init__.py} is what a careless distribution of plugins overwrites first.
"""

__version__ = "0.2.0.dev0"
