"""What a careless or hostile host may send: one clear answer each, and nothing is changed."""

from __future__ import annotations

import json

import pytest
from gymnasium.spaces import Box, Dict, Discrete, Text, Tuple
from hypothesis import given
from hypothesis import strategies as st

from statewrap import InputError
from statewrap.cli.lines import Lines, Request
from tests.cli.filters import answers, run

HUGE = b"9" * 4000
MALFORMED = {
    b"": "The line is empty",
    b"  \r": "The line is empty",
    b"nonsense": "no JSON: Expecting value at character 0",
    b"{": "no JSON",
    b'{"observation": [1, 2]} {"observation": [1, 2]}': "Extra data",
    b'{"observation": [1, 2],}': "no JSON",
    b"{'observation': [1, 2]}": "no JSON",
    b'{"observation": [01, 2]}': "no JSON",
    b'{"observation": [inf, nan]}': "no JSON",
    b"[1, 2]": "The line is [1, 2], expected a JSON object",
    b"null": "The line is null",
    b"[" + b"1," * 30 + b"1]": "The line is a list of 31 items, expected a JSON object",
    b"9" * 200: "The line is 9999999999",
    b'{"observation": ' + b"[" * 500 + b"]" * 500 + b', "reward": 0}': "observation has 1 items",
    b'{"observation": [1, 2], "reward": ' + b"[" * 500 + b"]" * 500 + b"}": "reward is [[[[",
    b'"act"': 'The line is "act"',
    b"\xff\xfe{": "not UTF-8: invalid start byte at byte 0",
    b'{"observation": "\xed\xa0\x80"}': "not UTF-8",
    b'\xef\xbb\xbf{"observation": [1, 2], "reward": 0}': "byte order mark",
    b'{"observation": [1, 2], "reward": 0, "info": {"name": "\\ud800"}}': "half of a surrogate",
    b'{"observation": [1, 2], "info": {"\\udfff": 0}}': "half of a surrogate",
    b'{"observation": [1, 2], "observation": [1, 2]}': 'the key "observation" occurs twice',
    b'{"observation": [1, 2], "info": {"a": {"b": 1, "b": 2}}}': 'the key "b" occurs twice',
    b'{"a":' * 5000 + b"1" + b"}" * 5000: "nests too deeply",
    b'{"observation": ' + b"[" * 5000 + b"]" * 5000 + b"}": "nests too deeply",
    b'{"observation": [1, 2], "reward": 0, "info": {"a": ' + b"[" * 40 + b"]" * 40 + b"}}": (
        "more than 32 levels"
    ),
    b'{"observation": [1e999, 2], "reward": 0}': "the number 1e999 is too large for a float64",
    b'{"observation": [-1E+400, 2], "reward": 0}': "too large for a float64",
    b'{"observation": [1e39, 2], "reward": 0}': "out of range for float32",
    b'{"observation": [' + HUGE + b', 2], "reward": 0}': "too large for a float64",
    b'{"observation": [' + b"9" * 300 + b', 2], "reward": 0}': "out of range for float32",
    b'{"observation": [' + b"9" * 9999 + b', 2], "reward": 0}': "cannot be read: Exceeds the limit",
    b'{"observation": [1, 2], "reward": ' + b"1" * 200 + b"e200}": "too large for a float64",
    b'{"observation": [1, 2], "reward": 0, "info": {"n": ' + HUGE + b"}}": "too large",
    b"{}": "no observation",
    b'{"reward": 1}': "no observation. It has reward",
    b'{"observation": [1, 2], "reword": 1}': "did you mean 'reward'? Known: observation, reward",
    b'{"reset": true, "observation": [1, 2], "reward": 0}': 'the unknown key "reward"',
    b'{"observation": [1, 2], "seed": 1}': 'the unknown key "seed"',
    b'{"reset": false, "observation": [1, 2]}': "reset is false, expected true",
    b'{"reset": 1, "observation": [1, 2]}': "reset is 1, expected true",
    b'{"close": null}': "close is null, expected true",
    b'{"close": true, "reset": true}': "both reset and close",
    b'{"close": true, "reward": 1}': "needs its observation",
    b'{"close": true, "step": 9}': "step=9 was given to close, expected 1",
    b'{"reset": true}': "no observation",
    b'{"reset": true, "observation": [1, 2], "seed": -1}': "seed is -1, expected a whole number",
    b'{"reset": true, "observation": [1, 2], "seed": 1.5}': "seed is 1.5",
    b'{"observation": [1, 2]}': "The reward is missing",
    b'{"observation": [1, 2], "reward": null}': "The reward is None",
    b'{"observation": [1, 2], "reward": NaN}': "The reward is nan",
    b'{"observation": [1, 2], "reward": "NaN"}': "The reward is nan",
    b'{"observation": [1, 2], "reward": "1"}': 'reward is "1", expected a number',
    b'{"observation": [1, 2], "reward": true}': "reward is true, expected a number",
    b'{"observation": [1, 2], "reward": [1]}': "reward is [1], expected a number",
    b'{"observation": [1, 2], "reward": {}}': "reward is {}, expected a number",
    b'{"observation": [1, 2], "reward": 0, "terminated": 1}': "terminated is 1, expected true",
    b'{"observation": [1, 2], "reward": 0, "truncated": "no"}': 'truncated is "no"',
    b'{"observation": [1, 2], "reward": 0, "terminated": null}': "terminated is null",
    b'{"observation": [1, 2], "reward": 0, "info": 3}': "info is 3, expected an object",
    b'{"observation": [1, 2], "reward": 0, "info": null}': "info is null",
    b'{"observation": [1, 2], "reward": 0, "info": [["a", 1]]}': "info is [",
    b'{"observation": [1, 2], "reward": 0, "step": "1"}': 'step is "1"',
    b'{"observation": [1, 2], "reward": 0, "step": 1.0}': "step is 1.0",
    b'{"observation": [1, 2], "reward": 0, "step": true}': "step is true",
    b'{"observation": [1, 2], "reward": 0, "step": -1}': "step is -1",
    b'{"observation": [1, 2], "reward": 0, "step": 7}': "step=7 was given, expected 1",
    b'{"observation": [1, 2, 3], "reward": 0}': "observation has 3 items, expected 2",
    b'{"observation": [], "reward": 0}': "observation has 0 items, expected 2",
    b'{"observation": 1, "reward": 0}': "observation is 1, expected a list of 2",
    b'{"observation": null, "reward": 0}': "observation is null",
    b'{"observation": "12", "reward": 0}': 'observation is "12"',
    b'{"observation": [[1], [2]], "reward": 0}': "observation[0] is [1], expected a number",
    b'{"observation": [[1, 2], [3]], "reward": 0}': "observation[0] is [1, 2]",
    b'{"observation": [1, null], "reward": 0}': "observation[1] is null, expected a number",
    b'{"observation": ["1", 2], "reward": 0}': 'observation[0] is "1", expected a number',
    b'{"observation": ["nan", 2], "reward": 0}': 'observation[0] is "nan"',
    b'{"observation": [true, 2], "reward": 0}': "observation[0] is true, expected a number",
    b'{"observation": {"0": 1, "1": 2}, "reward": 0}': "an array is {dtype, shape, base64}",
    b'{"observation": {"dtype": "float32", "shape": [2]}, "reward": 0}': "got the keys",
    b'{"observation": {"dtype": "object", "shape": [2], "base64": ""}, "reward": 0}': (
        "'object' is no dtype"
    ),
    b'{"observation": {"dtype": ["f"], "shape": [2], "base64": ""}, "reward": 0}': "is no dtype",
    b'{"observation": {"dtype": "float32", "shape": [-2], "base64": ""}, "reward": 0}': "shape is",
    b'{"observation": {"dtype": "float32", "shape": 2, "base64": ""}, "reward": 0}': "shape is 2",
    b'{"observation": {"dtype": "uint8", "shape": [99999999999, 99999999999], "base64": ""},'
    b' "reward": 0}': "base64 holds 0 bytes",
    b'{"observation": {"dtype": "float32", "shape": [2], "base64": "AAAA"}, "reward": 0}': (
        "base64 holds 3 bytes, float32 of shape [2] has 8"
    ),
    b'{"observation": {"dtype": "float32", "shape": [2], "base64": "?!"}, "reward": 0}': (
        "base64 cannot be read"
    ),
    b'{"observation": {"dtype": "float32", "shape": [2], "base64": 1}, "reward": 0}': (
        "expected a string"
    ),
    b'{"observation": {"dtype": "uint8", "shape": [2], "base64": "AQI="}, "reward": 0}': (
        "observation has dtype uint8, expected float32"
    ),
    b'{"observation": {"dtype": "float32", "shape": [1], "base64": "AAAAAA=="}, "reward": 0}': (
        "observation has shape (1,), expected (2,)"
    ),
    b'{"observation": [1, 2], "reward": 0, "info": {"m": {"dtype": "f", "shape": [], '
    b'"base64": ""}}}': "info.m: 'f' is no dtype",
    b'{"observation": [1, 2], "reward": 0, "' + b"x" * 5000 + b'": 1}': "longer than 4096 bytes",
    b" " * 4097: "longer than 4096 bytes",
    b'{"observation": [1, 2], "reward": 0}' + b" " * 9000: "longer than 4096 bytes",
}
FIRST = b'{"observation": [1, 2]}'
LAST = b'{"observation": [10, 20], "reward": 1, "step": 1}'


