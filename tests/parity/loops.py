"""One case, run in the three loops; and the first place where two of them differ."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple
from unittest import mock

import attrs
import gymnasium as gym
import numpy as np
from gymnasium.spaces import Box, Discrete

from statewrap.core.checks import OnReset
from statewrap.core.messages import Act, TimeStep
from statewrap.core.policy import Policy
from statewrap.core.same import difference
from statewrap.core.wrapper import StackMemory
from statewrap.deployment import Deployment
from statewrap.gym import GymWrapper
from tests.parity.recipes import Layer, kept_by_ours, kept_by_twins, ours, twins
from tests.parity.worlds import Clock, Copies, GoesOn, Tape, World

EPISODES: Final = 20


@attrs.frozen
class Style:
    """How a policy gives its actions."""

    kind: str = "numpy"
    """The type of a Discrete action: a numpy scalar, a "python" int or a 0-d "array"."""
    dtype: str = "float32"
    """The dtype of a Box action."""
    reuses: bool = False
    """Whether every action is the same array."""
    wild: bool = False
    """Whether actions leave the bounds of their Box."""


@attrs.frozen
class Case:
    """All that a run depends on."""

    world: World
    layers: tuple[Layer, ...]
    style: Style = Style()
    seed: int = 0
    on_reset: OnReset = "request"

    @property
    def stays_in_its_spaces(self) -> bool:
        """Whether every action at every gap is in the space announced there."""
        invented = any(one.name == "TransformAction" for one in self.layers)
        return not (self.style.wild or invented or self.world.form == "with NaN")

    def __str__(self) -> str:
        stack = "".join(f"\n    {one.name}({one.arguments})" for one in self.layers)
        lines = (self.world, self.style, f"seed {self.seed}", f"on_reset {self.on_reset!r}")
        return "\n".join(map(str, lines)) + f"\nstack, nearest to the environment first:{stack}"


class Chooser:
    """A fixed function of the observation's bits, and of how many decisions came before."""

    def __init__(self, space: gym.Space[Any], seed: int, style: Style) -> None:
        self.space, self.seed, self.style = space, seed, style
        self.decisions = 0
        self.buffer: np.ndarray | None = None

    def __call__(self, observation: Any) -> Any:
        """Decide."""
        digest = hashlib.blake2b(f"{self.seed} {self.decisions}".encode())
        _digested(observation, digest)
        self.decisions += 1
        words = np.frombuffer(digest.digest(), np.uint64).astype(np.float64) / 2.0**64
        if isinstance(self.space, Discrete):
            return self._number(int(self.space.start) + int(words[0] * int(self.space.n)))
        assert isinstance(self.space, Box)
        return self._array(words)

    def _number(self, number: int) -> Any:
        kinds: dict[str, Callable[[int], Any]] = {
            "numpy": np.int64,
            "python": int,
            "array": self._in_array,
        }
        return kinds[self.style.kind](number)

    def _in_array(self, number: int) -> np.ndarray:
        return self._buffered(np.array(number, np.int64))

    def _array(self, words: np.ndarray) -> np.ndarray:
        space = self.space
        u = np.clip(np.resize(words, space.shape) * 1.4 - 0.2, 0, 1)  # often a bound itself
        low = np.maximum(space.low, -2.0).astype(np.float64)
        high = np.minimum(space.high, 2.0).astype(np.float64)
        if self.style.wild:
            u = u * 3 - 1
        return self._buffered((low + (high - low) * u).astype(self.style.dtype))

    def _buffered(self, action: np.ndarray) -> np.ndarray:
        if not self.style.reuses:
            return action
        if self.buffer is None:
            self.buffer = action
        self.buffer[...] = action
        return self.buffer


def _digested(observation: Any, digest: Any) -> None:
    """Put every bit of an observation into a digest, its types and shapes too."""
    if isinstance(observation, dict):
        for key in sorted(observation):
            digest.update(str(key).encode())
            _digested(observation[key], digest)
    elif isinstance(observation, (tuple, list)):
        digest.update(f"{type(observation).__name__} {len(observation)}".encode())
        for item in observation:
            _digested(item, digest)
    else:
        array = np.asarray(observation)
        digest.update(f"{type(observation).__name__} {array.dtype} {array.shape}".encode())
        digest.update(array.tobytes())


@attrs.frozen
class Watched(Policy[None]):
    """Notes what it is shown, and lets a chooser decide."""

    hidden_state = True

    chooser: Chooser = attrs.field(repr=False)
    tape: Tape = attrs.field(repr=False)

    def decide(self, memory: None, timestep: TimeStep) -> tuple[None, Act]:
        """Note and decide."""
        self._note(timestep)
        return None, Act(self.chooser(timestep.observation))

    def finish(self, memory: None, timestep: TimeStep) -> None:
        """Note an end."""
        self._note(timestep)

    def _note(self, shown: TimeStep) -> None:
        if shown.first:
            assert (0.0, False) == (shown.reward, shown.last)
            self.tape.note("opens", shown.observation, shown.info)
        else:
            flags = (shown.terminated, shown.truncated)
            self.tape.note("shown", shown.observation, shown.reward, *flags, shown.info)


class Run(NamedTuple):
    """What a loop leaves behind."""

    entries: Sequence[tuple[Any, ...]]
    """Everything said at both ends, in order."""
    kept: list[Any]
    """What each wrapper knows afterwards that outlives an episode."""
    memory: StackMemory | None = None


