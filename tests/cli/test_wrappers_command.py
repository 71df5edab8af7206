"""`statewrap wrappers`, and the tables that commands print."""

from __future__ import annotations

import os

import pytest

import statewrap.wrappers
from statewrap.cli.table import table
from statewrap.cli.wrappers import arguments, memory, rows
from statewrap.core.wrapper import Wrapper
from tests.cli.filters import run


def test_lists_every_wrapper_in_the_box() -> None:
    """And nothing else: not every public name of the package is a wrapper."""
    things = [getattr(statewrap.wrappers, name) for name in statewrap.wrappers.__all__]
    kinds = [thing for thing in things if isinstance(thing, type)]  # AtariWrapper makes a stack
    expected = sorted(kind.__name__ for kind in kinds if issubclass(kind, Wrapper))

    assert expected == [row[0] for row in rows()]


def test_tells_arguments_memory_and_summary() -> None:
    """From the classes themselves."""
    told = {row[0]: row[1:] for row in rows()}

    assert "num_repeats" == told["RepeatAction"][0]
    assert "epsilon=1e-08, *, statistics=None, mode='frozen'" == told["NormalizeObservation"][0]
    assert ("episode", "may keep, may learn", "-") == tuple(
        told[name][1] for name in ("RepeatAction", "NormalizeObservation", "ClipReward")
    )
    assert "keeps past, needs time" == told["RecordEpisodeStatistics"][1]
    assert told["TimeLimit"][2].endswith(".")


def test_a_class_without_arguments_has_none() -> None:
    """Its cell is empty."""
    assert ("", "-") == (arguments(Wrapper), memory(Wrapper))


def test_tells_what_a_wrapper_declares() -> None:
    """Fields that are kept by name, and all that is true of it."""

    class Odd(Wrapper):
        keeps = frozenset({"mean", "count"})
        learns = delays = True

    class Keeps(Wrapper):
        keeps = True

    assert ("keeps count and mean, learns, delays", "keeps all") == (memory(Odd), memory(Keeps))


@pytest.mark.parametrize("columns", [80, 120, 200])
def test_fits_the_terminal(columns) -> None:
    """However wide it is."""
    done = run("wrappers", env={**os.environ, "COLUMNS": str(columns)})

    lines = done.stdout.decode().splitlines()
    assert 0 == done.returncode
    assert max(map(len, lines)) <= columns
    assert all(any(line.startswith(row[0]) for line in lines) for row in rows())


def test_wide_columns_give_way_to_narrow_ones() -> None:
    """Words stay whole as long as there is room."""
    text = table(("a", "b"), [("short", "several words that go on"), ("x", "")], 20)

    assert [
        "a      b",
        "-----  -------------",
        "short  several words",
        "       that go on",
        "x",
    ] == text.splitlines()


def test_names_are_cut_last() -> None:
    """They stand in the first column."""
    text = table(("a", "b"), [("w" * 20, "v" * 30)], 34)

    assert "w" * 20 + "  " + "v" * 12 == text.splitlines()[2]


def test_words_are_cut_where_there_is_no_room() -> None:
    """A table is never wider than twelve characters a column if it need not be."""
    text = table(("a", "b"), [("w" * 30, "v" * 30)], 26)

    assert 26 == max(map(len, text.splitlines()))
