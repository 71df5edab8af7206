"""Gymnasium's wrappers made of statewrap's, and the reverse: names and arguments are the same."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
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
from statewrap.testing.parity.builders import BUILDERS, DRAW, GYMNASIUM_DOES, MOSTLY_ALIKE
from statewrap.testing.parity.originals import Wrap
from statewrap.testing.parity.shims import Env
from statewrap.wrappers import Moments, NormalizeObservation, NormalizeReward

CURE = "Say what the original is: original=lambda env: TheOriginal(env, ...)"


def has_a_twin(wrapper: Wrapper[Any]) -> bool:
    """Tell whether Gymnasium has a wrapper of this name.

    >>> has_a_twin(statewrap.wrappers.TimeLimit(3)), has_a_twin(statewrap.wrappers.RandomReset(3))
    (True, False)
    """
    return type(wrapper).__name__ in gymnasium.wrappers.__all__


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
    return named(name, arguments_of(wrapper))


def arguments_of(wrapper: Any) -> dict[str, Any]:
    """Return what a wrapper was made with, but for defaults of which Gymnasium knows nothing."""
    name, arguments = type(wrapper).__name__, {}
    for field in attrs.fields(type(wrapper)):
        value = getattr(wrapper, field.name)
        needless = field.alias not in _taken(name) and same(value, field.default)
        if field.init and not needless:
            arguments[field.alias] = value
    return arguments


def named(name: str, arguments: Mapping[str, Any]) -> Twin:
    """Return the function that makes Gymnasium's wrapper of a name, with statewrap's arguments.

    Raises:
        ParityError: if an argument makes statewrap's do what Gymnasium's cannot do.
    """
    _check_draws(name, arguments)
    _check_comparable(name, arguments)
    does = GYMNASIUM_DOES.get(name, {})
    given = {key: value for key, value in arguments.items() if key not in does}
    return Twin(BUILDERS.get(name, getattr(gymnasium.wrappers, name)), name, given)


def _taken(name: str) -> set[str]:
    """Return the arguments that matter where Gymnasium's wrapper of a name is made."""
    makers = (getattr(gymnasium.wrappers, name), BUILDERS.get(name))
    taken = (set(inspect.signature(maker).parameters) for maker in makers if maker is not None)
    return set(GYMNASIUM_DOES.get(name, ())).union(*taken)


def _check_comparable(name: str, arguments: Mapping[str, Any]) -> None:
    does = {} if name in MOSTLY_ALIKE else GYMNASIUM_DOES.get(name, {})
    for key, value in does.items():
        if not same(arguments.get(key, not value), value):
            raise ParityError(
                f"{name} does otherwise than gymnasium.wrappers.{name}, on purpose (see "
                f"docs/reference/differences.md). With {key}={value!r} it does as Gymnasium's, and "
                f"can be compared with it. Or {CURE[0].lower()}{CURE[1:]}."
            )
    for key in [key for key in arguments if key not in _taken(name)]:
        raise ParityError(
            f"{name} has the argument {key}={brief(arguments[key])}, which "
            f"gymnasium.wrappers.{name} does not have. {CURE}."
        )


def _check_draws(name: str, arguments: Mapping[str, Any]) -> None:
    draws = name in DRAW and arguments.get("noop_max", 1) != 0
    if draws and arguments.get("draws") is None:
        raise ParityError(
            f"{name} draws from a key of its own, and gymnasium.wrappers.{name} from its "
            "environment's generator. To compare them give a generator of which both keep a copy: "
            f"{name}(..., draws=np.random.default_rng(0))."
        )


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


def recognised(chain: Sequence[Env]) -> Stack:
    """Return the inverted stack of Gymnasium's wrappers, nearest to the environment first.

    Raises:
        ParityError: if one of them is not known.
    """
    return Stack(*map(_inverted, chain))


def _inverted(wrapper: Any) -> Wrapper[Any]:
    kind: Any = type(wrapper)
    ours: Any = getattr(statewrap.wrappers, kind.__name__, None)
    theirs: Any = getattr(gymnasium.wrappers, kind.__name__, None)
    if ours is None or theirs is not kind or not issubclass(kind, RecordConstructorArgs):
        raise ParityError(
            f"{kind.__module__}.{kind.__qualname__} has no inverted form in statewrap.wrappers, so "
            "the inverted stack cannot be built from it. Give the inverted stack, and this "
            "function as the original: assert_parity(make_env, MyStack(...), original=...)."
        )
    arguments = dict(wrapper._saved_kwargs)  # noqa: SLF001 - where Gymnasium keeps them
    arguments |= GYMNASIUM_DOES.get(kind.__name__, {})
    _check_draws(kind.__name__, arguments)
    if ours is NormalizeObservation:
        arguments |= _learned(wrapper, wrapper.obs_rms)
    if ours is NormalizeReward:
        arguments |= _learned(wrapper, wrapper.return_rms)
    try:
        made: Wrapper[Any] = ours(**arguments)
    except Exception as error:
        raise ParityError(
            f"{brief(wrapper)} was made with {brief(arguments)}, of which statewrap's "
            f"{kind.__name__} cannot be made: {sentence(error)}"
        ) from error
    return made


def _learned(wrapper: Any, moments: Any) -> dict[str, Any]:
    """Return mode and statistics of one of Gymnasium's wrappers as ours takes them."""
    mode = "learn" if wrapper.update_running_mean else "frozen"
    fresh = moments.count == 1e-4 and not np.any(moments.mean)
    if fresh and mode == "learn":
        return {"mode": mode}
    return {"mode": mode, "statistics": Moments(moments.mean, moments.var, moments.count)}
