"""What is proved of a wrapper by its code alone."""

from __future__ import annotations

import gymnasium
import pytest
from gymnasium import wrappers as gw

from statewrap.gym.bridge.reading import ACTION, NOTHING, OBSERVATION, REWARD, maps, passes, resets
from tests.gym.bridge import hostile


class Plain(gymnasium.Wrapper):
    """Steps first."""

    def step(self, action):
        result = self.env.step(action)
        return (*result[:1], 1.0, *result[2:])


class BySuper(Plain):
    """Steps first, by the class before it."""

    def step(self, action):
        return super().step(action)


class Inherits(BySuper):
    """Steps as its base does."""


class AnotherName(gymnasium.Wrapper):
    """Calls the action otherwise."""

    def step(self, chosen):
        observation, *rest = self.env.step(chosen)
        return observation, *rest


class Changes(gymnasium.Wrapper):
    """Changes the action."""

    def step(self, action):
        return self.env.step(action + 1)


class Counts(gymnasium.Wrapper):
    """Does something before."""

    def step(self, action):
        self.count = 1
        return self.env.step(action)


class Swaps(gymnasium.Wrapper):
    """Steps with something else."""

    def step(self, action):
        return self.env.step(self)


class Unusual(Plain):
    """Has a way of its own to attributes."""

    def __getattribute__(self, name):
        return super().__getattribute__(name)


class OwnEnv(Plain):
    """Has an `env` that is computed."""

    @property
    def env(self):
        return self.inner

    @env.setter
    def env(self, env):
        self.inner = env


class Wide(gymnasium.Wrapper):
    """Takes more than an action."""

    def step(self, action, *more):
        return self.env.step(action)


def bare():
    """Return an environment."""
    return gymnasium.make("CartPole-v1").unwrapped


@pytest.mark.parametrize("kind", [Plain, BySuper, Inherits, AnotherName, gymnasium.Wrapper])
def test_a_step_first_is_found(kind):
    """Also through `super()` and inheritance."""
    assert passes(kind(bare()))


@pytest.mark.parametrize("kind", [Changes, Counts, Swaps, Unusual, OwnEnv, Wide])
def test_anything_else_is_not_proved(kind):
    """Something before, another action, another way to `env`."""
    assert not passes(kind(bare()))


def test_a_step_that_is_set_on_the_wrapper_is_not_proved():
    """For it is not the one that was read."""
    wrapper = Plain(bare())
    wrapper.step = wrapper.env.step

    assert not passes(wrapper)


@pytest.mark.parametrize(
    ("layer", "kind", "own"),
    [
        (gw.FlattenObservation, OBSERVATION, False),
        (lambda env: gw.ClipReward(env, 0, 1), REWARD, False),
        (lambda env: gw.StickyAction(env, 0.5), ACTION, True),
        (lambda env: gw.DelayObservation(env, 1), OBSERVATION, True),
        (gymnasium.Wrapper, NOTHING, False),
        (Plain, None, False),
        (hostile.LosesLives, None, True),
    ],
)
def test_maps_are_told_by_the_step_that_they_have(layer, kind, own):
    """That of one of Gymnasium's classes; a reset of its own is told apart."""
    made = layer(bare())

    assert (kind, own) == (maps(made), resets(made))
