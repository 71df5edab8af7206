"""Everything that can be reached from a live wrapper, in an order that does not depend on chance.

Two wrappers that one factory made have graphs of the same form, so that a place in one names the
same object in the other, in this process or in the next.

Most slots are settled: they hold atoms and what is known, so that each is compared, written and
put back for itself. Those that hold something that was made while the wrapper ran are written and
put back all together, in their order, for what one of them made another may hold as well.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import gymnasium

from statewrap.gym.bridge.blocks import Block, block
from statewrap.gym.bridge.codec import Apart, ApartReader, Kept, Matcher, Reader, Writer
from statewrap.gym.bridge.explorer import Explorer
from statewrap.gym.bridge.kinds import ATOMS, Names
from statewrap.gym.bridge.resting import PATIENCE, check_of
from statewrap.gym.bridge.slot import NOTHING, Slot
from statewrap.gym.bridge.stub import Limited, Stub
from statewrap.gym.bridge.tables import Counted, Table

Pair = tuple[int, Slot]
"""A place, and the slot of what lies there."""
Moved = Callable[[Writer], bool]
State = dict[int, Any]
"""What the mutable objects of a wrapper hold, by place; at `FORM`, the form of its graph, and a
digest of what it holds and does not change."""
FORM: Final = -1
_FEW: Final = 24
"""Of how many objects a check is written: that of many would hold up the act in which it is."""


class Graph:
    """The objects of a live wrapper that are known by identity, and those of them that change."""

    def __init__(self, root: Any, shared: tuple[Any, ...], names: Names, mark: str = "") -> None:
        """Explore.

        Args:
            root: the outermost wrapper.
            shared: objects that are known, and not looked into.
            names: the classes of what a wrapper makes later.
            mark: what its form says besides: of what states leave out, where that is no constant
                of the code.

        Raises:
            UnreadableError: if something is found that cannot be put back.
        """
        self.names = names
        self._mark = mark
        self.things: list[Any] = []
        self.index: dict[int, int] = {}
        self.slots: dict[int, Slot] = {}
        self._sets: list[str] = []
        self._lent: frozenset[int] = frozenset()
        self._blocks: list[Block] = []
        self._writer = Writer(self.index, names, self._blocks)
        self._reader = Reader(self.things, names)
        for thing in (NOTHING, *shared):
            self.know(thing)
        explorer, self._first = Explorer(self), len(self.things)
        explorer.visit(root, _name(root))
        self.own = len(self.things)
        """The first place of what is not the wrapper's own; see `Explorer.visit_later`."""
        explorer.visit_later()
        self._blocks.extend(found for thing in self.things if (found := block(thing)) is not None)
        writer = self.writer()
        for slot in self.slots.values():
            slot.base = slot.read(writer)
        self.pairs = tuple(self.slots.items())
        self.base: State = {place: slot.base for place, slot in self.slots.items()}
        self._kept: Kept = writer.kept
        """The arrays that were made, as they were last written or read."""
        self._seen = len(self._sets)
        counted = [place for place, slot in self.pairs if isinstance(slot, Counted)]
        self._counted = frozenset(counted)
        self._sort()
        self.check: Callable[[], bool] | None = None
        """Tells whether all surely holds what it held, where nothing has changed for long."""
        self._calm, self._patience = 0, PATIENCE

    def lend(self, sets: list[str], places: Iterable[int]) -> None:
        """Take it that something only changes when "metadata" is among `sets`, and from then on."""
        self._sets, self._lent = sets, frozenset(places)
        self._disturbed()

    def _sort(self) -> None:
        """Tell the slots that are settled from the others, and those that may have changed."""
        self._settled = [pair for pair in self.pairs if pair[1].settled]
        self._loose = [pair for pair in self.pairs if not pair[1].settled]
        self._cold = self._counted if "metadata" in self._sets else self._counted | self._lent
        """Places of what only changes when something is set on the stub, or asked of it."""
        self._hot = [pair for pair in self._all() if pair[1][0] not in self._cold]

    def moved(self) -> list[Pair]:
        """Read what may have changed since it was last read or put.

        Raises:
            UnreadableError: if it holds something that cannot be put back.
        """
        if self.check is not None:
            if self.check():
                return []
            self._disturbed()
        writer, found = self._writer, []
        same = len(self._sets) == self._seen
        try:
            for moved, pair in self._hot if same else self._all():
                if moved(writer):
                    found.append(pair)
            if not found and same and not self._loose:  # the usual case
                self._rested()
                return found
            self._calm = 0
            if self._loose:
                found = self._read_together(found) if writer.made else found + self._read_rest()
        except BaseException:
            self.writer()
            self._sort()
            raise
        if writer.made or not same:
            self._seen = len(self._sets)
            self._sort()
        if found:
            self.writer()
        return found

    def _rested(self) -> None:
        """Note that nothing has changed; write a check if that was so for long."""
        self._calm += 1
        if self._calm == self._patience and len(self._hot) <= _FEW:
            self._patience *= 2  # lest one that changes now and then costs many checks
            self.check = check_of((slot for _, (_, slot) in self._hot), self._sets)

    def _disturbed(self) -> None:
        """Note that something has changed, or may have."""
        self._calm, self.check = 0, None

    def _all(self) -> list[tuple[Moved, Pair]]:
        """List all that is settled."""
        return [(pair[1].moved, pair) for pair in self._settled]

    def _read_together(self, found: list[Pair]) -> list[Pair]:
        """Read what was found, and all that is not settled."""
        places = {place for place, _ in found}
        found = [pair for pair in self.pairs if pair[0] in places or not pair[1].settled]
        self._read_after((), found)
        return found

    def _read_rest(self) -> list[Pair]:
        """Read what is not settled, from the first on that would not be written as it was."""
        loose: list[Pair] = self._loose
        made: Sequence[Any] = ()
        if loose[0][1].alike():
            loose, made = self._unlike()
        self._read_after(made, loose)
        if any(slot.settled for _, slot in loose):
            self._sort()
        return loose

    def _unlike(self) -> tuple[list[Pair], Sequence[Any]]:
        """Find from which slot on what is not settled is unlike, and what was made before that."""
        matcher = Matcher(self.things, self.index, self.names)
        for count, (_, slot) in enumerate(self._loose):
            met = len(matcher.made)
            if not slot.matches(matcher):
                return self._loose[count:], matcher.made[:met]
        return [], ()

    def _read_after(self, made: Sequence[Any], pairs: list[Pair]) -> None:
        """Read, where some of what was made is written already."""
        if not pairs:
            return
        writer = Writer(self.index, self.names, self._blocks, self._kept)
        writer.go_on(made)
        for _, slot in pairs:
            slot.read(writer)
        self._kept = writer.kept

    def rests(self) -> bool:
        """Tell whether all surely holds what it held when it was last read or put."""
        if self.check is not None and self.check():
            return True
        for _, (_, slot) in self._hot if len(self._sets) == self._seen else self._all():
            if not slot.alike():
                return False
        return not self._loose or self._lasts()

    def _lasts(self) -> bool:
        """Tell whether what is not settled would be written as it was."""
        matcher = Matcher(self.things, self.index, self.names)
        return all(slot.matches(matcher) for _, slot in self._loose)

    def put(self, state: State) -> None:
        """Make all hold what it held in a state; what the state does not name, as at first."""
        cold = self._cold if len(self._sets) == self._seen else ()
        due = []
        for place, slot in self._settled:
            content = state.get(place, slot.base)
            if content is not slot.content or (place not in cold and not slot.alike()):
                due.append((slot, content))
        if due:
            self._disturbed()
        if not self._loose:
            self._put_together(due)
        elif not self._loose_hold(state) or not self._put_apart(due):
            changed = {id(slot) for slot, _ in due}
            self._put_together(
                [
                    (slot, state.get(place, slot.base))
                    for place, slot in self.pairs
                    if id(slot) in changed or not slot.settled
                ]
            )

    def _loose_hold(self, state: State) -> bool:
        """Tell whether what is not settled holds what it held in a state."""
        held = [state.get(place, slot.base) is slot.content for place, slot in self._loose]
        return all(held) and self._lasts()

    def _put_apart(self, due: list[tuple[Slot, Any]]) -> bool:
        """Put back what refers to nothing that was made; tell whether that was all."""
        reader = ApartReader(self.things, self.names)
        try:
            for slot, content in due:
                slot.put(content, reader)
        except Apart:
            return False
        return True

    def _put_together(self, due: list[tuple[Slot, Any]]) -> None:
        reader = self.reader()
        try:
            for slot, content in due:
                slot.put(content, reader)
        finally:
            if reader.made or self._loose:
                self._kept = reader.kept
                self._sort()

    def writer(self) -> Writer:
        """Return what writes values that may refer to these objects, and has written none yet."""
        writer = self._writer
        if writer.made or writer.opaque:
            writer = self._writer = Writer(self.index, self.names, self._blocks)
        return writer

    def reader(self) -> Reader:
        """Return what reads them."""
        reader = self._reader
        if reader.made:
            reader = self._reader = Reader(self.things, self.names)
        return reader

    @functools.cached_property
    def form(self) -> tuple[str, str]:
        """Digests of the kinds of objects, and of the keys of tables, in their order.

        Of what is the wrapper's, and of what stands for the environment.
        """
        own = self._digest(self._first, self.own)
        return f"{own}{self._mark}", self._digest(self.own, len(self.things))

    def _digest(self, start: int, stop: int) -> str:
        words: list[Any] = [_kind(thing) for thing in self.things[start:stop]]
        tables = [s for p, s in self.slots.items() if start <= p < stop and isinstance(s, Table)]
        keys = [k if type(k) in ATOMS else type(k) for table in tables for k in table.first]
        return hashlib.blake2b(repr((words, keys)).encode(), digest_size=8).hexdigest()

    def fits(self, state: State) -> bool:
        """Tell whether a state is that of a wrapper whose objects have the same places."""
        own, rest, *constants = state.get(FORM, self.form)
        beyond = rest != self.form[1] and any(place >= self.own for place in state)
        known = [*self.base.get(FORM, ())][2:]
        others = bool(constants and known and constants != known)
        return bool(own == self.form[0]) and not beyond and not others

    def know(self, thing: Any) -> int:
        """Give an object its place."""
        place = len(self.things)
        self.index[id(thing)] = place
        self.things.append(thing)
        return place

    def holds(self, slot: Slot, thing: Any) -> None:
        """Keep the slot of an object that is known."""
        self.slots[self.index[id(thing)]] = slot


def _kind(thing: Any) -> str:
    """Name a kind; with a limit or without one, an environment is an environment."""
    if isinstance(thing, (Stub, Limited)):
        return "an environment"
    return f"{type(thing).__module__}:{type(thing).__qualname__}"


def _name(root: Any) -> str:
    return type(root).__name__ if isinstance(root, gymnasium.Env) else "it"
