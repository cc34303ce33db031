"""
Tap drivers, one module a driver.
"""
