"""How many values become one, against numpy; and how a bag keeps groups apart."""

from __future__ import annotations

import math
import operator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from statewrap.package.plain import decode, encode
from statewrap.stats import Histogram, Quantiles, Reduce, Statistic
from statewrap.stats.bags import Bag
from statewrap.stats.quantiles import MAX_BINS, WAITING, Sketch
from statewrap.stats.reducers import BY_NAME
from statewrap.stats.values import label, measured, plain, single

NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=80)


def reduced(reducer, values):
    """Reduce values one by one, and pass the state through a snapshot on the way."""
    state = reducer.initial()
    for place, value in enumerate(values):
        before = repr(state)
        after = reducer.add(state, value)
        assert before == repr(state), "the state was changed in place"
        state = after
        if place == len(values) // 2:
            state = decode(encode(state, reducer.memory_types), reducer.memory_types)
    return reducer.results(state)


@given(NUMBERS)
def test_reducers_agree_with_numpy(values):
    """Sums to the last digit, in their order; means and deviations closely."""
    array = np.array(values)

    assert (sum(values),) == reduced(BY_NAME["sum"], values)
    assert (len(values),) == reduced(BY_NAME["count"], values)
    assert (min(values),) == reduced(BY_NAME["min"], values)
    assert (max(values),) == reduced(BY_NAME["max"], values)
    assert (values[-1],) == reduced(BY_NAME["last"], values)
    assert reduced(BY_NAME["mean"], values) == (pytest.approx(array.mean(), abs=1e-6),)
    assert reduced(BY_NAME["std"], values) == (pytest.approx(array.std(), abs=1e-3),)


@given(st.lists(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=2), min_size=1, max_size=20))
def test_arrays_are_reduced_component_by_component(rows):
    """As numpy does along the first axis."""
    arrays = [np.array(row, np.float64) for row in rows]

    assert reduced(BY_NAME["min"], arrays) == (np.min(rows, axis=0).tolist(),)
    assert reduced(BY_NAME["max"], arrays) == (np.max(rows, axis=0).tolist(),)
    assert reduced(BY_NAME["mean"], arrays)[0] == pytest.approx(np.mean(rows, axis=0).tolist())
    assert reduced(BY_NAME["std"], arrays)[0] == pytest.approx(np.std(rows, axis=0), abs=1e-6)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("sum", 0), ("count", 0), ("mean", None), ("std", None), ("min", None), ("last", None)],
)
def test_of_nothing_there_is_nothing(name, expected):
    """A sum of nothing is 0, a mean of nothing is none."""
    reducer = BY_NAME[name]
    assert (expected,) == reducer.results(reducer.initial())


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=300), st.sampled_from([0.01, 0.1]))
def test_quantiles_are_within_their_error(values, error):
    """Of the value at that place, whatever came, in whatever order."""
    ranks = (0.0, 0.25, 0.5, 0.99, 1.0)
    found = reduced(Quantiles(ranks, error), values)
    turned = reduced(Quantiles(ranks, error), values[::-1])

    true = [sorted(values)[math.floor(rank * (len(values) - 1))] for rank in ranks]
    assert found == turned
    for told, known in zip(found, true, strict=True):
        assert abs(told - known) <= error * abs(known) * (1 + 1e-9)
        assert min(values) <= told <= max(values)
    assert (min(values), max(values)) == (found[0], found[-1])


def test_a_sketch_is_bounded():
    """However wide the numbers lie; the largest keep their error."""
    quantiles = Quantiles((0.0, 1.0))
    state = quantiles.initial()
    for power in range(-300, 300):
        for step in range(1, 10):
            state = quantiles.add(state, step * 10.0**power)

    assert len(state.above) <= MAX_BINS
    assert len(state.waiting) < WAITING
    assert quantiles.results(state)[1] == pytest.approx(9e299, rel=0.01)


def test_of_no_numbers_there_are_no_quantiles():
    """And what has no place among them is refused."""
    quantiles = Quantiles((0.5,))
    assert (None,) == quantiles.results(quantiles.initial())
    assert Sketch((), {}, {}, 0) == quantiles.initial()
    with pytest.raises(TypeError, match="nan has no place"):
        quantiles.add(quantiles.initial(), math.nan)


def test_quantiles_are_named_by_their_ranks():
    """In hundredths."""
    assert ("p0", "p50", "p99_9") == Quantiles((0, 0.5, 0.999)).names


@given(NUMBERS)
def test_a_histogram_counts_between_edges(values):
    """As numpy does, with what lies beyond on both sides."""
    edges = (-100.0, 0.0, 1.0, 5000.0)
    (found,) = reduced(Histogram(edges), values)

    counts, _ = np.histogram(values, (-np.inf, *edges, np.inf))
    inner = [int(np.sum((np.array(values) >= a) & (np.array(values) < b))) for a, b in
             pairwise(edges)]  # fmt: skip
    assert inner == [*found.values()][1:-1]
    assert int(counts[0]) == found["< -100.0"]
    assert sum(found.values()) == len(values)


def test_a_histogram_of_values_has_no_more_bins_than_it_may():
    """The rest is outside."""
    (found,) = reduced(Histogram(max_bins=2), ["a", "b", "a", "c", "d"])
    assert {"a": 2, "b": 1, "outside": 2} == found


