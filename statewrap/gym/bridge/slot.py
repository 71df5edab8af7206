"""A mutable object of a live wrapper: how its content is read, and put back in place.

A slot knows what it last read or put, so that an object that has not changed costs a comparison
by identity. `content` is that content as plain data; two readings between which nothing changed
give the very same object.
"""

from __future__ import annotations

from typing import Any, Final

from statewrap.gym.bridge.codec import Matcher, Reader, UnreadableError, Writer
from statewrap.gym.bridge.resting import Labels
from statewrap.gym.bridge.unrolled import LASTING, Row, ways

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

    settled: bool = True
    """Whether it holds nothing that was made while the wrapper ran, and that may change itself.

    What does is written and put back together with all others of its kind (see `graph`): parts of
    one may be parts of another.
    """

    def alike(self) -> bool:
        """Tell whether it surely holds what it held when it was last read or put.

        Of what was made while the wrapper ran, only whether it is the same object: `matches`.
        """
        raise NotImplementedError

    def unchanged(self) -> bool:
        """Tell whether it surely holds what it held when it was last read or put."""
        return self.settled and self.alike()

    def matches(self, matcher: Matcher) -> bool:
        """Tell whether it would be written as it was; to be asked of all that are not settled."""
        return self.alike()

    def moved(self, writer: Writer) -> bool:
        """Read it if it may have changed, and tell whether it was read; for one that is settled."""
        if self.alike():
            return False
        self.read(writer)
        return True

    def rest(self, labels: Labels) -> list[str]:
        """Return lines that return False where it does not hold what it held; see `resting`."""
        return [f"if not {labels.of(self.alike)}(): return False"]

    def read(self, writer: Writer) -> Any:
        """Return what it holds, which is its `content` from now on."""
        raise NotImplementedError

    def put(self, content: Any, reader: Reader) -> None:
        """Make it hold what was read."""
        raise NotImplementedError


class Container(Slot):
    """An object that holds others: what it held is known by identity."""

    __slots__ = ("forms", "raw", "same", "settled", "ways")

    lasts = False
    """Whether it goes on to hold as much as at first, as far as one can tell."""

    def __init__(self, thing: Any, path: str) -> None:
        super().__init__(thing, path)
        self.raw: Row = ()
        """The objects that it held then."""
        self.forms: Row = ()
        """How they were written."""
        self.settled = False
        """Whether these are all atoms or known: then they change by being exchanged alone."""
        self.ways = ways(0)
        """What to do with rows of so many objects."""
        self.same = self.ways.same

    def matches(self, matcher: Matcher) -> bool:
        """Tell whether it would be written as it was; to be asked of all that are not settled."""
        if not self.alike():
            return False
        try:
            for value, form in zip(self.raw, self.forms, strict=True):
                if type(form) is tuple and form[0] not in LASTING and not matcher.one(value, form):
                    return False
        except RecursionError:  # who writes it will say so
            return False
        return True

    def _refilled(self, content: Any, reader: Reader) -> None:
        """Put values back."""
        raise NotImplementedError

    def put(self, content: Any, reader: Reader) -> None:
        """Make it hold what was read."""
        before = reader.met
        self._refilled(content, reader)
        self.content, self.forms = content, self._forms(content)
        self.settled = reader.met == before

    def _hold(self, values: Row) -> None:
        """Take it that it holds these."""
        if len(values) != len(self.raw):
            self.ways = ways(len(values), lasts=self.lasts)
            self.same = self.ways.same
        self.raw = values

    def _values(self, forms: Row, reader: Reader) -> Row:
        """Read forms; what is held already, and is a value, is read already."""
        if self.settled and len(forms) == len(self.forms):
            return self.ways.read(forms, self.forms, self.raw, reader.read)
        return reader.all(forms)

    def _written(self, writer: Writer, values: Row) -> Row:
        """Write what it holds; what was there before, and is a value, is written already."""
        before, forms = writer.met, self.forms
        try:
            if len(values) != len(self.raw):
                forms = writer.all(values)
            else:
                rewritten = self.ways.written if self.settled else self.ways.looked
                forms = rewritten(values, self.raw, self.forms, writer.write)
        except UnreadableError as error:
            raise self._placed(writer, error) from None
        if len(values) != len(self.raw):
            self._hold(values)
        self.raw, self.forms, self.settled = values, forms, writer.met == before
        return forms

    def _forms(self, content: Any) -> Row:
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
