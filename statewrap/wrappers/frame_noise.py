"""Pictures with noise in them, which make what is seen of the environment less than all."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import attrs
import numpy as np
from gymnasium.error import InvalidProbability
from gymnasium.spaces import Box
from numpy.random import Generator

from statewrap.core.draws import NumpyDraws, draws_by_numpy, given_draws
from statewrap.core.fields import argument, derived
from statewrap.core.key import Key
from statewrap.core.messages import TimeStep
from statewrap.core.wrapper import Below, Wrapper

Source = Key | NumpyDraws
Pixels = np.ndarray[Any, Any]

_BRIGHTEST: Final = 255 * np.array([0.2989, 0.5870, 0.1140])
"""The shares of red, green and blue in grey."""
_TOPS: Final = (76, 149, 29)
"""The same, as whole numbers that are not reached."""


def _number(name: str, value: Any) -> Any:
    if not isinstance(value, (int, float, np.number)):
        raise TypeError(f"{name} is {value!r}, expected a number.")
    return value


def _probability(value: Any) -> Any:
    if not 0 <= _number("probability_of_noise_per_pixel", value) < 1:
        raise InvalidProbability(
            f"probability_of_noise_per_pixel should be in the interval [0,1). Received {value}"
        )
    return value


def _ratio(value: Any) -> Any:
    if not 0 <= _number("obstructed_pixels_ratio", value) < 1:
        raise ValueError(
            f"obstructed_pixels_ratio should be in the interval [0,1). Received {value}"
        )
    return value


def _width(value: Any) -> Any:
    if not isinstance(value, (int, np.integer)):
        raise TypeError(f"obstruction_width is {value!r}, expected an int of at least 1.")
    if value < 1:
        raise ValueError(f"obstruction_width should be larger or equal than 1. Received {value}")
    return value


@attrs.frozen
class AddWhiteNoise(Wrapper[Source]):
    """Replace pixels of the picture on each time step by noise, each with a given probability.

    The picture is `TimeStep.frame`; observations are left alone, but an `AddRenderObservation`
    above shows the noise. Mirrors `gymnasium.wrappers.AddWhiteNoise`, which draws anew whenever
    somebody renders, and from its environment's generator; this draws once a time step, from the
    wrapper's own key, or given `draws` from that state on.

    Args:
        probability_of_noise_per_pixel: in [0, 1).
        is_noise_grayscale: whether a pixel of noise is grey.
        wide_noise: whether grey noise turns pictures into uint64, as Gymnasium's does; otherwise
            they keep their dtype.
        draws: None, or an `np.random.Generator` or its state, as for `StickyAction`.

    Raises:
        InvalidProbability: if the probability is outside [0, 1) (`gymnasium.error`).
        TypeError: if an argument is of another type.
        ValueError: at a picture that has not three axes.

    >>> noisy = AddWhiteNoise(0.5)
    >>> picture = np.zeros((2, 3, 3), np.uint8)
    >>> _, shown = noisy.on_state(Key.from_seed(0), TimeStep("f1", frame=picture))
    >>> shown.frame.any(axis=-1)
    array([[False,  True, False],
           [ True,  True,  True]])
    """

    needs = frozenset({"frame"})
    memory_types = (Key, NumpyDraws)

    probability_of_noise_per_pixel: float = attrs.field(converter=_probability)
    is_noise_grayscale: bool = False
    wide_noise: bool = attrs.field(default=False, kw_only=True)
    draws: Any = argument(None, kw_only=True, converter=given_draws)

    @property
    def keeps(self) -> bool:  # type: ignore[override]  # a class variable elsewhere
        """Whether draws go on from episode to episode: where they are given."""
        return self.draws is not None

    @property
    def learns(self) -> bool:  # type: ignore[override]  # a class variable elsewhere
        """Whether an episode depends on how long the earlier ones were: where draws go on."""
        return self.draws is not None

    def above(self, below: Below) -> Below:
        """Announce the pictures' dtype, where it changes."""
        return _widened(below, self)

    def initial(self, key: Key) -> Source:
        """Draw from the key, or from the state given."""
        return key if self.draws is None else self.draws

    def renew(self, memory: Source, key: Key) -> Source:
        """Draw from the new key, or go on with the draws given."""
        return key if self.draws is None else memory

    def on_state(self, memory: Source, timestep: TimeStep) -> tuple[Source, TimeStep]:
        """Put noise into the picture, if there is one."""
        frame = timestep.frame
        if frame is None:
            return memory, timestep
        _check(self, frame)
        noise_of = _noise_of(memory)
        (noise, drawn), memory = draws_by_numpy(
            memory,
            lambda draw: (
                noise_of(draw, frame.shape, self.is_noise_grayscale),
                draw.random(frame.shape[:2]),
            ),
        )
        mask = drawn < self.probability_of_noise_per_pixel
        return memory, timestep.replace(frame=_replaced(self, frame, noise, mask))


