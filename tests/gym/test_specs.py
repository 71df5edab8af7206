"""Specs that tell limits rightly, and pass through JSON."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import wrappers as theirs
from gymnasium.envs.registration import EnvSpec

import statewrap.gym.wrappers as ours
import statewrap.wrappers as native
from statewrap.core.same import same
from statewrap.gym import GymWrapper
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
