"""
What is lost when servers and their store are killed and cut off from each other.
"""
