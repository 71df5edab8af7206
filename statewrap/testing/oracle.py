"""Oracles: a wrapper's specification, written as the loop that the wrapper turned inside out.

A wrapper that spans time answers one message at a time, which is right and not always easy to read.
What it is meant to do is often a plain loop, and a generator function may write it down:

    @as_oracle
    def repeat_action(opening, num_repeats):
        act = yield opening                      # let the opening rise; an act comes back
        while True:
            reward = 0.0
            for _ in range(num_repeats):
                timestep = yield act             # send it down; a time step comes back
                reward += float(timestep.reward)
                if timestep.last:
                    break
            act = yield timestep.replace(reward=reward)

Every `yield` answers the message that came before it and gives the next one. `repeat_action(3)` is
an `Oracle`: a slow wrapper without a thought of memory, against which the quick one is held.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Mapping
from typing import Any, Final, Literal, NamedTuple, Self, get_args, overload

import attrs

from statewrap.core.fields import argument, shown
from statewrap.core.key import Key
from statewrap.core.messages import Act, Message, Reset, TimeStep
from statewrap.core.words import brief, sentence
from statewrap.core.wrapper import Below, Wrapper

Over = Literal["episode", "session"]
Specification = Callable[..., Generator[Message, Any, Any]]
"""A generator function: its first parameter is the message that it begins with."""

_FORM: Final = (
    "A specification is a generator function:\n"
    "    @as_oracle\n"
    "    def passes(opening):\n"
    "        message = yield opening\n"
    "        while True:\n"
    "            message = yield message"
)


class OracleError(Exception):
    """The specification itself is wrong: no verdict on any wrapper.

    So it is neither an `AssertionError` nor a `StatewrapError`, which a law would take for a
    finding about the wrapper.
    """


class Told(NamedTuple):
    """What a specification was told since it began: from that, it says again what it said."""

    messages: tuple[Message, ...]
    key: Key
    """The key that it began with."""
    renewed: Key
    """The key that it is to begin with next."""
    asked: bool
    """Whether it sent a `Reset` of its own, so that the next `first` is the answer to that."""


@attrs.frozen
class Oracle(Wrapper[Told]):
    """A wrapper that says what a generator function says; `as_oracle` makes one.

    Being a wrapper, it can be asked with `play` and `trace`. Its memory is the messages since it
    began, which it goes through from the start for each answer, so it is slow, and no more than
    a specification.
    """

    memory_types = (Told, Key, TimeStep, Act, Reset)

    function: Specification = argument()
    arguments: tuple[Any, ...] = argument(())
    options: Mapping[str, Any] = argument(factory=dict)
    over: Over = "episode"
    resets: bool = False

    def __call__(self, *arguments: Any, **options: Any) -> Oracle:
        """Return the oracle for these arguments of the specification.

        Raises:
            TypeError: if the specification does not take them.
        """
        twin = attrs.evolve(self, arguments=arguments, options=options)
        twin._check_arguments()  # noqa: SLF001 - one of its own kind
        return twin

    @property
    def keeps(self) -> bool:  # type: ignore[override]  # a class variable elsewhere
        """Whether the specification goes on from one episode to the next."""
        return self.over == "session"

    def bind(self, below: Below) -> Self:
        """Check that the specification has all its arguments.

        Raises:
            TypeError: if one is missing.
        """
        self._check_arguments()
        return self

    def initial(self, key: Key) -> Told:
        """Have been told nothing."""
        return Told((), key, key, asked=False)

    def renew(self, memory: Told, key: Key) -> Told:
        """Keep the key of the new episode, should the specification begin anew with it."""
        return memory._replace(renewed=key)

    def on_state(self, memory: Told, timestep: TimeStep) -> tuple[Told, Message]:
        """Begin with an opening, or go on."""
        if timestep.first and self.over == "episode" and not memory.asked:
            memory = Told((), memory.renewed, memory.renewed, asked=False)
        return self._said(memory, timestep)

    def on_action(self, memory: Told, act: Act) -> tuple[Told, Message]:
        """Go on."""
        return self._said(memory, act)

    def on_reset(self, memory: Told, request: Reset) -> tuple[Told, Message]:
        """Let it pass, unless the specification wants to see it."""
        if not self.resets or not (memory.messages or self.over == "session"):
            return memory, request
        return self._said(memory, request)

    def __repr__(self) -> str:
        named = (f"{name}={shown(value)}" for name, value in self.options.items())
        return f"{self._name}({', '.join([*map(shown, self.arguments), *named])})"

    @property
    def _name(self) -> str:
        return getattr(self.function, "__name__", "specification")

    def _check_arguments(self) -> None:
        given = {**self._key(Key(0, 0)), **self.options}
        try:
            inspect.signature(self.function).bind(None, *self.arguments, **given)
        except TypeError as error:
            raise TypeError(
                f"The oracle {brief(self)} does not fit its specification: {sentence(error)} The "
                "first parameter of the function is the message that it begins with, one named "
                f"`key` is filled in, and the others are given, as in {self._name}(3)."
            ) from None

    def _key(self, key: Key) -> dict[str, Key]:
        """Return the argument `key`, if the specification has such a parameter."""
        wanted = "key" in inspect.signature(self.function).parameters
        return {"key": key} if wanted and "key" not in self.options else {}

    def _said(self, memory: Told, message: Message) -> tuple[Told, Message]:
        """Tell the specification everything again, and then this message."""
        messages = (*memory.messages, message)
        speech = self.function(
            messages[0], *self.arguments, **self._key(memory.key), **self.options
        )
        try:
            reply = next(speech)
            for told in messages[1:]:
                reply = speech.send(told)
            speech.close()
        except StopIteration:
            raise self._wrong(f"stopped when it was to answer {brief(message)}.") from None
        except Exception as error:
            what = f"raised {type(error).__name__} in answer to {brief(message)}"
            raise self._wrong(f"{what}: {sentence(error)}") from error
        if not isinstance(reply, Message):
            said = f"answered {brief(message)} with {brief(reply)}, which is no message"
            raise self._wrong(f"{said}: `timestep = yield act` or `act = yield timestep`.")
        asked = type(reply) is Reset and type(message) is not Reset
        return memory._replace(messages=messages, asked=asked), reply

    def _wrong(self, what: str) -> OracleError:
        code = getattr(self.function, "__code__", None)
        where = f" ({code.co_filename}:{code.co_firstlineno})" if code else ""
        return OracleError(
            f"The specification {self!r}{where} {what} That is its own fault, and no verdict on "
            "any wrapper. It has to answer each message that it is given with one."
        )


@overload
def as_oracle(function: Specification, *, over: Over = ..., resets: bool = ...) -> Oracle: ...
@overload
def as_oracle(
    function: None = None, *, over: Over = ..., resets: bool = ...
) -> Callable[[Specification], Oracle]: ...
def as_oracle(
    function: Specification | None = None, *, over: Over = "episode", resets: bool = False
) -> Oracle | Callable[[Specification], Oracle]:
    """Make an oracle of a generator function: the readable specification of a wrapper.

    The function is called with the time step that opens an episode, and then with the arguments
    that the oracle is called with. Each `yield` gives the answer to the message before, and returns
    the next message: after `yield act` a time step, after `yield timestep` an act.

    A `first` time step, asked for or not, begins the function anew wherever it stood; so it need
    not ask for `first`, and what it knew of the last episode is forgotten. The one exception: a
    `first` that answers a `Reset` which the function itself sent is returned by that `yield`.

    A parameter named `key` is given the key that `renew` gives the wrapper, so that
    both draw the same.

    Args:
        function: a generator function; left out where `as_oracle` is a decorator with options.
        over: "session" to call the function once, with the session's first message; then every
            `first` is returned by a `yield`. For what outlives an episode.
        resets: whether the function sees the resets from above too. Otherwise they pass.

    Raises:
        TypeError: if `function` is no generator function.
        ValueError: if `over` is something else.

    >>> from statewrap.testing import FIRST, play
    >>> @as_oracle
    ... def repeat_action(opening, num_repeats):
    ...     act = yield opening
    ...     while True:
    ...         reward = 0.0
    ...         for _ in range(num_repeats):
    ...             timestep = yield act
    ...             reward += float(timestep.reward)
    ...             if timestep.last:
    ...                 break
    ...         act = yield timestep.replace(reward=reward)
    >>> f1, f2 = TimeStep("f1", reward=1.0), TimeStep("f2", reward=2.0)
    >>> play(repeat_action(2), FIRST, Act("jump"), f1, f2)
    [TimeStep('f0', first=True), Act('jump'), Act('jump'), TimeStep('f2', reward=3.0)]

    What a whole session counts:

    >>> @as_oracle(over="session")
    ... def number_episodes(message):
    ...     episodes = 0
    ...     while True:
    ...         if type(message) is TimeStep and message.first:
    ...             episodes += 1
    ...             message = message.replace(info={"episode": episodes})
    ...         message = yield message
    >>> play(number_episodes, FIRST, FIRST)[1].info
    {'episode': 2}
    """
    if over not in get_args(Over):
        raise ValueError(f"over={over!r} was given, expected one of {get_args(Over)}.")
    if function is None:
        return lambda function: as_oracle(function, over=over, resets=resets)
    if not inspect.isgeneratorfunction(function):
        raise TypeError(f"{brief(function)} has no `yield` in it. {_FORM}")
    return Oracle(function, over=over, resets=resets)
