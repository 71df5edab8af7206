"""What a deployment counts: events, key figures, times, windows, epochs; it stays small."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest
import structlog
from gymnasium.spaces import Box, Dict, Discrete, MultiDiscrete, Text, Tuple

from statewrap import (
    BindError,
    Deployment,
    Event,
    InputError,
    PolicyError,
    ProtocolError,
    SnapshotError,
    Wanted,
)
from statewrap.sinks import StructlogSink
from statewrap.stats import Histogram, Reduce, Statistic, Statistics
from statewrap.wrappers import (
    ClipReward,
    FrameStackObservation,
    RandomReset,
    RejectInvalidAction,
    RepeatAction,
    TimeLimit,
)

SOLD = Statistic("sold", "event", "goods_sold", field="amount", episode=("sum", "count", "max"))


def sold(amount, **fields) -> list[Event]:
    """Return the events of a call in which something was sold."""
    return [Event("goods_sold", amount=amount, **fields)]


class Reports(list):
    """A sink that keeps reports, and wants those of steps as well if it is told to."""

    steps = False

    def __call__(self, report) -> None:
        self.append(report)

    def wants(self, name) -> bool:
        return self.steps

    def named(self, name):
        return [report.values for report in self if report.name == name]


# -- outside events -----------------------------------------------------------------------------


def test_an_event_is_counted_at_its_own_step():
    """Those of the first two calls are two, not one of both."""
    per_step = Statistic(
        "each", "event", "goods_sold", field="amount", step="sum", episode=("count", "max", "last")
    )
    agent = Deployment(abs, statistics=[per_step], sinks=())
    agent.act(1, events=sold(1) + sold(1))
    agent.act(2, 0.0, events=sold(5))
    agent.act(3, 0.0)

    assert (2, 5, 5) == tuple(agent.statistics[f"each_{name}"] for name in ("count", "max", "last"))


def test_an_event_is_counted_once_however_often_its_call_is_made():
    """A retry with the same number changes nothing, even with other events."""
    agent = Deployment(abs, statistics=[SOLD], sinks=())
    agent.act(1, step=0, events=sold(1))
    for events in (sold(3), sold(3), sold(70)):
        agent.act(2, 0.0, step=1, events=events)

    assert (4, 2) == (agent.statistics["sold_sum"], agent.statistics["sold_count"])


def test_an_event_of_a_failed_act_is_not_counted():
    """The act never happened; when it is made again, its event has."""
    fails = [True]

    def moody(observation):
        if observation == 2 and fails:
            raise RuntimeError(fails.pop())
        return observation

    agent = Deployment(moody, statistics=[SOLD], sinks=())
    agent.act(1)
    with pytest.raises(PolicyError):
        agent.act(2, 0.0, events=sold(3))
    assert 0 == agent.statistics["sold_sum"]
    agent.act(2, 0.0, events=sold(3))

    assert 3 == agent.statistics["sold_sum"]


def test_an_event_belongs_to_the_episode_of_its_time_step():
    """The one that the time step ends, or opens."""
    agent = Deployment(abs, statistics=[SOLD], sinks=())
    agent.act(1, events=sold(1))
    agent.act(2, 0.0, True, events=sold(2))
    assert 3 == agent.ended[0]["sold_sum"]
    agent.act(1, events=sold(4))
    agent.reset(1, events=sold(8))
    assert 4 == agent.ended[0]["sold_sum"]
    agent.close(2, 0.0, events=sold(16))

    assert 24 == agent.ended[0]["sold_sum"]
    assert 31 == agent.statistics["sold_sum"]


def test_events_come_with_observe_too():
    """Where decisions come from outside."""
    agent = Deployment(statistics=[SOLD], sinks=())
    assert type(agent.observe(1, events=sold(2))) is Wanted
    agent.decide(1)

    assert 2 == agent.statistics["sold_sum"]


def test_an_event_is_counted_although_the_fallback_answers():
    """It happened, whatever the agent made of it."""
    agent = Deployment(lambda _: 1 / 0, fallback=0, statistics=[SOLD], sinks=())
    assert 0 == agent.act(1, events=sold(2))
    agent.close(2, 0.0, events=sold(3))

    assert (5, 2) == (agent.statistics["sold_sum"], agent.statistics["sold_count"])


def test_events_are_grouped_by_a_field():
    """No more groups than there may be."""
    by = Statistic("sold", "event", "goods_sold", field="amount", by="article", max_groups=2)
    agent = Deployment(abs, statistics=[by], sinks=())
    agent.act(1, events=[*sold(1, article="pear"), *sold(2, article="fig")])
    agent.act(2, 0.0, events=[*sold(4, article="pear"), *sold(9, article="kiwi"), Event("rain")])

    assert {"pear": 5, "fig": 2} == agent.statistics["sold_sum"]
    assert 1 == agent.statistics["sold_outside"]


@pytest.mark.parametrize(
    ("events", "words"),
    [
        (Event("rain"), "expected a list of events"),
        ("rain", "expected a list of events"),
        (3, "expected a list of events"),
        (["rain"], "which is no statewrap.Event"),
    ],
)
def test_events_that_are_none_are_refused(events, words):
    """And nothing is changed."""
    agent = Deployment(abs, sinks=())
    with pytest.raises(InputError, match=words):
        agent.act(1, events=events)
    assert 0 == agent.step


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Event(""), "expected a word"),
        (lambda: Event(3), "expected a word"),
        (lambda: Event("a", what=object()), "field what="),
        (lambda: Event("a", what={"deep": [open]}), "no plain data"),
        (lambda: Event("a", what=np.array([object()])), "no plain data"),
    ],
)
def test_an_event_is_plain_data(make, words):
    """It says which field is not."""
    with pytest.raises(InputError, match=words):
        make()


def test_nobodys_objects_are_kept_or_changed():
    """Neither an event's fields, nor info, nor an observation; nor what is read."""
    amounts, info, shown = [1, 2], {"lives": [3]}, {"x": np.zeros(2)}
    last = Statistic("last", "event", "e", field="amounts", episode="last")
    lives = Statistic("lives", "info", "lives", episode="last")
    agent = Deployment(lambda _: 0, FrameStackObservation(2), statistics=[last, lives], sinks=(),
                       observation_space=Dict(x=Box(0, 1, (2,), np.float64)))  # fmt: skip
    agent.act(shown, info=info, events=[Event("e", amounts=amounts)])
    amounts.append(9)
    info["lives"].append(9)
    agent.statistics["last_last"].append(7)
    agent.close()

    assert ([1, 2], [3]) == (agent.statistics["last_last"], agent.statistics["lives_last"])
    assert ([1, 2, 9], {"lives": [3, 9]}) == (amounts, info)
    assert [0.0, 0.0] == shown["x"].tolist()
    agent.ended[0]["last_last"].append(7)
    assert [1, 2] == agent.ended[0]["last_last"]


