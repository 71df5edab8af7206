"""Two-port machines, and the stack that joins them.

A wrapper stands between an environment (below) and a policy (above):

    policy        ▲ TimeStep      │ Act, Reset
              ────┴───────────────▼────
              wrapper  (its memory is a value that the caller holds)
              ────▲───────────────┬────
    environment   │ TimeStep      ▼ Act, Reset

One message is in flight. Each message that reaches a wrapper is answered with exactly one
message, and a message's type is its direction. So a wrapper that returns the type it was
given lets the message pass, and one that returns the other direction has answered it
itself: a frame skip answers a time step with an act, a wrapper that refuses an action
answers an act with a time step. Nobody waits, so nothing has to be suspended: between two
messages a wrapper is its memory, a value that can be kept, saved, copied or thrown away.

The environment side of a stack is its bottom, gap 0; the policy side its top, the last gap.

Rules about episodes, at every gap:

* a time step that is `first` has reward 0 and is not last;
* a time step that a wrapper makes up is `first` only if it opens an episode for those above;
* a last time step is never answered with an `Act`, and no `Act` leaves the bottom after one.

`renew` runs when a `first` time step reaches a wrapper from below, just before `on_state`, and
nowhere else. What it does not return is forgotten, and forgetting is the default: the memory
after a `first` is the same whether a `Reset` came before it or not.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from types import FunctionType
from typing import Any, ClassVar, Final, Generic, Self, TypeVar, final

import attrs
import gymnasium
from gymnasium.spaces import Space

from statewrap.core.errors import BindError, SettleError, WrapperError
from statewrap.core.events import Fact
from statewrap.core.key import Key
from statewrap.core.messages import Act, Message, Reset, TimeStep
from statewrap.core.value import value
from statewrap.core.words import brief

M = TypeVar("M")

_HOOKS: Final[dict[type, str]] = {TimeStep: "on_state", Act: "on_action", Reset: "on_reset"}
"""Which method is given a message of each kind."""
_NO_REPLY: Final = (None, Reset())
"""What stands for a wrapper's reply until there is one; there is no fault in its form."""
Hook = Callable[[Any, Any], tuple[Any, Message]]
Calls = tuple[tuple[int, Hook | None], ...]
"""Wrappers' places in a stack, each with a method, or None where it lets the message pass."""
Held = tuple[Any, ...] | list[Any]
"""What each wrapper of a stack remembers: a tuple, or a list that nobody else has."""

MAX_ANSWERS: Final = 10_000
"""How many messages the wrappers of a stack may answer before one leaves it."""


@attrs.frozen
class Below:
    """What is known of everything below a gap, each part possibly unknown (None)."""

    observation_space: Space[Any] | None = None
    action_space: Space[Any] | None = None
    max_episode_steps: int | None = None
    render_mode: str | None = None
    metadata: Mapping[str, Any] | None = None
    frame_space: Space[Any] | None = None
    """Where the pictures lie that are on time steps, such as Box(0, 255, (400, 600, 3), uint8)."""

    def require(self, name: str, wrapper: Any) -> Any:
        """Return a part that a wrapper cannot do without.

        Raises:
            BindError: if it is unknown; the message names the argument to give.
        """
        part = getattr(self, name)
        if part is None:
            given = f"below=Below({name}=...)"
            short = f"{name}=..." if name in ("observation_space", "action_space") else given
            raise BindError(
                f"{wrapper!r} needs the {name} of what lies below it, which is unknown. "
                f"Give it to whoever drives the stack, as in Deployment(..., {short}) "
                f"or play(..., {given})."
            )
        return part


