"""
Fuzzing with atheris: every parser that strangers, members or local users reach.

    python -m fuzz                       every target, 20 seconds each
    python -m fuzz --seconds 60 token    some, longer

An input that is a finding is kept in the current directory, in a file whose name begins with the target's.
"""
