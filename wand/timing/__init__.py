"""
Time and rates: elapsed time, timers, deadlines and repeated calls; pacing, rounds, throttles and token buckets.
"""
