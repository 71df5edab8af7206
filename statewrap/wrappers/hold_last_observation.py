"""Sensor values that are missing, replaced by the last good ones for a while."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import attrs
import numpy as np
from gymnasium.spaces import Space

from statewrap.core.borders import freeze
from statewrap.core.errors import BindError, InputError
from statewrap.core.fields import argument, derived, whole
from statewrap.core.key import Key
from statewrap.core.messages import TimeStep
from statewrap.core.spaces import why_not
from statewrap.core.wrapper import Below, Wrapper, bound
from statewrap.wrappers.missing import (
    Numbers,
    as_element,
    is_missing,
    is_whole,
    layout_of,
    nothing_missing,
    part_of,
    parts_of,
    some_missing,
)

HOLD: Final = "hold"
RAISE: Final = "raise"


class Held(NamedTuple):
    """The observation shown last, and how long its parts have been missing."""

    observation: Any
    """Whole; None before the first, where there is none to start from."""
    missing: Any
    """For how many time steps in a row: an int64 array for an array, an int for every other part,
    in the dicts and tuples of the observation."""


def _a_key(_: Any, field: attrs.Attribute[Any], key: Any) -> None:
    if key is not None and not isinstance(key, str):
        raise TypeError(f"{field.name} is {key!r}, expected a string, or None to tell nothing.")


@attrs.frozen
class HoldLastObservation(Wrapper[Held]):
    """Show the last good value where a sensor's is missing, for at most `max_steps` time steps.

    Missing is NaN in an array, component by component, and None in place of an array, of a part
    of a Dict or Tuple, or of the whole; a key that a Dict observation lacks; a masked component;
    None in a list. Infinity is a value. Where something is missing, the info tells for how many
    time steps in a row, in the shape of the observation: `"held" in info` is the alarm.

        env                     f0*  f1   NaN           NaN           NaN   f5
        HoldLastObservation(2)  f0   f1   f1 {held: 1}  f1 {held: 2}  !     f5      (* first)

    Where there is nothing to hold (at "!", and for what an opening lacks), `on_exhausted`
    decides, which is an error or a value to show from there until the sensor is back.

    A component that was always there is passed as it came. Put the wrapper nearest to the
    environment, so that nothing learns or reckons with NaN. A deployment lets what is missing
    through to it, and holds the rest against the observation space.

    Args:
        max_steps: how many time steps in a row a missing component is held, 0 or more.
        on_exhausted: "raise", or an observation whose components are shown then; for a Box a
            number stands for all of them.
        start: what an episode's opening is taken to follow. None: nothing, so that it has to be
            whole. An observation: that one, as if it had been shown before. "hold": the last
            one of the episode before, which is then remembered.
        info_key: the key in `info` that tells what is missing; None to tell nothing.

    Raises:
        TypeError: if `max_steps` is no int, or `info_key` neither a string nor None.
        ValueError: if `max_steps` is negative.
        BindError: at `bind`, if the observation space below is unknown, or `on_exhausted` or
            `start` is not in it.
        InputError: if something is missing that can no longer be held and `on_exhausted` is
            "raise", if what came does not have the form of the space, or if `info` has
            `info_key` already.

    >>> from gymnasium.spaces import Box
    >>> hold = HoldLastObservation(2).bind(Below(Box(-9.0, 9.0, (2,))))
    >>> opening = TimeStep(np.array([1.0, 2.0]), first=True)
    >>> memory, _ = hold.on_state(hold.initial(Key(0, 0)), opening)
    >>> hold.on_state(memory, TimeStep(np.array([np.nan, 5.0])))[1]
    TimeStep(array([1., 5.]), info={'held': array([1, 0])})
    """

    memory_types = (Held,)
    mends = frozenset({"missing"})

    max_steps: int = attrs.field(validator=whole(0))
    on_exhausted: Any = argument(RAISE, kw_only=True, converter=freeze)
    start: Any = argument(None, kw_only=True, converter=freeze)
    info_key: str | None = attrs.field(default="held", kw_only=True, validator=_a_key)
    layout: Any = derived()
    rescue: Any = derived()
    origin: Any = derived()
    none_missing: Any = derived()

    @property
    def keeps(self) -> bool:  # type: ignore[override]  # a class variable elsewhere
        """Whether the last observation outlives an episode: with `start="hold"`."""
        return isinstance(self.start, str) and self.start == HOLD

    @property
    def learns(self) -> bool:  # type: ignore[override]  # a class variable elsewhere
        """Whether what is shown depends on earlier episodes: with `start="hold"`."""
        return self.keeps

    def bind(self, below: Below) -> HoldLastObservation:
        """Read the observation space.

        Raises:
            BindError: if it is unknown, or what is to be shown is not in it.
        """
        space = below.require("observation_space", self)
        raises = isinstance(self.on_exhausted, str) and self.on_exhausted == RAISE
        nothing, layout = self.start is None or self.keeps, layout_of(space)
        return bound(  # type: ignore[no-any-return]
            self,
            layout=layout,
            rescue=None if raises else self._fitted("on_exhausted", self.on_exhausted, space),
            origin=None if nothing else self._fitted("start", self.start, space),
            none_missing=nothing_missing(layout),
        )

    def _fitted(self, name: str, given: Any, space: Space[Any]) -> Any:
        fitted = as_element(space, given)
        wrong = why_not(space, fitted, name)
        if wrong:
            raise BindError(
                f"{self!r} cannot show its {name}: {wrong}. Give an observation of {space}."
            )
        return fitted

    def initial(self, key: Key) -> Held:
        """Return what the opening follows."""
        return Held(self.origin, self.none_missing)

    def renew(self, memory: Held, key: Key) -> Held:
        """Forget what was shown, unless it is held."""
        return memory if self.keeps else self.initial(key)

    def on_state(self, memory: Held, timestep: TimeStep) -> tuple[Held, TimeStep]:
        """Keep a whole observation; mend another."""
        if self.info_key in timestep.info:
            raise InputError(
                f"The info has the key {self.info_key!r} already, so {self!r} cannot tell there "
                "what is missing. Choose another info_key, or None."
            )
        came = timestep.observation
        if is_whole(self.layout, came):
            return Held(came, self.none_missing), timestep
        shown, missing = self._mended(self.layout, came, memory, self.rescue, "observation")
        if not some_missing(missing):
            return Held(shown, missing), timestep
        info = timestep.info
        if self.info_key is not None:
            info = {**info, self.info_key: freeze(missing)}
        return Held(shown, missing), timestep.replace(observation=shown, info=info)

    def _mended(self, layout: Any, came: Any, memory: Held, rescue: Any, place: str) -> Held:
        """Return what is shown of a part, and for how long it has been missing."""
        if isinstance(layout, Numbers):
            return self._mended_array(layout, came, memory, rescue, place)
        if layout is None:
            return self._mended_whole(came, memory, rescue, place)
        parts = {
            key: self._mended(
                inner,
                part,
                Held(part_of(memory.observation, key), memory.missing[key]),
                part_of(rescue, key),
                f"{place}[{key!r}]",
            )
            for key, inner, part in parts_of(layout, came, place)
        }
        shown = {key: held.observation for key, held in parts.items()}
        missing = {key: held.missing for key, held in parts.items()}
        if isinstance(layout, dict):
            return Held({**(came or {}), **shown}, missing)
        return Held(tuple(shown.values()), tuple(missing.values()))

    def _mended_array(
        self, layout: Numbers, came: Any, memory: Held, rescue: Any, place: str
    ) -> Held:
        shown, gone = layout.read(came, place)
        if not gone.any():
            return Held(came, layout.none_missing)
        missing = np.where(gone, memory.missing + 1, 0)
        lost = gone & (missing > self.max_steps) if memory.observation is not None else gone
        if lost.any() and rescue is None:
            index = tuple(np.argwhere(lost)[0].tolist())
            where = f"{place}{list(index)}" if index else place
            raise InputError(self._exhausted(where, memory, int(missing[index])))
        for chosen, source in ((gone & ~lost, memory.observation), (lost, rescue)):
            if chosen.any():
                shown[chosen] = np.asarray(source)[chosen]
        shown.setflags(write=False)
        missing.setflags(write=False)
        return Held(shown if layout.shape else shown[()], missing)

    def _mended_whole(self, came: Any, memory: Held, rescue: Any, place: str) -> Held:
        if not is_missing(came):
            return Held(came, 0)
        missing = memory.missing + 1
        if memory.observation is not None and missing <= self.max_steps:
            return Held(memory.observation, missing)
        if rescue is None:
            raise InputError(self._exhausted(place, memory, missing))
        return Held(rescue, missing)

    def _exhausted(self, place: str, memory: Held, missing: int) -> str:
        if memory.observation is None:
            return (
                f"{place} is missing on the opening of an episode, where {self!r} has nothing to "
                "hold. Open with a whole observation, or give start= or on_exhausted= one to show."
            )
        return (
            f"{place} has been missing for {missing} time steps in a row, and {self!r} holds it "
            f"for {self.max_steps}. See to the sensor; or give on_exhausted= an observation to "
            "show then."
        )
