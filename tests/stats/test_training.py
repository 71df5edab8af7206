"""A training loop and a deployment count the same, to the last digit; and what a record says."""

from __future__ import annotations

from collections import Counter
from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from statewrap import Act, BindError, Deployment, TimeStep
from statewrap.core.events import Abandoned, Closed, Ended, Opened
from statewrap.gym import GymWrapper
from statewrap.stats import Statistic, StatisticsSink
from statewrap.stats.training import with_ends
from statewrap.wrappers import RepeatAction
from tests.stats.worlds import (
    ACTIONS,
    OBSERVATIONS,
    STACKS,
    Told,
    Walk,
    choose,
    counted,
    produced,
    trained,
)

FIRST, MIDDLE = TimeStep(0, first=True), TimeStep(1, 1.0)
LAST = TimeStep(2, 1.0, truncated=True)


@given(
    name=st.sampled_from(sorted(STACKS)),
    seed=st.integers(0, 2**32),
    give_up=st.sampled_from([0, 3, 5]),
    again=st.sets(st.integers(0, 60)),
    saved=st.sets(st.integers(0, 60), max_size=3),
)
def test_training_and_production_count_the_same(name, seed, give_up, again, saved):
    """With skips, random starts, ends of all kinds, retries, and moves to another deployment."""
    stack = STACKS[name]
    _, counting, told, loop = trained(stack, seed, 30, give_up=give_up)
    _, agent, said = produced(stack, seed, 30, give_up=give_up, again=again, saved=saved)

    assert repr(counting.statistics) == repr(agent.statistics)
    loop.close()
    agent.close()

    assert [repr(report) for report in told] == [repr(report) for report in said]


@pytest.mark.parametrize("name", sorted(STACKS))
def test_a_policy_within_counts_the_same(name):
    """Through `act`, where nobody gives up: then a decision is out that training never made."""
    _, _, told, _ = trained(STACKS[name], 8, 60)
    env, said = Walk(), Told()
    agent = Deployment(
        choose,
        STACKS[name] or RepeatAction(1),
        observation_space=OBSERVATIONS,
        action_space=ACTIONS,
        on_reset="request",
        statistics=counted(),
        sinks=[said],
        seed=8,
    )
    shown, known = env.reset(seed=8)
    action = agent.act(shown, info=known)
    while len(said.ended()) < len(told.ended()):
        action = agent.act(*env.step(action))
        if action is None:
            shown, known = env.reset()
            action = agent.act(shown, info=known)

    assert told.ended()
    assert repr(told.ended()) == repr(said.ended())


@pytest.mark.parametrize("name", sorted(STACKS))
def test_every_step_of_the_world_is_counted_once(name):
    """The world's own record of its rewards is the oracle."""
    env, agent, _ = produced(STACKS[name], 5, 200, give_up=9, again=range(0, 900, 3), saved={40})

    assert len(env.rewards) == agent.statistics["environment_steps"]
    assert reduce(float.__add__, env.rewards) == pytest.approx(agent.statistics["return"])


def test_a_loops_own_record_gives_the_same_numbers():
    """Counted by hand in the loop: rewards, lengths, actions and skips of each episode."""
    env = Walk()
    counting = StatisticsSink()
    loop = GymWrapper(env, RepeatAction(3), sinks=[counting])
    observation, _ = loop.reset(seed=3)
    for _ in range(20):
        begun, length, chosen, over = len(env.rewards), 0, Counter(), False
        processed = 0.0
        while not over:
            chosen[action := choose(observation)] += 1
            observation, reward, terminated, truncated, _ = loop.step(action)
            processed, length, over = processed + reward, length + 1, terminated or truncated
        rewards = env.rewards[begun:]
        (ended,) = counting.ended
        assert {
            "return": reduce(float.__add__, rewards, 0.0),
            "processed_return": processed,
            "length": length,
            "policy_calls": length,
            "environment_steps": len(rewards),
            "skipped_steps": len(rewards) - length,
            "actions": {str(action): chosen[action] for action in range(3)},
        }.items() <= ended.items()
        assert ("terminated" if terminated else "truncated") == ended["outcome"]
        observation, _ = loop.reset()


