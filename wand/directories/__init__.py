"""
Where the table comes from: one module a kind of directory.
"""
