"""A wrapper over a stub, and the state that it is in."""

from __future__ import annotations

import contextlib
import warnings
from typing import Any, Final, NamedTuple

import attrs
import gymnasium
import numpy as np

from statewrap.core.errors import SnapshotError
from statewrap.core.messages import TimeStep
from statewrap.core.wrapper import Below
from statewrap.gym.bridge import reading
from statewrap.gym.bridge.asked import Asked
from statewrap.gym.bridge.codec import UnreadableError
from statewrap.gym.bridge.description import Description
from statewrap.gym.bridge.errors import DivergedError, NotBridgeableError
from statewrap.gym.bridge.graph import FORM, Graph, State
from statewrap.gym.bridge.kinds import Names
from statewrap.gym.bridge.making import Making
from statewrap.gym.bridge.run import Run
from statewrap.gym.bridge.stub import Factory, Limited, Stub, around


@attrs.define(eq=False, repr=False)
class Live:
    """One wrapper, or a stack of them, over a stub, made by the factory."""

    outer: gymnasium.Wrapper[Any, Any, Any, Any]
    stub: Stub
    run: Run
    graph: Graph
    holds: State | None
    """The state that it is in; None where that is not known."""
    asked: Asked
    """What it, and those made like it, asked of the environment that is not there."""
    name: str
    """The class of the outermost wrapper."""
    kept_generator: bool
    """Whether the environment's generator was asked for when it was made, and may be kept."""
    maps: Maps
    """Its layers that are maps."""
    opened: bool = False
    """Whether it reset its environment when it was made."""
    mapped: State | None = None
    """The last state in which its layers were seen to be maps."""
    hot: frozenset[int] | None = None
    """Which objects are always in a state; None for all. Others are where they have changed."""

    @classmethod
    def make(
        cls,
        factory: Factory,
        below: Below,
        description: Description,
        asked: Asked,
        names: Names,
        spaces: tuple[Any, ...],
        opening: TimeStep | None = None,
    ) -> Live:
        """Make one.

        Args:
            factory: makes the wrapper.
            below: what is known of what lies below.
            description: what else is known of the environment.
            asked: where to note what it asks of it.
            names: the classes of what wrappers make later.
            spaces: those of the environment itself, which are known.
            opening: what to show if it resets its environment while it is made; by default what
                is nearest to zero.

        Raises:
            NotBridgeableError: if the factory gives no wrapper, or one that cannot be put back.
        """
        generator = np.random.Generator(np.random.PCG64(0))
        making = Making(below, generator, opening)
        stub = Stub(below, description, asked, making)
        env = around(stub, below)
        outer = made_by(factory, env)
        say_specs(outer, asked)
        run = Run(generator)
        stub.statewrap_host = run
        constant = (stub.statewrap_emulator, stub.statewrap_sets, description, *spaces)
        shared = (*constant, run, generator, generator.bit_generator, asked)
        try:
            graph = Graph(outer, shared, names, getattr(factory, "statewrap_form", ""))
        except UnreadableError as error:
            raise held(error) from error
        except RecursionError as error:
            raise held(UnreadableError.too_deep().within(type(outer).__name__)) from error
        graph.base[FORM] = graph.form
        asked.hold()
        name, maps = type(outer).__name__, maps_of(outer)
        return cls(
            outer, stub, run, graph, None, asked, name, making.drew, maps, opened=making.opened
        )

    def restore(self, state: State) -> None:
        """Bring it into a state; into that which it is in, nothing is to be done.

        Raises:
            SnapshotError: if it is the state of a wrapper that is made of other objects.
        """
        if self.holds is not state:
            hold_form(state, self.graph, self.name)
            self.graph.put(state)
            self.holds = state

    def hold_maps(self, state: State) -> None:
        """Hold that its layers are maps in a state in which it is, as they were when it was made.

        Raises:
            DivergedError: if one has exchanged what makes it one.
        """
        if self.maps.exchanged():
            raise DivergedError(_EXCHANGED.format(who=self.name))
        self.mapped = state

    def give_up(self) -> None:
        """Take it that a run left it in any state."""
        self.holds = None
        self.run.forget()

    def leave(self) -> None:
        """Look whether an abandoned run left it as it was."""
        self.run.forget()
        if not self.graph.rests():
            self.holds = None

    def state(self) -> State:
        """Return the state that it is in, after a run; the same object if nothing has changed.

        Raises:
            NotBridgeableError: if it holds something that cannot be put back.
        """
        try:
            found = self.graph.moved()
        except UnreadableError as error:
            self.give_up()
            raise held(error) from error
        except RecursionError as error:
            self.give_up()
            raise held(UnreadableError.too_deep().within(self.name)) from error
        if found or self.holds is None:
            self.holds = {**(self.holds or self._usual())}
            for place, slot in found:
                self.holds[place] = slot.content
        return self.holds

    def _usual(self) -> State:
        """Return what is always in a state, as it was at first."""
        base = self.graph.base
        return base if self.hot is None else {p: base[p] for p in base if p in self.hot}


