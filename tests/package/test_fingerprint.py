"""The identity of a stack: equal where the stacks are, in every process, different elsewhere."""

from __future__ import annotations

import copy
import enum
import functools
import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import attrs
import numpy as np
import pytest
from gymnasium import spaces

from statewrap import Below, SnapshotError, Stack, Wrapper, argument, bound, derived, register
from statewrap.package.fingerprint import Fingerprint, fingerprint
from statewrap.wrappers import TransformReward


class Held(NamedTuple):
    """A memory."""

    due: int
    reward: float


class Mode(enum.Enum):
    """How it is done."""

    FAST = 1
    SLOW = 2


class Bounds(NamedTuple):
    """An argument with parts."""

    low: float
    high: float


@attrs.frozen
class Repeat(Wrapper[Held | None]):
    """A wrapper with a plain argument, a default and a memory."""

    memory_types = (Held,)

    times: int = 4
    mode: Mode = Mode.FAST


@attrs.frozen
class Apply(Wrapper[None]):
    """A wrapper that takes anything."""

    given: Any = argument(None)


@attrs.frozen
class Knows(Wrapper[None]):
    """A wrapper that learns something at `bind`."""

    given: Any = argument(None)
    shape: Any = derived()

    def bind(self, below: Below) -> Knows:
        """Read the shape of what is below."""
        shape = below.require("observation_space", self).shape
        return bound(self, shape=shape)  # type: ignore[no-any-return]


class ByHand(Wrapper[None]):
    """A wrapper without attrs."""

    def __init__(self, gain: float) -> None:
        """Keep an attribute."""
        self.gain = gain


class Ring(spaces.Space[Any]):
    """A space of one's own."""

    def __init__(self, size: int) -> None:
        """Keep an attribute."""
        self.size = size
        super().__init__((), np.int64)


def halve(reward: float) -> float:
    """A function that imports back."""
    return reward / 2


@register("test_fingerprint.third")
def third(reward: float) -> float:
    """A registered function."""
    return reward / 3


thirds = register("test_fingerprint.lambda")(lambda reward: reward / 3)

BELOW = Below(spaces.Box(-1.0, 1.0, (3,), np.float32), spaces.Discrete(2))


def of(*wrappers: Wrapper[Any], below: Below = BELOW) -> Fingerprint:
    """Take the fingerprint of a stack of these wrappers."""
    return fingerprint(Stack(*wrappers), below)


def over(space: spaces.Space[Any]) -> Fingerprint:
    """Take the fingerprint of an empty stack over an observation space."""
    return fingerprint(Stack(), Below(observation_space=space))


# --- what is equal ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda: 3,
        lambda: -(10**5000),
        lambda: 0.1,
        lambda: "text",
        lambda: b"bytes",
        lambda: 1 - 2j,
        lambda: None,
        lambda: np.arange(6.0).reshape(2, 3),
        lambda: np.array(["2020-01-01", "NaT"], "M8[s]"),
        lambda: np.float32(0.1),
        lambda: np.dtype("f4"),
        lambda: np.float32,
        lambda: float,
        lambda: (1, [2.0, {"x": np.ones(2)}]),
        lambda: {"a", "b", "c"},
        lambda: frozenset({("a", 1), ("b", 2)}),
        lambda: Mode.SLOW,
        lambda: Bounds(-1.0, np.inf),
        lambda: Repeat(3),
        lambda: spaces.Box(0, 255, (4, 4, 3), np.uint8),
        lambda: halve,
        lambda: third,
        lambda: thirds,
        lambda: np.tanh,
        lambda: abs,
        lambda: np.clip,
    ],
)
def test_equal_arguments_give_equal_fingerprints(make: Callable[[], Any]) -> None:
    """Two objects that are alike are one argument, and nothing about them is opaque."""
    first, second = of(Apply(make())), of(Apply(copy.deepcopy(make())))

    assert first == second
    assert () == first.opaque
    assert None is first.refusal(second)


def test_the_order_of_a_dict_does_not_count() -> None:
    """Two arguments that compare equal are one."""
    assert of(Apply({"a": 1, "b": 2})) == of(Apply({"b": 2, "a": 1}))


