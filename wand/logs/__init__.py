"""
The log of a program: which messages are in it, how many of a kind, and in which form it leaves the program.
"""
