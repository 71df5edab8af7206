"""Memories as bytes: everything survives exactly, and nothing else gets in."""

from __future__ import annotations

import collections
import dataclasses
import enum
import hashlib
import json
import math
import os
import struct
import subprocess
import sys
import tracemalloc
from typing import Any, NamedTuple

import attrs
import numpy as np
import pytest
from gymnasium.spaces import GraphInstance
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from statewrap import Act, Key, Reset, SnapshotError, TimeStep, register
from statewrap.core.same import difference
from statewrap.package.plain import MAX_DEPTH, decode, encode, seal, unseal


class Window(NamedTuple):
    """The frames shown last."""

    frames: tuple[Any, ...]
    seen: int = 0


@attrs.frozen
class Moments:
    """Statistics, with a field that is worked out from another."""

    mean: Any
    count: float = attrs.field(default=0.0, kw_only=True)
    _secret: int = 3
    twice: float = attrs.field(init=False)

    @twice.default
    def _double(self) -> float:
        return 2 * self.count


@attrs.define(slots=False, eq=False)
class Loose:
    """An attrs class with a `__dict__`, compared by identity."""

    inner: Any = None


class Phase(enum.Enum):
    """Where an episode stands."""

    OPEN = "open"
    OVER = "over"


class Button(enum.Flag):
    """What is pressed."""

    LEFT = 1
    RIGHT = 2


@register("test_plain.Lives")
class Lives(NamedTuple):
    """A class with a registered name."""

    left: int


@dataclasses.dataclass
class Data:
    """A class that cannot be declared."""

    x: int = 0


class StackMemory(NamedTuple):
    """A memory of memories, to give a place a long name."""

    wrappers: tuple[Any, ...]


class Agent(NamedTuple):
    """What holds it."""

    stack: StackMemory


TYPES = (Window, Moments, Loose, Phase, Button, Lives, StackMemory, Agent)


def round_trip(value: Any) -> Any:
    """Write a value and read it."""
    return decode(encode(value, TYPES), TYPES)


MANY = settings(max_examples=max(200, 2 * settings.default.max_examples))

# --- what survives -----------------------------------------------------------------------------

DTYPES = st.one_of(
    npst.boolean_dtypes(),
    npst.integer_dtypes(),
    npst.unsigned_integer_dtypes(),
    npst.floating_dtypes(sizes=(16, 32, 64)),
    npst.complex_number_dtypes(sizes=(64, 128)),
    npst.datetime64_dtypes(),
    npst.timedelta64_dtypes(),
    npst.byte_string_dtypes(max_len=5),
    npst.unicode_string_dtypes(max_len=5),
)


@st.composite
def arrays(draw: st.DrawFn) -> np.ndarray[Any, Any]:
    """Arrays of any dtype, also transposed, strided, reversed and broadcast."""
    array = draw(npst.arrays(DTYPES, npst.array_shapes(min_dims=0, max_dims=4, min_side=0)))
    array = array.transpose(draw(st.permutations(range(array.ndim))))
    steps = draw(st.lists(st.sampled_from([1, 2, -1]), min_size=array.ndim, max_size=array.ndim))
    array = array[tuple(slice(None, None, step) for step in steps)]
    return np.broadcast_to(array, (2, *array.shape)) if draw(st.booleans()) else array


def double(bits: int) -> float:
    """Return the float that has these 64 bits."""
    return float(struct.unpack("<d", struct.pack("<Q", bits))[0])


any_double = st.one_of(st.floats(), st.integers(0, 2**64 - 1).map(double))
any_text = st.text(st.characters(exclude_categories=()), max_size=8)
words = st.integers(0, 2**64 - 1)
keys_of_dicts = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False),
        any_text,
        st.binary(max_size=8),
        st.sampled_from([*Phase, Button.LEFT, np.float32(0.5), np.str_("a\0")]),
        st.builds(Lives, st.integers()),
    ),
    lambda inner: st.one_of(st.tuples(inner, inner), st.frozensets(inner, max_size=3)),
    max_leaves=3,
)
leaves = st.one_of(
    keys_of_dicts,
    any_double,
    st.complex_numbers(allow_nan=False),
    arrays(),
    DTYPES.flatmap(npst.from_dtype),
    st.builds(Key, words, words, words, words),
    st.sets(keys_of_dicts, max_size=4),
    st.builds(Reset, st.none() | st.integers(), st.none() | st.dictionaries(any_text, any_double)),
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(keys_of_dicts, inner, max_size=3),
        st.builds(Act, inner),
        st.builds(Loose, inner),
        st.builds(TimeStep, inner, any_double, info=st.dictionaries(any_text, inner, max_size=2)),
        st.builds(Window, st.tuples(inner, inner), st.integers()),
        st.builds(Moments, inner, count=any_double),
        st.builds(GraphInstance, inner, st.none(), inner),
    ),
    max_leaves=12,
)


