"""
A simulation of large networks that work without a server: thousands of members in one process, in simulated time.

A scenario is a few lines::

    simulation = Simulation(Population(1_000), Air(loss=0.05))
    simulation.run(30)
    spread = simulation.change(7)  # the member with the number 7 moves
    simulation.run(10)
    print(spread.secondsTo(0.999))

The members run the code of L{wand.sealed.gossip}; only signatures (L{MadeUpSignatures
<wand.testing.simulation.signatures.MadeUpSignatures>}) and what sessions do (L{Wire
<wand.testing.simulation.wire.Wire>}) are made up, with the sizes and the times that they have in truth.  The same seed
gives the same course.
"""

from wand.testing.simulation.population import Population
from wand.testing.simulation.simulation import Simulation, Spread
from wand.testing.simulation.wire import Air

__all__ = ["Air", "Population", "Simulation", "Spread"]
