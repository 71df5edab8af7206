"""What a factory gives to what it makes: constants that it draws, objects that all share."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

from statewrap import Act, Below, Key, TimeStep
from statewrap.gym import Bridge
from statewrap.gym.bridge.errors import InNoModeError, NotBridgeableError, SharedError

BELOW = Below(Box(-9.0, 9.0, (4,)), Discrete(2))
ONES = np.ones(4, np.float32)


class Projects(gymnasium.Wrapper):
    """Shows the second of two observations, through weights that are drawn once for all."""

    def __init__(self, env):
        super().__init__(env)
        self.weights = np.random.default_rng().normal(size=4)
        self.offset = float(np.random.default_rng().normal())

    def step(self, action):
        """Step twice, unless the episode is over."""
        observation, *rest = self.env.step(action)
        if not (rest[1] or rest[2]):
            observation, *rest = self.env.step(action)
        return observation * self.weights + self.offset, *rest


def opened(bridge):
    """Return a memory after an opening."""
    return bridge.on_state(bridge.initial(Key.from_seed(0)), TimeStep(ONES, first=True))[0]


def shown(bridge, memory):
    """Return what is shown after a step of two."""
    memory, _ = bridge.on_action(memory, Act(0))
    memory, _ = bridge.on_state(memory, TimeStep(ONES))
    return bridge.on_state(memory, TimeStep(ONES))[1].observation.tolist()


def test_what_a_constructor_draws_is_in_the_memory():
    """A bridge made elsewhere, which has drawn others, goes on with those of the memory."""
    here, there = Bridge(Projects, BELOW), Bridge(Projects, BELOW)
    memory = opened(here)

    assert shown(here, memory) == shown(there, memory) != shown(there, opened(there))


def test_every_live_wrapper_goes_on_with_the_same():
    """Another thread takes another one."""
    bridge = Bridge(Projects, BELOW)
    memory = opened(bridge)
    expected = shown(bridge, memory)
    workshop = bridge._engine.workshop
    taken = workshop.take()

    assert shown(bridge, memory) == expected
    workshop.put(taken)


def test_what_was_drawn_is_among_what_it_holds():
    """It is said where it lies."""
    assert Bridge(Projects, BELOW).seen.held == ("Projects", "Projects.weights")


class Scales(gymnasium.Wrapper):
    """Shows observations times what it was given, which it makes smaller in each step."""

    def __init__(self, env, scale):
        super().__init__(env)
        self.scale = scale

    def step(self, action):
        """Step and scale."""
        self.scale *= 0.5
        observation, *rest = self.env.step(action)
        return observation * self.scale, *rest


class Means(gymnasium.ObservationWrapper):
    """Shows how far an observation is from the mean of all."""

    def __init__(self, env, known):
        super().__init__(env)
        self.known = known

    def observation(self, observation):
        """Count it in."""
        self.known["count"] += 1
        self.known["mean"] += (observation - self.known["mean"]) / self.known["count"]
        return observation - self.known["mean"]


@pytest.mark.parametrize("mode", ["auto", "replay"])
def test_what_a_factory_gives_to_all_that_it_makes_must_not_be_changed(mode):
    """All sessions would share it; what the trial did to it is taken back."""
    scale, known = np.ones(4), {"count": 4, "mean": np.full(4, 2.0)}

    with pytest.raises(SharedError, match=r"Scales.scale is one object in all that the factory"):
        Bridge(lambda env: Scales(env, scale), BELOW, mode=mode)
    with pytest.raises(SharedError, match=r"Means.known.* is one object in all that the factory"):
        Bridge(lambda env: Means(env, known), BELOW, mode=mode)

    assert scale.tolist() == [1.0] * 4
    assert known["count"] == 4
    assert known["mean"].tolist() == [2.0] * 4


def test_what_a_factory_copies_is_its_own():
    """The cure that the error names."""
    scale = np.ones(4)
    bridge = Bridge(lambda env: Scales(env, scale.copy()), BELOW, mode="replay")
    memory = opened(bridge)
    memory, _ = bridge.on_action(memory, Act(0))

    assert bridge.on_state(memory, TimeStep(ONES))[1].observation.tolist() == [0.5] * 4
    assert scale.tolist() == [1.0] * 4


def test_what_all_share_and_nobody_changes_stays_shared():
    """Such as the weights of a network that is only asked."""
    weights = np.full(4, 3.0)

    class Weighs(gymnasium.ObservationWrapper):
        def observation(self, observation):
            return observation * weights

    assert Bridge(Weighs, BELOW).seen.mode == "replay"


class OfItsOwnMaking(gymnasium.Wrapper):
    """Never calls Gymnasium's constructor."""

    def __init__(self, env):
        self.env = env
        self.observation_space, self.action_space = env.observation_space, env.action_space
        self.steps = 0

    def step(self, action):
        """Count."""
        self.steps += 1
        observation, reward, *rest, info = self.env.step(action)
        return observation, reward, *rest, {**info, "steps": self.steps}


