"""
Captures: inner frames written down as pcapng, and which of them are wanted.
"""