# -- key figures, and functions that raise ------------------------------------------------------


def test_key_figures_are_made_when_an_episode_ends():
    """Of its record; over an epoch they spread like the counts."""
    kpis = {"pace": lambda episode: episode["return"] / episode["length"]}
    told = Reports()
    agent = Deployment(abs, statistics=Statistics([SOLD], kpis=kpis), sinks=[told])
    for reward in (1.0, 3.0):
        agent.act(1)
        agent.act(2, reward)
        agent.act(3, reward, True)
    epoch = agent.end_epoch()

    assert [1.0, 3.0] == [values["pace"] for values in told.named("episode_end")]
    assert (2, 2.0, 1.0, 3.0) == (
        epoch["episodes"],
        epoch["pace_mean"],
        epoch["pace_min"],
        epoch["pace_max"],
    )


@pytest.mark.parametrize("wrong", [lambda _: 1 / 0, lambda _: "much", lambda _: [1, 2]])
def test_a_key_figure_that_fails_costs_no_act(wrong):
    """It is None, and told; the others stand."""
    told = Reports()
    kpis = {"wrong": wrong, "right": lambda episode: episode.number}
    agent = Deployment(abs, statistics=Statistics(kpis=kpis), sinks=[told])
    agent.act(1)
    assert agent.act(2, 0.0, True) is None

    assert (None, 0) == (agent.ended[0]["wrong"], agent.ended[0]["right"])
    assert [("wrong", 0)] == [
        (v["statistic"], v["episode"]) for v in told.named("statistic_failed")
    ]