def test_each_is_answered_once_and_none_changes_anything(toml) -> None:
    """As many answers as lines, each an error that says what is wrong; then all goes on."""
    short = [line for line in MALFORMED if len(line) <= 4096 or "longer" in MALFORMED[line]]

    done = run("act", toml, "--max-line", 4096, lines=b"\n".join([FIRST, *short, LAST]))

    first, *refused, last = answers(done)
    assert ({"action": [2.0, 4.0]}, {"action": [11.0, 22.0]}) == (first, last)
    assert len(short) == len(refused)
    for line, answer in zip(short, refused, strict=True):
        assert "InputError" == answer["error"]["type"], line[:80]
        assert MALFORMED[line] in answer["error"]["message"], line[:80]
    assert b"Traceback" not in done.stderr


def test_so_are_those_that_are_long(toml) -> None:
    """Deep nesting and endless digits, under the limit that a line has by default."""
    long = [line for line in MALFORMED if len(line) > 4096 and "longer" not in MALFORMED[line]]

    done = run("act", toml, lines=b"\n".join([FIRST, *long, LAST]))

    _, *refused, last = answers(done)
    assert {"action": [11.0, 22.0]} == last
    assert len(long) == len(refused) > 0
    for line, answer in zip(long, refused, strict=True):
        assert MALFORMED[line] in answer["error"]["message"], line[:80]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("CRLF", FIRST + b"\r\n" + LAST + b"\r\n"),
        ("no newline at the end", FIRST + b"\n" + LAST),
        ("a byte order mark at the start", b"\xef\xbb\xbf" + FIRST + b"\n" + LAST),
        ("blanks around", b"  " + FIRST + b" \t\n " + LAST + b"\n"),
    ],
)
def test_some_liberties_are_taken_well(toml, name, data) -> None:
    """Ways in which other systems write the same lines."""
    expected = [{"action": [2.0, 4.0]}, {"action": [11.0, 22.0]}]

    assert expected == answers(run("act", toml, lines=data)), name


