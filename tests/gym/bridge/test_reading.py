"""What is proved of a wrapper by its code alone."""

from __future__ import annotations

import gymnasium
import pytest
from gymnasium import wrappers as gw

from statewrap import Key, Reset
from statewrap.gym import Bridge
from statewrap.gym.bridge.reading import (
    ACTION,
    NOTHING,
    OBSERVATION,
    REWARD,
    maps,
    opens,
    passes,
    resets,
)
from tests.gym.bridge import hostile
from tests.gym.bridge.factories import BELOW, opening


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


class Opens(gymnasium.Wrapper):
    """Sets what it counts, and opens."""

    def reset(self, *, seed=None, options=None):
        self.count = 0
        self.name = "fresh"
        observation, info = self.env.reset(seed=seed, options=options)
        return observation, {**info, "count": self.count}


class OpensBySuper(Opens):
    """Sets more, and opens by the class before it."""

    def reset(self, *, seed=None, options=None):
        self.more = None
        return super().reset(seed=seed, options=options)


class Reseeds(gymnasium.Wrapper):
    """Opens with a seed of its own."""

    def reset(self, *, seed=None, options=None):
        seed = 5
        return self.env.reset(seed=seed, options=options)


class TurnsRound(gymnasium.Wrapper):
    """Takes one for the other."""

    def reset(self, *, seed=None, options=None):
        return self.env.reset(seed=options, options=seed)


class OpensOnce(gymnasium.Wrapper):
    """Opens only where that is due."""

    def reset(self, *, seed=None, options=None):
        if self.over:
            return self.env.reset(seed=seed, options=options)
        return self.kept, {}


class StepsFirst(gymnasium.Wrapper):
    """Does something before."""

    def reset(self, *, seed=None, options=None):
        self.kept = self.env.step(0)
        return self.env.reset(seed=seed, options=options)


class Forgets(gymnasium.Wrapper):
    """Opens without the options."""

    def reset(self, *, seed=None, options=None):
        return self.env.reset(seed=seed)


class Sets(gymnasium.Wrapper):
    """Sets what is more than an attribute."""

    def __init__(self, env):
        super().__init__(env)
        self.sets = 0

    @property
    def count(self):
        return self.sets

    @count.setter
    def count(self, value):
        self.sets += 1

    def reset(self, *, seed=None, options=None):
        self.count = 0
        return self.env.reset(seed=seed, options=options)


class SetsAnyhow(Opens):
    """Has a way of its own to set attributes."""

    def __setattr__(self, name, value):
        super().__setattr__(name, value)


class ElsewhereOpens(Opens):
    """Opens what it holds."""

    def reset(self, *, seed=None, options=None):
        self.env.opened = 0
        return self.env.reset(seed=seed, options=options)


@pytest.mark.parametrize(
    ("wrapper", "expected"),
    [
        (Plain, True),
        (Opens, True),
        (OpensBySuper, True),
        (gw.OrderEnforcing, True),
        (Reseeds, False),
        (TurnsRound, False),
        (OpensOnce, False),
        (StepsFirst, False),
        (Forgets, False),
        (Sets, False),
        (SetsAnyhow, False),
        (ElsewhereOpens, False),
    ],
)
def test_a_reset_that_only_sets_constants_first_is_found(wrapper, expected):
    """What else may be done before it is not proved."""
    assert opens(wrapper(gymnasium.make("CartPole-v1").unwrapped)) is expected


@pytest.mark.parametrize("wrapper", [Opens, Reseeds], ids=["proved", "not proved"])
def test_a_reset_asks_for_the_same_whether_it_is_proved_to_or_not(wrapper):
    """It passes down at once, or after a run; with seed and options, and without."""
    bridge = Bridge(wrapper, BELOW, mode="replay")
    asked = Reset(3, {"level": 2})
    memory, down = bridge.on_reset(bridge.initial(Key.from_seed(0)), asked)
    _, shown = bridge.on_state(memory, opening(4))

    assert down == (asked if wrapper is Opens else Reset(5, {"level": 2}))
    assert shown.info == ({"count": 0} if wrapper is Opens else {})
    assert memory.call.answers == ()


def test_a_proved_reset_is_not_run_before_the_opening_is_there():
    """The wrapper holds what it held until then."""
    bridge = Bridge(Opens, BELOW, mode="replay")
    memory = bridge.initial(Key.from_seed(0))

    after, _ = bridge.on_reset(memory, Reset())

    assert after.state is memory.state
    assert bridge.on_state(after, opening(1))[0].state != memory.state
