"""Any `gymnasium.Wrapper`, or a stack of them, as one inverted wrapper."""

from __future__ import annotations

import copy
from typing import Any, Final, Literal

import attrs
import gymnasium

from statewrap.core.draws import NumpyDraws
from statewrap.core.fields import argument, derived, one_of, shown
from statewrap.core.key import Key
from statewrap.core.messages import Act, Message, Reset, TimeStep
from statewrap.core.wrapper import Below, Wrapper, bound
from statewrap.gym.bridge.choice import Choices
from statewrap.gym.bridge.description import Description, a_description
from statewrap.gym.bridge.engine import Engine
from statewrap.gym.bridge.given import a_factory, given_pcg64, hold_below
from statewrap.gym.bridge.live import Live, layers
from statewrap.gym.bridge.memory import MEMORY_TYPES
from statewrap.gym.bridge.modes import chosen
from statewrap.gym.bridge.seen import Seen
from statewrap.gym.bridge.stub import Factory
from statewrap.gym.bridge.suspended import Suspended
from statewrap.gym.bridge.workshop import Workshop

Mode = Literal["auto", "replay", "greenlet"]
MODES: Final = ("auto", "replay", "greenlet")


@attrs.frozen(init=False)
class Bridge(Wrapper[Any]):
    """Run a `gymnasium.Wrapper`, or a whole stack of them, under inverted control, as it is.

    The wrapper is made over a stub that has no environment behind it, and tried out: over made-up
    observations, where what cannot be run this way is refused with the reason. What was seen is
    `seen`. Its memory is plain data and can be saved at any message, also in the middle of a call
    that steps the environment several times; it holds what each of the wrapper's objects held.

        env                       f0*        f1         f2
        Bridge(RepeatAction, 2)   ↑  a↓      ↺ a        ↑ r1+r2
        policy                    f0*  a                f2           (* first; ↺ runs again)

    How a call waits for the environment: it is run up to `env.step`, given up there, and run again
    from the same state when the answer is known. Where the code shows that an action passes
    first, or that a layer only maps, it runs once. See `docs/explanation/bridge.md`.

    Args:
        factory: puts the wrapper, or several, around the environment that it is given. A class or
            a function that can be imported by its name lets snapshots be restored elsewhere.
        below: what is known of what lies below; with it the wrapper is tried out at once, without
            it at `bind`. A wrapper that renders has to be given it here, and
            `Below(render_mode=..., frame_space=...)`.
        mode: "replay" to run calls again; "greenlet" to suspend them, for wrappers that cannot be
            run again; "auto" to choose, the first if it can be.
        describe: what the wrapper may ask of its environment besides spaces.
        draws: an `np.random.Generator` over a PCG64, or its `bit_generator.state`, or a
            `NumpyDraws`, from which `env.np_random` draws, over all episodes. Without it, it is
            made anew from the wrapper's key at each opening.

    Raises:
        TypeError: if an argument is something else; a factory, if it cannot be called with an
            environment alone.
        ValueError: if the mode is not one of the three, or `draws` is of another kind.
        NotBridgeableError: with `below` or at `bind`, if the wrapper cannot be run this way.
        EnvironmentMissingError: the same, if it asks for what only an environment has.
        MissingExtraError: the same, if greenlets are asked for and not installed.

    >>> import numpy as np
    >>> from gymnasium.spaces import Box, Discrete
    >>> from gymnasium.wrappers import RepeatAction
    >>> from statewrap.testing import play
    >>> below = Below(Box(0.0, 9.0, (1,)), Discrete(2))
    >>> bridge = Bridge(lambda env: RepeatAction(env, 2), below)
    >>> def frame(number: float, **how: Any) -> TimeStep:
    ...     return TimeStep(np.full(1, number, np.float32), **how)
    >>> for reply in play(bridge, frame(0.0, first=True), Act(1), frame(1.0, reward=0.5),
    ...                   frame(2.0, reward=0.25), below=below):
    ...     print(reply)
    TimeStep(array([0.], dtype=float32), first=True)
    Act(1)
    Act(1)
    TimeStep(array([2.], dtype=float32), reward=0.75)
    >>> print(bridge.seen)
    mode: replay
    path: again: RepeatAction.step does something before its environment's; a call is run again ...
    environment calls: seen: 1 to 2 steps in a step, 1 resets in a reset
    ...
    """

    memory_types = (*MEMORY_TYPES, Suspended)

    factory: Factory = argument(validator=a_factory)
    mode: Mode = attrs.field(default="auto", kw_only=True, validator=one_of(*MODES))
    describe: Description = attrs.field(factory=Description, kw_only=True, validator=a_description)
    draws: NumpyDraws | None = attrs.field(default=None, kw_only=True, converter=given_pcg64)
    _choices: Choices = derived(attrs.Factory(Choices))
    seen: Seen | None = derived()
    """What was seen when it was tried out; None before `bind`."""
    _engine: Engine = derived()
    _below: Below | None = derived()
    _above: Below | None = derived()

    def __init__(
        self,
        factory: Factory,
        below: Below | None = None,
        *,
        mode: Mode = "auto",
        describe: Description | None = None,
        draws: Any = None,
    ) -> None:
        described = Description() if describe is None else describe
        self.__attrs_init__(factory, mode=mode, describe=described, draws=draws)
        if below is not None:
            self._become(below)

    @property
    def needs(self) -> frozenset[str]:  # type: ignore[override]  # a class variable elsewhere
        """Pictures, if the wrapper was seen to render its environment."""
        renders = self.seen is not None and self.seen.frames
        return frozenset({"frame"}) if renders else frozenset()

    @property
    def keeps(self) -> bool | frozenset[str]:  # type: ignore[override]  # the same
        """The wrapper's state, for only its own `reset` forgets."""
        held = {"state"} if self.draws is None else {"state", "draws"}
        return frozenset(held)

    @property
    def learns(self) -> bool:  # type: ignore[override]  # the same
        """Whether something of an earlier episode was seen to be left; yes if not tried."""
        return self.seen is None or self.seen.learns or not self.seen.calls

    @property
    def delays(self) -> bool:  # type: ignore[override]  # the same
        """Whether it was seen to show an observation later than it came; yes if not tried."""
        return self.seen is None or self.seen.delays or not self.seen.calls

    @property
    def suspends(self) -> bool:  # type: ignore[override]  # the same
        """Whether its calls are suspended, in greenlet mode."""
        return self.seen is not None and self.seen.mode == "greenlet"

    def bind(self, below: Below) -> Bridge:
        """Make the wrapper over a stub, and try it out, if it was not tried over this before.

        Raises:
            NotBridgeableError: if it cannot be run this way.
        """
        twin: Bridge = bound(self)
        twin._become(below)
        return twin

    def _become(self, below: Below) -> None:
        hold_below(below)
        workshop = Workshop(self.factory, below, self.describe)
        choice: Any = self._choices.find(below)
        if choice is None:
            choice = chosen(self.mode, workshop, self.factory, below, self.describe)
            getattr(self.factory, "statewrap_fits", _nothing)(below)
            self._choices.keep(below, choice)
        engine = choice.engine(workshop, self.draws)
        makes = engine if choice.seen.mode == "greenlet" else workshop
        parts = {
            "seen": choice.seen,
            "_engine": engine,
            "_below": below,
            "_above": _known_above(makes, below),
        }
        for name, part in parts.items():
            object.__setattr__(self, name, part)

    def __repr__(self) -> str:
        said = [f"factory={shown(self.factory)}"]
        said += [f"mode={self.mode!r}"] * (self.mode != "auto")
        said += [f"describe={self.describe!r}"] * (self.describe != Description())
        said += [f"draws={self.draws!r}"] * (self.draws is not None)
        return f"Bridge({', '.join(said)})"

    def __copy__(self) -> Bridge:
        twin = object.__new__(Bridge)
        for field in attrs.fields(Bridge):
            object.__setattr__(twin, field.name, getattr(self, field.name))
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> Bridge:
        return bound(self, factory=copy.deepcopy(self.factory, memo))  # type: ignore[no-any-return]

    def __reduce__(self) -> Any:
        return _again, (self.factory, self._below, self.mode, self.describe, self.draws)

    def above(self, below: Below) -> Below:
        """Say what the outermost wrapper announces."""
        return self._above or below

    def statewrap_hook(self, name: str) -> Any:
        """Return what answers a message here; None where the engine lets it pass."""
        engine = self._engine
        return super().statewrap_hook(name) if engine is None else engine.hook(name)

    def initial(self, key: Key) -> Any:
        """Remember nothing but how the wrapper was made."""
        return self._engine.initial(key)

    def renew(self, memory: Any, key: Key) -> Any:
        """Keep what the wrapper holds: its own `reset` forgets what is to be forgotten."""
        return self._engine.renew(memory, key)

    def on_state(self, memory: Any, timestep: TimeStep) -> tuple[Any, Message]:
        """Answer the call of `step` or `reset` that waits for this time step."""
        return self._engine.on_state(memory, timestep)

    def on_action(self, memory: Any, act: Act) -> tuple[Any, Message]:
        """Call `step`."""
        return self._engine.on_action(memory, act)

    def on_reset(self, memory: Any, request: Reset) -> tuple[Any, Message]:
        """Call `reset`."""
        return self._engine.on_reset(memory, request)


