"""What is counted: every fact once, in order, whatever the calls it is cut into."""

from __future__ import annotations

from itertools import pairwise

import structlog
from gymnasium.spaces import Discrete
from hypothesis import given
from hypothesis import strategies as st

from statewrap import Act, Below, Deployment, Stack, TimeStep, Wrapper
from statewrap.core.events import Abandoned, Closed, Ended, FellBack, Opened
from statewrap.stats import Statistics, StructlogSink
from statewrap.wrappers import ClipReward, RandomReset, RepeatAction
from tests.stats.worlds import ACTIONS, STACKS, Walk, choose
from tests.stats.worlds import counted as worlds_statistics

FIRST = TimeStep("f0", first=True)


def step(reward, **flags):
    """Return a time step in mid-episode."""
    return TimeStep("f", reward, **flags)


def fold(top=1, actions=None, **options):
    """Return the fold over a stack of so many wrappers."""
    below = Below(action_space=actions)
    return Statistics(**options).bind(Stack(*[Wrapper()] * top).bind(below))


def counted(*facts, top=1, **options):
    """Count facts in one go, and return the reports and the summary."""
    statistics = fold(top, **options)
    state, reports = statistics.observe(statistics.initial(), facts, top)
    return [(report.name, report.values) for report in reports], statistics.summary(state)


def test_an_opening_is_no_step():
    """Neither of the environment nor of the policy; the act that answers it is a decision."""
    reports, summary = counted((0, FIRST), (1, FIRST), (1, Opened()), (1, Act(1)), (0, Act(1)))
    assert [] == reports
    assert (0, 0, 1) == (summary["environment_steps"], summary["length"], summary["policy_calls"])


def test_a_skipped_step_counts_below_and_not_above():
    """Its reward is the environment's; the policy sees the sum later."""
    _, summary = counted((0, step(1.0)), (0, Act(1)), (0, step(2.0)), (1, step(3.0)))
    assert (2, 3.0) == (summary["environment_steps"], summary["return"])
    assert (1, 3.0) == (summary["length"], summary["processed_return"])


def test_an_episode_is_reported_when_it_ends():
    """With its number, its outcome and its counts; the next one starts from nothing."""
    last = step(2.0, terminated=True)
    end = Ended(terminated=True, truncated=True)
    reports, summary = counted((0, last), (1, last), (1, end), (0, step(5.0)))
    assert [
        (
            "episode_end",
            {
                "episode": 0,
                "outcome": "terminated",
                "return": 2.0,
                "processed_return": 2.0,
                "length": 1,
                "policy_calls": 0,
                "environment_steps": 1,
                "skipped_steps": 0,
                "fallbacks": 0,
            },
        )
    ] == reports
    assert (1, 7.0) == (summary["episodes"], summary["return"])


def test_outcomes_are_told_apart():
    """Truncated, and given up."""
    truncated = Ended(terminated=False, truncated=True)
    reports, _ = counted((1, truncated), (1, Abandoned()))
    assert ["truncated", "abandoned"] == [values["outcome"] for _, values in reports]


def test_a_fallback_is_counted():
    """It is no decision of the policy's."""
    _, summary = counted((0, step(1.0)), (0, FellBack("boom", 0)))
    assert (1, 0) == (summary["fallbacks"], summary["policy_calls"])


def test_closing_reports_the_whole():
    """Also what no episode took in."""
    reports, _ = counted((0, step(1.5)), (1, Closed()))
    assert ("deployment_closed", 0, 1.5) == (
        reports[0][0],
        reports[0][1]["episodes"],
        reports[0][1]["return"],
    )


def test_a_world_that_never_ends_reports_progress():
    """Every so many steps of the environment, what was counted since."""
    statistics, told = fold(report_every=3), []
    state = statistics.initial()
    for n in range(10):
        state, reports = statistics.observe(
            state, [(0, step(float(n))), (1, Act(0)), (0, Act(0))], 1
        )
        told += [(r.name, r.values["environment_steps"], r.values["return"]) for r in reports]
    assert [("progress", 3, 3.0), ("progress", 3, 12.0), ("progress", 3, 21.0)] == told


