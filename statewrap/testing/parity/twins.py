"""Gymnasium's wrappers made of statewrap's, and the reverse: names and arguments are the same."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import attrs
import gymnasium
import numpy as np
from gymnasium.utils import RecordConstructorArgs

import statewrap.wrappers
from statewrap.core.same import same
from statewrap.core.words import brief, sentence
from statewrap.core.wrapper import Stack, Wrapper
from statewrap.testing.parity.broken import ParityError
from statewrap.testing.parity.originals import Wrap
from statewrap.testing.parity.shims import Env
from statewrap.wrappers import Moments, NormalizeObservation

CURE = "Say what the original is: original=lambda env: TheOriginal(env, ...)"


def has_a_twin(wrapper: Wrapper[Any]) -> bool:
    """Tell whether Gymnasium has a wrapper of this name.

    >>> has_a_twin(statewrap.wrappers.TimeLimit(3)), has_a_twin(statewrap.wrappers.RandomReset(3))
    (True, False)
    """
    return hasattr(gymnasium.wrappers, type(wrapper).__name__)


def in_the_box(wrapper: Wrapper[Any]) -> bool:
    """Tell whether a wrapper is one of statewrap's own."""
    return getattr(statewrap.wrappers, type(wrapper).__name__, None) is type(wrapper)


def twin(wrapper: Wrapper[Any]) -> Wrap:
    """Return the function that puts Gymnasium's wrapper of this name around an environment.

    Raises:
        ParityError: if there is none, or the arguments are not Gymnasium's.
    """
    name = type(wrapper).__name__
    kind, mine = getattr(gymnasium.wrappers, name, None), type(wrapper)
    if kind is None or not attrs.has(mine):
        why = "Gymnasium has no wrapper of that name" if kind is None else "it is no attrs class"
        raise ParityError(f"What {brief(wrapper)} was ported from is not known: {why}. {CURE}.")
    arguments = {f.alias: getattr(wrapper, f.name) for f in attrs.fields(mine) if f.init}
    if name == "NormalizeObservation":
        return Twin(_normalizing, name, arguments)
    known = inspect.signature(kind).parameters
    for field in attrs.fields(mine):
        if field.init and field.alias not in known:
            value = arguments.pop(field.alias)
            if not same(value, field.default):
                raise ParityError(
                    f"{brief(wrapper)} has the argument {field.alias}={brief(value)}, which "
                    f"gymnasium.wrappers.{name} does not have. {CURE}."
                )
    return Twin(kind, name, arguments)


@attrs.frozen(repr=False)
class Twin:
    """Puts one of Gymnasium's wrappers around an environment."""

    kind: Callable[..., Env]
    name: str
    arguments: dict[str, Any]

    def __call__(self, env: Env) -> Env:
        """Put it around."""
        return self.kind(env, **self.arguments)

    def __repr__(self) -> str:
        return f"gymnasium.wrappers.{self.name}"


def _normalizing(env: Env, epsilon: float, statistics: Any = None, mode: str = "learn") -> Env:
    """Make Gymnasium's NormalizeObservation; statistics and mode are set from outside there."""
    made: Any = gymnasium.wrappers.NormalizeObservation(env, epsilon)
    made.update_running_mean = mode == "learn"
    if statistics is not None:
        mean, var, count = statistics.mean, statistics.var, statistics.count
        made.obs_rms.mean, made.obs_rms.var, made.obs_rms.count = mean.copy(), var.copy(), count
    return made  # type: ignore[no-any-return]


def recognised(chain: Sequence[Env]) -> Stack:
    """Return the inverted stack of Gymnasium's wrappers, nearest to the environment first.

    Raises:
        ParityError: if one of them is not known.
    """
    return Stack(*map(_inverted, chain))


def _inverted(wrapper: Any) -> Wrapper[Any]:
    kind = type(wrapper)
    ours = getattr(statewrap.wrappers, kind.__name__, None)
    theirs = getattr(gymnasium.wrappers, kind.__name__, None)
    if ours is None or theirs is not kind or not isinstance(wrapper, RecordConstructorArgs):
        raise ParityError(
            f"{kind.__module__}.{kind.__qualname__} has no inverted form in statewrap.wrappers, so "
            "the inverted stack cannot be built from it. Give the inverted stack, and this "
            "function as the original: assert_parity(make_env, MyStack(...), original=...)."
        )
    arguments = dict(wrapper._saved_kwargs)  # noqa: SLF001 - where Gymnasium keeps them
    if ours is NormalizeObservation:
        arguments |= _learned(wrapper)
    try:
        made: Wrapper[Any] = ours(**arguments)
    except Exception as error:
        raise ParityError(
            f"{brief(wrapper)} was made with {brief(arguments)}, of which statewrap's "
            f"{kind.__name__} cannot be made: {sentence(error)}"
        ) from error
    return made


def _learned(wrapper: Any) -> dict[str, Any]:
    """Return mode and statistics of Gymnasium's NormalizeObservation as ours takes them."""
    moments = wrapper.obs_rms
    mode = "learn" if wrapper.update_running_mean else "frozen"
    fresh = moments.count == 1e-4 and not np.any(moments.mean)
    if fresh and mode == "learn":
        return {"mode": mode}
    return {"mode": mode, "statistics": Moments(moments.mean, moments.var, moments.count)}
