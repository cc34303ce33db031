"""
Where a directory server keeps its state: one module a store.
"""
