"""
What the command line and the console make of the answers to several commands.
"""
