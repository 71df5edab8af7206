"""Comparing and renewing a row of values one by one, without a loop.

`all(map(is_, new, old))` takes a call for each value. A function made for rows of just this length
takes one for all, which is several times quicker for what a wrapper holds: a dozen attributes.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from operator import is_
from typing import Any, Final, NamedTuple

from statewrap.gym.bridge.kinds import ATOMS

LASTING: Final = frozenset({"is", "name", "enum"})
"""Forms that say which object it is, so that they hold as long as that is the same."""
_FEW, MOST = 8, 40
"""Rows that are longer are gone through in a loop: of any length, and where that does not change.

For making such a function takes as long as some thousand loops.
"""

Row = Sequence[Any]
Make = Callable[[Any], Any]


class Ways(NamedTuple):
    """What to do with rows of one length."""

    same: Callable[[Row, Row], bool]
    """Tell whether two rows hold the very same objects."""
    written: Callable[[Row, Row, Row, Make], tuple[Any, ...]]
    """Return the forms of values, given those before, their forms, and what writes others."""
    looked: Callable[[Row, Row, Row, Make], tuple[Any, ...]]
    """The same, where only forms last that say which object it is: others are written anew."""
    read: Callable[[Row, Row, Row, Make], tuple[Any, ...]]
    """Return the values of forms, given those before, their values, and what reads others."""


@functools.cache
def ways(count: int, *, lasts: bool = False) -> Ways:
    """Return what to do with rows of so many; `lasts` says that they will go on to be as long.

    >>> a, b = object(), object()
    >>> ways(2).same([a, b], (a, b)), ways(2).same([a, 1], (a, True))
    (True, False)
    >>> ways(2).written((a, 5), (a, b), ("a", "b"), repr)
    ('a', 5)
    """
    if count > (MOST if lasts else _FEW):
        return Ways(_same, _written, _looked, _read)
    names: dict[str, Any] = {"ATOMS": ATOMS, "LASTING": LASTING}
    exec(_text(count), names)  # noqa: S102 - it is written below
    return Ways(*(names[name] for name in Ways._fields))


def _text(count: int) -> str:
    """Write the four functions."""
    rows = {row: "".join(f"{row}{n}, " for n in range(count)) for row in ("new", "old", "known")}
    new, old, known = (f"{names or '()'} = {row}" for row, names in rows.items())
    alike = " and ".join(f"new{n} is old{n}" for n in range(count)) or "True"
    anew = "known{n} if new{n} is old{n}%s else new{n} if %s else make(new{n}), "
    atom, lasts = "type(new{n}) in ATOMS", "(type(known{n}) is not tuple or known{n}[0] in LASTING)"
    kinds = {
        "written": anew % ("", atom),
        "looked": anew % (f" and {lasts}", atom),
        "read": anew % ("", "type(new{n}) is not tuple"),
    }
    lines = ["def same(new, old):", f" {new}", f" {old}", f" return {alike}"]
    for name, one in kinds.items():
        row = "".join(one.format(n=n) for n in range(count))
        lines += [f"def {name}(new, old, known, make):", f" {new}", f" {old}", f" {known}"]
        lines += [f" return ({row})"]
    return "\n".join(lines)


def _same(new: Row, old: Row) -> bool:
    return all(map(is_, new, old))


def _written(new: Row, old: Row, known: Row, make: Make) -> tuple[Any, ...]:
    rows = zip(new, old, known, strict=True)
    return tuple([f if v is o else v if type(v) in ATOMS else make(v) for v, o, f in rows])


def _looked(new: Row, old: Row, known: Row, make: Make) -> tuple[Any, ...]:
    rows = zip(new, old, known, strict=True)
    return tuple(
        [f if v is o and _lasts(f) else v if type(v) in ATOMS else make(v) for v, o, f in rows]
    )


def _lasts(form: Any) -> bool:
    return type(form) is not tuple or form[0] in LASTING


def _read(new: Row, old: Row, known: Row, make: Make) -> tuple[Any, ...]:
    rows = zip(new, old, known, strict=True)
    return tuple([v if f is o else f if type(f) is not tuple else make(f) for f, o, v in rows])
