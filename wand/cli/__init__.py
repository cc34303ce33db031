"""
The operator's C{wand} command.
"""
