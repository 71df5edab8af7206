"""Wrappers that are hostile to being run again: equal, or refused with the reason; never wrong."""

from __future__ import annotations

import importlib.util
import re

import pytest
from gymnasium.envs.classic_control import CartPoleEnv

from statewrap import Stack
from statewrap.core.same import difference
from statewrap.gym import GymWrapper
from statewrap.gym.bridge import Bridge
from tests.parity.bridge.hostile import CachesUnwrapped
from tests.parity.bridge.hostile_cases import HOSTILE, READERS, Plant
from tests.parity.bridge.judging import judged


def check(verdict, right, words, name):
    """Hold a verdict against what is right."""
    assert right == "differs" or verdict.outcome != "differs", verdict
    if right != "either":
        assert right == verdict.outcome, verdict
    if verdict.outcome == "refused":
        assert name in verdict.words, f"{verdict} does not name {name}"
        assert re.search(words, verdict.words), f"{verdict} does not say {words}"


def the_class(case):
    """Return the name of the wrapper that is hostile."""
    called = {"over_a_limit": "WritesIntoAnother", "closed_over": "ClosureClass"}
    return called.get(case.name, case.name)


@pytest.mark.parametrize("case", HOSTILE, ids=lambda case: case.name)
def test_run_again_it_is_equal_or_refused(case):
    """By replay: what is done outside is not done twice, and what is unseen is not guessed."""
    for needed in case.needs:
        pytest.importorskip(needed)

    check(judged(case.factory, Plant, "replay"), case.replay, case.words, the_class(case))


@pytest.mark.parametrize("case", HOSTILE, ids=lambda case: case.name)
def test_run_once_it_is_equal_or_refused(case):
    """On greenlets: all runs once, so that only what needs the environment is refused."""
    for needed in ("greenlet", *case.needs):
        pytest.importorskip(needed)

    check(judged(case.factory, Plant, "greenlet"), case.greenlet, case.words, the_class(case))


@pytest.mark.parametrize("case", READERS, ids=lambda case: case.name)
def test_who_reads_the_environment_is_refused_as_it_is_made(case):
    """Before the first step, by the name of the wrapper and of what it asks for."""
    verdict = judged(case.factory, Plant, "auto")

    assert ("refused", "made") == verdict[:2], verdict
    assert the_class(case) in verdict.words
    assert re.search(case.words, verdict.words), verdict


def test_what_reaches_for_the_bottom_steps_it():
    """A wrapper that keeps `env.unwrapped`, and steps that, steps what is below the bridge."""
    native = CachesUnwrapped(CartPoleEnv())
    bridge = GymWrapper(CartPoleEnv(), Stack(Bridge(CachesUnwrapped)))

    for seed in range(3):
        assert difference(native.reset(seed=seed), bridge.reset(seed=seed)) is None
        for action in (0, 1, 1, 1, 0, 0, 0, 0):
            assert difference(native.step(action), bridge.step(action)) is None


@pytest.mark.parametrize(
    "case", [case for case in HOSTILE if case not in READERS], ids=lambda case: case.name
)
def test_the_mode_that_is_chosen_is_right(case):
    """`mode="auto"` never gives a mode in which the wrapper would be wrong."""
    for needed in case.needs:
        pytest.importorskip(needed)

    verdict = judged(case.factory, Plant, "auto")

    assert case.greenlet == "differs" or verdict.outcome != "differs", verdict
    once = case.replay != "equal" and importlib.util.find_spec("greenlet") is not None
    if not once:
        check(verdict, case.replay, case.words, the_class(case))
