"""What a live wrapper holds, as plain data and back: in place, with all that is shared."""

from __future__ import annotations

import collections
import dataclasses
import random
import textwrap
from decimal import Decimal
from typing import NamedTuple

import gymnasium
import numpy as np
import pytest

from statewrap import Key
from statewrap.core.draws import NumpyDraws
from statewrap.core.errors import SnapshotError
from statewrap.core.same import same
from statewrap.gym.bridge.codec import UnreadableError
from statewrap.gym.bridge.graph import FORM, Graph
from statewrap.gym.bridge.kinds import Names
from statewrap.package import plain


class Thing:
    """Holds what it is given."""

    def __init__(self, **parts):
        vars(self).update(parts)


@dataclasses.dataclass
class Pair:
    """Two values."""

    a: object
    b: object = None


class Slotted:
    """Holds in slots."""

    __slots__ = ("full", "void")

    def __init__(self):
        self.full = 1


class Pose(NamedTuple):
    """A place."""

    x: int


@dataclasses.dataclass(frozen=True)
class Place:
    """Another one, that is an object."""

    x: int


def content(graph):
    """Return what the objects of a graph hold, saved and loaded."""
    writer = graph.writer()
    state = {place: slot.read(writer) for place, slot in graph.slots.items()}
    return plain.decode(plain.encode(state, (NumpyDraws,)), (NumpyDraws,))


def put(graph, state):
    """Put it back."""
    reader = graph.reader()
    for place, slot in graph.slots.items():
        slot.put(state[place], reader)


def graph_of(thing):
    """Explore a thing."""
    return Graph(thing, (), Names())


def test_every_object_is_put_back_in_place():
    """Those that were there at first keep their identity."""
    array, rows, table = np.zeros(3), [1], {"b": 1, "a": 2}
    thing = Thing(array=array, rows=rows, table=table, queue=collections.deque([1], 2), s={1})
    graph = graph_of(thing)
    before = content(graph)

    array += 1
    rows[:] = [2, 3]
    table.pop("b")
    table["c"] = 3
    thing.queue.append(2)
    thing.s.add(2)
    thing.more, thing.array = "x", np.ones(2)
    after = content(graph)
    put(graph, before)

    assert thing.array is array
    assert thing.rows is rows
    assert thing.table is table
    assert [0.0] * 3 == array.tolist()
    assert ([1], {"b": 1, "a": 2}, ["b", "a"]) == (rows, table, list(table))
    assert ([1], 2, {1}) == (list(thing.queue), thing.queue.maxlen, thing.s)
    assert not hasattr(thing, "more")
    put(graph, after)
    assert ([2, 3], {"a": 2, "c": 3}, "x") == (rows, table, thing.more)
    assert [1.0, 1.0] == thing.array.tolist()


def test_what_is_one_object_stays_one():
    """In what was made since, over several places, and around a cycle."""
    thing = Thing(left=None, right=[None])
    graph = graph_of(thing)
    made = [np.arange(3), {"self": None}]
    made[1]["self"] = made
    thing.left, thing.right[0] = made, made[0]

    state = content(graph)
    thing.left, thing.right[0] = None, None
    put(graph, state)

    assert thing.left[0] is thing.right[0]
    assert thing.left[1]["self"] is thing.left
    assert [0, 1, 2] == thing.left[0].tolist()


def test_views_show_the_same_memory():
    """Writing through one shows in the other, also where it is reversed or strided."""
    thing = Thing(whole=None, part=None, odd=None)
    graph = graph_of(thing)
    whole = np.arange(6.0)
    thing.whole, thing.part, thing.odd = whole, whole[::-1][1:], whole.reshape(2, 3)[:, 1]

    state = content(graph)
    put(graph, state)
    thing.whole[4] = 9.0

    assert [9.0, 3.0, 2.0, 1.0, 0.0] == thing.part.tolist()
    assert [1.0, 9.0] == thing.odd.tolist()


def test_views_of_a_known_array_stay_views_of_it():
    """They are known too, and follow what is put into it."""
    whole = np.arange(4.0)
    thing = Thing(whole=whole, part=whole[1:])
    graph = graph_of(thing)
    state = content(graph)

    whole += 1
    thing.part = whole[2:]
    later = content(graph)
    put(graph, state)

    assert [1.0, 2.0, 3.0] == thing.part.tolist()
    put(graph, later)
    assert thing.part.base is whole
    assert [3.0, 4.0] == thing.part.tolist()


@pytest.mark.parametrize(
    "value",
    [
        (1, ("x", None), 2.5, b"b", 1j, True),
        [np.float32(0.1), np.int64(3), np.str_("s")],
        collections.OrderedDict(b=1, a=[2]),
        collections.Counter("hello"),
        collections.defaultdict(list, a=[1]),
        {1, 2, 3},
        frozenset({1, "b"}),
        bytearray(b"abc"),
        Pair(1, Pair([2])),
        np.array([1, [2], None], object),
        np.zeros((2, 3), order="F"),
        {"key": {(1, 2): [3]}},
        float,
        np.mean,
    ],
    ids=lambda value: type(value).__name__ if not callable(value) else value.__name__,
)
def test_what_is_made_while_it_runs_comes_back_equal(value):
    """Each kind of it, new each time, through a snapshot."""
    thing = Thing(value=None)
    graph = graph_of(thing)
    thing.value = value
    state = content(graph)

    thing.value = None
    put(graph, state)

    assert type(value) is type(thing.value)
    assert repr(value) == repr(thing.value) or value == thing.value
    assert same(state, content(graph))


