"""Wrappers that hold others, which see one part of an observation or action alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from gymnasium.spaces import Dict, Space

from statewrap.core.borders import freeze
from statewrap.core.errors import BindError
from statewrap.core.key import Key
from statewrap.core.messages import Act, TimeStep
from statewrap.core.spaces import nearest_to_zero
from statewrap.core.words import brief
from statewrap.core.wrapper import Below, Stack, Wrapper
from statewrap.wrappers.below import refusal

Inner = tuple[Wrapper[Any], ...]


class Within(NamedTuple):
    """What the wrappers remember that another one holds, in their order."""

    kept: tuple[Any, ...]
    """The memories of those that keep something beyond an episode."""
    others: tuple[Any, ...]


class OfInner:
    """A declaration of a class and of the wrappers that its instances hold."""

    def __init__(self, name: str, own: Any) -> None:
        self.name = name
        self.own = own

    def __get__(self, wrapper: Any, kind: type) -> Any:
        """Return what the class declares, and of an instance also what its wrappers do."""
        held = () if wrapper is None else wrapper.wrappers
        parts = [self.own, *(getattr(inner, self.name) for inner in held)]
        return type(self.own)(dict.fromkeys(thing for part in parts for thing in part))


def flat(wrappers: Wrapper[Any] | Sequence[Wrapper[Any]]) -> Inner:
    """Return wrappers in order, stacks among them laid flat.

    Raises:
        TypeError: if one is no wrapper.
        ValueError: if there is none, or one keeps a part of its memory beyond an episode.
        BindError: if a stack is bound.
    """
    several = isinstance(wrappers, Iterable) and not isinstance(wrappers, Wrapper)
    listed: Any = wrappers if several else (wrappers,)
    inner = Stack(*listed).wrappers
    if not inner:
        raise ValueError("wrappers is empty, expected at least one, as in [FlattenObservation()].")
    for wrapper in inner:
        if not isinstance(wrapper.keeps, bool):
            raise ValueError(  # noqa: TRY004 - its type is right
                f"{brief(wrapper)} keeps a part of its memory beyond an episode, which only a "
                "wrapper of the stack itself can. Put it there."
            )
    return inner


def handles(wrapper: Wrapper[Any], hook: str) -> bool:
    """Tell whether a wrapper has a method of its own for a kind of message."""
    return getattr(type(wrapper), hook) is not getattr(Wrapper, hook)


def refuse_others(wrapper: Any, has: str, *lacks: str) -> None:
    """Hold that each wrapper held looks at what it will be shown, and at nothing else.

    Raises:
        TypeError: if one has no method `has`, or has one of `lacks`.
    """
    for inner in wrapper.wrappers:
        wrong = [hook for hook in lacks if handles(inner, hook)]
        if wrong or not handles(inner, has):
            words = f"has {wrong[0]}" if wrong else f"has no {has}"
            raise TypeError(
                f"{type(wrapper).__name__} cannot hold {brief(inner)}, which {words}: for one key "
                f"there are wrappers that have {has}, and not {' or '.join(lacks)}. Put it into "
                "the stack itself."
            )


def bound_inner(wrappers: Inner, below: Below) -> tuple[Inner, Below]:
    """Bind wrappers from the bottom up, and return what is known above them too."""
    held = list[Wrapper[Any]]()
    for wrapper in wrappers:
        held.append(wrapper.bind(below))
        below = held[-1].above(below)
    return tuple(held), below


def dict_below(wrapper: Any, below: Below, name: str, key: str) -> Dict:
    """Return the Dict that is needed, if it has a key.

    Raises:
        BindError: if the space is unknown, no Dict, or lacks the key.
    """
    space = below.require(name, wrapper)
    if not isinstance(space, Dict) or key not in space.spaces:
        words = name.replace("_", " ")
        raise refusal(
            KeyError if isinstance(space, Dict) else TypeError,
            f"{brief(wrapper)} needs a Dict with the key {key!r} as the {words} below it, got "
            f"{space}. Correct the key, or put the wrapper elsewhere.",
        )
    return space


def with_part(
    wrapper: Any, space: Dict, key: str, part: Space[Any] | None, name: str, *, keep: bool
) -> Dict:
    """Return a Dict in which a part stands under a name; `keep` says whether `key` stays.

    Raises:
        BindError: if the name is taken, or nothing is known of the part.
    """
    if name != key and name in space.spaces:
        raise BindError(
            f"{brief(wrapper)} would put its part under {name!r}, but the Dict below has that key "
            f"already: {list(space.spaces)}. Choose another tag."
        )
    if part is None:
        raise BindError(
            f"{brief(wrapper)} holds a wrapper above which the space is unknown. Give it the space "
            "that it shows."
        )
    parts = {k: space[k] for k in space.spaces if keep or k != key}
    return Dict({**parts, name: part}, sort_keys=space.sort_keys)


def remembered(wrappers: Inner, memories: Sequence[Any]) -> Within:
    """Return the memories of wrappers as one."""
    pairs = list(zip(wrappers, memories, strict=True))
    kept = tuple(memory for wrapper, memory in pairs if wrapper.keeps)
    return Within(kept, tuple(memory for wrapper, memory in pairs if not wrapper.keeps))


def recalled(wrappers: Inner, memory: Within) -> list[Any]:
    """Return the memory of each wrapper, in their order."""
    if not memory.kept:
        return list(memory.others)
    kept, others = iter(memory.kept), iter(memory.others)
    return [next(kept if wrapper.keeps else others) for wrapper in wrappers]


def initial(wrappers: Inner, key: Key) -> Within:
    """Return the memories of a session that has seen nothing; each has a key of its own."""
    fresh = [wrapper.initial(key.fold(index)) for index, wrapper in enumerate(wrappers)]
    return remembered(wrappers, fresh)


def renewed(wrappers: Inner, memory: Within, key: Key) -> Within:
    """Return the memories with which an episode opens."""
    pairs = enumerate(zip(wrappers, recalled(wrappers, memory), strict=True))
    return remembered(wrappers, [one.renew(held, key.fold(i)) for i, (one, held) in pairs])


class AnsweredError(TypeError):
    """A wrapper held did not let a message pass."""


def refuse_answers(wrapper: Any, below: Below, actions: Space[Any]) -> None:
    """Hold that no wrapper held answers in the first step of an episode, as a frame skip does.

    It is tried out, with the observation and the action that are nearest to zero, unless the
    wrappers look at actions alone. What fails at that is not refused: it may fit what comes.

    Raises:
        BindError: if one does.
    """
    if any(handles(inner, "on_state") for inner in wrapper.inner):
        try:
            _play_a_step(wrapper, below.observation_space, actions)
        except AnsweredError as error:
            raise BindError(str(error)) from error
        except Exception:  # noqa: BLE001, S110 - shown when it comes, with what came
            pass


def _play_a_step(wrapper: Any, observations: Space[Any] | None, actions: Space[Any]) -> None:
    seen = None if observations is None else freeze(nearest_to_zero(observations))
    memory, _ = wrapper.on_state(wrapper.initial(Key(0, 0)), TimeStep(seen, first=True))
    memory, _ = wrapper.on_action(memory, Act(freeze(nearest_to_zero(actions))))
    wrapper.on_state(memory, TimeStep(seen))


def no_answer(wrapper: Any, inner: Wrapper[Any], given: Any, reply: Any) -> AnsweredError:
    """Return what is to be raised where a wrapper held does not let a message pass."""
    return AnsweredError(
        f"{brief(wrapper)} holds {brief(inner)}, which answered {brief(given)} with "
        f"{brief(reply)}. For one key nobody can answer: put it into the stack itself."
    )
