"""
Shipped test tools: a simulated network, and the contract that every driver fulfils.
"""
