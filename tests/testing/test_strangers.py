"""Wrappers of anybody's beside inverted ones: by scenes, and by parity on real environments."""

from __future__ import annotations

import attrs
import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

from statewrap import Below, Wrapper
from statewrap.gym.bridge import Bridge
from statewrap.testing import assert_equivalent
from statewrap.testing.equivalence import NotEquivalent
from statewrap.testing.parity import ParityBroken, ParityError, assert_parity
from statewrap.testing.parity.builders import BUILDERS
from tests.gym.strangers import Counts, Remembers, Skips

LINE = Below(Box(-9.0, 9.0, (2,), np.float32), Discrete(3))


class Grows(gymnasium.Wrapper):
    """Somebody's wrapper: adds to each reward how many came before, through all episodes."""

    count = 0

    def step(self, action):
        """Add."""
        observation, reward, *rest = self.env.step(action)
        self.count += 1
        return observation, reward + self.count, *rest


@attrs.frozen
class GrowReward(Wrapper[int]):
    """The same, inverted."""

    begin: int = 0
    keeps = True
    learns = True

    def initial(self, key):
        """Begin."""
        return self.begin

    def renew(self, memory, key):
        """Go on."""
        return memory

    def on_state(self, memory, timestep):
        """Add."""
        if timestep.first:
            return memory, timestep
        return memory + 1, timestep.replace(reward=timestep.reward + memory + 1)


def grown(env):
    """Put it around an environment."""
    return Grows(env)


def cartpole():
    """Make a bare environment."""
    return gymnasium.make("CartPole-v1").unwrapped


def test_an_inverted_wrapper_is_held_against_anybodys():
    """Given by its class, or by a function."""
    assert_equivalent(GrowReward(), original=Grows, below=LINE, examples=20)
    assert_equivalent(GrowReward(), original=grown, below=LINE, examples=20)


def test_a_difference_from_somebodys_wrapper_is_told():
    """The original is the one to be believed."""
    with pytest.raises(NotEquivalent, match=r"reward: 1\.0 != 2\.0 \(expected != found\)"):
        assert_equivalent(GrowReward(1), original=Grows, below=LINE, engine="dice")


@pytest.mark.parametrize("mode", ["replay", "greenlet"])
def test_a_bridge_may_stand_on_either_side(mode):
    """Beside the original, and beside the inverted one."""
    bridge = Bridge(Grows, mode=mode)

    assert_equivalent(bridge, original=Grows, below=LINE, examples=10)
    if mode == "replay":
        assert_equivalent(bridge, GrowReward(), below=LINE, examples=10)
        assert_equivalent(GrowReward(), bridge, below=LINE, examples=10)


def test_a_bridge_shows_what_differs():
    """As any machine does."""
    with pytest.raises(NotEquivalent, match=r"reward: 1\.0 != 2\.0"):
        assert_equivalent(Bridge(Grows), GrowReward(1), below=LINE, engine="dice")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "compares two"),
        ({"b": GrowReward(), "original": Grows}, "compares two"),
        ({"original": 3}, "original is 3, expected a function"),
        ({"original": GrowReward()}, "expected a function"),
    ],
)
def test_what_cannot_be_compared_is_told(arguments, words):
    """With what was expected."""
    with pytest.raises(TypeError, match=words):
        assert_equivalent(GrowReward(), **arguments)


def test_parity_with_anybodys_wrapper():
    """Of an inverted one, and of a bridge in either mode."""
    for inverted in (GrowReward(), Bridge(Grows), Bridge(Grows, mode="greenlet")):
        report = assert_parity(cartpole, inverted, original=Grows, episodes=1, seeds=(0,))

        assert report.same
        assert ("Grows",) == report.original


def rendering():
    """Make one that can be looked at."""
    return gymnasium.make("CartPole-v1", render_mode="rgb_array").unwrapped


class Looks(gymnasium.Wrapper):
    """Somebody's wrapper: pays for how bright the picture is."""

    def step(self, action):
        """Look."""
        observation, _, *rest = self.env.step(action)
        return observation, float(self.env.render().mean()), *rest


class Dims(gymnasium.Wrapper):
    """The same, but for a mistake."""

    def step(self, action):
        """Look, and tell half of it."""
        observation, _, *rest = self.env.step(action)
        return observation, float(self.env.render().mean()) / 2, *rest


@pytest.mark.parametrize(
    ("bridge", "original"),
    [
        (Bridge(Looks), Looks),
        (Bridge(Looks, mode="greenlet"), Looks),
        (Bridge(gymnasium.wrappers.AddRenderObservation), BUILDERS["AddRenderObservation"]),
    ],
    ids=["tells it when bound", "never tells", "is refused without"],
)
def test_parity_gives_a_bridge_the_pictures_of_which_it_says_nothing_before(bridge, original):
    """It says that it needs them once it is bound; the second is not even made without them."""
    report = assert_parity(
        rendering, bridge, original=original, episodes=1, seeds=(0,), generate=False
    )

    assert frozenset() == bridge.needs
    assert report.same
    assert 0 < report.steps


def test_parity_tells_a_difference_in_what_is_made_of_pictures():
    """They are looked at."""
    with pytest.raises(ParityBroken, match="reward: "):
        assert_parity(rendering, Bridge(Dims), original=Looks, generate=False)


def test_parity_tells_a_difference_from_anybodys_wrapper():
    """At its first step."""
    with pytest.raises(ParityBroken, match=r"does not do what Grows does"):
        assert_parity(cartpole, GrowReward(1), original=Grows, generate=False)


def test_a_function_of_anybodys_wrappers_is_bridged():
    """As `from_env` would, among twins."""

    def wrap(env):
        return Remembers(gymnasium.wrappers.TimeLimit(Counts(env), 9), 3)

    report = assert_parity(cartpole, wrap, episodes=1, seeds=(0,))

    assert ("Counts", "TimeLimit", "Remembers") == report.original
    assert report.same


class Behind(gymnasium.Wrapper):
    """Looks behind the interface."""

    def step(self, action):
        """Look."""
        return self.env.step(self.unwrapped.wheel)


@pytest.mark.parametrize(
    ("wrap", "words"),
    [
        (Behind, r"no bridge takes it: Behind asks its environment for 'wheel'.*register_twin"),
        (Skips, "Skips draws from its environment's generator"),
    ],
)
def test_what_no_bridge_takes_is_not_compared(wrap, words):
    """With the reason, and what to do."""
    with pytest.raises(ParityError, match=words):
        assert_parity(cartpole, wrap)
