"""Observations scaled part by part, by statistics that were estimated or set by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import attrs
import numpy as np
from gymnasium.spaces import Box, Dict, Space

from statewrap.core.errors import BindError
from statewrap.core.fields import argument, derived
from statewrap.core.messages import TimeStep
from statewrap.core.words import brief
from statewrap.core.wrapper import Below, Wrapper, bound
from statewrap.wrappers.below import locked, real, unfit
from statewrap.wrappers.part_statistics import PartStatistics, is_numbers, part_statistics

_STRATEGIES: Final = {"mean_std": ("mean", "std"), "range": ("low", "high")}


class _Scale(NamedTuple):
    """How an array is scaled."""

    shape: tuple[int, ...]
    offset: Any
    """What is subtracted: float64, of that shape or broadcast to it; then is divided by `width`."""
    width: Any
    clip: tuple[float, float] | None


def _strategy(given: Any) -> Any:
    if isinstance(given, Mapping):
        return {key: _strategy(part) for key, part in given.items()}
    if given is not None and (not isinstance(given, str) or given not in _STRATEGIES):
        raise ValueError(f"strategy is {given!r}, expected 'mean_std', 'range' or None.")
    return given


def _clip(given: Any) -> Any:
    if isinstance(given, Mapping):
        return {key: _clip(part) for key, part in given.items()}
    if given is None:
        return None
    try:
        low, high = map(float, given)
    except (TypeError, ValueError) as error:
        raise TypeError(f"clip is {given!r}, expected a pair as (-5.0, 5.0), or None.") from error
    if not low <= high:
        raise ValueError(f"clip is {given!r}, whose first is not at most its second.")
    return low, high


def _names(given: Any) -> tuple[str, ...]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise TypeError(f'exclude is {given!r}, expected a list of keys, as ["mask"].')
    return tuple(given)


@attrs.frozen
class NormalizeKeys(Wrapper[None]):
    """Show each part of an observation scaled by statistics of its own, as float32.

    By mean and standard deviation a value becomes `(value - mean) / std`, by its range
    `(value - low) / (high - low)`, 0 to 1 where it was seen; where that would divide by 0, it is
    only shifted. Then it is clipped, if it is to be. It is computed in float64. NaN stays NaN.

    Each Box of numbers, in a Dict at any depth, is scaled, or is in `exclude`; everything else is
    passed. Statistics come from `estimate_statistics`, from a file by `load_statistics`, or by
    hand. Nothing is learned here: a `WrapKey` with a `NormalizeObservation(mode="learn")` does.

    Args:
        statistics: by key, `PartStatistics` or a mapping with mean and std, low and high, or all;
            nested as the observation is. For an observation that is no Dict, its own. Arrays have
            the shape of the part, or one that numpy broadcasts to it.
        strategy: "mean_std" or "range"; None takes mean and std where they are known, and else
            the range. A mapping says it by key, nested.
        clip: the least and the greatest value to be shown; None for none. A mapping says it by
            key, nested.
        exclude: keys, at any depth, that are passed as they come.

    Raises:
        TypeError: if an argument is of another type.
        ValueError: if statistics are not finite, a width is negative, `strategy` is another word,
            or the bounds of `clip` are the wrong way round.
        BindError: at `bind`, if the observation space below is unknown; if a Box of numbers has no
            statistics, or ones that do not fit or lack what the strategy takes; or a key is named
            that is not there.

    >>> space = Dict(speed=Box(0.0, 99.0, ()), height=Box(0.0, 9.0, ()))
    >>> scaled = NormalizeKeys(
    ...     {"speed": {"mean": 20.0, "std": 5.0}, "height": {"low": 1.0, "high": 5.0}},
    ...     clip={"height": (0.0, 1.0)}).bind(Below(space))
    >>> came = TimeStep({"speed": np.float32(30.0), "height": np.float32(9.0)})
    >>> scaled.on_state(None, came)[1].observation
    {'speed': np.float32(2.0), 'height': np.float32(1.0)}
    """

    statistics: Any = argument(converter=part_statistics)
    strategy: Any = argument(None, kw_only=True, converter=_strategy)
    clip: Any = argument(None, kw_only=True, converter=_clip)
    exclude: tuple[str, ...] = attrs.field(default=(), kw_only=True, converter=_names)
    below: Space[Any] | None = derived()
    scales: Any = derived()
    """A `_Scale`, or a dict of such by key; None where nothing is scaled."""
    space: Space[Any] | None = derived()

    def bind(self, below: Below) -> NormalizeKeys:
        """Fit the statistics to the observation space.

        Raises:
            BindError: if it is unknown, or they do not fit.
        """
        space = below.require("observation_space", self)
        strange = [key for key in self.exclude if key not in _keys(space)]
        if strange:
            raise BindError(
                f"{brief(self)} excludes {strange[0]!r}, which the observation space below does "
                f"not have: {space}. Correct the key."
            )
        scales = self._scales(space, self.statistics, self.strategy, self.clip, "")
        return bound(self, below=space, scales=scales, space=_scaled_space(space, scales))  # type: ignore[no-any-return]

    def above(self, below: Below) -> Below:
        """Announce float32 Boxes, with the bounds of the space scaled."""
        return attrs.evolve(below, observation_space=self.space)

    def on_state(self, memory: None, timestep: TimeStep) -> tuple[None, TimeStep]:
        """Scale the observation."""
        try:
            shown = _shown(self.scales, timestep.observation)
        except Exception as error:
            raise unfit(self, self.below, timestep.observation, error) from error
        return None, timestep.with_observation(shown)

    def _scales(self, space: Any, known: Any, strategy: Any, clip: Any, place: str) -> Any:
        if isinstance(space, Dict):
            return self._of_dict(space, known, strategy, clip, place)
        if not is_numbers(space):
            self._refuse_needless(space, known, place)
            return None
        if not isinstance(known, PartStatistics):
            raise BindError(
                f"{brief(self)} has no statistics for observation{place}, which is {space}. Give "
                "PartStatistics(mean, std) or the like for it, or name its key in exclude."
            )
        return self._of_box(space, known, strategy, clip, place)

    def _refuse_needless(self, space: Any, known: Any, place: str) -> None:
        if known is not None:
            raise BindError(
                f"{brief(self)} has statistics for observation{place}, which is {space}, no Box of "
                "numbers. Leave them out."
            )

    def _of_dict(self, space: Dict, known: Any, strategy: Any, clip: Any, place: str) -> Any:
        given = {"statistics": known, "strategy": strategy, "clip": clip}
        for name, one in given.items():
            missing = [k for k in one if k not in space.spaces] if isinstance(one, dict) else []
            if missing:
                raise BindError(
                    f"{name} of {brief(self)} names {missing[0]!r}, but observation{place} has "
                    f"{list(space.spaces)}. Correct the key."
                )
        scales = {}
        for key, part in space.spaces.items():
            if key not in self.exclude:
                own, chosen, held = (_for(one, key) for one in given.values())
                scales[key] = self._scales(part, own, chosen, held, f"{place}[{key!r}]")
        return scales

    def _of_box(self, box: Box, known: Any, strategy: Any, clip: Any, place: str) -> _Scale:
        if isinstance(strategy, dict) or isinstance(clip, dict):
            raise BindError(
                f"strategy or clip of {brief(self)} says by key what to do with observation{place}"
                f", which is {box}. Give a word, or a pair."
            )
        chosen = strategy or ("range" if known.mean is None else "mean_std")
        first, second = (getattr(known, name) for name in _STRATEGIES[chosen])
        if first is None:
            raise BindError(
                f"{brief(self)} is to scale observation{place} by {chosen!r}, for which its "
                f"statistics lack {' and '.join(_STRATEGIES[chosen])}."
            )
        width = second if chosen == "mean_std" else second - first
        try:
            fits = np.broadcast_shapes(first.shape, second.shape, box.shape) == box.shape
        except ValueError:
            fits = False
        if not fits:
            raise BindError(
                f"{brief(self)} has statistics of the shapes {first.shape} and {second.shape} for "
                f"observation{place}, which is {box}. Expected that shape, or one that numpy "
                "broadcasts to it."
            )
        return _Scale(box.shape, first, locked(np.where(width == 0, 1.0, width)), clip)


def _for(given: Any, key: str) -> Any:
    """Return what is given for a key: of a dict its own, of anything else all."""
    if isinstance(given, dict):
        return given.get(key)
    return None if isinstance(given, PartStatistics) else given


def _keys(space: Any) -> set[str]:
    """Return the keys of a Dict, at any depth."""
    parts = space.spaces.items() if isinstance(space, Dict) else ()
    return {name for key, part in parts for name in (key, *_keys(part))}


def _shown(scales: Any, observation: Any) -> Any:
    if type(scales) is _Scale:
        real(observation, scales.shape)
        return locked(_scaled(scales, observation))
    if scales is None:
        return observation
    return {**observation, **{key: _shown(one, observation[key]) for key, one in scales.items()}}


def _scaled(scale: _Scale, numbers: Any) -> Any:
    """Return numbers scaled, float32; too large ones are infinite there."""
    scaled = (np.asarray(numbers) - scale.offset) / scale.width
    if scale.clip is not None:
        scaled = np.minimum(np.maximum(scaled, scale.clip[0]), scale.clip[1])
    with np.errstate(over="ignore"):
        return np.float32(scaled)


def _scaled_space(space: Any, scales: Any) -> Any:
    """Return a space with its bounds scaled: no rounding turns the order of two numbers around."""
    if type(scales) is _Scale:
        low, high = (_scaled(scales, bounds) for bounds in (space.low, space.high))
        return Box(low, high, space.shape, np.float32)
    if scales is None:
        return space
    parts = {k: _scaled_space(p, scales.get(k)) for k, p in space.spaces.items()}
    return Dict(parts, sort_keys=space.sort_keys)
