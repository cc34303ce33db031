"""
Help for authors of plugins: a package to begin with, and a check of what they have.
"""
