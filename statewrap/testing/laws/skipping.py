"""Laws for wrappers that leave something alone. They are asked for by name, not held against all.

A wrapper that skips, limits or counts leaves rewards alone, though it may add them up; one that
shows fewer frames leaves those that it shows alone. A stack leaves alone what each of its
wrappers does.
"""

from __future__ import annotations

import math

from statewrap.core.messages import TimeStep
from statewrap.core.words import brief
from statewrap.testing.laws.law import Broken, Setting, agree, law, place


@law(cure="Add up the rewards of the time steps that are not shown, and show their sum.")
def rewards_add_up(setting: Setting) -> None:
    """The reward shown is the sum of the environment's since a time step was shown before."""
    due = 0.0
    for number, turn in enumerate(setting.turns()):
        if type(turn.message) is TimeStep:
            due = 0.0 if turn.message.first else due + float(turn.message.reward)
        if type(turn.reply) is not TimeStep:
            continue
        due = 0.0 if turn.reply.first else due
        if not math.isclose(due, float(turn.reply.reward), rel_tol=1e-6, abs_tol=1e-6):
            words = f"At turn {number}, {brief(turn.reply)} should show {due}."
            raise Broken(words, **place(number, turn))
        due = 0.0


@law(cure="Show the observation of the time step that arrived last.")
def newest_observation_is_shown(setting: Setting) -> None:
    """A time step shown to the policy has the observation that the environment showed last."""
    newest = None
    for number, turn in enumerate(setting.turns()):
        if type(turn.message) is TimeStep:
            newest = turn.message.observation
        if type(turn.reply) is TimeStep:
            agree(
                newest,
                turn.reply.observation,
                f"At turn {number}, the observation (newest != shown)",
                **place(number, turn),
            )


@law(cure="Keep the flags: `timestep.replace(...)` does, for fields that it does not name.")
def ends_are_kept(setting: Setting) -> None:
    """Where the environment ends an episode the policy sees both flags at once, and only there."""
    for number, turn in enumerate(setting.turns()):
        shown, raw = turn.reply, turn.message
        if type(raw) is not TimeStep:
            continue
        if type(shown) is TimeStep:
            expected = (raw.terminated, raw.truncated)
            agree(
                expected,
                (shown.terminated, shown.truncated),
                f"At turn {number}, the flags (raw != shown)",
                **place(number, turn),
            )
        elif raw.last:
            words = f"At turn {number}, {brief(raw)} was answered with {shown!r}."
            raise Broken(words, **place(number, turn))
