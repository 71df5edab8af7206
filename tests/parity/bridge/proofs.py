"""How a bridged wrapper is held against its original: in worlds, through pauses, over cuts."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import attrs
import numpy as np
from gymnasium.spaces import Box

from statewrap import Below, Deployment, Wrapper
from statewrap.core.same import difference
from statewrap.gym.below import below_env, with_frames
from statewrap.gym.bridge import Bridge, Description
from statewrap.testing.parity.actions import Chooser
from statewrap.testing.parity.cases import Case
from statewrap.testing.parity.players import chooses
from statewrap.testing.parity.setup import set_up
from statewrap.testing.parity.shims import Clock, Env, Shim
from statewrap.testing.parity.trials import Finding, trial
from statewrap.testing.parity.unseen import Unseen
from statewrap.testing.parity.worlds import GENERATED, World, plain

FULL: Final = bool(os.environ.get("STATEWRAP_FULL"))
SOME: Final = (
    "ends at every offset",
    "float32 rewards and numpy flags",
    "rewards in 0-d arrays",
    "buffers used again",
    "seeds, options and episodes given up",
    "an environment that cannot be reset",
    "observations with NaN",
    "observations as a Dict",
)
"""The worlds in which a loop that is run again could betray itself; the full run has all."""
WORLDS: Final = tuple(world for world in GENERATED if FULL or world.name in SOME)
EVERY_OFFSET: Final = tuple(world for world in GENERATED if world.name == SOME[0])


class Held(NamedTuple):
    """How much was compared, in both loops."""

    places: tuple[str, ...]
    worlds: int
    episodes: int
    steps: int


def bridged(
    factory: Callable[[Any], Any],
    make_env: Callable[[], Env],
    mode: str = "auto",
    described: Mapping[str, Any] | None = None,
    draws: Any = None,
) -> Any:
    """Put a factory's wrappers on the bridge, with all that can be said of an environment."""
    description = attrs.evolve(_described(make_env), **(described or {}))
    below = known(make_env, True) if _pictured(make_env) else None
    return Bridge(factory, below, mode=mode, describe=description, draws=draws)


@functools.cache
def _described(make_env: Callable[[], Env]) -> Description:
    return Description.of(make_env())


@functools.cache
def _pictured(make_env: Callable[[], Env]) -> bool:
    return make_env().render_mode is not None


@functools.cache
def known(make_env: Callable[[], Env], frames: bool = False) -> Below:
    """Return what is known of an environment, what its pictures are like if that is wanted."""
    env = make_env()
    return with_frames(below_env(env), Unseen(env)) if frames else below_env(env)


def held(
    make_env: Callable[[], Env],
    stack: Wrapper[Any],
    original: Any,
    *,
    worlds: Sequence[World] = (),
    episodes: int = 3,
    longest: int = 60,
    seed: int = 0,
    seeds: bool = False,
) -> Held:
    """Hold a stack against an original: pulled, then pushed, on the environment and in worlds.

    Raises:
        AssertionError: at the first difference; it names the field, and shows the trace.
    """
    setup = set_up(make_env, stack, None, original)
    counted = Held((str(make_env),), 0, 0, 0)
    first = attrs.evolve(plain(longest), asks=seeds)
    for number, world in enumerate((first, *worlds)):
        case = Case(
            setup.make_env,
            world,
            setup.stack,
            setup.original,
            setup.gaps,
            chooses(seed, world.style),
            seed=seed,
            episodes=world.episodes if number else episodes,
        )
        one = trial(case, must=not number)
        if one.finding is not None:
            raise AssertionError(
                f"in {world.name!r}, {_place(one.finding)}"
            ) from one.finding.odd.error
        played = one.played
        counted = counted._replace(
            worlds=counted.worlds + (number > 0 and played.not_tried is None),
            episodes=counted.episodes + played.episodes,
            steps=counted.steps + played.steps,
        )
    return counted


def _place(finding: Finding) -> str:
    """Say where a run parted, and in what; no shorter trace is looked for, for that takes long."""
    odd = finding.odd
    return f"{finding.loop}, message {odd.place}, {odd.path or 'itself'}: {odd.detail[:600]}"


