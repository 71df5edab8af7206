"""Copies of whatever a wrapper may hold, and what it holds put into another one."""

from __future__ import annotations

import functools
import random
import types
import warnings
from collections import Counter, OrderedDict, defaultdict, deque

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, Tuple

from statewrap.core.same import same
from statewrap.gym import from_env
from statewrap.gym.behind import NotCopiedError, PartError
from statewrap.gym.below import below_env
from statewrap.gym.copies import Copied, Made
from statewrap.gym.graft import graft
from statewrap.gym.parts import parts_of
from statewrap.gym.transplant import Transplant
from statewrap.gym.unshared import unshared
from tests.gym.environments import Walk


class Slotted:
    """Holds its parts in slots."""

    __slots__ = ("empty", "part")

    def __init__(self, part):
        self.part = part


class Hoard(gym.Wrapper):
    """Holds one of everything."""

    def __init__(self, env):
        super().__init__(env)
        self.list, self.set, self.bytes = [1, [2]], {1, 2}, bytearray(b"ab")
        self.frozen, self.tuple = frozenset({3}), (4, self.list)
        self.ordered = OrderedDict(a=[1], b=2)
        self.default = defaultdict(list, x=[1])
        self.queue = deque([1, 2], maxlen=3)
        self.objects = np.array([[1], None], object)
        self.grid = np.arange(12.0).reshape(3, 4).T
        self.view = self.grid[1:, ::2]
        self.generator = np.random.default_rng(1)
        self.legacy, self.pure = np.random.RandomState(1), random.Random(1)  # noqa: S311
        self.slotted = Slotted([5])
        self.partial = functools.partial(self._add, 1)
        self.closed = self._closed()
        self.myself = self

    def _add(self, one, other):
        self.list.append(one + other)
        return len(self.list)

    def _closed(self):
        calls = 0

        def count(by=[1], *, more={"n": 0}):  # noqa: B006 - that is what is tried
            nonlocal calls
            calls += by[0]
            more["n"] += 1
            return calls, more["n"], len(self.list)

        count.kept = [0]
        return count


def use(hoard):
    """Change everything that can be changed."""
    hoard.list[1].append(3)
    hoard.set.add(9)
    hoard.bytes.extend(b"c")
    hoard.ordered["c"] = 3
    hoard.default["y"].append(2)
    hoard.queue.append(3)
    hoard.objects[0].append(7)
    hoard.view += 1
    hoard.slotted.part.append(6)
    drawn = (hoard.generator.random(), hoard.legacy.rand(), hoard.pure.random())
    return drawn, hoard.partial(2), hoard.closed(), hoard.closed.kept


def content(hoard):
    """Return what can be compared."""
    names = (
        "list",
        "set",
        "bytes",
        "frozen",
        "tuple",
        "ordered",
        "default",
        "queue",
        "grid",
        "view",
    )
    held = {name: getattr(hoard, name) for name in names}
    held |= {"queue": [*hoard.queue, hoard.queue.maxlen], "bytes": bytes(hoard.bytes)}
    return held | {"slot": hoard.slotted.part, "objects": [*hoard.objects]}


def copied(hoard, env):
    """Copy a hoard onto another environment."""
    return Transplant({id(hoard.env): env}).copy(hoard, "it")


def test_a_copy_holds_the_same_and_shares_nothing():
    """What is one object in the original is one in the copy."""
    hoard, ground = Hoard(Walk()), Walk()
    use(hoard)
    before = copied(hoard, ground)

    twin = copied(hoard, ground)
    used = use(twin)

    assert same(content(before), content(hoard))
    assert same(used, use(hoard))
    assert same(content(twin), content(hoard))
    assert twin.env is ground
    assert twin.myself is twin
    assert twin.tuple[1] is twin.list
    assert twin.default.default_factory is list
    assert np.shares_memory(twin.grid, twin.view)
    assert not hasattr(twin.slotted, "empty")