@MANY
@given(values)
@example(np.longlong(3))
@example([np.bytes_(b"a\0"), np.str_("a\0"), np.str_("\ud800")])
@example("\ud83d\ude00")
@example({1: 1, True + 1: 2.0, "1": -0.0})
@example([2**63, -(2**63), 2**63 - 1, 10**5000, -1])
@example(complex(-0.0, math.inf))
@example([np.zeros((1, 1)).T, np.zeros((4, 3, 1))[::2].T, np.zeros((2, 0, 3)).T])
def test_everything_survives_bit_for_bit(value: Any) -> None:
    """What is read is the same as what was written, and is written as the same bytes again."""
    there = encode(value, TYPES)
    back = decode(there, TYPES)

    assert None is difference(value, back)
    assert there == encode(back, TYPES)


@pytest.mark.parametrize("bits", [0x7FF8000000000001, 0xFFF0000000000ABC, 0x7FF0000000000001])
def test_keeps_the_payload_of_nan(bits: int) -> None:
    """Not every NaN is the same: sign and payload survive, in floats and complex numbers."""
    nan = double(bits)

    back = round_trip((nan, complex(1.0, nan)))

    assert struct.pack("<d", nan) == struct.pack("<d", back[0]) == struct.pack("<d", back[1].imag)


def test_keeps_the_order_of_a_dict() -> None:
    """The keys come back in the order in which they were put in."""
    assert ["b", "a", 3, (1, 2)] == list(round_trip({"b": 0, "a": 1, 3: 2, (1, 2): 3}))


def test_keeps_fields_that_are_no_arguments_out() -> None:
    """An attrs class is made anew from its arguments, private and keyword-only ones too."""
    back = round_trip(Moments(np.ones(2), count=4.0, secret=9))

    assert 8.0 == back.twice
    assert 9 == back._secret


@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)])
def test_keeps_the_memory_order_of_an_array(axes: tuple[int, ...]) -> None:
    """Sums depend on the memory order in the last bit, so an image turned round stays turned."""
    image = np.arange(24.0, dtype=">f4").reshape(2, 3, 4).transpose(axes)

    assert image.strides == round_trip(image).strides


def test_a_reversed_array_keeps_the_order_of_its_axes() -> None:
    """Which axis is the widest does not depend on the direction in which it runs."""
    image = np.arange(6.0).reshape(2, 3)

    assert image.strides == round_trip(image[::-1]).strides
    assert image.T.strides == round_trip(image.T[:, ::-1]).strides


def test_arrays_come_back_read_only() -> None:
    """Nobody writes into a memory, not even by raising the flag."""
    back = round_trip(np.zeros(3))

    assert not back.flags.writeable
    with pytest.raises(ValueError, match="WRITEABLE"):
        back.setflags(write=True)


def test_writes_a_frame_once_however_often_it_occurs() -> None:
    """A window padded with one frame costs one frame, even if it is four arrays."""
    frame = np.random.default_rng(0).bytes(7056)

    def window(length: int) -> Window:
        return Window(tuple(np.frombuffer(frame, np.uint8).copy() for _ in range(length)))

    assert 100 > len(encode(window(4), TYPES)) - len(encode(window(1), TYPES))


def test_is_json_that_a_person_can_read() -> None:
    """Plain things look plain."""
    expected = {
        "value": {
            "record": [
                "test_plain.Lives",
                {"left": {"tuple": [1, 2.0, True, None, "é", [{"float": "fff0000000000000"}]]}},
            ]
        },
        "arrays": [],
    }
    data = encode(Lives((1, 2.0, True, None, "é", [-math.inf])), TYPES)  # type: ignore[arg-type]

    assert expected == json.loads(data)
    assert "é" in data.decode()


