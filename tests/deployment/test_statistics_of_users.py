"""Whatever a function, a reducer or a value of the user's does: it is told, and costs no act."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import attrs
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict

from statewrap import BindError, Deployment, Event, InputError, SnapshotError, register
from statewrap.stats import Histogram, Reduce, Statistic, Statistics, StatisticsSink
from statewrap.stats.reducers import Reducer
from statewrap.wrappers import DelayObservation, RepeatAction

NAN = float("nan")


@attrs.frozen
class Added(Reducer):
    """Adds; what is to go wrong is said."""

    names = ("added",)

    wrong: str = ""

    def initial(self) -> Any:
        """Return an empty list."""
        if self.wrong == "initial":
            raise ValueError("no beginning")
        return []

    def add(self, state: Any, value: Any) -> Any:
        """Add in place, which is not how it should be done."""
        if self.wrong == "add":
            raise ValueError("no adding")
        state.append(object() if self.wrong == "state" else value)
        return state

    def results(self, state: Any) -> Any:
        """Return the sum, or what is none."""
        if self.wrong == "raise":
            raise ValueError("no results")
        wrong = {"scalar": 1.0, "short": (), "text": "a", "object": (object(),), "None": None}
        return wrong.get(self.wrong, (sum(state),))


class Reports(list):
    """Keeps reports."""

    def __call__(self, report) -> None:
        self.append(report)

    def failed(self):
        return [r.values["statistic"] for r in self if r.name == "statistic_failed"]


def played(statistics, rewards=(1.0, 2.0), info=None, **options):
    """Play an episode, and return the deployment and who was told."""
    told = Reports()
    agent = Deployment(lambda _: 0, statistics=statistics, sinks=[told], check="never", **options)
    agent.reset(0)
    for place, reward in enumerate(rewards):
        agent.act(1, reward, place == len(rewards) - 1, info={} if info is None else info[place])
    return agent, told


def of_info(values, episode):
    """Return the results of a statistic of some values."""
    statistic = Statistic("m", "info", key="x", episode=episode)
    agent, told = played([statistic], [0.0] * len(values), [{"x": value} for value in values])
    return agent.ended[0], told


WRONG = ["add", "state", "raise", "scalar", "short", "text", "object", "None"]


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("where", ["episode", "step", "epoch"])
def test_a_reducer_that_fails_costs_no_act(wrong, where):
    """Wherever it is called; it is told, a snapshot is taken, the others stand."""
    broken = Statistic("x", "reward", **{"episode": "sum", where: Added(wrong)})
    statistics = Statistics([broken, Statistic("y", "reward")], report_every=1, epoch_every=1)
    agent, told = played(statistics)
    agent.snapshot()
    agent.act(1)
    agent.close(1, 1.0)

    assert "x" in told.failed()
    assert 3.0 == agent.ended[0]["y_sum"] + 2.0 == agent.statistics["y_sum"] - 1.0
    assert "deployment_closed" == told[-1].name
    if where == "episode":
        expected = 0 if wrong in ("add", "state") else None
        assert expected == agent.statistics["x_added"]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_reducer_that_fails_costs_no_step_of_training(wrong):
    """Its sink goes on with the others."""
    statistics = [Statistic("x", "reward", episode=Added(wrong)), Statistic("y", "reward")]
    counting = StatisticsSink(statistics)
    agent = Deployment(lambda _: 0, sinks=[counting])
    agent.reset(0)
    agent.act(1, 1.0, True)

    assert (0, 1.0) == (agent.sink_failures, counting.ended[0]["y_sum"])


def test_a_reducer_that_cannot_begin_is_refused_when_it_is_bound():
    """Before any act; the statistic is named."""
    with pytest.raises(BindError, match=r"statistic 'x' cannot begin: ValueError: no beginning\."):
        Deployment(abs, statistics=[Statistic("x", "reward", episode=Added("initial"))])


def test_a_reducer_that_works_in_place_changes_nothing():
    """It is given copies, so that the episode, the whole and the next one are apart."""
    statistics = [
        Statistic("x", "reward", episode=(Added(), Reduce("list", _appended, []))),
    ]
    agent, _ = played(statistics)
    agent.act(1)
    agent.act(1, 5.0, True)

    assert (5.0, [5.0]) == (agent.ended[0]["x_added"], agent.ended[0]["x_list"])
    assert (8.0, [1.0, 2.0, 5.0]) == (agent.statistics["x_added"], agent.statistics["x_list"])
    assert [] == statistics[0].episode[1].start


def _appended(state, value):
    state.append(value)
    return state


def test_names_of_results_are_words():
    """A string alone is not taken letter by letter."""

    class Said(Added):
        names = "said"

    with pytest.raises(ValueError, match=r"names is 'said', expected a tuple of words"):
        Statistic("x", "reward", episode=Said())


# -- functions see a copy -----------------------------------------------------------------------


def test_a_function_cannot_change_what_it_is_shown():
    """Neither an observation on its way, nor an action, nor the info, nor an event."""

    def spoil(seen):
        seen["list"].append(9)
        return seen.pop("speed")

    statistics = [
        Statistic("o", "observation", function=spoil),
        Statistic("a", "action", at="top", function=spoil),
        Statistic("i", "info", key="x", function=spoil),
        Statistic("r", "observation", episode=Reduce("r", lambda _, seen: seen.pop("speed"), 0)),
    ]
    host = {"x": {"speed": 5.0, "list": []}}
    agent = Deployment(
        lambda seen: {"speed": float(seen["speed"]), "list": []},
        DelayObservation(1),
        observation_space=Dict(speed=Box(0, 9, ()), list=Box(0, 9, (0,))),
        statistics=[s for s in statistics if s.name != "r"],
        check="never",
        sinks=(),
    )
    seen = [{"speed": np.float32(n), "list": []} for n in (1, 2, 3)]
    acts = [agent.reset(seen[0]), agent.act(seen[1], 1.0, info=host), agent.act(seen[2], 1.0)]

    assert [0.0, 1.0, 2.0] == [act["speed"] for act in acts]
    assert [[]] * 3 == [act["list"] for act in acts]
    assert {"x": {"speed": 5.0, "list": []}} == host
    assert (2.0, 1.0, 5.0) == tuple(agent.statistics[f"{name}_mean"] for name in "oai")


def test_a_key_figure_cannot_change_the_record():
    """What it does to its copy is nobody's concern."""
    statistics = Statistics(
        [Statistic("x", "reward", episode="histogram")],
        kpis={"k": lambda episode: episode["x_histogram"].pop("1")},
    )
    agent, _ = played(statistics)

    assert (1, {"1": 1, "2": 1}) == (agent.ended[0]["k"], agent.ended[0]["x_histogram"])


