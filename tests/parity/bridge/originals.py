"""Gymnasium's own wrappers for the bridge: which, around which environments, what is right."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import gymnasium as gym
import numpy as np
from gymnasium import wrappers as theirs

from statewrap.testing.parity.twins import twin
from tests.parity.bridge.entries import Bridged, Right
from tests.parity.bridge.factories import Factory
from tests.parity.rows import (
    CONVERSIONS,
    GENERATOR,
    RENDERED,
    ROWS,
    Row,
)


class StickyActionOfItsOwn(theirs.StickyAction):
    """Gymnasium's, with a generator of its own in place of its environment's."""

    def __init__(self, env: gym.Env) -> None:
        super().__init__(env, 0.25, (1, 3))
        self.drawn = np.random.default_rng()
        self.drawn.bit_generator.state = GENERATOR

    @property
    def np_random(self) -> Any:
        """Return its own."""
        return self.drawn


def imports_back(name: str, make: Callable[[Any], Any]) -> Factory:
    """Give a function a name of this module."""

    def made(env: Any) -> Any:
        return make(env)

    made.__name__ = made.__qualname__ = name
    made.__module__ = __name__
    assert not hasattr(sys.modules[__name__], name), name
    setattr(sys.modules[__name__], name, made)
    return made


def _longest(row: Row) -> int:
    """Return after how many steps an episode is cut: soon, where screens are large."""
    if row.name == "AtariPreprocessing":
        return 40  # more than its no-ops
    return 8 if any(place.name.startswith("ALE/") for place in row.places) else row.longest


def _row(row: Row, **more: Any) -> Bridged:
    """Make a row of one of those of the twins."""
    make = SPECIAL.get(row.name) or twin(row.wrapper)
    return Bridged(
        "gymnasium",
        row.name,
        imports_back(f"gymnasium_{row.name}", make),
        row.places,
        row.wrapper,
        row.below,
        generate=row.generate,
        longest=_longest(row),
        draws=row.name in SPECIAL,
        **more,
    )


SPECIAL: Final[dict[str, Callable[[Any], Any]]] = {
    "StickyAction": lambda env: theirs.StickyAction(env, 0.25, (1, 3)),
    "AtariPreprocessing": theirs.AtariPreprocessing,
}
"""Those that draw from their environment's generator."""
NEEDED: Final = {
    "ResizeObservation": ("cv2",),
    "AtariPreprocessing": ("cv2", "ale_py"),
    "RecordVideo": ("moviepy",),
    "HumanRendering": ("pygame",),
}
CONVERTS: Final = ("jax", "torch", "array_api_compat")


def _drawing(name: str, right: Right = "equal", words: str = "", **given: Any) -> Bridged:
    """Make a row of what is about pictures."""
    kind = getattr(theirs, name)
    note = given.pop("note", "")
    make = imports_back(f"gymnasium_{name}", lambda env: kind(env, **given))
    return Bridged(
        "gymnasium",
        name,
        make,
        (RENDERED,),
        right=right,
        words=words,
        generate=False,
        needs=NEEDED.get(name, ()),
        note=note,
    )


VIDEOS: Final = str(Path(tempfile.gettempdir(), "statewrap-tried-videos"))
PICTURES: Final = (
    _drawing("AddWhiteNoise", probability_of_noise_per_pixel=0.4, note="nobody asks for pictures"),
    _drawing(
        "ObstructView",
        obstructed_pixels_ratio=0.3,
        obstruction_width=2,
        note="nobody asks for pictures",
    ),
    _drawing("RenderCollection", pop_frames=False),
    _drawing("RecordVideo", "once", "file|video|makedirs|folder", video_folder=VIDEOS),
    _drawing("HumanRendering", "once", "pygame|Surface|window"),
)
ORIGINALS: Final = (
    *(_row(row, needs=NEEDED.get(row.name, ())) for row in ROWS),
    *PICTURES,
    *(_row(row, needs=CONVERTS) for row in CONVERSIONS),
)
"""All 39."""