def test_the_same_value_gives_the_same_bytes_under_another_hash_seed() -> None:
    """The order of a set's elements does not show."""
    program = (
        "from statewrap.package.plain import encode;"
        "print(encode({frozenset({'a', 'b', 'c', (1, 'd')}): {'x', 'y', 'z', 7, 7.5}}).decode())"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }

    assert 1 == len(texts)


def test_goes_as_deep_as_it_says() -> None:
    """MAX_DEPTH levels can be written, and then be read where little of the stack is left."""
    value: Any = 1
    for _ in range(MAX_DEPTH):
        value = Loose(value)
    data = encode(value, TYPES)

    def deeper(levels: int) -> Any:
        return deeper(levels - 1) if levels else decode(data, TYPES)

    assert None is difference(value, deeper(400))


# --- what is refused on the way out ---------------------------------------------------------------


class Frame(np.ndarray[Any, Any]):
    """A subclass, which may mean anything."""


@pytest.mark.parametrize(
    ("value", "named"),
    [
        (collections.deque([1]), "collections.deque"),
        (Data(), "test_plain.Data"),
        (bytearray(b"a"), "builtins.bytearray"),
        (np.zeros(2).view(Frame), "test_plain.Frame"),
        (np.ma.masked_array([1]), "numpy.ma.MaskedArray"),
        (len, "builtins.builtin_function_or_method"),
        (np.random.default_rng(0), "Generator"),
        (collections.OrderedDict(), "collections.OrderedDict"),
        (np.array([None]), "dtype object"),
        (np.zeros(2, "f4,i4"), "dtype [('f0'"),
        (np.zeros(2, np.longdouble), "dtype float128"),
        (np.longdouble(1), "dtype float128"),
        (np.array(["a"], np.dtypes.StringDType()), "dtype StringDType"),
        (np.void(b"abc"), "dtype |V3"),
        (Button.LEFT | Button.RIGHT, "Button.LEFT|RIGHT"),
    ],
)
def test_refuses_what_it_cannot_write_and_names_the_place(value: Any, named: str) -> None:
    """The error says where, what, and the cure."""
    memory = Agent(StackMemory((1, 2, Window(({"a": value},)))))

    with pytest.raises(SnapshotError) as caught:
        encode(memory, TYPES)

    assert str(caught.value).startswith("stack.wrappers[2].frames[0]['a'] ")
    assert named in str(caught.value)
    assert any(cure in str(caught.value) for cure in ("memory_types", "Keep "))


@pytest.mark.parametrize("value", [Window(()), Moments(1), Phase.OPEN])
def test_refuses_a_class_that_is_not_declared(value: Any) -> None:
    """Only the declared classes are written, for only they could be read."""
    with pytest.raises(SnapshotError, match=r"^The value is a .*test_plain.*memory_types"):
        encode(value, ())


def test_refuses_a_key_that_cannot_be_written() -> None:
    """A dict's key is looked at before it is printed."""
    with pytest.raises(SnapshotError, match=r"^\[0\], a key, is a builtins.object"):
        encode([{object(): 1}])


def test_refuses_a_cycle() -> None:
    """A list within itself has no end."""
    cycle: list[Any] = [1]
    cycle.append({"again": cycle})

    with pytest.raises(SnapshotError, match=r"^\[1\]\['again'\] contains itself\. Break the cycle"):
        encode(cycle)


def test_the_same_object_twice_is_no_cycle() -> None:
    """What lies side by side is written twice."""
    shared = [1]

    assert [shared, shared, (shared,)] == round_trip([shared, shared, (shared,)])


def test_refuses_what_is_too_deep() -> None:
    """One level more than MAX_DEPTH is too many."""
    value: Any = 1
    for _ in range(MAX_DEPTH + 1):
        value = [value]

    with pytest.raises(SnapshotError, match="levels deep"):
        encode(value)


def test_refuses_two_declared_types_of_one_name() -> None:
    """A name must tell which class is meant."""

    def make() -> type:
        @attrs.frozen
        class Local:
            x: int = 0

        return Local

    first, second = make(), make()

    assert first(3) == decode(encode(first(3), (first, first)), (first,))
    with pytest.raises(SnapshotError, match=r"have the name '.*Local'"):
        encode(1, (first, second))


