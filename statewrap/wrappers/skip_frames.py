"""One decision for several steps: repeated, or followed by an action that does nothing."""

from __future__ import annotations

from typing import Any

import attrs

from statewrap.core.borders import freeze
from statewrap.core.errors import BindError
from statewrap.core.fields import argument, derived, whole
from statewrap.core.key import Key
from statewrap.core.messages import Act, Message, TimeStep
from statewrap.core.spaces import nearest_to_zero, why_not
from statewrap.core.wrapper import Below, Wrapper, bound
from statewrap.wrappers.repeat_action import Held


@attrs.frozen
class SkipFrames(Wrapper[Held | None]):
    """Ask for a decision every `num_steps` steps; show the last frame and the summed reward.

    In between, the environment is sent the same action again ("sticky", as `RepeatAction` does),
    or one that does nothing. The skip stops where the episode ends. Observation, flags and info
    are the last step's; the reward is the Python float that the sum of `float(reward)` gives,
    from 0.0 on in the order of the steps.

        env                          f0*        f1        f2        f3
        SkipFrames(3)                ↑  a↓      ↺ a       ↺ a       ↑ r1+r2+r3
        SkipFrames(3, fill="noop")   ↑  a↓      ↺ 0       ↺ 0       ↑ r1+r2+r3
        policy                       f0*  a                         f3    (* first; ↺ from here)

    What is sent in between comes from here, so wrappers below see each of these actions and frames:
    a `ConvertAction` below converts a repeated action anew against each new state.

    Args:
        num_steps: how many steps a decision covers, at least 1.
        fill: what is sent after the first: "sticky", the action itself; "noop", the action that is
            nearest to zero in the action space below; or an action. Where actions are texts, these
            two words are no actions.

    Raises:
        TypeError: if `num_steps` is no int.
        ValueError: if it is below 1.
        BindError: at `bind`, if `fill` is not in the action space below; with "noop", if that is
            unknown.

    >>> brake = SkipFrames(2, fill=0)
    >>> memory, down = brake.on_action(None, Act(3))
    >>> memory, again = brake.on_state(memory, TimeStep("f1", reward=1.0))
    >>> again
    Act(0)
    >>> brake.on_state(memory, TimeStep("f2", reward=2.0))
    (None, TimeStep('f2', reward=3.0))
    """

    memory_types = (Held,)

    num_steps: int = attrs.field(validator=whole(1))
    fill: Any = argument("sticky", kw_only=True, converter=freeze)
    filler: Act | None = derived(
        attrs.Factory(lambda self: None if self._word else Act(self.fill), takes_self=True)
    )
    """What is sent in between; None for the decision itself."""

    def bind(self, below: Below) -> SkipFrames:
        """Find the action that does nothing, or check it.

        Raises:
            BindError: if the action space is unknown but needed, or lacks `fill`.
        """
        if self._word == "sticky":
            return self
        if self._word == "noop":
            action = freeze(nearest_to_zero(below.require("action_space", self)))
            return bound(self, filler=Act(action))  # type: ignore[no-any-return]
        space = below.action_space
        wrong = None if space is None else why_not(space, self.fill, "fill")
        if wrong:
            raise BindError(
                f"{self!r} cannot be sent: {wrong}. Give an action of {space}, the action space "
                'below it, or "noop" for the one that is nearest to zero.'
            )
        return self

    def initial(self, key: Key) -> None:
        """Return None: no skip is under way."""

    def on_action(self, memory: Held | None, act: Act) -> tuple[Held, Act]:
        """Send the decision, and hold what is sent after it."""
        return Held(self.filler or act, self.num_steps - 1, 0.0), act

    def on_state(self, memory: Held | None, timestep: TimeStep) -> tuple[Held | None, Message]:
        """Answer with the held act while it is due, then let the time step rise."""
        if memory is None:
            return None, timestep
        act, due, reward = memory
        reward += float(timestep.reward)
        if due == 0 or timestep.terminated or timestep.truncated:
            return None, timestep.with_reward(reward)
        return Held(act, due - 1, reward), act

    @property
    def _word(self) -> str | None:
        """Return the word that `fill` is, if it is one."""
        fill = self.fill
        return fill if isinstance(fill, str) and fill in ("sticky", "noop") else None
