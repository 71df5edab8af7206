"""One case, run in the three loops; and the first place where two of them differ."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import attrs

from statewrap.core.checks import OnReset
from statewrap.core.same import difference
from statewrap.core.wrapper import StackMemory
from statewrap.testing.parity import loops
from statewrap.testing.parity.actions import Style
from statewrap.testing.parity.blame import place_of
from statewrap.testing.parity.cases import Case as Whole
from statewrap.testing.parity.gaps import one_to_one
from statewrap.testing.parity.hops import Hop, Odd, unasked
from statewrap.testing.parity.loops import Outcome, Reference
from statewrap.testing.parity.originals import Original
from statewrap.testing.parity.players import chooses
from tests.parity.recipes import Layer, kept_by_ours, kept_by_twins, ours
from tests.parity.worlds import World

_LEAVES: Final = frozenset({"RescaleObservation", "TimeAwareObservation", "TransformAction"})
"""Wrappers that may show or send what is outside their space: by rounding, or because they can."""


@attrs.frozen
class Case:
    """All that a run depends on."""

    world: World
    layers: tuple[Layer, ...]
    style: Style = Style()
    seed: int = 0
    on_reset: OnReset = "request"

    @property
    def stays_in_its_spaces(self) -> bool:
        """Whether every action at every gap is in the space announced there."""
        invented = any(one.name in _LEAVES for one in self.layers)
        return not (self.style.wild or invented or self.world.form == "with NaN")

    def whole(self, episodes: int | None = None, *, has_twins: bool = True) -> Whole:
        """Return it as the loops take it; every gap is compared."""
        names = tuple(one.name for one in self.layers)
        gaps = one_to_one(len(self.layers))
        twins = tuple(one.twin for one in self.layers)
        return Whole(
            make_env=self.world.begun,
            world=self.world.unusual(self.style, self.on_reset),
            stack=ours(self.layers),
            original=Original(twins, names, gaps) if has_twins else None,
            gaps=gaps,
            choose=chooses(self.seed, self.style),
            seed=self.seed,
            episodes=episodes or self.world.episodes,
            check="always" if self.stays_in_its_spaces else "never",
        )

    def __str__(self) -> str:
        stack = "".join(f"\n    {one.name}({one.arguments})" for one in self.layers)
        lines = (self.world, self.style, f"seed {self.seed}", f"on_reset {self.on_reset!r}")
        return "\n".join(map(str, lines)) + f"\nstack, nearest to the environment first:{stack}"


class Run(NamedTuple):
    """What Gymnasium's wrappers leave behind."""

    hops: list[Hop]
    """Everything said at every gap, in order."""
    kept: list[Any]
    """What each wrapper knows afterwards that outlives an episode."""


def gymnasium_s(case: Case, episodes: int | None = None) -> Run:
    """Run Gymnasium's wrappers in the ordinary loop."""
    held = loops.reference(case.whole(episodes))
    return Run(list(held.hops), kept_by_twins(held.env, case.layers))


def all_three(case: Case, episodes: int | None = None) -> str | None:
    """Run a case in the three loops, and tell where the first two that differ do so."""
    whole, run = case.whole(episodes), gymnasium_s(case, episodes)
    pull = loops.pulled(whole, run.hops)
    if pull.odd:
        return _told(case, "Gymnasium's own and pulled", run.hops, pull.odd)
    found = difference(run.kept, _kept(case, pull.memory), "what is kept after the last episode")
    if found:
        return f"Gymnasium's own and pulled differ in {found}\n{case}"
    push = loops.pushed(whole, run.hops)
    return _pushed_apart(case, run.hops, pull.memory, push)


def without_gymnasium(case: Case, episodes: int | None = None) -> str | None:
    """Run a case in the two loops of statewrap, and tell where they differ first."""
    whole = case.whole(episodes, has_twins=False)
    held: Reference = loops.reference(whole)
    memory = held.env.get_wrapper_attr("memory")
    return _pushed_apart(case, list(held.hops), memory, loops.pushed(whole, held.hops))


def _pushed_apart(
    case: Case, hops: list[Hop], memory: StackMemory | None, push: Outcome
) -> str | None:
    """Tell where the stack pushed differs from it pulled; their memories are the same as well.

    A world that goes on has opened its next episode in the call that ended the last, so
    there the memories after the last message are those of two different moments.
    """
    if push.odd:
        return _told(case, "pulled and pushed", list(unasked(hops)), push.odd)
    if case.on_reset == "continue":
        return None
    return difference(memory, push.memory, f"memory afterwards of {case}")


def _kept(case: Case, memory: StackMemory | None) -> list[Any]:
    assert memory is not None
    return kept_by_ours(ours(case.layers), memory)


def _told(case: Case, who: str, hops: list[Hop], odd: Odd) -> str:
    at = place_of(hops[: odd.place + 1], len(case.layers))
    return f"{who} differ, {at}: {odd.detail}\n{odd.expected} != {odd.found}\n{case}"
