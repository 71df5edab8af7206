"""Laws about what leaves a stack: the rules of episodes, the spaces announced, who drives it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from statewrap.core.drivers import initial_agent, pull, push
from statewrap.core.errors import ProtocolError
from statewrap.core.events import Fact
from statewrap.core.messages import Act, Command, Message, Reset, TimeStep
from statewrap.core.spaces import why_not
from statewrap.core.trace import speaker
from statewrap.core.words import brief
from statewrap.core.wrapper import Below
from statewrap.testing.dialogue import KEY, EpisodeRules
from statewrap.testing.laws.law import Broken, Setting, agree, law, place, said_at
from statewrap.testing.script import Episodes, Script, ScriptOver, Seat


@law(
    cure="Let a last time step rise: `if timestep.last: return memory, timestep`. Set `first` "
    "only on a time step that opens an episode for those above, with reward 0."
)
def episode_rules_at_every_gap(setting: Setting) -> None:
    """At every gap an episode opens with a right `first`, and nothing belongs to no episode."""
    rules = EpisodeRules(setting.stack)
    for number, turn in enumerate(setting.turns()):
        try:
            rules.hold(turn.facts)
        except ProtocolError as error:
            raise Broken(str(error), **place(number, turn)) from error


@law(
    cure="Announce in `above` the space of what leaves the wrapper: its shape, kind of dtype and "
    "bounds."
)
def spaces_are_kept(setting: Setting) -> None:
    """What crosses a gap lies in the spaces that `above` announces there."""
    gaps, endless = setting.stack.gaps or (), _has_infinity(setting.episodes)
    for number, turn in enumerate(setting.turns()):
        for gap, message in turn.facts:
            wrong = _outside(gaps[gap], message)
            if wrong and not (endless and "nan" in wrong):  # infinity minus infinity is no number
                who = speaker(setting.stack, gap, message)
                words = f"At turn {number}, at gap {gap}, {who} sent {wrong}"
                cure = None if type(message) is TimeStep else _CURE_OF_ACTS
                raise Broken(words, cure=cure, **place(number, turn))


_CURE_OF_ACTS: Final = (
    "Send down what lies in the action space below, or refuse at `bind` a space for which there is "
    "no such action (BindError); announce in `above` what the policy may send."
)


def _has_infinity(episodes: Episodes) -> bool:
    """Tell whether an infinite number is observed, which lies in an unbounded Box."""
    return any(_infinite(step.observation) for episode in episodes for step in episode)


def _infinite(value: Any) -> bool:
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind == "f":
        return bool(np.isinf(value).any())
    parts = value.values() if isinstance(value, dict) else value
    return isinstance(value, (dict, tuple, list)) and any(map(_infinite, parts))


def _outside(known: Below, message: Any) -> str | None:
    """Say in which announced space a message does not lie, or return None."""
    space, value, name = None, None, ""
    if type(message) is TimeStep:
        space, value, name = known.observation_space, message.observation, "observation"
    elif type(message) is Act:
        space, value, name = known.action_space, message.action, "action"
    wrong = None if space is None else why_not(space, value, name)
    return wrong and f"{brief(message)}: the {wrong}. The space announced there is {space}."


@law(
    cure="Decide by the messages alone: an episode may open with a Reset before it or without one."
)
def push_is_pull(setting: Setting) -> None:
    """Whoever owns the loop, the same commands leave the bottom, the same time steps the top."""
    pushed, pulled = _pushed(setting), _pulled(setting)
    top = len(setting.stack)
    for what, gap, rising in (
        ("commands", 0, False),
        ("time steps shown", top, True),
    ):
        here, there = said_at(gap, pushed, rising=rising), said_at(gap, pulled, rising=rising)
        for number, (a, b) in enumerate(zip(here, there, strict=False)):
            agree(a, b, f"Of the {what}, number {number} (pushed != pulled)")
        agree(len(here), len(there), f"How many {what} there are (pushed != pulled)")


def _pushed(setting: Setting) -> list[Fact]:
    """Play the scene with the environment owning the loop, and return the facts."""
    stack, policy, facts = setting.stack, setting.policy, list[Fact]()
    environment, agent = Script(setting.episodes), initial_agent(stack, policy, KEY)
    command: Any = Reset()
    try:
        while True:
            raw = environment(command)
            agent, command = push(stack, policy, agent, raw, over=raw.last, hops=facts)
    except ScriptOver:
        return facts


def _pulled(setting: Setting) -> list[Fact]:
    """Play the scene with the policy owning the loop, and return the facts from the opening on."""
    stack, seat, facts = setting.stack, Seat(setting.policy), list[Fact]()
    environment, memory = Script(setting.episodes), stack.initial(KEY)
    command: Command = Reset()
    try:
        while True:
            memory, shown = pull(stack, memory, command, environment, facts)
            command = seat.answer(shown)
    except ScriptOver:
        opening = next(i for i, (gap, what) in enumerate(facts) if gap == 0 and _shows(what))
        return facts[opening:]


def _shows(what: Any) -> bool:
    return type(what) is TimeStep


@law(cure="Let `renew` forget; `on_reset` stores nothing that outlives the next `first`.")
def first_alone_suffices(setting: Setting) -> None:
    """The memory after a `first` time step is the same with and without a `Reset` before it."""
    _hold_first_alone(setting, setting.stack.initial(KEY), "before anything was shown")
    for number, turn in enumerate(setting.turns()):
        if type(turn.reply) is TimeStep:
            _hold_first_alone(setting, turn.after, f"after turn {number}, {brief(turn.reply)}")


def _hold_first_alone(setting: Setting, memory: Any, when: str) -> None:
    asked, reply = setting.stack.route(memory, Reset())
    if type(reply) is not Reset:  # a wrapper has answered it, so those below were told otherwise
        return
    without, with_reset = _opened(setting, memory), _opened(setting, asked)
    what = f"What the next `first` leads to (without != with a Reset before it), {when}"
    agree(without, with_reset, what)


def _opened(setting: Setting, memory: Any) -> tuple[list[Message], Any]:
    """Show an opening, and go on until a time step rises: return the replies and the memory."""
    environment, replies = Script(setting.episodes), list[Message]()
    command: Command = Reset()
    while True:
        try:
            raw = environment(command)
        except ScriptOver:  # the script is too short: not every wrapper has seen a `first`
            return replies, None
        memory, reply = setting.stack.route(memory, raw)
        replies.append(reply)
        if type(reply) is TimeStep:
            return replies, memory
        command = reply