class Wrapper(Generic[M]):
    """A two-port machine with a memory of type `M`; every method is pure.

    Subclass it once, with `@attrs.frozen`, and write only what differs from passing:

    >>> @attrs.frozen
    ... class HalveReward(Wrapper[None]):
    ...     def on_state(self, memory, timestep):
    ...         return memory, timestep.replace(reward=timestep.reward / 2)
    """

    __slots__ = ()

    needs: ClassVar[frozenset[str]] = frozenset()
    """What the edge must put on time steps: any of "time" and "frame"."""
    memory_types: ClassVar[tuple[type, ...]] = ()
    """The classes of its own that a memory is made of, for snapshots."""
    keeps: ClassVar[bool | frozenset[str]] = False
    """What of the memory outlives an episode: nothing, all of it, or the fields of these names."""
    learns: ClassVar[bool] = False
    """Whether what it does in an episode depends on what earlier ones showed."""
    mends: ClassVar[frozenset[str]] = frozenset()
    """What may be wrong with an observation that it takes, for it puts that right: any of "missing"
    (parts that are NaN or None) and "outside" (beyond the bounds)."""
    delays: ClassVar[bool] = False
    """Whether it shows an observation or info later than it came."""
    suspends: ClassVar[bool] = False
    """Whether its memory is a token of something that goes on and cannot go back."""

    def bind(self, below: Below) -> Self:
        """Return a copy that knows what is below it; see `bound`."""
        return self

    def above(self, below: Below) -> Below:
        """Say what is known above this (bound) wrapper; what is unknown stays unknown."""
        return below

    def initial(self, key: Key) -> M:
        """Return the memory of a session that has seen nothing. Nothing random is decided here."""
        return None  # type: ignore[return-value]  # the memory of a wrapper that keeps nothing

    def renew(self, memory: M, key: Key) -> M:
        """Return the memory with which an episode opens; by default nothing survives."""
        return self.initial(key)

    def on_state(self, memory: M, timestep: TimeStep) -> tuple[M, Message]:
        """Answer a time step from below: let one rise, or send a command back down."""
        return memory, timestep

    def on_action(self, memory: M, act: Act) -> tuple[M, Message]:
        """Answer an act from above: let one fall, or send a time step back up."""
        return memory, act

    def on_reset(self, memory: M, request: Reset) -> tuple[M, Message]:
        """Answer a reset from above. What is stored here is lost unless `renew` returns it."""
        return memory, request

    @final
    def __or__(self, other: Wrapper[Any]) -> Stack:
        """Put `other` on top: `a | b` has `a` nearer to the environment."""
        return Stack(self, other)

    @final
    def __ror__(self, other: Any) -> Stack:
        """Refuse what is no wrapper, such as the class of one."""
        return Stack(other, self)

    def statewrap_hook(self, name: str) -> Hook | None:
        """Return what a stack calls with a message; None where every one of its kind passes.

        A wrapper that hands a message on to something else alone may return that.

        Args:
            name: "on_state", "on_action" or "on_reset".
        """
        usual = getattr(type(self), name) is getattr(Wrapper, name)
        return None if usual else getattr(self, name)

    def __init_subclass__(cls) -> None:
        """Refuse a misspelled method, which would never be called.

        Raises:
            TypeError: if a method's name begins with "on_" and is none of the three.
        """
        super().__init_subclass__()
        for name, part in vars(cls).items():
            known = not name.startswith("on_") or name in _HOOKS.values()
            if not known and isinstance(part, FunctionType):
                raise TypeError(
                    f"{cls.__name__} defines {name}, which is never called; did you mean one of "
                    f"{', '.join(_HOOKS.values())}? Begin a name of your own with an underscore."
                )


def bound(wrapper: Any, **derived: Any) -> Any:
    """Return a copy of a frozen wrapper with derived fields filled in, for `bind`.

    Such a field is declared with `statewrap.derived()`: it is no argument, and takes no part in
    `repr` or equality.
    """
    twin = copy.copy(wrapper)
    for name, constant in derived.items():
        object.__setattr__(twin, name, constant)
    return twin


@value
class StackMemory:
    """What each wrapper of a stack remembers, and the key from which each is renewed."""

    wrappers: tuple[Any, ...]
    keys: tuple[Key, ...]

    def after(self, held: Held, keys: tuple[Key, ...]) -> StackMemory:
        """Return the memory that `Stack.carry` came to: itself, if nothing has changed."""
        if held is self.wrappers:
            return self
        return StackMemory(tuple(held), keys)