def test_progress_spans_episodes():
    """An end does not start the count anew."""
    end = Ended(terminated=True, truncated=False)
    statistics, names = fold(report_every=4), []
    state = statistics.initial()
    for _ in range(4):
        state, reports = statistics.observe(state, [(0, step(1.0)), (1, end)], 1)
        names += [report.name for report in reports]
    assert [*["episode_end"] * 4, "progress"] == names


@given(
    st.lists(
        st.one_of(
            st.floats(-1e6, 1e6).map(lambda reward: (0, step(reward))),
            st.floats(-1e6, 1e6).map(lambda reward: (1, step(reward))),
            st.just((1, Act(0))),
            st.just((0, Act(1))),
            st.just((1, Ended(terminated=True, truncated=False))),
        ),
        max_size=30,
    ),
    st.lists(st.integers(0, 30), max_size=5),
)
def test_sums_do_not_depend_on_how_facts_are_cut_into_calls(facts, cuts):
    """To the last bit: training and production cut them differently."""
    statistics = fold(report_every=3, actions=Discrete(2))
    whole, reports = statistics.observe(statistics.initial(), facts, 1)
    state, told = statistics.initial(), ()
    places = [0, *sorted(min(cut, len(facts)) for cut in cuts), len(facts)]
    for begin, end in pairwise(places):
        state, more = statistics.observe(state, facts[begin:end], 1)
        told += more
    assert (whole, reports) == (state, told)


class Heard:
    """Keeps the facts of each call."""

    def __init__(self):
        self.calls = []

    def bind(self, stack):
        """Take every stack."""

    def wants_frame(self, *, first):
        return False

    def observe(self, facts, top):
        self.calls.append((facts, top))


@given(st.sampled_from(sorted(STACKS)), st.integers(0, 2**32))
def test_a_step_counted_at_once_is_as_if_counted_fact_by_fact(name, seed):
    """The usual calls have a way of their own; what they come to is the same."""
    heard = Heard()
    stack = STACKS[name] or RepeatAction(1)
    agent = Deployment(choose, stack, action_space=ACTIONS, sinks=[heard], on_reset="request",
                       seed=seed)  # fmt: skip
    env = Walk()
    shown, known = env.reset(seed=seed)
    action = agent.act(shown, info=known)
    for _ in range(40):
        arguments = env.step(action)
        action = agent.act(*arguments)
        if action is None:
            shown, known = env.reset()
            action = agent.act(shown, info=known)

    statistics = worlds_statistics().bind(agent.stack)
    state = apart = statistics.initial()
    reports, told = (), ()
    for facts, top in heard.calls:
        state, more = statistics.observe(state, facts, top)
        reports += more
        for fact in facts:
            apart, more = statistics.observe(apart, [fact], top)
            told += more
    assert repr(state) == repr(apart)
    assert repr(reports) == repr(told)


def test_every_step_of_the_environment_is_counted_once():
    """In skips, in random resets, at a retry, in what close brings, in what is given up."""
    stack = RandomReset(noop_max=4, action=0) | RepeatAction(3) | ClipReward(-1.0, 1.0)
    deployment = Deployment(abs, stack, sinks=(), seed=11)
    deployment.act(0, step=0)
    for n in range(1, 50):
        arguments = (n, 2.0, n % 20 == 0) if n % 20 != 1 or n == 1 else (n,)
        deployment.act(*arguments, step=n)
        deployment.act(*arguments, step=n)
    deployment.reset(0)
    deployment.close(1, 2.0)
    openings = 2  # after 20 and 40
    assert (50 - 1 - openings + 1) == deployment.statistics["environment_steps"]
    assert (50 - openings) * 2.0 == deployment.statistics["return"]


def test_structlog_gets_name_and_values():
    """The report's name is the event; a deployment's name is bound to each."""
    with structlog.testing.capture_logs() as logs, Deployment(abs, session="r7") as deployment:
        deployment.act(1)
        deployment.act(2, 0.5, True)
    assert ["episode_end", "deployment_closed"] == [log["event"] for log in logs]
    assert {("r7", 0.5, 1)} == {
        (log["session"], log["return"], log["environment_steps"]) for log in logs
    }


def test_a_logger_of_ones_own_is_used():
    """With whatever is bound to it."""
    with structlog.testing.capture_logs() as logs:
        logger = structlog.get_logger().bind(plant="north")
        with Deployment(abs, sinks=[StructlogSink(logger)]):
            pass
    assert ["north"] == [log["plant"] for log in logs]
