"""
The control socket: AMP commands, the side that answers and the side that asks.
"""
