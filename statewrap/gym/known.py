"""The wrappers that are recognised, and how each is read: a row each.

A row says of which arguments statewrap's wrapper is made, given a wrapper of Gymnasium's or the
arguments that a spec says, and what that wrapper remembers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs

from statewrap.core.errors import ConfigurationError
from statewrap.core.words import brief, sentence
from statewrap.core.wrapper import Stack, Wrapper

Make = Callable[..., Wrapper[Any] | None]


def recorded_arguments(layer: Any) -> dict[str, Any]:
    """Return what a wrapper was made with, as `gymnasium.utils.RecordConstructorArgs` keeps it.

    Raises:
        ConfigurationError: if it does not.
    """
    saved = getattr(layer, "_saved_kwargs", None)
    if saved is None:
        raise ConfigurationError(
            f"{type(layer).__qualname__} does not record its arguments. Derive it from "
            "gymnasium.utils.RecordConstructorArgs, or say what they are: "
            "register_twin(..., arguments=lambda layer: {...})."
        )
    return {name: value for name, value in saved.items() if name != "env"}


def nothing(layer: Any, wrapper: Any, initial: Any) -> Any:  # noqa: ARG001 - as all readers
    """Return the memory of a wrapper that has seen nothing."""
    return initial


@attrs.frozen
class Row:
    """How a wrapper of Gymnasium's is read.

    What its functions raise, or give wrongly, is a `ConfigurationError` that names the wrapper.
    """

    name: str
    """Its class, `module:Class`."""
    make: Make
    """From its arguments to statewrap's wrapper, a stack of several, or None to leave it out."""
    arguments: Callable[[Any], Mapping[str, Any]] = recorded_arguments
    """From an instance to its arguments."""
    memory: Callable[[Any, Any, Any], Any] = nothing
    """From an instance, statewrap's wrapper (bound) and that one's initial memory to its memory;
    of a stack, to those of its wrappers."""
    note: str = ""
    """What there is to say of it."""

    def wrappers(self, arguments: Mapping[str, Any]) -> tuple[Wrapper[Any], ...]:
        """Make statewrap's wrappers.

        Raises:
            ConfigurationError: if none can be made of these arguments.
        """
        what = f"make={brief(self.make)}, called with {brief(arguments)},"
        made = self._asked(what, lambda: self.make(**arguments))
        if made is None:
            return ()
        if not isinstance(made, Wrapper):
            raise self._wrong(f"{what} gave {brief(made)}, expected a statewrap.Wrapper or None.")
        return Stack(made).wrappers

    def made_with(self, layer: Any) -> Mapping[str, Any]:
        """Return the arguments of an instance.

        Raises:
            ConfigurationError: if they cannot be read.
        """
        found = self._asked("arguments=", lambda: self.arguments(layer))
        if not isinstance(found, Mapping):
            raise self._wrong(f"arguments= gave {brief(found)}, expected a dict.")
        return found

    def remembered(
        self, layer: Any, bound: tuple[Any, ...], fresh: tuple[Any, ...]
    ) -> tuple[Any, ...]:
        """Return what an instance remembers, for each of statewrap's wrappers.

        Args:
            layer: the instance.
            bound: statewrap's wrappers.
            fresh: their initial memories.

        Raises:
            ConfigurationError: if it cannot be read.
        """
        if not bound:
            return ()
        if len(bound) == 1:
            return (self._asked("memory=", lambda: self.memory(layer, bound[0], fresh[0])),)
        found = self._asked("memory=", lambda: self.memory(layer, bound, fresh))
        if type(found) not in (tuple, list) or len(found) != len(bound):
            count = f"expected a memory for each of {len(bound)} wrappers, in a tuple."
            raise self._wrong(f"memory= gave {brief(found)}, {count}")
        return tuple(found)

    def _asked(self, what: str, ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except ConfigurationError:  # which says what to do
            raise
        except Exception as error:
            why = f"{type(error).__name__}: {sentence(error)}"
            raise self._wrong(f"{what} raised {why}") from error

    def _wrong(self, what: str) -> ConfigurationError:
        home, _, kind = self.name.partition(":")
        where = f" Put right what was given to register_twin({kind}, ...)."
        return ConfigurationError(
            f"What {self.name} becomes cannot be told: {what}{'' if home in _HOMES else where}"
        )


_rows: Final[dict[str, Row]] = {}
_HOMES: Final = {
    "gymnasium.wrappers": "gymnasium.wrappers",
    "statewrap.gym.wrappers": "gymnasium.wrappers",  # of the same names and arguments
    "stable_baselines3.common": "stable_baselines3.common",
}
"""Package, to that under which the wrappers of its modules are entered."""


def register_twin(
    wrapper: type | str,
    make: Make,
    *,
    arguments: Callable[[Any], Mapping[str, Any]] | None = None,
    memory: Callable[[Any, Any, Any], Any] | None = None,
    note: str = "",
) -> None:
    """Say what a Gymnasium wrapper of your own becomes, for `from_env` and `from_spec`.

    Args:
        wrapper: its class, or `"module:Class"`.
        make: the class of a `statewrap.Wrapper`, or a function, called with the arguments of the
            Gymnasium wrapper's constructor by name; a function may return a stack, or None if
            the wrapper is to be left out.
        arguments: from an instance to these arguments; by default what the wrapper has recorded
            (`gymnasium.utils.RecordConstructorArgs`).
        memory: from an instance, your wrapper (bound) and its initial memory to the memory with
            which it goes on; by default the initial one.
        note: what `explain` is to say of it.

    >>> import attrs, gymnasium, statewrap
    >>> from statewrap.gym import from_env
    >>> class Halve(gymnasium.RewardWrapper):
    ...     def reward(self, reward):
    ...         return reward / 2
    >>> @attrs.frozen
    ... class HalveReward(statewrap.Wrapper):
    ...     def on_state(self, memory, timestep):
    ...         return memory, timestep.replace(reward=timestep.reward / 2)
    >>> register_twin(Halve, HalveReward, arguments=lambda layer: {})
    >>> from_env(Halve(gymnasium.make("CartPole-v1").unwrapped))[0]
    Stack(HalveReward())
    """
    name = wrapper if isinstance(wrapper, str) else entry_point(wrapper)
    _rows[name] = Row(name, make, arguments or recorded_arguments, memory or nothing, note)


def entry_point(kind: type) -> str:
    """Return `module:Class`."""
    return f"{kind.__module__}:{kind.__qualname__}"


def row_of(name: str) -> Row | None:
    """Return the row of `module:Class`, whatever module of its package the class is in."""
    if name in _rows:
        return _rows[name]
    module, _, kind = name.partition(":")
    if module.startswith("gymnasium.wrappers.vector"):
        return None
    inside = (home for package, home in _HOMES.items() if f"{module}.".startswith(f"{package}."))
    home = next(inside, None)
    return _rows.get(f"{home}:{kind}")


def registered_twins() -> dict[str, Row]:
    """Return a copy of the table: `module:Class` to row."""
    return dict(_rows)
