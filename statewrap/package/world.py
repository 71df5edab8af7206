"""What a document knows of the environment: its spaces, or where these can be asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import attrs
import gymnasium
from gymnasium.spaces import Space

from statewrap.core.registry import nearest
from statewrap.core.wrapper import Below
from statewrap.gym.below import below_env
from statewrap.package.grammar import Maker, called
from statewrap.package.places import check_keys, told, wrong

WORLD: Final = ("spaces", "environment")
"""The keys that say what lies below the stack."""

_SPACES: Final = {"observation": "observation_space", "action": "action_space"}
_MAKE: Final = "gymnasium.make"


def world(document: Mapping[str, Any], maker: Maker) -> tuple[Below, str | None]:
    """Return what is known of the environment, and its name if Gymnasium was asked."""
    spaces, environment = document.get("spaces"), document.get("environment")
    if environment is None:
        return _of_spaces({} if spaces is None else spaces, maker), None
    if spaces:
        raise wrong("spaces", "give either spaces or an environment to take them from.")
    return _of_environment(environment, maker)


def _of_spaces(raw: Any, maker: Maker) -> Below:
    if not isinstance(raw, dict):
        raise wrong("spaces", "expected a table with `observation` and `action`.")
    check_keys(raw, _SPACES, "spaces", "spaces")
    given = {_SPACES[key]: _space(maker, part, f"spaces.{key}") for key, part in raw.items()}
    return Below(**given)


def _space(maker: Maker, raw: Any, path: str) -> Any:
    return None if raw is None else maker.made(raw, Space, "a space", path)


def _of_environment(raw: Any, maker: Maker) -> tuple[Below, str | None]:
    """Take a name, an environment, or a table of what is known."""
    if isinstance(raw, str):
        return _asked(raw, maker), raw
    if isinstance(raw, Below):
        return raw, None
    if isinstance(raw, gymnasium.Env):
        return below_env(raw), None
    if not isinstance(raw, dict):
        raise wrong("environment", f'expected a name as "CartPole-v1", got {told(raw)}.')
    if "type" in raw or "_target_" in raw:
        return _of_a_call(raw, maker)
    return _described(raw, maker), None


def _described(raw: dict[str, Any], maker: Maker) -> Below:
    """Read the fields of a `Below`."""
    fields = {field.name: field for field in attrs.fields(Below)}
    check_keys(raw, fields, "environment", "what is known of an environment")
    hints = {"max_episode_steps": int | None, "render_mode": str | None}
    given = {}
    for key, part in raw.items():
        path = f"environment.{key}"
        is_space = key.endswith("space")
        hint = hints.get(key, Any)
        given[key] = _space(maker, part, path) if is_space else maker.value(part, hint, path)
    return Below(**given)


def _of_a_call(raw: dict[str, Any], maker: Maker) -> tuple[Below, str | None]:
    """Read `{_target_ = "gymnasium.make", id = "CartPole-v1"}`, or call what makes one."""
    what = "an environment"
    call = called(raw, what, "environment")
    name = str(call.name).replace(":", ".")
    only_named = call.given.keys() == {"id"} and not call.positional and not call.partial
    if name == _MAKE and only_named and isinstance(call.given["id"], str):
        return _asked(call.given["id"], maker), call.given["id"]
    if not maker.trust:
        known = 'only {_target_ = "gymnasium.make", id = "..."} does without'
        raise wrong(call.at, f"{call.name!r} would be called, which needs trust=True; {known}.")
    env = maker.built(raw, {}, what, "environment")
    if not isinstance(env, gymnasium.Env):
        raise wrong(call.at, f"{call.name!r} makes {told(env)}, expected {what}.")
    below = below_env(env)
    env.close()
    return below, None


def _asked(name: str, maker: Maker) -> Below:
    """Ask one of Gymnasium's environments for what is known of it; it is made once and closed."""
    if ":" in name and not maker.trust:
        raise wrong("environment", f"{name!r} would import a module; that needs trust=True.")
    if ":" not in name and name not in gymnasium.registry:
        close = nearest(name, gymnasium.registry)
        raise wrong("environment", f"Gymnasium has no environment {name!r}{close}")
    try:
        env = gymnasium.make(name)
        limit = env.spec.max_episode_steps if env.spec else None
        below = Below(env.observation_space, env.action_space, limit, metadata=env.metadata)
        env.close()
    except Exception as error:
        raise wrong("environment", f"{name!r} cannot be made: {error}") from error
    return below
