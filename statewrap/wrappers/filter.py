"""Some parts of an observation, and not the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
from gymnasium.spaces import Dict, Space, Tuple

from statewrap.core.fields import derived
from statewrap.core.messages import TimeStep
from statewrap.core.wrapper import Below, Wrapper, bound
from statewrap.wrappers.below import refusal, unfit

Key = str | int


def _keys(value: Sequence[Key]) -> tuple[Key, ...]:
    """Return keys as a tuple, if they are keys of a Dict or indices of a Tuple."""
    if not isinstance(value, Sequence):
        raise TypeError(
            f"Expects `filter_keys` to be a Sequence, actual type: {type(value)}. "
            'Write a list of keys, as in FilterObservation(["image"]).'
        )
    keys = tuple(value)
    if not keys:
        raise ValueError(
            "The observation space is empty due to filtering all of the keys. "
            "Name at least one in filter_keys."
        )
    if not (_all(str, keys) or _all(int, keys)):
        raise TypeError(
            f"filter_keys is {value!r}, expected strings for a Dict space, or ints for a Tuple."
        )
    return keys


def _all(kind: type, keys: Sequence[Key]) -> bool:
    return all(isinstance(key, kind) for key in keys)


@attrs.frozen
class FilterObservation(Wrapper[None]):
    """Show only some parts of a Dict or Tuple observation, in the order of `filter_keys`.

    The parts themselves are passed as they come. Mirrors
    `gymnasium.wrappers.FilterObservation`, bit for bit.

    Args:
        filter_keys: keys of the Dict, or indices of the Tuple (a negative one counts from its
            end); at least one. A string is the sequence of its characters, as in Gymnasium.

    Raises:
        TypeError: if it is no sequence, or holds anything but strings, or but ints.
        ValueError: if it is empty.
        BindError: at `bind`, if the observation space below is unknown, no Dict or Tuple, or
            lacks a key.

    >>> import numpy as np
    >>> from gymnasium.spaces import Box
    >>> space = Dict(arm=Box(-1.0, 1.0), camera=Box(0, 255, (8, 8), np.uint8))
    >>> wrapper = FilterObservation(["arm"]).bind(Below(space))
    >>> wrapper.on_state(None, TimeStep({"arm": 0.5, "camera": "..."}))
    (None, TimeStep({'arm': 0.5}))
    """

    filter_keys: tuple[Key, ...] = attrs.field(converter=_keys)
    below: Space[Any] | None = derived()
    space: Dict | Tuple[Any] | None = derived()
    named: bool | None = derived()
    """Whether the parts have names, as in a Dict."""

    def bind(self, below: Below) -> FilterObservation:
        """Look the keys up.

        Raises:
            BindError: if the observation space is unknown, no Dict or Tuple, or lacks a key.
        """
        space = below.require("observation_space", self)
        if isinstance(space, Dict):
            return bound(self, below=space, space=self._of_dict(space), named=True)  # type: ignore[no-any-return]
        if isinstance(space, Tuple):
            known = self._of_tuple(space)
            return bound(self, below=space, space=known, named=False)  # type: ignore[no-any-return]
        raise refusal(
            ValueError,
            f"{self!r} is only usable with `Dict` and `Tuple` observations, but the observation "
            f"space below it is {space}. Leave the wrapper out, or put it elsewhere.",
        )

    def above(self, below: Below) -> Below:
        """Announce the space of the parts that are shown."""
        return attrs.evolve(below, observation_space=self.space)

    def on_state(self, memory: None, timestep: TimeStep) -> tuple[None, TimeStep]:
        """Leave the other parts out."""
        parts: Any = timestep.observation
        try:
            if self.named:
                return None, timestep.with_observation(
                    {key: parts[key] for key in self.filter_keys}
                )
            return None, timestep.with_observation(tuple(map(parts.__getitem__, self.filter_keys)))
        except Exception as error:
            raise unfit(self, self.below, parts, error) from error

    def _of_dict(self, space: Dict) -> Dict:
        keys: tuple[Any, ...] = self.filter_keys
        if not _all(str, keys):
            words = "All filter keys must be strings for a Dict space"
            raise refusal(TypeError, self._wrong(words, keys, space))
        missing = [key for key in keys if key not in space.spaces]
        if missing:
            words = "All the `filter_keys` must be included in the observation space."
            raise refusal(ValueError, self._wrong(words, missing, space))
        return Dict({key: space[key] for key in keys}, sort_keys=space.sort_keys)

    def _of_tuple(self, space: Tuple[Any]) -> Tuple[Any]:
        keys: tuple[Any, ...] = self.filter_keys
        if not _all(int, keys):
            words = "All filter keys must be integers for a Tuple space"
            raise refusal(TypeError, self._wrong(words, keys, space))
        if len(set(keys)) != len(keys):
            words = "Duplicate keys exist, filter_keys:"
            raise refusal(ValueError, self._wrong(words, keys, space))
        missing = [key for key in keys if not -len(space) <= key < len(space)]
        if missing:
            words = "All the `filter_keys` must be included in the length of the observation space."
            kind = ValueError if max(missing) > 0 else IndexError
            raise refusal(kind, self._wrong(words, missing, space))
        return Tuple(space[key] for key in keys)

    def _wrong(self, words: str, keys: Sequence[Key], space: Space[Any]) -> str:
        return f"{words} {self!r} names {list(keys)}, but below it is {space}. Correct the keys."
