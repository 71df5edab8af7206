"""What has changed is noticed, however little; what has not is neither written nor put back."""

from __future__ import annotations

import collections
import enum
import random
import types
import warnings

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete
from hypothesis import given, settings
from hypothesis import strategies as st

from statewrap import Act, Below, TimeStep
from statewrap.core.same import same
from statewrap.gym.bridge import pcg64, unrolled
from statewrap.gym.bridge.codec import Matcher, Writer
from statewrap.gym.bridge.contents import Numpys
from statewrap.gym.bridge.errors import DivergedError
from statewrap.gym.bridge.graph import Graph
from statewrap.gym.bridge.kinds import Names
from statewrap.gym.bridge.run import Run
from tests.gym.bridge import programs
from tests.gym.bridge.test_shared import Layer, bridged, looped
from tests.gym.bridge.test_state import Pair, Slotted, Thing, graph_of

NAN = float("nan")


class Colour(enum.Enum):
    """Two of them."""

    RED = 1
    GREEN = 2


SHARED = (list, collections.deque, dict, set, np.ndarray, programs.Thing, Thing)


def picture(value, numbers=None):
    """Return what a value is, bit for bit, with what is one object in it: an own account of it."""
    numbers = {} if numbers is None else numbers
    if isinstance(value, SHARED):
        if id(value) in numbers:
            return "again", numbers[id(value)]
        numbers[id(value)] = len(numbers)
    for kinds, drawn in PICTURES.items():
        if isinstance(value, kinds):
            return type(value).__name__, drawn(value, lambda part: picture(part, numbers))
    return type(value).__name__, repr(value)


def _array(value, of):
    if value.dtype.hasobject:
        return value.shape, [of(part) for part in value.ravel().tolist()]
    looks = value.flags.writeable, value.flags.f_contiguous
    return value.shape, value.strides, value.dtype.str, looks, value.tobytes()


PICTURES = {
    (tuple, list, collections.deque): lambda value, of: [of(part) for part in value],
    (set, frozenset): lambda value, of: sorted(repr(of(part)) for part in value),
    dict: lambda value, of: [(of(key), of(part)) for key, part in value.items()],
    np.ndarray: _array,
    (programs.Thing, Thing): lambda value, of: of(vars(value)),
    Pair: lambda value, of: [of(value.a), of(value.b)],
    Slotted: lambda value, of: [of(getattr(value, name, "-")) for name in Slotted.__slots__],
    np.random.Generator: lambda value, of: repr(value.bit_generator.state),
}


class Held:
    """A graph, the state that its objects are in, and what they are then."""

    def __init__(self, thing):
        self.thing = thing
        self.graph = graph_of(thing)
        self.state = dict(self.graph.base)
        self.then = picture(thing)

    def read(self):
        """Read what has changed, and tell whether anything has."""
        found = self.graph.moved()
        self.state = {**self.state, **{place: slot.content for place, slot in found}}
        self.then = picture(self.thing)
        return bool(found)

    def put(self, state, then):
        """Put a state back."""
        self.graph.put(state)
        self.state, self.then = state, then


def replaced(holder, old, new):
    """Put a value where another one is that equals it."""
    if isinstance(holder, (list, collections.deque, np.ndarray)):
        holder[0] = new
    elif isinstance(holder, dict):
        holder["x"] = new
    elif isinstance(holder, set):
        holder.remove(old)
        holder.add(new)
    elif isinstance(holder, types.FunctionType):
        holder(new)
    else:
        holder.full = new


def setter(value):
    """Return a function that sets a variable, which it shares."""

    def put(new):
        nonlocal value
        value = new

    put.seen = lambda: value
    return put


def slotted(value):
    """Return an object that holds a value in a slot."""
    thing = Slotted()
    thing.full = value
    return thing


HOLDERS = {
    "attribute": lambda value: Thing(full=value),
    "list": lambda value: [value],
    "many": lambda value: [value, *map(str, range(50)), None],
    "deque": lambda value: collections.deque([value]),
    "dict": lambda value: {"x": value},
    "wide": lambda value: {"x": value, **{str(n): n for n in range(60)}},
    "ordered": lambda value: collections.OrderedDict(x=value),
    "set": lambda value: {value},
    "slot": slotted,
    "variable": setter,
    "objects": lambda value: np.array([value, None], object),
}
EQUALS = {
    "True": (1, True),
    "float": (1, 1.0),
    "numpy": (1.0, np.float64(1.0)),
    "minus": (0.0, -0.0),
    "nan": (NAN, float("-nan")),
    "words": ("a", np.str_("a")),
    "tuples": ((1, 2), (True, 2)),
    "members": (Colour.RED, 1),
}