def test_what_one_holds_is_put_into_another():
    """The objects that were there stay, and hold what the others held."""
    ground = Walk()
    source, target = Hoard(ground), Hoard(ground)
    use(source)
    source.later, source.queue = {"own": source}, deque([7], maxlen=9)
    expected = copied(source, ground)
    kept = (target.list, target.grid, target.generator, target.closed, target.slotted)

    graft(source, target)

    assert same(content(expected), content(target))
    assert kept == (target.list, target.grid, target.generator, target.closed, target.slotted)
    assert target.later["own"] is target
    assert same(use(expected), use(target))
    assert np.shares_memory(target.grid, target.view)


def test_a_view_of_another_kind_looks_at_what_stands_for_its_array():
    """A window that has moved on, say."""
    ground = Walk()
    source, target = Hoard(ground), Hoard(ground)
    source.view = source.grid[:2]

    graft(source, target)

    assert np.shares_memory(target.grid, target.view)
    assert same(source.grid[:2].copy(), target.view.copy())


def locked(*numbers):
    """Return an array that cannot be written."""
    array = np.array(numbers)
    array.setflags(write=False)
    return array


def test_an_array_that_cannot_be_written_is_exchanged():
    """As one that never changes."""
    ground = Walk()
    source, target = Hoard(ground), Hoard(ground)
    source.constant, target.constant = locked(1.0, 2.0), locked(0.0, 0.0)

    graft(source, target)

    assert source.constant is target.constant


@pytest.mark.parametrize("kind", [float, object])
def test_an_array_that_cannot_be_written_is_copied_and_cannot_be_written(kind):
    """Who holds it may unlock it to change it, so that the environment's would be changed."""
    array = np.array([1.0, 2.0], kind)
    array.setflags(write=False)

    made = Transplant({}).copy(array, "it")
    locked_too = not made.flags.writeable
    made.setflags(write=True)
    made += 1

    assert locked_too
    assert [1.0, 2.0] == list(array)


@pytest.mark.parametrize("kind", [float, object])
def test_views_of_an_array_that_cannot_be_written_are_views_of_its_copy(kind):
    """Those that may be written, for they are older than the lock, and those that may not."""
    whole = np.arange(6.0).reshape(2, 3).astype(kind).T
    older = whole[1:]
    whole.base.setflags(write=False)
    later = whole.base.T[:2]

    made, written, shown = Transplant({}).copy([whole.base, older, later], "it")
    written += 10

    assert [True, False, False] == [array.flags.writeable for array in (written, shown, made)]
    assert [[0.0, 11.0, 12.0], [3.0, 14.0, 15.0]] == made.tolist()
    assert [[0.0, 3.0], [11.0, 14.0]] == shown.tolist()
    assert [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]] == whole.base.tolist()


def test_an_array_over_bytes_that_never_change_is_shared():
    """Nobody can unlock it."""
    whole = np.frombuffer(b"abcd", np.uint8)

    made, view = Transplant({}).copy([whole, whole[1:]], "it")

    assert made is whole
    assert b"bcd" == view.tobytes()


def test_a_space_that_one_draws_from_has_to_have_a_generator_in_the_other():
    """Else the other would draw something else."""
    ground = Walk()
    source, target = gym.Wrapper(ground), gym.Wrapper(ground)
    source.space, target.space = Discrete(99), Discrete(99)
    graft(source, target)
    source.space.seed(3)

    with pytest.raises(NotCopiedError, match="draws from a generator, which that of another one"):
        graft(source, target)
    target.space.seed(4)
    graft(source, target)

    assert [Discrete(99, seed=3).sample()] * 2 == [source.space.sample(), target.space.sample()]


def test_tensors_are_copied_and_overwritten():
    """In place."""
    torch = pytest.importorskip("torch")
    one, other = Hoard(Walk()), Hoard(Walk())
    other.env = one.env
    one.tensor, other.tensor = torch.ones(2), torch.zeros(2)
    kept, twin = other.tensor, copied(one, Walk())
    twin.tensor += 1

    graft(one, other)

    assert other.tensor is kept
    assert [1.0, 1.0] == kept.tolist()
    assert [2.0, 2.0] == twin.tensor.tolist()


