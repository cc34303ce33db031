"""
Where wansd keeps its state: one module a store.
"""