def test_a_statistic_that_fails_costs_no_act_and_is_told_once_an_episode():
    """A value that is none, a part that is not there, a function that raises."""
    told = Reports()
    statistics = [
        Statistic("text", "info", "name", episode=("sum", "count")),
        Statistic("part", "observation", "speed"),
        Statistic("raises", "reward", function=lambda reward: 1 / (reward - 1.0)),
        Statistic("field", "event", "e", field="amount"),
        Statistic("nothing", "reward", function=lambda _: None, episode="count"),
        Statistic("steps", "reward", step=Reduce("bad", lambda *_: {}.pop(0))),
        Statistic("epochs", "reward", epoch=Reduce("bad", lambda *_: {}.pop(0))),
        Statistic("late", "reward", step="last", episode=Reduce("bad", lambda *_: {}.pop(0))),
    ]
    agent = Deployment(lambda _: 0, statistics=statistics, sinks=[told])
    for _episode in range(2):
        agent.act([1], info={"name": "x"}, events=[Event("e")])
        for _ in range(3):
            agent.act([1], 1.0, info={"name": "x"}, events=[Event("e")])
        agent.act([1], 2.0, True, info={"name": 3})

    failed = [(v["episode"], v["statistic"]) for v in told.named("statistic_failed")]
    names = ["text", "part", "raises", "field", "steps", "epochs", "late"]
    assert sorted((n, name) for n in (0, 1) for name in names) == sorted(failed)
    assert (3, 5) == (agent.ended[0]["text_sum"], agent.ended[0]["text_count"])
    assert (1.0, 0) == (agent.ended[0]["raises_sum"], agent.ended[0]["nothing_count"])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Statistics(SOLD), "expected a list"),
        (lambda: Statistics(["sold"]), "holds 'sold'"),
        (lambda: Statistics([SOLD, SOLD]), "'sold'"),
        (lambda: Statistics([Statistic("length", "reward")]), "'length'"),
        (lambda: Statistics([SOLD], kpis={"sold_sum": len}), "'sold_sum'"),
        (lambda: Statistics(kpis=[len]), "expected a mapping"),
        (lambda: Statistics(kpis={"pace": 3}), "a function of an episode"),
        (lambda: Statistics(report_every=0), "at least 1"),
        (lambda: Statistics(report_every_s=0), "more than 0"),
        (lambda: Statistics(report_every_s="1"), "expected seconds"),
        (lambda: Deployment(statistics=Statistics(), report_every=3), "has one of its own"),
    ],
)
def test_statistics_that_make_no_sense_are_refused(make, words):
    """With what was expected."""
    with pytest.raises((ValueError, TypeError), match=words):
        make()


def test_a_record_is_a_mapping():
    """Of all that the report has."""
    kpis = {"parts": lambda episode: len(episode) == len([*episode]) > 5}
    agent = Deployment(abs, statistics=Statistics(kpis=kpis), sinks=())
    agent.act(1)
    agent.act(2, 0.0, True)

    assert 1 == agent.ended[0]["parts"]


# -- where --------------------------------------------------------------------------------------


def test_a_gap_is_told_by_a_wrappers_name_or_place():
    """Rewards as the environment gave them, as they rise, and as the policy is shown them."""
    places = ["bottom", "above ClipReward", "below 1", "above 1", "below RepeatAction", "top"]
    statistics = [Statistic(f"r{n}", "reward", at=at) for n, at in enumerate(places)]
    stack = ClipReward(-1.0, 1.0) | RepeatAction(2) | ClipReward(0.0, 1.5)
    statistics.pop(1)
    with pytest.raises(BindError, match=r"several ClipReward: at the places \[0, 2\]"):
        Deployment(abs, stack, statistics=[Statistic("r", "reward", at="above ClipReward")])
    agent = Deployment(abs, stack, statistics=statistics, sinks=())
    agent.act(1)
    agent.act(2, 3.0)
    agent.act(3, 3.0)

    found = [agent.statistics[f"{s.name}_sum"] for s in statistics]
    assert [6.0, 2.0, 2.0, 2.0, 1.5] == found


@pytest.mark.parametrize("at", ["above TimeLimt", "below 7", "above "])
def test_a_wrapper_that_is_not_there_is_named_when_it_is_bound(at):
    """With those that are."""
    with pytest.raises(BindError, match="Its wrappers are: 0 TimeLimit"):
        Deployment(abs, TimeLimit(3), statistics=[Statistic("r", "reward", at=at)])


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("sped", "did you mean 'speed'"),
        (("speed", 3), "no 3. It has the places -2 to 1"),
        (("speed", "x"), "no 'x'. It has the places -2 to 1"),
        (("both", 2), "the places -2 to 1"),
        (("both", 0, 1), "no 1. It has no parts"),
        ("none", "It has"),
    ],
)
def test_a_part_that_observations_do_not_have_is_refused(key, words):
    """As far as the space tells."""
    space = Dict(speed=Box(0, 1, (2,)), both=Tuple((Discrete(2), Discrete(2))))
    with pytest.raises(BindError, match=words):
        Deployment(
            abs, observation_space=space, statistics=[Statistic("s", "observation", key=key)]
        )


