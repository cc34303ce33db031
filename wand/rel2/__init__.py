"""
REL2, the protocol of the original WanDaemon: its wire, frames, directory and server.
"""