def hold_form(state: State, graph: Graph, name: str) -> None:
    """Hold that a state is that of a wrapper which is made of the same objects.

    Raises:
        SnapshotError: if it is not.
    """
    if not graph.fits(state):
        raise SnapshotError(
            f"This memory is that of another wrapper than {name} is here, or of one that was made "
            "otherwise: its objects are others, or hold other things where nothing has changed. A "
            "memory goes with the stack that it was made by; one of `from_env` with the stack of "
            "`from_env`."
        )


def say_specs(outer: Any, asked: Asked) -> None:
    """Let each layer say its spec, which it keeps from then on: so that is no change later.

    Args:
        outer: the outermost layer.
        asked: where it is not noted.
    """
    known = dict(asked.found)
    for layer in layers(outer)[::-1]:
        said = getattr(type(layer), "spec", None)
        if isinstance(said, property) and _is_gymnasiums(said.fget):
            with warnings.catch_warnings(action="ignore"), contextlib.suppress(Exception):
                layer.spec  # noqa: B018 - it is kept where it was made
    asked.found.clear()
    asked.found.update(known)


def _is_gymnasiums(function: Any) -> bool:
    return str(getattr(function, "__module__", "")).partition(".")[0] == "gymnasium"


def layers(outer: Any) -> list[Any]:
    """Return the wrappers, outermost first, without the stub and the limit around it."""
    found = []
    while isinstance(outer, gymnasium.Wrapper) and not isinstance(outer, Limited):
        found.append(outer)
        outer = outer.env
    return found


class Maps(NamedTuple):
    """The layers that map messages, in the order in which they are called.

    Their methods are looked up at each call: a layer may exchange its own.
    """

    observes: tuple[Any, ...] = ()
    rewards: tuple[Any, ...] = ()
    downward: tuple[Any, ...] = ()
    resets: bool = False
    """Whether a layer has a `reset` of its own, which may do anything."""
    laid: tuple[tuple[dict[str, Any], Any], ...] = ()
    """What each layer holds, and on what it lies."""

    def exchanged(self) -> bool:
        """Tell whether a layer has exchanged its `step` or `reset`, or on what it lies."""
        for held, env in self.laid:
            if "step" in held or "reset" in held or held.get("env") is not env:
                return True
        return False


def maps_of(outer: Any) -> Maps:
    """Find the layers that are maps; others are left out."""
    kinds = [(layer, reading.maps(layer)) for layer in layers(outer)]
    return Maps(
        tuple(layer for layer, kind in reversed(kinds) if kind is reading.OBSERVATION),
        tuple(layer for layer, kind in reversed(kinds) if kind is reading.REWARD),
        tuple(layer for layer, kind in kinds if kind is reading.ACTION),
        any(reading.resets(layer) for layer, _ in kinds),
        tuple((vars(layer), layer.env) for layer, kind in kinds if kind is not None),
    )


def made_by(
    factory: Factory, env: gymnasium.Env[Any, Any]
) -> gymnasium.Wrapper[Any, Any, Any, Any]:
    """Call a factory.

    Raises:
        NotBridgeableError: if it gives something else than a wrapper around what it was given.
    """
    try:
        outer: Any = factory(env)
    except Exception as error:
        if not isinstance(error, NotBridgeableError):
            error.add_note(_MAKING)
        raise
    inner = outer
    while isinstance(inner, gymnasium.Wrapper) and inner is not env:
        inner = inner.env
    if inner is not env or outer is env:
        raise NotBridgeableError(
            f"The factory returned {outer!r:.100}, expected a gymnasium.Wrapper around the "
            "environment that it was given, as in Bridge(lambda env: MyWrapper(env, ...))."
        )
    return outer  # type: ignore[no-any-return]  # it was looked at


_MAKING: Final = (
    "The factory of a Bridge raised this, over what stands for the environment: it has the spaces "
    "below, and of the rest what is described, such as env.spec by describe=Description(spec=...)."
)


def held(error: UnreadableError) -> NotBridgeableError:
    """Say what cannot be put back."""
    return NotBridgeableError(
        f"{error.path or 'The wrapper'} is {error.reason}. A call that waits for the environment "
        "is run again from its beginning, so all that a wrapper holds is to be put back; this "
        "cannot be."
    )


_EXCHANGED: Final = (
    "{who} has exchanged its own `step`, `reset` or `env` while it ran, which it did not do when "
    "it was tried out: it no longer maps messages alone. Exchange them in the constructor."
)