def test_rewards_are_grouped_by_the_action_that_earned_them():
    """As it came down at that gap."""
    earned = Statistic("earned", "reward", by="action", episode=("sum", "count"))
    agent = Deployment(lambda seen: seen % 2, statistics=[earned], sinks=())
    agent.act(0)
    for n in range(1, 6):
        agent.act(n, float(n))

    assert {"0": 1.0 + 3.0 + 5.0, "1": 2.0 + 4.0} == agent.statistics["earned_sum"]


def test_values_are_grouped_by_actor_and_by_action_too():
    """Single components of an action as well; what has no actor is one group."""
    statistics = [
        Statistic("seen", "observation", by="actor", episode="count"),
        Statistic("part", "action", key=1, by="action", episode="sum"),
        Statistic("rain", "event", "rain", episode="sum"),
    ]
    agent = Deployment(lambda _: (1, 5), statistics=statistics, sinks=())
    agent.act(0)
    agent.act(1, 0.0, events=[Event("rain", much=3), Event("sun")])

    assert {"None": 2} == agent.statistics["seen_count"]
    assert {"(1, 5)": 10} == agent.statistics["part_sum"]
    assert 1 == agent.statistics["rain_sum"]


def test_an_opening_that_shows_again_what_was_shown_is_observed_once():
    """A limit in the stack, in a world that goes on."""
    seen = [Statistic("seen", "observation", episode=("count", "last"))]
    agent = Deployment(abs, TimeLimit(2), statistics=seen, sinks=())
    agent.act(0)
    for n in range(1, 5):
        agent.act(n, 0.0)

    assert (5, 4) == (agent.statistics["seen_count"], agent.statistics["seen_last"])


def test_what_the_stack_did_not_take_in_is_observed_once():
    """It failed, and the fallback answered; later it is shown the opening that it missed."""
    fails = [True]

    def moody(observation):
        if fails:
            raise RuntimeError(fails.pop())
        return observation

    seen = [Statistic("seen", "observation", episode=("count", "last")),
            Statistic("sent", "action", episode=("sum", "count"))]  # fmt: skip
    agent = Deployment(moody, RepeatAction(1), fallback=7, statistics=seen, sinks=())
    assert (7, 1, 2) == (agent.act(0), agent.act(1, 0.0), agent.act(2, 0.0))

    values = agent.statistics
    assert (3, 2) == (values["seen_count"], values["seen_last"])
    assert (10, 3) == (values["sent_sum"], values["sent_count"])


def test_steps_are_told_to_sinks_that_want_them():
    """What was shown, earned and done, and what the step reducers gave."""
    told = Reports()
    per_step = Statistic("each", "event", "goods_sold", field="amount", step="sum")
    group = Statistic("by", "event", "goods_sold", field="amount", step="sum", by="article")
    agent = Deployment(
        abs, RepeatAction(2), statistics=[per_step, group], sinks=[told], session="r7",
        clock=lambda: 0.0,
    )  # fmt: skip
    agent.act(1)
    told.steps = True
    agent.act(2, 0.5, events=[*sold(2, article="a"), *sold(3, article="b")])
    agent.act(3, 0.5, True)

    places = [(v["session"], v["episode"], v["step"]) for v in told.named("step")]
    assert [("r7", 0, 1), ("r7", 0, 2)] == places
    assert [(0.5, None, 1, 5, {"a": 2, "b": 3}), (0.5, 1.0, None, None, {})] == [
        (v["reward"], v["processed_reward"], v["action"], v["each"], v["by"])
        for v in told.named("step")
    ]


def test_every_report_says_in_which_call_it_came_about():
    """Counted from 0; a close has the number that would have come next."""
    told = Reports()
    agent = Deployment(abs, sinks=[told])
    agent.act(1)
    agent.act(2, 0.0, True)
    agent.close()

    assert [("episode_end", 1), ("deployment_closed", 2)] == [
        (report.name, report.values["step"]) for report in told
    ]


# -- what is counted without asking -------------------------------------------------------------


def test_discrete_decisions_are_a_histogram():
    """Of the policy's own, at the top; also what is no action of the space."""
    agent = Deployment(np.array, RepeatAction(2), sinks=(), check="never",
                       action_space=Discrete(3, start=-1))  # fmt: skip
    agent.act(-1)
    for seen in (-1, 1, 1, 9, 9):
        agent.act(seen, 0.0)

    assert {"-1": 1, "0": 0, "1": 1} == agent.statistics["actions"]
    assert 1 == agent.statistics["actions_outside"]


