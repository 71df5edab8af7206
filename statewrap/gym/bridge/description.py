"""What can be said of an environment without having it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Self

import attrs
import gymnasium
from gymnasium.envs.registration import EnvSpec

from statewrap.core.fields import a_flag, argument
from statewrap.core.same import same
from statewrap.core.words import brief, sentence
from statewrap.gym.bridge import described, specid


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


@attrs.frozen
class Description:
    """What a wrapper may ask of its environment besides spaces: a static description.

    Args:
        spec: `env.spec`, or None; the limit of an episode comes from what lies below. Or the id of
            an environment that is registered; or a dict of it and what is otherwise, as the
            `repr` has it: `{"id": "CartPole-v1", "kwargs": {"render_mode": "rgb_array"}}`.
        action_meanings: what `get_action_meanings()` answers, such as `("NOOP", "FIRE")`.
        frameskip: what `_frameskip` is, such as 1.
        ale: whether there is an Atari emulator, whose lives are `info["lives"]` and whose screen
            is the observation.
        attributes: further attributes of the environment, by name; constants. They are copied.
        absent: names of attributes that the environment has not, for wrappers that look whether
            it has them, as by `hasattr`.
        info: what an info holds in the dry run, such as `{"lives": 3}`. It is copied.

    Raises:
        TypeError: if a part is something else.
        ValueError: if a spec or a number of frames is none that there is, if a name is one that a
            bridge answers by itself, or if what is described is named as absent.

    >>> Description(action_meanings=("NOOP", "FIRE")).action_meanings
    ('NOOP', 'FIRE')
    """

    _spec: EnvSpec | str | None = attrs.field(default=None, converter=described.spec)
    action_meanings: tuple[str, ...] | None = attrs.field(
        default=None,
        converter=described.action_meanings,
    )
    frameskip: int | tuple[int, int] | None = attrs.field(
        default=None, converter=described.frameskip
    )
    ale: bool = attrs.field(default=False, validator=a_flag)
    _attributes: Mapping[str, Any] = argument(
        attrs.Factory(dict), validator=[described.names, described.free], converter=_copy
    )
    absent: frozenset[str] = attrs.field(
        default=frozenset(), converter=described.absent, validator=described.not_there
    )
    info: Mapping[str, Any] = argument(
        attrs.Factory(dict), validator=described.names, converter=_copy
    )

    @absent.validator
    def _hold_one_of_both(self, _: Any, absent: frozenset[str]) -> None:
        described_too = {
            *self._attributes,
            *["ale"] * self.ale,
            *["_frameskip"] * (self.frameskip is not None),
            *["get_action_meanings"] * (self.action_meanings is not None),
        }
        for name in absent & described_too:
            raise ValueError(
                f"absent names {name!r}, which is described as well: an environment has it, or has "
                "it not."
            )

    def __repr__(self) -> str:
        usual, fields = type(self)(), attrs.fields(type(self))
        parts = ((f.alias, getattr(self, f.name), getattr(usual, f.name)) for f in fields)
        told = (f"{n}={_printed(n, part)}" for n, part, default in parts if not same(part, default))
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

        Raises:
            TypeError: if `env` is something else, or an argument is not known.

        >>> Description.of(gymnasium.make("CartPole-v1")).spec.id
        'CartPole-v1'
        """
        if not isinstance(env, gymnasium.Env):
            raise TypeError(f"env is {brief(env)}, expected a gymnasium.Env to describe.")
        unknown = more.keys() - {field.alias for field in attrs.fields(cls)}
        if unknown:
            raise TypeError(
                f"Description takes no {', '.join(sorted(unknown))}, expected any of "
                f"{', '.join(str(field.alias) for field in attrs.fields(cls))}."
            )
        return cls(**(_found(cls, _bottom(env)) | more))

    @classmethod
    def with_more(cls, env: gymnasium.Env[Any, Any], more: Self | None) -> Self:
        """Describe an environment; what `more` says stands before what is found.

        Raises:
            TypeError: if `env` is no environment, or `more` no description.

        >>> more = Description(attributes={"gear": 2.0})
        >>> Description.with_more(gymnasium.make("CartPole-v1"), more).attributes
        {'gear': 2.0}
        """
        if more is None:
            return cls.of(env)
        hold_description(more)
        usual, fields = cls(), attrs.fields(cls)
        pairs = ((str(f.alias), getattr(more, f.name), getattr(usual, f.name)) for f in fields)
        return cls.of(env, **{name: part for name, part, old in pairs if not same(part, old)})


def _printed(name: str | None, part: Any) -> str:
    return specid.told(part) if name == "spec" else repr(part)


def _bottom(env: Any) -> Any:
    try:
        return env.unwrapped
    except AttributeError as error:
        raise TypeError(
            f"{type(env).__name__} lies on no environment: {sentence(error)} The constructor of a "
            "wrapper has to call super().__init__(env)."
        ) from error


def _found(kind: type[Description], bare: Any) -> dict[str, Any]:
    """Return what an environment says of itself; what is not as it is in Gymnasium is left out."""
    lives = _asked(bare, "ale", "lives")
    found = {
        "spec": bare.spec,
        "action_meanings": _asked(bare, "get_action_meanings"),
        "frameskip": getattr(bare, "_frameskip", None),
        "ale": described.is_whole(lives),
        "info": {"lives": int(lives)} if described.is_whole(lives) else {},
    }
    return {name: part for name, part in found.items() if _fits(kind, name, part)}


def _asked(bare: Any, *names: str) -> Any:
    """Return what a method of an environment, or of a part of it, returns; None if it cannot."""
    for name in names:
        bare = getattr(bare, name, None)
    try:
        return bare()
    except Exception:  # noqa: BLE001 - of any kind, from somebody's class
        return None


def _fits(kind: type[Description], name: str, part: Any) -> bool:
    try:
        kind(**{name: part})
    except (TypeError, ValueError):
        return False
    return True


def a_description(_: Any, field: Any, given: Any) -> None:
    """Ask for a `Description`."""
    hold_description(given, field.name)


def hold_description(given: Any, name: str = "describe") -> None:
    """Hold that something is a `Description`.

    Raises:
        TypeError: if it is something else.
    """
    if not isinstance(given, Description):
        raise TypeError(
            f"{name} is {brief(given)}, expected what is known of the environment besides its "
            "spaces: Description(spec=..., attributes={...}, info={...})."
        )