def test_neither_the_memory_order_nor_the_flags_of_an_array_count() -> None:
    """Arrays are told apart by dtype, shape and content."""
    array = np.arange(6.0).reshape(2, 3)
    turned = np.asfortranarray(array)
    turned.setflags(write=False)

    assert of(Apply(array)) == of(Apply(turned))


def test_binding_does_not_count() -> None:
    """What `bind` works out is no argument; opaque arguments stay the same objects."""
    stack = Knows(3) | Knows(lambda: 1) | Repeat()

    assert fingerprint(stack, BELOW) == fingerprint(stack.bind(BELOW), BELOW)


def test_grouping_does_not_count() -> None:
    """A stack is flat."""
    a, b, c = Repeat(1), Repeat(2), Repeat(3)

    assert fingerprint((a | b) | c, BELOW) == fingerprint(a | (b | c), BELOW)


# --- what differs ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        (1, True),
        (1, "1"),
        ("1", b"1"),
        (0.0, -0.0),
        (0.1, np.float64(0.1)),
        (np.float32(1), np.float64(1)),
        (np.datetime64(1, "s"), np.datetime64(1, "ns")),
        ((1, 2), [1, 2]),
        ((1, 2), (2, 1)),
        ((1, (2, 3)), ((1, 2), 3)),
        (("1, 2",), ("1", "2")),
        ({1, 2}, frozenset({1, 2})),
        ({"a": 1}, {"a": 2}),
        (np.zeros(2), np.zeros((1, 2))),
        (np.zeros(2, ">f4"), np.zeros(2, "<f4")),
        (np.zeros(2), np.array([0.0, 1e-300])),
        (np.zeros(2, "f4,i4"), np.zeros(2, "i4,f4")),
        (np.dtype("f4"), np.dtype("f8")),
        (float, np.float64),
        (Mode.FAST, Mode.SLOW),
        (Mode.FAST, 1),
        (Bounds(0.0, 1.0), Bounds(0.0, 2.0)),
        (Bounds(0.0, 1.0), (0.0, 1.0)),
        (Repeat(1), Repeat(2)),
        (halve, third),
        (third, thirds),
        (np.tanh, np.cosh),
        ([0] * 500, [0] * 501),
    ],
)
def test_different_arguments_give_different_fingerprints(one: Any, other: Any) -> None:
    """Types count, then contents, to the last bit."""
    first, second = of(Apply(one)), of(Apply(other))

    assert first.digest != second.digest
    assert "wrapper 0, Apply.given" == first.first_difference(second)


SPACES = [
    lambda: spaces.Box(-1.0, 1.0, (3,), np.float32),
    lambda: spaces.Box(-1.0, 1.0, (3,), np.float64),
    lambda: spaces.Box(-1.0, 1.0, (3, 1), np.float32),
    lambda: spaces.Box(-1.0, 2.0, (3,), np.float32),
    lambda: spaces.Box(-2.0, 1.0, (3,), np.float32),
    lambda: spaces.Box(-1.0, np.inf, (3,), np.float32),
    lambda: spaces.Discrete(3),
    lambda: spaces.Discrete(4),
    lambda: spaces.Discrete(3, start=1),
    lambda: spaces.Discrete(3, dtype=np.int32),
    lambda: spaces.MultiDiscrete([3, 4]),
    lambda: spaces.MultiDiscrete([4, 3]),
    lambda: spaces.MultiDiscrete([[3, 4]]),
    lambda: spaces.MultiDiscrete([3, 4], start=[0, 1]),
    lambda: spaces.MultiDiscrete([3, 4], dtype=np.int8),
    lambda: spaces.MultiBinary(3),
    lambda: spaces.MultiBinary([3, 2]),
    lambda: spaces.Text(3),
    lambda: spaces.Text(4),
    lambda: spaces.Text(3, min_length=0),
    lambda: spaces.Text(3, charset="ab"),
    lambda: spaces.Sequence(spaces.Discrete(3)),
    lambda: spaces.Sequence(spaces.Discrete(4)),
    lambda: spaces.Sequence(spaces.Discrete(3), stack=True),
    lambda: spaces.Graph(spaces.Discrete(3), None),
    lambda: spaces.Graph(spaces.Discrete(3), spaces.Discrete(3)),
    lambda: spaces.Tuple([spaces.Discrete(3), spaces.Discrete(4)]),
    lambda: spaces.Tuple([spaces.Discrete(4), spaces.Discrete(3)]),
    lambda: spaces.OneOf([spaces.Discrete(3), spaces.Discrete(4)]),
    lambda: spaces.Dict(a=spaces.Discrete(3)),
    lambda: spaces.Dict(b=spaces.Discrete(3)),
    lambda: spaces.Dict(a=spaces.Discrete(4)),
    lambda: spaces.Dict(a=spaces.Discrete(3), b=spaces.Dict(c=spaces.Discrete(3))),
    lambda: spaces.Dict(a=spaces.Discrete(3), b=spaces.Dict(c=spaces.Discrete(4))),
    lambda: Ring(3),
    lambda: Ring(4),
]


