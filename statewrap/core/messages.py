"""The three messages. A message's type is its direction.

A `TimeStep` only ever rises, from the environment to the policy; an `Act` and a `Reset` only
ever fall. Messages are immutable values (see `statewrap.core.value`).

Two messages are equal if their fields are the same: types first, arrays by content.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, final

import attrs

from statewrap.core.same import same
from statewrap.core.value import value

_KEEP: Final[Any] = object()
_new = object.__new__


@final
@value(eq=False)
class TimeStep:
    """What the environment shows: dm_env's term, Gymnasium's fields.

    >>> opening = TimeStep("f0", first=True)
    >>> opening.replace(observation="f1", reward=1.0, first=False)
    TimeStep('f1', reward=1.0)
    """

    observation: Any
    """Whatever the observation space at this gap announces."""
    reward: Any = 0.0
    """A real number, as the environment gave it; 0 on an opening time step."""
    terminated: bool = False
    truncated: bool = False
    info: Mapping[str, Any] = attrs.field(factory=dict)
    """A plain dict that nobody assigns to."""
    first: bool = False
    """Whether this time step opens an episode."""
    time: float = 0.0
    """Seconds since the session opened, stamped by whoever drives the stack."""
    frame: Any = None
    """A rendered picture, where a wrapper needs one."""
    actor: Any = None
    """Who is asked to act next, where there are several."""

    @property
    def last(self) -> bool:
        """Whether this time step ends an episode."""
        return self.terminated or self.truncated

    def replace(
        self,
        *,
        observation: Any = _KEEP,
        reward: Any = _KEEP,
        terminated: bool = _KEEP,
        truncated: bool = _KEEP,
        info: Mapping[str, Any] = _KEEP,
        first: bool = _KEEP,
        time: float = _KEEP,
        frame: Any = _KEEP,
        actor: Any = _KEEP,
    ) -> TimeStep:
        """Return a copy with the given fields changed."""
        return TimeStep(
            self.observation if observation is _KEEP else observation,
            self.reward if reward is _KEEP else reward,
            self.terminated if terminated is _KEEP else terminated,
            self.truncated if truncated is _KEEP else truncated,
            self.info if info is _KEEP else info,
            self.first if first is _KEEP else first,
            self.time if time is _KEEP else time,
            self.frame if frame is _KEEP else frame,
            self.actor if actor is _KEEP else actor,
        )

    def with_observation(self, observation: Any) -> TimeStep:
        """Return a copy with another observation: `replace` at less than half the price."""
        twin: Any = _new(TimeStep)  # field by field is faster than the constructor
        twin.observation = observation
        twin.reward = self.reward
        twin.terminated = self.terminated
        twin.truncated = self.truncated
        twin.info = self.info
        twin.first = self.first
        twin.time = self.time
        twin.frame = self.frame
        twin.actor = self.actor
        return twin  # type: ignore[no-any-return]

    def with_reward(self, reward: Any) -> TimeStep:
        """Return a copy with another reward: `replace` at less than half the price."""
        twin: Any = _new(TimeStep)
        twin.observation = self.observation
        twin.reward = reward
        twin.terminated = self.terminated
        twin.truncated = self.truncated
        twin.info = self.info
        twin.first = self.first
        twin.time = self.time
        twin.frame = self.frame
        twin.actor = self.actor
        return twin  # type: ignore[no-any-return]

    def __eq__(self, other: object) -> bool:
        return same(self, other)

    __hash__ = None  # type: ignore[assignment]  # observations are arrays

    def __repr__(self) -> str:
        return _brief(self)


@final
@value(eq=False)
class Act:
    """The action on its way down."""

    action: Any

    def __eq__(self, other: object) -> bool:
        return same(self, other)

    __hash__ = None  # type: ignore[assignment]  # actions are arrays

    def __repr__(self) -> str:
        return _brief(self)


@final
@value(eq=False)
class Reset:
    """The wish for a new episode on its way down, with Gymnasium's arguments."""

    seed: int | None = None
    options: Mapping[str, Any] | None = None

    def __eq__(self, other: object) -> bool:
        return same(self, other)

    __hash__ = None  # type: ignore[assignment]  # options is a dict

    def __repr__(self) -> str:
        return _brief(self)


Message = TimeStep | Act | Reset
Command = Act | Reset


def _brief(message: Any) -> str:
    """Print what differs from the defaults, so that a dialogue reads at a glance."""
    parts = []
    for field in attrs.fields(type(message)):
        held, default = getattr(message, field.name), field.default
        if default is attrs.NOTHING:
            parts.append(repr(held))
        elif not same(held, {} if isinstance(default, attrs.Factory) else default):  # type: ignore[arg-type]
            parts.append(f"{field.name}={held!r}")
    return f"{type(message).__name__}({', '.join(parts)})"
