"""Values in error messages: on one line, not too long, whatever they are."""

from __future__ import annotations

import pytest

from statewrap.core.words import WIDEST, brief, sentence


class UnprintableError(Exception):
    """Neither its repr nor its text can be had."""

    def __repr__(self) -> str:
        raise ValueError("no repr")

    def __str__(self) -> str:
        raise KeyError("no text")


def test_a_value_stays_on_one_line() -> None:
    """Whatever white space is between its words."""

    class Lines:
        def __repr__(self) -> str:
            return "one\n  two\tthree"

    assert "one two three" == brief(Lines())


@pytest.mark.parametrize("length", [20, 21, 99, 100])
def test_a_long_value_loses_its_middle_and_never_an_end(length) -> None:
    """A value of the greatest width is shown whole, one more and it is cut to at most that."""
    whole, longer = "a" * (length - 2), "a" * (length - 1)

    assert repr(whole) == brief(whole, length)
    cut = brief(longer, length)
    assert length - 1 <= len(cut) <= length
    head, tail = cut.split(" ... ")
    assert len(head) == len(tail)
    assert ("'", "'") == (head[0], tail[-1])


def test_unless_told_otherwise_a_value_is_at_most_a_hundred_wide() -> None:
    """A line of an error message."""
    assert 100 == WIDEST
    assert "x" * 100 == brief(type("X", (), {"__repr__": lambda _: "x" * 100})())
    assert 99 == len(brief("x" * 200))


def test_what_cannot_be_printed_is_told_by_its_class() -> None:
    """A message is no place to fail."""
    assert "<UnprintableError, whose repr raises ValueError>" == brief(UnprintableError())
    assert "<its text raises KeyError>." == sentence(UnprintableError())


@pytest.mark.parametrize(
    ("said", "told"),
    [("hot", "hot."), ("hot.", "hot."), ("hot?", "hot?"), ("hot!", "hot!"), (" hot \n", "hot.")],
)
def test_a_sentence_has_one_full_stop(said, told) -> None:
    """Or the mark that it ended with."""
    assert told == sentence(ValueError(said))