# -- what a snapshot can hold -------------------------------------------------------------------

ODD = [
    object(),
    dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
    threading.Lock(),
    np.zeros(1, dtype=[("a", int)]),
    np.zeros(1, dtype=[("a", int)])[0],
    np.ma.masked_array([1.0], [True]),
    np.zeros(2, np.longdouble),
    np.array([object()]),
    lambda: 1,
    ValueError("x"),
]


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: type(odd).__name__)
@pytest.mark.parametrize(
    "episode", ["last", Reduce("r", lambda _, value: [value], 0)], ids=["last", "reduce"]
)
def test_what_no_snapshot_holds_is_refused_when_it_comes(odd, episode):
    """As a statistic that failed; the snapshot is taken, and goes on elsewhere."""
    statistic = Statistic("m", "info", key="x", episode=episode)
    told = Reports()
    agent = Deployment(lambda _: 0, statistics=[statistic], sinks=[told])
    agent.reset(0)
    agent.act(1, 1.0, info={"x": odd})
    again = Deployment(lambda _: 0, statistics=[statistic], sinks=())
    again.restore(agent.snapshot())

    assert ["m"] == told.failed()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.longdouble(0.5), 0.5),
        (np.datetime64("2020-01-02"), "2020-01-02"),
        (np.array(["2020", "2021"], "datetime64[Y]"), ["2020", "2021"]),
        ({2, 1}, [1, 2]),
        ({"a": (1, np.int8(2))}, {"a": [1, 2]}),
    ],
)
def test_what_a_snapshot_holds_is_kept_and_shown_plain(value, expected):
    """Dates as text, sets as lists."""
    ended, told = of_info([value], "last")

    assert (expected, []) == (ended["m_last"], told.failed())


