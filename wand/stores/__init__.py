"""
Where a directory server keeps its state: the stores, and what every server does with one.
"""