class Odd(np.ndarray):
    """An array of a class of its own."""


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (lambda: (n for n in "ab"), "it.odd is a running generator"),
        (lambda: [np.zeros(2).view(Odd)], r"it\.odd\[0\] is an array of the class Odd"),
        (lambda: {"a": open(__file__)}, r"it\.odd\['a'\] is an open file"),  # noqa: PTH123, SIM115
    ],
)
def test_what_cannot_be_copied_is_named(held, words):
    """With its place."""
    wrapper = gym.Wrapper(Walk())
    wrapper.odd = held()

    with pytest.raises(NotCopiedError, match=words):
        Transplant({}).copy(wrapper, "it")
    if isinstance(wrapper.odd, dict):
        wrapper.odd["a"].close()


def test_parts_of_an_environment_are_those_that_may_change():
    """What it has shown as well, but no constants."""
    walk = Walk()
    walk.gears, walk.limits, walk.frozen = [Slotted(1)], {"low": np.zeros(3)}, (1, "a")

    names = set(parts_of(gym.wrappers.TimeLimit(walk, 9)).values())

    expected = {"gears", "gears[0]", "limits", "limits['low']", "position"}
    assert {f"Walk.{name}" for name in expected} <= names
    assert not {"Walk.frozen", "Walk.observation_space"} & names


def test_a_method_of_a_part_is_refused():
    """It would be asked as the part once was."""
    walk, wrapper = Walk(), None
    walk.gears = Hoarded()
    wrapper = gym.Wrapper(walk)
    wrapper.ratio = walk.gears.ratio

    with pytest.raises(PartError, match=r"ratio.__self__ is a part of the environment"):
        Copied.of(wrapper, walk)


class Hoarded:
    """A part of an environment."""

    def ratio(self):
        """Return something of its own."""


def test_copies_of_the_same_are_equal_and_of_others_not():
    """By all that they held."""
    one, other = (Hoard(Walk()) for _ in range(2))
    equal = Copied.of(one, one.env) == Copied.of(other, other.env)
    use(other)

    assert equal
    assert Copied.of(one, one.env) != Copied.of(other, other.env)


def test_a_copy_that_is_only_described_makes_nothing():
    """It was made from an environment elsewhere."""
    with pytest.raises(ValueError, match=r"from_env\(env\)"):
        Copied(("x:Y",), "00")(Walk())


def test_a_class_that_cannot_be_imported_is_named():
    """With what is wrong."""
    with pytest.raises(ValueError, match="'nowhere:Wrapper' cannot be imported"):
        Made((("nowhere:Wrapper", {}),))(Walk())


@pytest.mark.parametrize(
    "space",
    [
        Discrete(99, seed=3),
        Dict({"a": Discrete(99), "b": Tuple((Discrete(9), Box(0.0, 1.0, (2,))))}, seed=3),
    ],
)
def test_an_unshared_space_draws_the_same_for_itself(space):
    """And shares its bounds."""
    twin = unshared(space)

    shown = [twin.sample() for _ in range(3)]

    assert same(shown, [space.sample() for _ in range(3)])
    assert twin == space
    if isinstance(space, Dict):
        assert twin["b"][1].low is space["b"][1].low


def test_a_namespace_is_copied():
    """`types.SimpleNamespace` is made by its own class alone."""
    value = types.SimpleNamespace(count=1, parts=[2])

    made = Transplant({}).copy(value, "it")

    assert made == value
    assert made.parts is not value.parts


class Novel(gym.Wrapper, gym.utils.RecordConstructorArgs):
    """Counts what it is shown; it records its arguments, so that it is made anew."""

    def __init__(self, env, kind, caught=(ValueError,)):
        gym.utils.RecordConstructorArgs.__init__(self, kind=kind, caught=caught)
        gym.Wrapper.__init__(self, env)
        self.seen, self.caught = kind(), caught


@pytest.mark.parametrize("kind", [Counter, OrderedDict], ids=lambda kind: kind.__name__)
def test_counts_and_their_order_are_carried(kind):
    """`update` of a Counter would count pairs, and a dict does not know another order."""
    env = Novel(Walk(), kind)
    env.seen.update({"a": 3, "b": 1})
    if kind is OrderedDict:
        env.seen.move_to_end("a")

    stack, memory = from_env(env)
    (bridge,), (held,) = stack, memory.wrappers
    live = bridge.bind(below_env(env.env))._engine.workshop.take()
    live.restore(held.state)

    assert type(live.outer.seen) is kind
    assert list(live.outer.seen.items()) == list(env.seen.items())
    assert live.outer.caught == (ValueError,)


