"""
Elapsed time: what has a deadline, what is done again and again, and how much may go in a time.
"""
