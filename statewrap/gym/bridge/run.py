"""One run of a call: recorded answers come; at the first that is missing it is abandoned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from statewrap.core.borders import freeze
from statewrap.core.draws import NumpyDraws, state_of
from statewrap.core.key import Key
from statewrap.core.messages import Act, Command, Reset, TimeStep
from statewrap.core.same import difference
from statewrap.gym.bridge.errors import DivergedError, EnvironmentMissingError
from statewrap.gym.bridge.stub import Handed

NOT_THE_SAME: Final = (
    "It does not do the same when it is in the same state: it may draw from a generator or read a "
    "clock that nobody sees, or keep something outside of itself."
)


_NOTHING: Final[Any] = object()


class Abandon(BaseException):
    """Leaves a run at a call of the environment to which there is no answer yet."""


class Run:
    """The host of a stub while a call runs.

    It is made once and used for every call of its wrapper; `begin` forgets the last one.
    """

    __slots__ = (
        "_draws",
        "_generator",
        "_held_draws",
        "answers",
        "asked",
        "at",
        "drew",
        "handed",
        "late",
        "odd",
        "shown",
        "wanted",
    )

    def __init__(self, generator: np.random.Generator) -> None:
        self._generator: Final = generator
        self._draws: Key | NumpyDraws | None = None
        self._held_draws: Key | NumpyDraws | None = None
        self.handed: Handed | None = None
        self.begin((), (), None, None)

    def begin(
        self,
        asked: tuple[Command, ...],
        answers: tuple[TimeStep, ...],
        draws: Key | NumpyDraws | None,
        shown: TimeStep | None,
        *,
        kept: bool = False,
    ) -> None:
        """Get ready for a run.

        Args:
            asked: what the call asked before, to be asked again; none where that is not known.
            answers: what was answered.
            draws: where the generator stands.
            shown: the last time step before the call.
            kept: whether the wrapper may hold the generator, and draw without asking for it.
        """
        self.asked: list[Command] = list(asked)
        self.answers = answers
        self.at = 0
        self._draws = draws
        self.shown = shown
        self.wanted: Command | None = None
        self.late: str | None = None
        self.odd: DivergedError | None = None
        self.drew = False
        if kept:
            self.generator()

    def look(
        self, draws: Key | NumpyDraws | None, shown: TimeStep | None, *, kept: bool = False
    ) -> None:
        """Get ready for a method that may look and draw, and has no environment to call."""
        self.answers, self.at = (), 0
        self._draws, self.drew = draws, False
        self.shown = shown
        self.wanted = None
        if kept:
            self.generator()

    # -- what the stub asks ---------------------------------------------------------------------

    def act(self, action: Any) -> TimeStep:
        """Answer an action, or abandon the run.

        Raises:
            Abandon: if there is no answer yet.
        """
        at = self.at
        if self.wanted is not None:
            raise self._left("step")
        if at == len(self.answers):
            self.wanted = Act(freeze(action))
            raise Abandon
        if at == len(self.asked):
            self.asked.append(Act(freeze(action)))
        else:
            known = self.asked[at]
            usual = type(known) is Act and known.action is action  # a number, mostly
            if not usual and not _is_it(action, known):
                self._hold_same(known, Act(freeze(action)))
        self.at = at + 1
        shown = self.shown = self.answers[at]
        return shown

    def open(self, seed: int | None, options: Mapping[str, Any] | None) -> TimeStep:
        """Answer a reset, or abandon the run.

        Raises:
            Abandon: if there is no answer yet.
        """
        at = self.at
        if self.wanted is not None:
            raise self._left("reset")
        if at == len(self.answers):
            self.wanted = Reset(seed, freeze(options))
            raise Abandon
        if at == len(self.asked):
            self.asked.append(Reset(seed, freeze(options)))
        elif not (seed is None and options is None and _is_plain(self.asked[at])):
            self._hold_same(self.asked[at], Reset(seed, freeze(options)))
        self.at = at + 1
        self.shown = self.answers[at]
        return self.shown

    def _left(self, what: str) -> Abandon:
        """Note that a run went on that was abandoned, and abandon it again."""
        self.late = self.late or what
        return Abandon()

    def _hold_same(self, expected: Command, found: Command) -> None:
        where = difference(expected, found)
        if where is not None:
            self.odd = DivergedError(
                f"A wrapper that was run again asked for {found!r} where it had asked for "
                f"{expected!r} before the environment answered. {NOT_THE_SAME}"
            )
            raise self.odd

    def generator(self) -> np.random.Generator:
        """Return the generator, in the state in which the call finds it."""
        if not self.drew:
            self.drew = True
            if self._held_draws is not self._draws:
                put(self._draws, self._generator)
        return self._generator

    def newest(self, what: str) -> TimeStep:
        """Return the last time step."""
        if self.shown is None:
            raise EnvironmentMissingError(
                f"A wrapper reads {what} from its environment before an episode was opened."
            )
        return self.shown

    # -- what comes of a run --------------------------------------------------------------------

    def drawn(self) -> Key | NumpyDraws | None:
        """Return where the generator stands after the run."""
        if not self.drew:
            return self._draws
        now = _where(self._generator)
        if now != self._draws:
            self._draws = now
        self._held_draws = self._draws
        return self._draws

    def forget(self) -> None:
        """Take it that the generator stands anywhere."""
        if self.drew:
            self._held_draws = None


def _is_plain(command: Command) -> bool:
    """Tell whether it is a reset without arguments."""
    return type(command) is Reset and command.seed is None and command.options is None


def _is_it(action: Any, command: Command) -> bool:
    """Tell whether an action surely is that of a command; False where a closer look is needed."""
    known = getattr(command, "action", _NOTHING)
    return known is action or (
        type(known) is type(action) is np.ndarray
        and known.dtype is action.dtype
        and known.shape == action.shape
        and not known.dtype.hasobject
        and known.tobytes() == action.tobytes()
    )


def put(draws: Key | NumpyDraws | None, generator: np.random.Generator) -> None:
    """Bring a PCG64 generator to where draws are to start."""
    if isinstance(draws, NumpyDraws):
        if draws.kind == "PCG64":
            generator.bit_generator.state = _as_numpys(*draws.words)
        else:
            draws.put(generator)
    elif draws is not None:
        made = np.random.default_rng([*draws])
        generator.bit_generator.state = made.bit_generator.state


def _as_numpys(state: int, increment: int, half_left: int, half: int) -> dict[str, Any]:
    """Say the state of a PCG64 as numpy does: `NumpyDraws.put` in a fifth of the time."""
    words = {"state": state, "inc": increment}
    return {"bit_generator": "PCG64", "state": words, "has_uint32": half_left, "uinteger": half}


def _where(generator: np.random.Generator) -> NumpyDraws:
    """Return the state of a generator: `state_of` in a fifth of the time, if it is a PCG64."""
    state: Any = generator.bit_generator.state
    if state["bit_generator"] != "PCG64":
        return state_of(generator)
    words = state["state"]
    numbers = (words["state"], words["inc"], state["has_uint32"], state["uinteger"])
    return NumpyDraws("PCG64", numbers)