def test_generators_go_on_where_they_stood():
    """Those that were there, and those made since."""
    thing = Thing(mine=np.random.default_rng(1), old=np.random.RandomState(1), made=None)
    graph = graph_of(thing)
    thing.made = Key.from_seed(4).generator()
    state = content(graph)

    def drawn():
        return thing.mine.random(), thing.old.random_sample(), thing.made.random()

    expected = drawn()
    put(graph, state)

    assert expected == drawn()


def test_closures_and_slots_are_put_back():
    """A variable that two functions share, an attribute in a slot, and one that was not filled."""
    count = 0

    def counted():
        nonlocal count
        count += 1
        return count

    thing = Thing(counted=counted, slotted=Slotted())
    graph = graph_of(thing)
    state = content(graph)
    counted()
    thing.slotted.full, thing.slotted.void = 2, 3

    put(graph, state)

    assert 1 == counted()
    assert 1 == thing.slotted.full
    assert not hasattr(thing.slotted, "void")


def test_a_variable_that_is_empty_is_empty_again():
    """And one that was filled is filled again."""
    count = 0

    def counted():
        return count

    def turned():
        nonlocal count
        try:
            count  # noqa: B018 - whether it is there
        except NameError:
            count = 3
        else:
            del count

    graph = graph_of(Thing(counted=counted, turned=turned))
    full = content(graph)
    turned()
    empty = content(graph)

    put(graph, full)
    assert 0 == counted()
    put(graph, empty)
    with pytest.raises(NameError):
        counted()
    put(graph, empty)
    put(graph, full)
    assert 0 == counted()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (1, True),
        (0.0, -0.0),
        (1.0, np.float64(1.0)),
        (np.str_("a"), "a"),
        ((0.0, "x"), (-0.0, "x")),
        (frozenset({1}), frozenset({True})),
        (Decimal("1.0"), Decimal("1.00")),
        (Pose(1), Pose(True)),
        (Place(1), Place(1)),
    ],
    ids=lambda key: f"{type(key).__name__}-{key}",
)
def test_a_key_that_is_exchanged_for_an_equal_one_is_found_and_put_back(old, new):
    """As numbers of another kind are, and objects that say that they are equal."""
    table = {"first": 0, old: 1}
    graph = graph_of(Thing(table=table))
    before = dict(graph.base)
    assert not graph.moved()

    del table[old]
    table[new] = 1
    found = {place: slot.content for place, slot in graph.moved()}

    assert found
    assert not graph.moved()
    graph.put(before)
    assert [type(old), repr(old)] == [type([*table][1]), repr([*table][1])]
    graph.put({**before, **found})
    assert [type(new), repr(new)] == [type([*table][1]), repr([*table][1])]


def test_keys_that_are_made_anew_and_look_the_same_have_not_changed():
    """So that a dict which is filled at each step is no state that changes."""

    def anew():
        few = float("0.25")
        return int("1000"), "b", few * 2, (int("2000"), -few * 0), frozenset({few}), Decimal("1.5")

    table = dict.fromkeys(anew(), 0)
    graph = graph_of(Thing(table=table))

    table.clear()
    table.update(dict.fromkeys(anew(), 0))

    assert not graph.moved()


def test_what_makes_missing_values_is_state():
    """The factory of a defaultdict."""
    table = collections.defaultdict(int)
    graph = graph_of(Thing(table=table))
    before = content(graph)
    table.default_factory = float
    after = content(graph)

    put(graph, before)
    assert int is table.default_factory
    put(graph, after)
    assert float is table.default_factory


def test_defaults_of_a_function_of_its_own_are_state():
    """Those by place and those by name, exchanged or changed in place."""

    def told(one=1, *, other=(2,)):
        return one, other

    graph = graph_of(Thing(told=told))
    before = content(graph)
    told.__defaults__, told.__kwdefaults__ = (3,), {"other": [4]}
    after = content(graph)

    put(graph, before)
    assert (1, (2,)) == told()
    put(graph, after)
    assert (3, [4]) == told()
    told.__kwdefaults__["other"].append(5)
    put(graph, before)
    told.__kwdefaults__["other"] = 6
    put(graph, before)
    assert (1, (2,)) == told()


def test_a_function_that_others_have_is_no_state():
    """One that is found by its name; what its arguments default to is looked at all the same."""
    graph = graph_of(Thing(told=textwrap.indent))

    assert ["it"] == [slot.path for slot in graph.slots.values()]


