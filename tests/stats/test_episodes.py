"""What is counted: every fact once, in order, whatever the calls it is cut into."""

from __future__ import annotations

from itertools import pairwise

import structlog
from hypothesis import given
from hypothesis import strategies as st

from statewrap import Act, Deployment, TimeStep
from statewrap.core.events import Abandoned, Closed, Ended, FellBack, Opened
from statewrap.stats import EpisodeStatistics, StructlogSink
from statewrap.wrappers import ClipReward, RandomReset, RepeatAction

FIRST = TimeStep("f0", first=True)


def step(reward, **flags):
    """Return a time step in mid-episode."""
    return TimeStep("f", reward, **flags)


def counted(*facts, top=1, every=None):
    """Count facts in one go, and return the reports and the summary."""
    statistics = EpisodeStatistics(every)
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
    statistics, told = EpisodeStatistics(3), []
    state = statistics.initial()
    for n in range(10):
        state, reports = statistics.observe(state, [(0, step(float(n))), (1, Act(0))], 1)
        told += [(r.name, r.values["environment_steps"], r.values["return"]) for r in reports]
    assert [("progress", 3, 3.0), ("progress", 3, 12.0), ("progress", 3, 21.0)] == told


def test_progress_spans_episodes():
    """An end does not start the count anew."""
    end = Ended(terminated=True, truncated=False)
    statistics, names = EpisodeStatistics(4), []
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
            st.just((1, Ended(terminated=True, truncated=False))),
        ),
        max_size=30,
    ),
    st.lists(st.integers(0, 30), max_size=5),
)
def test_sums_do_not_depend_on_how_facts_are_cut_into_calls(facts, cuts):
    """To the last bit: training and production cut them differently."""
    statistics = EpisodeStatistics()
    whole, reports = statistics.observe(statistics.initial(), facts, 1)
    state, told = statistics.initial(), ()
    places = [0, *sorted(min(cut, len(facts)) for cut in cuts), len(facts)]
    for begin, end in pairwise(places):
        state, more = statistics.observe(state, facts[begin:end], 1)
        told += more
    assert (whole, reports) == (state, told)


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
