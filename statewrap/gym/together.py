"""Which layers have to be in one bridge, since they do otherwise where their messages are copied.

Layers that lie in different bridges, or in one and as a twin, hand each other copies. In
Gymnasium's loop they hand on the very objects: one that shows its buffer goes on writing into what
others keep. So all layers are played in that loop over a made-up environment, once as they are and
once with borders between them. Where a border makes a difference, there must be none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, Final

import attrs
import gymnasium

from statewrap.core.borders import freeze
from statewrap.core.errors import BindError, ConfigurationError
from statewrap.core.same import difference
from statewrap.core.wrapper import Below
from statewrap.gym.behind import NotCopiedError
from statewrap.gym.bridge import watch
from statewrap.gym.bridge.description import Description
from statewrap.gym.bridge.plainness import timeless
from statewrap.gym.copies import Env, copied_over
from statewrap.gym.rehearsal import (
    Border,
    Stage,
    Told,
    apart_from_the_world,
    play,
    stub,
)

_LATELY: Final = 60
"""How many of the objects that passed last are looked at again."""


@attrs.frozen
class Span:
    """Layers that follow one another, by number; the last one included."""

    first: int
    last: int
    bridge: bool = False
    """Whether they are in a bridge, or are to be."""
    why: str = ""
    """Why they are in one."""

    def moved(self, by: int) -> Span:
        """Return the same layers, numbered otherwise."""
        return attrs.evolve(self, first=self.first + by, last=self.last + by)


@attrs.define
class Scene:
    """Layers of a stack, and what they lie on; they are numbered from 0."""

    first: int
    """What number the lowest one has in the stack."""
    layers: Sequence[gymnasium.Wrapper[Any, Any, Any, Any]]
    """Nearest to the environment first."""
    env: Env
    """What they lie on."""
    spans: Sequence[Span]
    """How they would be run apart: bridges, and each other layer by itself."""
    idle: frozenset[int]
    """The numbers of those that only pass on what they are given."""
    below: Callable[[int], Below]
    """From the number of a layer to what is known below it."""
    describe: Description
    opened: bool
    guarded: bool
    """Whether one of them is known to do something outside."""


def together(scene: Scene) -> list[Span]:
    """Return the bridges that take the place of those of a scene, numbered as in the stack.

    There are none where all is right as it is.

    Nothing is returned either where it cannot be tried: what is played cannot be copied, or would
    do something that cannot be undone.
    """
    pairs = list(pairwise(scene.spans))
    beside = [lower.last for lower, upper in pairs if lower.bridge or upper.bridge]
    ground = scene.below(0)
    if not beside or ground.observation_space is None or ground.action_space is None:
        return []
    try:
        with apart_from_the_world(*scene.layers, guarded=scene.guarded):
            trial = _Trial(_copyable(scene))
            found = _joined(scene.spans, trial.harmful([one.last for one, _ in pairs], beside))
            return [one.moved(scene.first) for one in found]
    except (watch.EffectError, ConfigurationError, BindError):
        return []


def _copyable(scene: Scene) -> Scene:
    """Return a scene in which those layers only pass on that cannot be copied."""
    idle = set(scene.idle)
    for one in scene.spans:
        layer = scene.layers[one.last]
        try:
            if not one.bridge:
                copied_over([layer], layer.env, layer.env)
        except NotCopiedError:
            idle.add(one.last)
    return attrs.evolve(scene, idle=frozenset(idle))


class _Trial:
    """Plays a scene with some borders in it."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._watched = _Watched()
        self._whole = self._played((), self._watched)
        self._clockless = False

    def harmful(self, borders: list[int], beside: list[int]) -> dict[int, str]:
        """Return the borders that make a difference, each with why.

        Args:
            borders: all that could be, each by the number of the layer below it.
            beside: those that there are.
        """
        skipped = {n: self._watched.skipped[n] for n in borders if n in self._watched.skipped}
        if not skipped and self._differs(beside) is None:
            return {}
        if self._is_moody():
            return skipped
        found = {n: skipped.get(n) or self._differs([n]) for n in borders}
        bad = {n: why for n, why in found.items() if why is not None}
        rest = [n for n in beside if n not in bad]
        why = self._differs(rest)
        return bad if why is None else dict.fromkeys(borders, why) | bad

    def _is_moody(self) -> bool:
        """Tell whether layers do otherwise when they are played again, times aside."""
        self._watched.notes = True
        again = self._played((), self._watched)
        self._clockless = difference(self._whole, again) is not None
        return self._clockless and difference(timeless(self._whole), timeless(again)) is not None

    def _differs(self, borders: Sequence[int]) -> str | None:
        """Say why borders make a difference; None if they make none."""
        if not borders:
            return None
        try:
            found = self._played(borders, None)
        except (BindError, ConfigurationError):
            return "which looks for what the other holds"
        where = difference(self._whole, found)
        if where and self._clockless:
            where = difference(timeless(self._whole), timeless(found))
        if not where:
            return None
        return self._watched.told(borders) or f"for apart they would not do the same ({where})"

    def _played(self, borders: Sequence[int], watched: _Watched | None) -> Told:
        scene = self._scene
        stage = Stage(scene.below(0), scene.describe.info)
        ground: Any = stub(scene.below(0), scene.describe, stage)
        env, start = scene.env, 0
        for end in (*borders, len(scene.layers) - 1):
            layers = scene.layers[start : end + 1]
            idle = [layer for n, layer in enumerate(layers, start) if n in scene.idle]
            made = copied_over(layers, env, ground, idle)
            outer, env, start = made[-1], scene.layers[end], end + 1
            if start < len(scene.layers):
                ground = stub(scene.below(start), scene.describe, Border(outer, stage))
        if watched is not None:
            watched.over(made, stage)
        return play(outer, stage, opened=scene.opened)


