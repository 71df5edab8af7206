"""Where a wrapper is at home: what may lie below it, found by trying."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

import numpy as np
from gymnasium import spaces

from statewrap.core.errors import BindError, PlacedError, StatewrapError
from statewrap.core.events import Fact
from statewrap.core.key import Key
from statewrap.core.messages import Message
from statewrap.core.words import brief, sentence
from statewrap.core.wrapper import Below, Stack, StackMemory, Wrapper
from statewrap.testing.dialogue import KEY
from statewrap.testing.draws.choices import Dice
from statewrap.testing.draws.scenes import FRAME, Scene, draw_scene
from statewrap.testing.draws.spaces import Infos, Space, draw_leaf, draw_space
from statewrap.testing.laws.purity import fields
from statewrap.testing.script import Turn, converse

DRAWN: Final = 24
"""How many spaces are drawn beyond the fixed ones."""
TRIALS: Final = 4
"""How many scenes are tried in each place."""
TRIED: Final = 100
"""How many turns of each: who answers for ever is found later."""

ENDINGS: Final = (Exception, SystemExit, GeneratorExit)
"""What ends a scene; who presses a key ends everything."""
LIMIT: Final = 10
METADATA: Final = {"render_fps": 30, "render_modes": ["rgb_array"]}
"""What is said of a drawn environment beside its spaces, where a wrapper asks for it."""


class Habitats(NamedTuple):
    """What lies below a wrapper in the scenes to come, and where it would not live."""

    homes: tuple[Below, ...]
    """The simplest first."""
    refused: tuple[tuple[Below, BaseException, Scene | None], ...]
    """With what it raised: at `bind` (no scene), or in a scene."""


def habitats_of(
    wrapper: Wrapper[Any], below: Below | Sequence[Below] | None, info: Infos | None, seed: int
) -> Habitats:
    """Return the places that the caller names, or find some."""
    if below is None:
        return find_habitats(wrapper, info, seed)
    return known_habitats(wrapper, below)


def known_habitats(wrapper: Wrapper[Any], below: Below | Sequence[Below]) -> Habitats:
    """Return the places that the caller names.

    Raises:
        TypeError: if they are no `Below`.
        BindError: if the wrapper cannot be bound there.
    """
    several = isinstance(below, (list, tuple))
    places: tuple[Any, ...] = tuple(below) if several else (below,)  # type: ignore[arg-type]
    if not places or not all(isinstance(place, Below) for place in places):
        raise TypeError(
            f"below is {brief(below)}, expected what is known of the environment: "
            "Below(observation_space=..., action_space=...), or a sequence of them."
        )
    for place in places:
        _check_bound(wrapper, place)
    return Habitats(places, ())


def _check_bound(wrapper: Wrapper[Any], below: Below) -> None:
    """Bind a wrapper where the caller says that it lives.

    Raises:
        BindError: if it refuses, or raises something else, or what it announces is nothing.
    """
    call = "bind"
    try:
        bound = wrapper.bind(below)
        call = "above"
        above = bound.above(below)
        call = "initial"
        bound.initial(KEY)
    except StatewrapError:
        raise
    except ENDINGS as error:
        raise BindError(
            f"{brief(wrapper)} raised {type(error).__name__} in {call}, over {brief(below)}: "
            f"{sentence(error)}"
        ) from error
    if not isinstance(above, Below):
        raise BindError(
            f"{brief(wrapper)} announced {brief(above)} in above, expected a Below: "
            "`return attrs.evolve(below, ...)`."
        )


def find_habitats(wrapper: Wrapper[Any], info: Infos | None, seed: int) -> Habitats:
    """Try a wrapper over spaces of every kind, and keep those over which it can be played."""
    homes: list[Below] = []
    refused: list[tuple[Below, BaseException, Scene | None]] = []
    for number, below in enumerate(_places(wrapper, seed)):
        try:
            Stack(wrapper).bind(below)
        except ENDINGS as error:
            refused.append((below, error, None))
            continue
        failed = _tried(wrapper, below, info, seed + number)
        if failed is None:
            homes.append(below)
        else:
            refused.append((below, *failed))
    return Habitats(tuple(homes), tuple(refused))


def _tried(
    wrapper: Wrapper[Any], below: Below, info: Infos | None, seed: int
) -> tuple[BaseException, Scene] | None:
    """Play some scenes, and return what the last raised if every one raised."""
    failed = None
    for trial in range(TRIALS):
        scene = draw_scene(Dice(seed * TRIALS + trial), wrapper, below, info)
        error = raised(scene)
        if error is None:
            return None
        failed = failed or (error, scene)
    return failed


def raised(scene: Scene) -> BaseException | None:
    """Play a scene a while, and return what a wrapper raised, if it did."""
    error = played(scene, most=TRIED).error
    if isinstance(error, Exception):
        return error.cause if isinstance(error, PlacedError) else None
    return error


class Played(NamedTuple):
    """A scene that was played to its end, or until something was raised."""

    messages: list[Message]
    """What entered the stack; the last of them was not answered if something was raised."""
    turns: list[Turn]
    error: BaseException | None


def played(scene: Scene, most: int | None = None) -> Played:
    """Play a scene through a copy of its wrapper, and return what was said, up to so many turns."""
    messages, turns = list[Message](), list[Turn]()
    try:
        stack = Overheard(Stack(fresh(scene.wrapper)).bind(scene.below), messages)
        turns.extend(islice(converse(stack, scene.episodes, scene.policy), most))
    except ENDINGS as error:
        return Played(messages, turns, error)
    return Played(messages, turns, None)


def fresh(wrapper: Wrapper[Any]) -> Wrapper[Any]:
    """Return a copy, so that what a faulty wrapper hides in itself does not outlive a scene."""
    try:
        return copy.deepcopy(wrapper)
    except Exception:  # noqa: BLE001 - it holds what cannot be copied: a lock, an environment
        return wrapper


class Overheard(NamedTuple):
    """A bound stack, and the messages that enter it."""

    stack: Stack
    messages: list[Message]

    def initial(self, key: Key) -> StackMemory:
        """Start as it does."""
        return self.stack.initial(key)

    def route(self, memory: Any, message: Message, hops: list[Fact]) -> tuple[Any, Message]:
        """Note the message."""
        self.messages.append(message)
        return self.stack.route(memory, message, hops)


def _places(wrapper: Wrapper[Any], seed: int) -> Iterator[Below]:
    """Give the simplest places first (of the very first nothing is known), then all kinds."""
    yield Below()
    two = spaces.Box(-1.0, 1.0, (2,), np.float32)
    free = spaces.Box(-np.inf, np.inf, (3,), np.float64)
    picture = spaces.Box(0, 255, (4, 6, 3), np.uint8)
    names = _names(wrapper) or ["a", "b", "c"]
    every = spaces.Dict(dict.fromkeys(names, two))
    simple: tuple[Space, ...] = (two, free, picture, every)
    for observed in simple:
        for acted in (spaces.Discrete(2), two, spaces.Discrete(3)):
            yield _known(wrapper, observed, acted)
    yield _known(wrapper, spaces.Discrete(3), spaces.MultiDiscrete([2, 3]))
    dice = Dice(seed)
    for _ in range(DRAWN):
        yield _known(wrapper, draw_space(dice, odd=True, names=names), draw_leaf(dice))


def _known(wrapper: Wrapper[Any], observed: Space, acted: Space) -> Below:
    """Say no more than the spaces, if that is enough to bind."""
    below = Below(observed, acted)
    try:
        Stack(wrapper).bind(below)
    except ENDINGS:  # it may be content with more
        return Below(observed, acted, LIMIT, "rgb_array", METADATA, FRAME)
    return below


def _names(wrapper: Wrapper[Any]) -> list[str]:
    """Find the names among a wrapper's arguments, which may be keys of a Dict space."""
    found: dict[str, None] = {}
    for one in Stack(wrapper):
        for value in fields(one):
            found.update(dict.fromkeys(_strings(value)))
    return list(found)[:4]


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (key for key in value if isinstance(key, str))
    elif isinstance(value, (list, tuple, set, frozenset)):
        yield from (item for item in value if isinstance(item, str))


def reasons(habitats: Habitats) -> str:
    """Say, shortly, where a wrapper would not live and why: each reason once."""
    lines: dict[str, str] = {}
    for below, error, _ in habitats.refused:
        reason = f"{type(error).__name__}: {sentence(error)}"
        lines.setdefault(reason[:300], f"  {brief(below.observation_space, 60)}: {reason[:300]}")
    return "\n".join(list(lines.values())[:5])
