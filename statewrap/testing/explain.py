"""Where two messages, dialogues or traces differ, in a few lines.

The pytest plugin prints them under a failed `assert expected == actual`, golden dialogues under
a difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice, takewhile
from typing import Any, Final

import attrs
import numpy as np

from statewrap.core.messages import Message
from statewrap.core.same import difference
from statewrap.core.trace import Trace, speaker
from statewrap.core.words import brief

MOST: Final = 8
"""How many differences are told."""
WIDEST: Final = 160
"""How many characters each may have."""


def explain(left: Any, right: Any) -> list[str]:
    """Tell where two messages, lists of messages or traces differ, a line for each place.

    Args:
        left: what stood on the left of `==`; in every line it comes first.
        right: what stood on the right.

    Returns:
        At most `MOST` lines, and one that counts the rest; none if nothing differs, or if the two
        are of other kinds.

    >>> from statewrap import Act, TimeStep
    >>> shown = np.zeros((2, 3), np.float32)
    >>> explain(TimeStep(shown, reward=1.0), TimeStep(shown + np.eye(2, 3), reward=1))
    ['observation: dtype float32 != float64', 'reward: float 1.0 != int 1']
    >>> explain(TimeStep(shown), TimeStep(shown + np.eye(2, 3, dtype="f4")))
    ['observation[0, 0]: 0.0 != 1.0 (2 of 6 elements differ)']
    >>> explain([Act("jump")], [Act("jump"), Act("run")])
    ['1 message != 2 messages', "only on the right: message 1, Act('run')"]
    """
    if isinstance(left, Message) and isinstance(right, Message) and left != right:
        return _short(iter(_told(left, right)))
    if isinstance(left, Trace) and isinstance(right, Trace):
        return _short(_traces(left, right))
    if _holds_messages(left) and _holds_messages(right) and type(left) is type(right):
        return _short(_sequences(left, right, _noun(left, right)))
    return []


def differences(left: Any, right: Any, path: str = "") -> list[str]:
    """Tell where two values of any kind differ, as `explain` does; `path` is put before.

    >>> differences({"x": 1, "y": 2}, {"x": 2, "y": 2}, "info")
    ["info['x']: 1 != 2"]
    """
    return _short(_places(left, right, path))


def _short(places: Iterator[str]) -> list[str]:
    lines = [_cut(line) for line in islice(places, MOST)]
    more = sum(1 for _ in places)
    return [*lines, f"... and {more} more"] if more else lines


def _cut(line: str) -> str:
    half = (WIDEST - 5) // 2
    return line if len(line) <= WIDEST else f"{line[:half]} ... {line[-half:]}"


def _holds_messages(value: Any) -> bool:
    """Tell whether something is a list or tuple of messages, of hops or of turns."""
    return type(value) in (list, tuple) and any(
        isinstance(part, Message)
        for item in value
        for part in (item if isinstance(item, tuple) else (item,))
    )


def _noun(left: Sequence[Any], right: Sequence[Any]) -> str:
    return "message" if all(isinstance(item, Message) for item in (*left, *right)) else "item"


def _traces(left: Trace, right: Trace) -> Iterator[str]:
    yield from _places(left.stack, right.stack, "stack")

    def named(number: int) -> str:
        gap, what = left.facts[number]
        return f"fact {number} (gap {gap}, {speaker(left.stack, gap, what)})"

    yield from _sequences(left.facts, right.facts, "fact", named)


def _sequences(
    left: Sequence[Any], right: Sequence[Any], noun: str, named: Callable[[int], str] | None = None
) -> Iterator[str]:
    """Tell what is missing, what is too much, or in what the items differ."""
    if len(left) != len(right):
        yield f"{_counted(len(left), noun)} != {_counted(len(right), noun)}"
    before = _common(left, right)
    after = _common(left[before:][::-1], right[before:][::-1])
    rest = left[before : len(left) - after], right[before : len(right) - after]
    paired = before + min(map(len, rest))
    for number, (a, b) in enumerate(zip(*rest, strict=False), start=before):
        if not _alike(a, b):
            where = f"{noun} {number}" if named is None else named(number)
            yield from (f"{where}, {line}" for line in _told(a, b))
    for side, items in ("left", rest[0]), ("right", rest[1]):
        for number, item in enumerate(items[paired - before :], start=paired):
            yield f"only on the {side}: {noun} {number}, {brief(item, WIDEST // 2)}"


def _common(left: Sequence[Any], right: Sequence[Any]) -> int:
    """Count how many items agree from the beginning."""
    alike = (_alike(a, b) for a, b in zip(left, right, strict=False))
    return sum(1 for _ in takewhile(bool, alike))


def _alike(left: Any, right: Any) -> bool:
    """Compare two items as the `==` of the whole did: around messages, 1 equals 1.0."""
    try:
        return left is right or bool(left == right)
    except Exception:  # noqa: BLE001 - arrays beside messages have no truth
        return difference(left, right) is None


def _told(left: Any, right: Any) -> list[str]:
    """Tell where two items differ that are known to; of other kinds they are shown."""
    lines = [] if type(left) is not type(right) else [*_places(left, right, "")]
    return lines or [f"{brief(left, WIDEST // 3)} != {brief(right, WIDEST // 3)}"]


def _places(left: Any, right: Any, path: str) -> Iterator[str]:
    """Find every place where two values of any kind differ."""
    found = difference(left, right, path)
    if found is None:
        return
    parts = _parts(left, right) if type(left) is type(right) else None
    if parts is not None:
        for name, a, b in parts:
            yield from _places(a, b, f"{path}{name}" if path else name.removeprefix("."))
    elif isinstance(left, np.ndarray) and type(left) is type(right):
        yield from _arrays(left, right, path, found)
    else:
        yield found


def _parts(left: Any, right: Any) -> list[tuple[str, Any, Any]] | None:
    """Pair the parts of two values of one class; None if they have no such parts, or others."""
    if isinstance(left, Mapping):
        if left.keys() != right.keys():
            return None
        return [(f"[{key!r}]", left[key], right[key]) for key in left]
    if isinstance(left, (tuple, list)):
        if len(left) != len(right):
            return None
        names = getattr(left, "_fields", None)
        labels = [f".{name}" for name in names] if names else [f"[{i}]" for i in range(len(left))]
        return [*zip(labels, left, right, strict=True)]
    if attrs.has(type(left)):
        names = [field.name for field in attrs.fields(type(left)) if field.init]
        return [(f".{name}", getattr(left, name), getattr(right, name)) for name in names]
    return None


def _arrays(
    left: np.ndarray[Any, Any], right: np.ndarray[Any, Any], path: str, found: str
) -> Iterator[str]:
    """Tell of both dtype and shape, or of the first element that differs and how many do."""
    if left.dtype != right.dtype:
        yield f"{path}: dtype {left.dtype} != {right.dtype}"
    if left.shape != right.shape:
        yield f"{path}: shape {left.shape} != {right.shape}"
    elif left.dtype == right.dtype:
        unlike = sum(_unlike(left, right))
        yield f"{found} ({unlike} of {_counted(left.size, 'element')} differ)"


def _unlike(left: np.ndarray[Any, Any], right: np.ndarray[Any, Any]) -> Iterator[bool]:
    """Compare element by element, bit for bit."""
    if left.dtype.kind in "OV" or left.dtype.char in "gG":  # whose bytes do not tell
        return (difference(a, b) is not None for a, b in zip(left.flat, right.flat, strict=True))
    a, b = (np.frombuffer(x.tobytes(), np.uint8).reshape(left.size, -1) for x in (left, right))
    return iter((a != b).any(axis=1).tolist())


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
