"""Specs that tell limits rightly, and pass through JSON."""

from __future__ import annotations

import copy
import json

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import wrappers as theirs
from gymnasium.envs.registration import EnvSpec

import statewrap.gym.wrappers as ours
import statewrap.wrappers as native
from statewrap.core.same import same
from statewrap.gym import GymWrapper, from_spec
from statewrap.gym.below import limit_of
from tests.gym.environments import Walk, episode_of, halved

SAYABLE = {
    "a limit above a skip": native.RepeatAction(4) | native.TimeLimit(10),
    "a limit below a skip": native.TimeLimit(10) | native.RepeatAction(4),
    "two limits": native.TimeLimit(40) | native.RepeatAction(2) | native.TimeLimit(5),
    "statistics": native.NormalizeObservation(
        statistics=native.Moments(np.zeros(4), np.ones(4), 9.0)
    )
    | native.FrameStackObservation(2),
    "a function with a name": native.TransformObservation(halved, None),
    "no limit": native.RepeatAction(3),
}


def again(env: gym.Env) -> gym.Env:
    """Make an environment again of its spec, as JSON."""
    return gym.make(EnvSpec.from_json(env.spec.to_json()))


@pytest.mark.parametrize("stack", SAYABLE.values(), ids=SAYABLE)
def test_the_spec_of_a_stack_passes_through_json(stack):
    """And what is made of it plays the same episodes, and has the same spec."""
    env = GymWrapper(gym.make("CartPole-v1", max_episode_steps=60), stack)

    twin = again(env)

    assert env.stack == twin.stack
    assert env.spec == twin.spec
    assert same(episode_of(env, 5, 80), episode_of(twin, 5, 80))


@pytest.mark.parametrize(
    ("stack", "limit"),
    [
        (native.RepeatAction(4) | native.TimeLimit(10), 10),
        (native.RepeatAction(4) | native.TimeLimit(100), 60),
        (native.TimeLimit(7) | native.RepeatAction(4), 7),
        (native.TimeLimit(7) | native.TimeLimit(9), 7),
        (native.RepeatAction(4), 60),
    ],
)
def test_a_limit_is_told_that_no_episode_exceeds(stack, limit):
    """In decisions; the least of those that are known."""
    env = GymWrapper(gym.make("CartPole-v1", max_episode_steps=60), stack)

    assert limit == env.spec.max_episode_steps


def test_stacks_on_stacks_keep_the_limit_at_the_bottom():
    """However many change what is told."""
    env = GymWrapper(gym.make("CartPole-v1"), native.RepeatAction(2) | native.TimeLimit(30))
    env = GymWrapper(theirs.ClipReward(env, 0, 1), native.RepeatAction(2) | native.TimeLimit(4))

    twin = again(env)

    assert 4 == env.spec.max_episode_steps
    assert env.spec == twin.spec
    assert 500 == twin.env.env.env.spec.max_episode_steps
    assert same(episode_of(env, 1), episode_of(twin, 1))


def test_an_environment_without_a_limit_is_made_again_without():
    """What is told above is not put below."""
    plain = gym.make("CartPole-v1", max_episode_steps=-1)
    assert plain.spec.max_episode_steps is None
    env = GymWrapper(plain, native.RepeatAction(4) | native.TimeLimit(10))

    twin = again(env)

    assert 10 == twin.spec.max_episode_steps
    assert twin.env.spec.max_episode_steps is None


def test_a_limit_of_minus_one_is_none():
    """As `gymnasium.make` takes it."""
    spec = json.loads(gym.spec("CartPole-v1").to_json())

    limits = [
        [type(one).__name__ for one in from_spec({**spec, "max_episode_steps": steps})]
        for steps in (9, -1, None)
    ]

    assert [True, False, False] == ["TimeLimit" in names for names in limits]


def test_a_memory_passes_through_json():
    """What was learned, with its dtypes."""
    stack = native.NormalizeObservation(mode="learn") | native.RecordEpisodeStatistics()
    env = GymWrapper(gym.make("CartPole-v1"), stack)
    episode_of(env, 1)

    twin = again(GymWrapper(gym.make("CartPole-v1"), stack, memory=env.memory))

    assert same(env.memory.wrappers, twin.memory.wrappers)


