"""
The package for Debian: a whole installation in C{/opt/wand}, with units of systemd, manual pages and completions.

C{python -m deb} builds it, C{python -m deb manual DIRECTORY} writes the manual pages and the completions alone.
"""
