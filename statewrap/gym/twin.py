"""One wrapper of statewrap's as an ordinary Gymnasium wrapper, used as Gymnasium's own is.

A twin has the name, the arguments and the attributes of Gymnasium's wrapper, and does what that
one does, also where statewrap's own default is another.
"""

from __future__ import annotations

import inspect
import json
from types import ModuleType
from typing import Any, ClassVar

import attrs
import gymnasium
import numpy as np

import statewrap.wrappers
from statewrap.core.borders import freeze, thaw
from statewrap.core.errors import BindError, WrapperError
from statewrap.core.events import Fact
from statewrap.core.messages import Act, Command, Message, TimeStep
from statewrap.core.wrapper import Stack, StackMemory, Wrapper
from statewrap.gym.plain import read, said
from statewrap.gym.pulled import Pulled

Env = gymnasium.Env[Any, Any]


class Twin(Pulled):
    """A single wrapper around an environment; what it remembers is `memory.wrappers[0]`.

    A subclass bears the name of statewrap's wrapper. Its `__init__` records its arguments, as
    Gymnasium's wrappers do, and passes them on; each is an attribute as well.

    Errors are those of Gymnasium's wrapper: a space that does not fit raises when the wrapper is
    made, and what a function of the user's raises arrives as it is.
    """

    _refuses: ClassVar[type[Exception]] = ValueError
    """What Gymnasium's wrapper raises at a space of a wrong kind, where nothing else says so."""

    def __init__(self, env: Env, **arguments: Any) -> None:
        saved = self._saved_kwargs
        self._saved_kwargs = {name: recorded(value) for name, value in saved.items()}
        wrapper = self._native()(**{name: read(value) for name, value in arguments.items()})
        try:
            super().__init__(env, Stack(wrapper), None)
        except BindError as error:
            raise as_raised(error, self._refuses) from error.__cause__

    def __init_subclass__(cls) -> None:
        """Make an attribute of each argument."""
        super().__init_subclass__()
        if "__init__" in vars(cls):
            for name in inspect.signature(cls).parameters:
                if name != "env" and not hasattr(cls, name):
                    setattr(cls, name, _argument(name))

    @classmethod
    def _native(cls) -> Any:
        """Return statewrap's class of the same name; for a subclass that of its base."""
        box = vars(statewrap.wrappers)
        return next(box[kind.__name__] for kind in cls.__mro__ if kind.__name__ in box)

    @property
    def wrapper(self) -> Any:
        """Statewrap's wrapper, unbound."""
        return self.unbound[0]

    @property
    def held(self) -> Any:
        """What the wrapper remembers; a value, which may be replaced."""
        return self._memory.wrappers[0]

    @held.setter
    def held(self, memory: Any) -> None:
        self._memory = StackMemory((memory,), self._memory.keys)

    def become(self, wrapper: Wrapper[Any]) -> None:
        """Go on with another wrapper of the class, as when an argument is set."""
        known = self.stack.gaps[0]  # type: ignore[index]  # it is bound
        self.unbound, self.stack = Stack(wrapper), Stack(wrapper).bind(known)

    def _pull(
        self, memory: StackMemory, command: Command, facts: list[Fact] | None = None
    ) -> tuple[StackMemory, TimeStep]:
        memory, message = self._routed(memory, command, facts)
        while type(message) is not TimeStep:
            memory, message = self._routed(memory, self._answer(message), facts)
        return memory, message

    def _routed(
        self, memory: StackMemory, message: Message, facts: list[Fact] | None = None
    ) -> tuple[StackMemory, Message]:
        try:
            return self.stack.route(memory, message, facts)
        except WrapperError as error:
            cause = error.cause
        raise cause  # Gymnasium's wrappers let it through

    def _asked(self, message: Message) -> Any:
        """Return what becomes of a message, as a call of `observation`, say, has it."""
        self._memory, message = self._routed(self._memory, message)
        return message


class Observing(Twin, gymnasium.ObservationWrapper[Any, Any, Any]):
    """A twin of an `ObservationWrapper`."""

    def observation(self, observation: Any) -> Any:
        """Return what becomes of an observation."""
        return thaw(self._asked(TimeStep(freeze(observation))).observation)

    @property
    def func(self) -> Any:
        """The function from observation to observation."""
        return self.observation


class Acting(Twin, gymnasium.ActionWrapper[Any, Any, Any]):
    """A twin of an `ActionWrapper`."""

    def action(self, action: Any) -> Any:
        """Return what becomes of an action."""
        return thaw(self._asked(Act(freeze(action))).action)

    @property
    def func(self) -> Any:
        """The function from action to action."""
        return self.action


class Rewarding(Twin, gymnasium.RewardWrapper[Any, Any]):
    """A twin of a `RewardWrapper`."""

    def reward(self, reward: Any) -> Any:
        """Return what becomes of a reward."""
        return thaw(self._asked(TimeStep(None, freeze(reward))).reward)

    @property
    def func(self) -> Any:
        """The function from reward to reward."""
        return self.reward


def _argument(name: str) -> property:
    """Make an attribute of an argument: setting it changes the wrapper."""

    def get(self: Twin) -> Any:
        return thaw(getattr(self.wrapper, name))

    def put(self: Twin, value: Any) -> None:
        self.become(attrs.evolve(self.wrapper, **{name: value}))

    return property(get, put, doc=f"The argument `{name}`.")


def recorded(value: Any) -> Any:
    """Return what JSON holds of an argument, or the argument itself where it holds nothing."""
    if isinstance(value, ModuleType):
        return value.__name__.removeprefix("array_api_compat.")
    if type(value) is tuple or isinstance(value, np.generic):  # which JSON would make others of
        return said(value)
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return said(value)
    return value


def as_raised(error: BindError, usual: type[Exception] = ValueError) -> BindError:
    """Return an error that is of the type which Gymnasium's wrapper raises as well.

    Args:
        error: its cause is of that type, if it has one.
        usual: the type if it has none.

    >>> isinstance(as_raised(BindError("no Box"), TypeError), TypeError)
    True
    """
    kind = usual if error.__cause__ is None else type(error.__cause__)
    if isinstance(error, kind):
        return error
    both: Any = type(f"Bind{kind.__name__}", (BindError, kind), {"__module__": __name__})
    raised: BindError = both(*error.args)
    return raised