def test_a_place_is_looked_for_where_the_stack_is_known():
    """Made before its stack; until then it has counted nothing, and a wrong place is told then."""
    counting = StatisticsSink([Statistic("x", "observation", 0, at="below RepeatAction")])
    assert 0 == counting.statistics["environment_steps"]
    loop = GymWrapper(Walk(), RepeatAction(2), sinks=[counting])
    loop.reset(seed=1)
    assert "x_mean" in counting.statistics

    lost = StatisticsSink([Statistic("x", "observation", 0, at="below TimeLimit")])
    with pytest.raises(BindError, match="no such wrapper"):
        GymWrapper(Walk(), RepeatAction(2), sinks=[lost])


def test_epochs_end_by_hand_in_a_training_loop():
    """The report is given back."""
    counting = StatisticsSink(counted())
    loop = GymWrapper(Walk(), RepeatAction(2), sinks=[counting])
    observation, _ = loop.reset(seed=1)
    while not counting.ended:
        observation, *_ = loop.step(choose(observation))

    epoch = counting.end_epoch()

    assert (0, 1) == (epoch["epoch"], epoch["episodes"])
    assert counting.statistics["return"] == epoch["return_mean"]


def test_what_comes_after_close_is_not_counted():
    """An environment may be closed twice."""
    told = []
    counting = StatisticsSink(sinks=[lambda report: told.append(report.name)])
    loop = GymWrapper(Walk(), RepeatAction(2), sinks=[counting])
    loop.reset(seed=1)
    loop.close()
    loop.close()

    assert ["episode_end", "deployment_closed"] == told


def test_a_training_loop_wants_no_pictures():
    """Counting looks at numbers."""
    assert StatisticsSink().wants_frame(first=True) is False


@pytest.mark.parametrize(
    ("facts", "is_open", "expected", "then"),
    [
        ([(0, FIRST), (1, FIRST)], False, [Opened()], True),
        ([(1, FIRST)], True, [Abandoned(), Opened()], True),
        ([(1, LAST)], True, [Ended(False, True)], False),
        ([(1, MIDDLE)], True, [], True),
        ([(0, LAST)], True, [], True),
        ([(1, Act(0))], True, [], True),
        ([(1, Closed())], True, [Abandoned()], False),
        ([(1, Closed())], False, [], False),
    ],
)
def test_ends_are_read_off_the_top(facts, is_open, expected, then):
    """As a deployment's driver says them."""
    known, after = with_ends(facts, 1, is_open=is_open)

    assert expected == [what for gap, what in known if (gap, what) not in facts]
    assert then is after


class Flaky(Walk):
    """Fails at one of its steps, before it is taken."""

    def __init__(self, *failing):
        super().__init__()
        self.failing = {*failing}

    def step(self, action):
        if len(self.rewards) in self.failing:
            self.failing.discard(len(self.rewards))
            raise RuntimeError("the net is down")
        observation, reward, _, _, known = super().step(action)
        return observation, reward, False, False, known


class Pictured(StatisticsSink):
    """Wants a picture of every step, and so is shown a call part by part."""

    takes_frames = True

    def wants_frame(self, *, first):
        return True


@pytest.mark.parametrize("pictured", [False, True])
@pytest.mark.parametrize("failing", [0, 1, 2, 4, 5])
def test_the_steps_before_a_failure_are_counted(failing, pictured):
    """They have happened, although the stack took none of them in; the decision counts once."""
    env = Flaky(failing)
    env.render = lambda: np.zeros(3)
    sink = Pictured if pictured else StatisticsSink
    counting = sink([Statistic("sent", "action", episode="count")])
    loop = GymWrapper(env, RepeatAction(3), sinks=[counting])
    loop.reset(seed=1)
    calls = 0
    while calls < 2:
        try:
            loop.step(1)
        except RuntimeError:
            continue
        calls += 1

    found = counting.statistics
    assert (len(env.rewards), 2) == (found["environment_steps"], found["length"])
    assert len(env.rewards) - 2 == found["skipped_steps"]
    assert reduce(float.__add__, env.rewards) == pytest.approx(found["return"])
    if not pictured:  # a picture is asked for when the decision has been told
        assert (2, len(env.rewards)) == (found["policy_calls"], found["sent_count"])


def test_a_sink_begins_anew_with_another_environment():
    """Closed or not: what it counted before is gone, and all that comes is counted."""
    counting = StatisticsSink()
    for _ in range(2):
        loop = GymWrapper(Flaky(), RepeatAction(3), sinks=[counting])
        loop.reset(seed=1)
        loop.step(1)
        assert (3, 0) == (counting.statistics["environment_steps"], counting.statistics["episodes"])
        loop.close()
        assert 1 == counting.statistics["episodes"]
