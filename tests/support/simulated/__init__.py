"""
Simulated programs, members and networks, which only our own tests, the fuzzing and the benchmarks use.
"""
