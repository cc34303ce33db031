"""
Plugins are found when the program runs, and looked at before they are used.
"""
