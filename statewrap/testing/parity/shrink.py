"""From a tape that shows a difference to the shortest one that does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final, TypeVar

import attrs
import numpy as np
from gymnasium import spaces

from statewrap.core.borders import freeze
from statewrap.core.messages import Act, Command, Reset, TimeStep
from statewrap.core.same import same
from statewrap.core.spaces import nearest_to_zero
from statewrap.testing.parity.hops import Hop
from statewrap.testing.parity.tape import Tape

T = TypeVar("T")

BUDGET: Final = 40_000
"""How many messages may be played while shrinking."""


def taped(hops: Sequence[Hop], top: int, observations: Any, actions: Any) -> Tape:
    """Make the tape of what was said at both ends."""
    episodes: list[list[TimeStep]] = []
    commands: list[Command] = []
    for gap, message in hops:
        if gap == top and isinstance(message, (Act, Reset)):
            commands.append(message)
        if gap == 0 and type(message) is TimeStep:
            if message.first or not episodes:
                episodes.append([])
            episodes[-1].append(message)
    return Tape(episodes, commands, observations, actions)


def shrunk(tape: Tape, shows: Callable[[Tape], bool], top_actions: Any) -> Tape:
    """Return the shortest and simplest tape found that still shows the difference."""
    search = Search(shows, BUDGET)
    before = None
    while before is not tape:
        before = tape
        for fewer in (_fewer_episodes, _fewer_steps, _fewer_commands):
            tape = search.minimised(tape, fewer)
        for simpler in (_simpler_resets, _simpler_info, _simpler_rewards, _simpler_flags):
            tape = search.minimised(tape, simpler)
        tape = search.minimised(tape, _simpler_observations)
        tape = search.minimised(tape, lambda t: _simpler_actions(t, top_actions))
    return tape


class Search:
    """Tries smaller tapes, as long as there is budget."""

    def __init__(self, shows: Callable[[Tape], bool], budget: int) -> None:
        self.shows, self.budget = shows, budget

    def minimised(self, tape: Tape, smaller: Callable[[Tape], Iterator[Tape]]) -> Tape:
        """Take each smaller tape that shows the difference, until none does."""
        found = True
        while found:
            found = False
            for candidate in smaller(tape):
                self.budget -= len(candidate.commands) + sum(map(len, candidate.episodes))
                if self.budget < 0:
                    return tape
                if self.shows(candidate):
                    tape, found = candidate, True
                    break
        return tape


def _shorter(values: Sequence[T], keep: int = 0) -> Iterator[list[T]]:
    """Leave out ever smaller parts of a list, the last ones first; the first `keep` stay."""
    size = len(values) - keep
    while size > 0:
        for start in range(len(values) - size, keep - 1, -size):
            yield [*values[:start], *values[start + size :]]
        size //= 2


def _groups(commands: Sequence[Command]) -> list[list[Command]]:
    groups: list[list[Command]] = []
    for command in commands:
        if type(command) is Reset or not groups:
            groups.append([])
        groups[-1].append(command)
    return groups


def _fewer_episodes(tape: Tape) -> Iterator[Tape]:
    groups = _groups(tape.commands)
    if len(groups) == len(tape.episodes):
        pairs = list(zip(tape.episodes, groups, strict=True))
        for kept in _shorter(pairs):
            commands = [command for _, group in kept for command in group]
            yield attrs.evolve(tape, episodes=[e for e, _ in kept], commands=commands)
    for episodes in _shorter(tape.episodes):
        yield attrs.evolve(tape, episodes=episodes)


def _fewer_steps(tape: Tape) -> Iterator[Tape]:
    for number, episode in enumerate(tape.episodes):
        for shorter in _shorter(episode, keep=1):
            yield _with_episode(tape, number, shorter)


def _fewer_commands(tape: Tape) -> Iterator[Tape]:
    for commands in _shorter(tape.commands):
        yield attrs.evolve(tape, commands=commands)


def _with_episode(tape: Tape, number: int, episode: Sequence[TimeStep]) -> Tape:
    episodes = [*tape.episodes[:number], episode, *tape.episodes[number + 1 :]]
    return attrs.evolve(tape, episodes=episodes)


def _changed(tape: Tape, simple: Callable[[TimeStep, int], TimeStep]) -> Iterator[Tape]:
    """Make all time steps simpler at once, and each alone."""
    every = [[simple(t, i) for i, t in enumerate(episode)] for episode in tape.episodes]
    if not same(every, [list(episode) for episode in tape.episodes]):
        yield attrs.evolve(tape, episodes=every)
    for number, episode in enumerate(tape.episodes):
        for i, timestep in enumerate(episode):
            if not same(every[number][i], timestep):
                yield _with_episode(
                    tape, number, [*episode[:i], every[number][i], *episode[i + 1 :]]
                )


def _simpler_rewards(tape: Tape) -> Iterator[Tape]:
    yield from _changed(tape, lambda t, _: t if t.first else t.replace(reward=_one(t.reward)))


def _one(reward: Any) -> Any:
    kind = type(reward)
    return reward if isinstance(reward, np.ndarray) else kind(1)


def _simpler_flags(tape: Tape) -> Iterator[Tape]:
    def simple(timestep: TimeStep, _: int) -> TimeStep:
        flags = bool(timestep.terminated), bool(timestep.truncated)
        return timestep.replace(terminated=flags[0], truncated=flags[1])

    yield from _changed(tape, simple)
    yield from _changed(
        tape, lambda t, _: t.replace(truncated=False) if t.terminated and t.truncated else t
    )


def _simpler_info(tape: Tape) -> Iterator[Tape]:
    yield from _changed(tape, lambda t, _: t.replace(info={}))
    for key in dict.fromkeys(key for e in tape.episodes for t in e for key in t.info):
        yield from _changed(tape, partial(_without_key, key))


def _without_key(key: str, timestep: TimeStep, _: int) -> TimeStep:
    return timestep.replace(info={k: v for k, v in timestep.info.items() if k != key})


def _simpler_observations(tape: Tape) -> Iterator[Tape]:
    yield from _changed(tape, lambda t, i: t.replace(observation=_numbered(t.observation, i + 1)))


def _numbered(observation: Any, number: int) -> Any:
    """Return an observation of the same kind that is told apart by its number alone."""
    if isinstance(observation, dict):
        return {key: _numbered(part, number) for key, part in observation.items()}
    if type(observation) is tuple:
        return tuple(_numbered(part, number) for part in observation)
    if isinstance(observation, np.ndarray) and observation.dtype.kind in "fiu":
        return freeze(np.full(observation.shape, number % 100, observation.dtype))
    return observation


def _simpler_resets(tape: Tape) -> Iterator[Tape]:
    plain: list[Command] = [Reset() if type(c) is Reset else c for c in tape.commands]
    if not same(plain, list(tape.commands)):
        yield attrs.evolve(tape, commands=plain)


def _simpler_actions(tape: Tape, space: Any) -> Iterator[Tape]:
    try:
        simple = Act(freeze(nearest_to_zero(space)))
    except Exception:  # noqa: BLE001 - a space of the user's own has no zero that is known
        return
    if type(space) is spaces.Discrete:
        simple = Act(int(simple.action))
    plain: list[Command] = [simple if type(c) is Act else c for c in tape.commands]
    if same(plain, list(tape.commands)):
        return
    yield attrs.evolve(tape, commands=plain)
    for i, command in enumerate(tape.commands):
        if type(command) is Act and not same(command, simple):
            yield attrs.evolve(tape, commands=[*tape.commands[:i], simple, *tape.commands[i + 1 :]])
