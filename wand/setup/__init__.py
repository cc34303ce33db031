"""
Programs as services of a host: what C{wand setup} does.
"""