def test_a_line_may_be_as_long_as_the_limit(toml) -> None:
    """The limit does not count the newline."""
    exact = FIRST.ljust(100)

    fits = answers(run("act", toml, "--max-line", 100, lines=exact + b"\n"))
    exceeds = answers(run("act", toml, "--max-line", 99, lines=exact + b"\n"))

    assert [{"action": [2.0, 4.0]}] == fits
    assert "longer than 99 bytes" in exceeds[0]["error"]["message"]


SPACE = Dict(
    {
        "box": Box(-1.0, 1.0, (2, 1)),
        "level": Discrete(5),
        "pair": Tuple((Text(4), Box(0, 255, (1,), "uint8"))),
    }
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["NaN", "Infinity"]),
    lambda parts: (
        st.lists(parts, max_size=3)
        | st.dictionaries(
            st.sampled_from(["box", "level", "pair", "dtype", "shape", "base64", "observation"])
            | st.text(max_size=3),
            parts,
            max_size=4,
        )
    ),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ["observation", "reward", "terminated", "truncated", "info", "step", "reset", "seed", "close"]
)


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda s: s.encode("utf-8", "replace")))
def test_any_bytes_are_a_request_or_an_input_error(line) -> None:
    """Nothing else is ever raised, and an error always has words."""
    assert outcome(line)


@given(st.dictionaries(KEYS, VALUES, max_size=6))
def test_any_object_is_a_request_or_an_input_error(table) -> None:
    """Whatever stands in it, at whatever place."""
    assert outcome(json.dumps(table).encode())


def outcome(line: bytes) -> Request | str:
    """Read a line: the request, or why it is none."""
    try:
        return Lines(SPACE).request(line)
    except InputError as error:
        return str(error)
