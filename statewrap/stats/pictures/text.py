"""Words and numbers in a page that anything may stand in."""

from __future__ import annotations

from html import escape
from typing import Any

_LONGEST = 27


def safe(words: str) -> str:
    r"""Escape what a page takes for markup, and print what no page can hold.

    >>> safe("<b>\x00\ud800&")
    '&lt;b&gt;\\x00\\ud800&amp;'
    """
    if not words.isprintable():
        words = "".join(c if c.isprintable() or c in "\n\t" else _named(c) for c in words)
    return escape(words)


def _named(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")


def short(words: str, longest: int = _LONGEST) -> str:
    """Cut words to a length.

    >>> short("a very long name", 7)
    'a very…'
    """
    return words if len(words) <= longest else f"{words[: longest - 1]}…"


def named(wrapper: str) -> str:
    """Cut how a wrapper prints to its class, where it is long.

    >>> named("RepeatAction(num_repeats=4)"), named("TimeLimit(max_episode_steps=500)")
    ('RepeatAction(num_repeats=4)', 'TimeLimit(…)')
    """
    return wrapper if len(wrapper) <= _LONGEST else short(f"{wrapper.partition('(')[0]}(…)")


def number(value: Any) -> str:
    """Print a number with 6 digits, and anything else as it is; None is a minus.

    >>> number(0.1 + 0.2), number(100000), number(None), number("abc")
    ('0.3', '100000', '-', 'abc')
    """
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)
