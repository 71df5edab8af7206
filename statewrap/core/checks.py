"""What is held against the announced spaces and the rules of the host, and when."""

from __future__ import annotations

from typing import Any, Literal

import attrs

from statewrap.core.errors import ProtocolError, SpaceError
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.core.spaces import brought_inside, why_not, without_gaps
from statewrap.core.words import brief
from statewrap.core.wrapper import Below, Stack

Check = Literal["always", "first", "never"]
OnReset = Literal["continue", "request"]


@attrs.frozen
class Checks:
    """Looks at what crosses the borders of a bound stack.

    `mode` says when: "first" is at the first time step and the first action of each episode.
    """

    stack: Stack
    mode: Check
    on_reset: OnReset
    mends: frozenset[str] = attrs.field(
        init=False, default=attrs.Factory(lambda self: self.stack.mends, takes_self=True)
    )
    """What of an observation is let through, for the stack puts it right."""

    @property
    def bottom(self) -> Below:
        """What is known of the environment."""
        return self.stack.gaps[0] if self.stack.gaps else Below()

    @property
    def top(self) -> Below:
        """What is known at the policy's side."""
        return self.stack.gaps[-1] if self.stack.gaps else Below()

    def due(self, *, first: bool) -> bool:
        """Tell whether something is to be looked at, by whether it is the first of its kind."""
        return self.mode == "always" or (first and self.mode == "first")

    def observation(self, raw: TimeStep, step: int) -> None:
        """Look at what the environment shows, but for what a wrapper mends.

        Raises:
            SpaceError: if it is outside the observation space, or lacks a frame that is needed.
        """
        space = self.bottom.observation_space
        came = raw.observation
        if space is not None and "missing" in self.mends:
            came = without_gaps(space, came)
        if space is not None and "outside" in self.mends:
            came = brought_inside(space, came)
        wrong = None if space is None else why_not(space, came, "observation")
        if wrong:
            raise SpaceError(
                f"The {wrong}, at step {step}. The observation space is {space}. "
                "Nothing was changed: the call can be made again with a right observation."
            )
        if raw.frame is None and "frame" in self.stack.needs:
            raise SpaceError("The stack needs a rendered frame: pass it as act(..., frame=...).")

    def decision(self, act: Act, whose: str) -> None:
        """Look at what enters at the top.

        Raises:
            SpaceError: if it is outside the action space there.
        """
        space = self.top.action_space
        wrong = None if space is None else why_not(space, act.action, "action")
        if wrong:
            raise SpaceError(f"{whose} {wrong}. The action space is {space}.")

    def command(self, act: Act) -> None:
        """Look at what leaves at the bottom.

        Raises:
            SpaceError: if it is outside the environment's action space.
        """
        space = self.bottom.action_space
        wrong = None if space is None else why_not(space, act.action, "action")
        if wrong:
            raise SpaceError(
                f"What the stack sends the environment is outside its action space {space}: the "
                f"{wrong}. A wrapper such as ClipAction or RescaleAction brings actions into it."
            )

    def something(self, act: Act) -> None:
        """Refuse None, which a host would take for the end of an episode.

        Raises:
            ProtocolError: if the action is None.
        """
        if act.action is None:
            raise ProtocolError(
                f"{brief(self.stack)} sent the environment Act(None). None is no action: a wrapper "
                "that changes actions has to return one."
            )

    def fallback(self, action: Any) -> None:
        """Look at what a fallback answers the environment.

        Raises:
            SpaceError: if it is outside the environment's action space.
        """
        space = self.bottom.action_space
        wrong = None if space is None or self.mode == "never" else why_not(space, action, "action")
        if wrong:
            raise SpaceError(
                f"The fallback's {wrong}. It answers the environment, whose space is {space}."
            )

    def request(self, request: Reset) -> None:
        """Look at a reset that leaves at the bottom.

        Raises:
            ProtocolError: if it has a seed or options, in a world that cannot be reset.
        """
        plain = request.seed is None and request.options is None
        if self.on_reset == "continue" and not plain:
            raise ProtocolError(
                f"The stack asks the environment for {brief(request)}, but on_reset='continue' "
                "says that it cannot be reset. Use Deployment(..., on_reset='request') and reset "
                "the environment with deployment.pending when act returns None."
            )
