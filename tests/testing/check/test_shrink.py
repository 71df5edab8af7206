"""A scene is made small as long as it breaks the law."""

from __future__ import annotations

import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, Space

from statewrap import Below, Stack, TimeStep
from statewrap.testing import Improvise, episode_rules_at_every_gap
from statewrap.testing.check.shrink import shrink
from statewrap.testing.draws.choices import Dice
from statewrap.testing.draws.scenes import Scene, draw_scene
from statewrap.testing.laws.law import Broken, LawBroken

PLACES = (
    Below(Discrete(3), Discrete(2)),
    Below(Box(-9.0, 9.0, (2,), np.float32), Discrete(2)),
    Below(Dict({"a": Box(-9.0, 9.0, (2,), np.float32)}), Discrete(2)),
)


def large(below=PLACES[2], seed=3) -> Scene:
    """Draw a scene with some episodes."""
    scenes = (draw_scene(Dice(number), Stack(), below) for number in range(seed, 99))
    return next(s for s in scenes if len(s.episodes) == 3 and min(map(len, s.episodes)) > 3)


def shrunk(scene: Scene, condition, homes=()) -> Scene:
    """Shrink a scene that fails where a condition holds."""
    broken = LawBroken(episode_rules_at_every_gap, Stack(), Broken("planted"))
    smallest, again = shrink(scene, broken, lambda s: broken if condition(s) else None, homes)
    assert broken is again
    return smallest


def steps(scene: Scene) -> list[TimeStep]:
    """List the time steps of all episodes."""
    return [step for episode in scene.episodes for step in episode]


def test_to_an_opening_if_that_is_enough() -> None:
    """With a simple observation, no info, and one action."""
    smallest = shrunk(large(), lambda _: True)

    (opening,) = steps(smallest)
    assert TimeStep({"a": np.zeros(2, np.float32)}, first=True) == opening
    assert 1 == len(smallest.policy.actions)


def test_to_the_first_environment_in_which_it_fails() -> None:
    """The simplest that are tried first may be too simple."""
    everywhere = shrunk(large(), lambda _: True, PLACES)
    numbers = shrunk(large(), lambda s: isinstance(steps(s)[0].observation, np.ndarray), PLACES)

    assert PLACES[0] is everywhere.below
    assert PLACES[1] is numbers.below


def pays_at_the_end(scene: Scene) -> bool:
    """Tell whether one of two episodes has three steps, the last with a flag and a reward."""
    first = scene.episodes[0]
    return len(scene.episodes) > 1 and len(first) > 2 and first[-1].last and bool(first[-1].reward)


def test_no_further_than_it_fails() -> None:
    """What matters is kept: here two episodes, one flag, one reward."""
    scene = next(s for s in (large(seed=seed) for seed in range(99)) if pays_at_the_end(s))

    smallest = shrunk(scene, pays_at_the_end)

    assert [3, 1] == [len(episode) for episode in smallest.episodes]
    end = smallest.episodes[0][-1]
    assert (1.0, 1) == (end.reward, end.terminated + end.truncated)
    assert all(not step.info and step.time == 0.0 for step in steps(smallest))


def test_observations_are_numbered_where_there_is_room() -> None:
    """So that one can tell them apart."""
    smallest = shrunk(large(PLACES[1]), lambda s: len(s.episodes[0]) > 2)

    assert [0, 1, 2] == [step.observation[0] for step in steps(smallest)]


def test_an_action_is_kept_if_it_matters() -> None:
    """The others go."""
    scene = large()._replace(policy=Improvise([1, 2, 3]))

    smallest = shrunk(scene, lambda s: 2 in s.policy.actions)

    assert [2] == list(smallest.policy.actions)


class Weather(Space):
    """A space of a kind of its own, of which no zero is known."""

    def sample(self, mask=None, probability=None):
        """Draw a word."""
        return str(self.np_random.choice(["rain", "sun"]))

    def contains(self, x):
        """Know two words."""
        return x in ("rain", "sun")


@pytest.mark.parametrize("came_from", [PLACES[0], PLACES[2], None])
def test_an_observation_of_an_unknown_kind_of_space_is_drawn(came_from) -> None:
    """There is nothing simpler, and what a scene brought from elsewhere does not lie in it."""
    sky = Below(Dict({"sky": Weather()}), Discrete(2))
    scene = large(came_from or sky)

    smallest = shrunk(scene, lambda s: s.below is sky, homes=[sky] if came_from else [])

    assert smallest.below is sky
    assert steps(smallest)[0].observation["sky"] in ("rain", "sun")
