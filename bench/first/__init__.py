"""
What somebody types from two hosts with the program installed to the first ping between them.
"""
