"""Specs by the id under which their environment is registered, and by what is not as registered."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any, Final

import gymnasium
from gymnasium.envs.registration import EnvSpec

from statewrap.core.words import brief

_BARE: Final[dict[str, Any]] = {
    "max_episode_steps": None,
    "order_enforce": False,
    "disable_env_checker": True,
    "additional_wrappers": (),
}
"""What `gymnasium.make` says in the spec of the environment itself, below its wrappers."""


def registered(given: str | Mapping[str, Any]) -> EnvSpec:
    """Return the spec of an environment without wrappers, by its id, or a dict with its id.

    Args:
        given: the id; or "id", and what is to be put in the place of what was registered.

    Raises:
        ValueError: if there is no such environment, or if specs have no such part.

    >>> registered({"id": "CartPole-v1", "reward_threshold": 9.0}).reward_threshold
    9.0
    """
    parts = {"id": given} if isinstance(given, str) else dict(given)
    known = gymnasium.registry.get(parts.get("id", ""))
    if known is None:
        raise ValueError(
            f"spec is {brief(given)}, expected an EnvSpec, or what its to_json() returns, or the "
            "id of an environment that is registered here: gymnasium.spec(id) finds it."
        )
    spec = copy.deepcopy(known)
    for name, part in {**_BARE, **parts}.items():
        if not hasattr(spec, name):
            raise ValueError(f"spec has {name!r}, which no EnvSpec has.")
        setattr(spec, name, part)
    return spec


def told(spec: EnvSpec | str) -> str:
    """Print a spec, or its JSON: by its id, and by what is not as registered.

    >>> told(gymnasium.make("CartPole-v1", render_mode="rgb_array").unwrapped.spec.to_json())
    "{'id': 'CartPole-v1', 'kwargs': {'render_mode': 'rgb_array'}}"
    """
    if isinstance(spec, EnvSpec):
        return f"<EnvSpec {spec.id}>" if callable(spec.entry_point) else repr(spec)
    parts = json.loads(spec)
    try:
        usual = json.loads(registered(parts["id"]).to_json())
    except (TypeError, ValueError, KeyError):
        return repr(spec)
    other = {name: part for name, part in parts.items() if part != usual.get(name)}
    return repr({"id": parts["id"], **other} if other else parts["id"])