@pytest.mark.parametrize("odd", [np.datetime64("2020"), np.array(["1"]), np.timedelta64(3)])
def test_what_is_no_number_is_not_measured(odd):
    """Neither dates nor texts are taken for numbers."""
    ended, told = of_info([odd], "sum")
    assert (0, ["m"]) == (ended["m_sum"], told.failed())


def _cyclic():
    cyclic = []
    cyclic.append(cyclic)
    return cyclic


@pytest.mark.parametrize(
    ("field", "words"),
    [
        (np.zeros(1, dtype=[("a", int)]), "no plain data"),
        (np.zeros(1, dtype=[("a", int)])[0], "no plain data"),
        (np.ma.masked_array([1.0], [True]), "no plain data"),
        (_cyclic(), "holds itself"),
    ],
)
def test_an_event_refuses_what_is_no_plain_data(field, words):
    """When it is made, in words of its own."""
    with pytest.raises(InputError, match=words):
        Event("e", field=field)


# -- one rule for shapes and for NaN ------------------------------------------------------------


def test_a_value_of_another_shape_is_refused():
    """Each reducer goes on with the shape that came first in the session, broadcasting nothing."""
    told = Reports()
    statistic = Statistic("m", "observation", episode=("sum", "mean", "min", "max", "std", "count"))
    agent = Deployment(lambda _: 0, statistics=[statistic], sinks=[told], check="never")
    sums = []
    for first, second in ((3, 3), (2, 2), (1, 3)):
        agent.reset(np.ones(first))
        agent.act(np.ones(second), 1.0, True)
        sums.append((agent.ended[0]["m_sum"], agent.ended[0]["m_max"], agent.ended[0]["m_count"]))

    ones = [1.0] * 3
    assert [([2.0] * 3, ones, 2), (0, None, 2), (ones, ones, 2)] == sums
    assert ([3.0] * 3, ones, 6) == tuple(
        agent.statistics[f"m_{r}"] for r in ("sum", "mean", "count")
    )
    assert ["m", "m"] == told.failed()
    error = next(r.values["error"] for r in told if r.name == "statistic_failed")
    assert "the shape (2,) where (3,) came before" in error


def test_a_number_and_an_array_are_of_two_shapes():
    """In either order."""
    for values, expected in (((0, np.ones(2)), 0), ((np.ones(2), 3), [1.0, 1.0])):
        ended, told = of_info(values, "sum")
        assert (expected, ["m"]) == (ended["m_sum"], told.failed())


def test_what_one_reducer_refuses_the_others_take():
    """Each for itself; the refusal is told."""
    ended, told = of_info([1.0, NAN, 2.0], ["count", "quantiles", "last"])

    assert (3, 2.0, ["m"]) == (ended["m_count"], ended["m_last"], told.failed())


@pytest.mark.parametrize("values", [[1.0, NAN, 2.0], [NAN, 1.0, 2.0], [2.0, 1.0, NAN]])
@pytest.mark.parametrize("name", ["sum", "mean", "std", "min", "max"])
@pytest.mark.parametrize("wide", [False, True])
def test_of_nan_comes_nan(values, name, wide):
    """In whatever order, of numbers and of arrays."""
    ended, _ = of_info([np.array([v, 1.0]) for v in values] if wide else values, name)
    found = ended[f"m_{name}"]

    assert np.isnan(found[0] if wide else found)


def test_nan_has_a_bin_of_its_own():
    """It is neither below nor above an edge; an epoch adds it up, too."""
    ended, _ = of_info([NAN, 0.5, NAN], [Histogram((0, 1))])
    assert {"< 0": 0, "[0, 1)": 1, ">= 1": 0, "nan": 2} == ended["m_histogram"]

    statistic = Statistic("m", "info", key="x", episode=Histogram((0, 1)))
    agent, _ = played([statistic], [0.0, 0.0], [{"x": NAN}, {"x": 2.0}])
    agent.act(1)
    agent.act(1, 3.0, True, info={"x": 3.0})
    assert {"< 0": 0, "[0, 1)": 0, ">= 1": 2, "nan": 1} == agent.end_epoch()["m_histogram"]


def test_a_value_called_outside_is_not_outside():
    """It has a bin of its own, or is one of the rest."""
    ended, _ = of_info(["outside", "a", "b"], [Histogram(max_bins=2)])
    assert {"'outside'": 1, "a": 1, "outside": 1} == ended["m_histogram"]