@pytest.mark.parametrize("make", SPACES)
def test_a_space_is_its_kind_shape_dtype_and_bounds(make: Callable[[], spaces.Space[Any]]) -> None:
    """A seeded twin of a space is the same, every other one of the list is not."""
    here, again = make(), make()
    again.seed(7)
    again.sample() if not isinstance(again, Ring) else None

    assert [make] == [other for other in SPACES if over(other()) == over(again)]
    assert () == over(here).opaque


def test_the_order_of_the_keys_of_a_dict_space_counts() -> None:
    """Flattening follows it."""
    a, b = spaces.Discrete(2), spaces.Discrete(2)

    one = over(spaces.Dict({"a": a, "b": b}, sort_keys=False))
    other = over(spaces.Dict({"b": b, "a": a}, sort_keys=False))

    assert one.digest != other.digest


def test_both_spaces_count() -> None:
    """What is known of the bottom, and what is not."""
    box, two = spaces.Box(0, 1), spaces.Discrete(2)
    digests = {
        fingerprint(Stack(), Below(*known)).digest
        for known in [(), (box,), (None, box), (box, box), (box, two), (two, box)]
    }

    assert 6 == len(digests)


def test_wrappers_without_attrs_are_told_apart_by_their_attributes() -> None:
    """What stands in the `__dict__` is taken for the arguments."""
    assert "wrapper 0, ByHand.gain" == of(ByHand(1.0)).first_difference(of(ByHand(2.0)))


def test_the_memory_format_counts() -> None:
    """A memory with other fields cannot be restored, whatever the class is called."""

    def make(*memory_types: type) -> Wrapper[Any]:
        return register("test_fingerprint.Changing")(
            type("Changing", (Wrapper,), {"memory_types": memory_types})
        )()

    one = of(make(NamedTuple("Memory", [("a", int)])))
    other = of(make(NamedTuple("Memory", [("b", int)])))

    assert "wrapper 0, Changing's memory" == one.first_difference(other)


def test_memory_types_that_cannot_be_written_are_an_error() -> None:
    """A mistake in a declaration is found before a snapshot is needed."""

    class Wrong(Wrapper[Any]):
        memory_types = (dict,)

    with pytest.raises(SnapshotError, match="memory_types holds <class 'dict'>"):
        of(Wrong())


# --- what the refusal says ------------------------------------------------------------------------


def test_names_the_wrapper_and_the_argument_that_changed() -> None:
    """A changed default is seen as such."""
    here, there = of(Apply(), Repeat()), of(Apply(), Repeat(times=5))

    expected = (
        f"The snapshot does not fit this stack: its fingerprint is {there.digest}, this stack's "
        f"is {here.digest}. First difference: wrapper 1, Repeat.times is 4 here, 5 there."
    )

    assert expected == here.refusal(there)


def test_names_two_wrappers_that_were_swapped() -> None:
    """The first place where another class stands is named, with both classes."""
    here, there = of(Repeat(), Apply()), of(Apply(), Repeat())

    assert "wrapper 0" == here.first_difference(there)
    assert "Repeat here, " in str(here.refusal(there))
    assert ":Apply there." in str(here.refusal(there))


@pytest.mark.parametrize("turn", [1, -1])
def test_names_a_wrapper_that_is_missing(turn: int) -> None:
    """One stack may be longer than the other, on either side."""
    here, there = [of(Repeat()), of(Repeat(), Apply())][::turn]

    refusal = str(here.refusal(there))

    assert "First difference: wrapper 1 is " in refusal
    assert f"missing {'here' if turn == 1 else 'there'}" in refusal


