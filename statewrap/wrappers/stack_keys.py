"""The last few values of some keys, stacked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import attrs
import numpy as np
from gymnasium.spaces import Box, Dict, GraphInstance, Space

from statewrap.core.borders import freeze
from statewrap.core.errors import BindError
from statewrap.core.fields import a_flag, argument, derived
from statewrap.core.key import Key
from statewrap.core.messages import TimeStep
from statewrap.core.words import brief
from statewrap.core.wrapper import Below, Wrapper, bound
from statewrap.wrappers.below import locked, unfit
from statewrap.wrappers.frame_stack import FrameStackObservation, Window

_CURE = 'as StackKeys({"speed": 4, "camera": 2})'


def _sizes(given: Any) -> dict[str, int]:
    """Return how many values of each key are shown; a list of pairs may name no key twice."""
    pairs = list(given.items()) if isinstance(given, Mapping) else given
    if not isinstance(pairs, (list, tuple)) or not all(map(_is_pair, pairs)):
        raise TypeError(f"stack_sizes is {given!r}, expected numbers by key, {_CURE}.")
    sizes = dict[str, int]()
    for key, size in pairs:
        if key in sizes:
            raise ValueError(
                f"stack_sizes names {key!r} twice, with {sizes[key]} and {size}. A key is stacked "
                f"once here; for another stack of it put StackKeys({{{key!r}: {size}}}, "
                "tags={...}, keep_original=True) below this one."
            )
        if size < 1:
            raise ValueError(f"stack_sizes[{key!r}] is {size}, expected at least 1.")
        sizes[key] = int(size)
    if not sizes:
        raise ValueError(f"stack_sizes is empty, expected at least one key, {_CURE}.")
    return sizes


def _is_pair(pair: Any) -> bool:
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        return False
    whole = isinstance(pair[1], (int, np.integer)) and not isinstance(pair[1], bool)
    return isinstance(pair[0], str) and whole


def _keys(given: Any) -> tuple[str, ...]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise TypeError(f'delta is {given!r}, expected a list of keys, as ["speed"].')
    return tuple(given)


def _tags(given: Any) -> dict[str, str]:
    if given is None:
        return {}
    words = isinstance(given, Mapping) and all(isinstance(tag, str) for tag in given.values())
    if not words:
        raise TypeError(f'tags is {given!r}, expected new names by key, as {{"speed": "speeds"}}.')
    return dict(given)


@attrs.frozen
class StackKeys(Wrapper[dict[str, Window]]):
    """Show the last few values of some keys of a Dict observation, each key as many as it is told.

    A part of shape (...) becomes one of shape (n, ...), the newest last, as `FrameStackObservation`
    makes it. Of a key in `delta` the older rows are shown as differences: the newest value less
    the older one; the newest row is the value itself, so that nothing is lost. Keys that are not
    named are passed.

        env                             s0*          s1                s2
        StackKeys({"s": 3})             s0 s0 s0     s0 s0 s1          s0 s1 s2
        ... padding_type="zero"         0  0  s0     0  s0 s1          s0 s1 s2
        ... delta=["s"]                 0  0  s0     s1-s0 s1-s0 s1    s2-s0 s2-s1 s2    (* first)

    Args:
        stack_sizes: how many values of each key, at least 1. As a list of pairs no key may be
            named twice.
        delta: keys whose older rows are differences. Floats keep their dtype, integers get the
            next wider signed one, in which no difference overflows.
        padding_type: what stands before an episode's first value: "reset" (that value) or "zero"
            (what is nearest to zero in the space); or by key one of these, or a value.
        tags: by key, the new key under which its stack is shown; without one it takes the place
            of the value. None is no tags.
        keep_original: whether values are also shown as they came; then each key needs a tag.

    Raises:
        TypeError: if an argument is of another type.
        ValueError: if a size is below 1, a key is named twice, `delta`, `tags` or `padding_type`
            names a key that is not stacked, two tags are one, or `keep_original` lacks a tag.
        BindError: at `bind`, if the observation space below is unknown, no Dict, lacks a key or
            has a tag already; if a key in `delta` is no Box of numbers, or one of 64-bit integers.

    >>> space = Dict(speed=Box(0.0, 9.0, ()), gear=Box(0, 5, (), np.int64))
    >>> stack = StackKeys({"speed": 3}, delta=["speed"]).bind(Below(space))
    >>> memory = stack.initial(Key(0, 0))
    >>> for speed in (1.0, 3.0, 4.0):
    ...     timestep = TimeStep({"speed": np.float32(speed), "gear": 2}, first=speed == 1.0)
    ...     memory, shown = stack.on_state(memory, timestep)
    >>> shown.observation
    {'gear': 2, 'speed': array([3., 1., 4.], dtype=float32)}
    """

    memory_types = (GraphInstance,)

    stack_sizes: dict[str, int] = argument(converter=_sizes)
    delta: tuple[str, ...] = attrs.field(default=(), kw_only=True, converter=_keys)
    padding_type: Any = argument("reset", kw_only=True, converter=freeze)
    tags: dict[str, str] = argument(None, kw_only=True, converter=_tags)
    keep_original: bool = attrs.field(default=False, kw_only=True, validator=a_flag)
    below: Dict | None = derived()
    space: Dict | None = derived()
    stacks: dict[str, FrameStackObservation] | None = derived()
    wide: dict[str, np.dtype[Any]] | None = derived()
    """Of each key in `delta`, the dtype of its rows."""

    def __attrs_post_init__(self) -> None:
        """Hold that every key that is named is stacked, and every result has a name of its own."""
        paddings = self.padding_type if isinstance(self.padding_type, dict) else {}
        for name, keys in (("delta", self.delta), ("tags", self.tags), ("padding_type", paddings)):
            strange = [key for key in keys if key not in self.stack_sizes]
            if strange:
                raise ValueError(
                    f"{name} names {strange[0]!r}, which is not stacked: stack_sizes has "
                    f"{list(self.stack_sizes)}."
                )
        names = [self._name(key) for key in self.stack_sizes]
        if len(set(names)) < len(names):
            raise ValueError(f"tags makes {names} of the keys, expected a name for each alone.")
        untagged = [key for key in self.stack_sizes if self._name(key) == key]
        if self.keep_original and untagged:
            raise ValueError(
                f"keep_original leaves {untagged[0]!r} as it is, so its stack needs another name: "
                f'tags={{{untagged[0]!r}: "{untagged[0]}_stack"}}.'
            )

    def bind(self, below: Below) -> StackKeys:
        """Read the observation space.

        Raises:
            BindError: if it is unknown or no Dict, or a key or tag does not fit it.
        """
        space = below.require("observation_space", self)
        self._check(space)
        stacks = {key: self._stack(key, space[key]) for key in self.stack_sizes}
        wide = {key: self._wide(key, space[key]) for key in self.delta}
        known = {
            self._name(key): self._announced(stack, space[key], wide.get(key))
            for key, stack in stacks.items()
        }
        kept = {k: part for k, part in space.spaces.items() if self._stays(k)}
        whole = Dict({**kept, **known}, sort_keys=space.sort_keys)
        return bound(self, below=space, space=whole, stacks=stacks, wide=wide)  # type: ignore[no-any-return]

    def above(self, below: Below) -> Below:
        """Announce the Dict with the stacks in it."""
        return attrs.evolve(below, observation_space=self.space)

    def initial(self, key: Key) -> dict[str, Window]:
        """Return the padding of each key."""
        stacks: Any = self.stacks
        return {name: stack.initial(key) for name, stack in stacks.items()}

    def on_state(
        self, memory: dict[str, Window], timestep: TimeStep
    ) -> tuple[dict[str, Window], TimeStep]:
        """Let the oldest value of each key go, and show the others with the new one."""
        parts, stacks = timestep.observation, self.stacks
        windows, shown = {}, dict[str, Any]()
        try:
            for key, stack in stacks.items():  # type: ignore[union-attr]  # `bind` made them
                part = timestep.with_observation(parts[key])
                windows[key], stacked = stack.on_state(memory[key], part)
                shown[self._name(key)] = self._rows(key, stacked.observation)
        except Exception as error:
            raise unfit(self, self.below, parts, error) from error
        kept = {key: part for key, part in parts.items() if self._stays(key)}
        return windows, timestep.with_observation({**kept, **shown})

    def _name(self, key: str) -> str:
        return self.tags.get(key, key)

    def _stays(self, key: str) -> bool:
        return self.keep_original or key not in self.stack_sizes

    def _rows(self, key: str, stacked: Any) -> Any:
        """Return a stack with its older rows as differences, if they are to be."""
        wide: Any = self.wide
        if key not in wide:
            return stacked
        stacked = stacked.astype(wide[key])
        newest = stacked[-1]
        with np.errstate(invalid="ignore", over="ignore"):  # of infinite values, and to them
            rows = newest - stacked
        rows[-1] = newest
        return locked(rows)

    def _check(self, space: Any) -> None:
        missing = [] if isinstance(space, Dict) else list(self.stack_sizes)
        missing += [key for key in self.stack_sizes if key not in getattr(space, "spaces", ())]
        if missing:
            raise BindError(
                f"{brief(self)} needs a Dict with the key {missing[0]!r} as the observation space "
                f"below it, got {space}. Correct the key, or put the wrapper elsewhere."
            )
        tags = [self._name(key) for key in self.stack_sizes if self._name(key) != key]
        taken = [tag for tag in tags if tag in space.spaces]
        if taken:
            raise BindError(
                f"{brief(self)} would show a stack as {taken[0]!r}, but the Dict below has that "
                f"key already: {list(space.spaces)}. Choose another tag."
            )

    def _stack(self, key: str, part: Space[Any]) -> FrameStackObservation:
        padding: Any = self.padding_type
        if isinstance(padding, dict):
            padding = padding.get(key, "reset")
        stack = FrameStackObservation(self.stack_sizes[key], padding_type=padding)
        return stack.bind(Below(part))

    def _wide(self, key: str, part: Space[Any]) -> np.dtype[Any]:
        """Return the dtype of the differences of a key."""
        kind = part.dtype.kind if isinstance(part, Box) else ""
        wide: Any = part.dtype
        if kind and kind in "iu":
            other = np.dtype(f"{'u' if kind == 'i' else 'i'}{wide.itemsize}")
            wide = np.promote_types(wide, other)
        if kind not in ("f", "i", "u") or (kind != "f" and wide.kind == "f"):
            raise BindError(
                f"{brief(self)} cannot take differences of {key!r}, which is {part}: that needs a "
                "Box of floats, or of integers of up to 32 bits. Leave it out of delta, or put "
                f'WrapKey({key!r}, DtypeObservation("float64")) below.'
            )
        return wide  # type: ignore[no-any-return]

    def _announced(self, stack: FrameStackObservation, part: Any, wide: Any) -> Any:
        """Return the space of a stack, with the bounds of differences if it has such."""
        stacks: Any = stack.above(Below(part)).observation_space
        if wide is None:
            return stacks
        low, high = stacks.low.astype(wide), stacks.high.astype(wide)
        with np.errstate(invalid="ignore", over="ignore"):
            widest = high[:-1] - low[:-1]
        low[:-1], high[:-1] = -widest, widest
        return Box(low, high, low.shape, wide.type)