@attrs.frozen
class ObstructView(Wrapper[Source]):
    """Cover the picture on each time step with square patches of noise.

    Where patches lie is drawn anew each time; they may overlap and stick out, so that they cover
    at most the given ratio. The picture is `TimeStep.frame`. Mirrors
    `gymnasium.wrappers.ObstructView`; what is said of `AddWhiteNoise` holds here as well.

    Args:
        obstructed_pixels_ratio: the share of pixels to cover, in [0, 1).
        obstruction_width: the side of a patch in pixels, at least 1.
        is_noise_grayscale: whether a pixel of noise is grey.
        wide_noise: whether grey noise turns pictures into uint64, as Gymnasium's does; otherwise
            they keep their dtype.
        draws: None, or an `np.random.Generator` or its state, as for `StickyAction`.

    Raises:
        ValueError: if the ratio is outside [0, 1) or the width below 1; at a picture that has not
            three axes.
        TypeError: if an argument is of another type.

    >>> patched = ObstructView(0.5, 2)
    >>> picture = np.zeros((4, 4, 3), np.uint8)
    >>> _, shown = patched.on_state(Key.from_seed(1), TimeStep("f1", frame=picture))
    >>> shown.frame.any(axis=-1).astype(int)
    array([[1, 0, 0, 0],
           [1, 0, 0, 0],
           [1, 0, 0, 0],
           [0, 0, 0, 0]])
    """

    needs = frozenset({"frame"})
    memory_types = (Key, NumpyDraws)

    obstructed_pixels_ratio: float = attrs.field(converter=_ratio)
    obstruction_width: int = attrs.field(converter=_width)
    is_noise_grayscale: bool = False
    wide_noise: bool = attrs.field(default=False, kw_only=True)
    draws: Any = argument(None, kw_only=True, converter=given_draws)
    centers_ratio: float = derived(
        attrs.Factory(
            lambda self: self.obstructed_pixels_ratio / self.obstruction_width**2, takes_self=True
        )
    )

    @property
    def keeps(self) -> bool:  # type: ignore[override]  # a class variable elsewhere
        """Whether draws go on from episode to episode: where they are given."""
        return self.draws is not None

    @property
    def learns(self) -> bool:  # type: ignore[override]  # a class variable elsewhere
        """Whether an episode depends on how long the earlier ones were: where draws go on."""
        return self.draws is not None

    def above(self, below: Below) -> Below:
        """Announce the pictures' dtype, where it changes."""
        return _widened(below, self)

    def initial(self, key: Key) -> Source:
        """Draw from the key, or from the state given."""
        return key if self.draws is None else self.draws

    def renew(self, memory: Source, key: Key) -> Source:
        """Draw from the new key, or go on with the draws given."""
        return key if self.draws is None else memory

    def on_state(self, memory: Source, timestep: TimeStep) -> tuple[Source, TimeStep]:
        """Cover the picture, if there is one."""
        frame = timestep.frame
        if frame is None:
            return memory, timestep
        _check(self, frame)
        noise_of = _noise_of(memory)
        (mask, noise), memory = draws_by_numpy(
            memory,
            lambda draw: (
                self._patches(draw, frame),
                noise_of(draw, frame.shape, self.is_noise_grayscale),
            ),
        )
        return memory, timestep.replace(frame=_replaced(self, frame, noise, mask))

    def _patches(self, draw: Generator, frame: Pixels) -> Pixels:
        """Draw where pixels are covered: bool (h, w)."""
        height, width = frame.shape[:2]
        many = int(height * width * self.centers_ratio)
        before = self.obstruction_width // 2
        after = self.obstruction_width - before
        mask = np.zeros((height, width), dtype=bool)
        for center in draw.integers(0, height * width, many).tolist():
            y, x = divmod(center, width)
            mask[max(y - before, 0) : y + after, max(x - before, 0) : x + after] = True
        return mask