@pytest.mark.parametrize("kind", [int, np.ndarray, Data, "Window", collections.deque])
def test_refuses_to_declare_what_has_no_fields(kind: Any) -> None:
    """memory_types is for NamedTuples, attrs classes and enums."""
    with pytest.raises(SnapshotError, match="expected NamedTuples, attrs classes and enums"):
        decode(encode(1), (kind,))


# --- what is refused on the way in ----------------------------------------------------------------

WINDOW = next(iter(json.loads(encode(Window(()), TYPES))["value"]["record"]))
PHASE = json.loads(encode(Phase.OPEN, TYPES))["value"]["enum"][0]
EMPTY = {"value": {"array": 0}}

HOSTILE: list[Any] = [
    {},
    [],
    None,
    {"value": 1},
    {"arrays": []},
    {"value": 1, "arrays": None},
    {"value": 1, "arrays": [1]},
    {"value": {"array": 0}, "arrays": []},
    *(
        {"value": {tag: content}, "arrays": []}
        for tag in ("array", "scalar", "tuple", "set", "dict", "enum", "record", "int", "str")
        for content in (None, 1, 1.5, True, {"a": 1}, [1], [[1]], "xx")
        if not (tag in {"tuple", "set"} and content in ({"a": 1}, [1], "xx"))
        if not (tag == "tuple" and content == [[1]])
    ),
    {"value": {"set": [[1]]}, "arrays": []},
    {"value": {"dict": [[[1], 1]]}, "arrays": []},
    {"value": {"eval": "1"}, "arrays": []},
    {"value": {"tuple": [], "set": []}, "arrays": []},
    {"value": {}, "arrays": []},
    {"value": {"float": "7ff8"}, "arrays": []},
    {"value": {"str": "ff"}, "arrays": []},
    {"value": {"record": ["os:system", {"command": "true"}]}, "arrays": []},
    {"value": {"record": ["builtins:dict", {}]}, "arrays": []},
    {"value": {"record": [WINDOW, {"frames": 1}]}, "arrays": []},
    {"value": {"record": [WINDOW, {"frames": 1, "seen": 1, "more": 1}]}, "arrays": []},
    {"value": {"record": [WINDOW, ["frames", "seen"]]}, "arrays": []},
    {"value": {"record": [PHASE, {"OPEN": 1, "OVER": 2}]}, "arrays": []},
    {"value": {"record": [[], {}]}, "arrays": []},
    {"value": {"enum": [PHASE, "CLOSED"]}, "arrays": []},
    {"value": {"enum": [PHASE, "__class__"]}, "arrays": []},
    {"value": {"enum": [WINDOW, "frames"]}, "arrays": []},
    *(
        {**EMPTY, "arrays": [entry]}
        for entry in (
            ["<f4", [10**12], [0], ""],
            ["<f4", [2**62, 2**62], [0, 1], ""],
            ["<f4", [0, 10**30], [0, 1], ""],
            ["<f4", [10**4000] * 60, list(range(60)), ""],
            ["<f4", [1] * 100_000, list(range(100_000)), "AAAAAA=="],
            ["<f4", [-1], [0], "AAAAAA=="],
            ["<f4", [-1, -1], [0, 1], "AAAAAA=="],
            ["<f4", [1.0], [0], "AAAAAA=="],
            ["<f4", ["1"], [0], "AAAAAA=="],
            ["<f4", [1], [1], "AAAAAA=="],
            ["<f4", [1], [], "AAAAAA=="],
            ["<f4", [1, 1], [0, 0], "AAAAAA=="],
            ["<f4", [1], [0], "AAAAA"],
            ["<f4", [1], [0], "AAAA\nAA=="],
            ["<f4", [1], [0], "ÄAAAAA=="],
            ["<f4", [2], [0], "AAAAAA=="],
            ["<f2", [1], [0], "AAAAAA=="],
            ["<f4", None, [0], "AAAAAA=="],
            ["float32", [1], [0], "AAAAAA=="],
            ["f4", [1], [0], "AAAAAA=="],
            ["|O", [1], [0], "AAAAAAAAAAA="],
            ["O", [0], [0], ""],
            ["<f2,<f2", [1], [0], "AAAAAA=="],
            ["(2,)<f2", [1], [0], "AAAAAA=="],
            ["|V4", [1], [0], "AAAAAA=="],
            ["a4", [1], [0], "AAAAAA=="],
            ["<f16", [0], [0], ""],
            ["<M8[9999999999999999999999s]", [0], [0], ""],
            ["<U99999999999999999999", [0], [0], ""],
            ["", [0], [0], ""],
            [None, [0], [0], ""],
            [["<f4"], [0], [0], ""],
            ["<f4", [0], [0]],
            "<f4a",
        )
    ),
]


