"""
Elapsed time: deadlines, repeated calls, token buckets and pacing.
"""
