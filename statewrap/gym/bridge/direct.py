"""Maps without a loop: layers that only override `observation`, `action` or `reward`.

Gymnasium's three base classes step their environment themselves, once, and hand what is wanted to
one method. So the method alone is called, when its message passes; nothing runs twice. What the
method changes in the wrapper is in the memory all the same.
"""

from __future__ import annotations

from typing import Final

from statewrap.core.borders import freeze, thaw
from statewrap.core.draws import NumpyDraws
from statewrap.core.key import Key
from statewrap.core.messages import Act, Message, Reset, TimeStep
from statewrap.gym.bridge.errors import DivergedError
from statewrap.gym.bridge.graph import State
from statewrap.gym.bridge.live import Live
from statewrap.gym.bridge.memory import Held, kept
from statewrap.gym.bridge.replay import Replay, made
from statewrap.gym.bridge.run import Abandon
from statewrap.gym.bridge.workshop import Shelf


class Direct(Replay):
    """Answers messages by calling the methods that map them.

    Where a layer has a `reset` of its own, that is run as any other call.
    """

    def __init__(
        self, shelf: Shelf, base: State, draws: NumpyDraws | None, *, looks: bool = True
    ) -> None:
        super().__init__(shelf, base, draws, looks=looks)
        live = shelf.take()
        shelf.put(live)
        self._acts = bool(live.maps.downward)
        self._shows = bool(live.maps.observes or live.maps.rewards)
        self._resets = live.maps.resets

    def renew(self, held: Held, key: Key) -> Held:
        """Keep what the wrapper holds."""
        if self._resets:
            return super().renew(held, key)
        return held if self._draws is not None else Held(held.state, key)

    def on_reset(self, held: Held, request: Reset) -> tuple[Held, Message]:
        """Let it pass, unless a layer does something."""
        return super().on_reset(held, request) if self._resets else (held, request)

    def on_action(self, held: Held, act: Act) -> tuple[Held, Message]:
        """Map the action, the topmost layer first."""
        if not self._acts:
            return held, act
        live = self._begun(held, held.shown)
        try:
            action = thaw(act.action)
            if live.run.handed is not None:
                live.run.handed.append(("action", act.action, action))
            for layer in live.maps.downward:
                action = layer.action(action)
            return self._held(live, held), Act(freeze(action))
        except Abandon as error:
            live.give_up()
            raise DivergedError(_CALLED.format(who=live.name)) from error
        except BaseException:
            live.give_up()
            raise
        finally:
            self.workshop.put(live)

    def on_state(self, held: Held, timestep: TimeStep) -> tuple[Held, Message]:
        """Map observation and reward, the lowest layer first."""
        if self._resets and (timestep.first or held.call is not None):
            return super().on_state(held, timestep)
        if not self._shows:
            return self._noted(held, timestep), timestep
        live = self._begun(held, timestep)
        try:
            shown = _mapped(live, timestep)
            return self._noted(self._held(live, held), timestep), shown
        except Abandon as error:
            live.give_up()
            raise DivergedError(_CALLED.format(who=live.name)) from error
        except BaseException:
            live.give_up()
            raise
        finally:
            self.workshop.put(live)

    def _begun(self, held: Held, shown: TimeStep | None) -> Live:
        live = self.workshop.take()
        if live.holds is not held.state:
            live.restore(held.state)
        if live.maps.exchanged():
            self.workshop.put(live)
            raise DivergedError(_EXCHANGED.format(who=live.name))
        live.run.begin((), (), held.draws, shown, kept=live.kept_generator)
        return live

    def _held(self, live: Live, held: Held) -> Held:
        """Return the memory after a method was called; the very same if it changed nothing."""
        if live.asked.unknown:
            live.asked.hold()
        state, draws = live.state(), live.run.drawn() if live.run.drew else held.draws
        if state is held.state and draws is held.draws:
            return held
        return made(Held, (state, draws, None, held[3], held[4]))  # type: ignore[no-any-return]

    def _noted(self, held: Held, shown: TimeStep) -> Held:
        """Keep a time step, and when it came, if that may be asked for later."""
        if not self._looks and not self._resets:
            return held
        remembered = kept(shown) if self._looks else None
        return made(Held, (held[0], held[1], None, remembered, shown.time))  # type: ignore[no-any-return]


def _mapped(live: Live, timestep: TimeStep) -> TimeStep:
    maps = live.maps
    observation, reward = timestep.observation, timestep.reward
    if maps.observes:
        observation = thaw(observation)
        for layer in maps.observes:
            observation = layer.observation(observation)
        observation = freeze(observation)
    if maps.rewards and not timestep.first:
        for layer in maps.rewards:
            reward = layer.reward(reward)
        reward = freeze(reward)
    return TimeStep(
        observation,
        reward,
        timestep.terminated,
        timestep.truncated,
        timestep.info,
        timestep.first,
        timestep.time,
        timestep.frame,
        timestep.actor,
    )


_EXCHANGED: Final = (
    "{who} has exchanged its own `step`, `reset` or `env` while it ran, which it did not do when "
    "it was tried out: it no longer maps messages alone. Exchange them in the constructor."
)
_CALLED: Final = (
    "{who} called its environment in `observation`, `action` or `reward`, which it did not do when "
    "it was tried out."
)
