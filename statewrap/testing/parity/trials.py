"""One case, run in all its loops."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

from statewrap.core.errors import BindError
from statewrap.core.messages import Reset, TimeStep
from statewrap.core.words import brief, sentence
from statewrap.core.wrapper import Stack, StackMemory
from statewrap.testing.parity.broken import ParityError
from statewrap.testing.parity.cases import Case
from statewrap.testing.parity.hops import Hop, Odd, unasked
from statewrap.testing.parity.loops import Failed, Reference, pulled, pushed, reference
from statewrap.testing.parity.originals import Tap
from statewrap.testing.parity.report import Played
from statewrap.testing.parity.shims import Clock, Env
from statewrap.testing.parity.unseen import below_of

LOOPS: Final = {"pulled": pulled, "pushed": pushed}


class Finding(NamedTuple):
    """Where a run parted from its reference."""

    case: Case
    loop: str
    """ "pulled" or "pushed"; "announced" if it is a space that differs."""
    odd: Odd
    reference: Reference

    @property
    def before(self) -> Sequence[Hop]:
        """What had agreed until then."""
        hops = self.reference.hops
        if self.loop == "pushed":
            hops = unasked(hops)
        return hops[: self.odd.place]


class Trial(NamedTuple):
    """What came of one case."""

    played: Played
    finding: Finding | None = None
    reference: Reference | None = None
    memory: StackMemory | None = None
    """What the inverted stack remembered after it was pulled."""


def trial(case: Case, *, must: bool = False) -> Trial:
    """Run a case in all its loops.

    Raises:
        ParityError: if it must be run, and cannot.
    """
    name, seed = case.world.name, case.seed
    try:
        held = reference(case)
        finding, memory = _held_against(case, held)
    except (BindError, Failed, ParityError) as error:
        if must:
            raise _cannot(case, error) from error
        return Trial(Played(name, seed, not_tried=sentence(error.__cause__ or error)))
    steps = sum(gap == 0 and type(m) is TimeStep and not m.first for gap, m in held.hops)
    played = Played(name, seed, held.episodes, steps, len(held.hops), differs=finding is not None)
    return Trial(played, finding, held, memory)


def probe(case: Case) -> Reference:
    """Run the reference of a case alone.

    Raises:
        ParityError: if it cannot be run.
    """
    try:
        return reference(case)
    except (BindError, Failed) as error:
        raise _cannot(case, error) from error


def _held_against(case: Case, held: Reference) -> tuple[Finding | None, StackMemory | None]:
    memory = None
    if case.original is not None:
        odd = _announced(case, held.env)
        if odd:
            return Finding(case, "announced", odd, held), None
        odd, memory = pulled(case, held.hops)
        if odd:
            return Finding(case, "pulled", odd, held), None
    elif not can_be_pushed(case, held.hops):
        raise ParityError("a deployment is not asked for episodes, and gives none up by itself")
    if can_be_pushed(case, held.hops):
        odd, _ = pushed(case, held.hops)
        if odd:
            return Finding(case, "pushed", odd, held), None
    return None, memory


def can_be_pushed(case: Case, hops: Sequence[Hop]) -> bool:
    """Tell whether a deployment would ask the same: it resets after an end, and without a seed."""
    top = len(case.gaps.pairs) - 1
    said = [message for gap, message in hops if gap == top]
    for before, message in pairwise(said):
        if type(message) is Reset:
            ended = type(before) is TimeStep and before.last
            if not ended or message != Reset():
                return False
    asked = sum(type(message) is not TimeStep for message in said)
    return case.commands is None or asked == len(case.commands)


def _cannot(case: Case, error: Exception) -> ParityError:
    if isinstance(error, ParityError):
        return error
    who = "The stack, pulled," if case.original is None else "The original"
    if isinstance(error, Failed):
        return ParityError(
            f"{who} raised {sentence(error)} That was after {len(error.said)} messages, in "
            f"{case.world.name!r} with seed {case.seed}. What is compared must run by itself."
        )
    return ParityError(f"The stack does not fit the environment: {sentence(error)}")


def _announced(case: Case, env: Env) -> Odd | None:
    """Compare the spaces that are announced at each gap, where they are known."""
    gaps = Stack(case.stack).bind(below_of(case.environment(Clock()), case.stack)).gaps or ()
    for k, tap in sorted(_taps(env), key=lambda pair: pair[0]):
        below = gaps[case.gaps.pairs[k][0]]
        for name in ("observation_space", "action_space"):
            ours, theirs = getattr(below, name), getattr(tap.env, name)
            if ours is not None and ours != theirs:
                detail = f"{name}: {brief(theirs, 300)} != {brief(ours, 300)}"
                return Odd(0, (k, TimeStep(theirs)), (k, TimeStep(ours)), name, detail)
    return None


def _taps(env: Any) -> list[tuple[int, Tap]]:
    taps = []
    while hasattr(env, "env"):
        if isinstance(env, Tap):
            taps.append((env.tapped, env))
        env = env.env
    return taps
