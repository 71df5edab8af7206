"""TOML, YAML and JSON as plain dicts and lists, and back."""

from __future__ import annotations

import json
import math
import sys
import time
from importlib.util import find_spec
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statewrap import ConfigurationError, MissingExtraError, same
from statewrap.package.texts import MAX_DEPTH, MAX_PARTS, parsed, plain, read, written

NEEDS_YAML = pytest.mark.skipif(find_spec("yaml") is None, reason="needs PyYAML: the extra yaml")
FORMS = ("toml", pytest.param("yaml", marks=NEEDS_YAML), "json")
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
WORDS = st.sampled_from(
    ["yes", "no", "~", "null", "1e3", "1:30", "010", "0x1", ".inf", "<<", "2024-01-01"]
)
VALUES = st.recursive(
    st.booleans() | st.integers() | st.floats() | TEXT | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT | WORDS, inner, max_size=3),
    max_leaves=10,
)
DOCUMENTS = st.dictionaries(TEXT | WORDS, VALUES, max_size=4)


@pytest.mark.parametrize("form", FORMS)
def test_a_document_survives_its_text(form: str) -> None:
    """Every string, also one that looks like a number or a word; every float, to the last bit."""

    @given(DOCUMENTS)
    def holds(document: dict[str, Any]) -> None:
        again = parsed(written(document, form), form)
        assert same(ordered(document), ordered(again))

    holds()


def ordered(value: Any) -> Any:
    """Sort the keys: TOML says tables last."""
    if isinstance(value, dict):
        return {key: ordered(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [ordered(part) for part in value]
    return math.nan if isinstance(value, float) and math.isnan(value) else value


@NEEDS_YAML
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("no", "no"),
        ("on", "on"),
        ("1:30", "1:30"),
        ("010", 10),
        ("0x1f", 31),
        ("0o17", 15),
        ("1_000", "1_000"),
        (".inf", math.inf),
        ("-.Inf", -math.inf),
        ("1.", 1.0),
        (".5", 0.5),
        ("~", None),
        ("", None),
        ("Null", None),
        ("TRUE", True),
        ("'true'", "true"),
        ("2001-01-01", "2001-01-01"),
        ("!!str 7", "7"),
        ("!!int '7'", 7),
        ("!!float '7'", 7.0),
        ("{a: [1, x]}", {"a": [1, "x"]}),
    ],
)
def test_yaml_is_read_as_version_1_2(text: str, value: Any) -> None:
    """Numbers are JSON's, and a word is a word."""
    assert same({"a": value}, parsed(f"a: {text}", "yaml"))


@NEEDS_YAML
def test_yaml_aliases_and_merges_are_unfolded() -> None:
    """What a table says goes before what is merged into it; of several, the first."""
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], x: 3}\nd: [*a]\n"

    document = parsed(text, "yaml")

    assert {"x": 3, "y": 1, "z": 2} == document["c"]
    assert [{"x": 1, "y": 1}] == document["d"]


LAUGHS = "\n".join(
    ["a0: &a0 [x, x]", *(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30))]
)
MERGED = "\n".join(
    ["a0: &a0 {x: 1}"]
    + [f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 9)}]}}" for i in range(1, 30)]
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: !!python/object/apply:os.system [x]", "the tag 'tag:yaml.org,2002:python/object"),
        ("a: !!python/name:os.system ''", "is not read: it holds plain data. (line 1, column 4)"),
        ("a: !mine 1", "the tag '!mine' is not read"),
        ("a: !!binary aGk=", "is not read"),
        ("a: !!set {x}", "is not read"),
        ("a: !!int x", "is not read"),
        ("a: 1\na: 2", "the key 'a' occurs twice. (line 2, column 1)"),
        ("a: {b: 1, b: 2}", "the key 'b' occurs twice"),
        ("? [1]\n: 2", "the key [1] is no string"),
        ("<<: 3", "what is merged by << is no mapping"),
        ("a: 1\n---\nb: 2", "expected a single document"),
        ("a: [1", "expected ',' or ']'"),
        ("a: \x00", "special characters are not allowed"),
        ("a: &a [*a]", "nested too deep"),
        ("[" * 5000, "nested too deep"),
        ("- 1", "it holds a list, expected keys and values"),
        ("", "it holds nothing, expected keys and values"),
        ("7", "it holds a int"),
        (LAUGHS, f"it stands for more than {MAX_PARTS} values"),
        (MERGED, f"it stands for more than {MAX_PARTS} values"),
    ],
    ids=lambda text: text[:20],
)
@NEEDS_YAML
def test_strange_yaml_is_refused(text: str, words: str) -> None:
    """At once, with the line where there is one, and without running anything."""
    began = time.perf_counter()

    with pytest.raises(ValueError) as error:  # noqa: PT011 - the words are looked at below
        parsed(text, "yaml")

    assert words in str(error.value)
    assert 20 > time.perf_counter() - began


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1, "a": 2}', "the key 'a' occurs twice in one table"),
        ('{"a": {"b": 1, "b": 2}}', "the key 'b' occurs twice in one table"),
        ("[1]", "it holds a list"),
        ("{", "line 1 column 2"),
        ("[" * 100_000, "nested too deep"),
        ('{"a": ' + "9" * 5000 + "}", "4300 digits"),
        ('{"a": NaN}', 'NaN is no JSON. Write {"type": "float", "text": "NaN"}'),
        ('{"a": [-Infinity]}', '"text": "-Infinity"'),
    ],
    ids=lambda text: text[:12],
)
def test_strange_json_is_refused(text: str, words: str) -> None:
    """As strange TOML is."""
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the words are looked at below
        parsed(text, "json")

    assert words in str(error.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.toml", "seed = 7"),
        ("a.conf", "seed = 7"),
        ("a", "seed = 7"),
        pytest.param("a.yaml", "seed: 7", marks=NEEDS_YAML),
        pytest.param("a.YML", "seed: 7", marks=NEEDS_YAML),
        ("a.json", '{"seed": 7}'),
    ],
)
def test_a_file_is_read_by_its_suffix(tmp_path, name: str, text: str) -> None:
    """TOML where it says nothing; a byte order mark is no matter."""
    (tmp_path / name).write_text(text, encoding="utf-8-sig")

    assert {"seed": 7} == read(tmp_path / name)


