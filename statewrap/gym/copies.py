"""What makes wrappers anew over another environment: from their arguments, or from themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
import gymnasium
import numpy as np

from statewrap.core.errors import ConfigurationError
from statewrap.core.fields import derived
from statewrap.core.wrapper import Below
from statewrap.gym.behind import NotCopiedError
from statewrap.gym.known import entry_point
from statewrap.gym.parts import parts_of
from statewrap.gym.plain import imported
from statewrap.gym.transplant import Transplant

Env = gymnasium.Env[Any, Any]


class _Part:
    """Stands for a part of what a kept copy lies on; it can be referred to weakly."""


class _Ground(gymnasium.Env[Any, Any]):
    """Stands for what a kept copy lies on; its parts stand for the environment's."""

    def __init__(self) -> None:
        self.bare: Any = _Part()
        self.generator: Any = _Part()
        self.ale: Any = _Part()
        self.shown: Any = _Part()
        self.acted: Any = _Part()


@attrs.frozen
class Copied:
    """Makes copies of wrappers as they were, over another environment.

    Args:
        names: their classes, `module:Class`, nearest to the environment first.
        form: a digest of all that they held, by which a snapshot tells them from others.
    """

    names: tuple[str, ...]
    form: str
    _kept: Any = derived()
    _ground: Any = derived()

    @property
    def statewrap_form(self) -> str:
        """What a memory says of the copy by which it was made: what did not change is not in it."""
        return f"-{self.form}"

    @classmethod
    def of(cls, outer: Any, env: Env) -> Copied:
        """Copy the wrappers from `outer` down to those directly above `env`.

        Args:
            outer: the outermost wrapper; it is neither called nor changed, nor kept.
            env: what they lie on; no reference to it is kept either.

        Raises:
            NotCopiedError: if they hold something that cannot be copied, or a part of `env`.
        """
        ground = _Ground()
        transplant = Transplant(_grounds(env, ground), _parts(env))
        try:
            kept = transplant.copy(outer, type(outer).__qualname__)
            transplant.hold_classes()
        except NotCopiedError:
            transplant.give_up()
            raise
        made = cls(_names(outer, env), transplant.form.hexdigest())
        object.__setattr__(made, "_kept", kept)
        object.__setattr__(made, "_ground", ground)
        return made

    def __deepcopy__(self, memo: dict[int, Any]) -> Copied:
        """Return the same: what is kept is copied whenever it is used."""
        return self

    def __call__(self, env: Env) -> Any:
        """Return a copy that lies on an environment."""
        if self._kept is None:
            raise ConfigurationError(
                f"{self!r} was made from an environment, which is not here. Make it again there: "
                "statewrap.gym.from_env(env)."
            )
        bare: Any = env.unwrapped
        ground = self._ground
        grounds = {id(ground): env, id(ground.bare): bare}
        known = _Lazily(grounds, ground, env)
        return Transplant(known, tells=False).copy(self._kept, self.names[-1])


class _Lazily(dict[int, Any]):
    """What stands for a part is asked for if it is met: who asks for a generator may draw."""

    def __init__(self, grounds: dict[int, Any], ground: _Ground, env: Any) -> None:
        super().__init__(grounds)
        self._asked = {
            id(ground.generator): lambda: env.unwrapped.np_random,
            id(ground.ale): lambda: env.unwrapped.ale,
            id(ground.shown): lambda: env.observation_space,
            id(ground.acted): lambda: env.action_space,
        }

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or key in self._asked

    def __missing__(self, key: int) -> Any:
        self[key] = self._asked[key]()
        return self[key]


def copied_over(
    layers: Sequence[Env], env: Env, ground: Env, idle: Sequence[Env] = ()
) -> list[Env]:
    """Copy wrappers, to be used at once.

    Args:
        layers: nearest to the environment first; they are neither called nor changed.
        env: what they lie on.
        ground: what the copies are to lie on.
        idle: those of them in whose place there is to be one that only passes on.

    Raises:
        NotCopiedError: if they hold something that cannot be copied, or a part of `env`.
    """
    marks = _Ground()
    known = _Lazily({id(marks): ground, id(marks.bare): ground.unwrapped}, marks, ground)
    found = {key: known[id(mark)] for key, mark in _grounds(env, marks).items()}
    transplant, made = Transplant(found, _parts(env), tells=False), [ground]
    for layer in layers:
        if any(layer is one for one in idle):
            found[id(layer)] = gymnasium.Wrapper(made[-1])
        made.append(transplant.copy(layer, type(layer).__name__))
    return made[1:]


def _grounds(env: Env, ground: _Ground) -> dict[int, Any]:
    """Say what stands for an environment, for that at the bottom, and for its generator."""
    spaces = {"observation_space": ground.shown, "action_space": ground.acted}
    shown = {id(getattr(env, name, None)): mark for name, mark in spaces.items()}
    shown.pop(id(None), None)
    found: dict[int, Any] = {**shown, id(env): ground}
    env = env.unwrapped
    found.setdefault(id(env), ground.bare)
    known = vars(env)
    if isinstance(known.get("_np_random"), np.random.Generator):
        found[id(known["_np_random"])] = ground.generator
    if known.get("ale") is not None:
        found[id(known["ale"])] = ground.ale
    return found


def _parts(env: Env) -> dict[int, str]:
    """Name what belongs to an environment alone, the layers between it and the bottom included."""
    found, name = parts_of(env), type(env).__name__
    while isinstance(env, gymnasium.Wrapper) and isinstance(env.env, gymnasium.Wrapper):
        env = env.env
        found[id(env)] = f"{type(env).__name__}, which lies below {name}"
    return found


def _names(outer: Any, env: Env) -> tuple[str, ...]:
    names = []
    while outer is not env:
        names.append(entry_point(type(outer)))
        outer = outer.env
    return tuple(names[::-1])


@attrs.frozen
class Made:
    """Makes wrappers from their arguments, nearest to the environment first.

    Args:
        layers: of each wrapper its class, `module:Class`, and its arguments but for the
            environment. The classes are imported when they are used.

    >>> env = Made((("gymnasium.wrappers:TimeLimit", {"max_episode_steps": 9}),))(
    ...     gymnasium.make("CartPole-v1").unwrapped
    ... )
    >>> type(env).__name__
    'TimeLimit'
    """

    layers: tuple[tuple[str, Mapping[str, Any]], ...]
    _looks: Callable[[Below], None] | None = derived()

    def look(self, looks: Callable[[Below], None]) -> None:
        """Say who is to look, when it is known what lies below, whether that will do."""
        object.__setattr__(self, "_looks", looks)

    def statewrap_fits(self, below: Below) -> None:
        """Hold that the wrappers may be made over this, as far as somebody looks."""
        if self._looks is not None:
            self._looks(below)

    @property
    def names(self) -> tuple[str, ...]:
        """Their classes, `module:Class`."""
        return tuple(name for name, _ in self.layers)

    def __call__(self, env: Env) -> Any:
        """Put the wrappers around an environment."""
        for name, arguments in self.layers:
            given = Transplant({}, tells=False).copy(dict(arguments), name)
            env = imported(name)(env, **given)
        return env
