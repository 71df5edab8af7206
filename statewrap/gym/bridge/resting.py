"""One check that a wrapper holds what it held, for one that has not changed for long.

Each slot can be asked (`slot.alike`), at the price of a call or three. Most wrappers never change:
for them one function is written that has all that they hold in it, which takes half the time. It
is thrown away as soon as something has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, Protocol

PATIENCE: Final = 256
"""How often a wrapper has to be found unchanged: to write its check takes as long as 1000 calls."""


class Labels:
    """The objects that a check has in it, by the names that they have there."""

    def __init__(self) -> None:
        self.known: dict[str, Any] = {}

    def of(self, thing: Any) -> str:
        """Give an object a name."""
        name = f"x{len(self.known)}"
        self.known[name] = thing
        return name


class Rests(Protocol):
    """What can say how it is to be checked."""

    def rest(self, labels: Labels) -> list[str]:
        """Return lines that return False where it does not hold what it held."""


def check_of(slots: Iterable[Rests], sets: list[str]) -> Callable[[], bool]:
    """Write a check that slots hold what they were last seen to hold.

    Args:
        slots: all that may change.
        sets: what was set or asked for since; if there is more, the check says False.
    """
    labels = Labels()
    lines = [f"if len({labels.of(sets)}) != {len(sets)}: return False"]
    lines += [line for slot in slots for line in slot.rest(labels)]
    body = "\n".join(f"  {line}" for line in lines)
    text = f"def check():\n try:\n{body}\n except ValueError:\n  return False\n return True"
    exec(text, labels.known)  # noqa: S102 - it is written here
    check: Callable[[], bool] = labels.known["check"]
    return check