def test_any_function_reduces():
    """What it gathers is copied, so that nobody changes it later."""
    gathered = np.zeros(2)
    state = Reduce("all", lambda _, value: value, None).add(None, gathered)
    gathered[:] = 7

    assert [0.0, 0.0] == state.tolist()
    assert (24.0,) == reduced(Reduce("product", operator.mul, 1.0), [2.0, 3.0, 4.0])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Quantiles(0.5), r"ranks is 0.5, expected several numbers: \(0.5, 0.99\)"),
        (lambda: Histogram("edges"), "edges is 'edges', expected several numbers"),
        (lambda: Statistic("a", "reward", episode=None), "None was given as a reducer"),
    ],
)
def test_what_is_said_alone_is_no_series(make, words):
    """With what is expected, in place of Python's own words."""
    with pytest.raises(TypeError, match=words):
        make()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Quantiles(()), "ranks is"),
        (lambda: Quantiles((2.0,)), "from 0 to 1"),
        (lambda: Quantiles(error=0.0), "above 0 and below 1"),
        (lambda: Histogram((1, 1)), "rise"),
        (lambda: Histogram(max_bins=0), "at least 1"),
    ],
)
def test_wrong_arguments_are_refused(make, words):
    """With what was expected."""
    with pytest.raises(ValueError, match=words):
        make()


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        (True, 1),
        (np.bool_(True), 1),
        (np.float32(0.5), 0.5),
        (np.int64(3), 3.0),
        (np.array(2.0), 2.0),
        (7, 7),
    ],
)
def test_numbers_of_every_kind_are_measured(given_, expected):
    """As Python's own."""
    assert expected == measured(given_)
    assert type(measured(given_)) in (int, float)


@pytest.mark.parametrize("wrong", ["text", None, {"a": 1}, object()])
def test_what_is_no_number_is_refused(wrong):
    """Told what it was."""
    with pytest.raises(TypeError, match="no number"):
        measured(wrong)


def test_one_number_is_not_several():
    """An array of one is one."""
    assert 2.0 == single(np.array([2.0]))
    with pytest.raises(TypeError, match="2 numbers came"):
        single([1.0, 2.0])


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        (np.int64(2), "2"),
        (2.0, "2"),
        (True, "True"),
        (np.array(1.5), "1.5"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        (np.array([1, 2]), "[1, 2]"),
        ((1, 2), "(1, 2)"),
        (None, "None"),
        ("ice", "ice"),
    ],
)
def test_a_label_can_be_counted_and_written(given_, expected):
    """As a string, whatever it is: JSON has no other keys, and 2 and 2.0 are one."""
    assert expected == label(given_)


def test_plain_data_has_no_arrays():
    """However deep they lie."""
    assert {"a": [1, [2.0]], "b": 3} == plain({"a": [1, (np.float64(2.0),)], "b": np.int8(3)})


def test_groups_that_all_have_a_place_leave_none_outside():
    """So nothing is said of it."""
    bag = Bag((BY_NAME["sum"],), max_groups=2)
    assert {"n_sum": {"a": 1}} == bag.shown(bag.add(bag.initial(), "a", 1), "n")


def test_groups_are_bounded():
    """What has no place is counted."""
    bag = Bag((BY_NAME["sum"],), max_groups=2)
    state = bag.initial()
    for group in "abcab":
        state = bag.add(state, group, 1)

    assert {"n_sum": {"a": 2, "b": 2}, "n_outside": 1} == bag.shown(state, "n")


def test_a_result_that_raises_is_none():
    """Who asks may learn why; others are as they were."""

    class Broken(type(BY_NAME["sum"])):
        names = ("broken",)

        def results(self, state):
            raise ZeroDivisionError("by nothing")

    bag, refused = Bag((BY_NAME["sum"], Broken())), {}
    assert {"n_sum": 0, "n_broken": None} == bag.shown(bag.initial(), "n", refused)
    assert "{1: ZeroDivisionError('by nothing')}" == repr(refused)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("", "reward"), "a word"),
        (("a", "rewards"), "of is 'rewards'"),
        (("a", "event"), "event's name"),
        (("a", "info"), "needs the key"),
        (("a", "reward", "x"), "has no parts"),
    ],
)
def test_a_statistic_that_makes_no_sense_is_refused(arguments, words):
    """When it is made."""
    with pytest.raises(ValueError, match=words):
        Statistic(*arguments)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"at": "over the top"}, "expected 'bottom', 'top'"),
        ({"field": "amount"}, "field is for events"),
        ({"by": "terrain"}, "'info KEY'"),
        ({"step": ("sum", "mean")}, "one reducer"),
        ({"step": "quantiles"}, "several values"),
        ({"episode": "means"}, "did you mean 'mean'"),
        ({"function": 3}, "expected a function"),
        ({"max_groups": 0}, "at least 1"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, words):
    """With what was expected."""
    with pytest.raises(ValueError, match=words):
        Statistic("speed", "observation", **options)


@pytest.mark.parametrize("of", ["agent_time", "wait_time"])
def test_a_time_has_no_groups_and_no_place(of):
    """It belongs to a call."""
    with pytest.raises(ValueError, match="leave `by` out"):
        Statistic("late", of, by="action")
    with pytest.raises(ValueError, match="leave `at` out"):
        Statistic("late", of, at="top")


def test_a_statistic_is_plain_data():
    """It prints as it was made, and equal ones are equal."""
    made = Statistic("speed", "observation", key=("wheel", 0), episode=("mean", "max"))
    assert made == Statistic("speed", "observation", ["wheel", 0], episode=["mean", "max"])
    assert hash(made) == hash(
        Statistic("speed", "observation", ("wheel", 0), episode=("mean", "max"))
    )
    with pytest.raises(TypeError, match="key is"):
        Statistic("speed", "observation", key=1.5)
    with pytest.raises(TypeError, match="expected a name such as 'mean', a Reducer, or"):
        Statistic("speed", "observation", episode=(3,))
