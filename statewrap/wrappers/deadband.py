"""Actions that spare an actuator the small movements."""

from __future__ import annotations

from typing import Any, NamedTuple

import attrs
import numpy as np

from statewrap.core.borders import freeze
from statewrap.core.fields import argument, derived
from statewrap.core.key import Key
from statewrap.core.messages import Act
from statewrap.core.wrapper import Below, Wrapper, bound
from statewrap.wrappers.box_action import Array, BoxAction, is_hold, numbers, start_or_hold


class Sent(NamedTuple):
    """The action sent last."""

    action: Any
    """Of the Box's shape and dtype, read-only; None before the first."""


def _from_zero_on(wrapper: Any, field: attrs.Attribute[Any], value: Any) -> None:
    numbers(wrapper, field, value)
    if not (np.asarray(value) >= 0).all():
        raise ValueError(
            f"{field.name} of {type(wrapper).__name__} is {value!r}, expected 0 or more."
        )


def _several(value: Any) -> tuple[Any, ...]:
    """Return actions as a tuple; one alone stands for itself."""
    return tuple(freeze(value)) if isinstance(value, (tuple, list)) else (freeze(value),)


def _each_of_numbers(wrapper: Any, field: attrs.Attribute[Any], value: tuple[Any, ...]) -> None:
    for action in value:
        numbers(wrapper, field, action)


@attrs.frozen
class Deadband(Wrapper[Sent]):
    """Repeat the last action, component by component, until it is to change by `width` or more.

    A component moves to what the policy wants where that is at least `width` away from what was
    sent last, and stays otherwise; so a policy that trembles by less does not wear the actuator
    out, and small changes that add up are passed once they do. The distance is that from the
    action sent, not from the one wanted before (control engineering's hysteresis, or
    send-on-delta); it is reckoned in float64, integers exactly.

        policy         0.00*  0.05  0.09  0.12  0.10  0.01
        Deadband(0.1)  0.00   0.00  0.00  0.12  0.12  0.01      (* first, start=None)

    What is sent is at most `width` from what is wanted, but it may stay there for good: a motor
    that is to stand still goes on turning a little, a valve that is to be shut stays ajar. Such
    positions are named in `always`. What is sent has the Box's shape and dtype and lies in the
    Box.

    Args:
        width: the least change that is passed, a number or an array of the Box's shape, 0 or
            more, in the units of the action; 0 passes every one.
        always: positions that pass however near they are, component by component: a number or
            an array of the Box's shape, or a tuple or list of such. `(0.0, 1.0)` are two.
        start: what an episode's first action is compared with. None: it passes. A number or an
            action of the Box: with that, where the actuator stands when an episode opens.
            "hold": with the last one of the episode before, which is then remembered; the very
            first passes.

    Raises:
        TypeError: if `width`, `always` or `start` is no number or array of numbers.
        ValueError: if `width` is negative, a number is not finite, or `start` is another word.
        BindError: at `bind`, if the action space below is unknown or no Box of numbers, or an
            argument does not fit it.
        SpaceError: if the policy's action has another shape or kind, or is not finite: NaN
            anywhere, or infinity where the Box has no bound.

    >>> from gymnasium.spaces import Box
    >>> band = Deadband(0.25, always=0.0).bind(Below(action_space=Box(-1.0, 1.0, (2,))))
    >>> memory = Sent(np.array([0.125, 0.5], np.float32))
    >>> band.on_action(memory, Act(np.array([0.25, 1.0], np.float32)))[1]
    Act(array([0.125, 1.   ], dtype=float32))
    >>> band.on_action(memory, Act(np.array([0.0, 0.625], np.float32)))[1]
    Act(array([0. , 0.5], dtype=float32))
    """

    memory_types = (Sent,)

    width: Any = argument(converter=freeze, validator=_from_zero_on)
    always: tuple[Any, ...] = argument(
        (), kw_only=True, converter=_several, validator=_each_of_numbers
    )
    start: Any = argument(None, kw_only=True, converter=freeze, validator=start_or_hold)
    actions: BoxAction | None = derived()
    widths: Any = derived()
    positions: tuple[Array, ...] = derived(())
    origin: Any = derived()

    @property
    def keeps(self) -> bool:  # type: ignore[override]  # a class variable elsewhere
        """Whether the last action outlives an episode: with `start="hold"`."""
        return is_hold(self.start)

    @property
    def learns(self) -> bool:  # type: ignore[override]  # a class variable elsewhere
        """Whether what is sent depends on earlier episodes: with `start="hold"`."""
        return self.keeps

    def bind(self, below: Below) -> Deadband:
        """Read the Box, and fit the arguments to it.

        Raises:
            BindError: if the action space is unknown or no Box of numbers, or they do not fit.
        """
        actions = BoxAction.of(self, below)
        sent = (actions.start("always", position) for position in self.always)
        return bound(  # type: ignore[no-any-return]
            self,
            actions=actions,
            widths=actions.filled("width", self.width),
            positions=tuple(actions.reckoned(position) for position in sent),
            origin=None if self.start is None or self.keeps else actions.start("start", self.start),
        )

    def initial(self, key: Key) -> Sent:
        """Return what the first action is compared with."""
        return Sent(self.origin)

    def renew(self, memory: Sent, key: Key) -> Sent:
        """Forget what was sent, unless it is held."""
        return memory if self.keeps else self.initial(key)

    def on_action(self, memory: Sent, act: Act) -> tuple[Sent, Act]:
        """Send the components that are to change far enough, and repeat the others."""
        actions: Any = self.actions
        wanted = actions.wanted(act.action)
        if memory.action is not None:
            last = actions.reckoned(memory.action)
            wanted = np.where(self._moves(wanted, last), wanted, last)
        action = actions.sent(wanted.astype(actions.box.dtype))
        return Sent(action), Act(action)

    def _moves(self, wanted: Array, last: Array) -> Any:
        with np.errstate(over="ignore"):  # infinitely far is far enough
            moves = np.abs(wanted - last) >= self.widths
        for position in self.positions:
            moves |= wanted == position
        return moves
