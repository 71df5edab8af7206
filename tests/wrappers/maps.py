"""Hold a stateless wrapper against its Gymnasium twin: what is announced, shown and refused."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.spaces import Space

from statewrap.core.borders import freeze
from statewrap.core.errors import BindError
from statewrap.core.messages import Act, TimeStep
from statewrap.core.same import difference
from statewrap.core.wrapper import Below, Wrapper
from tests.wrappers.scripted import Reused, Scripted, in_columns, pick, scripted, strided
from tests.wrappers.twins import Heard, both

Twin = Callable[[gym.Env], gym.Env]
Present = Callable[[], Callable[[Any], Any]]

PRESENTED: tuple[Present, ...] = (Reused, lambda: strided, lambda: in_columns)
"""How an environment may hold its observations: each makes what presents them."""


def environment(observations: Space[Any], actions: Space[Any] | None = None) -> gym.Env:
    """Make an environment of these spaces."""
    env = Scripted(observations, [3])
    env.action_space = env.action_space if actions is None else actions
    return env


def bound(
    wrapper: Wrapper[Any], observations: Space[Any], actions: Space[Any] | None = None
) -> Any:
    """Bind a wrapper to these spaces."""
    return wrapper.bind(Below(observations, actions))


def announced(wrapper: Wrapper[Any], space: Space[Any]) -> Any:
    """Return the observation space above."""
    below = Below(space, max_episode_steps=7)
    above = wrapper.bind(below).above(below)
    assert (None, 7) == (above.action_space, above.max_episode_steps)
    return above.observation_space


def same_space(twin: Twin, wrapper: Wrapper[Any], space: Space[Any]) -> bool:
    """Tell whether both announce the same space, its dtype and the types of its parts included."""
    with warnings.catch_warnings(action="ignore"):  # Gymnasium's, that float32 is not float64
        theirs = twin(environment(space)).observation_space
    ours = announced(wrapper, space)
    return (
        type(theirs) is type(ours)
        and repr(theirs) == repr(ours)
        and theirs == ours
        and theirs.dtype == ours.dtype
    )


def shown(wrapper: Wrapper[Any], space: Space[Any], observation: Any) -> Any:
    """Return what a wrapper shows for an observation."""
    memory, reply = bound(wrapper, space).on_state(None, TimeStep(freeze(observation)))
    assert memory is None
    return reply.observation


def sent(wrapper: Wrapper[Any], space: Space[Any], action: Any) -> Any:
    """Return what a wrapper sends for an action."""
    memory, act = wrapper.bind(Below(action_space=space)).on_action(None, Act(freeze(action)))
    assert memory is None
    return act.action


def found(
    twin: Twin, wrapper: Wrapper[Any], space: Space[Any], present: Present | None = None
) -> str | None:
    """Say where whole episodes of samples differ between the two, if they do."""

    def new() -> Heard:
        options = {} if present is None else {"present": present()}
        return scripted(space, [3, 1, 4], **options)

    with warnings.catch_warnings(action="ignore"):  # as above
        theirs, ours = both(wrapper, twin, new, pick, 6)
    return difference(theirs, ours)


def outcome(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Return what a function gives, or the kind of what it raises, by Gymnasium's lights."""
    try:
        return function(*arguments, **options)
    except BindError as error:
        return type(error.__cause__)
    except Exception as error:
        return type(error)


def is_new(shown: Any, came: Any) -> bool:
    """Tell whether an array is read-only and shares nothing with another, which can be written."""
    came.flags.writeable = True
    return not shown.flags.writeable and not np.shares_memory(shown, came)
