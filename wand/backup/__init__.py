"""
Backups: a program's state in one file, and its restoration.
"""
