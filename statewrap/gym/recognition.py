"""A Gymnasium stack, recognised layer by layer: what it is in statewrap, and what it remembers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import zip_longest
from typing import Any

import attrs
from gymnasium.spaces import Box

from statewrap.core.errors import ConfigurationError
from statewrap.core.key import Key
from statewrap.core.wrapper import Below, Stack, StackMemory, Wrapper
from statewrap.gym import held
from statewrap.gym.chain import below, chain
from statewrap.gym.known import entry_point, recorded_arguments, row_of
from statewrap.gym.pulled import Pulled
from statewrap.gym.rows import NOTES
from statewrap.gym.wrapper import GymWrapper
from statewrap.wrappers import TimeLimit
from statewrap.wrappers.record_statistics import Tally


@attrs.frozen
class Layer:
    """One wrapper of a Gymnasium stack, recognised or not."""

    name: str
    """Its class, `module:Class`."""
    wrappers: tuple[Wrapper[Any], ...] = ()
    """What it is in statewrap: one wrapper, a few of them, or none if it is left out."""
    memory: tuple[Any, ...] = ()
    """What it remembers, for each of them."""
    fresh: tuple[Any, ...] = ()
    """What they remember who have seen nothing."""
    note: str = ""
    known: bool = True
    error: ConfigurationError | None = None
    """Why it could not be read, though it is known."""


@attrs.frozen
class Recognised:
    """A Gymnasium stack, nearest to the environment first."""

    name: str
    """The class of the environment at the bottom."""
    below: Below
    """What is known of it."""
    layers: tuple[Layer, ...]

    @property
    def unknown(self) -> tuple[str, ...]:
        """The classes of the layers that were not recognised."""
        return tuple(layer.name for layer in self.layers if not layer.known)

    @property
    def stack(self) -> Stack:
        """All of them as one stack, unbound."""
        return Stack(*(wrapper for layer in self.layers for wrapper in layer.wrappers))

    def memory(self, root: Key) -> StackMemory:
        """Return what they remember, with the keys of a root."""
        memories = tuple(memory for layer in self.layers for memory in layer.memory)
        return StackMemory(memories, tuple(root.fold(i) for i in range(len(memories))))


def recognised(env: Any, root: Key) -> Recognised:
    """Look at each layer of a stack; the environment is not called.

    Args:
        env: a Gymnasium environment, wrapped or not; or a `VecEnv` of Stable-Baselines3, of which
            the first environment is meant.
        root: from which wrappers draw that have their own key in their memory.

    Raises:
        TypeError: if it is something else.
    """
    layers, bottom = chain(env)
    limit = None if bottom.spec is None else bottom.spec.max_episode_steps
    reader = _Reader(_opened(layers), root, limit, _frames(layers))
    found = tuple(_merged([reader.read(layer) for layer in layers]))
    return Recognised(type(bottom).__name__, reader.below(bottom, limit), found)


def made_of(layer: Any) -> tuple[Wrapper[Any], ...] | None:
    """Return what a layer is in statewrap, nearest to the environment first; None if not known.

    >>> import gymnasium
    >>> made_of(gymnasium.wrappers.RepeatAction(gymnasium.make("CartPole-v1"), 2))
    (RepeatAction(num_repeats=2),)
    """
    if is_own(layer):
        stack: Stack = layer.taken()
        return stack.wrappers
    row = row_of(entry_point(type(layer)))
    return None if row is None else row.wrappers(row.made_with(layer))


def is_own(layer: Any) -> bool:
    """Tell whether a layer is a twin or a `GymWrapper`, which say what they are."""
    return isinstance(layer, Pulled) and type(layer).__module__.startswith("statewrap.gym.")


def unknown_error(names: tuple[str, ...]) -> ConfigurationError:
    """Say which wrappers are not known, and what to do."""
    listed = ", ".join(names)
    first = names[0].partition(":")[2]
    return ConfigurationError(
        f"These wrappers have no twin: {listed}. Write one as a statewrap.Wrapper and say so, as "
        f"in statewrap.gym.register_twin({first}, MyTwin). statewrap.gym.explain(env) shows each "
        "layer."
    )


@attrs.define
class _Reader:
    """Reads layers from the bottom up, and keeps track of what no layer tells by itself."""

    opened: bool
    """Whether an episode was opened, as far as that can be told."""
    root: Key
    limit: int | None
    """The limit of an episode, at the layer that comes next."""
    frames: Box | None
    """Where pictures lie, if a layer shows them."""
    count: int = 0
    """How many wrappers lie below."""

    def read(self, layer: Any) -> Layer:
        """Recognise a layer."""
        name = entry_point(type(layer))
        try:
            wrappers, row = made_of(layer), row_of(name)
            if wrappers is None:
                return Layer(name, known=False)
            if is_own(layer):
                return self._own(layer, name, wrappers)
            assert row is not None  # noqa: S101 - it has made the wrappers
            return self._found(layer, name, wrappers, partial(row.remembered, layer), row.note)
        except ConfigurationError as error:
            return Layer(name, error=error)

    def below(self, env: Any, limit: int | None) -> Below:
        """Say what is known of an environment, without asking for its spec, which is kept then."""
        return Below(
            observation_space=env.observation_space,
            action_space=env.action_space,
            max_episode_steps=limit,
            render_mode=env.render_mode,
            metadata=dict(env.metadata or {}),
            frame_space=self.frames,
        )

    def _own(self, layer: Pulled, name: str, wrappers: tuple[Wrapper[Any], ...]) -> Layer:
        """Recognise a wrapper of statewrap's, which has its memory."""
        memory = tuple(_taken(layer, memory) for memory in layer.memory.wrappers)
        note = NOTES.get(type(wrappers[0]).__name__, "") if len(wrappers) == 1 else ""
        return self._found(layer, name, wrappers, lambda *_: memory, note)

    def _found(
        self, layer: Any, name: str, wrappers: tuple[Any, ...], remembered: Any, note: str
    ) -> Layer:
        stack = Stack(*wrappers).bind(self.below(below(layer), self.limit))
        fresh = tuple(
            wrapper.initial(self.root.fold(self.count + i)) for i, wrapper in enumerate(stack)
        )
        memory = remembered(stack.wrappers, fresh)
        if not self.opened:
            memory = tuple(
                own if wrapper.keeps else new
                for own, new, wrapper in zip(memory, fresh, stack, strict=True)
            )
        self.limit = stack.gaps[-1].max_episode_steps  # type: ignore[index]  # it is bound
        self.count += len(wrappers)
        return Layer(name, wrappers, memory, fresh, note)


