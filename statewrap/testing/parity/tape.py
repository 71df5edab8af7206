"""A tape: what an environment showed, and what was said to it, to be played again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs
import gymnasium

from statewrap.core.borders import thaw
from statewrap.core.messages import Command, TimeStep
from statewrap.testing.parity.shims import Env, Stepped


class TapeOver(BaseException):
    """The tape has nothing more to show; no Exception, lest a wrapper takes it for its own."""


@attrs.frozen
class Tape:
    """What an environment showed, episode by episode, and what the policy said.

    It takes the place of an environment: `assert_parity(tape, stack)` plays it to the original
    and to the inverted stack, whatever actions reach the bottom. Where an episode goes on for
    longer than the tape, the run ends.

    >>> from statewrap import Act, Reset
    >>> tape = Tape(
    ...     [[TimeStep(0, first=True), TimeStep(1, 1.0), TimeStep(2, 1.0, terminated=True)]],
    ...     [Reset(), Act(0), Act(1)],
    ...     gymnasium.spaces.Discrete(3),
    ...     gymnasium.spaces.Discrete(2),
    ... )
    >>> env = tape()
    >>> env.reset(), env.step(0)
    ((0, {}), (1, 1.0, False, False, {}))
    """

    episodes: Sequence[Sequence[TimeStep]]
    """Raw time steps; the first of each episode opens it."""
    commands: Sequence[Command]
    """What the policy said at the top; an `Act` when no episode is open is left out."""
    observation_space: gymnasium.Space[Any]
    action_space: gymnasium.Space[Any]

    def __call__(self) -> Env:
        """Make the environment that plays it."""
        return TapeEnv(self)


class TapeEnv(gymnasium.Env[Any, Any]):
    """Shows what is on a tape, whatever it is told to do."""

    metadata: Mapping[str, Any] = {"render_modes": []}  # type: ignore[assignment]

    def __init__(self, tape: Tape) -> None:
        """Begin before the first episode."""
        self.observation_space, self.action_space = tape.observation_space, tape.action_space
        self._episodes = iter(tape.episodes)
        self._steps: Iterator[TimeStep] = iter(())

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Show the opening of the next episode.

        Raises:
            TapeOver: if there is none.
        """
        for episode in self._episodes:
            self._steps = iter(episode)
            for opening in self._steps:
                return thaw(opening.observation), thaw(opening.info)
        raise TapeOver

    def step(self, action: Any) -> Stepped:
        """Show the next time step.

        Raises:
            TapeOver: if there is none.
        """
        for shown in self._steps:
            return (
                thaw(shown.observation),
                thaw(shown.reward),
                shown.terminated,
                shown.truncated,
                thaw(shown.info),
            )
        raise TapeOver
