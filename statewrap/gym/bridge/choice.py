"""Choosing how a wrapper is run: the quickest way that is proved and agrees with the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Self

import attrs

from statewrap.core.draws import NumpyDraws
from statewrap.core.wrapper import Below
from statewrap.gym.bridge import reading
from statewrap.gym.bridge.direct import Direct
from statewrap.gym.bridge.dryrun import DryRun
from statewrap.gym.bridge.engine import Engine
from statewrap.gym.bridge.errors import NotBridgeableError, UntriedError
from statewrap.gym.bridge.graph import FORM
from statewrap.gym.bridge.live import Live, layers
from statewrap.gym.bridge.replay import Replay
from statewrap.gym.bridge.seen import Path, Seen
from statewrap.gym.bridge.untried import untried
from statewrap.gym.bridge.workshop import Workshop
from statewrap.gym.bridge.world import Hand, World
from statewrap.gym.unshared import draws_from

DIRECT: Final = Path("direct", "each layer only maps observations, actions or rewards")
ONCE: Final = Path("once", "each step hands its action down before it does anything else")
_DOUBTFUL: Final = (
    "{who} is run in two ways that have to come to the same, for {why}; over made-up observations "
    "they did not. What it holds is not put back as it was, or it looks at more than it holds."
)
_KEYS: Final = 32
"""How many keys of info are guessed, at most."""
_AGAIN: Final = "a call is run again at each answer"
_UNTRIED: Final = Path("again", "the spaces below are unknown, so nothing was tried")


@attrs.frozen
class Choice:
    """What came of trying a wrapper out over what lies below."""

    seen: Seen
    hot: frozenset[int] | None = None
    """Which of its objects change."""
    opens: bool = False
    """Whether a reset passes down before it is run."""

    def engine(self, workshop: Workshop, draws: NumpyDraws | None) -> Engine:
        """Make what runs it."""
        workshop.settle(self.hot)
        looks = not self.seen.calls or bool({"render", "ale"} & self.seen.asked.keys())
        known: Any = {"looks": looks, "opens": self.opens}
        if self.seen.path.name == "direct":
            return Direct(workshop, workshop.base(), draws, **known)
        passes = self.seen.path.name == "once"
        return Replay(workshop, workshop.base(), draws, passes=passes, **known)


def tried(workshop: Workshop, below: Below, info: Mapping[str, Any]) -> Choice:
    """Try a wrapper out.

    Raises:
        NotBridgeableError: if it cannot be run again without harm.
    """
    live = workshop.take()
    workshop.put(live)
    acted = getattr(live.outer, "action_space", None)
    if below.observation_space is None or acted is None:
        return Choice(Seen(path=_UNTRIED))
    dry = _played(workshop, below, info, acted)
    hot = frozenset({FORM, *dry.found.hot})
    opens = all(map(reading.opens, layers(live.outer)))
    differs = ""
    for path in _quicker(live):
        choice = Choice(dry.seen(path), hot, opens)
        agrees = dry.agrees(choice.engine(workshop, None))
        if agrees:
            return choice
        differs = path.why if agrees is False else differs
    if differs:
        raise NotBridgeableError(_DOUBTFUL.format(who=live.name, why=differs))
    again = Choice(dry.seen(Path("again", _why_again(live))), hot)
    passing = attrs.evolve(again, opens=opens)
    return passing if opens and dry.agrees(passing.engine(workshop, None)) else again


def _played(workshop: Workshop, below: Below, info: Mapping[str, Any], acted: Any) -> DryRun:
    """Play with a wrapper until a step comes to its end.

    A key that it needs in each step is taken to be one of info, and zero; and where it does not
    like what it is shown, it is shown small numbers.

    Raises:
        NotBridgeableError: if it cannot be run again without harm.
        UntriedError: if no step came to its end, whatever was tried.
    """
    raised: dict[str, None] = {}
    failures: dict[tuple[str, str], Exception] = {}
    small = opens = False
    while True:
        dry = DryRun(workshop, World(below, info, small=small), Hand(acted))
        try:
            dry.play()
        except UntriedError as error:
            wanted = error.wanted
            failures |= dry.found.failures
            opens |= dry.found.wants_options
            if wanted is not None and wanted not in info and len(raised) <= _KEYS:
                info, failures = {**info, wanted: 0.0}, {}
            elif small:
                *_, last = failures.values()
                raise untried(error, failures, below, info, opens=opens) from last
            else:
                small = True
            raised |= dry.found.raised
        else:
            dry.found.raised = raised | dry.found.raised
            return dry


def _quicker(live: Live) -> Iterator[Path]:
    """Give the quicker ways that the code of all layers promises."""
    found = layers(live.outer)
    if all(map(reading.maps, found)):
        yield DIRECT
    if all(map(reading.passes, found)):
        yield ONCE


def _why_again(live: Live) -> str:
    """Say which layer does something before its environment's step."""
    for layer in layers(live.outer):
        if not reading.passes(layer):
            return f"{type(layer).__name__}.step does something before its environment's; {_AGAIN}"
    return f"a layer calls its environment where it should only map; {_AGAIN}"


class Choices:
    """What was chosen over what lies below; copies of a bridge share it, for it is no state."""

    def __init__(self) -> None:
        self._made: list[tuple[Below, Choice]] = []

    def find(self, below: Below) -> Choice | None:
        """Return what was chosen over spaces like these."""
        return next((choice for known, choice in self._made if _alike(known, below)), None)

    def keep(self, below: Below, choice: Choice) -> None:
        """Keep a choice; the oldest of many are given up."""
        self._made = [*self._made[-7:], (below, choice)]

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return the same."""
        return self


def _alike(one: Below, other: Below) -> bool:
    try:
        return bool(one == other) and _draw(one) == _draw(other)
    except Exception:  # noqa: BLE001 - a space of the user's own may raise anything
        return False


def _draw(below: Below) -> list[bool]:
    """Tell which spaces have a generator: what draws from another one is not done twice alike."""
    known = (below.observation_space, below.action_space)
    return [space is not None and any(draws_from(space)) for space in known]