def test_names_a_bound_that_changed_deep_within_a_space() -> None:
    """A long text is shown from shortly before the place where the two differ."""

    def deep(n: int) -> Fingerprint:
        return over(
            spaces.Dict(
                {f"key{i}": spaces.Discrete(3) for i in range(9)} | {"z": spaces.Discrete(n)}
            )
        )

    refusal = str(deep(5).refusal(deep(6)))

    assert "'z'=" in refusal
    assert "n=int64(5)" in refusal
    assert "n=int64(6)" in refusal
    assert 600 > len(refusal)


# --- what is opaque -------------------------------------------------------------------------------


class Counter:
    """An object with a method."""

    def step(self, value: float) -> float:
        """Do something."""
        return value


def closure(by: float) -> Callable[[float], float]:
    """Return a function that has no name outside."""

    def divide(reward: float) -> float:
        return reward / by

    return divide


OPAQUE: list[tuple[Callable[[], Any], str]] = [
    (lambda: lambda reward: reward, "<lambda> at "),
    (lambda: closure(2.0), "closure.<locals>.divide at "),
    (lambda: functools.partial(halve, 1.0), "a functools.partial"),
    (lambda: Counter().step, "Counter.step at "),
    (Counter, "Counter"),
    (lambda: np.random.default_rng(0), "Generator"),
    (lambda: np.array([object()]), "a numpy.ndarray"),
    (lambda: iter(()), "a builtins.tuple_iterator"),
    (lambda: [].append, "list.append"),
]


@pytest.mark.parametrize(("make", "described"), OPAQUE)
def test_what_has_no_name_is_opaque(make: Callable[[], Any], described: str) -> None:
    """It counts by identity, and the fingerprint says where it is and what."""
    one = make()
    first, again, other = of(Apply(one)), of(Apply(one)), of(Apply(make()))

    assert first == again
    assert first.digest != other.digest
    assert 1 == len(first.opaque)
    assert first.opaque[0].startswith("wrapper 0, Apply.given = ")
    assert described in first.opaque[0]


def test_says_where_a_lambda_is_to_be_found() -> None:
    """File and line, also within a container."""
    line = sys._getframe().f_lineno + 1
    found = of(Repeat(), Apply({"f": [lambda: 1]})).opaque

    assert 1 == len(found)
    assert found[0].startswith("wrapper 1, Apply.given['f'][0] = ")
    assert found[0].endswith(f"<lambda> at {__file__}:{line}")


def test_an_opaque_part_of_a_space_is_opaque() -> None:
    """A space of one's own may hold anything."""
    ring = Ring(3)
    ring.size = lambda: 3  # type: ignore[assignment]

    assert over(ring).opaque[0].startswith("observation space.size = ")


def test_a_class_that_cannot_be_imported_is_opaque() -> None:
    """A wrapper made in a function is known to this process only."""

    @attrs.frozen
    class Local(Wrapper[None]):
        pass

    assert of(Local()) == of(Local())
    assert of(Local()).opaque[0].startswith("wrapper 0 = ")
    assert "<locals>.Local" in of(Local()).opaque[0]


def test_a_token_is_never_given_twice() -> None:
    """An object that takes the place of a dead one in memory is another one."""
    digests = set()
    for _ in range(200):
        digests.add(of(Apply(lambda: 1)).digest)
        digests.add(of(Apply(iter(()))).digest)
        gc.collect(0)

    assert 400 == len(digests)


def test_the_refusal_says_why_an_opaque_stack_cannot_be_restored() -> None:
    """It names the place and the cure."""
    refusal = str(of(Apply(halve)).refusal(of(Apply(lambda reward: reward / 2))))

    assert "only in the process that wrote it" in refusal
    assert "wrapper 0, Apply.given = " in refusal
    assert "<lambda> at " in refusal
    assert "statewrap.register" in refusal


# --- as JSON, and in other processes --------------------------------------------------------------


def test_survives_json() -> None:
    """The header of a file holds it."""
    here = of(Repeat(), Apply(lambda: 1))

    assert here == Fingerprint.from_json(json.loads(json.dumps(here.to_json())))
    assert here.digest == here.to_json()["digest"]


