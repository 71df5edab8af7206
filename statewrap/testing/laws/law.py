"""What a law is: a function of a wrapper and a scene, which raises LawBroken if broken."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NamedTuple, Protocol

from statewrap.core.errors import PlacedError, StatewrapError
from statewrap.core.messages import Message, TimeStep
from statewrap.core.policy import Policy, as_policy
from statewrap.core.same import difference
from statewrap.core.words import brief
from statewrap.core.wrapper import Below, Stack, Wrapper
from statewrap.testing.script import Episodes, Turn, converse

UNSEEN: Final[Any] = object()
"""Where a finding has no memory to show."""


class Law(Protocol):
    """A named statement about every wrapper; `__doc__` states it in one sentence."""

    __name__: str
    sentence: str
    """The statement."""
    cure: str
    """What to do, in most cases, if it is broken."""
    costly: bool
    """Whether it takes a second or so, as one that starts a process does."""

    def __call__(
        self,
        wrapper: Wrapper[Any],
        below: Below,
        episodes: Episodes,
        policy: Policy[Any] | Callable[[Any], Any],
        **options: Any,
    ) -> None:
        """Hold it against a wrapper or an unbound stack, in one scene."""


class Broken(AssertionError):  # noqa: N818 - no error of this library: a test fails
    """What a check found, and where in the conversation; a law turns it into `LawBroken`."""

    def __init__(
        self,
        words: str,
        *,
        turn: int | None = None,
        before: Any = UNSEEN,
        after: Any = UNSEEN,
        cure: str | None = None,
    ) -> None:
        """Say what was wrong.

        Args:
            words: what was expected, and what was found.
            turn: the number of the turn at which it showed, counted from 0.
            before: the memory before that turn, of the wrapper or of the whole stack.
            after: the memory after it.
            cure: what to do, where that is known better than the law knows it.
        """
        super().__init__(words)
        self.words, self.turn, self.before, self.after = words, turn, before, after
        self.cure = cure


class LawBroken(AssertionError):  # noqa: N818 - the same
    """A wrapper breaks a law. The message says which, how, where, and the likely cure."""

    def __init__(
        self, law: Law, wrapper: Wrapper[Any], found: Broken, evidence: str | None = None
    ) -> None:
        """Name the law and the wrapper.

        Args:
            law: the law.
            wrapper: who breaks it.
            found: what was wrong, and where.
            evidence: the whole message, where a search has found more to say.
        """
        self.law, self.wrapper, self.found = law, wrapper, found
        self.cure = found.cure or law.cure
        super().__init__(
            evidence
            or f"{brief(wrapper, 400)} breaks the law {law.__name__}: {law.sentence}\n"
            f"{found.words}\nCure: {self.cure}"
        )


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


def law(*, cure: str, costly: bool = False) -> Callable[[Callable[..., None]], Law]:
    """Make a law of a check: bind the wrapper, and say which law was broken, by whom and how.

    The check takes a `Setting` and raises `Broken`. The first line of its docstring is the law's
    sentence.
    """

    def made(check: Callable[..., None]) -> Law:
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
                raise LawBroken(named, _one(unbound), _found(error)) from error

        del held.__wrapped__  # the signature is the law's
        named: Any = held
        named.sentence, named.cure = (check.__doc__ or "").partition("\n")[0], cure
        named.costly = costly
        return named  # type: ignore[no-any-return]

    return made


def _one(stack: Stack) -> Wrapper[Any]:
    return stack[0] if len(stack) == 1 else stack


def _found(error: BaseException) -> Broken:
    """Return what a check found; what a wrapper raised is a finding too."""
    inner = error.cause if isinstance(error, PlacedError) else error
    if isinstance(inner, Broken):
        return inner
    return Broken(str(inner if isinstance(inner, AssertionError) else error))


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


def agree(expected: Any, actual: Any, what: str, **where: Any) -> None:
    """Hold that two values are the same.

    Args:
        expected: what it should be.
        actual: what it is.
        what: what was compared.
        where: the turn, memories and cure, as `Broken` takes them.

    Raises:
        Broken: if not; it says where they differ.
    """
    found = difference(expected, actual)
    if found:
        raise Broken(f"{what}: {found}.", **where)


def agree_turn_by_turn(expected: Iterable[Turn], actual: Iterable[Turn], what: str) -> None:
    """Hold that two conversations say the same.

    Raises:
        Broken: if not; it names the turn, the message and the first difference.
    """
    for number, (a, b) in enumerate(zip(expected, actual, strict=True)):
        where, seen = f"{what}, at turn {number}", place(number, b)
        agree(a.message, b.message, f"{where}, the message in (expected != found)", **seen)
        found = difference(a.reply, b.reply)
        if found:
            told = f"the reply to {brief(a.message)} (expected != found)"
            raise Broken(f"{where}, {told}: {found}.", **seen)


def place(number: int, turn: Turn) -> dict[str, Any]:
    """Say where in a conversation something was found, as `Broken` takes it."""
    return {"turn": number, "before": turn.memory, "after": turn.after}


def said_at(gap: int, facts: Iterable[tuple[int, Any]], *, rising: bool) -> list[Message]:
    """Return what crossed one gap upward, or downward."""
    crossed = [what for where, what in facts if where == gap and isinstance(what, Message)]
    return [message for message in crossed if (type(message) is TimeStep) is rising]
