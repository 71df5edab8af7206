"""A loop that never resets: the step after an end opens the next episode."""

from __future__ import annotations

import attrs

from statewrap.core.key import Key
from statewrap.core.messages import Act, Command, Reset, TimeStep
from statewrap.core.wrapper import Wrapper

Over = bool
"""Whether the episode has ended, and no other was opened."""


@attrs.frozen
class Autoreset(Wrapper[Over]):
    """Turn an act that comes after an episode's last time step into a `Reset()`.

    The act is dropped; the opening that answers rises in its place, with reward 0. So a
    training loop can go on stepping over the ends of episodes. In a deployment there is nothing
    to turn, since a last time step is answered with a `Reset` there. Mirrors
    `gymnasium.wrappers.Autoreset`.

        policy        f0*  a    f1 end  b         g0*  c    g1
        Autoreset          a↓   ↑       Reset ↓   ↑    c↓   ↑        (* first)
        environment             f1 end            g0*       g1

    Everything above it is told of the opening as such (`first`): what stands above it in a stack
    forgets the episode before, as it does after a `reset`.

    >>> auto = Autoreset()
    >>> memory, _ = auto.on_state(False, TimeStep("f1", terminated=True))
    >>> auto.on_action(memory, Act("up"))
    (False, Reset())
    """

    def initial(self, key: Key) -> Over:
        """Return that nothing has ended."""
        return False

    def on_state(self, memory: Over, timestep: TimeStep) -> tuple[Over, TimeStep]:
        """Note whether the episode is over."""
        return bool(timestep.terminated or timestep.truncated), timestep

    def on_action(self, memory: Over, act: Act) -> tuple[Over, Command]:
        """Ask for a new episode if the last one is over."""
        return (False, Reset()) if memory else (False, act)