def test_of_many_actions_those_are_shown_that_were_chosen():
    """Of a few all, so that tables have their columns."""
    chosen = {}
    for size in (32, 33):
        agent = Deployment(lambda seen: seen, action_space=Discrete(size, start=1), sinks=())
        agent.act(7)
        chosen[size] = agent.statistics["actions"]

    assert {str(n): int(n == 7) for n in range(1, 33)} == chosen[32]
    assert {"7": 1} == chosen[33]


@pytest.mark.parametrize("number", [1, 31, 32, 33, 100])
def test_other_decisions_have_mean_and_std(number):
    """Of each component, in the episode and in the whole."""
    random = np.random.default_rng(number)
    actions = [random.normal(size=(2, 2)) for _ in range(number)]
    space = Box(-np.inf, np.inf, (2, 2), np.float64)
    told = Reports()
    agent = Deployment(
        lambda seen: actions[seen], action_space=space, sinks=[told], report_every=1000
    )
    agent.act(0)
    for n in range(1, number):
        agent.act(n, 0.0)
    agent.reset(0)

    ended = agent.ended[0]
    assert np.allclose(np.mean(actions, axis=0), ended["actions_mean"])
    assert np.allclose(np.std(actions, axis=0), ended["actions_std"])
    whole = [*actions, actions[0]]
    assert np.allclose(np.mean(whole, axis=0), agent.statistics["actions_mean"])
    assert np.allclose(np.std(whole, axis=0), agent.statistics["actions_std"])


def test_decisions_of_other_kinds_cost_no_act():
    """A wrong shape, or what is no array at all, is outside; infinities are counted as they are."""
    odd = iter([[1, 2], "left", np.array([np.inf, 0.0]), np.zeros(3)])
    agent = Deployment(
        lambda _: next(odd), action_space=MultiDiscrete([3, 3]), check="never", sinks=()
    )
    agent.act(0)
    for _ in range(3):
        agent.act(0, 0.0)
    assert 2 == agent.statistics["actions_outside"]
    assert [np.inf, 1.0] == agent.statistics["actions_mean"]

    text = Deployment(lambda _: "left", action_space=Text(9), sinks=())
    text.act(0)
    assert not [name for name in text.statistics if name.startswith("actions")]


def test_nothing_is_known_of_no_decisions():
    """Of one component each."""
    agent = Deployment(abs, action_space=Box(0, 1, (1,)), sinks=())
    assert (None, None) == (agent.statistics["actions_mean"], agent.statistics["actions_std"])


def test_a_refused_decision_is_no_step_of_the_environment():
    """What wrappers answer by themselves is the policy's own life: calls and steps differ."""
    chosen, mask = iter([0, 1, 1]), {"action_mask": np.array([0, 1], np.int8)}
    agent = Deployment(
        lambda _: next(chosen), RejectInvalidAction(), action_space=Discrete(2), sinks=()
    )
    agent.act(0, info=mask)
    agent.act(1, 1.0, info=mask)

    values = agent.statistics
    assert (1, 2, 3) == (values["environment_steps"], values["length"], values["policy_calls"])


def test_steps_that_the_policy_was_not_shown_are_skipped_ones():
    """Frames of a skip, steps inside a reset; every step is one or the other."""
    agent = Deployment(abs, RandomReset(noop_max=4, action=0) | RepeatAction(3), sinks=(), seed=2)
    agent.act(0)
    for n in range(1, 41):
        agent.act(n, 1.0)

    values = agent.statistics
    assert 40 == values["environment_steps"] == values["skipped_steps"] + values["length"]
    assert 27 <= values["skipped_steps"] < 31


def test_the_agents_time_is_not_production_time():
    """An action is waited for, and an answer is waited for; openings are nobody's wait."""
    now = [0.0]

    def slow(observation):
        now[0] += 0.25
        return observation

    late = Statistic("late", "agent_time", episode=("max", "count"))
    wait = Statistic("wait", "wait_time", episode=("max", "count"))
    told = Reports()
    counted = Statistics([late, wait], stopwatch=lambda: now[0])
    agent = Deployment(slow, sinks=[told], statistics=counted)
    now[0] = 100.0
    agent.act(1)
    now[0] += 8.0
    agent.act(2, 0.0)
    now[0] += 4.0
    saved = agent.snapshot()
    now[0] += 1000.0
    agent.restore(saved)
    agent.act(3, 0.0)
    now[0] += 2.0
    agent.act(4, 0.0, True)
    now[0] += 50.0
    agent.act(1)

    assert {"agent_seconds": 1.0, "wait_seconds": 10.0} == {
        name: agent.times[name] for name in ("agent_seconds", "wait_seconds")
    }
    assert (0.25, 5, 8.0, 2) == tuple(
        agent.times[name] for name in ("late_max", "late_count", "wait_max", "wait_count")
    )
    assert not [name for name in agent.statistics if "seconds" in name or "late" in name]
    (ended,) = told.named("episode_end")
    assert (0.75, 10.0) == (ended["agent_seconds"], ended["wait_seconds"])


