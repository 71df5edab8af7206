"""What a bridge is given, looked at when it is given: what it is, what was expected, the cure."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Final

import gymnasium
from gymnasium.spaces import Space
from gymnasium.vector import VectorEnv, VectorWrapper

from statewrap.core.draws import NumpyDraws, given_draws
from statewrap.core.words import brief, sentence
from statewrap.core.wrapper import Below, Wrapper
from statewrap.gym.bridge.described import is_whole

_LIKE: Final = "lambda env: MyWrapper(env, ...)"
_EXPECTED: Final = (
    "expected a function that puts a gymnasium.Wrapper around the environment that it is given, as "
    f"in Bridge({_LIKE})."
)


def a_factory(_: Any, field: Any, given: Any) -> None:
    """Ask for a function of an environment.

    Raises:
        TypeError: if it is none, or cannot be called with an environment alone.
    """
    odd = _what_else(given)
    if odd is not None:
        raise TypeError(f"{field.name} is {brief(given)}, {odd}.")
    if not callable(given):
        raise TypeError(f"{field.name} is {brief(given)}, {_EXPECTED}")
    problem = why_not(given)
    if problem:
        raise TypeError(
            f"{field.name} is {brief(given)}, which cannot be called with an environment alone: "
            f"{problem} {_EXPECTED[0].upper()}{_EXPECTED[1:]}"
        )


def why_not(given: Any, /, **arguments: Any) -> str:
    """Say why something cannot be called with an environment and arguments; "" if it can be.

    >>> why_not(lambda env, k: env), why_not(lambda env, k: env, k=3)
    ("missing a required argument: 'k'.", '')
    """
    try:
        inspect.signature(given, follow_wrapped=False).bind(None, **arguments)
    except TypeError as error:
        return sentence(error)
    except ValueError:  # one that is written in C does not say what it takes
        pass
    return ""


def _what_else(given: Any) -> str | None:
    """Say what else than a factory somebody has given, and what to do; None if nothing is odd."""
    if isinstance(given, (VectorEnv, VectorWrapper)) or _is_a(given, (VectorEnv, VectorWrapper)):
        return "of a vector of environments, but a bridge takes wrappers of one environment"
    if isinstance(given, gymnasium.Wrapper):
        return (
            "a wrapper that has its environment already. Give what makes it, Bridge("
            f"lambda env: {type(given).__name__}(env, ...)), or take it over as it stands: "
            "from_env(env)"
        )
    if isinstance(given, gymnasium.Env) or _is_a(given, gymnasium.Env):
        return f"an environment, {_EXPECTED[:-1]}"
    if isinstance(given, Wrapper) or _is_a(given, Wrapper):
        return "a wrapper of statewrap's, which needs no bridge: put it into the stack as it is"
    return None


def _is_a(given: Any, kind: Any) -> bool:
    """Tell whether it is a class of a kind, and none of Gymnasium's wrappers."""
    is_class = isinstance(given, type) and issubclass(given, kind)
    return is_class and not issubclass(given, gymnasium.Wrapper)


def hold_below(given: Any, name: str = "below") -> None:
    """Hold that something is a `Below`, and that its parts are what they are called.

    Raises:
        TypeError: if it is not.
        ValueError: if it has a limit below 1.
    """
    if not isinstance(given, Below):
        raise TypeError(
            f"{name} is {brief(given)}, expected what is known of what lies below: "
            f"Below(observation_space, action_space).{_cure_of(given)}"
        )
    for part in ("observation_space", "action_space", "frame_space"):
        space = getattr(given, part)
        if space is not None and not isinstance(space, Space):
            raise TypeError(
                f"{name}.{part} is {brief(space)}, expected a Gymnasium space, or None where it is "
                "not known."
            )
    _hold_limit(f"{name}.max_episode_steps", given.max_episode_steps)
    if given.metadata is not None and not isinstance(given.metadata, Mapping):
        raise TypeError(
            f"{name}.metadata is {brief(given.metadata)}, expected a dict, or None where it is not "
            "known."
        )


def _hold_limit(name: str, limit: Any) -> None:
    if limit is not None and (not isinstance(limit, int) or isinstance(limit, bool)):
        raise TypeError(
            f"{name} is {brief(limit)}, expected an int of at least 1, or None where there is no "
            "limit."
        )
    if limit is not None and limit < 1:
        raise ValueError(
            f"{name} is {limit}, expected at least 1, or None where there is no limit."
        )


def _cure_of(given: Any) -> str:
    if isinstance(given, gymnasium.Env):
        return " Of an environment: statewrap.gym.below_env(env)."
    return ""


def given_pcg64(given: Any) -> NumpyDraws | None:
    """Return an argument `draws` as the state of a PCG64, which is what Gymnasium draws from.

    Raises:
        TypeError: if it is neither None nor a generator of numpy's, nor the state of one.
        ValueError: if nothing can be drawn from it, or it is of another kind.
    """
    try:
        draws = given_draws(given)
    except TypeError:
        raise TypeError(
            f"draws is {brief(given)}, expected a generator of numpy's, such as "
            "np.random.default_rng(seed), or its bit_generator.state."
        ) from None
    if draws is not None:
        hold_pcg64("draws", draws)
    return draws


def hold_pcg64(name: str, draws: NumpyDraws) -> None:
    """Hold that draws are those of a PCG64.

    A wrapper may keep `env.np_random`, so that it is one object, of one kind, in all episodes.

    Raises:
        ValueError: if they are of another kind.
    """
    if draws.kind != "PCG64":
        raise ValueError(
            f"{name} is the state of a {draws.kind}, expected that of a PCG64, from which wrappers "
            "draw in Gymnasium: np.random.default_rng(seed). A wrapper that is to draw from "
            "another kind makes a generator of its own."
        )


def hold_flag(name: str, given: Any) -> None:
    """Hold that something is True or False: the word "no" is true.

    Raises:
        TypeError: if it is neither.
    """
    if not isinstance(given, bool):
        raise TypeError(f"{name} is {brief(given)}, expected True or False.")


def hold_seed(given: Any, name: str = "seed") -> None:
    """Hold that something is a seed.

    Raises:
        TypeError: if it is no int.
        ValueError: if it is below 0.
    """
    if not is_whole(given):
        raise TypeError(f"{name} is {brief(given)}, expected an int of at least 0.")
    if given < 0:
        raise ValueError(f"{name} is {given}, expected an int of at least 0.")
