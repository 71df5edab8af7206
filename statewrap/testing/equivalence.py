"""Two machines answer the same: a refactoring, a batched form, a specification, an original."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any, Final

from statewrap.core.errors import ProtocolError, SettleError
from statewrap.core.messages import Message, Reset, TimeStep
from statewrap.core.same import difference
from statewrap.core.words import brief, sentence
from statewrap.core.wrapper import Below, Stack, Wrapper
from statewrap.testing.check.habitats import habitats_of, reasons
from statewrap.testing.check.search import Engine, engine_of, search
from statewrap.testing.check.shrink import shrink
from statewrap.testing.draws.choices import Choices
from statewrap.testing.draws.scenes import Scene, draw_scene
from statewrap.testing.laws.specification import (
    Apart,
    Beside,
    BothRaised,
    alike,
    machine,
    named,
    said_by,
)
from statewrap.testing.loop import is_original, loops_alike
from statewrap.testing.oracle import Oracle
from statewrap.testing.script import Improvise, Script, ScriptOver, Seat, Turn
from statewrap.testing.source import source

FURTHER: Final = 8
"""How many messages are followed after an interruption."""
ANNOUNCED: Final = ("observation_space", "action_space", "max_episode_steps", "render_mode")


class NotEquivalent(AssertionError):  # noqa: N818 - a test fails
    """Two machines answer a message differently; the message says which, how, and when."""


def assert_equivalent(
    a: Any,
    b: Any = None,
    *,
    original: Any = None,
    below: Below | Sequence[Below] | None = None,
    scenes: Sequence[Scene] | None = None,
    examples: int = 100,
    seed: int = 0,
    info: Mapping[str, Any] | None = None,
    engine: Engine | None = None,
) -> None:
    """Hold that two machines announce the same and answer every message the same, bit for bit.

    Each of the two is one of these:

    * a wrapper or an unbound stack;
    * an oracle, or the generator function of one (see `as_oracle`), which announces nothing;
    * an object with `initial(key)` and `route(memory, message, hops)`, such as one column of a
      batched form, which announces nothing either;
    * an original: a function from a Gymnasium environment to a wrapped one, such as the class of
      anybody's wrapper; it may be given as `original=`, with the other one alone before it.

    Scenes are drawn: what an environment shows and what a policy decides. Both are told the same,
    and wherever the conversation stands it is also tried what the two say if the policy gives the
    episode up, and if the environment opens another unasked. An original lives in the ordinary
    loop, so then the other runs there too, in a `GymWrapper`, over an environment that plays the
    scene; episodes are given up by the loop alone there. Both draw from the same key; an
    original that draws, or reads a clock, is compared by `assert_parity`.

    Args:
        a: the one to be believed.
        b: the other.
        original: the one to be believed, where only the other one is given.
        below: what is known of the environment, or several such; found by trying if not given.
        scenes: the scenes to play, in place of drawn ones; their wrapper is not looked at.
        examples: how many scenes are drawn.
        seed: the same seed draws the same scenes.
        info: what infos hold, as for `check_wrapper`.
        engine: "hypothesis" or "dice"; by default hypothesis where it is installed.

    Raises:
        NotEquivalent: with the smallest dialogue that was found.
        TypeError: if one of the two is nothing of the above, or there are not two.
        ValueError: if there is no place where the first that is a wrapper can live.

    >>> from statewrap.testing import as_oracle
    >>> from statewrap.wrappers import TimeLimit
    >>> @as_oracle
    ... def time_limit(opening, max_episode_steps):
    ...     act = yield opening
    ...     for _ in range(max_episode_steps - 1):
    ...         act = yield (yield act)
    ...     timestep = yield act
    ...     yield timestep.replace(truncated=True)
    >>> assert_equivalent(time_limit(3), TimeLimit(3))
    >>> assert_equivalent(TimeLimit(3), TimeLimit(4))
    Traceback (most recent call last):
    statewrap.testing.equivalence.NotEquivalent: ...
    """
    pair = Pair(*_two(a, b, original))
    if scenes is not None:
        for number, scene in enumerate(scenes):
            found = pair.fails(scene)
            if found is not None:
                raise pair.report(found, scene, f"scene {number}")
        return
    wrapper = pair.wrapper()
    habitats = habitats_of(wrapper, below, info, seed)
    if not habitats.homes:
        raise ValueError(
            f"No place was found where {brief(wrapper)} can live, so nothing was compared. Give "
            f"below=Below(observation_space=..., action_space=...). It refused:\n"
            f"{reasons(habitats)}"
        )

    homes = [home for home in habitats.homes if below is not None or pair.lives_in(home)]

    def drawn(choices: Choices) -> Scene:
        return draw_scene(choices, wrapper, choices.pick(homes), info)

    failures: list[tuple[int, Scene, Any]] = []
    numbers = count()

    def visit(scene: Scene) -> bool:
        number = next(numbers)
        found = None if failures else pair.fails(scene)
        if found is not None:
            failures.append((number, scene, found))
        return bool(failures)

    search(drawn, visit, examples=examples, seed=seed, engine=engine_of(engine))
    for failure in failures:
        raise pair.report(*_made_small(pair, *failure))


def _two(a: Any, b: Any, original: Any) -> tuple[Any, Any]:
    """Return the one to be believed, and the other."""
    if (b is None) == (original is None):
        raise TypeError(
            "assert_equivalent compares two: the one to be believed and another, assert_equivalent("
            "a, b), or a wrapper with its original, assert_equivalent(a, original=lambda env: ...)."
        )
    if original is None:
        return a, b
    if not is_original(original):
        raise TypeError(
            f"original is {brief(original)}, expected a function that wraps an environment, lambda "
            "env: Theirs(env, 3), or the class of a wrapper."
        )
    return original, a


class Pair:
    """Two machines, and how to compare them in one scene."""

    def __init__(self, a: Any, b: Any) -> None:
        self._a, self._b = a, b = named(a), named(b)
        names = (f"first, {brief(a, 60)}", f"second, {brief(b, 60)}")
        self._names = names
        self._in_a_loop = is_original(a) or is_original(b)
        for side in (a, b):
            if not is_original(side):
                _refuse_what_is_none(side, in_a_loop=self._in_a_loop)

    def lives_in(self, below: Below) -> bool:
        """Tell whether enough is known of a place: an original needs both spaces."""
        return not self._in_a_loop or None not in (below.observation_space, below.action_space)

    def wrapper(self) -> Wrapper[Any]:
        """Return the one by which scenes are drawn: it says where it can live.

        Raises:
            TypeError: if neither of the two does.
        """
        speaking = [one for one in (self._a, self._b) if isinstance(one, Wrapper)]
        for one in sorted(speaking, key=lambda one: isinstance(one, Oracle)):
            return one
        raise TypeError(
            f"Neither {brief(self._a)} nor {brief(self._b)} is a wrapper, by which scenes could be "
            "drawn. Give them: assert_equivalent(a, b, scenes=[Scene(None, below, episodes, "
            "policy)])."
        )

    def fails(self, scene: Scene) -> Any:
        """Compare the two in one scene; return what was found, or None."""
        try:
            if self._in_a_loop:
                _require_spaces(scene.below)
                loops_alike(self._a, self._b, self._names, scene)
            else:
                self._alike(scene)
        except Apart as apart:
            return apart
        return None

    def _alike(self, scene: Scene) -> None:
        self._announce_alike(scene.below)
        try:
            a, b = machine(self._a, scene.below), machine(self._b, scene.below)
        except ValueError:  # both refuse to live there
            return
        beside = Beside(a, b, self._names)
        try:
            turns = list(alike(beside, scene.episodes, scene.policy))
        except (ProtocolError, SettleError):  # both break the rules of the game alike
            return
        for number, turn in enumerate(turns):
            told = [one.message for one in turns[: number + 1]]
            for what, message in _interruptions(turn, scene):
                try:
                    _follow(beside, turn.after, message, scene)
                except Apart as apart:
                    words = f"After turn {number}, if {what}: {apart.words}"
                    raise Apart(words, told + apart.messages) from None

    def _announce_alike(self, below: Below) -> None:
        """Compare what the two announce above, if both announce anything.

        Raises:
            Apart: if they differ.
        """
        sides = [one for one in (self._a, self._b) if _announces(one)]
        if len(sides) < 2:
            return
        known: list[Any] = [_known_above(one, below) for one in sides]
        if any(isinstance(one, str) for one in known):
            if all(isinstance(one, str) for one in known):
                return
            said = [one if isinstance(one, str) else "does" for one in known]
            raise Apart(f"Only one can be bound to {brief(below)}.{self._both(said)}", [])
        for name in ANNOUNCED:
            one, other = (getattr(side, name) for side in known)
            if difference(one, other) is not None:
                raise Apart(f"The {name} announced differs.{self._both([one, other])}", [])

    def _both(self, said: Sequence[Any]) -> str:
        return said_by(self._names, [x if isinstance(x, str) else brief(x) for x in said])

    def report(self, found: Apart, scene: Scene, where: str) -> NotEquivalent:
        """Write a finding out, with what to paste into a test."""
        indented = "\n".join(f"  {line}" for line in found.words.splitlines())
        return NotEquivalent(
            f"{brief(self._a, 200)} and {brief(self._b, 200)} are not equivalent ({where}).\n\n"
            f"{indented}\n\n"
            f"To be pasted into a test:\n\n{self._dialogue(found.messages, scene)}"
        )

    def _dialogue(self, messages: Sequence[Message], scene: Scene) -> str:
        lines = [f"    below = {source(scene.below)}"]
        if messages:
            lines += ["    messages = [", *(f"        {source(m)}," for m in messages), "    ]"]
            lines += [
                f"    play({source(one)}, *messages, below=below)"
                for one in (self._a, self._b)
                if isinstance(one, Wrapper)
            ]
            return "\n".join(lines)
        actions = getattr(scene.policy, "actions", None)
        policy = repr(scene.policy) if actions is None else f"Improvise({source(list(actions))})"
        lines += ["    episodes = ["]
        for episode in scene.episodes:
            lines += ["        [", *(f"            {source(t)}," for t in episode), "        ],"]
        lines += ["    ]", f"    scene = Scene(None, below, episodes, {policy})"]
        return "\n".join([*lines, "    assert_equivalent(..., ..., scenes=[scene])"])


def _made_small(pair: Pair, number: int, scene: Scene, found: Apart) -> tuple[Apart, Scene, str]:
    """Return a smaller scene that fails, strings in it where that will do, and how it fails."""

    def fails(smaller: Scene) -> Any:
        with contextlib.suppress(Exception):  # a specification may ask for what was left out
            return pair.fails(smaller)
        return None

    broken: Any = found
    scene, broken = _plainly(scene, broken, pair)
    scene, broken = shrink(scene, broken, fails)
    scene, broken = _plainly(scene, broken, pair)
    return broken, scene, f"example {number}"


def _plainly(scene: Scene, found: Apart, pair: Pair) -> tuple[Scene, Apart]:
    """Say the same with strings for observations and actions, if it fails so too."""
    names = (f"f{number}" for number in count())
    episodes = [[step.replace(observation=next(names)) for step in e] for e in scene.episodes]
    many = len(getattr(scene.policy, "actions", ())) or 1
    plain = Scene(scene.wrapper, Below(), episodes, Improvise([*"abc"][:many]))
    try:
        again = pair.fails(plain)
    except Exception:  # noqa: BLE001 - the two may not be made for strings
        return scene, found
    return (scene, found) if again is None else (plain, again)


def _require_spaces(below: Below) -> None:
    """Refuse a place of which too little is known for an environment of Gymnasium's.

    Raises:
        ValueError: if a space is unknown.
    """
    if below.observation_space is None or below.action_space is None:
        raise ValueError(
            f"An original needs an environment with both spaces, got {below!r}. Give "
            "below=Below(observation_space, action_space)."
        )


def _refuse_what_is_none(side: Any, *, in_a_loop: bool) -> None:
    """Refuse at once what is no machine.

    Raises:
        TypeError: saying what one is.
    """
    if in_a_loop and not isinstance(side, Wrapper):
        raise TypeError(
            f"{brief(side)} cannot be put beside an original, which lives in the ordinary loop: "
            "expected a wrapper, a stack or an oracle."
        )
    if not isinstance(side, Wrapper):
        machine(side, Below())


def _announces(side: Any) -> bool:
    return isinstance(side, Wrapper) and not isinstance(side, Oracle)


def _known_above(wrapper: Wrapper[Any], below: Below) -> Below | str:
    """Return what is known above a wrapper, or with what words it refuses to be bound."""
    try:
        return Stack(wrapper).bind(below).above(below)
    except Exception as error:  # noqa: BLE001 - whatever it is, it refuses
        return f"raises {type(error).__name__}: {sentence(error)}"


def _interruptions(turn: Turn, scene: Scene) -> Iterator[tuple[str, Message]]:
    """Give what might come after a turn in place of what does."""
    if type(turn.reply) is TimeStep and not turn.reply.last:
        yield "the policy gives the episode up", Reset()
    yield "the environment opens an episode unasked", Script(scene.episodes)(Reset())


def _follow(beside: Beside, memory: Any, message: Message, scene: Scene) -> None:
    """Go on from an interruption for a while.

    Raises:
        Apart: where the two differ.
    """
    environment, seat, told = Script(scene.episodes), Seat(scene.policy), list[Message]()
    if type(message) is TimeStep:
        message = environment(Reset())
    for _ in range(FURTHER):
        try:
            memory, reply = beside.route(memory, message, [])
            told.append(message)
            message = seat.answer(reply) if type(reply) is TimeStep else environment(reply)
        except Apart as apart:
            raise Apart(apart.words, told + apart.messages) from None
        except (BothRaised, ProtocolError, ScriptOver):
            return
