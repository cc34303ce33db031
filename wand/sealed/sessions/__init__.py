"""
Encrypted, authenticated sessions between members, as others see them.
"""
