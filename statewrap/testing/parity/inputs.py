"""What is given to be compared, looked at before anything is run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, Final

import gymnasium
from gymnasium.vector import VectorEnv
from gymnasium.wrappers import OrderEnforcing, PassiveEnvChecker

from statewrap.core.borders import freeze
from statewrap.core.messages import TimeStep
from statewrap.core.same import difference
from statewrap.core.words import brief, sentence
from statewrap.core.wrapper import Stack, Wrapper
from statewrap.testing.parity.actions import Chooser
from statewrap.testing.parity.broken import ParityError
from statewrap.testing.parity.hops import or_itself
from statewrap.testing.parity.shims import Env
from statewrap.testing.parity.tape import Tape

LOOKED: Final = 60
"""How many steps are taken to see whether an environment repeats itself."""
HARMLESS: Final = (OrderEnforcing, PassiveEnvChecker)
"""Wrappers of `gymnasium.make` that only check; they are taken off."""


def bare(make_env: Any) -> Callable[[], Env]:
    """Return the function that makes the environment, what only checks taken off.

    Raises:
        ParityError: if it is no function, gives no environment, one that Gymnasium has wrapped, or
            the same one twice.
    """
    if isinstance(make_env, Tape):
        return make_env
    if not callable(make_env) or isinstance(make_env, gymnasium.Env):
        raise ParityError(
            f"make_env is {brief(make_env)}, expected a function without arguments that makes a "
            'new environment each time: lambda: gymnasium.make("CartPole-v1").unwrapped'
        )
    first, second = _made(make_env), _made(make_env)
    if first is second or first.unwrapped is second.unwrapped:
        raise ParityError(
            f"make_env gave the same environment twice, {brief(first)}. Each side plays its own: "
            "make a new one in each call."
        )
    return lambda: _made(make_env)


def _made(make_env: Callable[[], Any]) -> Env:
    try:
        env = make_env()
    except Exception as error:
        raise ParityError(
            f"make_env raised {type(error).__name__}: {sentence(error)} It is called without "
            "arguments, and returns a gymnasium.Env."
        ) from error
    while isinstance(env, HARMLESS):
        env = env.env
    if isinstance(env, VectorEnv) or not isinstance(env, gymnasium.Env):
        raise ParityError(f"make_env gave {brief(env)}, expected a gymnasium.Env, a single one.")
    for wrapper in _gymnasium_wrappers(env):
        name = type(wrapper).__name__
        raise ParityError(
            f"make_env gave {brief(env)}, which is wrapped in Gymnasium's {name}. Compare from the "
            f"bare environment, make_env=lambda: gymnasium.make(...).unwrapped, and put {name} "
            "into the stack if it belongs to what was ported."
        )
    return env


def _gymnasium_wrappers(env: Any) -> Iterator[Any]:
    """Yield Gymnasium's own wrappers; anybody else's are part of the environment."""
    while isinstance(env, gymnasium.Wrapper):
        if type(env).__module__.startswith("gymnasium.") and not isinstance(env, HARMLESS):
            yield env
        env = env.env


def check_repeats_itself(make_env: Callable[[], Env], seed: int, ignored: frozenset[str]) -> None:
    """Refuse an environment that does not answer the same actions the same.

    Raises:
        ParityError: naming what differs first.
    """
    env, other = make_env(), make_env()
    chooser, memory = Chooser(env.action_space, seed), 0
    answers = _reset(env, seed), _reset(other, seed)
    for step in range(LOOKED):
        _check_alike(*answers, step, seed, ignored)
        answer = answers[0]
        if len(answer) > 2 and (answer[2] or answer[3]):
            answers = _reset(env, None), _reset(other, None)
            continue
        memory, act = chooser.decide(memory, TimeStep(answer[0]))
        answers = _stepped(env, act.action), _stepped(other, act.action)


def _reset(env: Env, seed: int | None) -> tuple[Any, ...]:
    observation, info = env.reset(seed=seed)
    return freeze(observation), {key: or_itself(freeze, value) for key, value in info.items()}


def _stepped(env: Env, action: Any) -> tuple[Any, ...]:
    observation, reward, terminated, truncated, info = env.step(action)
    shown = {key: or_itself(freeze, value) for key, value in info.items()}
    return freeze(observation), freeze(reward), terminated, truncated, shown


def _check_alike(
    one: tuple[Any, ...], other: tuple[Any, ...], step: int, seed: int, ignored: frozenset[str]
) -> None:
    names = ("observation", "info") if len(one) == 2 else _NAMES
    for name, a, b in zip(names, one, other, strict=True):
        if name == "info":
            a, b = ({k: v for k, v in info.items() if k not in ignored} for info in (a, b))  # noqa: PLW2901
        odd = difference(a, b, name)
        if odd:
            key = odd.split("'")[1] if name == "info" and "'" in odd else ""
            leave_out = f" If it does not matter, leave it out: ignore=({key!r},)." if key else ""
            raise ParityError(
                f"The environment does not repeat itself: two of them, reset with seed={seed} and "
                f"given the same actions, differ after {step} steps: {odd}. They can only be "
                "compared if all randomness comes from the seed (self.np_random, after "
                f"super().reset(seed=seed)).{leave_out}"
            )


_NAMES: Final = ("observation", "reward", "terminated", "truncated", "info")


def a_stack(given: Any) -> Wrapper[Any] | None:
    """Return the inverted stack that was given; None for a function of an environment.

    Raises:
        ParityError: if it is neither.
    """
    if isinstance(given, Wrapper):
        if isinstance(given, Stack) and given.gaps is not None:
            raise ParityError(f"{brief(given)} is bound already. Give the stack as it was made.")
        if isinstance(given, Stack) and len(given) == 0:
            raise ParityError("The stack is empty: there is nothing to compare.")
        return given
    if isinstance(given, type) and issubclass(given, gymnasium.Wrapper):
        return None
    if isinstance(given, (type, gymnasium.Env)) or not callable(given):
        cure = "An instance is meant. " if isinstance(given, type) else ""
        raise ParityError(
            f"wrapped_or_stack is {brief(given)}. {cure}Expected a statewrap wrapper or stack, as "
            "RepeatAction(4), or a function that puts Gymnasium's wrappers around an environment: "
            "lambda env: gymnasium.wrappers.RepeatAction(env, 4)."
        )
    return None


def check_count(name: str, value: Any) -> None:
    """Refuse what is no count.

    Raises:
        ParityError: if it is no integer of at least 1.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ParityError(f"{name}={brief(value)} was given, expected an integer of at least 1.")


def checked_seeds(seeds: Any) -> tuple[int, ...]:
    """Return seeds as a tuple.

    Raises:
        ParityError: if they are no non-negative integers, or none, or not all different.
    """
    found = (seeds,) if isinstance(seeds, int) else tuple(seeds)
    good = all(isinstance(s, int) and not isinstance(s, bool) and s >= 0 for s in found)
    if not found or not good or any(a == b for a, b in pairwise(sorted(found))):
        raise ParityError(
            f"seeds={brief(seeds)} was given, expected different non-negative integers: (0, 1, 2)."
        )
    return found
