"""A mutable object of a live wrapper: how its content is read, and put back in place.

A slot knows what it last read or put, so that an object that has not changed costs a comparison
by identity. `content` is that content as plain data; two readings between which nothing changed
give the very same object.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from statewrap.gym.bridge.codec import Reader, UnreadableError, Writer
from statewrap.gym.bridge.kinds import ATOMS

EMPTY: Final[Any] = object()
"""The content of a slot that was not read yet."""


class _Nothing:
    """Stands for what is not there: an empty cell, a slot that was not filled."""

    def __repr__(self) -> str:
        return "NOTHING"


NOTHING: Final[Any] = _Nothing()


class Slot:
    """One mutable object, put back in place."""

    __slots__ = ("base", "content", "path", "thing")

    def __init__(self, thing: Any, path: str) -> None:
        self.thing = thing
        """The object itself."""
        self.path = path
        """Where it lies, for people: `NormalizeObservation.obs_rms`."""
        self.content: Any = EMPTY
        """What it held when it was last read or put."""
        self.base: Any = EMPTY
        """What it held when the wrapper was made."""

    def unchanged(self) -> bool:
        """Tell whether it surely holds what it held when it was last read or put."""
        raise NotImplementedError

    def moved(self, writer: Writer) -> bool:
        """Read it if it may have changed, and tell whether it was read."""
        if self.unchanged():
            return False
        self.read(writer)
        return True

    def read(self, writer: Writer) -> Any:
        """Return what it holds, which is its `content` from now on."""
        raise NotImplementedError

    def put(self, content: Any, reader: Reader) -> None:
        """Make it hold what was read."""
        raise NotImplementedError


class Container(Slot):
    """An object that holds others: what it held is known by identity."""

    __slots__ = ("forms", "raw", "settled")

    def __init__(self, thing: Any, path: str) -> None:
        super().__init__(thing, path)
        self.raw: tuple[Any, ...] = ()
        """The objects that it held then."""
        self.forms: tuple[Any, ...] = ()
        """How they were written."""
        self.settled = False
        """Whether these are all atoms or known: then they change by being exchanged alone."""

    def _refilled(self, content: Any, reader: Reader) -> None:
        """Put values back."""
        raise NotImplementedError

    def put(self, content: Any, reader: Reader) -> None:
        """Make it hold what was read."""
        if content is self.content and self.unchanged():
            return
        before = reader.met
        self._refilled(content, reader)
        self.content, self.forms = content, self._forms(content)
        self.settled = reader.met == before

    def _written(self, writer: Writer, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """Write what it holds; what was there before, and is a value, is written already."""
        before = writer.met
        try:
            forms = self._rewritten(writer.write, values)
        except UnreadableError as error:
            raise self._placed(writer, error) from None
        self.raw, self.forms, self.settled = values, forms, writer.met == before
        return forms

    def _rewritten(self, write: Callable[[Any], Any], values: tuple[Any, ...]) -> tuple[Any, ...]:
        if len(values) != len(self.raw):
            return tuple([v if type(v) in ATOMS else write(v) for v in values])
        known = zip(values, self.raw, self.forms)  # noqa: B905 - of one length, it was looked at
        if self.settled:
            return tuple(
                [f if v is r else v if type(v) in ATOMS else write(v) for v, r, f in known]
            )
        return tuple([f if v is r and _lasts(f) else write(v) for v, r, f in known])

    def _forms(self, content: Any) -> tuple[Any, ...]:
        """Return the forms of what is held, of which a content is made."""
        return content  # type: ignore[no-any-return]

    def _placed(self, writer: Writer, found: UnreadableError) -> UnreadableError:
        """Find which part cannot be written."""
        for step, part in self.steps():
            try:
                writer.anew().write(part)
            except UnreadableError as error:
                return error.within(f"{self.path}{step}")
        return UnreadableError(f"what holds {found.reason}").within(self.path)

    def steps(self) -> list[tuple[str, Any]]:
        """List what it holds, each with the step to it."""
        raise NotImplementedError


def _lasts(form: Any) -> bool:
    """Tell whether a form says which object it is, so that it holds as long as that is the same."""
    return type(form) is not tuple or form[0] == "is"