class OfItsOwnMaking(gym.Wrapper):
    """Never calls Gymnasium's constructor."""

    def __init__(self, env):
        self.env = env
        self.observation_space, self.action_space = env.observation_space, env.action_space


def test_a_wrapper_without_gymnasiums_constructor_is_taken_over_below_a_twin():
    """What it does not say of itself is as below it."""
    stack, _ = from_env(gym.wrappers.TimeLimit(OfItsOwnMaking(Walk()), 9))

    assert ["Bridge", "TimeLimit"] == [type(wrapper).__name__ for wrapper in stack]


def test_views_of_an_array_over_a_buffer_stay_views_of_it():
    """Whose memory belongs to something that is no array."""
    whole = np.frombuffer(bytearray(8), np.uint8)
    copied = Transplant({}).copy([whole, whole[2:]], "it")

    copied[0][3] = 7

    assert copied[1][1] == 7
    assert whole[3] == 0


def numbers_of(held):
    """Look at memory as bytes."""
    return np.frombuffer(held, np.uint8)


@pytest.mark.parametrize("first", ["array", "bytes"])
@pytest.mark.parametrize(
    "look",
    [
        numbers_of,
        lambda held: np.frombuffer(held, np.int16, offset=2)[::-1],
        lambda held: np.ndarray((2,), np.int16, held, 2, (4,)),
        lambda held: np.frombuffer(memoryview(held).toreadonly(), np.uint8),
    ],
    ids=["whole", "backwards", "with gaps", "locked"],
)
def test_an_array_over_a_bytearray_lies_over_its_copy(look, first):
    """What is written to the one is seen in the other, as in the original."""
    held = bytearray(8)
    hoard = {"bytes": held, "array": look(held)}
    hoard = hoard if first == "bytes" else dict(reversed(hoard.items()))

    made = Transplant({}).copy(hoard, "it")
    made["bytes"][:] = bytes(range(8))

    assert [0] * hoard["array"].size == hoard["array"].tolist()
    assert look(bytearray(range(8))).tolist() == made["array"].tolist()
    assert hoard["array"].flags.writeable == made["array"].flags.writeable


def test_two_arrays_over_one_bytearray_share_the_copy():
    """Also where the bytearray itself is held by nobody."""
    held = bytearray(4)
    one, other = Transplant({}).copy([numbers_of(held), numbers_of(held)[2:]], "it")

    one[3] = 9

    assert [0, 9] == other.tolist()
    assert bytearray(4) == held


def test_views_of_an_array_of_objects_are_views_of_its_copy():
    """What is put into the one is in the other."""
    whole = np.array([[1, "a"], [None, [2]]], object).T
    made, view = Transplant({}).copy([whole, whole[1:]], "it")

    view[0, 0] = "b"

    assert "b" == made[1, 0]
    assert "a" == whole[1, 0]
    assert made[1, 1] == whole[1, 1]
    assert made[1, 1] is not whole[1, 1]


@pytest.mark.parametrize("layout", ["to_sparse", "to_sparse_csr", "to_mkldnn"])
def test_a_tensor_of_another_layout_is_refused_with_its_place(layout):
    """Its numbers do not lie in one row."""
    torch = pytest.importorskip("torch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that some layouts are young
        odd = getattr(torch.zeros(2, 2), layout)()

    with pytest.raises(NotCopiedError, match=r"^it\['a'\] is a tensor of the layout .*dense"):
        Transplant({}).copy({"a": odd}, "it")


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (lambda: np.zeros(1, [("n", "f4"), ("o", "O")]), "is an array of the dtype .*apart"),
        (lambda: random.SystemRandom(), "cannot be drawn again; use random.Random"),  # noqa: PLW0108
    ],
)
def test_what_was_never_told_is_refused_with_its_place(held, words):
    """With a cure."""
    with pytest.raises(NotCopiedError, match=rf"^it\['a'\] .*{words}"):
        Transplant({}).copy({"a": held()}, "it")
