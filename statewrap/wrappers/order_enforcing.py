"""No act before an episode was opened."""

from __future__ import annotations

import attrs
from gymnasium.error import ResetNeeded

from statewrap.core.fields import a_flag
from statewrap.core.key import Key
from statewrap.core.messages import Act, TimeStep
from statewrap.core.wrapper import Wrapper

Opened = bool
"""Whether anything was shown."""


@attrs.frozen
class OrderEnforcing(Wrapper[Opened]):
    """Refuse an act that comes before anything was shown.

    A deployment and a `GymWrapper` ask for an opening themselves, so that this one raises only
    where a stack is driven by hand; it is here for the stacks of `gymnasium.make`, which have
    one. Mirrors `gymnasium.wrappers.OrderEnforcing`.

    Args:
        disable_render_order_enforcing: whether an environment may be rendered before its first
            reset. A stack does not render: pictures come with time steps. It is kept for the
            Gymnasium wrapper that is made of this one.

    Raises:
        TypeError: if `disable_render_order_enforcing` is no bool.
        ResetNeeded: at an act before the first time step (`gymnasium.error`).

    >>> OrderEnforcing().on_action(False, Act("up"))
    Traceback (most recent call last):
    gymnasium.error.ResetNeeded: Cannot call env.step() before calling env.reset()...
    """

    disable_render_order_enforcing: bool = attrs.field(default=False, validator=a_flag)

    def initial(self, key: Key) -> Opened:
        """Return that nothing was shown."""
        return False

    def on_state(self, memory: Opened, timestep: TimeStep) -> tuple[Opened, TimeStep]:
        """Note that something was shown."""
        return True, timestep

    def on_action(self, memory: Opened, act: Act) -> tuple[Opened, Act]:
        """Let an act fall once something was shown."""
        if not memory:
            raise ResetNeeded(
                "Cannot call env.step() before calling env.reset(): this act came before any "
                "time step. Show the stack an opening first, TimeStep(observation, first=True)."
            )
        return memory, act
