"""What several wrappers ask of the spaces below them, and how they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.spaces import Box

from statewrap.core.errors import BindError
from statewrap.core.messages import TimeStep
from statewrap.core.wrapper import Below


def refusal(kind: type[Exception], words: str) -> BindError:
    """Return a BindError, caused by an exception of the kind that Gymnasium raises there.

    >>> raise refusal(TypeError, "A Box is needed, got Discrete(2).")
    Traceback (most recent call last):
    statewrap.BindError: A Box is needed, got Discrete(2).
    """
    error = BindError(words)
    error.__cause__ = kind(words)
    return error


def box_below(wrapper: Any, below: Below, name: str = "observation_space") -> Box:
    """Return the Box that a wrapper cannot do without.

    Args:
        wrapper: it is named in the error.
        below: what is known.
        name: "observation_space" or "action_space".

    Raises:
        BindError: if the space is unknown or no Box.
    """
    space = below.require(name, wrapper)
    if isinstance(space, Box):
        return space
    words = name.replace("_", " ")
    raise refusal(
        TypeError,
        f"{wrapper!r} requires a Box {words} below it, got {space}. Leave the wrapper out, or put "
        f"it where the {words} is a Box.",
    )


def owned(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return an array that nobody can write to: as it is, or copied where somebody could."""
    if array.flags.writeable:
        array = array.copy()
        array.setflags(write=False)
    return array


def locked(value: Any) -> Any:
    """Return what was just made, so that nobody writes into it."""
    value.setflags(False)  # does nothing to a numpy scalar
    return value


def showing(timestep: TimeStep, observation: Any) -> TimeStep:
    """Return a time step with another observation, faster than `replace` does."""
    return TimeStep(
        observation,
        timestep.reward,
        timestep.terminated,
        timestep.truncated,
        timestep.info,
        timestep.first,
        timestep.time,
        timestep.frame,
        timestep.actor,
    )
