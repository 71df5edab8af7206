"""Whole episodes at one gap, put together from what crosses it."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from statewrap.core.messages import TimeStep
from statewrap.sinks.watcher import Watcher

_NOTHING: Final[Any] = object()


class Trajectory(NamedTuple):
    """An episode of n steps, its final state included."""

    observations: tuple[Any, ...]
    """n + 1 of them."""
    actions: tuple[Any, ...]
    """n of them; the i-th answered the i-th observation."""
    rewards: tuple[float, ...]
    """n of them; the i-th is for the i-th action."""
    terminations: tuple[bool, ...]
    truncations: tuple[bool, ...]
    """n of them. An episode that was given up is cut off: its last one is True."""
    infos: tuple[Mapping[str, Any], ...]
    """n + 1 of them."""


class TrajectoryWatcher(Watcher):
    """A watcher that is given whole episodes: write `episode`.

    An episode of which a part was not shown is given to nobody, and counted in `incomplete`: one
    that was open when the session was restored, or when `Buffered` dropped something.

    >>> class Lengths(TrajectoryWatcher):
    ...     def episode(self, trajectory):
    ...         print(len(trajectory.actions), trajectory.rewards)
    >>> from statewrap import Deployment
    >>> agent = Deployment(abs, sinks=[Lengths()])
    >>> _ = agent.act(-1), agent.act(-2, 0.5), agent.act(-3, 1.5, terminated=True)
    2 (0.5, 1.5)
    """

    def __init__(self, *, gap: int = 0) -> None:
        super().__init__(gap=gap)
        self.incomplete = 0
        """How many episodes were not given, for a part of them was not shown."""
        self._seen: list[TimeStep] = []
        self._actions: list[Any] = []
        self._action: Any = _NOTHING
        self._lost = True

    def opened(self, timestep: TimeStep) -> None:
        """Give what is open, which the environment left, and begin anew."""
        self._finish()
        self._seen, self._lost = [timestep], False

    def stepped(self, timestep: TimeStep) -> None:
        """Add a step, and give the episode if it was the last."""
        if self._action is _NOTHING:
            self.missed()
        if not self._lost:
            self._actions.append(self._action)
            self._seen.append(timestep)
            self._action = _NOTHING
        if timestep.last:
            self._finish()

    def acted(self, action: Any) -> None:
        """Keep the action for the step that answers it."""
        self._action = action

    def abandoned(self) -> None:
        """Give what there is, cut off."""
        self._finish()

    def missed(self) -> None:
        """Forget the open episode."""
        if not self._lost:
            self.incomplete += 1
        self._forget()

    def close(self) -> None:
        """Give what there is."""
        self._finish()

    def _forget(self) -> None:
        self._seen, self._actions, self._action, self._lost = [], [], _NOTHING, True

    def _finish(self) -> None:
        seen, actions = self._seen, self._actions
        self._forget()  # first, as what takes the episode may raise
        if actions:
            steps = seen[1:]
            cut = [bool(step.truncated) for step in steps]
            cut[-1] = cut[-1] or not steps[-1].terminated
            self.episode(
                Trajectory(
                    tuple(step.observation for step in seen),
                    tuple(actions),
                    tuple(float(step.reward) for step in steps),
                    tuple(bool(step.terminated) for step in steps),
                    tuple(cut),
                    tuple(step.info for step in seen),
                )
            )

    @abc.abstractmethod
    def episode(self, trajectory: Trajectory) -> None:
        """Take an episode of at least one step."""