@final
class Stack(Wrapper[StackMemory]):
    """Wrappers in order, nearest to the environment first; itself a wrapper.

    >>> a, b, c = Wrapper(), Wrapper(), Wrapper()
    >>> (a | b) | c == a | (b | c) == Stack(a, b, c)
    True
    """

    __slots__ = ("__weakref__", "_calls", "_falling", "_rising", "gaps", "wrappers")

    memory_types = (StackMemory, Key)

    wrappers: tuple[Wrapper[Any], ...]
    gaps: tuple[Below, ...] | None
    """What is known at each gap from the bottom up; None until `bind`."""
    _calls: dict[type, Calls]
    """For each kind of message, the wrappers in the order in which it meets them."""
    _rising: Calls
    _falling: Calls
    """Those that do not just let a time step, or an act, pass: all that need be called where nobody
    counts hops."""

    def __init__(self, *wrappers: Wrapper[Any]) -> None:
        """Join wrappers; stacks among them are laid flat.

        Raises:
            TypeError: if something is not a wrapper.
            BindError: if a stack among them is bound already.
        """
        flat: list[Wrapper[Any]] = []
        for wrapper in wrappers:
            if not isinstance(wrapper, Wrapper):
                raise _no_wrapper(wrapper)
            if not isinstance(wrapper, Stack):
                flat.append(wrapper)
            elif wrapper.gaps is None:
                flat.extend(wrapper.wrappers)
            else:
                raise BindError(f"{brief(wrapper)} is bound. Compose first, then bind the whole.")
        self.__setstate__((tuple(flat), None))

    def __getstate__(self) -> tuple[tuple[Wrapper[Any], ...], tuple[Below, ...] | None]:
        return self.wrappers, self.gaps

    def __setstate__(
        self, state: tuple[tuple[Wrapper[Any], ...], tuple[Below, ...] | None]
    ) -> None:
        self.wrappers, self.gaps = state
        self._calls = {kind: _calls(self.wrappers, hook) for kind, hook in _HOOKS.items()}
        self._rising, self._falling = _defined(self._calls[TimeStep]), _defined(self._calls[Act])

    @property
    def needs(self) -> frozenset[str]:  # type: ignore[override]  # a class variable elsewhere
        """What the wrappers need from the edge, together."""
        return frozenset().union(*(wrapper.needs for wrapper in self.wrappers))

    @property
    def keeps(self) -> bool:  # type: ignore[override]  # a class variable elsewhere
        """Whether a memory of one of the wrappers outlives an episode."""
        return any(wrapper.keeps for wrapper in self.wrappers)

    @property
    def learns(self) -> bool:  # type: ignore[override]  # a class variable elsewhere
        """Whether one of the wrappers learns."""
        return any(wrapper.learns for wrapper in self.wrappers)

    @property
    def mends(self) -> frozenset[str]:  # type: ignore[override]  # a class variable elsewhere
        """What the wrappers put right, together, of the environment's own observations.

        One above a wrapper that changes the observation space is shown others.
        """
        gaps = self.gaps or (Below(),) * len(self.wrappers)
        raw = gaps[0].observation_space if gaps else None
        pairs = zip(self.wrappers, gaps, strict=False)
        mending = (wrapper.mends for wrapper, gap in pairs if gap.observation_space is raw)
        return frozenset().union(*mending)

    @property
    def delays(self) -> bool:  # type: ignore[override]  # a class variable elsewhere
        """Whether one of the wrappers shows something later than it came."""
        return any(wrapper.delays for wrapper in self.wrappers)

    @property
    def suspends(self) -> bool:  # type: ignore[override]  # a class variable elsewhere
        """Whether one of the wrappers cannot go back."""
        return any(wrapper.suspends for wrapper in self.wrappers)

    def bind(self, below: Below) -> Stack:
        """Return a copy in which every wrapper knows what is below it, folding upward."""
        gaps, wrappers = [below], []
        for wrapper in self.wrappers:
            known = wrapper.bind(gaps[-1])
            wrappers.append(known)
            gaps.append(known.above(gaps[-1]))
        twin = Stack(*wrappers)
        twin.gaps = tuple(gaps)
        return twin

    def above(self, below: Below) -> Below:
        """Say what is known above the topmost wrapper."""
        gaps = self.bind(below).gaps if self.gaps is None else self.gaps
        return gaps[-1] if gaps else below

    def initial(self, key: Key) -> StackMemory:
        """Return every wrapper's initial memory; wrapper i is given the key `key.fold(i)`."""
        keys = tuple(key.fold(index) for index in range(len(self.wrappers)))
        memories = tuple(w.initial(k) for w, k in zip(self.wrappers, keys, strict=True))
        return StackMemory(memories, keys)

    def renew(self, memory: StackMemory, key: Key) -> StackMemory:
        """Return the memory unchanged: the loop renews each wrapper when a `first` reaches it."""
        return memory

    def rekey(self, memory: StackMemory, key: Key) -> StackMemory:
        """Replace the keys by those of another root, and nothing else.

        Raises:
            ValueError: if the memory is that of a stack with another number of wrappers.
        """
        if len(memory.wrappers) != len(self.wrappers):
            raise ValueError(
                f"memory holds what {len(memory.wrappers)} wrappers remember, but the stack has "
                f"{len(self.wrappers)}: {brief(self)}. Give the memory of the same stack."
            )
        keys = tuple(key.fold(index) for index in range(len(self.wrappers)))
        return StackMemory(memory.wrappers, keys)

    def route(
        self, memory: StackMemory, message: Message, hops: list[Fact] | None = None
    ) -> tuple[StackMemory, Message]:
        """Carry a message until one leaves: a time step at the top, or a command at the bottom.

        Args:
            memory: the stack's memory; it is not changed.
            message: a time step enters at the bottom, a command at the top.
            hops: where to append each crossing `(gap, message)`, the first and the last included.

        Raises:
            TypeError: if what is given is no message.
            WrapperError: if a wrapper raises, or returns something that is no message.
            SettleError: if the wrappers answer each other without end.
        """
        held, keys, message = self.carry(memory.wrappers, memory.keys, message, hops)
        return memory.after(held, keys), message

    def carry(  # noqa: C901 - one way up or down, in one place
        self, held: Held, keys: tuple[Key, ...], message: Message, hops: list[Fact] | None = None
    ) -> tuple[Held, tuple[Key, ...], Message]:
        """Route a message for a driver, which routes several before it makes a new memory.

        Here is the usual case, a time step or an act that all let pass. `_carry_on` has all cases,
        this one too, at a higher price.

        Args:
            held: what the wrappers remember: a tuple, which is not changed, or the list that an
                earlier call returned, which is.
            keys: the key from which each is renewed.
            message: as for `route`.
            hops: as for `route`.

        Returns:
            What the wrappers remember, the very tuple that was given if neither that nor the keys
            have changed; the keys; the message that leaves. Errors are those of `route`.
        """
        kind = type(message)
        rising = kind is TimeStep
        if message.first if rising else kind is not Act:  # type: ignore[union-attr]
            gap = 0 if rising else len(self.wrappers)
            return self._carry_on([*held], keys, message, gap, [], hops)
        calls = self._rising if rising else self._falling
        if hops is not None:
            calls = self._calls[kind]
            hops.append((0 if rising else len(self.wrappers), message))
        reply: Any = _NO_REPLY
        try:
            for index, hook in calls:
                if hook is not None:
                    before = held[index]
                    reply = hook(before, message)
                    after, message = reply
                    if after is not before:
                        if type(held) is tuple:
                            held = [*held]
                        held[index] = after  # type: ignore[index]  # a list by now
                    if type(message) is not kind or (rising and message.first):  # type: ignore[union-attr]
                        break
                if hops is not None:
                    hops.append((index + rising, message))
            else:
                return held, keys, message
            if type(message) not in _HOOKS:
                raise _no_message(_HOOKS[kind], reply)  # noqa: TRY301 - told like what one raises
        except WrapperError:
            raise
        except Exception as error:
            raise _failed(self.wrappers[index], index, _HOOKS[kind], reply, error) from error
        rises = type(message) is TimeStep
        answers = [(index, message)] if rises is not rising else []
        return self._carry_on([*held], keys, message, index + rises, answers, hops)

    def _carry_on(  # noqa: C901, PLR0912 - the one loop, kept in one place
        self,
        held: list[Any],
        keys: tuple[Key, ...],
        message: Message,
        gap: int,
        answers: list[tuple[int, Message]],
        hops: list[Fact] | None,
    ) -> tuple[Held, tuple[Key, ...], Message]:
        """Carry a message on from a gap, up or down and back, until one leaves.

        Args:
            held: what the wrappers remember; it is changed.
            keys: the key from which each is renewed.
            message: what is in flight.
            gap: where it is.
            answers: who answered so far, and what; it is changed.
            hops: as for `route`.
        """
        wrappers, top = self.wrappers, len(self.wrappers)
        index, call = gap, "route"
        reply: Any = (None, message)
        try:
            while True:
                if hops is not None:
                    hops.append((gap, message))
                if len(answers) > MAX_ANSWERS:
                    break
                kind = type(message)
                if kind not in _HOOKS:
                    raise _no_message(call, reply)  # noqa: TRY301 - told like what a wrapper raises
                rising = kind is TimeStep
                first = rising and message.first  # type: ignore[union-attr]
                for index, hook in self._calls[kind][gap if rising else top - gap :]:
                    if first:
                        call = "renew"
                        own, kept = keys[index].split()
                        keys = (*keys[:index], kept, *keys[index + 1 :])
                        held[index] = wrappers[index].renew(held[index], own)
                    if hook is not None:
                        call = _HOOKS[kind]
                        reply = hook(held[index], message)
                        held[index], message = reply
                        if type(message) is not kind or (rising and message.first is not first):  # type: ignore[union-attr]
                            break
                    if hops is not None:
                        hops.append((index + rising, message))
                else:
                    return held, keys, message
                rises = type(message) is TimeStep
                if rises is not rising:
                    answers.append((index, message))
                gap = index + rises
        except WrapperError:
            raise
        except Exception as error:
            if call == "route":
                raise
            raise _failed(wrappers[index], index, call, reply, error) from error
        raise SettleError(_unsettled(wrappers, answers))

    def on_state(self, memory: StackMemory, timestep: TimeStep) -> tuple[StackMemory, Message]:
        """Route a time step from the bottom."""
        return self.route(memory, timestep)

    def on_action(self, memory: StackMemory, act: Act) -> tuple[StackMemory, Message]:
        """Route an act from the top."""
        return self.route(memory, act)

    def on_reset(self, memory: StackMemory, request: Reset) -> tuple[StackMemory, Message]:
        """Route a reset from the top."""
        return self.route(memory, request)

    def __len__(self) -> int:
        return len(self.wrappers)

    def __iter__(self) -> Iterator[Wrapper[Any]]:
        return iter(self.wrappers)

    def __getitem__(self, index: int) -> Wrapper[Any]:
        return self.wrappers[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stack) and self.wrappers == other.wrappers

    def __hash__(self) -> int:
        return hash(self.wrappers)

    def __repr__(self) -> str:
        if len(self.wrappers) < 2:
            return f"Stack({', '.join(map(repr, self.wrappers))})"
        return " | ".join(map(repr, self.wrappers))


