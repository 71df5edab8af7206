"""What wrappers are when they have just been made: what all of them share, and what they saw."""

from __future__ import annotations

import contextlib
import copy
from typing import Final

from statewrap.core.key import Key
from statewrap.core.messages import Message, Reset, TimeStep
from statewrap.core.same import difference
from statewrap.gym.bridge import watch
from statewrap.gym.bridge.engine import ask
from statewrap.gym.bridge.errors import InNoModeError, SharedError
from statewrap.gym.bridge.graph import State
from statewrap.gym.bridge.live import Live
from statewrap.gym.bridge.memory import Held
from statewrap.gym.bridge.replay import Replay
from statewrap.gym.bridge.workshop import Only, Workshop
from statewrap.gym.bridge.world import Hand, World, answered

KEY: Final = Key.from_seed(20_26)
_LOOKS: Final = 12
"""For how many messages it is held that a wrapper does not go on with what was made up."""


def hold_own(one: Live, other: Live) -> None:
    """Hold that what was changed belongs to one live wrapper; put the rest back.

    Raises:
        SharedError: if the factory gave it to both.
    """
    theirs = {id(slot.thing) for slot in other.graph.slots.values()}
    shared = [slot for slot in one.graph.slots.values() if id(slot.thing) in theirs]
    writer, reader = one.graph.writer(), one.graph.reader()
    changed = [slot for slot in shared if difference(slot.base, slot.read(writer))]
    for slot in changed:
        slot.put(slot.base, reader)
    if changed:
        raise SharedError(
            f"{changed[0].path} is one object in all that the factory makes, and the wrapper "
            "changes it: all sessions would share it. Make it in the factory, or copy it "
            "there: `lambda env: MyWrapper(env, copy.deepcopy(it))`."
        )


def hold_unseen(workshop: Workshop, live: Live, world: World, hand: Hand) -> None:
    """Hold that a wrapper does not go on with what a reset in its constructor has shown.

    Args:
        workshop: where another one is made, which is shown something else.
        live: one that was made as the first was, and may have drawn something else.
        world: a made-up environment.
        hand: who acts in it.

    Raises:
        InNoModeError: if it does: nobody knows what the environment would show.
    """
    base = workshop.base()
    if difference(base, live.graph.base):
        return
    other = workshop.another(TimeStep(world.observation(), first=True))
    usual, shown = (_told(live, state, world, hand) for state in (base, other.graph.base))
    if difference(usual, shown):
        raise InNoModeError(
            f"{live.name} resets its environment while it is made, and goes on with what it is "
            "shown then, but under a bridge there is no environment yet. Let it look in `reset`, "
            "or take it over as it stands: Deployment.from_env(env, ...)."
        )


def _told(live: Live, base: State, world: World, hand: Hand) -> list[Message]:
    """Return what a wrapper answers to some messages, from a state."""
    world, hand = copy.deepcopy((world, hand))
    run, told = Replay(Only(live), base, None), list[Message]()
    held, message = Held(base, KEY), Reset()  # type: Held, Message
    held_off = contextlib.suppress(Exception, watch.EffectError)
    with held_off, watch.quiet(), watch.Watch():  # it may not like what is made up
        while len(told) < _LOOKS:
            held, reply = ask(run, held, message)
            told.append(reply)
            message = answered(reply, world, hand)
    return told
