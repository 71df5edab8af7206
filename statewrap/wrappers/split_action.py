"""One Box of actions as several parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np
from gymnasium.spaces import Box, Dict, Tuple

from statewrap.core.errors import BindError
from statewrap.core.fields import argument, derived
from statewrap.core.messages import Act
from statewrap.core.wrapper import Below, Wrapper, bound
from statewrap.wrappers.below import box_below, cast, locked, real, refusal, unfit

Array = np.ndarray[Any, Any]
Places = int | list[int]
_CURE = 'as SplitAction({"steer": [0], "pedals": [1, 2]})'


def _places(given: Any) -> Places:
    """Return the places of one part: an int, or a list of at least one."""
    if isinstance(given, (int, np.integer)) and not isinstance(given, bool):
        return int(given)
    whole = isinstance(given, (list, tuple, np.ndarray)) and all(
        isinstance(place, (int, np.integer)) for place in given
    )
    if not whole or not len(given):
        raise TypeError(f"{given!r} is no part of an action, expected the places of one, {_CURE}.")
    return [int(place) for place in given]


def _parts(given: Any) -> dict[str, Places] | list[Places]:
    if isinstance(given, Mapping):
        if not all(isinstance(name, str) for name in given):
            raise TypeError(f"parts is {given!r}, expected strings as names, {_CURE}.")
        parts: Any = {name: _places(places) for name, places in given.items()}
    elif isinstance(given, (list, tuple)):
        parts = [_places(places) for places in given]
    else:
        raise TypeError(f"parts is {given!r}, expected a mapping from names to places, {_CURE}.")
    if not parts:
        raise ValueError(f"parts is empty, expected at least one part, {_CURE}.")
    return parts  # type: ignore[no-any-return]


@attrs.frozen
class SplitAction(Wrapper[None]):
    """Let the policy give a Box action in parts, as a Dict or a Tuple of Boxes.

    The components of the Box, counted in C order, are dealt out: each to one part. Numbers are
    moved, not computed with, so that `revert_action` gives back every bit. A `WrapActionKey` above
    discretises a part, or does what else is done to actions.

        policy                                 {steer: [s], pedals: [g, b]}
        SplitAction({"steer": [0], ...})       [s, g, b]

    Args:
        parts: name, to the places of that part: a list of k makes a part of shape (k,), an int
            one of shape (), as numpy indexes. A list of such in place of names makes a Tuple.

    Raises:
        TypeError: if `parts` is anything else.
        ValueError: if it is empty.
        BindError: at `bind`, if the action space below is unknown or no Box, or a component is in
            no part or in two.
        SpaceError: if an action lacks a part, or one has another shape or kind, or a number for
            which the Box's dtype has no place.

    >>> car = Box(np.array([-1, 0, 0], np.float32), np.array([1, 1, 1], np.float32))
    >>> split = SplitAction({"steer": 0, "pedals": [1, 2]}).bind(Below(action_space=car))
    >>> split.above(Below()).action_space
    Dict('pedals': Box(0.0, 1.0, (2,), float32), 'steer': Box(-1.0, 1.0, (), float32))
    >>> split.on_action(None, Act({"steer": np.float32(0.5), "pedals": np.float32([1, 0])}))
    (None, Act(array([0.5, 1. , 0. ], dtype=float32)))
    """

    parts: dict[str, Places] | list[Places] = argument(converter=_parts)
    below: Box | None = derived()
    space: Dict | Tuple[Any] | None = derived()
    places: tuple[tuple[Any, Places, tuple[int, ...]], ...] = derived(())
    """Of each part: its name or number, the places of its components, its shape."""

    def bind(self, below: Below) -> SplitAction:
        """Deal out the components of the Box.

        Raises:
            BindError: if the action space is unknown or no Box, or the parts do not cover it.
        """
        box = box_below(self, below, "action_space")
        named = isinstance(self.parts, dict)
        parts: Any = self.parts.items() if named else enumerate(self.parts)  # type: ignore[union-attr]
        parts = list(parts)
        self._check(box, [place for _, places in parts for place in np.atleast_1d(places)])
        spaces: dict[Any, Any] = {name: _part_of(box, places) for name, places in parts}
        space = Dict(spaces) if named else Tuple(spaces.values())
        places = tuple((name, places, spaces[name].shape) for name, places in parts)
        return bound(self, below=box, space=space, places=places)  # type: ignore[no-any-return]

    def _check(self, box: Box, places: Sequence[int]) -> None:
        many = int(np.prod(box.shape))
        wrong = sorted({int(p) for p in places if not 0 <= p < many or places.count(p) > 1})
        missing = sorted({*range(many)} - {*map(int, places)})
        if wrong or missing:
            words = f"{wrong} are in two parts or not there" if wrong else f"{missing} are in none"
            raise refusal(
                ValueError,
                f"{self!r} has to name each of the {many} components of {box}, the action space "
                f"below it, once, counted from 0; but {words}.",
            )

    def above(self, below: Below) -> Below:
        """Announce the Dict or Tuple of the parts."""
        return attrs.evolve(below, action_space=self.space)

    def on_action(self, memory: None, act: Act) -> tuple[None, Act]:
        """Put the parts together."""
        box: Any = self.below
        whole = np.empty(int(np.prod(box.shape)), box.dtype)
        try:
            self._fill(whole, act.action)
        except Exception as error:
            raise unfit(self, self.space, act.action, error, "action") from error
        return None, Act(locked(whole.reshape(box.shape)))

    def _fill(self, whole: Array, action: Any) -> None:
        for name, places, shape in self.places:
            part = np.asarray(action[name])
            real(part, shape)
            whole[places] = cast(part, whole.dtype)

    def revert_action(self, action: Any) -> Any:
        """Return the parts of an action of the Box below, bit for bit.

        Args:
            action: of the Box's shape.

        Returns:
            What the policy would give to this (bound) wrapper: a dict, or a tuple.

        Raises:
            BindError: if the wrapper is not bound.
            InputError: if that is no action of the Box's shape and kind.
        """
        if self.below is None:
            raise BindError(
                f"{self!r} is not bound. Bind it first: wrapper.bind(Below(action_space=...))."
            )
        try:
            real(action, self.below.shape)
            flat = cast(np.array(action), self.below.dtype).ravel()
        except Exception as error:
            raise unfit(self, self.below, action, error, "action") from error
        parts = {name: locked(flat[places]) for name, places, _ in self.places}
        return parts if isinstance(self.parts, dict) else tuple(parts.values())


def _part_of(box: Box, places: Places) -> Box:
    low, high = box.low.ravel()[places], box.high.ravel()[places]
    return Box(low, high, np.shape(low), box.dtype.type)