def test_a_decision_from_outside_is_nobodys_time():
    """Neither the agent's nor production's."""
    now = [0.0]
    agent = Deployment(statistics=Statistics(stopwatch=lambda: now[0]), sinks=())
    agent.observe(1)
    now[0] += 5.0
    agent.decide(1)
    now[0] += 2.0
    agent.observe(2, 0.0)

    assert {"agent_seconds": 0.0, "wait_seconds": 2.0} == agent.times


def test_the_time_of_each_wrapper_is_counted_if_asked_for():
    """From one crossing to the next, that of who spoke."""
    ticks = count()
    agent = Deployment(
        abs, TimeLimit(9) | RepeatAction(2), sinks=(),
        statistics=Statistics(time_wrappers=True, stopwatch=lambda: float(next(ticks))),
    )  # fmt: skip
    agent.act(1)
    agent.act(2, 0.0, events=[Event("e")])

    seconds = agent.times["wrapper_seconds"]
    assert {"0 TimeLimit": 4.0, "1 RepeatAction": 3.0, "policy": 1.0} == seconds
    assert 14.0 == agent.times["agent_seconds"]


def test_a_clock_of_ones_own_is_no_stopwatch():
    """Time steps have its seconds; how long a call took it need not know. It is asked once."""
    ticks = iter([0.0, 1.0, 2.0])
    agent = Deployment(abs, clock=lambda: next(ticks), sinks=())
    agent.act(1)
    agent.act(2, 0.0)

    assert {} == agent.times
    timed = Deployment(abs, sinks=())
    timed.act(1)
    assert {"agent_seconds", "wait_seconds"} == timed.times.keys()


# -- windows and epochs -------------------------------------------------------------------------


def test_a_world_that_never_ends_has_key_figures_too():
    """Of each window; they are made of what that reports, and fail as those of an episode do."""
    told = Reports()
    kpis = {
        "gain": lambda record: record["sold_sum"] - record["environment_steps"],
        "whose": lambda record: {"window": 1, "terminated": 2}[record.outcome],
        "wrong": lambda record: 1 / 0,
    }
    agent = Deployment(abs, statistics=Statistics([SOLD], kpis=kpis, report_every=2), sinks=[told])
    agent.act(1)
    for amount in (1, 5, 7, 9):
        agent.act(1, 0.0, events=sold(amount))
    agent.act(1, 0.0, True)

    windows = told.named("progress")
    assert [(4, 1, None), (14, 1, None)] == [(w["gain"], w["whose"], w["wrong"]) for w in windows]
    assert (17, 2) == (agent.ended[0]["gain"], agent.ended[0]["whose"])
    assert ["ZeroDivisionError: division by zero."] * 3 == [
        v["error"] for v in told.named("statistic_failed")
    ]


def test_an_epoch_adds_up_the_histograms_of_its_episodes():
    """Bin by bin and group by group, and decisions as well; the next begins anew."""
    statistics = [
        Statistic("acts", "action", episode="histogram"),
        Statistic("size", "reward", episode=Histogram((0, 2))),
        Statistic("few", "reward", episode=(Histogram(max_bins=2), "sum")),
        Statistic("by", "reward", by="action", episode="histogram", max_groups=1),
    ]
    agent = Deployment(lambda seen: seen, action_space=Discrete(3), statistics=statistics, sinks=())
    for rewards in ((1.0, 2.0), (2.0, 5.0)):
        agent.act(0)
        agent.act(1, rewards[0])
        agent.act(2, rewards[1], True)
    epoch = agent.end_epoch()

    assert {"0": 2, "1": 2, "2": 0} == epoch["actions"]
    assert {"0": 2, "1": 2} == epoch["acts_histogram"]
    assert {"< 0": 0, "[0, 2)": 1, ">= 2": 3} == epoch["size_histogram"]
    assert ({"1": 1, "2": 2, "outside": 1}, 5.0) == (
        epoch["few_histogram"],
        epoch["few_sum_mean"],
    )
    assert {"0": {"1": 1, "2": 1}} == epoch["by_histogram"]
    assert [] == [name for name in epoch if "histogram_" in name]
    assert {} == agent.end_epoch()["acts_histogram"]


