"""Wrappers that render, in bridges: they say that they need pictures as soon as they are bound."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import wrappers as theirs
from gymnasium.spaces import Box

from statewrap import Below, Deployment
from statewrap.core.errors import SpaceError
from statewrap.core.spaces import frame_space
from statewrap.gym import Bridge, GymWrapper


def rendering() -> gym.Env:
    """Make a CartPole that renders."""
    return gym.make("CartPole-v1", render_mode="rgb_array").unwrapped


class Brightness(gym.Wrapper):
    """Pays for how bright the picture is."""

    def step(self, action):
        """Look at it."""
        observation, _, *rest = self.env.step(action)
        return observation, float(self.env.render().mean()), *rest


class Pictures(gym.ObservationWrapper):
    """Shows pictures."""

    def __init__(self, env):
        super().__init__(env)
        self.observation_space = Box(0, 255, (400, 600, 3), np.uint8)

    def observation(self, observation):
        """Render."""
        return self.env.render()


def pixels(env: gym.Env) -> gym.Env:
    """Put Gymnasium's wrapper around, which renders as it is made."""
    return theirs.AddRenderObservation(env, render_only=True)


RENDER = {
    "a reward": Brightness,
    "observations": Pictures,
    "as it is made": pixels,
    "collected": theirs.RenderCollection,
}


@pytest.mark.parametrize("wrap", RENDER.values(), ids=RENDER)
def test_a_bridge_in_gymnasium_is_shown_pictures(wrap):
    """Though it does not say that it needs them before it is bound."""
    env, expected = GymWrapper(rendering(), Bridge(wrap)), wrap(rendering())
    seen = [env.reset(seed=0)[0], *(env.step(1)[:2] for _ in range(3))]
    shown = [expected.reset(seed=0)[0], *(expected.step(1)[:2] for _ in range(3))]

    assert frozenset({"frame"}) == env.stack.needs
    assert all(map(_equal, seen, shown))


def _equal(one, other) -> bool:
    if isinstance(one, tuple):
        return all(map(_equal, one, other))
    return np.array_equal(one, other)


def test_a_bridge_that_renders_nothing_costs_no_picture():
    """It is not asked for one."""

    class Never(gym.Wrapper):
        def render(self):
            raise AssertionError("It was rendered.")

    env = GymWrapper(Never(rendering()), Bridge(theirs.TimeLimit.__mro__[1]))

    env.reset(seed=0)
    env.step(0)

    assert frozenset() == env.stack.needs


def test_a_bridge_that_renders_where_nothing_can_is_refused():
    """With what it wants."""
    with pytest.raises(ValueError, match="render_mode"):
        GymWrapper(gym.make("CartPole-v1").unwrapped, Bridge(pixels))


@pytest.mark.parametrize("wrap", [Brightness, Pictures])
def test_a_deployment_of_an_environment_asks_for_the_pictures(wrap):
    """At the first call, and goes on as the loop with them."""
    env = wrap(rendering())
    shown = []
    agent = Deployment.from_env(env, lambda seen: shown.append(seen) or 0, sinks=())
    plant = rendering()
    observation, _ = plant.reset(seed=0)

    with pytest.raises(SpaceError, match="needs a rendered frame"):
        agent.reset(observation)
    agent.reset(observation, frame=plant.render())
    env.reset(seed=0)
    for _ in range(3):
        expected = env.step(0)
        agent.act(*plant.step(0), frame=plant.render())

    (bridge,) = agent.stack
    assert "replay" == bridge.seen.mode
    assert np.array_equal(expected[0], shown[-1])


@pytest.mark.parametrize("wrap", [Brightness, Pictures, pixels])
def test_a_deployment_by_hand_asks_for_the_pictures(wrap):
    """What they are like is said with the spaces."""
    plant = rendering()
    observation, _ = plant.reset(seed=0)
    below = Below(
        plant.observation_space,
        plant.action_space,
        render_mode="rgb_array",
        frame_space=frame_space(plant.render()),
        metadata=plant.metadata,
    )
    agent = Deployment(lambda seen: 0, Bridge(wrap), below=below, sinks=())

    with pytest.raises(SpaceError, match="needs a rendered frame"):
        agent.act(observation)
    assert 0 == agent.act(observation, frame=plant.render())
