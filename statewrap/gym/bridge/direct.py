"""Maps without a loop: layers that only override `observation`, `action` or `reward`.

Gymnasium's three base classes step their environment themselves, once, and hand what is wanted to
one method. So the method alone is called, when its message passes; nothing runs twice. What the
method changes in the wrapper is in the memory all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from statewrap.core.borders import freeze, thaw
from statewrap.core.draws import NumpyDraws
from statewrap.core.key import Key
from statewrap.core.messages import Act, Message, Reset, TimeStep
from statewrap.gym.bridge.errors import DivergedError
from statewrap.gym.bridge.graph import State
from statewrap.gym.bridge.live import Live
from statewrap.gym.bridge.memory import Before, Held, kept
from statewrap.gym.bridge.replay import Replay, made
from statewrap.gym.bridge.run import Abandon
from statewrap.gym.bridge.workshop import Shelf

_new: Final[Any] = object.__new__
Calls = Callable[[Live, Any], Message]
"""Maps a message by the methods of a wrapper."""


class Direct(Replay):
    """Answers messages by calling the methods that map them.

    Where a layer has a `reset` of its own, that is run as any other call.
    """

    def __init__(
        self,
        shelf: Shelf,
        base: State,
        draws: NumpyDraws | None,
        *,
        opens: bool = False,
        looks: bool = True,
    ) -> None:
        super().__init__(shelf, base, draws, opens=opens, looks=looks)
        live = shelf.take()
        shelf.put(live)
        self._acts = bool(live.maps.downward)
        self._shows = bool(live.maps.observes or live.maps.rewards)
        self._resets = live.maps.resets
        self._notes = looks or self._resets
        """Whether a time step, and when it came, may be asked for later."""

    def renew(self, held: Held, key: Key) -> Held:
        """Keep what the wrapper holds."""
        if type(held.call) is Before:  # which the opening, when it comes, goes back to
            draws = key if self._draws is None else held.call.draws
            return Held(held.state, draws, held.call, held.shown, held.time)
        if self._resets:
            return super().renew(held, key)
        return held if self._draws is not None else Held(held.state, key)

    def hook(self, name: str) -> Any:
        """Return the method of this name; None where no layer maps such a message."""
        does = {
            "on_action": self._acts,
            "on_state": self._acts or self._shows or self._resets or self._looks,
            "on_reset": self._resets,
        }
        return getattr(self, name) if does[name] else None

    def on_reset(self, held: Held, request: Reset) -> tuple[Held, Message]:
        """Let it pass, unless a layer does something."""
        return super().on_reset(held, request) if self._resets else (held, request)

    def on_action(self, held: Held, act: Act) -> tuple[Held, Message]:
        """Map the action, the topmost layer first."""
        if not self._acts:
            return held, act
        after, mapped = self._mapped(_acted, held, act, held[3])
        return _due(after, held), mapped

    def on_state(self, held: Held, timestep: TimeStep) -> tuple[Held, Message]:
        """Map observation and reward, the lowest layer first."""
        if type(held[2]) is Before:
            held = _answered(held, cut=timestep.first)
        if self._resets and (timestep.first or held[2] is not None):
            return super().on_state(held, timestep)
        shown: Message = timestep
        if self._shows:
            held, shown = self._mapped(_shown, held, timestep, timestep)
        return self._noted(held, timestep) if self._notes else held, shown

    def _mapped(
        self, maps: Calls, held: Held, message: Message, newest: TimeStep | None
    ) -> tuple[Held, Message]:
        """Map a message by a wrapper's methods, and remember what they changed in it.

        Args:
            maps: how.
            held: what the wrapper holds.
            message: what is mapped.
            newest: the last time step.

        Raises:
            DivergedError: if a layer is no map any more, or calls its environment.
        """
        state, draws = held[0], held[1]
        live = self._take()
        try:
            if live.holds is not state:
                live.restore(state)
            if live.mapped is not state:
                live.hold_maps(state)
            live.run.look(draws, newest, kept=live.kept_generator)
            mapped = maps(live, message)
            if live.asked.unknown:
                live.asked.hold()
            if live.run.wanted is not None:  # which it has swallowed
                raise Abandon  # noqa: TRY301 - told as if it had not
            rests = live.graph.check
            now = state if rests is not None and rests() else live.state()
            if live.run.drew:
                draws = live.run.drawn()
        except Abandon as error:
            live.give_up()
            raise DivergedError(_CALLED.format(who=live.name)) from error
        except BaseException:
            live.give_up()
            raise
        finally:
            self._put(live)
        if now is not state or draws is not held[1]:
            held = made(Held, (now, draws, None, held[3], held[4]))
        return held, mapped

    def _noted(self, held: Held, shown: TimeStep) -> Held:
        """Keep a time step, and when it came."""
        remembered = kept(shown) if self._looks else None
        return made(Held, (held[0], held[1], None, remembered, shown.time))  # type: ignore[no-any-return]


def _due(after: Held, before: Held) -> Held:
    """Remember what was before an action was mapped, if that changed anything."""
    if after is before:
        return after
    state, draws, _, shown, time = after
    return made(Held, (state, draws, Before(before[0], before[1]), shown, time))  # type: ignore[no-any-return]


def _answered(held: Held, *, cut: bool) -> Held:
    """Forget what was before an action was mapped; where the episode was cut, go back to it."""
    state, draws, before, shown, time = held
    if cut and type(before) is Before:
        state = before.state
    return made(Held, (state, draws, None, shown, time))  # type: ignore[no-any-return]


def _acted(live: Live, act: Act) -> Act:
    """Map an action; who tries a wrapper out looks whether it changes what it is given."""
    action = thaw(act.action)
    if live.run.handed is not None:
        live.run.handed.append(("action", act.action, action))
    for layer in live.maps.downward:
        action = layer.action(action)
    mapped: Any = _new(Act)  # field by field is faster than the constructor
    mapped.action = freeze(action)
    return mapped  # type: ignore[no-any-return]


def _shown(live: Live, timestep: TimeStep) -> TimeStep:
    """Map an observation, and a reward that is one."""
    maps = live.maps
    if maps.observes:
        observation = thaw(timestep.observation)
        for layer in maps.observes:
            observation = layer.observation(observation)
        timestep = timestep.with_observation(freeze(observation))
    if maps.rewards and not timestep.first:
        reward = thaw(timestep.reward)
        for layer in maps.rewards:
            reward = layer.reward(reward)
        timestep = timestep.with_reward(freeze(reward))
    return timestep


_CALLED: Final = (
    "{who} called its environment in `observation`, `action` or `reward`, which it did not do when "
    "it was tried out."
)
