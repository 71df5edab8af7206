"""Gymnasium's wrappers and the twins used as such, side by side: what no stack shows is compared.

That are pictures, and steps after the end of an episode.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import gymnasium as gym
from gymnasium import wrappers as theirs

from statewrap.core.borders import freeze
from statewrap.core.same import difference
from statewrap.gym import wrappers as ours
from statewrap.testing.parity.shims import Env
from tests.parity.worlds import Pictured

STEPS: Final = 60
PLACE: Final = "CartPole-v1"


class Pair(NamedTuple):
    """A wrapper of Gymnasium's, its twin as a Gymnasium wrapper, and what is looked at."""

    name: str
    arguments: dict[str, Any]
    seen: Callable[[Any], Any]
    """What is compared after each step, beside what `step` answers."""
    resets: bool = True
    """Whether episodes are opened by `reset`; otherwise the loop goes on over their ends."""


def rendered(env: Any) -> Any:
    """Return what is rendered."""
    return env.render()


def recorded(env: Any) -> Any:
    """Return what is in the video so far, and the names of the files."""
    files = sorted(path.name for path in Path(env.video_folder).iterdir())
    return list(env.recorded_frames), env.recording, files


def in_the_window(env: Any) -> Any:
    """Return the picture in the window."""
    import pygame  # noqa: PLC0415 - the library that is wanted

    return pygame.surfarray.array3d(pygame.display.get_surface())


def nothing(_: Any) -> None:
    """Look at nothing more."""


PAIRS: Final = (
    Pair("AddWhiteNoise", {"probability_of_noise_per_pixel": 0.4}, rendered),
    Pair("ObstructView", {"obstructed_pixels_ratio": 0.3, "obstruction_width": 2}, rendered),
    Pair("RenderCollection", {"pop_frames": False}, rendered),
    Pair("RecordVideo", {"episode_trigger": lambda n: n % 2 == 0}, recorded),
    Pair("HumanRendering", {}, in_the_window),
    Pair("Autoreset", {}, nothing, resets=False),
)


class Compared(NamedTuple):
    """How much was compared."""

    places: tuple[str, ...]
    """The environments."""
    episodes: int
    steps: int


def compared(pair: Pair) -> Compared:
    """Drive both sides one after the other, and compare all that was answered and seen."""
    logs = []
    for module in (theirs, ours):
        with tempfile.TemporaryDirectory() as folder:
            files = {"video_folder": f"{folder}/new"} if pair.name == "RecordVideo" else {}
            env = getattr(module, pair.name)(_pictured(), **pair.arguments, **files)
            logs.append(_driven(env, pair))
            env.close()
    assert difference(logs[0], logs[1]) is None
    ends = sum(len(said) == 5 and (said[2] or said[3]) for said, _ in logs[0])
    episodes = 1 + int(ends)
    return Compared((PLACE,), episodes, STEPS)


def _pictured() -> Env:
    env = Pictured(gym.make(PLACE, max_episode_steps=12))
    env.metadata = {"render_modes": ["rgb_array"], "render_fps": 500}
    return env


def _driven(env: Any, pair: Pair) -> list[tuple[Any, Any]]:
    """Return what was answered and seen, copied as it was at that moment."""
    log = [(freeze(env.reset(seed=5)), freeze(pair.seen(env)))]
    for step in range(STEPS):
        answer = env.step(step * 7 % 3 % 2)
        log.append((freeze(answer), freeze(pair.seen(env))))
        if pair.resets and (answer[2] or answer[3]):
            log.append((freeze(env.reset()), freeze(pair.seen(env))))
    return log
