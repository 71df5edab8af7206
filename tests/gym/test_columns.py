"""Text in columns: as wide as is needed, no wider than a terminal, and all of it is there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from statewrap.gym.columns import table, wrapped

WORD = some.text("abcdefgh", min_size=1, max_size=40)
CELL = some.lists(WORD, max_size=6).map(" ".join)
ROWS = some.integers(1, 6).flatmap(
    lambda n: some.lists(some.lists(CELL, min_size=n, max_size=n), max_size=4)
)


@given(ROWS)
def test_no_table_is_too_wide_and_nothing_is_missing(rows):
    """Whatever stands in it."""
    header = ["name", "calls", "draws", "changes", "effects", "cost"][: len(rows[0]) if rows else 3]

    text = table(header, rows, 60)

    assert max(map(len, text.splitlines())) <= 60
    assert sorted("".join([*header, *map("".join, rows)]).replace(" ", "")) == sorted(
        text.replace(" ", "").replace("\n", "").replace("-", "")
    )


def test_a_table_that_fits_is_not_wrapped():
    """Each row is a line."""
    text = table(["who", "what"], [["a", "this and that"], ["b", "nothing"]], 20)

    assert "who  what\n---  ----\na    this and that\nb    nothing" == text


def test_the_cell_gives_way_of_which_there_is_one():
    """Rather than one in each row."""
    rows = [["left", "seen: 1 a step", "no"]] * 3 + [["left", "seen: 1 a step", "no, but at times"]]

    lines = table(["who", "what", "why"], rows, 34).splitlines()

    assert 2 + 3 + 2 == len(lines)
    assert "left  seen: 1 a step  no, but at" == lines[-2]


@pytest.mark.parametrize("name", ["AWrapper", "Frames"])
def test_names_of_usual_length_are_not_broken(name):
    """As long as others may be put on several lines."""
    lines = table(["layer", "note"], [[name, "a b c d e f"], ["X", "y"]], 16).splitlines()

    assert lines[2].startswith(f"{name}  ")


def test_what_is_wider_than_a_line_is_broken():
    """There is no other way."""
    assert ["abcd", "ef g"] == wrapped("abcdef g", 4)
