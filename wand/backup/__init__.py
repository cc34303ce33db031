"""
Backups: the state of a program in one file, and back.
"""
