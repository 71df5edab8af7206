"""Gymnasium's wrappers made of statewrap's, and the reverse: names and arguments are the same."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
import gymnasium
import numpy as np

import statewrap.wrappers
from statewrap.core.key import Key
from statewrap.core.same import same
from statewrap.core.words import brief, sentence
from statewrap.core.wrapper import Wrapper
from statewrap.gym.below import below_env
from statewrap.gym.bridging import bridged
from statewrap.gym.recognition import made_of
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


def recognised(chain: Sequence[Env]) -> list[tuple[Wrapper[Any], ...]]:
    """Return what each layer of the original is in statewrap, nearest to the environment first.

    Raises:
        ParityError: if one of them can be neither translated nor bridged, or cannot be compared.
    """
    return [_inverted(layer) for layer in chain]


def _inverted(layer: Any) -> tuple[Wrapper[Any], ...]:
    try:
        made = made_of(layer)
    except Exception as error:
        raise ParityError(f"{brief(layer)} cannot be inverted: {sentence(error)}") from error
    if made is None:
        return (_bridge(layer),)
    for wrapper in made:
        name, given = type(wrapper).__name__, ("draws", "noop_max")
        _check_draws(name, {key: getattr(wrapper, key) for key in given if hasattr(wrapper, key)})
    return tuple(_begun(layer, wrapper) for wrapper in made)


def _bridge(layer: Any) -> Wrapper[Any]:
    """Return the bridge of a wrapper that has no twin.

    Raises:
        ParityError: if it cannot be bridged, or draws.
    """
    name = f"{type(layer).__module__}.{type(layer).__qualname__}"
    cure = (
        f"Say what it becomes, statewrap.gym.register_twin({type(layer).__qualname__}, MyTwin), or "
        "give the inverted stack, and this function as the original: assert_parity(make_env, "
        "MyStack(...), original=...)."
    )
    try:
        made = bridged(layer, layer.env, below_env(layer.env), Key.from_seed(0))
    except ValueError as error:
        raise ParityError(
            f"{name} has no twin, and no bridge takes it: {sentence(error)} {cure}"
        ) from error
    if made.bound.seen is not None and made.bound.seen.draws:
        raise ParityError(
            f"{name} draws from its environment's generator, and under a bridge from a key of its "
            f"own, so the two cannot be compared. {cure}"
        )
    return made.bridge


def _begun(layer: Any, wrapper: Any) -> Any:
    """Let a wrapper that learns begin with what its original has learned before."""
    name = {NormalizeObservation: "obs_rms", NormalizeReward: "return_rms"}.get(type(wrapper), "")
    rms: Any = getattr(layer, name, None)
    fresh = rms is None or (rms.count == 1e-4 and not np.any(rms.mean))
    if fresh or wrapper.mode != "learn":
        return wrapper
    return attrs.evolve(wrapper, statistics=Moments(rms.mean, rms.var, rms.count))