class _Watched:
    """What is noticed of layers that lie directly on one another."""

    def __init__(self) -> None:
        self.notes = False
        """Whether to look for what is changed later, which takes a while."""
        self.skipped: dict[int, str] = {}
        """Layers that are passed over, by number, with what there is to say."""
        self._later: dict[int, str] = {}
        """Layers of which something is changed after it has passed above them."""
        self._inside: list[int] = []
        self._passed: list[tuple[int, str, Any, Any]] = []

    def over(self, layers: Sequence[Any], stage: Stage) -> None:
        """Watch layers from now on."""
        for number, layer in enumerate(layers):
            for name in ("step", "reset"):
                vars(layer)[name] = self._watching(number, getattr(layer, name))
        stage.called = lambda: self._look(layers)

    def told(self, borders: Sequence[int]) -> str | None:
        """Say what is changed of that which passes some borders."""
        found = [self._later[border] for border in borders if border in self._later]
        return f"for {found[0]}" if found else None

    def _watching(self, number: int, usual: Any) -> Any:
        def call(*given: Any, **known: Any) -> Any:
            self._note(number - 1, "an action that is handed down is changed later", given)
            self._inside.append(number)
            try:
                said = usual(*given, **known)
            finally:
                self._inside.pop()
                self._compare()
            words = "an observation that is shown is changed later"
            self._note(number, words, said[:1])
            self._note(number, "what is shown beside an observation is changed later", said[1:])
            return said

        return call

    def _note(self, border: int, words: str, things: Any) -> None:
        if not self.notes:
            return
        self._passed.append((border, words, things, freeze(tuple(things))))
        del self._passed[:-_LATELY]

    def _compare(self) -> None:
        for border, words, things, before in self._passed:
            if border not in self._later and difference(before, freeze(tuple(things))):
                self._later[border] = words

    def _look(self, layers: Sequence[Any]) -> None:
        """Note which layers a call of the environment has passed over."""
        if not self._inside:
            return
        for number in set(range(max(self._inside))) - {*self._inside}:
            who = min(inside for inside in self._inside if inside > number)
            names = [type(layers[n]).__name__ for n in (who, number)]
            self.skipped[number] = "for {} calls past {}".format(*names)


def _joined(spans: Sequence[Span], harmful: dict[int, str]) -> list[Span]:
    """Put spans together between which there must be no border."""
    if not harmful:
        return []
    found: list[Span] = []
    whole = spans[0]
    for one in spans[1:]:
        if whole.last in harmful:
            why = whole.why or harmful[whole.last]
            whole = Span(whole.first, one.last, whole.bridge or one.bridge, why)
        else:
            found.append(whole)
            whole = one
    return [one for one in (*found, whole) if one.why and one.bridge]
