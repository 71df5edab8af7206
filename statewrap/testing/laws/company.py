"""Laws about company: a wrapper in one stack with another of its own kind."""

from __future__ import annotations

import copy
from contextlib import suppress
from typing import Any

from statewrap.core.borders import freeze
from statewrap.core.errors import StatewrapError
from statewrap.core.policy import Policy
from statewrap.core.words import brief, sentence
from statewrap.core.wrapper import Below, Stack, Wrapper
from statewrap.testing.laws.heard import Heard, overhear
from statewrap.testing.laws.law import Broken, Setting, agree, agree_turn_by_turn, law
from statewrap.testing.laws.pauses import Decode, Encode, Paused, copied, plain_coders
from statewrap.testing.script import Improvise, Turn, converse

_DRAWN = 8
"""How many actions are drawn where two of a kind announce an action space of their own."""


@law(
    cure="Keep what a wrapper remembers in its memory, never under the name of its class: not in "
    "a class attribute, a module, a registry, or a default argument that all copies share."
)
def two_of_a_kind_do_not_touch(
    setting: Setting, encode: Encode | None = None, decode: Decode | None = None
) -> None:
    """Twice in one stack, each of the two answers as it would alone, and gets its own memory back.

    Twice means the same object, or a copy with another wrapper in between. Where two cannot be
    bound, or one of them refuses the other (as RecordEpisodeStatistics does a key that is taken),
    nothing is held.
    """
    pristine = copied(setting.unbound)
    for pair in (
        setting.unbound | setting.unbound,
        setting.unbound | Wrapper() | copied(setting.unbound),
    ):
        played = _played(pair, setting)
        if played is None:
            continue
        twice, turns, calls = played
        for place, wrapper in enumerate(pristine):
            for where in (place, len(pair) - len(pristine) + place):
                _answers_as_alone(wrapper, (twice.stack.gaps or ())[where], calls[where], where)
        if len(pair) == 2 * len(pristine):
            _restored(twice, turns, *plain_coders(encode, decode))


def _played(pair: Stack, setting: Setting) -> tuple[Setting, list[Turn], list[list[Heard]]] | None:
    """Play the scene through two of a kind; None if they are not meant to be in one stack."""
    try:
        stack = pair.bind(setting.below)
        twice = setting._replace(unbound=pair, stack=stack, policy=_policy(stack, setting))
        return twice, *overhear(twice, stack)
    except Exception:  # noqa: BLE001 - whatever they raise, they do not go together
        return None


def _policy(stack: Stack, setting: Setting) -> Policy[Any]:
    """Return a policy that acts in the space at the top, which may not be that of one alone."""
    top, of_one = ((some.gaps or ())[-1].action_space for some in (stack, setting.stack))
    if top is None or top == of_one:
        return setting.policy
    space = copy.deepcopy(top)
    space.seed(0)
    return Improvise([freeze(space.sample()) for _ in range(_DRAWN)])


def _answers_as_alone(wrapper: Wrapper[Any], below: Below, calls: list[Heard], where: int) -> None:
    """Ask a fresh copy what one of the two was asked."""
    told = f"In a stack with another of its kind, {brief(wrapper)} (wrapper {where})"
    alone, memory = copied(Stack(wrapper))[0].bind(below), None
    for call in calls:
        given = copy.deepcopy(call.given)
        arguments = (given,) if call.method == "initial" else (memory, given)
        try:
            result = getattr(alone, call.method)(*arguments)
        except Exception as error:
            raise Broken(
                f"{told} answers {call.method} with {brief(call.result)}, but alone, asked the "
                f"same, it raises {type(error).__name__}: {sentence(error)}",
                turn=call.turn,
                before=memory,
            ) from error
        again = call._replace(result=result)
        agree(
            again.reply,
            call.reply,
            f"{told} answers {call.method} otherwise than it would alone (alone != with the other)",
            turn=call.turn,
            before=memory,
            after=call.memory,
        )
        memory = again.memory


def _restored(twice: Setting, turns: list[Turn], encode: Encode, decode: Decode) -> None:
    """Save and restore the memory of both before every message."""
    paused = Paused(twice, encode, decode, anew=False)
    with suppress(StatewrapError):  # what cannot be saved at all, `survives_a_pause` tells
        restored = converse(paused, twice.episodes, twice.policy)
        agree_turn_by_turn(turns, restored, "Two of a kind, saved and restored")
