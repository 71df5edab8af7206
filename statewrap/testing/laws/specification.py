"""The law that a wrapper does what its specification says, message for message."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from statewrap.core.errors import PlacedError
from statewrap.core.events import Fact
from statewrap.core.key import Key
from statewrap.core.messages import Message
from statewrap.core.policy import Policy
from statewrap.core.same import difference
from statewrap.core.words import brief, sentence
from statewrap.core.wrapper import Below, Stack, Wrapper
from statewrap.testing.laws.law import UNSEEN, Broken, Setting, law
from statewrap.testing.oracle import OracleError, as_oracle
from statewrap.testing.script import Episodes, Routes, Turn, converse


@law(
    cure="Go through the dialogue by hand, with the specification beside it, to the turn that is "
    "named. One of the two is wrong there: mend the wrapper, or the specification."
)
def agrees_with_its_oracle(setting: Setting, *, oracle: Any) -> None:
    """Given the same messages, the wrapper and its specification answer the same, bit for bit."""
    oracle = named(oracle)
    beside = Beside(
        machine(oracle, setting.below),
        setting.stack,
        (f"the oracle {brief(oracle)}", "the wrapper"),
    )
    for _ in alike(beside, setting.episodes, setting.policy):
        pass


def named(thing: Any) -> Any:
    """Make an oracle of a bare generator function, and return everything else as it is."""
    return as_oracle(thing) if inspect.isgeneratorfunction(thing) else thing


def machine(thing: Any, below: Below) -> Routes:
    """Return what answers messages: a bound stack, or an object that has `initial` and `route`.

    Args:
        thing: a wrapper, an unbound stack, an oracle, a generator function that is one's
            specification, or an object as above.
        below: what is known of the environment.

    Raises:
        TypeError: if it is none of them.
    """
    thing = named(thing)
    if isinstance(thing, Wrapper):
        return Stack(thing).bind(below)
    if callable(getattr(thing, "initial", None)) and callable(getattr(thing, "route", None)):
        return thing  # type: ignore[no-any-return]
    raise TypeError(
        f"{brief(thing)} cannot be asked: expected a wrapper, a stack, an oracle (see as_oracle), "
        "or an object with initial(key) and route(memory, message, hops)."
    )


class BothRaised(Exception):  # noqa: N818 - no error: the two agree that nothing more is said
    """Both machines raised the same."""


class Apart(Broken):
    """Two machines answered a message differently."""

    def __init__(self, words: str, messages: list[Message], **where: Any) -> None:
        """Say how, and what they were told up to there, the message itself last."""
        super().__init__(words, **where)
        self.messages = messages


class Answered(NamedTuple):
    """What a machine made of a message."""

    memory: Any
    reply: Message | None
    raised: Exception | None = None


NOTHING: Final = Answered(UNSEEN, None)


class Beside:
    """Two machines side by side, told the same; it answers as the second, or finds them apart."""

    def __init__(self, expected: Routes, found: Routes, names: tuple[str, str]) -> None:
        self._expected, self._found, self._names = expected, found, names

    def initial(self, key: Key) -> tuple[Any, Any]:
        """Start both with the same key."""
        return self._expected.initial(key), self._found.initial(key)

    def route(
        self, memory: tuple[Any, Any], message: Message, hops: list[Fact]
    ) -> tuple[tuple[Any, Any], Message]:
        """Ask both.

        Raises:
            Apart: if they answer differently.
            BothRaised: if both raise an exception of the same type.
            OracleError: if a specification fails where the other machine answers.
        """
        expected = _ask(self._expected, memory[0], message, [])
        found = _ask(self._found, memory[1], message, hops)
        words = self._apart(expected, found)
        if words:
            told = f"in answer to {brief(message)}, {words}"
            raise Apart(told, [message], before=memory[1], after=found.memory)
        if found.reply is None:
            raise BothRaised
        return (expected.memory, found.memory), found.reply

    def _apart(self, expected: Answered, found: Answered) -> str | None:
        """Say how two answers differ, or return None."""
        for one, other in ((expected, found), (found, expected)):
            if isinstance(one.raised, OracleError) and _kind(one) is not _kind(other):
                raise one.raised
        if expected.reply is None or found.reply is None:
            alike = _kind(expected) is _kind(found)
            words = None if alike else "only one of the two answers"
        elif type(expected.reply) is not type(found.reply):
            words = "one of the two lets it pass, and the other does not"
        else:
            where = difference(expected.reply, found.reply)
            words = where and f"they differ in {where.removeprefix('.')} (expected != found)"
        return words and f"{words}.{said_by(self._names, (_told(expected), _told(found)))}"


def _ask(machine: Routes, memory: Any, message: Message, hops: list[Fact]) -> Answered:
    try:
        return Answered(*machine.route(memory, message, hops))
    except Exception as error:  # noqa: BLE001 - the two may raise alike
        inner = error.cause if isinstance(error, PlacedError) else error
        assert isinstance(inner, Exception)  # noqa: S101 - as it was caught
        return NOTHING._replace(raised=inner)


def _kind(answer: Answered) -> type:
    """Return the type of what was raised; a specification may raise on purpose."""
    error: BaseException | None = answer.raised
    if isinstance(error, OracleError):
        error = error.__cause__ or error
    return type(error)


def said_by(names: Sequence[str], words: Sequence[str]) -> str:
    """Write what each said under the other."""
    wide = max(map(len, names))
    return "".join(f"\n  {name:{wide}}  {told}" for name, told in zip(names, words, strict=True))


def _told(answer: Answered) -> str:
    if answer.raised is None:
        return brief(answer.reply)
    return f"raises {type(answer.raised).__name__}: {sentence(answer.raised)}"


def alike(beside: Beside, episodes: Episodes, policy: Policy[Any]) -> Iterator[Turn]:
    """Play a scene through two machines, turn by turn, until both raise or the script is over.

    Raises:
        Apart: where they differ; it names the turn.
    """
    messages: list[Message] = []
    try:
        for turn in converse(beside, episodes, policy):
            messages.append(turn.message)
            yield turn
    except BothRaised:
        return
    except Apart as apart:
        number = len(messages)
        raise Apart(
            f"At turn {number}, {apart.words}",
            messages + apart.messages,
            turn=number,
            before=apart.before,
            after=apart.after,
        ) from None
