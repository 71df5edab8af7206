"""What was decided, or what the environment was sent, to be replayed."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple, final

from statewrap.core.messages import TimeStep
from statewrap.sinks.appending import Appending, Sync
from statewrap.sinks.exact import digest, encoded
from statewrap.sinks.plain import line
from statewrap.sinks.watcher import Watcher


class Decision(NamedTuple):
    """An action, and what it answered."""

    action: Any
    observation: str | None
    """The observation's digest; None of an object that has none."""


class Recorded(NamedTuple):
    """The decisions of an episode, in order."""

    decisions: tuple[Decision, ...]
    ended: bool
    """Whether its end was recorded: nothing was decided after the last of them."""


@final
class ActionRecorder(Watcher):
    """Record each action with a digest of the observation that it answered.

    `statewrap.policies.ReplayPolicy` decides them again: `ReplayPolicy(recorder.episodes)`, or
    `ReplayPolicy.load(path)`. In a file, an action reads back exactly, dtype and bits included,
    and each is there as soon as its call returns. An episode of which the opening was not shown
    (of a session that was restored in another process) is not recorded.

    Args:
        path: a file to append to, lines of JSON; without one, `episodes` holds what is recorded.
        gap: -1 what the policy decided; 0 what the environment was sent, a fallback's actions
            included, to be replayed without the stack.
        sync: when the disk itself is waited for: "never", "end" (of a session), or "always".

    >>> from statewrap import Deployment
    >>> recorder = ActionRecorder()
    >>> agent = Deployment(abs, sinks=[recorder])
    >>> _ = agent.act(-1), agent.act(-2, 0.5), agent.act(-3, 0.5, terminated=True)
    >>> [decision.action for decision in recorder.episodes[0].decisions]
    [1, 2]
    """

    def __init__(
        self, path: str | PathLike[str] | None = None, *, gap: int = -1, sync: Sync = "never"
    ) -> None:
        super().__init__(gap=gap)
        self.path, self.sync = path, sync
        self._file = None if path is None else Appending(Path(path), sync=sync, begins=b'{"step"')
        self._episodes: list[Recorded] = []
        self._open: list[Decision] | None = None
        self._steps = 0
        self._shown: TimeStep | None = None

    @property
    def episodes(self) -> tuple[Recorded, ...]:
        """What was recorded, the open episode included; empty if it goes to a file."""
        current = [] if self._open is None else [Recorded(tuple(self._open), ended=False)]
        return tuple(self._episodes + current)

    def opened(self, timestep: TimeStep) -> None:
        """Begin an episode."""
        self._end(ended=False)
        self._open, self._steps, self._shown = [], 0, timestep

    def stepped(self, timestep: TimeStep) -> None:
        """Keep what is to be answered, or end the episode."""
        self._shown = timestep
        if timestep.last:
            self._end(ended=True)

    def acted(self, action: Any) -> None:
        """Record the answer.

        Raises:
            TypeError: if there is a file, and the action is no plain data.
            OSError: if it cannot be written.
        """
        shown, self._shown = self._shown, None
        if shown is None or self._open is None:
            return
        decision = Decision(action, digest(shown.observation))
        if self._file is None:
            self._open.append(decision)
        else:
            self._write(action=encoded(action), observation=decision.observation)
        self._steps += 1

    def missed(self) -> None:
        """Give the open episode up: it cannot be replayed."""
        if self._open is not None and self._file is not None:
            self._write(incomplete=True)
        self._open = None

    def abandoned(self) -> None:
        """End the episode, of which more might have been decided."""
        self._end(ended=False)

    def close(self) -> None:
        """Close the file; a later session goes on with it."""
        self._end(ended=False)
        if self._file is not None:
            self._file.close()

    def _end(self, *, ended: bool) -> None:
        decisions, self._open, self._shown = self._open, None, None
        if decisions is None:
            return
        if self._file is None:
            self._episodes.append(Recorded(tuple(decisions), ended))
        else:
            self._write(ended=ended)

    def _write(self, **values: Any) -> None:
        assert self._file is not None  # noqa: S101 - whoever calls has looked
        self._file.write(line({"step": self._steps, **values}))

    def __repr__(self) -> str:
        return f"ActionRecorder({'' if self.path is None else repr(str(self.path))})"
