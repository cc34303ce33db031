"""
Benchmarks: wand and other VPNs on one machine in one run, over the same underlay and with the same loads.

C{python -m bench --help} tells how to run them, C{docs/benchmarks.md} how they measure.
"""
