"""What a host passes, checked and made into a raw time step that nobody else can change."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from statewrap.core.borders import freeze
from statewrap.core.errors import InputError
from statewrap.core.messages import TimeStep
from statewrap.core.words import brief, sentence

MISSING: Final[Any] = type("Missing", (), {"__repr__": lambda _: "<left out>"})()
"""Stands for an argument that was left out, where None could mean something."""

NOTHING_KNOWN: Final[Mapping[str, Any]] = {}

_FIVE: Final = (
    " There are two flags before info: act(observation, reward, terminated, truncated, info), or "
    "info=... by its name."
)
"""For those who have one flag, `done`."""
_RESET: Final = (
    " If these are the observation and info of env.reset(): reset(observation, info), or "
    "observe(observation, info=info)."
)


def opening(
    observation: Any,
    reward: Any,
    terminated: Any,
    truncated: Any,
    info: Any,
    *,
    time: float = 0.0,
    frame: Any = None,
) -> TimeStep:
    """Make the time step that opens an episode; it takes no flag, and no reward but 0.

    Raises:
        InputError: if a flag is set, a reward other than 0 is given, or `info` is no dict.
    """
    if _flag("terminated", terminated) or _flag("truncated", truncated):
        raise InputError(
            "This call opens an episode (it is the first, comes after an end, or is a reset), but "
            "has terminated or truncated set. An opening takes no flag: pass the observation of "
            "the new episode, as in act(observation) or reset(observation)."
        )
    if reward is not MISSING and not _nothing(reward):
        hint = _RESET if isinstance(reward, Mapping) else ""
        raise InputError(
            f"This call opens an episode, but has the reward {brief(reward)}. The last reward "
            "belongs to the call that carried the episode's last time step; leave it out here or "
            f"pass 0.{hint}"
        )
    shown = _taken("observation", observation)
    picture = None if frame is None else _taken("frame", frame)
    return TimeStep(shown, 0.0, False, False, _known(info), True, time, picture)


def stepped(
    observation: Any,
    reward: Any,
    terminated: Any,
    truncated: Any,
    info: Any,
    *,
    time: float = 0.0,
    frame: Any = None,
) -> TimeStep:
    """Make the time step that answers an action. Reward and flags cross as they were given.

    Raises:
        InputError: if the reward is left out, None, NaN or no number, a flag is no bool, or
            `info` is no dict.
    """
    if type(reward) is not float or reward != reward:  # noqa: PLR0124 - NaN, the fast way
        reward = _reward(reward)
    if terminated is not False:
        _flag("terminated", terminated)
    if truncated is not False:
        _flag("truncated", truncated)
    return TimeStep(
        _taken("observation", observation),
        reward,
        terminated,
        truncated,
        info.copy() if type(info) is dict else _known(info),
        False,
        time,
        None if frame is None else _taken("frame", frame),
    )


def _taken(name: str, given: Any) -> Any:
    """Copy what the host passes."""
    try:
        return freeze(given)
    except Exception as error:
        raise InputError(
            f"The {name} is {brief(given)}, which cannot be copied ({sentence(error)}) Pass "
            "numbers, arrays, or containers of them."
        ) from error


def _known(info: Any) -> dict[str, Any]:
    if isinstance(info, Mapping):
        return dict(info)
    raise InputError(f"info is {brief(info)}, expected a dict; leave it out if nothing is known.")


def _flag(name: str, flag: Any) -> bool:
    if isinstance(flag, (bool, np.bool_)):
        return bool(flag)
    hint = _FIVE if isinstance(flag, Mapping) else ""
    raise InputError(f"{name} is {brief(flag)}, expected True or False.{hint}")


def _reward(reward: Any) -> Any:
    """Return a reward that is a real number, whatever its type, copied if it is an array."""
    if reward is MISSING:
        raise InputError(
            "The reward is missing. Every call but an opening one needs it: "
            "act(observation, reward, terminated, truncated, info). Pass 0.0 if there was none."
        )
    try:
        number = float(reward)
    except Exception as error:
        raise InputError(f"The reward is {brief(reward)}, expected a number.") from error
    if isinstance(reward, (str, bytes)):
        raise InputError(f"The reward is {brief(reward)}, expected a number.")
    if math.isnan(number):
        raise InputError("The reward is nan. A reward is a number; pass 0.0 if there was none.")
    return freeze(reward)


def _nothing(reward: Any) -> bool:
    """Tell whether a reward on an opening call says nothing: None, NaN or 0."""
    if reward is None:
        return True
    try:
        number = float(reward)
    except Exception:  # noqa: BLE001 - whatever it is, it is a reward of some kind
        return False
    return not isinstance(reward, (str, bytes)) and (number == 0 or math.isnan(number))