@pytest.mark.parametrize("document", HOSTILE, ids=lambda d: json.dumps(d)[:80])
def test_refuses_a_hostile_document(document: Any) -> None:
    """Wrong types, wrong sizes and unknown names are a SnapshotError, and cost no memory."""
    data = json.dumps(document).encode()

    tracemalloc.start()
    try:
        with pytest.raises(SnapshotError):
            decode(data, TYPES)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert 20 * len(data) + 200_000 > peak


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80\x05N.",
        b"\xff\xfe",
        b"nonsense",
        b"[" * 1_000_000,
        b'{"arrays": [], "value": ' + b'{"tuple": [' * 100_000,
        b'{"arrays": [], "value": ' + b"[" * 400 + b"]" * 400 + b"} x",
        b'{"arrays": [], "value": ' + b"9" * 5000 + b"}",
        b'{"arrays": [], "value": "\xed\xa0\x80"}',
    ],
    ids=range(9),
)
def test_refuses_what_is_no_document(data: bytes) -> None:
    """Other files, broken text and bottomless nesting are a SnapshotError."""
    with pytest.raises(SnapshotError):
        decode(data)


def test_a_name_in_the_data_imports_nothing() -> None:
    """A module that nobody imported stays so."""
    data = json.dumps({"value": {"record": ["this:d", {}]}, "arrays": []}).encode()

    with pytest.raises(SnapshotError, match="'this:d', which is not declared here"):
        decode(data)

    assert "this" not in sys.modules


def test_says_which_fields_have_changed() -> None:
    """A class that has other fields by now is named, with both lists."""
    changed = encode(Window(()), TYPES).replace(b'"seen"', b'"shown"')

    with pytest.raises(SnapshotError, match=r"\['frames', 'shown'\], here .*\['frames', 'seen'\]"):
        decode(changed, TYPES)


def test_names_the_nearest_declared_type() -> None:
    """A class that was renamed, or forgotten, is easy to find."""
    with pytest.raises(SnapshotError, match=r"did you mean '.*Window'\?.*memory_types"):
        decode(encode(Window(()), TYPES).replace(b":Window", b":Windows"), TYPES)


def test_a_validator_that_raises_is_a_snapshot_error() -> None:
    """A class may check what it is given; what it says is passed on."""

    @attrs.frozen
    class Positive:
        x: int = attrs.field(validator=attrs.validators.gt(0))

    data = encode(Positive(5), (Positive,)).replace(b"5", b"-5")

    with pytest.raises(SnapshotError, match="must be > 0"):
        decode(data, (Positive,))


SAMPLE = Window(
    ({"a": np.arange(6.0).reshape(2, 3), "b": {1, "x"}}, Moments(None), Phase.OVER),
    TimeStep(np.float32(0.5), reward=math.nan, info={"lives": (3, b"x", 2**70)}),  # type: ignore[arg-type]
)


@MANY
@given(st.data())
def test_damaged_bytes_give_a_value_or_a_snapshot_error(data: st.DataObject) -> None:
    """Without a checksum to stop it, reading still raises nothing else."""
    there = bytearray(encode(SAMPLE, TYPES))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(there) - 1))
        there[place] = data.draw(st.sampled_from(b'[]{}",:0123456789-eE.tfn\\u<|O \xff'))

    try:
        decode(bytes(there[: data.draw(st.integers(len(there) - 3, len(there)))]), TYPES)
    except SnapshotError as error:
        assert str(error)  # noqa: PT017 - that nothing else comes out is the point


