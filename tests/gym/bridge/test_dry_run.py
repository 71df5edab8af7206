"""What is seen of a wrapper while it is tried out, and what is said of it."""

from __future__ import annotations

import logging
from functools import partial
from itertools import pairwise

import gymnasium
import numpy as np
import pytest
from gymnasium import wrappers as gw
from gymnasium.spaces import Box, Dict, Discrete, Tuple

from statewrap import Act, Below, Reset
from statewrap.core.spaces import why_not
from statewrap.gym.bridge import Bridge, watch
from statewrap.gym.bridge.world import EPISODES, Hand, World
from tests.gym.bridge import factories, hostile
from tests.gym.bridge.factories import BELOW, MOVED


def seen(factory, below=BELOW, **options):
    """Try a wrapper out."""
    return Bridge(factory, below, mode="replay", **options).seen


class TestSeen:
    """The findings, one by one."""

    def test_how_often_the_environment_is_called(self):
        """Least and most, in a step and in a reset."""
        repeats, resets = seen(factories.repeat), seen(factories.resets_itself)
        loses = seen(hostile.LosesLives)

        assert ((1, 3), (1, 1)) == (repeats.steps_per_step, repeats.resets_per_reset)
        assert ((0, 1), (0, 1)) == (resets.steps_per_step, resets.resets_per_step)
        assert ((0, 1), (0, 1)) == (loses.steps_per_reset, loses.resets_per_reset)

    def test_draws_changes_and_effects(self):
        """From the generator, in what was given, and outside."""
        assert seen(factories.sticky).draws
        assert ("observation",) == seen(hostile.WritesIntoObservations, MOVED).changes
        assert ("action",) == seen(hostile.WritesIntoActions, MOVED).changes
        assert ("info",) == seen(hostile.ResetsInside).changes
        assert ("reads the clock",) == seen(gw.RecordEpisodeStatistics).effects
        assert ("prints",) == seen(hostile.PrintsAfter).effects

    def test_what_it_remembers(self):
        """Which objects changed, and whether something is left of an earlier episode."""
        limits, learns = seen(factories.limit), seen(gw.NormalizeObservation)

        assert ("TimeLimit",) == limits.held
        assert (True, False) == (limits.keeps, limits.learns)
        assert ("NormalizeObservation.obs_rms",) == learns.held
        assert learns.learns
        assert not seen(factories.clipped).keeps

    def test_what_shows_later_than_it_came(self):
        """A delay, and no stack of frames."""
        assert seen(partial(gw.DelayObservation, delay=2)).delays
        assert not seen(factories.stacked).delays

    @pytest.mark.parametrize(
        ("factory", "path"),
        [
            (factories.clipped, "direct"),
            (factories.sticky, "direct"),
            (factories.limit, "once"),
            (factories.repeat, "again"),
            (lambda env: gw.ClipReward(factories.limit(env), 0, 1), "once"),
            (lambda env: gw.ClipReward(factories.repeat(env), 0, 1), "again"),
        ],
    )
    def test_the_way_that_messages_take(self, factory, path):
        """The quickest that all layers allow."""
        assert path == seen(factory).path.name

    def test_what_cannot_be_saved_is_named(self):
        """With where it lies."""

        class Dates(gymnasium.Wrapper):
            def step(self, action):
                self.at = np.timedelta64(1, "D").astype(object)
                return self.env.step(action)

        found = seen(Dates)

        assert found.snapshot_safe is False
        assert "Dates holds datetime.timedelta" in found.unsafe[0]
        assert seen(factories.stacked).snapshot_safe is True

    def test_it_is_told_in_words(self):
        """`not seen` where nothing was."""
        text = str(seen(factories.sticky))

        assert "draws: from its environment's generator" in text
        assert "changes in place: not seen" in text
        assert "can be saved: yes" in text

    def test_a_generator_kept_from_the_start_is_held(self):
        """Though it is not asked for again."""

        class Keeps(gymnasium.ActionWrapper):
            def __init__(self, env):
                super().__init__(env)
                self.random = env.unwrapped.np_random

            def action(self, action):
                return int(self.random.integers(3))

        assert "direct" == seen(Keeps).path.name

    def test_trying_leaves_no_trace_in_spaces(self):
        """A space that was seeded draws what it would have drawn."""
        space, other = Discrete(1000, seed=3), Discrete(1000, seed=3)

        Bridge(factories.repeat, Below(BELOW.observation_space, space))

        assert other.sample() == space.sample()


class TestWorld:
    """The made-up world."""

    def test_it_ends_in_all_ways(self):
        """Terminated, truncated, and cut by an opening that nobody asked for."""
        world = World(BELOW, {"lives": 3})
        shown = [world.answer(Reset())]
        while world.opened <= len(EPISODES):
            shown.append(world.answer(Reset() if shown[-1].last else Act(0)))

        assert {(True, False), (False, True)} <= {(t.terminated, t.truncated) for t in shown}
        assert any(b.first and not a.last for a, b in pairwise(shown))
        assert all(t.info == {"lives": 3} for t in shown)

    def test_what_it_shows_lies_in_the_space(self):
        """Of all kinds, with numbers that arithmetic likes."""
        space = Dict(a=Box(-np.inf, np.inf, (2,)), b=Tuple((Discrete(2), Box(-1e38, 1e38, (1,)))))
        world = World(Below(space), {})

        for _ in range(20):
            observation = world.observation()
            assert why_not(space, observation) is None
            assert abs(observation["b"][1]).max() <= 100

    def test_actions_lie_in_theirs(self):
        """In steps of their own."""
        hand = Hand(Discrete(3))

        assert {0, 1, 2} == {int(hand.action()) for _ in range(50)}


def test_the_root_logger_is_not_set_up_by_a_trial(monkeypatch):
    """`logging.warning` does so where nobody has, and would tell all that comes to nobody."""
    monkeypatch.setattr(logging.root, "handlers", [])

    with watch.quiet():
        logging.warning("an end")  # noqa: LOG015 - this is what is tried

    assert logging.root.handlers == []


def test_a_generator_of_its_own_is_named_where_it_draws_from_it():
    """Where it lies, beside the environment's."""
    found = Bridge(hostile.DrawsByItself, MOVED, mode="replay").seen

    assert found.generators == tuple(f"DrawsByItself.{name}" for name in ("mine", "old", "pythons"))
    assert "draws: from DrawsByItself.mine, from DrawsByItself.old" in str(found)
