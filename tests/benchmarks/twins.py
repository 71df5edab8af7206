"""Measure what each twin costs in a stack, beside what Gymnasium's costs in its loop.

    python tests/benchmarks/twins.py [--rounds 15] [--floors] [--write] [NAME ...]

Marginal cost: CPU time per step of the environment with the wrapper on top, less that without
it, taken in turns in one process; the median over the rounds. Below it stands a TimeLimit; the
environment gives out ready-made transitions. Ours is the push driver; for what only draws, the
twin as a Gymnasium wrapper. With `--floors`, some have their floor (`twin_floors.py`) in the last
column. `--write` puts the numbers into `twins.json`, from which
`docs/reference/gymnasium.md` is made.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import attrs
import gymnasium
import numpy as np
from gymnasium import wrappers as theirs
from gymnasium.spaces import Box, Dict, Discrete

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")

from twin_floors import FLOORS, FLOORS_ON_PICTURES, Collected, halved

import statewrap.wrappers as ours
from statewrap import Act, FunctionPolicy, Key, Stack, TimeStep, Wrapper
from statewrap.core.borders import freeze
from statewrap.core.drivers import initial_agent, push
from statewrap.gym import below_env
from statewrap.gym import wrappers as twins
from statewrap.testing.parity.builders import BUILDERS

HERE: Final = Path(__file__).parent
RESULTS: Final = HERE / "twins.json"
SECONDS: Final = 0.012
"""CPU time of one measurement."""
MANY: Final = 512
"""How many transitions there are."""
Run = Callable[[int], None]


class Ready(gymnasium.Env[Any, Any]):
    """Gives out ready-made transitions, and one picture; what it is told it does not hear."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 10**6}
    render_mode = "rgb_array"
    _frameskip = 1

    def __init__(self, space: gymnasium.Space[Any], actions: gymnasium.Space[Any]) -> None:
        space.seed(0)
        random = np.random.default_rng(0)
        ends = random.random(MANY) < 0.002
        ends[-1] = False
        self.observation_space, self.action_space = space, actions
        self.steps = [
            (space.sample(), float(random.normal()), bool(end), False, {"lives": 3}) for end in ends
        ]
        self.picture = random.integers(0, 256, (64, 64, 3), np.uint8)
        self.at, self.ale = 0, None

    def get_action_meanings(self) -> list[str]:
        """Say that action 0 does nothing."""
        return ["NOOP", "FIRE"]

    def reset(self, *, seed: Any = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        """Open an episode."""
        if seed is not None:
            super().reset(seed=seed)
        return self.steps[self.at][0], {"lives": 3}

    def step(self, action: Any) -> Any:
        """Give out the next transition."""
        self.at = (self.at + 1) % MANY
        observation, reward, terminated, truncated, _ = self.steps[self.at]
        return observation, reward, terminated, truncated, {"lives": 3}

    def render(self) -> Any:
        """Give out the picture."""
        return self.picture


def vectors() -> Ready:
    """Return an environment of four floats, with two actions."""
    return Ready(Box(-10.0, 10.0, (4,), np.float32), Discrete(2))


def joints() -> Ready:
    """Return an environment of four floats, with actions of two."""
    return Ready(Box(-10.0, 10.0, (4,), np.float32), Box(-1.0, 1.0, (2,), np.float32))


def parts() -> Ready:
    """Return an environment that shows a Dict."""
    part = Box(-1.0, 1.0, (4,), np.float32)
    return Ready(Dict(a=part, b=Discrete(3), c=part), Discrete(2))


def pictures() -> Ready:
    """Return an environment that shows coloured pictures."""
    return Ready(Box(0, 255, (96, 96, 3), np.uint8), Discrete(2))


def grey() -> Ready:
    """Return an environment that shows grey pictures."""
    return Ready(Box(0, 255, (84, 84), np.uint8), Discrete(2))


def screens() -> Ready:
    """Return an environment that shows an Atari game's screen, with its emulator behind."""
    import ale_py  # noqa: PLC0415 - an extra

    gymnasium.register_envs(ale_py)
    game: Any = gymnasium.make("ALE/Breakout-v5").unwrapped
    shown, _ = game.reset(seed=0)
    env = Ready(Box(0, 255, (2, 2, 3), np.uint8), Discrete(4))
    env.observation_space = Box(0, 255, shown.shape, np.uint8)
    env.steps = [(shown, *rest) for _, *rest in env.steps]
    env.ale = game.ale
    return env


def of_jax() -> Ready:
    """Return an environment that shows arrays of jax."""
    import jax.numpy as jnp  # noqa: PLC0415 - an extra

    env = vectors()
    env.steps = [(jnp.asarray(observation), *rest) for observation, *rest in env.steps]
    return env


@attrs.frozen
class Case:
    """A twin, with arguments, over an environment."""

    name: str
    arguments: Mapping[str, Any] = {}
    env: Callable[[], Ready] = vectors
    action: Any = 1
    own: Mapping[str, Any] = {}
    """Arguments that only ours has."""


def mirrored(action: Any) -> Any:
    """Return 0 for 1 and 1 for 0."""
    return 1 - action


VIDEOS: Final = str(Path(tempfile.gettempdir()) / "statewrap-no-videos")
TWO: Final = np.array([0.5, -0.25], np.float32)
LEARN: Final = {"mode": "learn"}
CASES: Final = (
    Case("AtariPreprocessing", {"noop_max": 0}, screens),
    Case("DelayObservation", {"delay": 3}),
    Case("DtypeObservation", {"dtype": np.float64}),
    Case("DiscretizeObservation", {"bins": 5}),
    Case("FilterObservation", {"filter_keys": ("a", "b")}, parts),
    Case("FlattenObservation", {}, parts),
    Case("FrameStackObservation", {"stack_size": 4}),
    Case("GrayscaleObservation", {}, pictures),
    Case("TransformObservation", {"func": halved, "observation_space": None}),
    Case("MaxAndSkipObservation", {"skip": 4}),
    Case("NormalizeObservation", {}, own=LEARN),
    Case("AddRenderObservation"),
    Case("ResizeObservation", {"shape": (84, 84)}, pictures),
    Case("ReshapeObservation", {"shape": (2, 2)}),
    Case("RescaleObservation", {"min_obs": -1.0, "max_obs": 1.0}),
    Case("TimeAwareObservation"),
    Case("ClipAction", {}, joints, TWO),
    Case("DiscretizeAction", {"bins": 5}, joints, 7),
    Case("TransformAction", {"func": mirrored, "action_space": None}),
    Case("RescaleAction", {"min_action": -2.0, "max_action": 2.0}, joints, TWO),
    Case("StickyAction", {"repeat_action_probability": 0.25}),
    Case("RepeatAction", {"num_repeats": 4}),
    Case("ClipReward", {"min_reward": -1.0, "max_reward": 1.0}),
    Case("TransformReward", {"func": halved}),
    Case("NormalizeReward", {}, own=LEARN),
    Case("TimeLimit", {"max_episode_steps": 400}),
    Case("Autoreset"),
    Case("PassiveEnvChecker"),
    Case("OrderEnforcing"),
    Case("RecordEpisodeStatistics"),
    Case("AddWhiteNoise", {"probability_of_noise_per_pixel": 0.5}),
    Case("ObstructView", {"obstructed_pixels_ratio": 0.2, "obstruction_width": 8}),
    Case("RenderCollection"),
    Case("RecordVideo", {"video_folder": VIDEOS, "step_trigger": lambda _: False}),
    Case("HumanRendering"),
    Case("ArrayConversion", {"env_xp": "numpy", "target_xp": "torch"}),
    Case("JaxToNumpy", {}, of_jax),
    Case("JaxToTorch", {}, of_jax),
    Case("NumpyToTorch"),
)
"""One for each wrapper of Gymnasium's."""
ON_PICTURES: Final = (
    Case("DelayObservation", {"delay": 3}, grey),
    Case("DtypeObservation", {"dtype": np.float32}, grey),
    Case("FlattenObservation", {}, grey),
    Case("FrameStackObservation", {"stack_size": 4}, grey),
    Case("MaxAndSkipObservation", {"skip": 4}, grey),
    Case("NormalizeObservation", {}, grey, own=LEARN),
    Case("ReshapeObservation", {"shape": (84, 84, 1)}, grey),
    Case("RescaleObservation", {"min_obs": 0, "max_obs": 1}, grey, own={"keep_dtype": True}),
)
"""Those of which the size of an observation matters, over pictures."""
DRAW: Final = {"AddWhiteNoise", "ObstructView", "RenderCollection", "RecordVideo", "HumanRendering"}
"""They change or show what is rendered, and are measured as Gymnasium wrappers on both sides."""


def pulled(env: gymnasium.Env[Any, Any], action: Any, *, renders: bool = False) -> Run:
    """Return an ordinary loop."""
    env.reset(seed=0)

    def run(count: int) -> None:
        for _ in range(count):
            _, _, terminated, truncated, _ = env.step(action)
            if renders:
                env.render()
            if terminated or truncated:
                env.reset()

    return run


def pushed(env: Ready, stack: Stack, action: Any) -> Run:
    """Return a loop that owns the environment, and shows pictures where they are wanted."""
    below = below_env(env)
    frame = freeze(env.picture) if "frame" in stack.needs else None
    if frame is not None:
        below = attrs.evolve(below, frame_space=Box(0, 255, frame.shape, np.uint8))
    bound, policy = stack.bind(below), FunctionPolicy(lambda _: action)
    agent = initial_agent(bound, policy, Key.from_seed(0))
    agent, _ = push(bound, policy, agent, TimeStep(env.steps[0][0], first=True, frame=frame))
    clock, place = time.perf_counter, 0
    steps = [(freeze(step[0]), *step[1:]) for step in env.steps]  # as a border gives them

    def run(count: int) -> None:
        nonlocal agent, place
        for _ in range(count):
            observation, reward, terminated, truncated, _ = steps[place]
            place, info = (place + 1) % MANY, {"lives": 3}
            now = TimeStep(observation, reward, terminated, truncated, info, False, clock(), frame)
            agent, command = push(bound, policy, agent, now, over=terminated)
            if type(command) is not Act:
                opening = TimeStep(observation, 0.0, False, False, info, True, clock(), frame)
                agent, command = push(bound, policy, agent, opening)

    return run


class Rows(NamedTuple):
    """With and without the wrapper, ours and Gymnasium's; and with the floor of ours."""

    ours: Run
    without: Run
    gymnasium: Run
    their_loop: Run
    floor: Run | None = None


class Costs(NamedTuple):
    """Marginal costs, in microseconds a step."""

    ours: float
    gymnasium: float
    floor: float | None


def limited(env: gymnasium.Env[Any, Any]) -> gymnasium.Env[Any, Any]:
    """Put Gymnasium's TimeLimit around an environment."""
    return theirs.TimeLimit(env, 500)


def rows(case: Case) -> Rows:
    """Return the loops of a case."""
    if case.name in DRAW:
        return drawing(case)
    name, action = case.name, case.action
    arguments = {**case.arguments, **case.own}
    wrapper: Wrapper[Any] = getattr(ours, name)(**arguments)
    floor = (FLOORS_ON_PICTURES if case in ON_PICTURES else FLOORS).get(name)
    if name in ("ResizeObservation", "AtariPreprocessing"):
        import cv2  # noqa: PLC0415 - an extra

        cv2.setNumThreads(1)  # the time of threads that wait would be counted
    if name in ("JaxToTorch", "NumpyToTorch", "ArrayConversion"):
        import torch  # noqa: PLC0415 - an extra

        action = torch.tensor(action)
    make = BUILDERS.get(name, getattr(theirs, name))
    own = case.own if name.startswith("Normalize") else {}
    generator = {"draws": ours.StickyAction(0.5, draws=np.random.default_rng(0)).draws}
    drawn = {"repeat_action_duration": 1, **generator} if name == "StickyAction" else {}
    return Rows(
        pushed(case.env(), ours.TimeLimit(500) | wrapper, action),
        pushed(case.env(), Stack(ours.TimeLimit(500)), case.action),
        pulled(make(limited(case.env()), **case.arguments, **own, **drawn), action),
        pulled(limited(case.env()), case.action),
        floor and pushed(case.env(), ours.TimeLimit(500) | floor, action),
    )


def drawing(case: Case) -> Rows:
    """Return the loops of a case that is about what is rendered."""
    renders = case.name in ("AddWhiteNoise", "ObstructView")

    def loop(module: Any) -> Run:
        env = getattr(module, case.name)(limited(case.env()), **case.arguments)
        return pulled(env, case.action, renders=renders)

    plain = [pulled(limited(case.env()), case.action, renders=renders) for _ in range(2)]
    collects = case.name == "RenderCollection"
    floor = pulled(Collected(limited(case.env())), case.action) if collects else None
    return Rows(loop(twins), plain[0], loop(theirs), plain[1], floor)


def measured(case: Case, rounds: int, *, floors: bool) -> Costs:
    """Return the marginal cost of ours, of Gymnasium's, and of the floor where there is one."""
    with warnings.catch_warnings(action="ignore"), np.errstate(all="ignore"):
        loops = [run for run in rows(case)[: 5 if floors else 4] if run is not None]
        counts = [_enough(run) for run in loops]
        times = [[_timed(*pair) for pair in zip(loops, counts, strict=True)] for _ in range(rounds)]
    with_ours, without, with_theirs, their_loop, *floor = zip(*times, strict=True)
    return Costs(
        _marginal(with_ours, without),
        _marginal(with_theirs, their_loop),
        _marginal(floor[0], without) if floor else None,
    )


def _marginal(with_it: Sequence[float], without: Sequence[float]) -> float:
    return statistics.median(a - b for a, b in zip(with_it, without, strict=True))


def _enough(run: Run) -> int:
    """Return how many steps take long enough to be measured."""
    run(20)
    return max(20, int(SECONDS / (_timed(run, 40) / 1e6)))


def _timed(run: Run, count: int) -> float:
    started = time.process_time()
    run(count)
    return (time.process_time() - started) / count * 1e6


def promised(gymnasium_s: float) -> float:
    """Return what ours may cost where Gymnasium's costs so much."""
    return gymnasium_s if gymnasium_s >= 0.5 else gymnasium_s + 0.5


def main() -> None:
    """Print the table, and write it down if that is wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--floors", action="store_true", help="measure floors as well")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    parser.add_argument("names", nargs="*", help="only these wrappers")
    options = parser.parse_args()
    found: dict[str, dict[str, list[float]]] = {"rows": {}, "pictures": {}}
    for part, cases in (("rows", CASES), ("pictures", ON_PICTURES)):
        print(f"\n| {part} | ours, µs | Gymnasium's, µs | | floor |\n|---|--:|--:|---|--:|")
        for case in cases:
            if options.names and case.name not in options.names:
                continue
            *costs, floor = measured(case, options.rounds, floors=options.floors)
            own, gymnasium_s = found[part][case.name] = [round(cost, 2) for cost in costs]
            dear = "dear" * (own > promised(gymnasium_s))
            least = "" if floor is None else f"{floor:.2f}"
            print(f"| {case.name} | {own:.2f} | {gymnasium_s:.2f} | {dear} | {least} |")
            sys.stdout.flush()
    if options.write:
        known = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
        merged = {part: {**known.get(part, {}), **found[part]} for part in found}
        RESULTS.write_text(json.dumps(merged, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
