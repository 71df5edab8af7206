"""What comes of a row: a twin held against Gymnasium's, and saved in the middle of an episode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from statewrap import Deployment, Stack, Wrapper
from statewrap.core.same import difference
from statewrap.testing.parity import Parity
from statewrap.testing.parity.actions import Chooser
from statewrap.testing.parity.shims import Clock, Env
from statewrap.testing.parity.unseen import below_of
from statewrap.testing.parity.worlds import plain
from tests.parity.rows import Place, Row

ATARI: Final = 20
"""After how many steps an episode of large screens is cut."""
CUTS: Final = (20, 21, 22, 23)
"""After how many calls a session is saved: one more each time, so that skips are cut apart."""
CALLS: Final = 50
"""How many calls a session has that is saved."""


class Told(NamedTuple):
    """What was compared."""

    places: tuple[str, ...]
    """The environments."""
    worlds: int
    """How many worlds were made of the first of them."""
    episodes: int
    steps: int
    """How many steps the environments took on each side."""
    cuts: int
    """At how many calls the session was saved, restored elsewhere, and went on as if it was not."""


def told(row: Row) -> Told:
    """Hold a twin against Gymnasium's on each place; on the first one in all the worlds, too.

    Raises:
        ParityBroken: at the first difference.
    """
    reports = [
        Parity(
            place,
            row.stack,
            episodes=3,
            seeds=(0,),
            max_steps=_longest(row, place),
            generate=number == 0 and row.generate,
        ).hold()
        for number, place in enumerate(row.places)
    ]
    return Told(
        tuple(map(str, row.places)),
        reports[0].worlds - 1,
        sum(report.episodes for report in reports),
        sum(report.steps for report in reports),
        cuts(row.places[0], row.stack),
    )


def _longest(row: Row, place: Place) -> int:
    shows_screens = place.name.startswith("ALE/") and row.name != "AtariPreprocessing"
    return ATARI if shows_screens else row.longest


class Call(NamedTuple):
    """What a deployment was given, and what it answered."""

    given: dict[str, Any]
    action: Any


def cuts(make_env: Callable[[], Env], stack: Wrapper[Any]) -> int:
    """Save a session after several calls; another goes on from there, bit for bit.

    Returns:
        After how many different calls.
    """
    env = plain(CALLS).around(make_env(), Clock())
    calls = _played(env, _deployment(env, stack))
    for cut in CUTS:
        original, other = _deployment(env, stack), _deployment(env, stack)
        found = [original.act(**call.given) for call in calls[:cut]]
        other.restore(original.snapshot())
        found += [other.act(**call.given) for call in calls[cut:]]
        for call in calls[cut:]:
            original.act(**call.given)

        assert difference([call.action for call in calls], found) is None
        assert original.snapshot() == other.snapshot()
    return len(CUTS)


def _deployment(env: Env, stack: Wrapper[Any]) -> Deployment:
    below = below_of(env, stack)
    top = Stack(stack).bind(below).above(below)
    space = env.action_space if top.action_space is None else top.action_space
    return Deployment(
        Chooser(space, seed=3), stack, below=below, seed=3, sinks=(), clock=lambda: 0.0
    )


def _played(env: Env, deployment: Deployment) -> list[Call]:
    """Let a deployment act in an environment, and note what was said."""
    calls: list[Call] = []
    action = None
    while len(calls) < CALLS:
        if action is None:
            observation, info = env.reset(seed=len(calls))
            given = {"observation": observation, "info": info}
        else:
            names = ("observation", "reward", "terminated", "truncated", "info")
            given = dict(zip(names, env.step(action), strict=True))
        if "frame" in deployment.stack.needs:
            given["frame"] = env.render()
        action = deployment.act(**given)
        calls.append(Call(given, action))
    return calls
