"""All that a run depends on, as data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs
import gymnasium

from statewrap.core.checks import Check
from statewrap.core.messages import Act, Command, Reset, TimeStep
from statewrap.core.policy import Policy
from statewrap.core.wrapper import Wrapper
from statewrap.testing.parity.gaps import Gaps
from statewrap.testing.parity.originals import Original
from statewrap.testing.parity.shims import Clock, Env
from statewrap.testing.parity.worlds import World

Choose = Callable[[gymnasium.Space[Any]], Policy[Any]]
"""Gives the policy for the action space at the top, a new one for each run."""


@attrs.frozen
class Case:
    """An environment in a world, a stack and its original, and who acts."""

    make_env: Callable[[], Env]
    world: World
    stack: Wrapper[Any]
    original: Original | None
    """None where there is none: then the stack pushed is held against the stack pulled."""
    gaps: Gaps
    choose: Choose
    seed: int = 0
    episodes: int = 3
    commands: Sequence[Command] | None = None
    """What is said at the top, in place of a policy."""
    ignored: frozenset[str] = frozenset()
    """Keys of info that are not compared."""
    check: Check = "never"
    """When the deployment holds what it sees against its spaces."""

    def environment(self, clock: Clock) -> Env:
        """Make the environment of a run."""
        return self.world.around(self.make_env(), clock)

    def policy(self, space: gymnasium.Space[Any]) -> Policy[Any]:
        """Make the policy of a run."""
        if self.commands is None:
            return self.choose(space)
        actions = [command.action for command in self.commands if type(command) is Act]
        return Recital(actions or [space.sample()])

    def request(self, episode: int) -> Reset:
        """Return the reset that opens an episode in an ordinary loop."""
        if not self.world.asks:
            return Reset(self.seed if episode == 0 else None)
        return Reset(self.seed + episode, {"episode": episode})

    def gives_up(self, episode: int, steps: int) -> bool:
        """Tell whether an ordinary loop leaves an episode before its end."""
        return self.world.asks and episode % 3 == 1 and steps > episode % 4


@attrs.frozen
class Recital(Policy[int]):
    """Says the actions of a list one by one, and from then on the last one."""

    actions: Sequence[Any]

    def initial(self, key: Any) -> int:
        """Begin at the beginning."""
        return 0

    def renew(self, memory: int, key: Any) -> int:
        """Go on."""
        return memory

    def decide(self, memory: int, timestep: TimeStep) -> tuple[int, Act]:
        """Say the next one."""
        return memory + 1, Act(self.actions[min(memory, len(self.actions) - 1)])