def test_a_stack_that_has_no_plain_form_is_kept_in_the_spec():
    """Then `gymnasium.make` makes the same of it, but JSON does not hold it."""
    env = GymWrapper(gym.make("CartPole-v1"), native.TransformReward(lambda r: -r))

    assert env.stack == gym.make(env.spec).stack
    with pytest.raises(TypeError, match="JSON"):
        env.spec.to_json()


@pytest.mark.parametrize(
    ("wrap", "words"),
    [
        (lambda env: ours.TransformReward(env, lambda r: -r), r"func of TransformReward is <func"),
        (
            lambda env: GymWrapper(env, native.TimeLimit(9) | native.TransformReward(lambda r: -r)),
            r"TransformReward\(.*in the stack of GymWrapper",
        ),
        (
            lambda env: theirs.TimeLimit(ours.TransformReward(env, lambda r: -r), 9),
            "func of TransformReward",
        ),
        (
            lambda env: ours.TimeLimit(ours.TransformReward(env, lambda r: -r), 9),
            "func of TransformReward",
        ),
    ],
)
def test_what_json_cannot_say_is_named(wrap, words):
    """Which argument of which wrapper, and what to do; the spec itself stays of use."""
    env = wrap(gym.make("CartPole-v1"))

    with pytest.raises(TypeError, match=rf"JSON.*{words}.*at the top of a module"):
        env.spec.to_json()

    assert env.spec == gym.make(env.spec).spec
    assert env.spec == copy.deepcopy(env.spec)
    assert env.spec != theirs.TimeLimit(env, 1).spec
    assert isinstance(gym.make(env.spec).unwrapped.spec.to_json(), str)


def test_a_spec_that_json_can_say_is_gymnasiums():
    """The very class."""
    env = ours.TransformReward(GymWrapper(gym.make("CartPole-v1"), native.TimeLimit(9)), halved)

    assert EnvSpec is type(env.spec)


class WalkAmong(Walk):
    """Takes an argument that JSON cannot hold."""

    def __init__(self, stones):
        super().__init__()
        self.stones = stones


def test_what_json_cannot_say_of_the_environment_is_said_by_gymnasium():
    """In its own words."""
    spec = EnvSpec("Walk-v0", entry_point=Walk)
    env = ours.TransformReward(gym.make(spec, disable_env_checker=True), lambda r: -r)

    with pytest.raises(ValueError, match="Callable found"):
        env.spec.to_json()

    spec = EnvSpec("Walk-v0", entry_point=f"{__name__}:WalkAmong", kwargs={"stones": {1}})
    env = ours.TransformReward(gym.make(spec, disable_env_checker=True), lambda r: -r)
    with pytest.raises(TypeError, match="Object of type set is not JSON serializable"):
        gym.make(env.spec, disable_env_checker=True).unwrapped.spec.to_json()


def test_a_limit_is_found_where_there_is_no_spec():
    """In a `TimeLimit` of either kind, or in a stack; else there is none."""
    walk = Walk()

    assert limit_of(walk) is None
    assert limit_of(theirs.ClipReward(theirs.TimeLimit(walk, 9), 0, 1)) == 9
    assert limit_of(theirs.ClipReward(ours.TimeLimit(walk, 8), 0, 1)) == 8
    assert limit_of(GymWrapper(walk, native.RepeatAction(2) | native.TimeLimit(7))) == 7
    assert limit_of(theirs.ClipReward(walk, 0, 1)) is None


@pytest.mark.parametrize("wrapper", ["OrderEnforcing", "PassiveEnvChecker", "TimeLimit"])
def test_a_twin_without_a_spec_below_has_none(wrapper):
    """There is nothing to make it from."""
    arguments = (9,) if wrapper == "TimeLimit" else ()

    assert getattr(ours, wrapper)(Walk(), *arguments).spec is None


def test_a_limit_directly_above_the_environment_is_said_as_gymnasiums():
    """In the spec itself, with no wrapper added."""
    env = ours.TimeLimit(gym.make("CartPole-v1", max_episode_steps=-1), 9)

    assert theirs.TimeLimit(gym.make("CartPole-v1", max_episode_steps=-1), 9).spec == env.spec