def _no_wrapper(given: Any) -> TypeError:
    """Say what was given in place of a wrapper, and what is meant."""
    kind = given if isinstance(given, type) else type(given)
    of_env = "The stack of an environment is made so: stack, memory = statewrap.gym.from_env(env)."
    if issubclass(kind, gymnasium.Wrapper) and kind.__module__.startswith("gymnasium.wrappers."):
        cure = f"Gymnasium's own wrappers are in statewrap.wrappers, by the same names. {of_env}"
    elif issubclass(kind, gymnasium.Wrapper):
        cure = (
            "That is a gymnasium.Wrapper, which runs in a bridge: statewrap.gym.Bridge(lambda env: "
            f"{kind.__name__}(env, ...)). {of_env}"
        )
    elif issubclass(kind, gymnasium.Env):
        cure = of_env
    elif issubclass(kind, StackMemory):
        cure = "That is what a stack remembers: Deployment(policy, stack, memory=memory)."
    else:
        cure = "An instance is meant, as in Stack(TimeLimit(500))."
    return TypeError(f"A stack is made of wrappers, got {brief(given)}. {cure}")


def _calls(wrappers: tuple[Wrapper[Any], ...], hook: str) -> Calls:
    """Return each wrapper's place and method, None if it is the base class's, which passes."""
    every = tuple((index, wrapper.statewrap_hook(hook)) for index, wrapper in enumerate(wrappers))
    return every if hook == "on_state" else every[::-1]