@pytest.mark.parametrize("made", [False, True], ids=["settled", "beside-what-was-made"])
@pytest.mark.parametrize("kind", HOLDERS)
@pytest.mark.parametrize("values", EQUALS.values(), ids=EQUALS)
def test_equal_is_not_the_same(kind, values, made):
    """Another object of equal value is noticed, wherever it is held, and the first put back."""
    old, new = values
    holder = HOLDERS[kind](old)
    held = Held(Thing(holder=holder, other=None))
    if made:
        held.thing.other = [np.zeros(2)]
        held.read()
    before, then = held.state, held.then

    replaced(holder, old, new)

    assert not held.graph.rests()
    assert held.read()
    assert not held.read()
    assert held.graph.rests()
    held.put(before, then)
    assert then == picture(held.thing)
    assert held.graph.rests()


def _turn(array):
    """Exchange the strides of an array in place, which numpy would rather not have."""
    with warnings.catch_warnings(action="ignore"):
        array.strides = array.strides[::-1]


def _as_integers(array):
    """Take the bits of an array for integers, in place, which numpy would rather not have."""
    with warnings.catch_warnings(action="ignore"):
        array.dtype = np.int64


MADE = {
    "bit": (np.zeros(3), lambda array: array.__setitem__(0, -0.0)),
    "nan": (np.full(3, np.nan), lambda array: array.view(np.uint64).__setitem__(0, 2**64 - 1)),
    "shape": (np.zeros(4), lambda array: setattr(array, "shape", (2, 2))),
    "strides": (np.zeros((2, 2)), _turn),
    "dtype": (np.zeros(3), _as_integers),
    "read-only": (np.zeros(4), lambda array: array.setflags(write=False)),
    "list": ([1, 2], lambda rows: rows.__setitem__(0, True)),
    "shorter": ([1, 2], list.pop),
    "order": ({"a": None, "b": None}, lambda table: table.update(a=table.pop("a"))),
    "key": ({"a": None}, lambda table: table.update(b=table.pop("a"))),
    "ordered": (
        collections.OrderedDict(a=None, b=None),
        lambda table: table.move_to_end("a"),
    ),
    "counter": (collections.Counter("ab"), lambda table: table.update("a")),
    "queue": (collections.deque([1, 1.0]), lambda queue: queue.rotate()),
    "set": ({1, 2}, lambda some: (some.remove(1), some.add(True))),
    "bytes": (bytearray(b"ab"), lambda some: some.append(1)),
    "attribute": (Thing(a=1), lambda thing: setattr(thing, "a", True)),
    "attribute more": (Thing(a=1), lambda thing: setattr(thing, "b", 1)),
    "attributes anew": (
        Thing(a=None, b=None),
        lambda thing: vars(thing).update(a=vars(thing).pop("a")),
    ),
    "slot": (slotted(1), lambda thing: setattr(thing, "void", 1)),
    "field": (Pair(1, [2]), lambda pair: pair.b.append(3)),
    "deep": ([(0, {"x": [np.zeros(1)]})], lambda rows: rows[0][1]["x"][0].__iadd__(1)),
    "generator": (np.random.default_rng(0), lambda draws: draws.random()),
    "half a word": (np.random.default_rng(0), lambda draws: draws.integers(9, dtype=np.uint32)),
    "another generator": (
        np.random.Generator(np.random.MT19937(0)),
        lambda draws: draws.random(),
    ),
    "objects": (np.array([1, None], object), lambda some: some.__setitem__(0, True)),
    "root of a view": (np.zeros(4)[1:], lambda part: part.base.__iadd__(1)),
    "view": (np.zeros(4)[1:], lambda part: setattr(part, "shape", (3, 1))),
}


@pytest.mark.parametrize("most", [2, None])
def test_how_much_a_queue_holds_is_looked_at(most):
    """Of one in a list that was made while it runs, exchanged for one that holds the same now."""
    held = Held(Thing(rows=None))
    held.thing.rows = [collections.deque([1], 3)]
    held.read()
    before, then = held.state, held.then

    held.thing.rows[0] = collections.deque([1], most)

    assert not held.graph.rests()
    assert held.read()
    held.put(before, then)
    assert 3 == held.thing.rows[0].maxlen


