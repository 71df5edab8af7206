"""Gymnasium's own loop over a made-up environment, in which copies of layers are played.

In it layers lie directly on one another, or on a border: a stub that hands on copies, as what lies
between two bridges does. What is shown at the top and asked at the bottom is what is compared.
"""

from __future__ import annotations

import contextlib
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import numpy as np

from statewrap.core.borders import freeze, thaw
from statewrap.core.messages import Act, Command, Reset, TimeStep
from statewrap.core.wrapper import Below
from statewrap.gym.bridge import watch
from statewrap.gym.bridge.asked import Asked
from statewrap.gym.bridge.description import Description
from statewrap.gym.bridge.outside import Outside
from statewrap.gym.bridge.stub import Handed, Stub, around, told
from statewrap.gym.bridge.world import Hand, World

PLAN: Final = ((40, "truncated"), (3, "terminated"), (9, "terminated"), (2, "truncated"))
"""How long each episode is, and how it ends."""
_SEED: Final = 20_26
_MOST: Final = 200
"""How many calls are made, at most: wrappers may open episodes as they like."""
_PATIENCE: Final = 8
"""How often layers may raise before they are left alone."""

Told = tuple[list[Any], list[Command]]
"""What was shown at the top, and what was asked at the bottom."""


class Stage:
    """A made-up environment: the host of the stub at the bottom."""

    handed: Handed | None = None

    def __init__(self, below: Below, info: Mapping[str, Any]) -> None:
        self._world = World(below, info, PLAN)
        self._generator = np.random.Generator(np.random.PCG64(_SEED))
        self._shown = self._world.answer(Reset())
        self.asked: list[Command] = []
        self.called: Callable[[], None] = _nothing
        """Whom to tell of each call."""

    @property
    def over(self) -> bool:
        """Whether all episodes were played."""
        return self._world.opened > len(PLAN)

    def act(self, action: Any) -> TimeStep:
        """Answer an action."""
        return self._answer(Act(freeze(action)))

    def open(self, seed: int | None, options: Mapping[str, Any] | None) -> TimeStep:
        """Open an episode."""
        return self._answer(Reset(seed, freeze(options)))

    def _answer(self, command: Command) -> TimeStep:
        self.asked.append(command)
        self.called()
        self._shown = self._world.answer(command)
        return self._shown

    def generator(self) -> np.random.Generator:
        """Return the generator, which layers over a border share as well."""
        return self._generator

    def newest(self, what: str) -> TimeStep:
        """Return the last time step."""
        return self._shown


class Border:
    """The host of a stub above some layers: what passes is copied."""

    handed: Handed | None = None

    def __init__(self, lower: Any, stage: Stage) -> None:
        self._lower, self._stage = lower, stage
        self._shown: TimeStep | None = None

    def act(self, action: Any) -> TimeStep:
        """Hand down a copy of an action."""
        observation, reward, terminated, truncated, info = self._lower.step(thaw(freeze(action)))
        frame = self._stage.newest("").frame
        shown, reward = freeze(observation), freeze(reward)
        self._shown = TimeStep(
            shown, reward, terminated, truncated, told(info), first=False, frame=frame
        )
        return self._shown

    def open(self, seed: int | None, options: Mapping[str, Any] | None) -> TimeStep:
        """Hand down what an episode is opened with."""
        given = {} if seed is None else {"seed": seed}
        known: dict[str, Any] = given if options is None else {**given, "options": _copy(options)}
        observation, info = self._lower.reset(**known)
        frame = self._stage.newest("").frame
        self._shown = TimeStep(freeze(observation), info=told(info), first=True, frame=frame)
        return self._shown

    def generator(self) -> np.random.Generator:
        """Return the generator that all share."""
        return self._stage.generator()

    def newest(self, what: str) -> TimeStep:
        """Return the last time step that passed."""
        return self._shown or self._stage.newest(what)


def stub(below: Below, description: Description, host: Stage | Border) -> Any:
    """Return what layers are put around.

    It asks what stands for the environment to raise where more is asked than is known.
    """
    return around(Stub(below, description, Asked(), host), below)


def play(outer: Any, stage: Stage, *, opened: bool) -> Told:
    """Play some episodes, from where the layers are.

    Args:
        outer: the outermost layer.
        stage: on which they lie.
        opened: whether they are in the middle of an episode.

    Raises:
        EffectError: if they are held off what they would do outside, and caught that.
    """
    guard = sys.getprofile()
    hand, over, raised = Hand(outer.action_space), not opened, 0
    shown: list[Any] = []
    for _ in range(_MOST):
        try:
            said = outer.reset() if over else outer.step(thaw(hand.action()))
            over = len(said) != 2 and bool(said[2] or said[3])
            shown.append(_said(*said))
        except Exception as error:  # noqa: BLE001 - of any kind, from somebody's wrapper
            over, raised = True, raised + 1
            shown.append(type(error).__name__)
        if sys.getprofile() is not guard:  # which Python takes away as it raises
            raise watch.EffectError
        if stage.over or raised > _PATIENCE:
            break
    return shown, stage.asked


def _said(observation: Any, *rest: Any) -> tuple[Any, ...]:
    *others, info = rest
    return freeze(observation), *map(freeze, others), told(info)


def _copy(options: Mapping[str, Any]) -> Any:
    return thaw(freeze(options))


def _nothing() -> None:
    """Do nothing."""


@contextlib.contextmanager
def apart_from_the_world(*layers: Any, guarded: bool) -> Iterator[None]:
    """Put back what lies outside of layers.

    Args:
        layers: what is about to be played.
        guarded: whether to hold them off what cannot be put back, which makes them slow.

    Raises:
        watch.EffectError: where they are held off.
    """
    outside, before = Outside(*layers), sys.getprofile()
    known, numpys = random.getstate(), np.random.get_state()  # noqa: NPY002 - it is put back
    try:
        with watch.quiet(), np.errstate(all="ignore"):
            sys.setprofile(_refuse if guarded else before)
            yield
    finally:
        sys.setprofile(before)
        random.setstate(known)
        np.random.set_state(numpys)  # noqa: NPY002
        outside.changed()


def _refuse(frame: Any, event: str, function: Any) -> None:  # pragma: no cover
    """Hold off what cannot be undone. Tools that measure coverage do not see into this hook."""
    if event == "c_call" and watch.noticed(frame, event, function) in _NEVER:
        raise watch.EffectError


_NEVER: Final = frozenset(watch.REFUSED) - {watch.GLOBAL}
