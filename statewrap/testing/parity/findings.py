"""From where two runs parted to what is told about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs

from statewrap.core.errors import BindError
from statewrap.core.messages import Act, Reset
from statewrap.core.wrapper import Stack
from statewrap.testing.parity.blame import ENVIRONMENT, POLICY, blamed, place_of
from statewrap.testing.parity.broken import ParityError
from statewrap.testing.parity.difference import Difference, Shown, first_words
from statewrap.testing.parity.hops import Hop, Odd, unasked
from statewrap.testing.parity.loops import Failed, reference
from statewrap.testing.parity.players import unsteady
from statewrap.testing.parity.setup import Setup
from statewrap.testing.parity.shims import Clock
from statewrap.testing.parity.shrink import shrunk, taped
from statewrap.testing.parity.tape import Tape
from statewrap.testing.parity.trials import LOOPS, Finding, can_be_pushed
from statewrap.testing.parity.unseen import below_of
from statewrap.testing.parity.worlds import World

A_TAPE: Final = World("a tape", tells=False, tamed=False)


def told(finding: Finding, setup: Setup) -> Difference:
    """Shrink what was found, and tell it.

    Raises:
        ParityError: if the environment or the policy is to blame.
    """
    _check_blame(finding)
    best, tape = finding, None
    if finding.loop != "announced":
        best, tape = _shortest(finding)
    odd, indices = best.odd, _blamed(finding)
    at = [*finding.before, finding.odd.found or finding.odd.expected]
    return Difference(
        wrappers=tuple(setup.stack[index] for index in indices),
        indices=indices,
        original=_original(setup),
        loop=finding.loop,
        world=finding.case.world.name,
        seed=finding.case.seed,
        place=place_of([hop for hop in at if hop], len(finding.case.gaps.pairs) - 1),
        path=odd.path,
        detail=odd.detail,
        expected=odd.expected and odd.expected[1],
        found=odd.found and odd.found[1],
        error=odd.error,
        tape=tape,
        shown=None if tape is None else _shown(best, setup),
        wants_original=setup.original is not None and not setup.by_name,
    )


def _blamed(finding: Finding) -> tuple[int, ...]:
    return blamed(finding.odd, finding.before, finding.case.gaps)


def _original(setup: Setup) -> str:
    if setup.original is None:
        return "the same stack pulled"
    names = " | ".join(setup.original.names)
    return f"gymnasium.wrappers' {names}" if setup.by_name else names


def _check_blame(finding: Finding) -> None:
    odd, indices = finding.odd, _blamed(finding)
    if indices == (ENVIRONMENT,) and odd.error is not None:
        raise ParityError(
            f"What the environment shows cannot be taken in ({finding.loop}): {odd.detail}"
        ) from odd.error
    if indices == (ENVIRONMENT,):
        raise ParityError(
            "The environment answered differently to the same actions "
            f"({odd.detail}; {finding.case.world.name}, seed {finding.case.seed}). It can only be "
            "compared if all that it does follows from seed and actions."
        )
    if indices == (POLICY,) and odd.error is not None:
        raise ParityError(f"The policy cannot be deployed: {odd.detail}") from odd.error
    if indices == (POLICY,):
        seen = finding.before[-1][1] if finding.before else None
        observation = getattr(seen, "observation", None)
        one, other = (hop and hop[1] for hop in (odd.expected, odd.found))
        raise ParityError(unsteady(observation, one, other))


def _shortest(finding: Finding) -> tuple[Finding, Tape | None]:
    """Play the finding from a tape, ever shorter; without one if it does not show there."""
    case = finding.case
    hops = _until(finding)
    top = len(case.gaps.pairs) - 1
    env = case.environment(Clock())
    tape = taped(hops, top, env.observation_space, env.action_space)

    def shows(tape: Tape) -> bool:
        again = _played(finding, tape)
        return again is not None and _alike(finding, again)

    if not shows(tape):
        return finding, None
    bound = Stack(case.stack).bind(below_of(tape(), case.stack))
    space = bound.gaps[-1].action_space if bound.gaps else None
    tape = shrunk(tape, shows, space)
    again = _played(finding, tape)
    assert again is not None  # noqa: S101 - it was seen a moment ago
    said = [m for gap, m in again.reference.hops if gap == top and isinstance(m, (Act, Reset))]
    cut = attrs.evolve(tape, commands=said)
    return (again, cut if shows(cut) else tape)


def _until(finding: Finding) -> Sequence[Hop]:
    """Return what the reference said until the runs parted, resets included."""
    hops, place = finding.reference.hops, finding.odd.place
    if finding.odd.later:
        return hops
    if finding.loop == "pushed":
        place += len(hops) - len(unasked(hops))
    return hops[: place + 1]


def _played(finding: Finding, tape: Tape) -> Finding | None:
    """Play a tape in the loop in which something was found."""
    world = attrs.evolve(A_TAPE, reuses=finding.case.world.reuses)
    case = attrs.evolve(finding.case, make_env=tape, world=world, commands=tape.commands)
    try:
        held = reference(case)
        if finding.loop == "pushed" and not can_be_pushed(case, held.hops):
            return None
        odd, _ = LOOPS[finding.loop](case, held.hops)
    except (BindError, Failed, ParityError):
        return None
    return None if odd is None else Finding(case, finding.loop, odd, held)


def _alike(one: Finding, other: Finding) -> bool:
    """Tell whether two findings are about the same wrapper and field."""
    if first_words(one.odd) != first_words(other.odd):
        return False
    return _blamed(one) == _blamed(other)


def _shown(finding: Finding, setup: Setup) -> Shown:
    pairs = finding.case.gaps.pairs
    middle = [
        " | ".join(repr(setup.stack[index]) for index in finding.case.gaps.between(k))
        for k in range(len(pairs) - 1)
    ]
    return Shown(
        hops=finding.reference.hops if finding.odd.later else finding.before,
        expected=finding.odd.expected,
        found=finding.odd.found,
        gaps=[mine for mine, _ in pairs],
        names=["environment", *middle, "policy"],
        detail=_in_a_cell(finding.odd),
    )


def _in_a_cell(odd: Odd) -> str:
    if odd.error is not None:
        return f"it raised {type(odd.error).__name__}"
    if odd.later:
        return "changed after it was sent"
    return odd.detail if odd.path else ""
