"""What cannot be compared is refused: what it is, why, and what to give instead."""

from __future__ import annotations

import itertools
import random

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import wrappers as theirs
from gymnasium.spaces import Box, Discrete

from statewrap import Below, Stack, StatewrapError
from statewrap.testing.parity import ParityBroken, ParityError, assert_parity
from statewrap.wrappers import (
    ClipAction,
    FrameStackObservation,
    MaxAndSkipObservation,
    RandomReset,
    RepeatAction,
    StickyAction,
    TimeLimit,
    TransformObservation,
)
from tests.testing.parity.ported import LooksBehind, OldSkip, Skip, cart_pole


class Odd(gym.Env):
    """Counts its steps."""

    observation_space = Box(0.0, 100.0, (1,), np.float32)
    action_space = Discrete(2)

    def __init__(self) -> None:
        self.steps = 0

    def reset(self, *, seed=None, options=None):
        """Begin to count."""
        super().reset(seed=seed)
        self.steps = 0
        return np.zeros(1, np.float32), {}

    def step(self, action):
        """Count on."""
        self.steps += 1
        observation = np.array([self.steps], np.float32)
        return observation, 1.0, self.steps >= 9, False, self.told()

    def told(self):
        """Tell nothing."""
        return {}


def pictured() -> gym.Env:
    """Make an environment that can be rendered."""
    return gym.make("CartPole-v1", render_mode="rgb_array").unwrapped


class Noisy(Odd):
    """Draws from a generator that nobody seeds."""

    def told(self):
        """Tell a draw."""
        return {"noise": random.random()}  # noqa: S311 - it is to be wrong


class LateNoise(Odd):
    """Draws only in its seventieth step, counted through all of them."""

    count = itertools.count()

    def told(self):
        """Tell how many steps all of its kind took."""
        return {"late": next(self.count) if self.steps > 70 else 0}

    def step(self, action):
        """End later."""
        observation, reward, _, _, info = super().step(action)
        return observation, reward, self.steps >= 90, False, info


def once(env: gym.Env):
    """Return a function that gives the same environment each time."""
    return lambda: env


def drunk(observation) -> int:
    """Decide by chance."""
    return int(random.random() * 2)  # noqa: S311 - it is to be wrong


def half(observation):
    """Halve in place, which Gymnasium allows."""
    observation /= 2
    return observation


def raises(*_: object):
    """Raise."""
    raise OSError("no display")


SKIP = Skip(3)


def old(env: gym.Env) -> gym.Env:
    """Put the original around an environment."""
    return OldSkip(env, 3)


REFUSED = [
    ("no function", (gym.make("CartPole-v1"), SKIP), {}, "lambda: gymnasium.make"),
    ("raises", (raises, SKIP), {}, "make_env raised OSError: no display"),
    ("no environment", (dict, SKIP), {}, "expected a gymnasium.Env"),
    ("wrapped", (lambda: gym.make("CartPole-v1"), SKIP), {}, "wrapped in Gymnasium's TimeLimit"),
    ("wrapped by a user", (lambda: OldSkip(theirs.TimeLimit(Odd(), 3), 3), SKIP), {}, "TimeLimit"),
    ("the same one", (once(Odd()), SKIP), {}, "the same environment twice"),
    ("vector", (lambda: gym.make_vec("CartPole-v1"), SKIP), {}, "expected a gymnasium.Env, a sin"),
    ("not repeatable", (Noisy, SKIP), {"original": old}, "info['noise']"),
    ("a class", (cart_pole, RepeatAction), {}, "An instance is meant"),
    ("no stack", (cart_pole, "RepeatAction(3)"), {}, "Expected a statewrap wrapper or stack"),
    ("an empty stack", (cart_pole, Stack()), {}, "The stack is empty"),
    ("bound", (cart_pole, Stack(SKIP).bind(Below())), {}, "is bound already"),
    ("does not fit", (cart_pole, ClipAction()), {}, "does not fit CartPoleEnv (CartPole-v1)"),
    ("no original known", (cart_pole, SKIP), {}, "original=lambda env: TheOriginal(env, ...)"),
    ("mixed", (cart_pole, RandomReset(2) | SKIP), {}, "original=lambda env: TheOriginal(env, ...)"),
    ("no wrapper", (cart_pole, SKIP), {"original": lambda env: 3}, "expected a gymnasium.Wrapper"),
    (
        "another environment",
        (cart_pole, SKIP),
        {"original": lambda _: old(Odd())},
        "but on",
    ),
    ("original raises", (cart_pole, SKIP), {"original": raises}, "it raised OSError: no display"),
    (
        "no function of it",
        (cart_pole, SKIP),
        {"original": old(Odd())},
        "expected a function",
    ),
    ("too many", (cart_pole, SKIP), {"original": [old, old]}, "a list of 2, but the stack has 1"),
    ("one is none", (cart_pole, SKIP), {"original": [3]}, "The original of Skip(times=3) is 3"),
    ("both", (cart_pole, old), {"original": old}, "Both a function"),
    (
        "unknown wrapper",
        (cart_pole, LooksBehind),
        {},
        "LooksBehind has no twin, and no bridge takes it",
    ),
    (
        "no part in it",
        (pictured, theirs.RenderCollection),
        {},
        "no wrapper around its environment that could be compared",
    ),
    (
        "its environment's draws",
        (cart_pole, lambda env: theirs.StickyAction(env, 0.5)),
        {},
        "StickyAction(..., draws=np.random.default_rng(0))",
    ),
    ("draws of its own", (cart_pole, StickyAction(0.5)), {}, "StickyAction(..., draws="),
    (
        "another thing on purpose",
        (cart_pole, MaxAndSkipObservation(4)),
        {},
        "With stale_frames=True it does as Gymnasium's",
    ),
    ("nothing around", (cart_pole, lambda env: env), {}, "puts no wrapper around"),
    ("a policy", (cart_pole, TimeLimit(3), 7), {}, "policy is 7, expected None, a function"),
    ("by chance", (cart_pole, TimeLimit(3), drunk), {}, "decides alike"),
    ("no episodes", (cart_pole, TimeLimit(3)), {"episodes": 0}, "episodes=0 was given"),
    ("no seeds", (cart_pole, TimeLimit(3)), {"seeds": ()}, "seeds=() was given"),
    ("a wrong seed", (cart_pole, TimeLimit(3)), {"seeds": (1, -1)}, "non-negative"),
    ("no step", (cart_pole, TimeLimit(3)), {"max_steps": 0}, "max_steps=0 was given"),
]


