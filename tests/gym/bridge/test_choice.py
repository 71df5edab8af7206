"""What `auto` chooses, and what it refuses, where a trial tells nothing of a wrapper."""

from __future__ import annotations

import inspect
import sys

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

from statewrap import Below
from statewrap.gym.bridge import Bridge, Description
from statewrap.gym.bridge.errors import NotBridgeableError, UntriedError

NARROW = Below(Box(-1.0, 1.0, (2,), np.float32), Discrete(2))
WIDE = Below(Box(-1.0, 1.0, (4,), np.float32), Discrete(2))


class PotentialShaping(gymnasium.Wrapper):
    """Shapes the reward by the fourth number of an observation."""

    def step(self, action):
        observation, reward, *rest = self.env.step(action)
        return observation, reward + potential(observation), *rest


def potential(observation):
    """Return what a state is worth."""
    return float(observation[3])


class ReadsTheStateOfInfo(gymnasium.Wrapper):
    """Reads a table within info."""

    def step(self, action):
        observation, _, *rest, info = self.env.step(action)
        return observation, float(info["state"]["x"]), *rest, info


class LooksAtTheReset(gymnasium.Wrapper):
    """Is never content with an opening."""

    def reset(self, **given):
        observation, info = self.env.reset(**given)
        return observation, {"worth": potential(observation), **info}


class NeverTwiceTheSame(gymnasium.Wrapper):
    """Dislikes what it is shown in one of two places."""

    def step(self, action):
        observation, *_ = self.env.step(action)
        if observation[0] > 0:
            raise ValueError("too much")
        raise ValueError("too little")


@pytest.mark.parametrize("mode", ["auto", "replay"])
def test_a_below_that_is_wrong_is_refused_with_what_the_wrapper_raised(mode):
    """With the exception, the line of the wrapper's own code, and what to look at."""
    with pytest.raises(UntriedError) as caught:
        Bridge(PotentialShaping, NARROW, mode=mode)

    words = str(caught.value)
    assert "IndexError: index 3 is out of bounds for axis 0 with size 2 (" in words
    assert f"potential in {__file__}:{inspect.getsourcelines(potential)[1] + 2}" in words
    assert "Box(-1.0, 1.0, (2,), float32)" in words
    assert "Discrete(2)" in words
    assert "describe=Description(info=" in words
    assert "mode='greenlet'" in words
    assert isinstance(caught.value.__cause__, IndexError)


def test_a_below_that_is_right_is_accepted():
    """The same wrapper over four numbers."""
    assert "replay" == Bridge(PotentialShaping, WIDE).seen.mode


def test_what_fails_in_each_reset_is_refused_as_well():
    """No step came to its end, for none was ever begun."""
    with pytest.raises(UntriedError, match=rf"potential in {__file__}:") as caught:
        Bridge(LooksAtTheReset, NARROW)

    assert caught.value.always


def test_a_key_of_info_that_was_made_up_in_vain_is_named():
    """It was taken for a number; described as what it is, the wrapper runs."""
    with pytest.raises(UntriedError, match=r"TypeError: .*'state': 0\.0"):
        Bridge(ReadsTheStateOfInfo, WIDE)

    described = Description(info={"state": {"x": 1.0}})
    assert "replay" == Bridge(ReadsTheStateOfInfo, WIDE, describe=described).seen.mode


def test_without_greenlet_the_reason_is_the_same(monkeypatch):
    """The extra would not help, so it is not named."""
    monkeypatch.setitem(sys.modules, "greenlet", None)
    monkeypatch.delitem(sys.modules, "statewrap.gym.bridge.greenlets", raising=False)

    with pytest.raises(UntriedError, match="IndexError") as caught:
        Bridge(PotentialShaping, NARROW)

    assert "statewrap[greenlet]" not in str(caught.value)


def test_who_says_greenlet_gets_it():
    """Nothing is tried there: he has to know."""
    pytest.importorskip("greenlet")

    assert "greenlet" == Bridge(PotentialShaping, NARROW, mode="greenlet").seen.mode


def test_what_fails_now_here_and_now_there_is_suspended():
    """That depends on what is shown, and what is shown was made up."""
    pytest.importorskip("greenlet")

    seen = Bridge(NeverTwiceTheSame, WIDE).seen

    assert "greenlet" == seen.mode
    assert "ValueError: too much (step in" in seen.why_mode
    assert "ValueError: too little (step in" in seen.why_mode
    with pytest.raises(NotBridgeableError, match="no step came to its end"):
        Bridge(NeverTwiceTheSame, WIDE, mode="replay")


class WantsOptions(gymnasium.Wrapper):
    """Is opened by a host that says how."""

    def reset(self, *, seed=None, options=None):
        self.speed = options["speed"]
        return self.env.reset(seed=seed)

    def step(self, action):
        observation, reward, *rest = self.env.step(action)
        return observation, reward * self.speed, *rest


def test_what_wants_options_is_suspended():
    """Nobody knows what a host gives; what lies below has nothing to do with it."""
    pytest.importorskip("greenlet")

    seen = Bridge(WantsOptions, WIDE).seen

    assert "greenlet" == seen.mode
    assert "Its reset was called without options." in seen.why_mode


class ReadsManyKeys(gymnasium.Wrapper):
    """Reads a dozen numbers of info."""

    def step(self, action):
        observation, _, *rest, info = self.env.step(action)
        return observation, sum(info[f"joint {n}"] for n in range(12)), *rest, info


def test_many_keys_of_info_may_be_made_up():
    """What a robot says of its joints is no reason to give up."""
    seen = Bridge(ReadsManyKeys, WIDE).seen

    assert ("replay", "once") == (seen.mode, seen.path.name)
