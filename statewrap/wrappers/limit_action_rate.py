"""Actions that change no faster than an actuator should."""

from __future__ import annotations

from typing import Any, Final, Literal, NamedTuple

import attrs
import numpy as np

from statewrap.core.borders import freeze
from statewrap.core.errors import BindError
from statewrap.core.fields import argument, derived, one_of
from statewrap.core.key import Key
from statewrap.core.messages import Act, TimeStep
from statewrap.core.wrapper import Below, Wrapper, bound
from statewrap.wrappers.box_action import (
    Array,
    BoxAction,
    is_hold,
    numbers,
    start_or_hold,
    whole_numbers,
)

STEP: Final = "step"
SECOND: Final = "second"


class Sent(NamedTuple):
    """The action sent last, and what has to be known of the time; that stays 0 for "step"."""

    action: Any
    """Of the Box's shape and dtype, read-only; None before the first."""
    since: float | None
    """The time of the time step that it answered, in seconds; None if that is the next one."""
    now: float
    """The time of the newest time step."""


def _above_zero(wrapper: Any, field: attrs.Attribute[Any], value: Any) -> None:
    numbers(wrapper, field, value)
    if not (np.asarray(value) > 0).all():
        raise ValueError(
            f"{field.name} of {type(wrapper).__name__} is {value!r}, expected above 0 in every "
            "component: nothing would ever move."
        )


@attrs.frozen
class LimitActionRate(Wrapper[Sent]):
    """Let each action differ from the last one sent by at most `max_change`.

    The policy's action is brought into the Box below and then, component by component, as near
    to it as the last action allows. What is sent has the Box's shape and dtype and lies in the
    Box. Of two actions sent one after the other no component differs, in float64, by more than
    `max_change`, roundings included; integers exactly.

        policy                0.0*  1.0   1.0   1.0   0.9   -1.0
        LimitActionRate(0.4)  0.0   0.4   0.8   1.0   0.9    0.5      (* first, start=None)

    With `per="second"` it differs by at most `max_change` times the seconds between the time
    steps that the two actions answer: not at all where no time has passed, and far after a long
    pause, since the limit is then that of the actuator, and not of the loop.

    What was sent last is known as long as this is the wrapper nearest to the environment that
    changes actions. A deployment's `fallback` passes no wrapper: it is neither limited nor
    remembered.

    Args:
        max_change: how far a component may go, a number or an array of the Box's shape, above
            0, in the units of the action (per="second": those units a second).
        per: "step" (from one action to the next) or "second".
        start: where an episode's first action is limited from. None: it passes. A number or
            an action of the Box: from there, where the actuator stands when an episode opens
            (per="second": at the time of the opening, so that the first action is `start`).
            "hold": from the last one of the episode before, which is then remembered; the very
            first passes.

    Raises:
        TypeError: if `max_change` or `start` is no number or array of numbers.
        ValueError: if `max_change` is not above 0 and finite, `per` is another word, or
            `start` is not finite or another word.
        BindError: at `bind`, if the action space below is unknown or no Box of numbers, or an
            argument does not fit it. For a Box of integers `max_change` is whole, and `per` is
            "step": at 4 a second, a step of 0.1 s would allow no change, and so would every step.
        SpaceError: if the policy's action has another shape or kind, or is not finite: NaN
            anywhere, or infinity where the Box has no bound.

    >>> from gymnasium.spaces import Box
    >>> limit = LimitActionRate(0.5, start=0.0).bind(Below(action_space=Box(-1.0, 1.0, (1,))))
    >>> memory, act = limit.on_action(limit.initial(Key(0, 0)), Act(np.array([0.75], np.float32)))
    >>> act
    Act(array([0.5], dtype=float32))
    >>> limit.on_action(memory, Act(np.array([0.75], np.float32)))[1]
    Act(array([0.75], dtype=float32))
    """

    memory_types = (Sent,)
    needs = frozenset({"time"})

    max_change: Any = argument(converter=freeze, validator=_above_zero)
    per: Literal["step", "second"] = attrs.field(
        default="step", kw_only=True, validator=one_of(STEP, SECOND)
    )
    start: Any = argument(None, kw_only=True, converter=freeze, validator=start_or_hold)
    actions: BoxAction | None = derived()
    reach: Any = derived()
    origin: Any = derived()

    @property
    def keeps(self) -> bool:  # type: ignore[override]  # a class variable elsewhere
        """Whether the last action outlives an episode: with `start="hold"`."""
        return is_hold(self.start)

    @property
    def learns(self) -> bool:  # type: ignore[override]  # a class variable elsewhere
        """Whether what is sent depends on earlier episodes: with `start="hold"`."""
        return self.keeps

    def bind(self, below: Below) -> LimitActionRate:
        """Read the Box, and fit the arguments to it.

        Raises:
            BindError: if the action space is unknown or no Box of numbers, or they do not fit.
        """
        actions = BoxAction.of(self, below)
        reach = actions.filled("max_change", self.max_change)
        if not actions.floats:
            reach = self._whole(reach, actions)
        origin = None if self.start is None or self.keeps else actions.start("start", self.start)
        return bound(self, actions=actions, reach=reach, origin=origin)  # type: ignore[no-any-return]

    def _whole(self, reach: Array, actions: BoxAction) -> Array:
        whole = whole_numbers(reach)
        if whole is None or self.per != STEP:
            raise BindError(
                f"{self!r} cannot limit the integer actions of {actions.box} by fractions, of "
                'which no step is made. Give a whole max_change and per="step".'
            )
        return whole

    def initial(self, key: Key) -> Sent:
        """Return where the first action is limited from."""
        return Sent(self.origin, None, 0.0)

    def renew(self, memory: Sent, key: Key) -> Sent:
        """Forget what was sent, unless it is held."""
        return memory if self.keeps else self.initial(key)

    def on_state(self, memory: Sent, timestep: TimeStep) -> tuple[Sent, TimeStep]:
        """Note the time, where it counts."""
        if self.per == STEP:
            return memory, timestep
        since = timestep.time if memory.since is None else memory.since
        return Sent(memory.action, since, timestep.time), timestep

    def on_action(self, memory: Sent, act: Act) -> tuple[Sent, Act]:
        """Send an action as near to the policy's as the last one allows."""
        actions: Any = self.actions
        wanted = actions.wanted(act.action)
        if memory.action is None:
            reached = wanted.astype(actions.box.dtype)
        else:
            reached = self._towards(wanted, memory, actions)
        action = actions.sent(reached)
        return Sent(action, memory.now, memory.now), Act(action)

    def _towards(self, wanted: Array, memory: Sent, actions: BoxAction) -> Array:
        """Go from the last action as far towards the wanted one as is allowed."""
        last = actions.reckoned(memory.action)
        with np.errstate(over="ignore"):  # what is too large is infinite, and limits nothing
            reach = self._reach(memory)
            held = np.minimum(np.maximum(wanted, last - reach), last + reach)
            reached: Array = held.astype(actions.box.dtype)
            beyond = np.abs(reached.astype(actions.wide) - last) > reach
        if np.count_nonzero(beyond):  # by a rounding: the float before it is near enough
            back = np.nextafter(reached, last.astype(reached.dtype))
            reached = np.where(beyond, back, reached)
        return reached

    def _reach(self, memory: Sent) -> Any:
        """Return how far the next action may be from the last."""
        if self.per == STEP:
            return self.reach
        return self.reach * max(memory.now - (memory.since or 0.0), 0.0)