@pytest.mark.parametrize(
    ("given", "options", "words"), [case[1:] for case in REFUSED], ids=[c[0] for c in REFUSED]
)
def test_bad_input_is_refused_with_the_cure(given, options, words) -> None:
    """As a ParityError, which is a ValueError, before anything is compared."""
    with pytest.raises(ParityError) as refused:
        assert_parity(*given, **options)

    assert words in " ".join(str(refused.value).split())
    assert isinstance(refused.value, (StatewrapError, ValueError))


def test_what_only_checks_is_taken_off() -> None:
    """`gymnasium.make` without a limit gives OrderEnforcing around PassiveEnvChecker."""

    def make_env() -> gym.Env:
        return gym.make("CartPole-v1", max_episode_steps=-1)

    assert assert_parity(make_env, TimeLimit(9), generate=False).same


def test_noise_that_does_not_matter_can_be_left_out() -> None:
    """By its key in info."""
    assert assert_parity(Noisy, SKIP, original=old, ignore=["noise"], generate=False).same


def test_an_environment_that_changes_its_mind_later_is_not_blamed_on_the_wrapper() -> None:
    """It looked repeatable at first."""
    with pytest.raises(ParityError, match="answered differently to the same actions"):
        assert_parity(LateNoise, SKIP, original=old)


def test_a_policy_that_changes_its_mind_later_is_not_blamed_on_the_wrapper() -> None:
    """It answers alike when it is asked at once again, but not in the next loop."""
    count = itertools.count()

    def tires(observation) -> int:
        return int(next(count) > 40)

    with pytest.raises(ParityError, match="The policy answered"):
        assert_parity(cart_pole, TimeLimit(30), tires)


def test_an_original_that_raises_has_nothing_to_be_compared_with() -> None:
    """Its error is told, and where."""

    class Breaks(OldSkip):
        def step(self, action):
            raise RuntimeError("out of memory")

    with pytest.raises(ParityError, match=r"The original raised RuntimeError: out of memory\."):
        assert_parity(cart_pole, SKIP, original=lambda env: Breaks(env, 3))


def test_an_original_without_an_end_is_refused(monkeypatch) -> None:
    """Its episodes would never be over."""

    class Hides(OldSkip):
        def step(self, action):
            return (*super().step(action)[:2], False, False, {})

    monkeypatch.setattr("statewrap.testing.parity.hops.LONGEST", 500)
    with pytest.raises(ParityError, match="did not come to an end within 501 messages"):
        assert_parity(Odd, SKIP, original=lambda env: Hides(env, 3))


def test_a_function_that_works_in_place_is_told_as_what_it_is() -> None:
    """A difference that is listed: here what is shown is read-only."""
    with pytest.raises(ParityBroken, match="read-only"):
        assert_parity(Odd, TransformObservation(half, None))


def test_a_world_in_which_the_original_does_not_run_is_told() -> None:
    """It is left out, with the reason."""

    def original(env: gym.Env) -> gym.Env:
        if env.observation_space.shape == ():
            raise ValueError("it needs a vector")
        return theirs.FrameStackObservation(env, 2)

    report = assert_parity(cart_pole, FrameStackObservation(2), original=original, seeds=(0,))

    reasons = {one.world: one.not_tried for one in report.played if one.not_tried}
    assert {"observations that are a number": "it needs a vector."} == reasons
