"""Specs that tell a limit rightly, and are made again as they were.

`gymnasium.make` puts the limit that a spec tells at the bottom, whatever lies above. A limit
further up (over a frame skip, say) would cut after too few decisions there. So such a spec tells
the limit that holds at the top, as those who read it want to know, and its first wrapper puts
the one at the bottom right.
"""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Iterator
from typing import Any, Final

import gymnasium
from gymnasium.envs.registration import EnvSpec, WrapperSpec

from statewrap.core.words import brief
from statewrap.core.wrapper import Stack
from statewrap.gym.plain import said

BOTTOM: Final = f"{__name__}:bottom_limit"
"""The entry point of what puts the limit at the bottom right."""
_PARSED: Final = {"namespace", "name", "version"}
"""What an `EnvSpec` takes from its id."""


def bottom_limit(
    env: gymnasium.Env[Any, Any], max_episode_steps: int | None
) -> gymnasium.Env[Any, Any]:
    """Exchange the limit that `gymnasium.make` has just put around an environment.

    >>> env = bottom_limit(gymnasium.make("CartPole-v1", max_episode_steps=7), 60)
    >>> env.spec.max_episode_steps
    60
    """
    if type(env).__name__ == "TimeLimit":  # Gymnasium's own, or what was put in its place
        env = env.env  # type: ignore[attr-defined]
    if max_episode_steps is None:
        return env
    return gymnasium.wrappers.TimeLimit(env, max_episode_steps)


def telling(spec: EnvSpec, limit: int | None) -> EnvSpec:
    """Return a spec that tells a limit, and is made again with the limit that it told before."""
    if limit is None or spec.max_episode_steps == limit:
        return spec
    told = copy.deepcopy(spec)
    if not has_bottom(spec):
        bottom = WrapperSpec("bottom_limit", BOTTOM, {"max_episode_steps": spec.max_episode_steps})
        told.additional_wrappers = (bottom, *told.additional_wrappers)
    told.max_episode_steps = limit
    return told


def has_bottom(spec: EnvSpec) -> bool:
    """Tell whether the limit that a spec tells is not the one at the bottom."""
    return any(wrapper.entry_point == BOTTOM for wrapper in spec.additional_wrappers)


def holds(spec: EnvSpec) -> int:
    """Return how much `gymnasium.make` makes of a spec, in its order.

    0: the environment alone; 1: its checker; 2: what enforces the order; 3: a limit; 4: more.
    """
    if spec.additional_wrappers:
        return 4
    if spec.max_episode_steps is not None:
        return 3
    return 2 if spec.order_enforce else int(not spec.disable_env_checker)


@dataclasses.dataclass(eq=False)
class UnsayableSpec(EnvSpec):
    """A spec with an argument that JSON cannot hold, which is said if JSON is asked for.

    In all else it is the `EnvSpec`, and equal to it.
    """

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EnvSpec) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]  # as that of EnvSpec

    def to_json(self) -> str:
        """Return the spec as JSON.

        Raises:
            TypeError: if an argument has no plain form; it names the wrapper.
            ValueError: if the environment is made by a function.
        """
        try:
            return super().to_json()
        except TypeError as error:
            culprits = list(self._culprits())
            if not culprits:
                raise
            raise TypeError(
                f"The spec cannot be said as JSON: {'; '.join(culprits)}. A function or a class is "
                "said by its name: define it at the top of a module, not as a lambda or within a "
                "function. Arrays are said by the wrappers of statewrap.gym.wrappers. In this "
                "process gymnasium.make(env.spec) takes the spec as it is."
            ) from error

    def _culprits(self) -> Iterator[str]:
        for wrapper in self.additional_wrappers:
            for name, value in (wrapper.kwargs or {}).items():
                if is_sayable(value):
                    continue
                if isinstance(value, Stack):
                    parts = (brief(part) for part in value if not is_sayable(said(part)))
                    yield f"{', '.join(parts)} in the stack of {wrapper.name}"
                else:
                    yield f"the argument {name} of {wrapper.name} is {brief(value)}"


def naming(spec: EnvSpec | None) -> EnvSpec | None:
    """Return a spec that names the wrapper if one of its arguments cannot be said as JSON."""
    if type(spec) is not EnvSpec or all(is_sayable(w.kwargs) for w in spec.additional_wrappers):
        return spec
    parts = {field.name: getattr(spec, field.name) for field in dataclasses.fields(spec)}
    return UnsayableSpec(**{name: parts[name] for name in parts.keys() - _PARSED})


def is_sayable(value: Any) -> bool:
    """Tell whether JSON holds a value."""
    try:
        json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def saying(spec: EnvSpec, **said: Any) -> EnvSpec:
    """Return a copy of a spec with other attributes."""
    told = copy.deepcopy(spec)
    for name, value in said.items():
        setattr(told, name, value)
    return told
