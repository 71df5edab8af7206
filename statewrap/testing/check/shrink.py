"""Make a scene small while it still breaks a law."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any, Final

from gymnasium import spaces

from statewrap.core.borders import freeze
from statewrap.core.errors import BindError
from statewrap.core.messages import TimeStep
from statewrap.core.same import same
from statewrap.core.spaces import nearest_to_zero
from statewrap.core.wrapper import Below
from statewrap.testing.draws.choices import Dice
from statewrap.testing.draws.scenes import Scene, draw_actions
from statewrap.testing.draws.spaces import draw_value
from statewrap.testing.laws.law import LawBroken
from statewrap.testing.script import Improvise

Fails = Callable[[Scene], LawBroken | None]
Episode = list[TimeStep]

MOST_SECONDS: Final = 3.0
"""After so long what was found is small enough."""


def shrink(
    scene: Scene, broken: LawBroken, fails: Fails, homes: Sequence[Below] = ()
) -> tuple[Scene, LawBroken]:
    """Return the smallest scene found that still fails, and how it does.

    It is moved to the simplest environment in which it fails; episodes are left out, then steps,
    then values made simple, until nothing of it helps.

    Args:
        scene: one that fails.
        broken: how it does.
        fails: tells whether, and how, another one fails.
        homes: other environments to move to, the simplest first.
    """
    over = monotonic() + MOST_SECONDS
    moves: Iterator[Scene] = _moved(scene, homes)
    while (candidate := next(moves, None)) is not None and monotonic() < over:
        again = fails(candidate)
        if again is not None:
            scene, broken, moves = candidate, again, _smaller(candidate)
    return scene, broken


def _moved(scene: Scene, homes: Sequence[Below]) -> Iterator[Scene]:
    """Give the same scene in other environments, with simple observations and actions."""
    for below in homes:
        if below is scene.below:
            break
        with suppress(BindError):
            acted = scene.wrapper.bind(below).above(below).action_space
            moved = scene._replace(below=below, policy=Improvise(draw_actions(Dice(0), acted)))
            yield from _bare(moved)
            yield moved._replace(episodes=_simple_values(moved) or moved.episodes)
            yield moved._replace(episodes=_drawn_values(moved))
    yield from _bare(scene)
    yield from _smaller(scene)


def _bare(scene: Scene) -> Iterator[Scene]:
    """Give the first episode alone, cut after its opening, one step or two, all values simple."""
    bare = [[TimeStep(step.observation, first=step.first) for step in scene.episodes[0]]]
    for many in (1, 2, 3):
        short = scene._replace(episodes=[bare[0][:many]])
        yield short._replace(episodes=_simple_values(short) or short.episodes)


def _smaller(scene: Scene) -> Iterator[Scene]:
    """Give scenes a little smaller or simpler than one, the boldest first."""
    for episodes in _fewer_episodes(scene.episodes):
        yield scene._replace(episodes=episodes)
    for number, episode in enumerate(scene.episodes):
        for shorter in _shorter(episode):
            yield scene._replace(episodes=_put(scene.episodes, number, shorter))
    actions = getattr(scene.policy, "actions", ())
    if len(actions) > 1:
        for action in actions:
            yield scene._replace(policy=Improvise([action]))
    for episodes in _plainer(scene):
        yield scene._replace(episodes=episodes)


def _fewer_episodes(episodes: list[Episode]) -> Iterator[list[Episode]]:
    many = len(episodes)
    if many > 2:
        yield episodes[many // 2 :]
        yield episodes[: many // 2]
    if many > 1:
        yield from (episodes[:number] + episodes[number + 1 :] for number in range(many))


def _shorter(episode: Episode) -> Iterator[Episode]:
    """Leave out the second half of the steps, single steps, or the end."""
    opening, *steps = episode
    if len(steps) > 3:
        yield [opening, *steps[len(steps) // 2 :]]
    for index in range(len(steps)):
        yield [opening, *steps[:index], *steps[index + 1 :]]
    if steps and steps[-1].last:
        yield [opening, *steps[:-1], steps[-1].replace(terminated=False, truncated=False)]


def _plainer(scene: Scene) -> Iterator[list[Episode]]:
    """Give simpler values: all observations at once, then one field of one time step."""
    simple = _simple_values(scene)
    for alike in (_all_with(scene, "info", {}), _all_with(scene, "frame", None)):
        if alike is not None:
            yield alike
    if simple is not None:
        yield simple
    for number, episode in enumerate(scene.episodes):
        for index, timestep in enumerate(episode):
            for plain in _plain_steps(timestep):
                yield _put(scene.episodes, number, _put(episode, index, plain))


def _all_with(scene: Scene, name: str, value: Any) -> list[Episode] | None:
    changed: Any = {name: value}
    if all(same(getattr(step, name), value) for episode in scene.episodes for step in episode):
        return None
    return [[step.replace(**changed) for step in episode] for episode in scene.episodes]


def _simple_values(scene: Scene) -> list[Episode] | None:
    """Give every time step a simple observation, one that differs from its neighbours if it can."""
    counted, simple = 0, list[Episode]()
    for episode in scene.episodes:
        simple.append([])
        for step in episode:
            value = _simple(scene.below.observation_space, counted)
            simple[-1].append(step.replace(observation=value))
            counted += 1
    return None if same(simple, scene.episodes) else simple


def _drawn_values(scene: Scene) -> list[Episode]:
    """Give every time step an observation that is drawn, for zeros may hide what is wrong."""
    space, dice = scene.below.observation_space, Dice(0)
    return [
        [
            step if space is None else step.replace(observation=draw_value(dice, space))
            for step in episode
        ]
        for episode in scene.episodes
    ]


def _simple(space: Any, number: int) -> Any:
    """Return a simple element: of a Box one with the number in it where that lies inside.

    Of a kind of space whose zero is not known it is one drawn from the number.
    """
    match space:
        case None:
            return f"f{number}"
        case spaces.Box():
            plain = nearest_to_zero(space)
            counted = (plain + number).astype(space.dtype)
            return freeze(counted if space.contains(counted) else plain)
        case spaces.Discrete():
            return space.dtype.type(space.start + number % int(space.n))
        case spaces.Dict():
            parts = space.spaces.items()
            return {name: _simple(part, number) for name, part in parts}
    try:
        return freeze(nearest_to_zero(space))
    except BindError:
        return draw_value(Dice(number), space)


def _plain_steps(timestep: TimeStep) -> Iterator[TimeStep]:
    if timestep.terminated and timestep.truncated:
        yield timestep.replace(truncated=False)
    if not timestep.first:
        for reward in (0.0, 1.0):
            if same(timestep.reward, reward):
                break
            yield timestep.replace(reward=reward)
    for name in timestep.info:
        rest = {key: value for key, value in timestep.info.items() if key != name}
        yield timestep.replace(info=rest)
    if timestep.time:
        yield timestep.replace(time=0.0)


def _put(items: list[Any], index: int, item: Any) -> list[Any]:
    return [*items[:index], item, *items[index + 1 :]]
