"""The original: Gymnasium wrappers around an environment, with a tap at each gap."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import attrs
import gymnasium

from statewrap.core.borders import thaw
from statewrap.core.messages import Act, Message, Reset, TimeStep
from statewrap.core.words import brief, sentence
from statewrap.testing.parity.broken import ParityError
from statewrap.testing.parity.gaps import Gaps, aligned, one_to_one
from statewrap.testing.parity.hops import or_itself
from statewrap.testing.parity.shims import Env, Shim, Stepped

Wrap = Callable[[Env], Env]
"""Puts one wrapper, or several, around an environment."""
Note = Callable[[int, Message], None]


class Tap(Shim):
    """Notes whatever crosses a gap of the original, and hands on copies.

    Gymnasium's wrappers keep references and write into what they are given. Over buffers that
    are used again they would show what nobody means, which is a difference that is listed; so
    nothing is shared across a tap.
    """

    def __init__(self, env: Env, gap: int, note: Note) -> None:
        super().__init__(env)
        self.tapped, self.note = gap, note

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Note the request and its answer."""
        self.note(self.tapped, Reset(seed, options))
        observation, info = self.env.reset(seed=seed, options=options)
        self.note(self.tapped, TimeStep(observation, info=info, first=True))
        return thaw(observation), _copied(info)

    def step(self, action: Any) -> Stepped:
        """Note the action and its answer."""
        self.note(self.tapped, Act(action))
        observation, reward, terminated, truncated, info = self.env.step(thaw(action))
        self.note(self.tapped, TimeStep(observation, reward, terminated, truncated, info))
        return thaw(observation), thaw(reward), terminated, truncated, _copied(info)


def _copied(info: Any) -> dict[str, Any]:
    return {key: or_itself(thaw, value) for key, value in info.items()}


@attrs.frozen
class Original:
    """What the inverted stack is held against."""

    wraps: tuple[Wrap, ...]
    """One for each wrapper, nearest to the environment first; or one for all of them."""
    names: tuple[str, ...]
    """What they are called."""
    gaps: Gaps
    whole: bool = False
    """Whether the one function puts several wrappers around an environment."""

    def build(self, env: Env, note: Note) -> Env:
        """Put the original around an environment, taps included."""
        with warnings.catch_warnings(action="ignore"):  # of casts of bounds, which both make
            return self._opened_up(env, note) if self.whole else self._joined(env, note)

    def _joined(self, env: Env, note: Note) -> Env:
        env = self._tapped(env, 0, note)
        for number, wrap in enumerate(self.wraps):
            env = self._tapped(wrapped(wrap, env), number + 1, note)
        return env

    def _opened_up(self, env: Env, note: Note) -> Env:
        bottom = self._tapped(env, 0, note)
        top = wrapped(self.wraps[0], bottom)
        chain = layers(top, bottom)
        for number, wrapper in enumerate(chain[1:]):
            wrapper.env = self._tapped(wrapper.env, number + 1, note)
        return self._tapped(top, len(chain), note)

    def _tapped(self, env: Env, gap: int, note: Note) -> Env:
        k = self.gaps.theirs(gap)
        return env if k is None else Tap(env, k, note)


def original_of(wraps: Wrap | Sequence[Wrap], ours: Sequence[str], bottom: Env) -> Original:
    """Look at what functions put around an environment, to know their gaps and names.

    Args:
        wraps: a function, or one for each wrapper of the inverted stack.
        ours: the names of the inverted wrappers.
        bottom: an environment to try it on.

    Raises:
        ParityError: if a function raises, or gives something else than a gymnasium.Wrapper.
    """
    if not callable(wraps):
        names, env = list[str](), bottom
        for wrap in wraps:
            above = wrapped(wrap, env)
            names.append("".join(type(w).__name__ for w in layers(above, env)) or "nothing")
            env = above
        return Original(tuple(wraps), tuple(names), one_to_one(len(wraps)))
    theirs = tuple(type(layer).__name__ for layer in layers(wrapped(wraps, bottom), bottom))
    if len(theirs) > 1:
        return Original((wraps,), theirs, aligned(ours, theirs), whole=True)
    return Original((wraps,), theirs or ("nothing",), Gaps(((0, 0), (len(ours), 1))))


def wrapped(wrap: Wrap, env: Env) -> Env:
    """Let a function put its wrappers around an environment.

    Raises:
        ParityError: if it raises, or gives something else.
    """
    try:
        with warnings.catch_warnings(action="ignore"):
            above = wrap(env)
    except Exception as error:
        raise ParityError(
            f"The original {brief(wrap)} cannot be put around {brief(env.unwrapped)}: it raised "
            f"{type(error).__name__}: {sentence(error)}"
        ) from error
    if not isinstance(above, gymnasium.Env):
        raise ParityError(
            f"The original {brief(wrap)} gave {brief(above)}, expected a gymnasium.Wrapper around "
            "the environment that it is given, as in original=lambda env: OldSkip(env, 3)."
        )
    layers(above, env)
    return above


def layers(top: Env, bottom: Env) -> list[Any]:
    """Return the wrappers from an environment up to the topmost one.

    Raises:
        ParityError: if they do not stand on that environment.
    """
    chain: list[Any] = []
    env: Any = top
    while env is not bottom:
        if not isinstance(env, gymnasium.Wrapper):
            raise ParityError(
                f"The original {brief(top)} does not stand on the environment that it was given, "
                f"{brief(bottom)}, but on {brief(env)}. Both sides must play the same one: wrap "
                "the argument, as in original=lambda env: OldSkip(env, 3)."
            )
        chain.append(env)
        env = env.env
    return chain[::-1]