def _opened(layers: list[Any]) -> bool:
    """Tell whether an episode was opened; yes, if no layer tells."""
    for layer in layers:
        if hasattr(layer, "has_reset"):
            return bool(layer.has_reset)
        if isinstance(layer, GymWrapper):
            return layer.opened
        if getattr(layer, "_elapsed_steps", 0) is None:
            return False
    return True


def _frames(layers: list[Any]) -> Box | None:
    """Return the space of pictures, which an `AddRenderObservation` shows."""
    for layer in layers:
        if type(layer).__name__ == "AddRenderObservation":
            space: Any = layer.observation_space
            made_with = recorded_arguments(layer)
            pictures: Box = space if made_with["render_only"] else space[made_with["render_key"]]
            return pictures
    return None


def _taken(layer: Any, memory: Any) -> Any:
    """Return a memory of a wrapper of statewrap's as it is for another driver.

    What shares the environment's generator goes on from a copy of it; times are another clock's.
    """
    if type(memory) is Tally:
        return memory._replace(opened=0.0)
    shares = getattr(layer, "shares_generator", False)
    draws = held.generator_of(layer) if shares else None
    return memory if draws is None else memory._replace(draws=draws)


def _merged(layers: list[Layer]) -> Iterator[Layer]:
    """Leave out what a layer directly above makes superfluous."""
    for layer, above in zip_longest(layers, layers[1:]):
        both = () if above is None else (*layer.wrappers, *above.wrappers)
        if len(both) == 2 and superfluous(*both):
            note = "left out: the next one cuts no later"
            yield attrs.evolve(layer, wrappers=(), memory=(), fresh=(), note=note)
        else:
            yield layer


def superfluous(wrapper: Any, above: Any) -> bool:
    """Tell whether a `TimeLimit` lies directly below one that is not longer; a spec says one."""
    limits = type(wrapper) is TimeLimit is type(above)
    return limits and wrapper.max_episode_steps >= above.max_episode_steps