def test_a_method_of_its_own_comes_back_bound_to_it():
    """As where a wrapper exchanges its own `step`."""
    wrapper = gymnasium.Wrapper(gymnasium.make("CartPole-v1").unwrapped)
    thing = Thing(wrapper=wrapper, method=None)
    graph = Graph(thing, (wrapper.env,), Names())
    thing.method = wrapper.step
    state = content(graph)

    thing.method = None
    put(graph, state)

    assert wrapper.step == thing.method


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ((n for n in ()), "a running generator"),
        (iter([1]), "list_iterator"),
        (lambda: 0, "a function made while it runs"),
        (np.ma.zeros(2), "MaskedArray"),
    ],
    ids=["generator", "iterator", "lambda", "masked"],
)
def test_what_cannot_be_written_is_named_with_its_place(value, words):
    """By the way to it, attribute by attribute."""
    thing = Thing(inner=Thing(parts=[None]))
    graph = graph_of(thing)
    thing.inner.parts[0] = {"x": value}

    with pytest.raises(UnreadableError, match=words) as caught:
        content(graph)

    assert "it.inner.parts[0]" == caught.value.path


def test_what_has_not_changed_is_the_very_same_content():
    """So that a memory shares it with the one before."""
    thing = Thing(rows=[1, 2], array=np.zeros(2), other=1)
    graph = graph_of(thing)

    thing.other = 2
    moved = [slot.path for slot in graph.slots.values() if slot.moved(graph.writer())]

    assert ["it"] == moved


def test_a_long_list_of_numbers_is_compared_as_a_whole():
    """What is appended, exchanged or taken away is found."""
    rows = [float(n) for n in range(100)]
    thing = Thing(rows=rows)
    graph = graph_of(thing)
    (slot,) = (slot for slot in graph.slots.values() if slot.thing is rows)
    before = slot.content

    assert slot.unchanged()
    for change in (lambda: rows.append(0.5), lambda: rows.__setitem__(50, 9.0), rows.pop):
        change()
        assert not slot.unchanged()
        slot.put(before, graph.reader())
        assert [float(n) for n in range(100)] == rows


def test_two_of_a_kind_have_graphs_of_one_form():
    """And others do not."""
    one, two = (Thing(a=[1], b={"x": np.zeros(2)}) for _ in range(2))

    assert graph_of(one).form == graph_of(two).form
    assert graph_of(one).form != graph_of(Thing(a=[1], b={"y": np.zeros(2)})).form


def test_a_state_fits_where_what_it_names_is_alike():
    """What is not the wrapper's own may be another, as long as a state says nothing of it."""
    graph = graph_of(Thing(a=[1]))
    own, rest = graph.form

    for form, place, fits in (
        ((own, rest), graph.own, True),
        ((own, "another"), graph.own - 1, True),
        ((own, "another"), graph.own, False),
        (("another", rest), graph.own - 1, False),
    ):
        assert fits == graph.fits({FORM: form, place: ()}), (form, place)


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        (np.random.RandomState(np.random.PCG64(1)), "a RandomState over PCG64"),
        (np.ma.masked_array([1.0]), "an array of the class MaskedArray"),
    ],
    ids=["generator", "array"],
)
def test_what_cannot_be_asked_for_its_state_is_named(odd, words):
    """With the place where it lies."""
    with pytest.raises(UnreadableError) as caught:
        graph_of(Thing(odd=odd))

    assert (caught.value.path, caught.value.reason) == ("it.odd", words)


@pytest.mark.parametrize("other", [np.ones((2, 2)), np.ones(1), np.ones(4, np.int64)])
def test_numbers_of_an_array_of_another_form_are_not_put_into_it(other):
    """Not even where they could be, or would be the same bytes."""
    here, there = graph_of(Thing(array=np.zeros(4))), graph_of(Thing(array=other))

    with pytest.raises(SnapshotError, match=r"it\.array is \(4,\) of float64, and in this memory"):
        put(here, content(there))


def test_a_typed_key_of_jax_is_named():
    """It has no numbers that numpy knows."""
    jax = pytest.importorskip("jax")

    with pytest.raises(UnreadableError, match=r"jax\.random\.key_data"):
        graph_of(Thing(odd=jax.random.key(0)))


class Marked(Pose):
    """A place with attributes."""


class Rolls(random.Random):
    """Counts beside what it draws."""


def test_what_a_tuple_or_a_generator_holds_beside_its_values_cannot_be_read():
    """It would be lost."""
    marked, rolls = Marked(1), Rolls(3)
    marked.name, rolls.count = "home", 0

    for odd in (marked, rolls):
        with pytest.raises(UnreadableError, match="a tuple or a generator that has attributes"):
            graph_of(Thing(odd=odd))


def test_a_table_that_was_exchanged_for_another_is_found_and_put_back():
    """Its object goes on with the one that it had."""
    thing = Thing(part=Thing(count=1))
    graph = graph_of(thing)
    state, first = content(graph), vars(thing.part)
    thing.part.__dict__ = {"count": 1}

    with pytest.raises(UnreadableError, match="`__dict__` was exchanged"):
        graph.moved()
    put(graph, state)
    assert vars(thing.part) is first
