"""What Gymnasium's wrappers remember, as the memories of statewrap's; nothing is changed or shared.

Each function is given Gymnasium's wrapper, statewrap's (bound) and that one's initial memory.
"""

# ruff: noqa: ARG001 - not each reader needs all three

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from statewrap.core.borders import freeze
from statewrap.core.draws import NumpyDraws, state_of
from statewrap.core.messages import Act, TimeStep
from statewrap.wrappers import Moments


def attribute(name: str) -> Callable[[Any, Any, Any], Any]:
    """Return a reader of one attribute, which is None as long as there is nothing to remember."""

    def read(layer: Any, wrapper: Any, initial: Any) -> Any:
        value = getattr(layer, name)
        return initial if value is None else freeze(value)

    return read


def checked(layer: Any, wrapper: Any, initial: Any) -> Any:
    """Read what a `PassiveEnvChecker` has looked at."""
    return initial._replace(opening=layer.checked_reset, step=layer.checked_step)


def tally(layer: Any, wrapper: Any, initial: Any) -> Any:
    """Read a `RecordEpisodeStatistics`; the time of an open episode begins anew."""
    past = initial.past._replace(
        count=layer.episode_count,
        returns=freeze(tuple(layer.return_queue)),
        lengths=tuple(layer.length_queue),
        times=tuple(layer.time_queue),
    )
    total = freeze(layer.episode_returns)
    return initial._replace(total=total, length=layer.episode_lengths, past=past)


def moments(rms: Any) -> Moments:
    """Copy a `RunningMeanStd`, dtypes and count included."""
    return Moments(freeze(rms.mean), freeze(rms.var), rms.count)


def observed(layer: Any, wrapper: Any, initial: Any) -> Any:
    """Read a `NormalizeObservation`, while it learns."""
    return None if initial is None else moments(layer.obs_rms)


def returned(layer: Any, wrapper: Any, initial: Any) -> Any:
    """Read a `NormalizeReward`, while it learns."""
    if initial is None:
        return None
    rms, total = layer.return_rms, layer.discounted_reward
    known = Moments(float(rms.mean), float(rms.var), float(rms.count))
    return initial._replace(total=float(np.asarray(total).item()), moments=known)


def replayed(name: str) -> Callable[[Any, Any, Any], Any]:
    """Return a reader of a queue of observations, which are shown to statewrap's wrapper again."""

    def read(layer: Any, wrapper: Any, initial: Any) -> Any:
        memory, frames = initial, getattr(layer, name)
        for frame in frames:
            memory, _ = wrapper.on_state(memory, TimeStep(freeze(frame)))
        return memory

    return read


def skipped(layer: Any, wrapper: Any, initial: Any) -> Any:
    """Read the frames of a `MaxAndSkipObservation` that may become stale."""
    return initial._replace(frames=_pair(layer._obs_buffer))  # noqa: SLF001 - no other name


def stuck(layer: Any, wrapper: Any, initial: Any) -> Any:
    """Read a `StickyAction`; what it draws from is a copy of the environment's generator."""
    last, sticky = layer.last_action, layer.is_sticky_actions
    return initial._replace(
        last=None if last is None else Act(freeze(last)),
        num_repeats=int(layer.num_repeats) if sticky else 0,
        repeats_taken=int(layer.repeats_taken) if sticky else 0,
        draws=generator_of(layer) or initial.draws,
    )


def game(layer: Any, wrapper: Any, initial: Any) -> Any:
    """Read the lives and the screens of an `AtariPreprocessing`."""
    lives = layer.lives if wrapper.terminal_on_life_loss else 0
    screens = _pair(layer.obs_buffer) if wrapper.stale_frames else ()
    return initial._replace(lives=int(lives), screens=screens)


def generator_of(layer: Any) -> NumpyDraws | None:
    """Return the state of an environment's generator, if it has one; none is made."""
    generator = vars(layer.unwrapped).get("_np_random")
    try:
        return None if generator is None else state_of(generator)
    except TypeError:  # of a kind of its own
        return None


def _pair(frames: Iterable[Any]) -> tuple[Any, Any]:
    first, second = frames
    return freeze(np.asarray(first)), freeze(np.asarray(second))
