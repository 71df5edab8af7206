"""Episodes that open after a random number of steps, so that they differ."""

from __future__ import annotations

import copy
from typing import Any, Final, NamedTuple

import attrs

from statewrap.core.borders import freeze
from statewrap.core.errors import BindError, SettleError
from statewrap.core.fields import argument, derived, whole
from statewrap.core.key import Key
from statewrap.core.messages import Act, Message, Reset, TimeStep
from statewrap.core.spaces import why_not
from statewrap.core.wrapper import Below, Wrapper, bound

RANDOM: Final = "random"
"""The `action` of a `RandomReset` that draws each one from the action space."""


class Owed(NamedTuple):
    """What is still to be done before the episode opens for those above."""

    due: int
    """Acts still to be sent."""
    restarts: int
    """How often the environment was reset because it ended before."""
    asked: bool
    """Whether the wrapper itself sent the `Reset` that is to be answered."""
    key: Key


@attrs.frozen
class RandomReset(Wrapper[Owed | None]):
    """Open each episode after 1 to `noop_max` acts that the policy does not see.

    How many is drawn anew for each episode. The policy's opening time step has the last of
    those observations and infos and reward 0; the rewards in between are not shown above.

        env                  f0*      f1       f2       f3
        RandomReset (2 due)  ↺ noop   ↺ noop   ↑*       ↑
        policy                                 f2*  a   f3       (* first; ↺ answered)

    If the environment ends its episode meanwhile, the wrapper sends a `Reset` and goes on with
    what it still owes; if nothing is owed then, the policy sees the environment's own opening:

        env                  f0*      f1       f2 end    g0*      g1
        RandomReset (3 due)  ↺ noop   ↺ noop   ↺ Reset   ↺ noop   ↑*

    This is the rule of `gymnasium.wrappers.AtariPreprocessing` with two differences: that sends
    seed and options again with such a reset, which leads to the same end once more, and this
    sends neither; and it keeps the infos of all those steps, this the last. Each restart
    follows an act that was owed, so there are never more than `noop_max` of them.

    Args:
        noop_max: the greatest number of acts; 0 switches the wrapper off.
        action: what is sent, or "random" to draw each act from the action space.
        max_restarts: how often in a row the environment may be reset for one opening.

    Raises:
        TypeError, ValueError: if `noop_max` or `max_restarts` is no int of at least 0.
        BindError: at `bind`, if `action` is not in the action space, or it is "random" and the
            space is unknown.
        SettleError: if the environment ends once more after `max_restarts` resets.

    >>> wrapper = RandomReset(noop_max=1)
    >>> memory = wrapper.renew(wrapper.initial(Key.from_seed(0)), Key.from_seed(0))
    >>> memory, reply = wrapper.on_state(memory, TimeStep("f0", first=True))
    >>> reply
    Act(0)
    >>> wrapper.on_state(memory, TimeStep("f1", reward=1.0))
    (None, TimeStep('f1', first=True))
    """

    memory_types = (Owed, Key)

    noop_max: int = attrs.field(default=30, validator=whole(0))
    action: Any = argument(0, kw_only=True, converter=freeze)
    max_restarts: int = attrs.field(default=10, kw_only=True, validator=whole(0))
    space: Any = derived()

    @property
    def draws(self) -> bool:
        """Whether each act is drawn from the action space."""
        return isinstance(self.action, str) and self.action == RANDOM

    def bind(self, below: Below) -> RandomReset:
        """Check the action, or take the space to draw from.

        Raises:
            BindError: if the action is not in the action space, or is "random" and the space is
                unknown.
        """
        if self.draws:
            return bound(self, space=below.require("action_space", self))  # type: ignore[no-any-return]
        space = below.action_space
        wrong = None if space is None else why_not(space, self.action, "action")
        if wrong:
            raise BindError(
                f"{self!r} cannot send its action: {wrong}. Give one of {space}, "
                'or action="random".'
            )
        return self

    def initial(self, key: Key) -> Owed | None:
        """Owe nothing yet."""
        return None

    def renew(self, memory: Owed | None, key: Key) -> Owed | None:
        """Draw what is owed, or go on with it where the wrapper asked for this opening.

        Under another seed, of which other key words tell, it begins anew.
        """
        if memory is not None and memory.asked and memory.key[:2] == key[:2]:
            return memory._replace(asked=False)
        if self.noop_max == 0:
            return None
        due, key = key.integers(1, self.noop_max + 1)
        return Owed(due, restarts=0, asked=False, key=key)

    def on_state(self, memory: Owed | None, timestep: TimeStep) -> tuple[Owed | None, Message]:
        """Answer with what is owed; then open the episode, and let everything rise."""
        if memory is None:
            return None, timestep
        due, restarts, _, key = memory
        if timestep.last:
            return Owed(due, self._once_more(restarts), asked=True, key=key), Reset()
        if due == 0:
            return None, timestep.replace(reward=0.0, first=True)
        action, key = self._drawn(key)
        return Owed(due - 1, restarts, asked=False, key=key), Act(action)

    def _once_more(self, restarts: int) -> int:
        if restarts < self.max_restarts:
            return restarts + 1
        raise SettleError(
            f"The environment ended its episode {restarts + 1} times in a row during the "
            f"{self.noop_max} or fewer acts that {self!r} sends before the policy's first. "
            "Give a harmless action, a smaller noop_max or more max_restarts."
        )

    def _drawn(self, key: Key) -> tuple[Any, Key]:
        if not self.draws:
            return self.action, key
        seed, key = key.integers(0, 2**31)
        space = copy.deepcopy(self.space)  # the caller's space keeps its own generator
        space.seed(seed)
        return freeze(space.sample()), key
