"""Illegal actions sent back to the policy, by a mask that the environment gives."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any, Final, NamedTuple

import attrs
import numpy as np
from gymnasium.spaces import Discrete, MultiDiscrete

from statewrap.core.borders import freeze
from statewrap.core.errors import BindError, InputError, SpaceError
from statewrap.core.fields import argument, derived, one_of, whole
from statewrap.core.messages import Act, Message, TimeStep
from statewrap.core.spaces import why_not
from statewrap.core.wrapper import Below, Wrapper, bound
from statewrap.wrappers.action_mask import Layout, Mask

RAISE: Final = "raise"
FIRST_VALID: Final = "first_valid"

_MISSING: Final = object()


class Offered(NamedTuple):
    """The time step that a decision is wanted on, and how many were refused there."""

    timestep: TimeStep
    """As it was shown, with an info of its own."""
    refused: int


def _path(key: Any) -> tuple[Any, ...]:
    return tuple(key) if isinstance(key, (tuple, list)) else (key,)


def _subscripts(path: tuple[Any, ...]) -> str:
    return "".join(f"[{key!r}]" for key in path)


def _find(place: Any, path: tuple[Any, ...], name: str, error: type[Exception]) -> Any:
    """Follow a path of keys into nested mappings (a Dict space is one), or raise `error`."""
    found = place
    for depth, key in enumerate(path):
        keyed = isinstance(found, Mapping)
        inner = found.get(key, _MISSING) if keyed else _MISSING  # `key in space` asks another thing
        if inner is not _MISSING:
            found = inner
            continue
        has = f"has the keys {list(found)}" if keyed else f"is {found!r:.80}"
        raise error(
            f"There is no mask {name}{_subscripts(path)}: {name}{_subscripts(path[:depth])} {has}. "
            'Say with mask_key (a tuple for nested dicts) and source ("info" or "observation") '
            "where the environment gives it."
        )
    return found


def _brief(valid: list[list[int]]) -> str:
    """Print the valid actions of each axis, the first twenty."""
    return " and ".join(f"{str(axis[:20])[:-1]}{', ...' * (len(axis) > 20)}]" for axis in valid)


def _a_number(wrapper: Any, field: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, (int, float, np.integer, np.floating)) or not isfinite(value):
        raise ValueError(
            f"{field.name} of {type(wrapper).__name__} is a finite number, got {value!r}."
        )


def _raise_or_an_action(wrapper: Any, field: attrs.Attribute[Any], value: Any) -> None:
    if isinstance(value, str) and value not in (RAISE, FIRST_VALID):
        raise ValueError(
            f"{field.name} of {type(wrapper).__name__} is {RAISE!r}, {FIRST_VALID!r} or an "
            f"action, got {value!r}."
        )


@attrs.frozen
class RejectInvalidAction(Wrapper[Offered | None]):
    """Ask the policy again when its action is illegal, and do so a bounded number of times.

    A mask says which actions are legal: 1 (or True) for each that is. For a Discrete space it
    is bool or integer (n,), its first entry the action `start`; for a MultiDiscrete space of
    one axis it is a tuple of such masks, or all of them joined. An action outside the space is
    illegal whatever the mask says.

        env                  f0* mask=110                        f1 mask=011
        RejectInvalidAction  ↑              ↺ f0 penalty   0↓    ↑
        policy               f0*  2         f0  0                f1         (↺ answered)

    The policy is answered with the time step that it was shown last, its reward replaced by
    the penalty and never `first`. When `max_rejections` did not help, or the mask allows no
    action at all, `on_exhausted` decides. After an episode's last time step nothing is judged.

    Args:
        mask_key: where the mask stands: a key, or a tuple of keys into nested dicts.
        source: in which of "info" and "observation" to look it up.
        penalty: the reward shown with a refusal.
        max_rejections: how many actions to refuse on one time step.
        on_exhausted: "raise", "first_valid" (the least legal action), or an action to send,
            which passes whether the mask allows it or not.

    Raises:
        BindError: at `bind`, if the action space is unknown or neither Discrete nor
            MultiDiscrete with one axis, if a given action is not in it, or if the observation
            space has no such key.
        InputError: if the mask is missing where it was looked up, or does not fit the space.
        SpaceError: if no action was legal and `on_exhausted` gives none.

    >>> wrapper = RejectInvalidAction().bind(Below(action_space=Discrete(3)))
    >>> shown = TimeStep("f1", reward=1.0, info={"action_mask": [1, 1, 0]})
    >>> memory, _ = wrapper.on_state(None, shown)
    >>> memory, reply = wrapper.on_action(memory, Act(2))
    >>> reply
    TimeStep('f1', info={'action_mask': [1, 1, 0]})
    >>> wrapper.on_action(memory, Act(0))[1]
    Act(0)
    """

    memory_types = (Offered,)

    mask_key: tuple[Any, ...] = attrs.field(default="action_mask", converter=_path)
    source: str = attrs.field(default="info", kw_only=True, validator=one_of("info", "observation"))
    penalty: float = attrs.field(default=0.0, kw_only=True, validator=_a_number)
    max_rejections: int = attrs.field(default=10, kw_only=True, validator=whole(0))
    on_exhausted: Any = argument(
        RAISE, kw_only=True, converter=freeze, validator=_raise_or_an_action
    )
    space: Any = derived()
    layout: Any = derived()

    def bind(self, below: Below) -> RejectInvalidAction:
        """Read the action space, and look whether the observation space has the mask.

        Raises:
            BindError: if the action space is unknown or of another kind, if a given action is
                not in it, or if the observation space has no such key.
        """
        space = below.require("action_space", self)
        if not isinstance(self.on_exhausted, str):
            wrong = why_not(space, self.on_exhausted, "on_exhausted")
            if wrong:
                raise BindError(f"{self!r} cannot send its action: {wrong}.")
        if self.source == "observation" and below.observation_space is not None:
            _find(below.observation_space, self.mask_key, "observation_space", BindError)
        return bound(self, space=space, layout=self._layout(space))  # type: ignore[no-any-return]

    def on_state(self, memory: Offered | None, timestep: TimeStep) -> tuple[Offered, TimeStep]:
        """Keep what is shown; its info is copied, for the mask in it may be the host's buffer."""
        return Offered(timestep.replace(info=freeze(timestep.info)), 0), timestep

    def on_action(self, memory: Offered | None, act: Act) -> tuple[Offered | None, Message]:
        """Let a legal action fall, and answer an illegal one."""
        if memory is None or memory.timestep.last:
            return memory, act
        mask = self._mask(memory.timestep)
        places = self.layout.places(act.action)
        if places is not None and all(mask[place] == 1 for place in places):
            return memory, act
        valid = self.layout.valid(self._checked(mask))
        if memory.refused < self.max_rejections and all(valid):
            refusal = memory.timestep.replace(reward=self.penalty, first=False)
            return Offered(memory.timestep, memory.refused + 1), refusal
        return memory, Act(self._last_resort(memory.refused + 1, act.action, valid))

    def _layout(self, space: Any) -> Layout:
        if isinstance(space, Discrete):
            return Layout(True, (int(space.start),), (int(space.n),))
        if isinstance(space, MultiDiscrete) and space.nvec.ndim == 1:
            return Layout(False, tuple(space.start.tolist()), tuple(space.nvec.tolist()))
        raise BindError(
            f"{self!r} judges actions of a Discrete space, or of a MultiDiscrete one with one "
            f"axis, but the action space below is {space}, for which no mask is defined. Put it "
            "below the wrapper that turns its actions into those of the environment."
        )

    def _mask(self, timestep: TimeStep) -> Mask:
        """Return the mask, flat."""
        place = timestep.info if self.source == "info" else timestep.observation
        found = _find(place, self.mask_key, self.source, InputError)
        mask: Mask | None = self.layout.joined(found)
        if mask is None or mask.dtype.kind not in "biu":
            raise InputError(self._unfit(found))
        return mask

    def _checked(self, mask: Mask) -> Mask:
        """Return a mask of nothing but 0 and 1; a legal action does not wait for this check."""
        if np.any((mask != 0) & (mask != 1)):
            raise InputError(self._unfit(mask))
        return mask

    def _unfit(self, mask: Any) -> str:
        return (
            f"The mask {self._place()} is {mask!r}, which does not fit {self.space}. Expected a "
            "bool or an integer 0 or 1 for each action: "
            f"{' + '.join(map(str, self.layout.sizes))} of them."
        )

    def _place(self) -> str:
        return f"{self.source}{_subscripts(self.mask_key)}"

    def _last_resort(self, refused: int, action: Any, valid: list[list[int]]) -> Any:
        if not isinstance(self.on_exhausted, str):
            return self.on_exhausted
        if all(valid) and self.on_exhausted == FIRST_VALID:
            first = np.array([axis[0] for axis in valid], self.space.dtype)
            first.setflags(write=False)
            return first if self.space.shape else first[0]
        if not all(valid):
            raise SpaceError(
                f"The mask {self._place()} allows no action, so {action!r} cannot be sent. "
                "Mend the mask, or give on_exhausted an action to send then."
            )
        raise SpaceError(
            f"{refused} illegal actions in a row were given on one time step, the last of them "
            f"{action!r}; the mask {self._place()} allows {_brief(valid)}. Let the policy choose "
            f'by the mask, raise max_rejections, or give on_exhausted="{FIRST_VALID}" or an action.'
        )