def _known_above(makes: Any, below: Below) -> Below:
    live = makes.take()
    makes.put(live)
    outer = live.outer
    return attrs.evolve(
        below,
        observation_space=_space(live, below, "observation_space"),
        action_space=_space(live, below, "action_space"),
        max_episode_steps=_limit(live, below),
        metadata=_metadata(live, below),
        render_mode=_said(outer, "render_mode", below.render_mode),
    )


def _nothing(below: Below) -> None:
    """Look at nothing."""


def _metadata(live: Live, below: Below) -> Any:
    """Return a copy of what it says of itself; it is not noted that it was asked for."""
    noted, outer = live.stub.statewrap_sets, live.outer
    before = len(noted)
    said = copy.deepcopy(_said(outer, "metadata", below.metadata))
    if all(type(layer).metadata is gymnasium.Wrapper.metadata for layer in layers(outer)):
        del noted[before:]
    return said


def _limit(live: Live, below: Below) -> int | None:
    """Return the limit above: that of the outermost `TimeLimit`."""
    for layer in layers(live.outer):
        if isinstance(layer, gymnasium.wrappers.TimeLimit):
            limit: int = layer._max_episode_steps  # noqa: SLF001 - Gymnasium reads it as well
            return limit
    return below.max_episode_steps


def _space(live: Live, below: Below, name: str) -> Any:
    """Return what a wrapper announces: the very space below, if that is what the stub has."""
    said, stub = _said(live.outer, name, None), live.stub
    its_own = said is not vars(stub).get(name) or name in stub.statewrap_sets
    return said if its_own else getattr(below, name)


def _said(outer: gymnasium.Env[Any, Any], name: str, otherwise: Any) -> Any:
    """Return what a wrapper says; something else where neither it nor the stub says it.

    A wrapper that sets `self.env` without Gymnasium's constructor has no metadata of its own.
    """
    try:
        return getattr(outer, name)
    except AttributeError:
        return otherwise


def _again(factory: Any, below: Any, mode: Any, describe: Any, draws: Any) -> Bridge:
    return Bridge(factory, below, mode=mode, describe=describe, draws=draws)
