"""Recorded actions as a policy: the same decisions again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import attrs

from statewrap.core.errors import ConfigurationError, StatewrapError
from statewrap.core.key import Key
from statewrap.core.messages import Act, TimeStep
from statewrap.core.policy import Policy
from statewrap.core.registry import register
from statewrap.core.words import brief
from statewrap.sinks.action_recorder import Decision, Recorded
from statewrap.sinks.exact import decoded, digest

_ANOTHER_WAY: Final = "the replay has gone another way."
_CUT_OFF: Final = (
    "the recording has no end there. The episode was given up, or a wrapper cut it off, as a "
    "TimeLimit does. Record at gap=-1 and replay over the same stack, or reset the environment "
    "where the recording stops."
)


class DivergenceError(StatewrapError):
    """A replay met something other than what was recorded."""


class Cursor(NamedTuple):
    """Where a replay stands."""

    episode: int
    step: int


def _listed(episodes: Iterable[Recorded]) -> tuple[Recorded, ...]:
    return tuple(episodes)


@attrs.frozen(repr=False)
class ReplayPolicy(Policy[Cursor]):
    """Decide what was decided: the n-th episode's actions in the n-th episode.

    Each observation is held against the one that the action answered, bit for bit, and the
    length of each episode against the recorded one. So a replay shows whether a stack, an
    environment or a seed still does what it did.

    Args:
        episodes: what an `ActionRecorder` has recorded.
        check: False replays the actions whatever is observed. There is still nothing to decide
            past the last of them.

    >>> from statewrap import Deployment
    >>> from statewrap.sinks import ActionRecorder
    >>> recorder = ActionRecorder()
    >>> agent = Deployment(abs, sinks=[recorder])
    >>> agent.act(-1), agent.act(-2, 0.5), agent.act(-3, 0.5, terminated=True)
    (1, 2, None)
    >>> again = Deployment(ReplayPolicy(recorder.episodes), sinks=())
    >>> again.act(-1), again.act(-2, 0.5), again.act(-3, 0.5, terminated=True)
    (1, 2, None)
    """

    memory_types = (Cursor,)

    episodes: tuple[Recorded, ...] = attrs.field(converter=_listed)
    check: bool = True

    @classmethod
    def load(cls, path: str | PathLike[str], *, check: bool = True) -> Self:
        """Read a file of an `ActionRecorder`. Episodes that it gave up are left out.

        Raises:
            OSError: if the file cannot be read.
            ConfigurationError: if it holds something else; the message says where.
        """
        with Path(path).open("rb") as file:
            try:
                return cls(_episodes(file), check)
            except ValueError as error:
                raise ConfigurationError(
                    f"{Path(path).name} holds no recording: {error}"
                ) from error

    def initial(self, key: Key) -> Cursor:
        """Stand before the first episode."""
        return Cursor(-1, 0)

    def renew(self, memory: Cursor, key: Key) -> Cursor:
        """Go on to the next episode."""
        return Cursor(memory.episode + 1, 0)

    def decide(self, memory: Cursor, timestep: TimeStep) -> tuple[Cursor, Act]:
        """Give the recorded action.

        Raises:
            DivergenceError: if nothing more was recorded, or something else was observed.
        """
        decisions, ended = self._recorded(memory)
        if memory.step >= len(decisions):
            raise DivergenceError(
                f"Episode {memory.episode} goes on, but {_times(len(decisions), 'decision')} "
                f"of it were recorded: {_ANOTHER_WAY if ended else _CUT_OFF}"
            )
        decision = decisions[memory.step]
        if self.check and digest(timestep.observation) != decision.observation:
            raise DivergenceError(
                f"Decision {memory.step} of episode {memory.episode} was recorded for another "
                f"observation than {brief(timestep.observation)}. Replay it over the same stack, "
                "environment and seeds, or replay the actions alone with check=False."
            )
        return Cursor(memory.episode, memory.step + 1), Act(decision.action)

    def finish(self, memory: Cursor, timestep: TimeStep) -> Cursor:
        """Take note of an episode's end.

        Raises:
            DivergenceError: if more was decided in it when it was recorded.
        """
        recorded = self._recorded(memory)
        if self.check and memory.step < len(recorded.decisions):
            raise DivergenceError(
                f"Episode {memory.episode} ended after {_times(memory.step, 'decision')}, but "
                f"{len(recorded.decisions)} were recorded: {_ANOTHER_WAY}"
            )
        return memory

    def _recorded(self, memory: Cursor) -> Recorded:
        if memory.episode >= len(self.episodes):
            raise DivergenceError(
                f"Episode {memory.episode} (from 0) is to be replayed, but "
                f"{_times(len(self.episodes), 'episode')} were recorded."
            )
        return self.episodes[memory.episode]

    def __repr__(self) -> str:
        return f"<ReplayPolicy {_times(len(self.episodes), 'episode')}, check={self.check}>"


@register("ReplayPolicy")
def configured(path: Path, *, check: bool = True) -> ReplayPolicy:
    """Make the `ReplayPolicy` that a configuration describes, of a file.

    Raises:
        OSError: if the file cannot be read.
        ConfigurationError: if it holds something else.
    """
    return ReplayPolicy.load(path, check=check)


def _times(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _episodes(lines: Iterable[bytes]) -> Iterable[Recorded]:
    """Put episodes together; a crash may have left the last line torn, or any episode open."""
    found: list[Recorded] = []
    current: list[Decision] = []
    for number, text in enumerate(lines, 1):
        if not text.endswith(b"\n"):
            break
        match _read(text, number):
            case {"action": action, "observation": observation, "step": int(step)}:
                if step == 0 and current:
                    found.append(Recorded(tuple(current), ended=False))
                    current = []
                if step != len(current):
                    raise ValueError(f"line {number} is step {step}, expected {len(current)}.")
                current.append(Decision(decoded(action), observation))
            case {"ended": bool(ended)}:
                found.append(Recorded(tuple(current), ended))
                current = []
            case {"incomplete": True}:
                current = []
            case _:
                raise ValueError(f"line {number} is no step.")
    return [*found, Recorded(tuple(current), ended=False)] if current else found


def _read(text: bytes, number: int) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError(f"line {number} is no JSON: {error}.") from error