def test_a_wrapper_without_gymnasiums_constructor_runs():
    """What it does not say of itself is as below it."""
    below = Below(BELOW.observation_space, BELOW.action_space, metadata={"render_fps": 9})
    bridge = Bridge(OfItsOwnMaking, below)
    memory, _ = bridge.on_action(opened(bridge), Act(0))

    assert bridge.above(below).metadata == {"render_fps": 9}
    assert bridge.on_state(memory, TimeStep(ONES))[1].info == {"steps": 1}


class ClipsInPlace(gymnasium.RewardWrapper):
    """Writes into rewards."""

    def reward(self, reward):
        """Clip it where it lies, if it is an array."""
        return np.clip(reward, -0.1, 0.1, out=reward if isinstance(reward, np.ndarray) else None)


def test_a_reward_that_is_an_array_may_be_written_into():
    """It is a copy; the sender's own stays as it is."""
    bridge, given = Bridge(ClipsInPlace, BELOW), np.array([0.5, 0.0])
    memory, _ = bridge.on_action(opened(bridge), Act(0))

    shown = bridge.on_state(memory, TimeStep(ONES, reward=given))[1]

    assert (shown.reward.tolist(), given.tolist()) == ([0.1, 0.0], [0.5, 0.0])


class FromHome(gymnasium.Wrapper):
    """Shows how far it is from where it was when it was made."""

    def __init__(self, env):
        super().__init__(env)
        self.home, _ = env.reset(seed=1)

    def step(self, action):
        """Subtract."""
        observation, *rest = self.env.step(action)
        return observation - self.home, *rest


class FindsHome(FromHome):
    """Looks again when an episode opens."""

    def reset(self, **kwargs):
        """Look."""
        self.home, info = self.env.reset(**kwargs)
        return self.home, info


def test_what_a_constructor_is_shown_by_a_reset_is_not_known():
    """It is shown zeros, and would go on with them."""
    with pytest.raises(InNoModeError, match=r"FromHome resets its environment .*from_env"):
        Bridge(FromHome, BELOW)


def test_a_reset_in_a_constructor_does_no_harm_where_each_opening_forgets_it():
    """As where it was only to see what observations are like."""
    assert Bridge(FindsHome, BELOW).seen.mode == "replay"


told = []


class Calls(gymnasium.Wrapper):
    """Tells a function of each reward."""

    def __init__(self, env, tell):
        super().__init__(env)
        self.tell = tell

    def step(self, action):
        """Tell, and step again."""
        answer = self.env.step(action)
        self.tell(answer[1])
        return answer if answer[2] or answer[3] else self.env.step(action)


def tells(reward):
    """Append to a list that all see."""
    told.append(reward)


class Counter:
    """Counts in its class how often it is called."""

    called = 0

    def __call__(self, reward):
        type(self).called += 1


@pytest.mark.parametrize(
    ("tells", "words"),
    [
        (lambda: tells, r"changes the global .*\.told"),
        (Counter, r"changes Counter\.called"),
    ],
    ids=["function", "object"],
)
def test_what_a_wrapper_calls_must_not_change_what_lies_outside(tells, words):
    """Each reward would be told once more whenever a call is run again."""
    with pytest.raises(NotBridgeableError, match=words):
        Bridge(lambda env: Calls(env, tells()), BELOW, mode="replay")

    assert (told, Counter.called) == ([], 0)
