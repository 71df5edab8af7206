"""A Gymnasium stack, recognised layer by layer: what it is in statewrap, and what it remembers."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import zip_longest
from typing import Any

import attrs
import gymnasium
from gymnasium.spaces import Box

from statewrap.core.errors import BindError, ConfigurationError
from statewrap.core.key import Key
from statewrap.core.words import sentence
from statewrap.core.wrapper import Below, Stack, StackMemory, Wrapper
from statewrap.gym import held
from statewrap.gym.bridge import Description
from statewrap.gym.bridge.bridge import Mode
from statewrap.gym.bridge.description import hold_description
from statewrap.gym.bridge.seen import Seen
from statewrap.gym.bridging import Bridged, bridged, cheaper_joined, deepest, hold_mode
from statewrap.gym.chain import below, chain
from statewrap.gym.known import entry_point, recorded_arguments, row_of
from statewrap.gym.parts import changing_in
from statewrap.gym.pulled import Pulled
from statewrap.gym.replaced import replaced
from statewrap.gym.rows import NOTES
from statewrap.gym.together import Scene, Span, together
from statewrap.gym.unshared import unshared
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
    """Whether it has a twin, or is left out."""
    error: ConfigurationError | BindError | None = None
    """Why it could not be read, though it is known; or why it cannot be bridged."""
    bound: tuple[Any, ...] = ()
    """Its wrappers in statewrap, bound."""
    gaps: tuple[Below, ...] = ()
    """What is known below each of them."""

    @property
    def reason(self) -> str:
        """Why it cannot be used, as a sentence; empty if it can be."""
        return "" if self.error is None else sentence(self.error)


@attrs.frozen
class Recognised:
    """A Gymnasium stack, nearest to the environment first."""

    name: str
    """The class of the environment at the bottom."""
    below: Below
    """What is known of it."""
    layers: tuple[Layer, ...]

    @property
    def refused(self) -> tuple[Layer, ...]:
        """The layers that could be neither read nor bridged."""
        return tuple(layer for layer in self.layers if layer.error is not None)

    @property
    def stack(self) -> Stack:
        """All of them as one stack, unbound."""
        return Stack(*(wrapper for layer in self.layers for wrapper in layer.wrappers))

    def memory(self, root: Key) -> StackMemory:
        """Return what they remember, with the keys of a root."""
        memories = tuple(memory for layer in self.layers for memory in layer.memory)
        return StackMemory(memories, tuple(root.fold(i) for i in range(len(memories))))


def recognised(
    env: Any, root: Key, describe: Description | None = None, mode: Mode = "auto"
) -> Recognised:
    """Look at each layer of a stack; the environment is not called.

    Args:
        env: a Gymnasium environment, wrapped or not; or a `VecEnv` of Stable-Baselines3, of which
            the first environment is meant.
        root: from which wrappers draw that have their own key in their memory.
        describe: what is to be said of the environment to wrappers in a bridge, before what is
            found there.
        mode: of each bridge, as for `Bridge`.

    Raises:
        TypeError: if it is something else.
        ValueError: if there is no such mode.
    """
    hold_mode(mode)
    if describe is not None:
        hold_description(describe)
    layers, bottom = chain(env)
    limit = getattr(bottom.spec, "max_episode_steps", None)
    reader = _Reader(_opened(layers), root, limit, _frames(layers), describe, mode)
    ground = reader.below(bottom)
    found = tuple(_merged(_read(layers, bottom, reader)))
    return Recognised(type(bottom).__name__, ground, found)


def _read(layers: list[Any], bottom: Any, reader: _Reader) -> list[Layer]:
    """Read all layers; what is not known is bridged."""
    work = _Works(layers, bottom)
    work.read(copy.copy(reader))
    if any(layer.error for layer in work.found):
        return work.found
    wholes = [span for scene in work.scenes(reader) for span in together(scene)]
    if wholes:
        work = _Works(layers, bottom, {span.last: span for span in wholes})
        work.read(reader)
    return work.found


@attrs.define
class _Works:
    """Bridges layers, those together that have to be, or that are cheaper so."""

    layers: list[Any]
    bottom: Any
    wholes: dict[int, Span] = attrs.field(factory=dict)
    """Layers that have to be in one bridge, by the number of the last."""
    found: list[Layer] = attrs.field(factory=list)
    """What was read, from the bottom up."""
    readers: list[_Reader] = attrs.field(factory=list)
    """The state in which each layer was met."""
    groups: list[int] = attrs.field(factory=list)
    """How many layers the bridge holds that ends at each; 0 where none ends."""
    last: Seen | None = None
    """What the bridge of the layer read last, alone, has seen."""

    def read(self, reader: _Reader) -> None:
        """Read all layers."""
        inside = {n for span in self.wholes.values() for n in range(span.first, span.last)}
        for number, layer in enumerate(self.layers):
            self.readers.append(copy.copy(reader))
            if number in inside:
                self._enter(Layer(entry_point(type(layer)), known=False))
            elif number in self.wholes:
                reader = self._bridged_whole(self.wholes[number])
            else:
                reader = self._read_one(reader, layer)

    def _enter(self, layer: Layer) -> None:
        self.found.append(layer)
        self.groups.append(0)

    def _read_one(self, reader: _Reader, layer: Any) -> _Reader:
        read = reader.read(layer)
        if read.known:
            self._enter(read)
            return reader
        try:
            return self.bridge(read)
        except (BindError, ConfigurationError) as error:
            self._enter(attrs.evolve(read, error=error))
            return reader

    def _bridged_whole(self, span: Span) -> _Reader:
        """Put layers into one bridge that do otherwise in several."""
        layers = self.layers[span.first : span.last + 1]
        name = entry_point(type(layers[-1]))
        below = ", ".join(type(layer).__name__ for layer in layers[:-1])
        read = Layer(name, known=False, note=f"in one bridge with {below}, {span.why}")
        try:
            made = self._attempt(span.last, len(layers))
        except (BindError, ConfigurationError) as error:
            words = f"It has to be {read.note}; but {sentence(error)}"
            self._enter(attrs.evolve(read, error=ConfigurationError(words)))
            return self.readers[-1]
        self.found[span.first :] = [*_within(layers[:-1], name, span.why), _bridge(read, made)]
        self.groups.append(len(layers))
        return self.readers[span.first].after(made)

    def scenes(self, start: _Reader) -> Iterator[Scene]:
        """Give what is to be played: layers that lie on one another, a bridge among them."""
        inside: list[int] = []
        for number, layer in enumerate([*self.layers, None]):
            if isinstance(layer, gymnasium.Wrapper) and not is_own(layer):
                inside.append(number)
            elif any(self.groups[n] for n in inside):
                yield self._scene(inside[0], inside[-1] + 1, start)
                inside = []
            else:
                inside = []

    def _scene(self, first: int, stop: int, start: _Reader) -> Scene:
        under = [self.bottom, *self.layers]
        bridges = [n for n in range(first, stop) if self.groups[n]]
        seen = [self.found[n].bound[0].seen for n in bridges]
        return Scene(
            first=first,
            layers=self.layers[first:stop],
            env=under[first],
            spans=[*self._spans(first, stop)],
            idle=frozenset(n - first for n in range(first, stop) if self._is_idle(n)),
            below=lambda n: self.readers[first + n].below(under[first + n]),
            describe=Description.with_more(self.bottom, start.describe),
            opened=start.opened,
            guarded=any(one.mode == "greenlet" for one in seen),
        )

    def _spans(self, first: int, stop: int) -> Iterator[Span]:
        begin = first
        for number in range(first, stop):
            layer = self.found[number]
            if self.groups[number] or layer.known:
                yield Span(begin - first, number - first, bool(self.groups[number]))
                begin = number + 1

    def _is_idle(self, number: int) -> bool:
        """Tell whether a layer is known to pass on what it is given, and does something besides."""
        layer = self.found[number]
        left_out = layer.known and not layer.wrappers
        return left_out or layer.name.endswith(":PassiveEnvChecker")

    def bridge(self, read: Layer) -> _Reader:
        """Bridge the next layer; return the reader to go on with.

        Raises:
            ConfigurationError: if it cannot be bridged.
            BindError: the same.
        """
        index = len(self.found)
        count, made, note = deepest(index + 1, lambda count: self._attempt(index, count))
        own, below = made.bound.seen, self.last
        sharing = self._sharing(index, count, own)
        if sharing > count:
            count, made = sharing, self._attempt(index, sharing)
            note = "for what one hands out and keeps is changed by another"
        elif count == 1 and index and self.groups[-1] and cheaper_joined(below, own):
            with contextlib.suppress(BindError, ConfigurationError):
                made = self._attempt(index, self.groups[-1] + 1)
                count, note = self.groups[-1] + 1, "for both together are cheaper"
        if self._with_all_of(index, count) > count:
            count = self._with_all_of(index, count)
            made = self._attempt(index, count)
        inner = self.layers[index + 1 - count : index]
        self.found[index + 1 - count :] = [*_within(inner, read.name, note), _bridge(read, made)]
        self.groups[index + 1 - count :] = [*[0] * len(inner), count]
        self.last = own
        return self.readers[index + 1 - count].after(made)

    def _with_all_of(self, index: int, count: int) -> int:
        """Return how many layers a bridge holds that cuts through none that was made before."""
        start = index + 1 - count
        begins = [end + 1 - self.groups[end] for end in range(start, index) if self.groups[end]]
        return index + 1 - min([start, *begins])

    def _sharing(self, index: int, count: int, seen: Seen | None) -> int:
        """Return how many layers a bridge has to hold since they change each other's objects.

        What passes a border is copied there. In Gymnasium's loop a layer that changes in place what
        it is given changes what a layer below may have kept and will hand out again.
        """
        if seen is None or not {"observation", "info"} & {*seen.changes}:
            return count
        for end in range(index - count + 1):
            if self.groups[end] and self._hands_out(end):
                return index - end + self.groups[end]
        return count

    def _hands_out(self, end: int) -> bool:
        """Tell whether a bridge holds anything that may change, and that it may hand out again."""
        inside = self.layers[end + 1 - self.groups[end] : end + 1]
        return bool(self.found[end].bound[0].seen.held) or any(map(changing_in, inside))

    def _attempt(self, index: int, count: int) -> Bridged:
        """Bridge a layer with those below it, so many in all."""
        below = self.layers[index - count] if count <= index else self.bottom
        return self.readers[index + 1 - count].bridged(self.layers[index], below)


def _within(layers: list[Any], outer: str, why: str) -> list[Layer]:
    """Give the layers that are in a bridge beside its outermost."""
    note = f"in the bridge of {outer.rpartition(':')[2]}, {why}"
    return [Layer(entry_point(type(layer)), known=False, note=note) for layer in layers]


def _bridge(read: Layer, made: Bridged) -> Layer:
    return attrs.evolve(
        read,
        wrappers=(made.bridge,),
        bound=(made.bound,),
        memory=(made.memory,),
        fresh=(made.fresh,),
        gaps=(made.below,),
    )


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
    """Say which wrappers of a spec are not known, and what to do."""
    listed = ", ".join(names)
    return ConfigurationError(
        f"These wrappers have no twin: {listed}. They run through a bridge if their modules may be "
        "imported, which runs their code: from_spec(..., trust=True). Or write a statewrap.Wrapper "
        f"that does the same, and say so: {_registering(names[0])}."
    )


def refusal_error(layers: tuple[Layer, ...]) -> ConfigurationError:
    """Say which layers could not be read, each with the reason, and what to do."""
    if len(layers) == 1 and layers[0].known:
        return layers[0].error  # type: ignore[return-value]  # it is one, where there is a twin
    listed = "".join(f"\n  {layer.name}: {layer.reason}" for layer in layers)
    unknown = [layer.name for layer in layers if not layer.known]
    cure = _cure(unknown[0]) if unknown else ""
    return ConfigurationError(f"These wrappers cannot be used:{listed}{cure}")


def _cure(name: str) -> str:
    """Say what to do about a wrapper that cannot be used."""
    left_out = "lambda: None, arguments=lambda layer: {}"
    return (
        f"\nWrite a statewrap.Wrapper that does the same, and say so: {_registering(name)}. Or "
        f"leave it out, where production can do without: {_registering(name, left_out)}. "
        "statewrap.gym.explain(env) shows each layer."
    )


def _registering(name: str, twin: str = "MyTwin") -> str:
    return f"statewrap.gym.register_twin({name.rpartition('.')[2].rpartition(':')[2]}, {twin})"


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
    describe: Description | None = None
    """What is to be said of the environment to wrappers in a bridge."""
    mode: Mode = "auto"
    """Of each bridge."""
    count: int = 0
    """How many wrappers lie below."""

    def read(self, layer: Any) -> Layer:
        """Recognise a layer."""
        name, changed = entry_point(type(layer)), replaced(layer)
        try:
            wrappers, row = made_of(layer), row_of(name)
            if changed:
                return _changed(layer, name, changed[0], known=wrappers is not None)
            if wrappers is None:
                return Layer(name, known=False)
            if is_own(layer):
                return self._own(layer, name, wrappers)
            assert row is not None  # noqa: S101 - it has made the wrappers
            return self._found(layer, name, wrappers, partial(row.remembered, layer), row.note)
        except ConfigurationError as error:
            return Layer(name, error=error)

    def bridged(self, outer: Any, env: Any) -> Bridged:
        """Bridge the layers from `outer` down to those directly above `env`."""
        key = self.root.fold(self.count)
        return bridged(outer, env, self.below(env), key, self.describe, self.mode)

    def after(self, made: Bridged) -> _Reader:
        """Return a reader of what lies above a bridge."""
        return attrs.evolve(self, limit=made.above.max_episode_steps, count=self.count + 1)

    def below(self, env: Any) -> Below:
        """Say what is known of an environment, without asking for its spec, which is kept then."""
        return Below(
            observation_space=unshared(env.observation_space),
            action_space=unshared(env.action_space),
            max_episode_steps=self.limit,
            render_mode=_said(env, "render_mode"),
            metadata=_metadata(env),
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
        stack = Stack(*wrappers).bind(self.below(below(layer)))
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
        gaps: Any = stack.gaps
        return Layer(name, wrappers, memory, fresh, note, bound=stack.wrappers, gaps=gaps[:-1])


def _changed(layer: Any, name: str, method: str, *, known: bool) -> Layer:
    """Recognise a layer of which a method was replaced: its twin would not call that."""
    words = f"its {method!r} was replaced on the instance"
    if is_own(layer):
        error = ConfigurationError(f"{name}: {words}, which says nothing to its stack.")
        return Layer(name, error=error)
    return Layer(name, known=False, note=words * known)


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


def _metadata(env: Any) -> dict[str, Any]:
    said = _said(env, "metadata")
    return dict(said) if isinstance(said, Mapping) else {}


def _said(env: Any, name: str) -> Any:
    """Return what a layer says of itself; what one below says where its constructor has not."""
    try:
        return getattr(env, name)
    except AttributeError:
        return _said(env.env, name) if "env" in vars(env) else None
