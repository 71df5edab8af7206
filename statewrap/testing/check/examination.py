"""Laws held against one wrapper, scene by scene; a law that is broken is not held again."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, Final

from statewrap.core.errors import BindError, PlacedError, SettleError
from statewrap.core.words import brief
from statewrap.core.wrapper import Below, Wrapper
from statewrap.testing.check.finding import told
from statewrap.testing.check.habitats import Habitats, fresh, played, reasons
from statewrap.testing.check.report import Report
from statewrap.testing.check.shrink import shrink
from statewrap.testing.draws.scenes import Scene
from statewrap.testing.laws.answers import every_message_is_answered
from statewrap.testing.laws.conduct import episode_rules_at_every_gap
from statewrap.testing.laws.law import Law, LawBroken
from statewrap.testing.laws.outside import touches_nothing_outside
from statewrap.testing.laws.pauses import StaysHome
from statewrap.testing.laws.probes import PROBES
from statewrap.testing.laws.settling import settles
from statewrap.testing.laws.specification import agrees_with_its_oracle
from statewrap.testing.laws.surroundings import Surroundings
from statewrap.testing.laws.watching import NOT_SEEN

AGREEMENT: Final = agrees_with_its_oracle.__name__
PATIENCE: Final = 5
"""How many scenes more may end before their time when it is known why; some take long to do so."""


def _says_why(error: BaseException) -> Law:
    """Return the law that says why a scene cannot be played to its end."""
    if isinstance(error, PlacedError) or not isinstance(error, Exception):
        return every_message_is_answered
    return settles if isinstance(error, SettleError) else episode_rules_at_every_gap


class Examination:
    """What was held so far, and what was found."""

    def __init__(
        self,
        wrapper: Wrapper[Any],
        laws: Sequence[Law],
        raises: tuple[type[Exception], ...],
        homes: Sequence[Below],
        around: Surroundings,
        *,
        alone: bool = False,
    ) -> None:
        self._alone, self._around = alone, around
        self._wrapper, self._laws, self._raises, self._homes = wrapper, laws, raises, homes
        self._held = {law.__name__: 0 for law in laws}
        self._found: dict[str, LawBroken] = {}
        self._notes: list[str] = []
        self._left_out = self._seen = 0
        self._longest: Scene | None = None
        self._unplayed: Scene | None = None
        self._patience = PATIENCE

    def visit(self, scene: Scene) -> bool:
        """Hold what is not broken yet, and say whether that is nothing."""
        self._seen += 1
        self._around.put_back()
        error = played(scene).error
        if isinstance(error, PlacedError) and isinstance(error.cause, self._raises):
            self._left_out += 1
            return False
        if error is None:
            self._hold_all(self._open(), scene)
        else:
            self._unplayed = self._unplayed or scene
            self._hold_all(self._of_the_unplayed(error), scene)
        if error is None and _length(scene) > _length(self._longest):
            self._longest = scene
        return not self._open() or self._patience < 0

    def _hold_all(self, laws: Sequence[Law], scene: Scene) -> None:
        for law in laws:
            if not law.costly:
                self._hold(law, scene)

    def _of_the_unplayed(self, error: BaseException) -> list[Law]:
        """Return the laws that have something to say where a scene cannot be played to its end."""
        why = _says_why(error)
        self._patience -= why.__name__ in self._found
        laws = [law for law in self._open() if law is why or law.__name__ == AGREEMENT]
        if not self._alone and why not in self._laws and why.__name__ not in self._found:
            laws.append(why)
        return laws

    def finish(self) -> None:
        """Hold the costly laws, once."""
        for law in self._open():
            if law.costly and self._longest is not None:
                self._hold(law, self._longest)

    def report(self, habitats: Habitats) -> Report:
        """Return what came of it.

        Raises:
            BindError: if the wrapper could not be bound to anything.
            ValueError: if every scene was left out.
        """
        if not habitats.homes:
            self._homeless(habitats)
        elif self._left_out == self._seen:
            raise ValueError(
                f"{brief(self._wrapper)} raised one of {self._raises} in every scene, so nothing "
                "could be held. Say more of where it lives: below=..., info=..."
            )
        elif self._unplayed is not None and not (self._found or any(self._held.values())):
            self._hold(_says_why(played(self._unplayed).error or BindError()), self._unplayed)
        findings = tuple(self._found[name] for name in self._held if name in self._found)
        watched = touches_nothing_outside.__name__
        if self._held.get(watched) and watched not in self._found:
            names = ", ".join(probe.name for probe in PROBES)
            self._notes.append(f"Not seen: {names}. {NOT_SEEN}")
        notes = tuple(self._notes)
        return Report(self._wrapper, self._held, findings, habitats, self._left_out, notes)

    def _open(self) -> list[Law]:
        return [law for law in self._laws if law.__name__ not in self._found]

    def _hold(self, law: Law, scene: Scene) -> None:
        self._around.put_back()
        broken = breaks(law, scene)
        if broken is not None and isinstance(broken.found, StaysHome):
            self._notes.append(f"{law.__name__} was not held: {broken.found.words}")
            return
        if broken is not None and isinstance(_raised(broken), self._raises):
            return
        self._held[law.__name__] = self._held.get(law.__name__, 0) + 1
        if broken is None:
            return
        fails = functools.partial(self._breaks_as_well, law)
        scene, broken = shrink(scene, broken, fails, self._homes)
        self._around.put_back()
        evidence = told(broken, scene, self._seen)
        self._found[law.__name__] = LawBroken(law, broken.wrapper, broken.found, evidence)

    def _breaks_as_well(self, law: Law, scene: Scene) -> LawBroken | None:
        """Hold a law in a smaller scene, where that says something about the law."""
        self._around.put_back()
        error = played(scene).error
        if error is not None and law is not _says_why(error) and law.__name__ != AGREEMENT:
            return None
        self._around.put_back()
        try:
            broken = breaks(law, scene)
        except Exception:  # noqa: BLE001 - a specification may not be made for what was made simple
            return None
        return None if broken is not None and isinstance(broken.found, StaysHome) else broken

    def _homeless(self, habitats: Habitats) -> None:
        """Nothing could be played: show a scene, or say why nothing was bound."""
        for _, error, scene in habitats.refused:
            if scene is not None and not isinstance(error, self._raises):
                self._seen = 1
                self._hold(every_message_is_answered, scene)
                return
        raise BindError(
            f"{brief(self._wrapper)} could not be bound to any of {len(habitats.refused)} drawn "
            f"environments. Say where it lives: below=Below(observation_space=..., "
            f"action_space=...). It said:\n{reasons(habitats)}"
        )


def _raised(broken: LawBroken) -> BaseException | None:
    """Return what a wrapper raised, if that is how the law was broken."""
    error = broken.__cause__
    return error.cause if isinstance(error, PlacedError) else None


def breaks(law: Law, scene: Scene) -> LawBroken | None:
    """Hold a law in a scene, against a fresh copy of the wrapper."""
    try:
        law(fresh(scene.wrapper), *scene[1:])
    except LawBroken as broken:
        return broken
    return None


def _length(scene: Scene | None) -> int:
    return sum(map(len, scene.episodes)) if scene else -1
