"""The keys of dicts: exchanged for equal ones of another kind they are others.

A key that equals another one finds the same entry, but whoever goes through a dict, or prints it,
sees which it is: `1` or `True`, `0.0` or `-0.0`.
"""

from __future__ import annotations

from operator import is_
from typing import Any, Final

from statewrap.gym.bridge.kinds import ATOMS, STILL

_WORDS: Final = frozenset({str})
_PLAIN: Final = frozenset({bool, int, str, bytes, type(None)})
"""Kinds of which two that are equal look the same."""


def keys_of(keys: list[Any]) -> list[Any]:
    """Return keys that can be compared with others by ==; where all are words, these themselves.

    >>> keys_of(["a"]) == ["a"], keys_of([1]) == [1], keys_of([1]) == [True]
    (True, True, False)
    """
    return keys if _WORDS.issuperset(map(type, keys)) else Exact(keys)


class Exact(list[Any]):
    """Keys that are no words alone: equal to such as are the same, or look the same.

    Python asks it also where a plain list stands on the left.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, list) or len(self) != len(other):
            return False
        return all(map(is_, self, other)) or all(map(_alike, self, other))

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # as of any list


def _alike(one: Any, other: Any) -> bool:
    """Tell whether nobody sees a difference; of objects, whether they are one."""
    if one is other:
        return True
    kind = type(one)
    if kind is not type(other):
        return False
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(_alike, one, other))
    if kind is frozenset:
        return ATOMS.issuperset(map(type, one)) and bool(_drawn(one) == _drawn(other))
    if kind in ATOMS or isinstance(one, STILL):
        return bool(one == other) and (kind in _PLAIN or repr(one) == repr(other))
    return False


def _drawn(members: frozenset[Any]) -> set[tuple[type, str]]:
    return {(type(member), repr(member)) for member in members}