def gymnasium_s(case: Case, episodes: int = EPISODES) -> Run:
    """Run Gymnasium's wrappers in the ordinary loop."""
    clock, tape = Clock(), Tape(episodes)
    bottom = _reached(case, clock, tape)
    built = twins(Copies(bottom) if case.world.reuses else bottom, case.layers)
    with mock.patch("gymnasium.wrappers.common.time", clock):
        _ordinary_loop(built[-1] if built else bottom, case, tape)
    return Run(tape.entries, kept_by_twins(built))


def pulled(case: Case, episodes: int = EPISODES) -> Run:
    """Run statewrap's stack in the ordinary loop."""
    clock, tape = Clock(), Tape(episodes)
    bottom = _reached(case, clock, tape)
    env = GymWrapper(bottom, ours(case.layers), clock=clock.perf_counter)
    _ordinary_loop(env, case, tape)
    return Run(tape.entries, kept_by_ours(env.stack, env.memory), env.memory)


def pushed(case: Case, episodes: int = EPISODES) -> Run:
    """Run statewrap's stack in a loop that owns the environment, as a host does."""
    clock, tape = Clock(), Tape(episodes)
    env = case.world.make(clock, tape)
    deployment = _deployment(case, env, clock, tape)
    observation, info = env.reset(seed=case.seed)
    action = deployment.reset(observation, info)
    while tape.missing:
        if action is not None:
            action = deployment.act(*env.step(action))
            continue
        request = deployment.pending
        assert request is not None
        observation, info = env.reset(seed=request.seed, options=request.options)
        action = deployment.act(observation, info=info)
    return Run(tape.entries, kept_by_ours(deployment.stack, deployment.memory), deployment.memory)


def _deployment(case: Case, env: gym.Env, clock: Clock, tape: Tape) -> Deployment:
    stack = ours(case.layers)
    top = GymWrapper(env, stack).action_space
    return Deployment(
        Watched(Chooser(top, case.seed, case.style), tape),
        stack,
        observation_space=env.observation_space,
        action_space=env.action_space,
        seed=case.seed,
        on_reset=case.on_reset,
        check="always" if case.stays_in_its_spaces else "never",
        sinks=(),
        clock=clock.perf_counter,
    )


def _reached(case: Case, clock: Clock, tape: Tape) -> gym.Env:
    """Build the environment as an ordinary loop reaches it."""
    env = case.world.make(clock, tape)
    return GoesOn(env) if case.on_reset == "continue" else env


def _ordinary_loop(env: gym.Env, case: Case, tape: Tape) -> None:
    """Let the policy own the loop, as in training."""
    choose = Chooser(env.action_space, case.seed, case.style)
    seed: int | None = case.seed
    while tape.missing:
        observation, info = env.reset(seed=seed)
        tape.note("opens", observation, info)
        seed, over = None, False
        while not over:
            observation, reward, terminated, truncated, info = env.step(choose(observation))
            tape.note("shown", observation, reward, terminated, truncated, info)
            over = terminated or truncated


FIELDS: Final = {
    "reset": ("what", "seed", "options"),
    "act": ("what", "raw action"),
    "opens": ("what", "observation", "info"),
    "shown": ("what", "observation", "reward", "terminated", "truncated", "info"),
}


def disagreement(case: Case, names: tuple[str, str], a: Run, b: Run) -> str | None:
    """Tell where two runs differ first: episode and step at the policy, field; or return None."""
    found = _first_difference(a.entries, b.entries)
    if found is None:
        found = difference(a.kept, b.kept, "what is kept after the last episode")
    return None if found is None else f"{names[0]} and {names[1]} differ in\n{found}\n{case}"


def _first_difference(a: Sequence[Any], b: Sequence[Any]) -> str | None:
    episode, step = -1, 0
    for one, other in zip(a, b, strict=False):
        if one[0] == "opens":
            episode, step = episode + 1, 0
        step += one[0] == "shown"
        where = f"episode {episode}, step {step}"
        if one[0] != other[0]:
            return f"{where}, what happens: {one} != {other}"
        for name, x, y in zip(FIELDS[one[0]], one, other, strict=True):
            found = difference(x, y, name)
            if found:
                return f"{where}, {one[0]}: {found}"
    return None if len(a) == len(b) else f"the number of messages: {len(a)} != {len(b)}"


def all_three(case: Case, episodes: int = EPISODES) -> str | None:
    """Run a case in the three loops, and tell where the first two that differ do so."""
    native, pull, push = (run(case, episodes) for run in (gymnasium_s, pulled, pushed))
    found = disagreement(case, ("Gymnasium's own", "pulled"), native, pull)
    return found or without_gymnasium(case, pull, push)


def without_gymnasium(case: Case, pull: Run, push: Run) -> str | None:
    """Compare the two loops of statewrap, whose memories are the same as well.

    A world that goes on has opened its next episode in the call that ended the last, so
    there the memories after the last entry are those of two different moments.
    """
    if case.on_reset == "continue":
        push = push._replace(kept=pull.kept)
        return disagreement(case, ("pulled", "pushed"), pull, push)
    found = disagreement(case, ("pulled", "pushed"), pull, push)
    return found or difference(pull.memory, push.memory, f"memory afterwards of {case}")