@pytest.mark.parametrize("case", MADE.values(), ids=MADE)
def test_what_was_made_while_it_runs_is_looked_into(case):
    """What changes inside of it is noticed, though it is the same object."""
    value, change = case
    held = Held(Thing(made=None, count=0))
    held.thing.made = value
    held.read()
    assert held.graph.rests()
    assert held.graph.moved() == []
    first, before = held.state, picture(value)

    change(value)

    after = picture(value)
    assert not held.graph.rests()
    assert held.read()
    for state, told in ((first, before), (held.state, after)):
        held.graph.put(state)
        assert told == picture(held.thing.made)
        assert held.graph.rests()


@pytest.mark.parametrize(
    "value",
    [
        [1, (2, "x"), [np.zeros(2), {"k": [1.0]}]],
        collections.deque([np.zeros(2), np.ones(2, np.float32)], 4),
        collections.OrderedDict(a=[1]),
        Pair(1, Pair([2])),
        Thing(kind=np.maximum, of=Pair, sort=float, array=np.asfortranarray(np.zeros((2, 3)))),
        np.zeros((3, 4))[1:, ::-2],
        np.random.default_rng(3),
        bytearray(b"abc"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_has_not_changed_is_known_without_writing_it(value):
    """Also after it was put back, into new objects."""
    held = Held(Thing(made=None, count=0))
    held.thing.made = value
    held.read()
    state = held.state

    assert held.graph.rests()
    assert held.graph.moved() == []
    held.thing.made = None
    held.graph.put(state)
    assert held.graph.rests()
    assert held.graph.moved() == []
    held.thing.count += 1
    assert ["it"] == [slot.path for _, slot in held.graph.moved()]


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**9))
def test_random_changes_are_noticed_and_taken_back(seed):
    """Over lists, dicts, queues, sets, arrays and objects within one another, held in common."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    things = {**vars(programs), "Thing": programs.Thing}
    thing = Thing()
    for place in "ab":
        setattr(thing, place, eval(rng.choice(programs.BIG), things))  # noqa: S307 - our own
    for place in "cd":
        setattr(thing, place, eval(rng.choice(programs.ANY), things))  # noqa: S307 - our own
    held = Held(thing)
    known = [(held.state, held.then)]

    for step in range(30):
        _change(thing, rng, step, things)
        if held.graph.rests():
            assert held.then == picture(thing)
        if rng.random() < 0.4:
            held.put(*rng.choice(known))
            assert held.then == picture(thing)
            assert held.graph.rests()
        elif rng.random() < 0.7:
            held.read()
            known.append((held.state, held.then))
            assert held.graph.moved() == []


def _change(thing, rng, step, things):
    """Do one of the things that wrappers do."""
    big, small = (getattr(thing, rng.choice(places)) for places in ("ab", "cd"))
    place = rng.choice("cd")
    kinds = {
        lambda: programs.put(big, small): 30,
        lambda: programs.change(small, step): 30,
        lambda: programs.change(programs.part(big, step), step): 20,
        lambda: setattr(thing, place, programs.part(big, step)): 10,
        lambda: programs.take(big): 6,
        lambda: setattr(thing, place, eval(rng.choice(programs.ANY), things)): 10,  # noqa: S307
        lambda: setattr(thing, "count", step): 10,
        lambda: setattr(thing, "view", np.arange(6.0)[rng.randint(0, 2) :]): 4,
    }
    rng.choices(list(kinds), list(kinds.values()))[0]()


def test_a_known_object_in_the_place_of_one_that_was_made_is_noticed():
    """Though it holds the same."""
    known = [1]
    held = Held(Thing(known=known, rows=[None]))
    held.thing.rows[0] = [[1]]
    held.read()

    held.thing.rows[0][0] = known

    assert not held.graph.rests()
    assert held.read()


def test_what_becomes_one_object_is_noticed():
    """And what becomes two."""
    held = Held(Thing(rows=None))
    held.thing.rows = [[1], [1]]
    held.read()
    first, second = held.thing.rows

    held.thing.rows[1] = first
    assert not held.graph.rests()
    assert held.read()

    held.thing.rows[1] = second
    assert not held.graph.rests()


def test_keys_that_were_made_are_looked_into():
    """A dict may hold objects by which it finds others."""
    key = Thing(n=1)
    held = Held(Thing(table={}, key=None))
    held.thing.table[key] = 1
    held.read()

    key.n = 2

    assert not held.graph.rests()
    assert held.read()


@pytest.mark.parametrize("kind", [dict, collections.OrderedDict, Thing])
@pytest.mark.parametrize("change", ["order", "name"])
def test_keys_are_looked_at_though_the_values_are_the_same(kind, change):
    """In which order they are, and what they are."""
    holder = kind(a=None, b=None)
    table = vars(holder) if kind is Thing else holder
    held = Held(Thing(holder=holder))
    before, then = held.state, held.then

    table["a" if change == "order" else "c"] = table.pop("a" if change == "order" else "b")

    assert not held.graph.rests()
    assert held.read()
    after, now = held.state, held.then
    for state, told in ((before, then), (after, now)):
        held.put(state, told)
        assert told == picture(held.thing)


def test_members_of_what_was_made_keep_who_they_are():
    """In a set that was made as well."""
    held = Held(Thing(rows=None))
    things = [Thing(n=n) for n in range(8)]
    held.thing.rows = [set(things), things]
    held.read()
    state = held.state
    held.thing.rows = None
    held.read()

    held.graph.put(state)

    assert held.thing.rows[0] == set(held.thing.rows[1])
    assert list(range(8)) == [thing.n for thing in held.thing.rows[1]]


def test_members_that_were_made_keep_who_they_are():
    """Each is the same as elsewhere after it was put back."""
    held = Held(Thing(some=set(), rows=[]))
    things = [Thing(n=n) for n in range(8)]
    held.thing.some.update(things)
    held.thing.rows += things
    held.read()
    state = held.state
    held.thing.some.clear()
    held.read()

    held.graph.put(state)

    assert held.thing.some == set(held.thing.rows)
    assert list(range(8)) == [thing.n for thing in held.thing.rows]


def test_arrays_that_last_are_not_copied_again():
    """In a queue that goes on by one, those that stay have the very forms that they had."""
    queue = collections.deque(maxlen=3)
    held = Held(Thing(queue=queue))
    for n in range(3):
        queue.append(np.full(2, float(n)))
    held.read()
    (slot,) = (slot for slot in held.graph.slots.values() if slot.thing is queue)
    before = slot.content

    queue.append(np.full(2, 3.0))
    held.read()

    assert before[1] is slot.content[0]
    assert before[2] is slot.content[1]
    queue[0] += 1
    held.read()
    assert before[1] is not slot.content[0]
    assert [2.0, 2.0] == slot.content[0][1].tolist()


def test_a_class_that_is_exchanged_is_noticed_by_who_looks():
    """Where nothing else changes."""
    held = Held(Thing(inner=programs.Thing()))

    held.thing.inner.__class__ = Thing

    assert not held.graph.rests()
    held.graph.put(held.state)
    assert type(held.thing.inner) is programs.Thing


# -- rows -------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.sampled_from([1, True, 0.0, None, "a", (1,)]), st.booleans())))
def test_unrolled_does_what_the_loop_does(row):
    """For rows of any length."""
    old = [value for value, _ in row]
    new = [value if stays else object() for value, stays in row]
    forms = [5, ("is", 1), ("list", (1,)), ("name", "it")]
    known = [forms[n % 4] for n in range(len(row))]
    ways = unrolled.ways(len(row))

    assert unrolled._same(new, old) == ways.same(new, old)
    for name in ("written", "looked", "read"):
        plain = getattr(unrolled, f"_{name}")
        assert plain(new, old, known, id) == getattr(ways, name)(new, old, known, id)


def test_long_rows_are_gone_through_in_a_loop():
    """Which does the same."""
    row = [object() for _ in range(100)]

    assert unrolled.ways(100).same(row, list(row))
    assert not unrolled.ways(100).same(row, [*row[:-1], object()])


# -- generators -------------------------------------------------------------------------------


@given(st.lists(st.sampled_from(["random", "half", "back", "none"]), max_size=8), st.integers(0, 9))
def test_the_memory_of_a_generator_tells_whether_it_moved(steps, seed):
    """As much as its state does."""
    generator = np.random.default_rng(seed)
    start, look = generator.bit_generator.state, pcg64.look_at(generator)
    told = look()
    for step in steps:
        before = generator.bit_generator.state
        if step == "random":
            generator.random()
        elif step == "half":
            generator.integers(9, dtype=np.uint32)
        elif step == "back":
            generator.bit_generator.state = start
        assert (before == generator.bit_generator.state) == (told == look())
        told = look()


def test_where_the_memory_is_not_known_the_state_is_asked_for(monkeypatch):
    """As of every other kind of generator."""
    monkeypatch.setattr(pcg64, "_is_known", lambda: False)
    generator = np.random.default_rng(0)
    slot = Numpys(generator, "it")
    slot.read(Writer({}, Names()))

    assert slot.alike()
    generator.random()
    assert not slot.alike()
    assert pcg64.look_at(np.random.Generator(np.random.MT19937(0))) is None


# -- the stub's metadata ----------------------------------------------------------------------


class AsksEachTime(Layer):
    """Counts in the metadata, which it asks for in each step."""

    def said(self):
        """Count."""
        table = self.env.metadata
        table["n"] = table.get("n", 0) + 1
        return table["n"]


class AsksOnce(Layer):
    """Asks for it late, and keeps a part of it."""

    def said(self):
        """Count."""
        if self.count == 3:
            self.modes = self.unwrapped.metadata["render_modes"]
        if self.count > 3:
            self.modes.append(self.count)
        return len(self.modes) if self.count > 3 else 0


class AsksAtFirst(Layer):
    """Asks for it when it is made, and hides it in a function."""

    def init(self):
        """Ask."""
        table = self.env.metadata
        self.noted = lambda: table.update(n=table.get("n", 0) + 1) or table["n"]

    def said(self):
        """Count."""
        return self.noted()


class Exchanges(Layer):
    """Sets another one."""

    def said(self):
        """Set it, or count in it."""
        if self.count % 5 == 1:
            self.env.metadata = {"render_modes": [], "n": self.count}
        else:
            self.env.metadata["n"] += 1
        return self.env.metadata["n"]


@pytest.mark.parametrize("wrapper", [AsksEachTime, AsksOnce, AsksAtFirst, Exchanges])
def test_what_a_wrapper_does_to_the_metadata_is_noticed(wrapper):
    """From when it first has it."""
    assert looped(wrapper, 12, 3) == bridged(wrapper, 12, 3)


def test_metadata_is_not_looked_at_before_somebody_has_it():
    """And from then on always is; what is said above does not count."""
    modes = ["rgb_array"]
    below = Below(
        Box(-1, 1, (1,), np.float32), Discrete(2), metadata={"render_modes": modes, "x": [1]}
    )
    live = _live(below)
    inner = live.stub.statewrap_metadata

    assert live.graph.rests()
    inner["x"].append(2)  # by a way that no wrapper has
    assert live.graph.rests()
    assert live.stub.metadata is inner
    assert not live.graph.rests()
    live.restore({})
    assert [1] == inner["x"]
    inner["render_modes"].append("human")
    assert not live.graph.rests()
    assert ["rgb_array"] == modes


def _live(below):
    from statewrap.gym import Bridge  # noqa: PLC0415 - used here alone

    bridge = Bridge(gym.Wrapper, below, mode="replay")
    live = bridge._engine.workshop.take()
    live.holds = None
    return live


def test_what_matches_is_written_so():
    """A matcher says yes to nothing that a writer would write otherwise."""
    rng = random.Random(5)  # noqa: S311 - no secret
    names = Names()
    values = [rng.choice([1, True, 1.0, "a", None, (1, 2), (True, 2)]) for _ in range(60)]
    values += [[value] for value in values] + [{"k": value} for value in values[:60]]
    forms = [Writer({}, names).write(value) for value in values]

    for value in values:
        written = Writer({}, names).write(value)
        alike = [form for form in forms if Matcher([], {}, names).one(value, form)]
        assert alike
        assert all(same(written, form) and repr(written) == repr(form) for form in alike)


class Counting(gym.Wrapper):
    """Counts."""

    def __init__(self, env):
        super().__init__(env)
        self.count = 0


def test_a_state_that_did_not_change_is_the_same_object():
    """So that memories share it."""
    env = Counting(gym.make("CartPole-v1").unwrapped)
    graph = Graph(env, (env.env,), Names())

    assert graph.moved() == []
    env.count += 1
    ((_, slot),) = graph.moved()
    content = slot.content
    assert graph.moved() == []
    assert content is slot.content


@pytest.mark.parametrize(
    ("again", "same_as_before"),
    [
        (np.zeros(2), True),
        (np.zeros(2, np.int64), False),
        (np.zeros((2, 1)), False),
        (-np.zeros(2), False),
        (0.0, False),
    ],
    ids=["equal", "dtype", "shape", "sign", "number"],
)
def test_a_call_that_is_run_again_has_to_ask_for_the_very_same(again, same_as_before):
    """To the bit, and of the same kind; else it is not the call that it was."""
    run, answer = Run(np.random.default_rng(0)), TimeStep(1.0)
    run.begin((Act(np.zeros(2)),), (answer,), None, None)

    if same_as_before:
        assert answer is run.act(again)
    else:
        with pytest.raises(DivergedError, match="where it had asked for"):
            run.act(again)
    assert same_as_before == (run.odd is None)
