"""What a deployment is made of, as a document: TOML, YAML, JSON, OmegaConf, or a plain dict.

    policy = { type = "MLP", file = "cartpole.npz" }
    environment = "CartPole-v1"          # or a table [spaces] with `observation` and `action`
    seed = 7
    on_reset = "request"                 # and the other options of `Deployment`

    [[wrappers]]                         # in order, nearest to the environment first
    type = "NormalizeObservation"
    statistics = { npz = "cartpole.npz", keys = ["mean", "var", "count"] }

    [[wrappers]]
    type = "FrameStackObservation"
    stack_size = 2

    [[statistics]]
    name = "speed"
    of = "info"
    key = "speed"

    [[sinks]]
    type = "StructlogSink"

A table with a `type` (or a `_target_`) makes an object; its arguments stand beside the type. In
Python any table may also be the object itself. `docs/reference/configuration.md` has the grammar.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Final, get_args

import attrs
import numpy as np
from gymnasium.spaces import Space

from statewrap.core.checks import Check, OnReset
from statewrap.core.errors import ConfigurationError
from statewrap.core.policy import Policy, as_policy
from statewrap.core.registry import nearest
from statewrap.core.spaces import why_not
from statewrap.core.wrapper import Stack, StackMemory, Wrapper
from statewrap.package import names
from statewrap.package.counting import statistics_of
from statewrap.package.grammar import Maker
from statewrap.package.places import check_keys, told, wrong
from statewrap.package.recipe import Configuration
from statewrap.package.sizes import check_sizes
from statewrap.package.texts import plain, read
from statewrap.package.world import WORLD, world

__all__ = ["KEYS", "Configuration", "build", "load"]

KEYS: Final = (
    *("policy", "wrappers", *WORLD, "seed", "session"),
    *("on_reset", "check", "fallback", "statistics", "report_every", "sinks"),
    *("memory", "clock"),
)
"""What a document may say."""

_ITSELF: Final = tuple(
    f"{module}.Deployment{method}"
    for module in ("statewrap", "statewrap.deployment")
    for method in ("", ".from_config")
)
"""What the `_target_` of a whole document may be."""

Source = Mapping[str, Any] | str | PathLike[str]


def load(
    source: Source,
    *,
    base: str | PathLike[str] | None = None,
    trust: bool = False,
    **instead: Any,
) -> Configuration:
    """Read a document, or a file that holds one.

    Args:
        source: a file, `.toml`, `.yaml` or `.json`; or a mapping, OmegaConf's included, in which
            any table may also be the object itself.
        base: the folder to which file names are relative; a file's own, or the current one.
        trust: whether names are imported that are neither the box's nor registered; that runs the
            code of their modules.
        instead: keys of the document, objects or tables, that take the place of its own.

    Raises:
        ConfigurationError: if the file cannot be read or does not describe a deployment; it
            names the file and the place in it.

    >>> load({"seed": 7}, wrappers=[{"type": "TimeLimit", "max_episode_steps": 9}])
    Configuration(policy=None, stack=Stack(TimeLimit(max_episode_steps=9)), ...
    """
    if isinstance(source, Mapping):
        return build(_joined(plain(source), instead), base=base or ".", trust=trust)
    if not isinstance(source, (str, PathLike)):
        raise ConfigurationError(f"expected a mapping or the name of a file, got {told(source)}.")
    path = Path(source)
    try:
        document = _joined(read(path), instead)
        return build(document, base=path.parent if base is None else base, trust=trust)
    except (OSError, ValueError, RecursionError) as error:
        text = error.strerror if isinstance(error, OSError) else error
        raise ConfigurationError(f"{path}: {text}") from error


def _joined(document: Mapping[str, Any], instead: Mapping[str, Any]) -> dict[str, Any]:
    """Put some keys in the place of a document's own; what is known of the world goes together."""
    replaced = WORLD if any(key in instead for key in WORLD) else ()
    return {k: v for k, v in document.items() if k not in replaced} | dict(instead)


def build(
    document: Mapping[str, Any], *, base: str | PathLike[str] = ".", trust: bool = False
) -> Configuration:
    """Make what a mapping describes, as `load` does; the document is not changed.

    Raises:
        ConfigurationError: naming the place in the document.

    >>> build({"wrappers": [{"type": "TimeLimit", "max_episode_step": 9}]})
    Traceback (most recent call last):
    statewrap.core.errors.ConfigurationError: wrappers[0].max_episode_step: ...
    """
    maker = Maker(Path(base), trust)
    said = _without_target(plain(document))
    if "stack" in said:
        raise wrong("stack", "a configuration has no 'stack'; did you mean 'wrappers'? A list.")
    check_keys(said, KEYS, "", "a configuration")
    below, environment = world(said, maker)
    stack = _stack(said.get("wrappers", []), maker)
    if not trust:
        check_sizes(stack.wrappers, below, maker.allowance)
    return Configuration(
        policy=_policy(said.get("policy"), maker),
        stack=stack,
        below=below,
        seed=_whole(said, "seed", 0),
        memory=_memory(said.get("memory")),
        on_reset=_choice(said, "on_reset", OnReset, "continue"),
        check=_choice(said, "check", Check, "first"),
        fallback=_fallback(said.get("fallback"), below.action_space, maker),
        report_every=_whole(said, "report_every", 1),
        statistics=statistics_of(said.get("statistics"), maker),
        sinks=_sinks(said.get("sinks"), maker),
        session=_session(said.get("session")),
        clock=_clock(said.get("clock"), maker),
        environment=environment,
        origins=tuple(maker.origins),
    )


def _without_target(document: dict[str, Any]) -> dict[str, Any]:
    """Leave out what Hydra needs to make the deployment itself."""
    if "_target_" not in document:
        return document
    if document["_target_"] not in _ITSELF:
        raise wrong("_target_", f"a whole document makes a {_ITSELF[0]}, or leave it out.")
    return {k: v for k, v in document.items() if k not in ("_target_", "_recursive_", "_convert_")}


def _policy(raw: Any, maker: Maker) -> Policy[Any] | None:
    """Make the policy; a string names a function from observation to action, or a policy."""
    if raw is None:
        return None
    made = _made_or_named(raw, names.policies(), "a policy", "policy", maker)
    try:
        return as_policy(made)
    except TypeError as error:
        raise wrong("policy", str(error)) from error


def _made_or_named(raw: Any, known: Mapping[str, Any], what: str, path: str, maker: Maker) -> Any:
    """Return what a table makes, or a name stands for, or the object itself."""
    if isinstance(raw, str):
        return maker.named(raw, known, path)
    return maker.built(raw, known, what, path) if isinstance(raw, dict) else raw


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


def _sinks(raw: Any, maker: Maker) -> tuple[Any, ...] | None:
    """Make the sinks; a string names a function of a report."""
    if raw is None:
        return None
    if not isinstance(raw, (list, tuple)):
        raise wrong("sinks", "expected a list of tables; each begins with the line [[sinks]].")
    known, confined = names.sinks(), attrs.evolve(maker, confined=True)
    made = [
        _made_or_named(part, known, "a sink", f"sinks[{index}]", confined)
        for index, part in enumerate(raw)
    ]
    for index, sink in enumerate(made):
        if isinstance(sink, type) or not (callable(sink) or hasattr(sink, "observe")):
            raise wrong(f"sinks[{index}]", f"{told(sink)} is no sink: it takes no Report.")
    return tuple(made)


def _fallback(raw: Any, space: Space[Any] | None, maker: Maker) -> Any:
    """Return an action for the environment, an array where its space is one of arrays.

    A string that is no action names a function; where the actions are not known, one that is
    known or looks like a path does.
    """
    if raw is None or (callable(raw) and not isinstance(raw, dict)):
        return raw
    if isinstance(raw, str) and _is_name(raw, space):
        return maker.named(raw, names.functions(), "fallback")
    if isinstance(raw, dict):
        raw = maker.value(raw, Any, "fallback")
    if space is None or callable(raw):
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


def _is_name(raw: str, space: Space[Any] | None) -> bool:
    if space is not None:
        return why_not(space, raw, "the action") is not None
    return "." in raw or ":" in raw or names.found(raw, names.functions()) is not None


def _memory(raw: Any) -> StackMemory | None:
    if raw is None or isinstance(raw, StackMemory):
        return raw
    raise wrong(
        "memory",
        f"expected a StackMemory, which only Python can give, got {told(raw)}. What was learned "
        "is kept in a snapshot: deployment.restore(snapshot).",
    )


def _session(raw: Any) -> str | None:
    if raw is None or isinstance(raw, str):
        return raw
    raise wrong("session", f"expected a string, got {told(raw)}.")


def _clock(raw: Any, maker: Maker) -> Callable[[], float] | None:
    clock = maker.named(raw, names.functions(), "clock") if isinstance(raw, str) else raw
    if isinstance(clock, dict):
        clock = maker.value(clock, Any, "clock")
    if clock is None or callable(clock):
        return clock  # type: ignore[no-any-return]
    raise wrong("clock", f"expected a function giving seconds, got {told(clock)}.")


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
