"""Whose memory a memory is: what is in it, and what is not because the stack has it."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils import RecordConstructorArgs

from statewrap import Act, Below, Deployment, TimeStep
from statewrap.core.errors import WrapperError
from statewrap.core.same import same
from statewrap.gym import Bridge, from_env
from tests.gym.twins import cartpole

_BARE = cartpole().unwrapped
BELOW = Below(_BARE.observation_space, _BARE.action_space)
SHOWN = np.float32([0.1, 0.2, 0.1, 0.1])


class Centres(gym.ObservationWrapper):
    """Takes off the mean of all that it was shown."""

    def __init__(self, env):
        super().__init__(env)
        self.count, self.mean = 0, np.zeros(4)

    def observation(self, observation):
        """Count, and take the mean off."""
        self.count += 1
        self.mean = self.mean + (observation - self.mean) / self.count
        return observation - self.mean


class AsksForItsSpec(gym.Wrapper):
    """Looks up its limit at each step."""

    def step(self, action):
        """Look it up."""
        *answer, info = self.env.step(action)
        return *answer, {**info, "limit": self.spec.max_episode_steps}


class RecordsAndAsks(AsksForItsSpec, RecordConstructorArgs):
    """The same, and can be made anew from its arguments."""

    def __init__(self, env):
        RecordConstructorArgs.__init__(self)
        AsksForItsSpec.__init__(self, env)


def learned():
    """Return a wrapper that has seen 21 observations."""
    env = Centres(cartpole().unwrapped)
    env.reset(seed=0)
    for turn in range(20):
        env.step(turn % 2)
    return env


def test_a_memory_of_a_copy_is_refused_by_a_wrapper_that_is_made_by_hand():
    """What has not changed since the copy was made is in the copy, not in the memory."""
    _, memory = from_env(learned())
    by_hand = Deployment(lambda _: 0, Bridge(Centres), below=BELOW, memory=memory, sinks=())

    with pytest.raises(WrapperError, match="that of another wrapper than Centres"):
        by_hand.act(SHOWN)


class Named(gym.ObservationWrapper):
    """Has a word, which it does not change."""

    def __init__(self, env, word):
        super().__init__(env)
        self.word, self.count = word, 0

    def observation(self, observation):
        """Count."""
        self.count += 1
        return observation


def test_a_memory_of_one_copy_is_refused_by_another():
    """Also where they differ in a word alone, which is in the copy."""
    (_, memory), (other, _) = (from_env(Named(cartpole().unwrapped, word)) for word in "ab")
    agent = Deployment(lambda _: 0, other, below=BELOW, memory=memory, sinks=())

    with pytest.raises(WrapperError, match="that of another wrapper than Named"):
        agent.act(SHOWN)


def test_a_memory_of_a_copy_goes_on_in_its_own_stack():
    """With what it has learned."""
    env = learned()
    stack, memory = from_env(env)
    seen = []

    agent = Deployment(lambda o: seen.append(o) or 0, stack, below=BELOW, memory=memory, sinks=())
    agent.act(SHOWN)

    assert np.array_equal([env.observation(SHOWN)], seen)


@pytest.mark.parametrize("read", [False, True], ids=["never read", "read before"])
@pytest.mark.parametrize("kind", [Centres, AsksForItsSpec, RecordsAndAsks])
def test_a_spec_that_is_read_is_not_in_the_memory(kind, read):
    """Gymnasium keeps it in the wrapper then; it changes nothing, and stands in no snapshot."""
    env = kind(gym.make("CartPole-v1"))
    if read:
        assert "CartPole-v1" == env.spec.id
    agent = Deployment.from_env(env, lambda _: 0, sinks=())
    agent.act(SHOWN)
    agent.act(SHOWN, 1.0)

    again = Deployment.from_env(env, lambda _: 0, sinks=())
    again.restore(agent.snapshot())

    assert same(agent.memory, again.memory)


def test_who_asks_for_the_spec_is_told_what_the_environments_is():
    """The limit of the environment, also under a bridge."""
    stack, memory = from_env(RecordsAndAsks(gym.make("CartPole-v1")))
    bound = stack.bind(BELOW)

    memory, _ = bound.route(memory, TimeStep(SHOWN, first=True))
    memory, _ = bound.route(memory, Act(0))
    _, shown = bound.route(memory, TimeStep(SHOWN, 1.0))

    assert {"limit": 500} == shown.info


class Scales(gym.ObservationWrapper):
    """Takes off a mean and counts; both were loaded from a file, and so was where that lies."""

    def __init__(self, env, mean, offset, path):
        super().__init__(env)
        self.mean, self.offset, self.path = np.full(4, mean), offset, path
        self.inner = {"flag": offset > 0}
        self.count = 0

    def observation(self, observation):
        """Count, and take it off."""
        self.count += 1
        return observation - self.mean + self.offset * self.inner["flag"]


LOADED = {"mean": 1.0, "offset": 0.5, "path": "here"}


def loads(env):
    """Make a wrapper of what was loaded."""
    return Scales(env, **LOADED)


@pytest.mark.parametrize(
    ("loaded", "fits"),
    [
        ({}, True),
        ({"path": "there"}, True),
        ({"mean": 2.0}, False),
        ({"offset": -0.5}, False),
    ],
    ids=["the same", "from elsewhere", "another array", "another flag"],
)
def test_a_snapshot_goes_on_only_over_what_the_wrapper_was_made_with(loaded, fits, monkeypatch):
    """What does not change is not in it; with another mean it would go on otherwise, unnoticed."""
    shown = []
    agents = []
    for more in ({}, loaded):
        monkeypatch.setitem(globals(), "LOADED", {**LOADED, **more})
        bridge = Bridge(loads, BELOW, mode="replay")
        agents.append(Deployment(lambda o: shown.append(o) or 0, bridge, below=BELOW, sinks=()))
    first, second = agents
    first.act(SHOWN)
    second.restore(first.snapshot())

    first.act(SHOWN, 1.0)
    if fits:
        second.act(SHOWN, 1.0)
    else:
        with pytest.raises(WrapperError, match="hold other things where nothing has changed"):
            second.act(SHOWN, 1.0)

    assert all(np.array_equal(shown[0], one) for one in shown)
    assert 2 + fits == len(shown)
