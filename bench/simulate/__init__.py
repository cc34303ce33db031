"""
Figures of simulated networks that work without a server: how fast news spreads among thousands of members, and what
that costs each of them.
"""
