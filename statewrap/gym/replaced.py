"""Methods that were replaced on an instance."""

from __future__ import annotations

from typing import Any


def replaced(layer: Any) -> list[str]:
    """Return the methods of a wrapper's class that the instance does not use.

    >>> import gymnasium
    >>> env = gymnasium.Wrapper(gymnasium.make("CartPole-v1"))
    >>> env.step = lambda action: None
    >>> replaced(env)
    ['step']
    """
    return [name for name in vars(layer) if callable(getattr(type(layer), name, None))]
