"""
A throw-away network on this machine, to be enjoyed.
"""
