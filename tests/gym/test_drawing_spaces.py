"""Wrappers that draw from spaces: each session from its own, where they stood in the loop."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.spaces import Box
from gymnasium.utils import RecordConstructorArgs
from gymnasium.wrappers import ClipAction, TimeLimit

from statewrap import Below, Deployment
from statewrap.core.same import difference
from statewrap.gym import Bridge, from_env
from statewrap.gym.bridge.errors import NotBridgeableError
from statewrap.gym.copies import Made
from tests.gym.sharing import SPACE, both

ZERO = np.zeros(2)


def seeded() -> Box:
    """Return an action space with a generator."""
    return Box(-9, 9, (2,), np.float64, seed=4)


class DrawsActions(gym.Wrapper):
    """Mixes each action with one that is drawn."""

    def step(self, action):
        """Draw."""
        return self.env.step(action * 0.5 + self.action_space.sample() * 0.25)


class DrawsObservations(gym.Wrapper):
    """Pays for observations that are drawn."""

    def step(self, action):
        """Draw."""
        observation, _, *rest = self.env.step(action)
        return observation, float(np.sign(self.observation_space.sample()).sum()), *rest


class Seeds(DrawsActions):
    """Seeds the space in each episode."""

    def reset(self, **options):
        """Seed."""
        self.action_space.seed(5)
        return super().reset(**options)


class KeepsSpace(gym.Wrapper):
    """Draws from a space that it keeps, and from the one that it finds."""

    def __init__(self, env):
        super().__init__(env)
        self.space = env.action_space

    def step(self, action):
        """Draw twice."""
        drawn = self.space.sample() + 2 * self.env.action_space.sample()
        return self.env.step(action * 0.5 + drawn * 0.1)


class OwnSpace(gym.Wrapper, RecordConstructorArgs):
    """Announces a space of its own, and draws from it."""

    def __init__(self, env):
        RecordConstructorArgs.__init__(self)
        gym.Wrapper.__init__(self, env)
        self.action_space = Box(-1.0, 1.0, (2,), np.float64, seed=6)

    def step(self, action):
        """Draw."""
        return self.env.step(action * 0.5 + self.action_space.sample())


STACKS = {
    "actions": DrawsActions,
    "observations": DrawsObservations,
    "seeded anew": Seeds,
    "a space that is kept": KeepsSpace,
    "its own": OwnSpace,
    "two of them": lambda env: DrawsActions(TimeLimit(DrawsActions(env), 99)),
    "over a twin's space": lambda env: DrawsActions(ClipAction(env)),
}


@pytest.mark.parametrize("before", [1, 5])
@pytest.mark.parametrize("wrap", STACKS.values(), ids=STACKS)
def test_draws_go_on_where_they_stood_in_the_loop(wrap, before):
    """From a copy of the space's generator, which layers share that shared it."""
    expected, shown, _ = both(wrap, before)

    assert difference(expected, shown) is None


def deployed(bridge: Bridge) -> Deployment:
    """Put a bridge into a deployment."""
    return Deployment(
        lambda seen: ZERO, bridge, observation_space=SPACE, action_space=seeded(), sinks=(), seed=0
    )


@pytest.mark.parametrize("mode", ["replay", "greenlet"])
@pytest.mark.parametrize("kind", [DrawsActions, KeepsSpace, OwnSpace])
def test_two_sessions_in_turns_draw_as_each_alone(kind, mode):
    """Of the same bridge, over the same spaces."""
    pytest.importorskip("greenlet")
    bridge = Bridge(kind, mode=mode)
    alone, one, other = (deployed(bridge) for _ in range(3))

    expected = [alone.reset(ZERO)] + [alone.act(ZERO, 1.0) for _ in range(6)]
    turns = [(one.reset(ZERO), other.reset(ZERO))]
    turns += [(one.act(ZERO, 1.0), other.act(ZERO, 1.0)) for _ in range(6)]

    assert difference([(action, action) for action in expected], turns) is None
    assert len({action.tobytes() for action in expected}) == len(expected)


def test_what_is_drawn_is_in_the_memory():
    """A fork and a session that was restored draw the same."""
    agent = deployed(Bridge(DrawsActions, mode="replay"))
    agent.reset(ZERO)
    fork, saved = agent.fork(), agent.snapshot()

    expected = [agent.act(ZERO, 1.0) for _ in range(3)]
    agent.restore(saved)

    assert difference(expected, [fork.act(ZERO, 1.0) for _ in range(3)]) is None
    assert difference(expected, [agent.act(ZERO, 1.0) for _ in range(3)]) is None


def test_the_spaces_that_were_given_are_not_drawn_from():
    """Nor is a generator made for one that has none."""
    pytest.importorskip("greenlet")
    known, unseeded = seeded(), Box(-9, 9, (2,), np.float64)
    before = known.np_random.bit_generator.state
    for space in (known, unseeded):
        agent = Deployment(
            lambda seen: ZERO,
            Bridge(DrawsActions),
            observation_space=SPACE,
            action_space=space,
            sinks=(),
        )
        agent.reset(ZERO)
        agent.act(ZERO, 1.0)

    assert before == known.np_random.bit_generator.state
    assert None is unseeded._np_random


def test_a_space_that_nobody_has_seeded_is_not_run_again():
    """It would draw anew each time."""
    below = Below(SPACE, Box(-9, 9, (2,), np.float64))
    bridge = Bridge(DrawsActions, Below(SPACE, seeded()), mode="replay")

    with pytest.raises(NotBridgeableError, match="does not do the same"):
        bridge.bind(below)


def test_a_space_of_its_own_goes_on_in_a_wrapper_that_is_made_of_its_arguments():
    """Its generator is part of what it holds."""
    env = OwnSpace(TimeLimit(DrawsObservations(Blank()), 99))
    env.reset(seed=0)

    (*_, bridge) = from_env(env)[0]

    assert isinstance(bridge.factory, Made)
    assert env.action_space == bridge.bind(Below(SPACE, seeded())).above(Below()).action_space


class Blank(gym.Env):
    """Shows zeros."""

    observation_space = SPACE
    action_space = seeded()

    def reset(self, *, seed=None, options=None):
        """Show them."""
        super().reset(seed=seed)
        return ZERO, {}


def test_layers_above_one_that_announces_the_same_spaces_see_the_very_spaces():
    """So that what is recognised by them stays so."""
    below = Below(SPACE, seeded())

    above = Bridge(TimeLimit.__mro__[1], below).above(below)

    assert above.observation_space is below.observation_space
    assert above.action_space is below.action_space