def test_an_epoch_has_mean_and_std_of_the_decisions_of_its_episodes():
    """Of each component; those of the open episode belong to the next."""
    agent = Deployment(
        lambda seen: np.full(1, seen), action_space=Box(0, 9, (1,), np.float64), sinks=()
    )
    for seen in (1.0, 3.0):
        agent.act(seen)
        agent.act(seen, 0.0, True)
    agent.act(9.0)
    epoch = agent.end_epoch()

    assert ([2.0], [1.0]) == (epoch["actions_mean"], epoch["actions_std"])


def test_a_world_that_never_ends_reports_windows_by_time():
    """By the clock of the session; each has what was counted since the last."""
    now, told = [0.0], Reports()
    agent = Deployment(
        abs, clock=lambda: now[0], sinks=[told], action_space=Discrete(9),
        statistics=Statistics([Statistic("r", "reward")], report_every_s=10),
    )  # fmt: skip
    agent.act(1)
    for _ in range(12):
        now[0] += 3.0
        agent.act(1, 1.0)

    windows = told.named("progress")
    assert [(4, 4.0, 4.0), (4, 4.0, 4.0), (4, 4.0, 4.0)] == [
        (w["environment_steps"], w["return"], w["r_sum"]) for w in windows
    ]
    assert [5, 4, 4] == [w["actions"]["1"] for w in windows]


def test_windows_may_begin_after_a_snapshot_and_end_with_one():
    """When to report is the operator's; what was counted stays."""
    statistics = [Statistic("r", "reward")]
    agent = Deployment(abs, RepeatAction(2), sinks=(), statistics=statistics, seed=1)
    agent.act(1)
    agent.act(2, 1.0)
    told = Reports()
    windowed = Deployment(
        abs,
        RepeatAction(2),
        sinks=[told],
        statistics=Statistics(statistics, report_every=2),
        seed=1,
    )
    windowed.restore(agent.snapshot())
    windowed.act(3, 1.0)
    agent.restore(windowed.snapshot())
    agent.act(4, 1.0)

    assert [2] == [window["environment_steps"] for window in told.named("progress")]
    assert 3.0 == agent.statistics["return"] == agent.statistics["r_sum"]


def test_epochs_are_so_many_episodes_and_what_is_left_at_the_end():
    """Numbers of an epoch are those of its episodes; a cumulative statistic goes on."""
    told = Reports()
    statistics = Statistics(
        [
            Statistic("r", "reward", epoch=("sum", "max")),
            Statistic("all", "reward", epoch="sum", cumulative=True),
            Statistic("shape", "reward", episode="histogram"),
        ],
        epoch_every=2,
    )
    agent = Deployment(abs, statistics=statistics, sinks=[told])
    for reward in (1.0, 2.0, 4.0):
        agent.act(1)
        agent.act(2, reward, True)
    agent.close()

    assert [(0, 2, 1.5, 3.0, 2.0, 3.0), (1, 1, 4.0, 4.0, 4.0, 7.0)] == [
        (
            v["epoch"],
            v["episodes"],
            v["return_mean"],
            v["r_sum_sum"],
            v["r_sum_max"],
            v["all_sum_sum"],
        )
        for v in told.named("epoch_end")
    ]
    assert (2.0**2 + 1) / 10 == told.named("epoch_end")[0]["return_std"]


def test_an_epoch_may_be_ended_by_hand_at_any_moment():
    """Also without an episode; after close there is none to end."""
    agent = Deployment(abs, sinks=())
    assert {"epoch": 0, "episodes": 0} == agent.end_epoch()
    agent.act(1)
    agent.act(2, 1.0, True)
    assert (1, 1) == (agent.end_epoch()["epoch"], agent.step - 1)
    agent.close()
    with pytest.raises(ProtocolError, match="after close"):
        agent.end_epoch()


# -- snapshots, and how much is held ------------------------------------------------------------


def test_a_snapshot_of_other_statistics_is_refused():
    """It says what was counted there, and what is here."""
    agent = Deployment(abs, RepeatAction(1), sinks=(), statistics=[SOLD])
    agent.act(1)
    other = Deployment(abs, RepeatAction(1), sinks=())
    with pytest.raises(SnapshotError, match=r"counts sold .*, but this deployment counts nothing"):
        other.restore(agent.snapshot())


