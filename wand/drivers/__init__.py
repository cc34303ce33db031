"""
Tap drivers, one module for each.
"""