@pytest.mark.parametrize("data", [None, 1, [], {}, {"parts": 1, "opaque": []}, {"parts": {}}])
def test_what_is_no_fingerprint_is_refused(data: Any) -> None:
    """A header may hold anything."""
    with pytest.raises(SnapshotError, match="no fingerprint"):
        Fingerprint.from_json(data)


PROGRAM = """
import functools, json, sys
import attrs, numpy as np
from gymnasium import spaces
from statewrap import Below, Stack, Wrapper, argument, register
from statewrap.package.fingerprint import fingerprint

@attrs.frozen
class Apply(Wrapper[None]):
    given: object = argument(None)

@register("robot.Scale")
@attrs.frozen
class Scale(Wrapper[None]):
    by: float = 2.0

@register("robot.half")
def half(reward):
    return reward / 2

def named(reward):
    return reward / 2

anonymous = lambda reward: reward / 2

BELOW = Below(
    spaces.Dict(
        image=spaces.Box(0, 255, (8, 8), np.uint8),
        text=spaces.Text(5, charset=frozenset("abcdef")),
        rest=spaces.Tuple([spaces.Graph(spaces.Box(0, 1), None), spaces.MultiBinary(3)]),
    ),
    spaces.OneOf([spaces.Discrete(2), spaces.MultiDiscrete([2, 3])]),
)
STACKS = {
    "plain": Scale(3.0) | Scale(),
    "named": Apply({"a", "b", ("d", 1.5)}) | Apply(np.arange(5.0)) | Apply(named) | Apply(half),
    "registered": Stack(Scale(), Scale()),
    "opaque": Stack(Scale(), Apply(anonymous)),
}
def prints():
    return {name: fingerprint(stack, BELOW).to_json() for name, stack in STACKS.items()}

if __name__ == "__main__":
    print(json.dumps(prints()))
"""


def run(folder: Path, *arguments: str, seed: str) -> dict[str, Fingerprint]:
    """Take the program's fingerprints in a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join([*sys.path, "."])},
        capture_output=True,
        check=True,
    )
    return {name: Fingerprint.from_json(data) for name, data in json.loads(done.stdout).items()}


def test_is_the_same_in_every_process_unless_something_is_opaque(tmp_path: Path) -> None:
    """Names, arrays, sets and spaces mean the same under another hash seed; a lambda does not."""
    (tmp_path / "robot.py").write_text(PROGRAM)
    command = "import json, robot; print(json.dumps(robot.prints()))"

    here, there = (run(tmp_path, "-c", command, seed=seed) for seed in ("1", "2"))

    assert ["plain", "named", "registered"] == [n for n in here if here[n] == there[n]]
    assert () == here["named"].opaque
    assert here["opaque"].digest != there["opaque"].digest
    assert "robot.py" in here["opaque"].opaque[0]
    assert "wrapper 1, Apply.given" == here["opaque"].first_difference(there["opaque"])


def test_a_script_has_its_own_name(tmp_path: Path) -> None:
    """Started again, or imported, what it defines is named alike."""
    (tmp_path / "robot.py").write_text(PROGRAM)
    command = "import json, robot; print(json.dumps(robot.prints()))"

    started = run(tmp_path, "robot.py", seed="1")
    as_module = run(tmp_path, "-m", "robot", seed="2")
    imported = run(tmp_path, "-c", command, seed="3")

    for name in ("plain", "named", "registered"):
        assert () == started[name].opaque
        assert started[name] == as_module[name] == imported[name]


def test_what_was_typed_in_is_opaque(tmp_path: Path) -> None:
    """A program without a file has no name that another process could know."""
    found = run(tmp_path, "-c", PROGRAM, seed="1")

    assert () == found["plain"].opaque
    assert "wrapper 0 = __main__.Apply" == found["named"].opaque[0].partition(" at ")[0]


def test_a_method_of_a_builtin_is_opaque() -> None:
    """It has a name, but no module."""
    stack = Stack(TransformReward(float.conjugate))

    (told,) = fingerprint(stack, Below()).opaque

    assert "wrapper 0, TransformReward.func = builtins.float.conjugate" == told