def test_a_snapshot_of_the_format_before_is_refused():
    """Its statistics had another form."""
    agent = Deployment(abs, sinks=())
    old = agent.snapshot().replace(b'"version": 2', b'"version": 1')
    body, _, _ = old.rpartition(b',\n "sha256"')
    from statewrap.package.plain import _ending  # noqa: PLC0415 - as an old version wrote it

    with pytest.raises(SnapshotError, match="format version 1, older than the version 2"):
        agent.restore(body + _ending(body))


def test_what_is_held_does_not_grow_with_the_episode():
    """Twice as many acts in one episode: the same snapshot, but for longer numbers."""
    statistics = Statistics(
        [
            Statistic("q", "observation", key=0, episode="quantiles"),
            Statistic("h", "reward", by="info name", episode=("histogram", "mean"), max_groups=3),
            Statistic("e", "event", "e", field="what", step="count", episode=("max", "last")),
        ],
        report_every=50,
    )
    agent = Deployment(lambda seen: seen[:1], RepeatAction(2), sinks=(), statistics=statistics,
                       action_space=Box(-9, 9, (1,), np.float64), check="never")  # fmt: skip
    random, sizes = np.random.default_rng(0), {}
    agent.act(random.integers(-50, 50, 2).astype(np.float64))
    for n in range(1, 20_001):
        info, events = {"name": n % 7}, [Event("e", what=n % 5)]
        agent.act(
            random.integers(-50, 50, 2).astype(np.float64), float(n % 5), info=info, events=events
        )
        sizes[n] = len(agent.snapshot()) if n in (10_000, 20_000) else 0

    assert sizes[20_000] < sizes[10_000] + 1000  # a few numbers more wait for their bin
    assert 20_000 == agent.statistics["environment_steps"]


# -- faults of the past -------------------------------------------------------------------------


def test_an_end_is_told_and_the_policy_is_shown_what_the_stack_makes_of_it():
    """At an inner limit: the host learns of it, and the next episode is counted as its own."""
    shown = []
    stack = TimeLimit(2) | FrameStackObservation(2)
    agent = Deployment(
        lambda seen: shown.append(seen.tolist()) or 0,
        stack,
        observation_space=Box(0, 9, (1,), np.float64),
        action_space=Discrete(2),
        sinks=(),
    )
    agent.act(np.array([0.0]))
    agent.act(np.array([1.0]), 1.0)
    agent.act(np.array([2.0]), 1.0)

    assert ["truncated"] == [episode["outcome"] for episode in agent.ended]
    assert [[2.0], [2.0]] == shown[-1]
    assert (1, 2) == (agent.statistics["episodes"], agent.statistics["length"])


def test_info_may_be_left_out_of_any_call():
    """A reward may not: that is said where it is missing, and nothing is changed."""
    agent = Deployment(
        abs, sinks=(), statistics=[Statistic("lives", "info", "lives", episode="count")]
    )
    agent.act(1)
    agent.act(2, 1.0)
    with pytest.raises(InputError, match="The reward is"):
        agent.act(3, None)
    agent.act(3, 1.0, info={"lives": 2})

    assert (2, 1) == (agent.statistics["environment_steps"], agent.statistics["lives_count"])


def test_the_log_has_names_that_can_be_asked_for():
    """A failed statistic is logged beside the episode that lacks it."""
    with structlog.testing.capture_logs() as logs:
        statistics = Statistics([SOLD], kpis={"pace": lambda _: 1 / 0})
        with Deployment(abs, statistics=statistics, sinks=[StructlogSink()], session="r7") as agent:
            agent.act(1, events=sold(2))
            agent.act(2, 0.5, True)

    assert ["statistic_failed", "episode_end", "deployment_closed"] == [
        log["event"] for log in logs
    ]
    assert ["r7"] * 3 == [log["session"] for log in logs]
    assert [2, 2] == [log["sold_sum"] for log in logs[1:]]


def test_a_million_acts_would_cost_what_a_thousand_do():
    """Whatever a tally holds is replaced, and none of it is kept."""
    agent = Deployment(abs, action_space=Discrete(99), sinks=(), check="never")
    agent.act(1)
    for n in range(1000):
        agent.act(n % 9, 1.0)
    before = len(agent.snapshot())
    for n in range(9000):
        agent.act(n % 9, 1.0)

    assert len(agent.snapshot()) < before + 60
