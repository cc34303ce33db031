"""
What a program says about its own state: failures, whose fault they are, and what needs a person.
"""
