"""Measure what a wrapper costs under the bridge, beside what it costs in Gymnasium's own loop.

    python -m tests.benchmarks.bridge [--rounds 9] [--write] [ID ...]

CPU time per step of the environment: the whole of it, environment, wrapper and policy, of a push
driver with the bridge, as a ratio to Gymnasium's own loop with the same wrapper, unmodified, and
the same actions; taken in turns in one process, the median over the rounds. Once over the real
environment, once over a recording of it that costs nothing. `--write` puts the numbers into
`bridge.json`, from which `docs/reference/bridge.md` is made.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from typing import Any, Final, NamedTuple

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")

import gymnasium
import numpy as np

from statewrap import Act, FunctionPolicy, Key, Stack, TimeStep
from statewrap.core.borders import freeze
from statewrap.core.drivers import initial_agent, push
from statewrap.core.errors import StatewrapError
from statewrap.core.messages import Reset
from statewrap.testing.parity.twins import twin
from statewrap.testing.parity.unseen import below_of
from tests.parity.bridge.everything import ENTRIES, stack_of
from tests.parity.bridge.proofs import bridged
from tests.parity.bridge.stacks import STACKS

RESULTS: Final = Path(__file__).parent / "bridge.json"
SECONDS: Final = 0.012
"""CPU time of one measurement."""
MANY: Final = 256
"""How many transitions are recorded, and how many actions there are."""
MODES: Final = ("replay", "greenlet")
STATELESS: Final = (
    "TransformObservation FilterObservation FlattenObservation ReshapeObservation "
    "ResizeObservation GrayscaleObservation RescaleObservation DtypeObservation "
    "DiscretizeObservation AddRenderObservation TransformAction ClipAction RescaleAction "
    "DiscretizeAction TransformReward ClipReward AddWhiteNoise ObstructView ArrayConversion "
    "JaxToNumpy JaxToTorch NumpyToTorch ClipRewardEnv WarpFrame ActionMasker ImgObsWrapper "
    "OneHotPartialObsWrapper DictObservationSpaceWrapper YAMLCompatResizeObservation "
    "clip_actions_v0 clip_reward_v0 color_reduction_v0 dtype_v0 flatten_v0 nan_noop_v0 "
    "nan_zeros_v0 normalize_obs_v0 reshape_v0 resize_v1 reward_lambda_v0 MaskScoreWrapper "
    "ObsCastWrapper StochasticActionWrapper ActionNoiseWrapper"
)
"""Wrappers that remember nothing, by name."""
MULTI_STEP: Final = (
    "RepeatAction MaxAndSkipObservation AtariPreprocessing Autoreset MaxAndSkipEnv NoopResetEnv "
    "FireResetEnv EpisodicLifeEnv AtariWrapper FrameSkip frame_skip_v0 AutoResetWrapper"
)
"""Wrappers that step or reset their environment another number of times than they are."""
Run = Callable[[int], None]


class Measured(NamedTuple):
    """Microseconds a step: of the bridge, and of Gymnasium's own loop."""

    bridge: float
    native: float
    ratio: float


def class_of(name: str) -> str:
    """Return the class of a wrapper: "stateless", "stateful" or "multi-step"."""
    if name in STATELESS.split():
        return "stateless"
    return "multi-step" if name in MULTI_STEP.split() else "stateful"


