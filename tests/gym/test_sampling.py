"""Observations of an environment that is played for them."""

from __future__ import annotations

import gymnasium as gym
import numpy as np

from statewrap.core.same import same
from statewrap.gym import GymWrapper
from statewrap.gym.sampling import sample_observations
from statewrap.wrappers import RepeatAction, estimate_statistics


def cartpole() -> gym.Env:
    """Return a new environment."""
    return gym.make("CartPole-v1")


def test_gives_as_many_as_are_asked_for() -> None:
    """Of as many episodes as that takes, and the same for the same seed."""
    drawn = list(sample_observations(cartpole(), 100, seed=3))
    again = list(sample_observations(cartpole(), 100, seed=3))

    assert 100 == len(drawn)
    assert same(drawn, again)
    assert [] == list(sample_observations(cartpole(), 0))


def test_openings_and_ends_are_among_them() -> None:
    """Against a loop that is written out here."""
    env, expected = cartpole(), []
    observation, _ = env.reset(seed=5)
    while len(expected) < 30:
        expected.append(observation)
        observation, _, terminated, truncated, _ = env.step(1)
        if terminated or truncated:
            expected.append(observation)
            observation, _ = env.reset()

    drawn = list(sample_observations(cartpole(), 30, policy=lambda _: 1, seed=5))

    assert same(expected[:30], drawn)


def test_without_a_seed_the_environment_decides() -> None:
    """Openings differ."""
    (one,), (other,) = (sample_observations(cartpole(), 1) for _ in range(2))

    assert not np.array_equal(one, other)


def test_statistics_belong_to_a_place_in_the_stack() -> None:
    """Above a frame skip they are of what is shown there."""
    env = GymWrapper(cartpole(), RepeatAction(4))

    known = estimate_statistics(sample_observations(env, 50, seed=3), env.observation_space)

    assert ((4,), 50) == (known.mean.shape, known.count)