# -- pauses ------------------------------------------------------------------------------------

CALLS: Final = 50
"""How many calls a session has that is saved."""
CUTS: Final = (1, 17, 18, 19, 20)
"""After how many calls it is saved: one more each time, so that every inner step is cut after."""


class Call(NamedTuple):
    """What a deployment was given, and what it answered."""

    given: dict[str, Any]
    action: Any


@attrs.frozen(eq=False)
class Chooses(Chooser):
    """Chooses among the actions that are announced at the top."""

    def bind(self, below: Below) -> Chooses:
        """Learn what they are."""
        return attrs.evolve(self, space=below.action_space)


def deployed(make_env: Callable[[], Env], stack: Wrapper[Any]) -> Deployment:
    """Deploy a stack over what is known of an environment, with actions of all kinds."""
    below = known(make_env, "frame" in stack.needs)
    return Deployment(
        Chooses(below.action_space, seed=3),
        stack,
        below=below,
        seed=3,
        sinks=(),
        on_reset="request",
        clock=lambda: 0.0,
    )


class Session(NamedTuple):
    """What a deployment was given and answered, and its snapshots after some of the calls."""

    calls: list[Call]
    snapshots: dict[int, bytes]


def played(
    make_env: Callable[[], Env],
    deployment: Deployment,
    many: int = CALLS,
    cuts: Sequence[int] = (),
) -> Session:
    """Let a deployment act in an environment, whose episodes end now and then."""
    world = World("some ends", ((13, True, False), (9, False, True), (30, True, False)))
    env = world.around(make_env(), Clock())
    session, action = Session([], {}), None
    while len(session.calls) < many:
        if action is None:
            asked = deployment.pending
            seed = len(session.calls) if asked is None or asked.seed is None else asked.seed
            observation, info = env.reset(seed=seed)
            given = {"observation": observation, "info": info}
        else:
            names = ("observation", "reward", "terminated", "truncated", "info")
            given = dict(zip(names, env.step(action), strict=True))
        if "frame" in deployment.stack.needs:
            given["frame"] = env.render()
        action = deployment.act(**given)
        session.calls.append(Call(given, action))
        if len(session.calls) in cuts:
            session.snapshots[len(session.calls)] = deployment.snapshot()
    return session


def cuts(make_env: Callable[[], Env], stack: Wrapper[Any]) -> int:
    """Save a session after several calls; another goes on from there, bit for bit.

    Returns:
        After how many different calls.
    """
    many = CALLS // 2
    calls, snapshots = played(make_env, deployed(make_env, stack), many, (*CUTS, many))
    other = deployed(make_env, stack)
    for cut in CUTS:
        other.restore(snapshots[cut])
        found = [other.act(**call.given) for call in calls[cut:]]

        assert difference([call.action for call in calls[cut:]], found) is None
        assert snapshots[many] == other.snapshot()
    return len(CUTS)


# -- a scripted environment --------------------------------------------------------------------


@attrs.frozen
class Shown:
    """What an environment shows after a command, whatever the command is."""

    observation: Any
    reward: float = 0.0
    terminated: bool = False
    truncated: bool = False
    info: dict[str, Any] = attrs.field(factory=dict)


class Scripted(Shim):
    """Shows what it is told to, one after the other, and notes the commands."""

    def __init__(self, env: Env, script: Sequence[Shown]) -> None:
        super().__init__(env)
        self.script, self.commands = list(script), list[Any]()

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        """Show the next one."""
        self.commands.append("reset")
        shown = self.script.pop(0)
        return shown.observation.copy(), dict(shown.info)

    def step(self, action: Any) -> Any:
        """Show the next one."""
        self.commands.append(action)
        shown = self.script.pop(0)
        flags = shown.terminated, shown.truncated
        return shown.observation.copy(), shown.reward, *flags, dict(shown.info)


def shown(number: int, **more: Any) -> Shown:
    """Show four numbers that are like no others."""
    observation = np.array([number, -number, number / 7, 1.0], np.float32)
    return Shown(observation, reward=float(number % 5), **more)


ANY: Final = Box(-np.inf, np.inf, (4,), np.float32)
