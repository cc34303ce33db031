"""
A driver for wandaemon: a tap that another program hands over.
"""
