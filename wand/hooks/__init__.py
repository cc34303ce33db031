"""
What operators' code is asked before a node is admitted.
"""
