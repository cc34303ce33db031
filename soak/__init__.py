"""
The soak: a small sealed network of real programs and real taps that has a bad day, for as long as you like.

Every few seconds something goes wrong, at random from a seed that is printed: a program is restarted, killed or frozen,
a clock jumps, a host gets another address or loses its cable, the server is away.  Meanwhile TCP, UDP and broadcasts
flow between all nodes.  At the end everything has to be as if nothing had happened: see L{soak.verdict}.

    python -m soak --hours 2 --seed 7
"""
