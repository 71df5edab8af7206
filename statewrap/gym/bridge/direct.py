"""Maps without a loop: layers that only override `observation`, `action` or `reward`.

Gymnasium's three base classes step their environment themselves, once, and hand what is wanted to
one method. So the method alone is called, when its message passes; nothing runs twice. What the
method changes in the wrapper is in the memory all the same.
"""

from __future__ import annotations

from typing import Any, Final

from statewrap.core.borders import freeze, thaw
from statewrap.core.draws import NumpyDraws
from statewrap.core.key import Key
from statewrap.core.messages import Act, Message, Reset, TimeStep
from statewrap.gym.bridge.errors import DivergedError
from statewrap.gym.bridge.graph import State
from statewrap.gym.bridge.live import Live, Maps
from statewrap.gym.bridge.memory import Before, Held, kept
from statewrap.gym.bridge.replay import Replay, made
from statewrap.gym.bridge.run import Abandon
from statewrap.gym.bridge.workshop import Shelf


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
        live = self.workshop.take()
        try:
            _begin(live, held, held[3])
            action = thaw(act.action)
            if live.run.handed is not None:
                live.run.handed.append(("action", act.action, action))
            for layer in live.maps.downward:
                action = layer.action(action)
            return _due(_after(live, held), held), Act(freeze(action))
        except Abandon as error:
            raise _called(live) from error
        except BaseException:
            live.give_up()
            raise
        finally:
            self.workshop.put(live)

    def on_state(self, held: Held, timestep: TimeStep) -> tuple[Held, Message]:
        """Map observation and reward, the lowest layer first."""
        if type(held[2]) is Before:
            held = _answered(held, cut=timestep.first)
        if self._resets and (timestep.first or held[2] is not None):
            return super().on_state(held, timestep)
        if not self._shows:
            return self._noted(held, timestep), timestep
        live = self.workshop.take()
        try:
            _begin(live, held, timestep)
            shown = _mapped(live.maps, timestep)
            return self._noted(_after(live, held), timestep), shown
        except Abandon as error:
            raise _called(live) from error
        except BaseException:
            live.give_up()
            raise
        finally:
            self.workshop.put(live)

    def _noted(self, held: Held, shown: TimeStep) -> Held:
        """Keep a time step, and when it came, if that may be asked for later."""
        if not self._looks and not self._resets:
            return held
        remembered = kept(shown) if self._looks else None
        return made(Held, (held[0], held[1], None, remembered, shown.time))  # type: ignore[no-any-return]


def _begin(live: Live, held: Held, shown: TimeStep | None) -> None:
    """Bring a live wrapper to where a method is called.

    Raises:
        DivergedError: if a layer is no map any more.
    """
    state = held[0]
    if live.holds is not state:
        live.restore(state)
    if live.mapped is not state:
        if live.maps.exchanged():
            raise DivergedError(_EXCHANGED.format(who=live.name))
        live.mapped = state
    live.run.look(held[1], shown, kept=live.kept_generator)


def _after(live: Live, held: Held) -> Held:
    """Return the memory after a method was called; the very same if it changed nothing."""
    if live.asked.unknown:
        live.asked.hold()
    state, draws = live.state(), held[1]
    if live.run.drew:
        draws = live.run.drawn()
    if state is held[0] and draws is held[1]:
        return held
    return made(Held, (state, draws, None, held[3], held[4]))  # type: ignore[no-any-return]


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


def _mapped(maps: Maps, timestep: TimeStep) -> TimeStep:
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


def _called(live: Live) -> DivergedError:
    live.give_up()
    return DivergedError(_CALLED.format(who=live.name))


_EXCHANGED: Final = (
    "{who} has exchanged its own `step`, `reset` or `env` while it ran, which it did not do when "
    "it was tried out: it no longer maps messages alone. Exchange them in the constructor."
)
_CALLED: Final = (
    "{who} called its environment in `observation`, `action` or `reward`, which it did not do when "
    "it was tried out."
)
