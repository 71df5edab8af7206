"""The ordinary loop over a scene, for what lives in it: Gymnasium's wrappers."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Final

import gymnasium

from statewrap.core.borders import freeze, thaw
from statewrap.core.messages import Act, Command, Reset, TimeStep
from statewrap.core.same import difference
from statewrap.core.words import brief, sentence
from statewrap.core.wrapper import Wrapper
from statewrap.gym.wrapper import GymWrapper
from statewrap.testing.draws.scenes import Scene
from statewrap.testing.laws.specification import Apart, said_by
from statewrap.testing.script import Episodes, Script, ScriptOver, Seat

Env = gymnasium.Env[Any, Any]
Tape = list[tuple[str, Any]]
"""Who said what, in order."""

GIVES_UP: Final = (None, 1, 2, 4)
"""After how many decisions the loop gives an episode up, one run for each; None is never."""
TOLD, SHOWN, RAISED = "the environment is told", "the loop is shown", "raises"


def is_original(thing: Any) -> bool:
    """Tell whether something is a function from environment to wrapped environment."""
    if isinstance(thing, Wrapper) or inspect.isgeneratorfunction(thing):
        return False
    if isinstance(thing, type) and issubclass(thing, Wrapper):
        return False
    return callable(thing) and not hasattr(thing, "route")


def loops_alike(a: Any, b: Any, names: tuple[str, str], scene: Scene) -> None:
    """Run two wrappers in the ordinary loop over a scene.

    Raises:
        Apart: at the first thing said that differs: to the environment, or to the loop.
    """
    for gives_up in GIVES_UP:
        tapes = [_run(side, scene, gives_up) for side in (a, b)]
        for number, (one, other) in enumerate(zip(*tapes, strict=False)):
            where = None if RAISED == one[0] == other[0] else difference(one, other)
            if where is not None:
                raise Apart(_words(number, gives_up, names, one, other), [])


def _words(number: int, gives_up: int | None, names: tuple[str, str], *said: Any) -> str:
    where = difference(*(what for _, what in said)) if said[0][0] == said[1][0] else None
    what = f" in {where.removeprefix('.')} (expected != found)" if where else ""
    loop = f", which gives up after {gives_up} decisions," if gives_up else ""
    both = said_by(names, [f"{who} {brief(what)}" for who, what in said])
    return f"In the ordinary loop{loop} message {number} differs{what}.{both}"


def _run(side: Any, scene: Scene, gives_up: int | None) -> Tape:
    """Run one of the two, and return what was said at both ends."""
    tape: Tape = []
    try:
        env = _wrapped(side, Scripted(scene, tape))
        tape.append(("announces", (env.observation_space, env.action_space)))
        _loop(env, scene, gives_up, tape)
    except ScriptOver:
        pass
    except Exception as error:  # noqa: BLE001 - the two may raise alike
        tape.append((RAISED, f"{type(error).__name__}: {sentence(error)}"))
    return tape


def _wrapped(side: Any, env: Env) -> Env:
    if isinstance(side, Wrapper):
        return GymWrapper(env, side, clock=lambda: 0.0)
    make: Callable[[Env], Env] = side
    return make(env)


def _loop(env: Env, scene: Scene, gives_up: int | None, tape: Tape) -> None:
    seat, decisions = Seat(scene.policy), 0
    message: Command = Reset()
    seed: int | None = 0
    while True:
        if type(message) is Act:
            observation, reward, terminated, truncated, info = env.step(thaw(message.action))
            shown = TimeStep(freeze(observation), reward, terminated, truncated, dict(info))
        else:
            observation, info = env.reset(seed=seed)
            shown, seed = TimeStep(freeze(observation), info=dict(info), first=True), None
        tape.append((SHOWN, shown))
        message = seat.answer(shown)
        decisions += 1
        if gives_up is not None and decisions % (gives_up + 1) == 0:
            message = Reset()


class Scripted(Env):
    """An environment of Gymnasium's that plays a scene, and notes what it is told."""

    def __init__(self, scene: Scene, tape: Tape) -> None:
        """Take the spaces and the episodes of a scene."""
        below = scene.below
        if below.observation_space is not None:
            self.observation_space = below.observation_space
        if below.action_space is not None:
            self.action_space = below.action_space
        self.render_mode = below.render_mode
        self.metadata = dict(below.metadata or {})
        self._script, self._tape = Script(_closed(scene.episodes)), tape
        self._frame: Any = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Show the next opening."""
        super().reset(seed=seed)
        timestep = self._shown(Reset(None, options))
        return thaw(timestep.observation), thaw(dict(timestep.info))

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Show the next time step."""
        timestep = self._shown(Act(freeze(action)))
        return (
            thaw(timestep.observation),
            timestep.reward,
            timestep.terminated,
            timestep.truncated,
            thaw(dict(timestep.info)),
        )

    def render(self) -> Any:
        """Show the picture of the last time step."""
        return thaw(self._frame)

    def _shown(self, command: Command) -> TimeStep:
        self._tape.append((TOLD, command))
        timestep = self._script(command)
        self._frame = timestep.frame
        return timestep


def _closed(episodes: Episodes) -> Episodes:
    """Truncate the episodes that are given up: here only the loop can do that."""
    return [_ended(list(episode)) for episode in episodes]


def _ended(episode: list[TimeStep]) -> list[TimeStep]:
    *before, last = episode
    if last.last:
        return episode
    if last.first:
        return [last, last.replace(first=False, truncated=True)]
    return [*before, last.replace(truncated=True)]
