"""The three loops: the original's, the inverted stack pulled, and the inverted stack pushed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from gymnasium.wrappers import common

from statewrap.core.key import Key
from statewrap.core.messages import Act, Message, Reset, TimeStep
from statewrap.core.words import sentence
from statewrap.core.wrapper import Stack, StackMemory
from statewrap.deployment import Deployment
from statewrap.gym.wrapper import GymWrapper
from statewrap.testing.parity.broken import ParityError
from statewrap.testing.parity.cases import Case
from statewrap.testing.parity.gaps import Gaps
from statewrap.testing.parity.hops import Endless, Held, Hop, Notes, Odd, Over, Parted, unasked
from statewrap.testing.parity.originals import Note, Tap
from statewrap.testing.parity.players import Player
from statewrap.testing.parity.shims import Clock, Env
from statewrap.testing.parity.tape import TapeOver
from statewrap.testing.parity.unseen import Unseen, below_of
from statewrap.testing.parity.worlds import World


class Reference(NamedTuple):
    """What the inverted stack is held against."""

    hops: Sequence[Hop]
    episodes: int
    env: Env
    """The original as it stood afterwards, or the stack pulled."""


class Outcome(NamedTuple):
    """What a run of the inverted stack came to."""

    odd: Odd | None
    """Where it parted from the reference; None if it did not."""
    memory: StackMemory | None
    """What the stack remembered afterwards."""


class Failed(Exception):  # noqa: N818 - it carries an error of somebody else's
    """The reference raised an error."""

    def __init__(self, error: Exception, said: Sequence[Hop]) -> None:
        super().__init__(f"{type(error).__name__}: {sentence(error)}")
        self.error, self.said = error, said


def reference(case: Case) -> Reference:
    """Run what the others are held against: the original, or without one the stack pulled.

    Raises:
        Failed: if it raises.
        ParityError: if its episodes do not come to an end.
    """
    notes, clock = Notes(case.ignored), Clock()
    try:
        with _calm(case.world), their_clock(clock):
            env = _pulled_env(case, clock, notes) if case.original is None else None
            env = env or _original_env(case, clock, notes)
            return Reference(notes.hops, _ordinary(case, env, clock), env)
    except Endless as endless:
        raise ParityError(
            f"{case.episodes} episodes did not come to an end within {len(notes.hops)} messages: "
            "the original does not show the environment's ends. Let it, or give fewer episodes."
        ) from endless
    except ParityError:
        raise
    except Exception as error:
        raise Failed(error, notes.hops) from error


def pulled(case: Case, hops: Sequence[Hop]) -> Outcome:
    """Hold the inverted stack in an ordinary loop against the reference."""
    held, clock = Held(hops, case.ignored), Clock()
    env = _pulled_env(case, clock, held)
    odd = _parting(case.world, held, lambda: _ordinary(case, env, clock))
    return Outcome(odd, env.get_wrapper_attr("memory"))


def pushed(case: Case, hops: Sequence[Hop]) -> Outcome:
    """Hold the inverted stack in a loop that owns the environment against the reference."""
    held, clock = Held(unasked(hops), case.ignored), Clock()
    env = case.environment(clock)
    deployment = _deployment(case, env, clock)
    odd = _parting(case.world, held, lambda: _host(case, env, deployment, held, hops))
    return Outcome(odd, deployment.memory)


def _parting(world: World, held: Held, run: Callable[[], object]) -> Odd | None:
    """Run a loop, and return where it parted from what was expected."""
    try:
        with _calm(world):
            run()
        held.end()
    except (Over, TapeOver):
        return _changed_later(held)
    except Parted as parted:
        return parted.odd
    except Exception as error:  # noqa: BLE001 - whatever the stack raises is a finding
        words = f"it raised {type(error).__name__}: {sentence(error)}"
        return Odd(held.place, held.next, None, "", words, error)
    if held.next is None:
        return None
    return Odd(held.place, held.next, None, "", "it says nothing more")


def _changed_later(held: Held) -> Odd | None:
    try:
        held.end()
    except Parted as parted:
        return parted.odd
    return None


@contextmanager
def their_clock(clock: Clock) -> Iterator[None]:
    """Let Gymnasium's RecordEpisodeStatistics read a clock in place of the wall's."""
    module: Any = common
    walls, module.time = module.time, clock
    try:
        yield
    finally:
        module.time = walls


@contextmanager
def _calm(world: World) -> Iterator[None]:
    """Compute with strange numbers in silence, in worlds that are made up."""
    if not world.tamed:
        yield
        return
    with np.errstate(all="ignore"):
        yield


# -- the policy owns the loop ------------------------------------------------------------------


def _original_env(case: Case, clock: Clock, note: Note) -> Env:
    assert case.original is not None  # noqa: S101 - asked by the caller
    return case.original.build(case.world.reached(case.environment(clock)), note)


def _pulled_env(case: Case, clock: Clock, note: Notes | Held) -> Env:
    """Put the inverted stack around the environment; both borders are tapped outside of it."""
    top, count = len(case.gaps.pairs) - 1, len(Stack(case.stack))
    bottom = Tap(case.world.reached(case.environment(clock)), 0, note)
    env = GymWrapper(Unseen(bottom), case.stack, clock=clock.perf_counter)
    env.env = bottom  # to know what pictures are like it was reset, and nobody is to hear of it
    env.stack = Listening(env.stack, case.gaps, count, note)  # type: ignore[assignment]
    return Tap(env, top, note)


class Listening:
    """A stack that notes what crosses the gaps between its wrappers, as it crosses."""

    def __init__(self, stack: Stack, gaps: Gaps, top: int, note: Notes | Held) -> None:
        self._stack = stack
        self._hops: Any = _Crossing(gaps, top, note)

    def route(self, memory: StackMemory, message: Message, _: Any) -> tuple[StackMemory, Message]:
        """Route as the stack does."""
        return self._stack.route(memory, message, self._hops)

    def carry(self, held: Any, keys: tuple[Key, ...], message: Message, _: Any) -> Any:
        """Carry as the stack does."""
        return self._stack.carry(held, keys, message, self._hops)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stack, name)

    def __len__(self) -> int:
        return len(self._stack)

    def __repr__(self) -> str:
        return repr(self._stack)


class _Crossing:
    """Stands in for the list of hops: notes each, keeps none."""

    def __init__(self, gaps: Gaps, top: int, note: Notes | Held) -> None:
        self.place = {gap: gaps.ours(gap) for gap in range(1, top)}
        self.note, self.top = note, top

    def append(self, hop: Hop) -> None:
        """Note a hop between wrappers, and watch it if a wrapper sent it."""
        gap, message = hop
        if gap != (0 if type(message) is TimeStep else self.top):
            self.note.watch(message)
        k = self.place.get(gap)
        if k is not None:
            self.note(k, message)

    def extend(self, hops: Iterable[Hop]) -> None:
        """Note several hops."""
        for hop in hops:
            self.append(hop)


def _ordinary(case: Case, env: Env, clock: Clock) -> int:
    """Let the policy, or what it is to say, drive; return how many episodes were played."""
    try:
        if case.commands is not None:
            return _recited(case, env)
        player = Player(case.policy(env.action_space), case.seed, clock)
        for episode in range(case.episodes):
            _played(case, env, player, episode)
    except TapeOver:
        pass
    return case.episodes


def _played(case: Case, env: Env, player: Player, episode: int) -> None:
    request, steps = case.request(episode), 0
    options = None if request.options is None else dict(request.options)
    action = player.opened(*env.reset(seed=request.seed, options=options))
    while True:
        answer = env.step(action)
        steps += 1
        if answer[2] or answer[3]:
            return player.finished(answer)
        if case.gives_up(episode, steps):
            return None
        action = player.shown(answer)


def _recited(case: Case, env: Env) -> int:
    episodes, is_open = 0, False
    for command in case.commands or ():
        if type(command) is Reset:
            options = None if command.options is None else dict(command.options)
            env.reset(seed=command.seed, options=options)
            episodes, is_open = episodes + 1, True
        elif is_open:
            assert type(command) is Act  # noqa: S101 - there are two commands
            _, _, terminated, truncated, _ = env.step(command.action)
            is_open = not (terminated or truncated)
    return episodes


# -- the environment owns the loop -------------------------------------------------------------


def _deployment(case: Case, env: Env, clock: Clock) -> Deployment:
    below = below_of(env, case.stack)
    top = Stack(case.stack).bind(below).above(below)
    return Deployment(
        case.policy(env.action_space if top.action_space is None else top.action_space),
        case.stack,
        below=below,
        seed=case.seed,
        on_reset=case.world.on_reset,
        check=case.check,
        sinks=(),
        clock=clock.perf_counter,
    )


def _host(case: Case, env: Env, deployment: Deployment, held: Held, hops: Sequence[Hop]) -> None:
    """Own the environment, as a host does, until all is said that is expected."""
    asked = (m for gap, m in hops if gap == 0 and type(m) is Reset)
    request: Reset | None = next(asked, Reset(case.seed))
    frames = "frame" in deployment.stack.needs
    while True:
        if request is not None:
            options = None if request.options is None else dict(request.options)
            observation, info = env.reset(seed=request.seed, options=options)
            frame = env.render() if frames else None
            action = deployment.act(observation, info=info, frame=frame)
        else:
            answer = env.step(action)
            action = deployment.act(*answer, frame=env.render() if frames else None)
        _note_facts(case, deployment, held, action)
        request = deployment.pending if action is None else None


def _note_facts(case: Case, deployment: Deployment, held: Held, action: Any) -> None:
    """Note what crossed the gaps in one call; the host has the action that it was given."""
    top = len(deployment.stack)
    for gap, message in deployment.last_trace.hops:
        if gap != (0 if type(message) is TimeStep else top):
            held.watch(message)
        k = case.gaps.ours(gap)
        if k is not None:
            given = gap == 0 and type(message) is Act and action is not None
            held(k, Act(action) if given else message)
