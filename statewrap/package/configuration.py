"""What a deployment is made of, as a document: a TOML file or a plain dict.

    policy = { type = "MLP", file = "cartpole.npz" }
    environment = "CartPole-v1"          # or a table [spaces] with `observation` and `action`
    seed = 7
    on_reset = "request"                 # check, fallback, report_every: as for `Deployment`

    [[wrappers]]                         # in order, nearest to the environment first
    type = "NormalizeObservation"
    statistics = { npz = "cartpole.npz", keys = ["mean", "var", "count"] }

    [[wrappers]]
    type = "FrameStackObservation"
    stack_size = 2

A table with a `type` makes an object; its arguments stand beside the type. Types are the wrappers
and policies of the box, what was registered with `statewrap.register`, Gymnasium's spaces, and,
only where the document is trusted, `package.module:object`. A function is given by such a
name. Arrays are nested lists of numbers (int64 or float64; in a Box its dtype), `{dtype, shape,
base64}`, or arrays of a file: `{npz, key}` for one, `{npz, keys}` for a mapping of several.
File names are relative to the document. An argument that may be None and is left out is None.
In a plain dict, any table may also be the object itself.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Final, get_args

import attrs
import gymnasium
import numpy as np
from gymnasium.spaces import Space

from statewrap.core.checks import Check, OnReset
from statewrap.core.errors import ConfigurationError
from statewrap.core.policy import Policy, as_policy
from statewrap.core.registry import nearest
from statewrap.core.spaces import why_not
from statewrap.core.wrapper import Below, Stack, Wrapper
from statewrap.package.grammar import Maker, policies
from statewrap.package.places import check_keys, wrong

KEYS: Final = (
    *("policy", "wrappers", "spaces", "environment"),
    *("seed", "on_reset", "check", "fallback", "report_every"),
)


@attrs.frozen
class Configuration:
    """What `statewrap.Deployment` is to be made of."""

    policy: Policy[Any] | None = None
    stack: Stack = attrs.field(factory=Stack)
    below: Below = attrs.field(factory=Below)
    seed: int | None = None
    on_reset: OnReset = "continue"
    check: Check = "first"
    fallback: Any = None
    report_every: int | None = None

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of `Deployment`."""
        return attrs.asdict(self, recurse=False)


def load(path: str | PathLike[str], *, trust: bool = False) -> Configuration:
    """Read a TOML file.

    Args:
        path: the file.
        trust: whether `package.module:object` is imported; that runs the code of the module.

    Raises:
        ConfigurationError: if the file cannot be read or does not describe a deployment; it
            names the file and the place in it.
    """
    path = Path(path)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        return build(document, base=path.parent, trust=trust)
    except (OSError, ValueError, RecursionError) as error:
        text = error.strerror if isinstance(error, OSError) else error
        raise ConfigurationError(f"{path}: {text}") from error


def build(
    document: Mapping[str, Any], *, base: str | PathLike[str] = ".", trust: bool = False
) -> Configuration:
    """Make what a document describes; the document is not changed.

    Args:
        document: as a TOML file would give it; any table may also be the object itself.
        base: the folder to which file names are relative.
        trust: whether `package.module:object` is imported.

    Raises:
        ConfigurationError: naming the place in the document.

    >>> build({"wrappers": [{"type": "TimeLimit", "max_episode_step": 9}]})
    Traceback (most recent call last):
    statewrap.core.errors.ConfigurationError: wrappers[0].max_episode_step: ...
    """
    maker = Maker(Path(base), trust)
    check_keys(document, KEYS, "", "a configuration")
    below = _below(document, maker)
    return Configuration(
        policy=_policy(document.get("policy"), maker),
        stack=_stack(document.get("wrappers", []), maker),
        below=below,
        seed=_whole(document, "seed", 0),
        on_reset=_choice(document, "on_reset", OnReset, "continue"),
        check=_choice(document, "check", Check, "first"),
        fallback=_fallback(document.get("fallback"), below),
        report_every=_whole(document, "report_every", 1),
    )


def _policy(raw: Any, maker: Maker) -> Policy[Any] | None:
    """Make the policy; a string names a function from observation to action, or a policy."""
    if raw is None:
        return None
    if isinstance(raw, str):
        raw = maker.named(raw, policies(), "policy")
    made = maker.built(raw, policies(), "a policy", "policy") if isinstance(raw, Mapping) else raw
    try:
        return as_policy(made)
    except TypeError as error:
        raise wrong("policy", str(error)) from error


def _stack(raw: Any, maker: Maker) -> Stack:
    if isinstance(raw, Wrapper):
        return Stack(raw)
    if not isinstance(raw, (list, tuple)):
        raise wrong(
            "wrappers", "expected a list of tables; each begins with the line [[wrappers]]."
        )
    places = (f"wrappers[{index}]" for index in range(len(raw)))
    return Stack(
        *(maker.made(r, Wrapper, "a wrapper", p) for r, p in zip(raw, places, strict=True))
    )


def _below(document: Mapping[str, Any], maker: Maker) -> Below:
    spaces, environment = document.get("spaces", {}), document.get("environment")
    if environment is not None:
        if spaces:
            raise wrong("spaces", "give either spaces or an environment to take them from.")
        return _of_environment(environment, maker)
    if not isinstance(spaces, Mapping):
        raise wrong("spaces", "expected a table with `observation` and `action`.")
    check_keys(spaces, ("observation", "action"), "spaces", "spaces")
    made = {k: maker.made(v, Space, "a space", f"spaces.{k}") for k, v in spaces.items()}
    return Below(made.get("observation"), made.get("action"))


def _of_environment(name: Any, maker: Maker) -> Below:
    """Ask one of Gymnasium's environments for what is known of it; it is made once and closed."""
    if not isinstance(name, str):
        raise wrong("environment", f'expected a name as "CartPole-v1", got {name!r}.')
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


def _fallback(raw: Any, below: Below) -> Any:
    """Return an action for the environment, an array where its space is one of arrays."""
    space = below.action_space
    if space is None or raw is None or callable(raw):
        return raw
    try:
        is_array = isinstance(raw, (list, int, float)) and space.shape
        action = np.array(raw, space.dtype) if is_array else raw
    except (TypeError, ValueError, OverflowError) as error:
        raise wrong("fallback", f"{raw!r} is no action of {space}: {error}") from error
    outside = why_not(space, action, "the action")
    if outside:
        raise wrong("fallback", f"{outside}. It answers the environment, so it lies in {space}.")
    return action


def _whole(document: Mapping[str, Any], key: str, least: int) -> int | None:
    value = document.get(key)
    if value is None or (type(value) is int and value >= least):
        return value
    raise wrong(key, f"expected a whole number, {least} or above, got {value!r}.")


def _choice(document: Mapping[str, Any], key: str, choices: Any, default: Any) -> Any:
    value, known = document.get(key, default), get_args(choices)
    if value in known:
        return value
    close = nearest(value, known) if isinstance(value, str) else "."
    raise wrong(key, f"expected one of {', '.join(map(repr, known))}, got {value!r}{close}")
