"""
What keeps a program on a host from doing its work, and what repairs it: C{wand doctor}.
"""
