"""What a law is: a function of a wrapper and a scene, which raises AssertionError if broken."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, Protocol

from statewrap.core.errors import PlacedError, StatewrapError
from statewrap.core.messages import Message, TimeStep
from statewrap.core.policy import Policy, as_policy
from statewrap.core.same import difference
from statewrap.core.words import brief
from statewrap.core.wrapper import Below, Stack, Wrapper
from statewrap.testing.script import Episodes, Turn, converse


class Law(Protocol):
    """A named statement about every wrapper; `__doc__` states it in one sentence."""

    __name__: str

    def __call__(
        self,
        wrapper: Wrapper[Any],
        below: Below,
        episodes: Episodes,
        policy: Policy[Any] | Callable[[Any], Any],
        **options: Any,
    ) -> None:
        """Hold it against a wrapper or an unbound stack, in one scene."""


class Setting(NamedTuple):
    """What a law is held against."""

    unbound: Stack
    stack: Stack
    """The same, bound."""
    below: Below
    episodes: Episodes
    policy: Policy[Any]

    def turns(self, stack: Stack | None = None, **options: Any) -> Iterator[Turn]:
        """Play the scene through a bound stack, the setting's own if none is given."""
        return converse(
            self.stack if stack is None else stack, self.episodes, self.policy, **options
        )


def law(check: Callable[..., None]) -> Law:
    """Make a law of a check: bind the wrapper, and say which law was broken, by whom and how."""

    @functools.wraps(check)
    def held(
        wrapper: Wrapper[Any],
        below: Below,
        episodes: Episodes,
        policy: Policy[Any] | Callable[[Any], Any],
        **options: Any,
    ) -> None:
        _check_scene(below, episodes)
        unbound = Stack(wrapper)
        setting = Setting(unbound, unbound.bind(below), below, episodes, as_policy(policy))
        try:
            check(setting, **options)
        except (AssertionError, StatewrapError) as error:
            found = error.cause if isinstance(error, PlacedError) else error
            said = found if isinstance(found, AssertionError) else error
            raise AssertionError(_broken(check, unbound, said)) from error

    del held.__wrapped__  # the signature is the law's, not the check's
    return held


def _check_scene(below: Any, episodes: Any) -> None:
    """Refuse what is no scene, lest a law holds because nothing happened.

    Raises:
        TypeError, ValueError: saying what a scene is.
    """
    if not isinstance(below, Below):
        raise TypeError(
            f"below is {below!r}, expected Below(): law(wrapper, below, episodes, policy)."
        )
    if not isinstance(episodes, (list, tuple)) or not episodes:
        raise ValueError(f"episodes is {episodes!r}, expected at least one: [[FIRST, ...], ...].")
    for number, episode in enumerate(episodes):
        if not isinstance(episode, (list, tuple)) or not episode:
            raise TypeError(f"Episode {number} is {episode!r}, expected a list of time steps.")
        if [timestep.first for timestep in episode] != [True] + [False] * (len(episode) - 1):
            raise ValueError(
                f"Episode {number} is {episode!r}, expected one that opens with a `first` time "
                "step and has no other."
            )


def agree(expected: Any, actual: Any, what: str) -> None:
    """Hold that two values are the same.

    Raises:
        AssertionError: if not; it says where they differ.
    """
    found = difference(expected, actual)
    if found:
        raise AssertionError(f"{what}: {found}.")


def agree_turn_by_turn(expected: Iterable[Turn], actual: Iterable[Turn], what: str) -> None:
    """Hold that two conversations say the same.

    Raises:
        AssertionError: if not; it names the turn, the message and the first difference.
    """
    for number, (a, b) in enumerate(zip(expected, actual, strict=True)):
        where = f"{what}, at turn {number}"
        agree(a.message, b.message, f"{where}, the message in (expected != found)")
        agree(a.reply, b.reply, f"{where}, the reply to {brief(a.message)} (expected != found)")


def said_at(gap: int, facts: Iterable[tuple[int, Any]], *, rising: bool) -> list[Message]:
    """Return what crossed one gap upward, or downward."""
    crossed = [what for where, what in facts if where == gap and isinstance(what, Message)]
    return [message for message in crossed if (type(message) is TimeStep) is rising]


def _broken(check: Callable[..., None], stack: Stack, error: BaseException) -> str:
    sentence = (check.__doc__ or "").partition("\n")[0]
    name = repr(stack[0] if len(stack) == 1 else stack)
    return f"{name} breaks the law {check.__name__}: {sentence}\n{error}"