def test_plain_copies_tables_and_lists_and_keeps_the_rest() -> None:
    """Objects are passed on as they are."""
    thing = object()
    document = {"a": [{"b": thing}], "c": (1, [2])}

    copied = plain(document)

    assert document == copied
    assert copied["a"] is not document["a"]
    assert copied["a"][0]["b"] is thing
    assert copied["c"] is document["c"]


def test_what_has_no_end_is_refused() -> None:
    """A list in itself, a table in itself, and too many values."""
    loop: list[Any] = []
    loop.append({"a": loop})
    deep: Any = 1
    for _ in range(MAX_DEPTH + 1):
        deep = [deep]

    for endless in (loop, deep):
        with pytest.raises(ConfigurationError, match=f"nested more than {MAX_DEPTH} deep"):
            plain({"wrappers": endless})
    with pytest.raises(ConfigurationError, match=f"more than {MAX_PARTS} values"):
        plain({"wrappers": [[0] * 2000] * 1000})


def test_a_key_that_is_no_string_is_refused_by_its_place() -> None:
    """YAML has such keys, and Python."""
    with pytest.raises(ConfigurationError, match=r"^a\[0\]: the key 1 is no string\."):
        plain({"a": [{1: 2}]})


def test_without_pyyaml_the_error_names_the_extra(monkeypatch) -> None:
    """It is needed for YAML alone."""
    monkeypatch.setitem(sys.modules, "yaml", None)
    monkeypatch.delitem(sys.modules, "statewrap.package.yaml_text", raising=False)

    for use in (lambda: parsed("a: 1", "yaml"), lambda: written({"a": 1}, "yaml")):
        with pytest.raises(MissingExtraError, match=r"pip install 'statewrap\[yaml\]'"):
            use()
    assert {"a": 1} == parsed('{"a": 1}', "json")


@pytest.mark.parametrize("form", FORMS)
def test_what_is_no_number_survives_as_well(form: str) -> None:
    """In all three."""
    assert math.isnan(parsed(written({"a": math.nan}, form), form)["a"])


def test_long_lists_of_tables_are_written_line_by_line() -> None:
    """TOML that a person can read."""
    document = {
        "sinks": ["one" * 20, {"type": "Two", "word": "two" * 20}],
        "odd key": {"a.b": 1, "empty": {}},
    }

    assert (
        "sinks = [\n"
        f'  "{"one" * 20}",\n'
        f'  {{ type = "Two", word = "{"two" * 20}" }},\n'
        "]\n"
        "\n"
        '["odd key"]\n'
        '"a.b" = 1\n'
        "empty = {}\n"
    ) == written(document, "toml") + "\n"


def test_json_that_is_written_is_strict() -> None:
    """A float for which it has no number is a table, which is read as the float anywhere."""
    document = {"low": [-math.inf, 0.5], "a": {"array": [math.inf], "dtype": "float32"}}
    text = written(document, "json")

    assert document == parsed(text, "json")
    assert {"type": "float", "text": "-Infinity"} == json.loads(text)["low"][0]
    assert {"a": {"type": "float", "text": "1"}} == parsed(
        '{"a": {"type": "float", "text": "1"}}', "json"
    )