def _defined(calls: Calls) -> Calls:
    """Leave out the wrappers that just let a message pass."""
    return tuple((index, hook) for index, hook in calls if hook is not None)


def _failed(
    wrapper: Wrapper[Any], index: int, call: str, reply: Any, error: Exception
) -> WrapperError:
    """Tell what a wrapper raised; or what it returned, if that is what could not be used."""
    cause = error if _is_reply(reply) else _no_message(call, reply)
    return WrapperError(wrapper, index, call, cause)


def _is_reply(reply: Any) -> bool:
    pair = isinstance(reply, (tuple, list)) and len(reply) == 2
    return pair and isinstance(reply[1], Message)


def _no_message(call: str, reply: Any) -> TypeError:
    if call == "route":
        return TypeError(
            f"A stack was given {brief(reply[1])}, expected a TimeStep, an Act or a Reset, as in "
            "play(stack, TimeStep(observation, first=True), Act(action))."
        )
    kind = {"on_state": "timestep", "on_action": "act", "on_reset": "request"}.get(call, "message")
    return TypeError(
        f"{call} returned {brief(reply)}, expected a memory and a message. "
        f"To let the message pass, write `return memory, {kind}`"
    )


def _unsettled(wrappers: tuple[Wrapper[Any], ...], answers: list[tuple[int, Message]]) -> str:
    """Name the wrappers that answered in the last cycle, and what each said."""
    lines, seen = [], set[int]()
    for index, message in reversed(answers):
        if index in seen:
            break
        seen.add(index)
        lines.append(f"  wrapper {index}, {brief(wrappers[index])}, answered {brief(message)}")
    return (
        f"The stack did not settle: after {len(answers)} answers within it no message had left. "
        "In the last cycle:\n" + "\n".join(reversed(lines)) + "\n"
        "A wrapper that answers a message must let one pass after a bounded number of answers."
    )
