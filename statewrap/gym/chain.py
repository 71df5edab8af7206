"""The layers of a wrapped environment, of Gymnasium's kind and of Stable-Baselines3's."""

from __future__ import annotations

from typing import Any, Final

import gymnasium
from gymnasium.vector import VectorEnv

from statewrap.core.words import brief

_SB3: Final = "stable_baselines3."


def chain(env: Any, index: int = 0) -> tuple[list[Any], gymnasium.Env[Any, Any]]:
    """Return the wrappers, nearest to the environment first, and the environment at the bottom.

    Args:
        env: a Gymnasium environment, or a `VecEnv` of Stable-Baselines3.
        index: which of the environments of a vector.

    Raises:
        TypeError: if it is something else, or its environments live in other processes.

    >>> layers, bottom = chain(gymnasium.make("CartPole-v1"))
    >>> [type(layer).__name__ for layer in layers], type(bottom).__name__
    (['PassiveEnvChecker', 'OrderEnforcing', 'TimeLimit'], 'CartPoleEnv')
    """
    found: list[Any] = []
    while not isinstance(env, gymnasium.Env):
        found.append(env)
        env = _within(env, index)
    while isinstance(env, gymnasium.Wrapper):
        found.append(env)
        env = _inner(env)
    _hold_whole(env, found)
    return found[::-1], env


def _inner(layer: gymnasium.Wrapper[Any, Any, Any, Any]) -> Any:
    try:
        return layer.env
    except AttributeError:
        raise TypeError(
            f"{type(layer).__name__} lies on nothing: it has no env. Its constructor has to call "
            "super().__init__(env)."
        ) from None


def _hold_whole(env: Any, layers: list[Any]) -> None:
    """Hold that what lies below all layers is an environment, and says its spaces."""
    missing = [n for n in ("observation_space", "action_space", "spec") if not hasattr(env, n)]
    if missing:
        under = f"{type(layers[-1]).__name__} lies on it" if layers else "it was given"
        raise TypeError(
            f"{brief(env)} has no {' and no '.join(missing)}, and {under}; expected a "
            "gymnasium.Env that says its spaces: self.observation_space = ... in its constructor."
        )


def below(layer: Any, index: int = 0) -> Any:
    """Return what a layer lies upon."""
    return layer.env if isinstance(layer, gymnasium.Wrapper) else _within(layer, index)


def _within(vector: Any, index: int) -> Any:
    """Return what a vector of Stable-Baselines3 is made of."""
    name = f"{type(vector).__module__}.{type(vector).__qualname__}"
    if hasattr(vector, "venv"):
        return vector.venv
    if isinstance(vector, VectorEnv):
        raise TypeError(
            f"{name} is a vector of environments. Give one of them: from_env(vector.envs[0])."
        )
    if hasattr(vector, "envs") and name.startswith(_SB3):
        return vector.envs[index]
    if name.startswith(_SB3) and hasattr(vector, "remotes"):
        raise TypeError(
            f"The environments of {name} live in other processes, where their wrappers cannot be "
            "seen. Make one here, in a DummyVecEnv under the same wrappers, and load what they "
            "have learned."
        )
    raise TypeError(f"Expected a gymnasium.Env or a VecEnv of Stable-Baselines3, got {name}.")