def test_labels_are_bounded():
    """Long ones are cut, and stay apart."""
    long = ["x" * 1_000_000 + end for end in "ab"]
    ended, _ = of_info(long, "histogram")

    assert [1, 1] == [*ended["m_histogram"].values()]
    assert all(len(name) <= 200 for name in ended["m_histogram"])
    ended, _ = of_info([np.longdouble(0.5)], "histogram")
    assert {"0.5": 1} == ended["m_histogram"]


# -- snapshots of other statistics --------------------------------------------------------------


@register("tests.halved")
def halved(value):
    """Return half of it."""
    return value / 2


OTHERS = [
    Statistic("m", "reward", at="above RepeatAction"),
    Statistic("m", "reward", function=halved),
    Statistic("m", "reward", by="action"),
    Statistic("m", "action", episode="sum"),
    Statistic("m", "info", key="x", episode="sum"),
    Statistic("m", "event", key="x"),
    Statistic("m", "event", key="x", field="amount"),
    Statistic("m", "reward", by="actor"),
    Statistic("m", "reward", function=lambda reward: reward),
]


@pytest.mark.parametrize("other", OTHERS, ids=range(len(OTHERS)))
def test_a_snapshot_of_the_same_name_but_another_statistic_is_refused(other):
    """What it observes, where, by what and through which function is part of it."""
    agents = [
        Deployment(abs, RepeatAction(1), statistics=[s], sinks=())
        for s in (Statistic("m", "reward"), other, other)
    ]
    with pytest.raises(SnapshotError, match=r"counts m of .*, but this deployment counts m of"):
        agents[1].restore(agents[0].snapshot())
    agents[2].restore(agents[1].snapshot())


def test_a_function_without_a_name_is_known_to_one_process():
    """The refusal says the cure."""
    agents = [
        Deployment(abs, statistics=[Statistic("m", "reward", function=lambda r: r)], sinks=())
        for _ in range(2)
    ]
    with pytest.raises(SnapshotError, match=r"register"):
        agents[1].restore(agents[0].snapshot())


# -- names --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["self", "event", "exc_info", "stack_info", "timestamp", "logger", "level", "session"]
)
def test_names_that_a_log_uses_are_refused(name):
    """When the statistics are made."""
    with pytest.raises(ValueError, match=f"'{name}'"):
        Statistics(kpis={name: len})
    with pytest.raises(ValueError, match=f"'{name}'"):
        Statistics([Statistic(name, "reward")])


@pytest.mark.parametrize("option", ["at", "by"])
def test_places_and_groups_are_words(option):
    """The error says what is expected."""
    with pytest.raises(ValueError, match=f"{option} is 5, expected"):
        Statistic("a", "reward", **{option: 5})


# -- the end ------------------------------------------------------------------------------------


def test_a_key_figure_is_made_once_when_a_session_is_closed_with_its_last_step():
    """As for any other end."""
    made = []
    kpis = {"k": lambda episode: made.append(episode.number) or 1}
    agent = Deployment(abs, statistics=Statistics(kpis=kpis), sinks=())
    agent.reset(0)
    agent.close(1, 1.0)

    assert [0] == made


def test_a_session_closed_before_its_opening_was_shown_reports_the_episode():
    """The opening fell back; the environment's episode was there, and is abandoned."""
    told = Reports()
    agent = Deployment(lambda _: 1 / 0, fallback=0, report_every=1, sinks=[told])
    agent.reset(0)
    agent.close(1, 1.0)

    assert [("episode_end", 1), ("progress", 1), ("deployment_closed", 1)] == [
        (r.name, r.values["environment_steps"]) for r in told
    ]


# -- a sink that counts, on a deployment --------------------------------------------------------


def test_a_sink_that_counts_gives_what_its_deployment_counts():
    """Each end once, whoever says it."""
    counting = StatisticsSink()
    agent = Deployment(abs, RepeatAction(2), sinks=[counting])
    for _ in range(2):
        agent.reset(0)
        agent.act(1, 1.0)
        agent.act(1, 1.0, terminated=True)
    agent.reset(0)
    agent.reset(0)
    agent.act(1, 1.0)
    agent.close()

    assert 4 == counting.statistics["episodes"]
    assert agent.statistics == counting.statistics