tags = st.sampled_from(
    [
        *("array", "scalar", "tuple", "set", "frozenset", "dict", "enum", "record", "int", "float"),
        *("complex", "str", "bytes", "str_", "bytes_", "frames", "seen", "left", "value"),
    ]
)
strange = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4), tags)
    | st.sampled_from(
        [WINDOW, PHASE, "test_plain.Lives", "OPEN", "<f4", "|b1", "<U2", "AAAAAA==", "00"]
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(tags, inner, max_size=2),
    max_leaves=12,
)


@MANY
@given(strange, st.lists(st.lists(strange, min_size=4, max_size=4) | strange, max_size=2))
def test_strange_documents_give_a_value_or_a_snapshot_error(value: Any, arrays: Any) -> None:
    """JSON made of the format's own words raises nothing else either."""
    try:
        decode(json.dumps({"value": value, "arrays": arrays}).encode(), TYPES)
    except SnapshotError as error:
        assert str(error)  # noqa: PT017 - that nothing else comes out is the point


# --- files ----------------------------------------------------------------------------------------

HEADER = {"fingerprint": {"digest": "5e0c", "opaque": []}, "path": "/home/\udce9", "n": 1.5}


def sealed(**changes: Any) -> bytes:
    """Write a file, of version 2 where nothing else is said."""
    arguments = {"kind": "snapshot", "version": 2, "header": HEADER, "body": SAMPLE, **changes}
    return seal(**arguments, types=TYPES)


def test_a_file_gives_back_header_and_body() -> None:
    """The header can be read without the classes that the body needs."""
    file = unseal(sealed(), "snapshot", 2)

    assert HEADER == file.header
    assert None is difference(SAMPLE, file.body(TYPES))
    with pytest.raises(SnapshotError, match="not declared"):
        file.body()


def test_a_file_is_one_json_document() -> None:
    """Other tools can look into it."""
    document = json.loads(sealed().decode())

    assert ["statewrap", "version", "header", "value", "arrays", "sha256"] == list(document)


def test_every_flipped_bit_is_noticed() -> None:
    """The checksum covers the whole file, itself included."""
    data = sealed(body=(1, 2))

    for place in range(8 * len(data)):
        damaged = bytearray(data)
        damaged[place // 8] ^= 1 << place % 8
        with pytest.raises(SnapshotError):
            unseal(bytes(damaged), "snapshot", 2)


def test_every_truncation_is_noticed() -> None:
    """A file that was cut anywhere says so, also at its first byte."""
    data = sealed()

    for length in range(len(data)):
        with pytest.raises(SnapshotError, match=r"^The snapshot is cut short"):
            unseal(data[:length], "snapshot", 2)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "^This is no snapshot of statewrap's"),
        (b"\x80\x05N.", "^This is no snapshot of statewrap's"),
        (sealed() + b"\n", "^The snapshot is cut short"),
        (sealed().replace(b"lives", b"wives"), "^The snapshot is damaged"),
        (sealed(kind="package"), "^This is a package, expected a snapshot"),
        (sealed(version=3), "format version 3, newer than the version 2"),
        (sealed(version=1), "format version 1, older than the version 2"),
    ],
)
def test_says_what_is_wrong_with_a_file(data: bytes, message: str) -> None:
    """Foreign, cut short, damaged, of another kind, newer and older are told apart."""
    with pytest.raises(SnapshotError, match=message):
        unseal(data, "snapshot", 2)


@pytest.mark.parametrize(
    "document",
    [
        "1",
        "{}",
        '{"statewrap": "snapshot"}',
        '"statewrap": "snapshot", "version": "2", "header": {}',
        '"statewrap": "snapshot", "version": 2',
        '"statewrap": "snapshot", "version": 2, "header": 3',
    ],
)
def test_a_forged_frame_is_a_snapshot_error(document: str) -> None:
    """A right checksum over a wrong document helps nobody."""
    text = b'{"statewrap": ' + document.removeprefix('"statewrap": ').encode()
    digest = hashlib.sha256(text).hexdigest()

    with pytest.raises(SnapshotError):
        unseal(text + b',\n "sha256": "%s"}\n' % digest.encode(), "snapshot", 2)


def test_nothing_is_written_if_something_cannot_be() -> None:
    """The error is raised before there are bytes."""
    with pytest.raises(SnapshotError, match=r"^\[0\] is a builtins.object"):
        sealed(body=[object()])