def _check(wrapper: Any, frame: Any) -> None:
    if not isinstance(frame, np.ndarray) or frame.ndim != 3:
        kind = f"shape {frame.shape}" if isinstance(frame, np.ndarray) else type(frame).__name__
        raise ValueError(
            f"{wrapper!r} needs pictures as arrays (height, width, 3), such as those of "
            f'render_mode="rgb_array"; this frame has {kind}.'
        )


def _noise_of(source: Source) -> Callable[[Generator, tuple[int, ...], bool], Pixels]:
    return _noise if isinstance(source, Key) else _gymnasiums_noise


def _gymnasiums_noise(draw: Generator, shape: tuple[int, ...], grey: bool) -> Any:  # noqa: FBT001
    """Draw noise as Gymnasium does: uint8, grey noise uint64."""
    if not grey:
        return draw.integers(0, 255, size=shape, dtype=np.uint8)
    shares: Any = draw.integers((0, 0, 0), _BRIGHTEST, size=shape, dtype=np.uint8)
    return shares.sum(-1, keepdims=True).repeat(3, -1)


def _noise(draw: Generator, shape: tuple[int, ...], grey: bool) -> Any:  # noqa: FBT001
    """Draw noise of the same distribution, at a third of the price or less: uint8.

    Bytes are drawn whole, and the few that are 255 once more.
    """
    if grey:
        shares = (draw.integers(0, top, shape[:2], np.uint8) for top in _TOPS)
        return np.repeat(sum(shares)[..., None], shape[2], axis=2)  # type: ignore[index]
    noise = _bytes(draw, math.prod(shape))
    (again,) = (noise == 255).nonzero()
    noise[again] = draw.integers(0, 255, len(again), np.uint8)
    return noise.reshape(shape)


def _bytes(draw: Generator, many: int) -> Pixels:
    """Draw bytes as `draw.integers(0, 256, many, np.uint8)` does, in words where that is faster.

    The generator is new: no half of a word is left in it from an earlier draw.
    """
    if many % 8:
        return draw.integers(0, 256, many, np.uint8)
    words: Any = draw.bit_generator.random_raw(many // 8)
    return words.astype("<u8", copy=False).view(np.uint8)  # type: ignore[no-any-return]


def _replaced(
    wrapper: AddWhiteNoise | ObstructView, frame: Pixels, noise: Pixels, mask: Pixels
) -> Pixels:
    """Return the picture with noise where the mask is true, read-only."""
    if wrapper.is_noise_grayscale and wrapper.wide_noise:
        noise = noise.astype(np.uint64, copy=False)
    else:
        noise = noise.astype(frame.dtype, copy=False)
    if frame.dtype == noise.dtype == np.uint8:
        picture: Any = frame ^ noise
        picture &= _bits(mask, frame.shape)
        picture ^= frame
    else:
        picture = np.where(mask[..., None], noise, frame)
    picture.setflags(False)
    return picture  # type: ignore[no-any-return]


def _bits(mask: Pixels, shape: tuple[int, ...]) -> Pixels:
    """Return 255 for each byte of a pixel where a mask is true, and 0 elsewhere.

    To choose by bits is ten times as fast as `np.where` with a mask of other axes.
    """
    bits = np.empty(shape, np.uint8)
    ones = np.negative(mask.view(np.uint8))
    for channel in range(shape[2]):
        bits[..., channel] = ones
    return bits


def _widened(below: Below, wrapper: AddWhiteNoise | ObstructView) -> Below:
    space = below.frame_space
    if not (wrapper.wide_noise and wrapper.is_noise_grayscale) or not isinstance(space, Box):
        return below
    dtype = np.result_type(np.uint64, space.dtype or np.uint8)
    wide = Box(space.low.astype(dtype), space.high.astype(dtype), dtype=dtype.type)
    return attrs.evolve(below, frame_space=wide)
