"""
What everything that shows, tells and watches costs: two networks in one run, one as it comes, one with all of it on.
"""