class Recorded(gymnasium.Env[Any, Any]):
    """Gives out what an environment showed once, whatever it is told."""

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        bare: Any = env.unwrapped
        self.observation_space, self.action_space = env.observation_space, env.action_space
        self.metadata, self.render_mode, self.spec = env.metadata, env.render_mode, env.spec
        self.picture = env.render() if env.render_mode is not None else None
        for name in ("ale", "get_action_meanings", "_frameskip"):
            if hasattr(bare, name):
                setattr(self, name, getattr(bare, name))
        env.action_space.seed(0)
        self.opening = freeze(env.reset(seed=0))
        self.steps, self.at = [], 0
        for _ in range(MANY):
            answer = env.step(env.action_space.sample())
            self.steps.append(freeze(answer))
            if answer[2] or answer[3]:
                env.reset()

    def reset(self, *, seed: Any = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        """Show how it opened."""
        if seed is not None:
            super().reset(seed=seed)
        return _own(self.opening[0]), dict(self.opening[1])

    def step(self, action: Any) -> Any:
        """Show the next."""
        self.at = (self.at + 1) % MANY
        observation, reward, terminated, truncated, info = self.steps[self.at]
        return _own(observation), reward, terminated, truncated, dict(info)

    def render(self) -> Any:
        """Show the picture."""
        return self.picture


def _own(observation: Any) -> Any:
    """Copy a dict, into which some wrappers write."""
    return dict(observation) if isinstance(observation, dict) else observation


class Counted:
    """Counts the steps of an environment."""

    def __init__(self, env: Any) -> None:
        self.env, self.steps, step = env, 0, env.step

        def counted(action: Any) -> Any:
            self.steps += 1
            return step(action)

        env.step = counted


def pulled(env: gymnasium.Env[Any, Any], actions: Any) -> Run:
    """Return an ordinary loop."""
    env.reset(seed=0)

    def run(count: int) -> None:
        for _ in range(count):
            _, _, terminated, truncated, _ = env.step(next(actions))
            if terminated or truncated:
                env.reset()

    return run


def pushed(env: Any, stack: Stack, actions: Any) -> Run:
    """Return a loop that owns the environment; its border copies what comes in."""
    bound, policy = stack.bind(below_of(env, stack)), FunctionPolicy(lambda _: next(actions))
    agent = initial_agent(bound, policy, Key.from_seed(0))
    frames, clock = "frame" in bound.needs, time.perf_counter
    command: Any = Reset(0)

    def run(count: int) -> None:
        nonlocal agent, command
        for _ in range(count):
            over = False
            if type(command) is Act:
                shown, reward, terminated, truncated, info = env.step(command.action)
                frame, over = env.render() if frames else None, terminated or truncated
                now = TimeStep(
                    freeze(shown), reward, terminated, truncated, info, False, clock(), frame
                )
            else:
                shown, info = env.reset(seed=command.seed)
                frame = env.render() if frames else None
                now = TimeStep(freeze(shown), 0.0, False, False, info, True, clock(), frame)
            agent, command = push(bound, policy, agent, now, over=over)

    return run


def actions_of(env: Any) -> Any:
    """Return an endless iterator over actions of a space."""
    env.action_space.seed(1)
    return itertools.cycle([env.action_space.sample() for _ in range(MANY)])


def measured(
    make: Callable[[], Any], original: Callable[[Any], Any], stack: Stack, rounds: int
) -> Measured:
    """Measure a wrapper over an environment."""
    sides = []
    for native in (False, True):
        env = Counted(make())
        top = original(make())
        run = (
            pulled(original(env.env), actions_of(top))
            if native
            else pushed(env.env, stack, actions_of(top))
        )
        sides.append((env, run, _enough(env, run)))
    times = [[_timed(*side) for side in sides] for _ in range(rounds)]
    bridge, native = (statistics.median(column) for column in zip(*times, strict=True))
    return Measured(bridge, native, statistics.median(b / n for b, n in times))


def _enough(env: Counted, run: Run) -> int:
    """Return how many calls take long enough to be measured."""
    run(30)
    before = time.process_time()
    run(30)
    return max(30, int(30 * SECONDS / max(time.process_time() - before, 1e-6)))


def _timed(env: Counted, run: Run, count: int) -> float:
    """Return the microseconds that a step of the environment takes."""
    steps, started = env.steps, time.process_time()
    run(count)
    return (time.process_time() - started) / max(env.steps - steps, 1) * 1e6


class Bench(NamedTuple):
    """A wrapper that is measured."""

    kind: str
    place: Callable[[], Any]
    original: Callable[[Any], Any]
    stack: Callable[[str], Stack]


def benches() -> dict[str, Bench]:
    """Return what is measured, by id."""
    found = {}
    for name, entry in ENTRIES.items():
        if entry.right != "refused" and not entry.missing:
            below = [twin(one) for one in Stack(entry.below)]
            found[name] = Bench(
                class_of(entry.name),
                entry.places[0],
                _around(below, entry.make),
                lambda mode, entry=entry: stack_of(entry, mode),
            )
    for tall in STACKS:
        found[f"stack {tall.id}"] = Bench(
            "a stack",
            tall.place,
            tall.whole,
            lambda mode, tall=tall: Stack(bridged(tall.whole, tall.place, mode)),
        )
    return found


def _around(below: list[Callable[[Any], Any]], make: Callable[[Any], Any]) -> Any:
    def around(env: Any) -> Any:
        for one in (*below, make):
            env = one(env)
        return env

    return around


def row(bench: Bench, rounds: int) -> dict[str, Any]:
    """Measure a wrapper in all modes in which it is not refused, over both worlds."""
    found: dict[str, Any] = {"class": bench.kind}
    with warnings.catch_warnings(action="ignore"), np.errstate(all="ignore"):
        world = Recorded(bench.place())
        for mode in MODES:
            worlds = (("real", bench.place), ("free", lambda: _again(world)))
            try:
                found[mode] = {
                    name: [
                        round(number, 2)
                        for number in measured(make, bench.original, bench.stack(mode), rounds)
                    ]
                    for name, make in worlds
                }
            except (StatewrapError, ImportError):
                continue
    return found


def _again(world: Recorded) -> Recorded:
    """Return a recording from its beginning."""
    twin = object.__new__(Recorded)
    vars(twin).update({name: what for name, what in vars(world).items() if name != "step"})
    return twin


def summary(rows: dict[str, Any], mode: str, world: str = "real") -> dict[str, tuple[float, str]]:
    """Return of each class its median ratio, and the greatest with its name."""
    told = {}
    for kind in ("stateless", "stateful", "multi-step", "a stack"):
        ratios = {
            name: found[mode][world][2]
            for name, found in rows.items()
            if found["class"] == kind and mode in found
        }
        if ratios:
            most = max(ratios, key=lambda name: ratios[name])
            told[kind] = (statistics.median(ratios.values()), f"{most} {ratios[most]:.2f}")
    return told


def main() -> None:
    """Print the table, and write it down if that is wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    parser.add_argument("ids", nargs="*", help="only these")
    options = parser.parse_args()
    rows: dict[str, Any] = {}
    print("| id | class | mode | bridge, µs | Gymnasium, µs | ratio | free world |")
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        for name, bench in benches().items():
            if options.ids and name not in options.ids:
                continue
            rows[name] = row(bench, options.rounds)
            for mode in MODES:
                if mode in rows[name]:
                    real, free = (rows[name][mode][world] for world in ("real", "free"))
                    numbers = f"{real[0]:.2f} | {real[1]:.2f} | {real[2]:.2f} | {free[2]:.2f}"
                    print(f"| {name} | {bench.kind} | {mode} | {numbers} |")
            sys.stdout.flush()
    for mode in MODES:
        for world in ("real", "free"):
            for kind, (median, most) in summary(rows, mode, world).items():
                print(f"{mode}, {world}, {kind}: median {median:.2f}, most {most}")
    if options.write:
        known = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
        RESULTS.write_text(json.dumps({**known, **rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
