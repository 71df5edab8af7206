"""What can be said of an environment without having it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Self

import attrs
import gymnasium
from gymnasium.envs.registration import EnvSpec

from statewrap.core.fields import argument
from statewrap.core.same import same


def _a_mapping(_: Any, field: Any, given: Any) -> None:
    if not isinstance(given, Mapping):
        raise TypeError(f"{field.name} is {given!r}, expected a dict.")


def _copy(given: Any) -> Any:
    """Copy attributes, those apart that have no copy, such as modules; others are validated."""
    if not isinstance(given, Mapping):
        return given
    try:
        return copy.deepcopy(dict(given))
    except Exception:  # noqa: BLE001 - of any kind, from somebody's class
        return {name: _copy_of(part) for name, part in given.items()}


def _copy_of(part: Any) -> Any:
    try:
        return copy.deepcopy(part)
    except Exception:  # noqa: BLE001 - of any kind, from somebody's class
        return part


def _said(spec: EnvSpec | str | None) -> EnvSpec | str | None:
    """Return a spec as JSON, if that says all of it."""
    if not isinstance(spec, EnvSpec):
        return spec
    try:
        text: str = spec.to_json()
        return text if EnvSpec.from_json(text) == spec else spec
    except (TypeError, ValueError, AttributeError):
        return spec


@attrs.frozen
class Description:
    """What a wrapper may ask of its environment besides spaces: a static description.

    Args:
        spec: `env.spec`, or None; the limit of an episode comes from what lies below.
        action_meanings: what `get_action_meanings()` answers, such as `("NOOP", "FIRE")`.
        frameskip: what `_frameskip` is, such as 1.
        ale: whether there is an Atari emulator, whose lives are `info["lives"]` and whose screen
            is the observation.
        attributes: further attributes of the environment, by name; constants. They are copied.
        absent: names of attributes that the environment has not, for wrappers that look whether
            it has them, as by `hasattr`.
        info: what an info holds in the dry run, such as `{"lives": 3}`.

    >>> Description(action_meanings=("NOOP", "FIRE")).action_meanings
    ('NOOP', 'FIRE')
    """

    _spec: EnvSpec | str | None = attrs.field(default=None, converter=_said)
    action_meanings: tuple[str, ...] | None = attrs.field(
        default=None, converter=attrs.converters.optional(tuple)
    )
    frameskip: int | tuple[int, int] | None = None
    ale: bool = False
    _attributes: Mapping[str, Any] = argument(
        attrs.Factory(dict), validator=_a_mapping, converter=_copy
    )
    absent: frozenset[str] = attrs.field(default=frozenset(), converter=frozenset)
    info: Mapping[str, Any] = argument(attrs.Factory(dict), validator=_a_mapping)

    def __repr__(self) -> str:
        usual, fields = type(self)(), attrs.fields(type(self))
        parts = ((f.alias, getattr(self, f.name), getattr(usual, f.name)) for f in fields)
        told = (f"{name}={part!r}" for name, part, default in parts if not same(part, default))
        return f"Description({', '.join(told)})"

    @property
    def attributes(self) -> dict[str, Any]:
        """The further attributes: copies, for whoever asks may change them in place."""
        copied: dict[str, Any] = _copy(self._attributes)
        return copied

    @property
    def spec(self) -> EnvSpec | None:
        """The spec; kept as JSON where that says all of it, so that it is the same elsewhere."""
        return EnvSpec.from_json(self._spec) if isinstance(self._spec, str) else self._spec

    @classmethod
    def of(cls, env: gymnasium.Env[Any, Any], **more: Any) -> Self:
        """Describe an environment; it is asked for its constants, and neither stepped nor reset.

        Args:
            env: a Gymnasium environment; what is described is the one at the bottom.
            more: arguments to put in place of what is found.

        >>> Description.of(gymnasium.make("CartPole-v1")).spec.id
        'CartPole-v1'
        """
        bare: Any = env.unwrapped
        meanings = getattr(bare, "get_action_meanings", None)
        ale = getattr(bare, "ale", None)
        found: dict[str, Any] = {
            "spec": bare.spec,
            "action_meanings": None if meanings is None else tuple(meanings()),
            "frameskip": getattr(bare, "_frameskip", None),
            "ale": ale is not None,
            "info": {} if ale is None else {"lives": int(ale.lives())},
        }
        return cls(**(found | more))

    @classmethod
    def with_more(cls, env: gymnasium.Env[Any, Any], more: Self | None) -> Self:
        """Describe an environment; what `more` says stands before what is found.

        >>> more = Description(attributes={"gear": 2.0})
        >>> Description.with_more(gymnasium.make("CartPole-v1"), more).attributes
        {'gear': 2.0}
        """
        if more is None:
            return cls.of(env)
        usual, fields = cls(), attrs.fields(cls)
        pairs = ((str(f.alias), getattr(more, f.name), getattr(usual, f.name)) for f in fields)
        return cls.of(env, **{name: part for name, part, old in pairs if not same(part, old)})
