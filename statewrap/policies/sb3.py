"""Models of Stable-Baselines3 as policies.

Stable-Baselines3 and torch are imported when they are first needed: to load a file, and to draw
where `deterministic` is False.
"""

from __future__ import annotations

import importlib
import importlib.util
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import attrs
import numpy as np
from gymnasium.spaces import Box, Dict, Space

from statewrap.core.borders import freeze, thaw
from statewrap.core.errors import BindError, ConfigurationError, MissingExtraError
from statewrap.core.key import Key
from statewrap.core.messages import Act, TimeStep
from statewrap.core.policy import Policy
from statewrap.core.registry import nearest
from statewrap.core.spaces import why_not
from statewrap.core.words import brief
from statewrap.core.wrapper import Below

_FEATURE: Final = "A Stable-Baselines3 policy"
_GLOBAL_GENERATOR: Final = threading.Lock()
"""Held while torch's generator, of which there is one for all threads, is borrowed."""


class Mind(NamedTuple):
    """What a model remembers from one decision to the next."""

    state: tuple[Any, ...] | None
    """A recurrent model's hidden state, float32 arrays; None at an episode's start, and always
    for a model that has none."""
    key: Key
    """Where the draws of a stochastic policy go on."""


@attrs.frozen(repr=False)
class SB3Policy(Policy[Mind]):
    """Decide by `model.predict` of Stable-Baselines3, or of a model with the same method.

    The hidden state of a recurrent model (`RecurrentPPO` of sb3-contrib) is kept in the memory
    and forgotten at an episode's start. Where `deterministic` is False, torch draws from the
    memory's key, so that the same memory always decides the same; torch's own generator is put
    back afterwards.

    What `VecNormalize` has learned is not part of a model, and is not applied.

    Args:
        model: any algorithm of Stable-Baselines3, trained or loaded.
        deterministic: take the best action, or draw one.

    Raises:
        TypeError: if `model` has no `predict`, `observation_space` and `action_space`.
        ValueError: if the model cannot draw from a key (DQN and its kind).
    """

    memory_types = (Mind, Key)

    model: Any = attrs.field(eq=id)
    deterministic: bool = attrs.field(default=True)

    @model.validator
    def _predicts(self, _: Any, model: Any) -> None:
        lacking = [name for name in _OF_A_MODEL if not hasattr(model, name)]
        if lacking:
            raise TypeError(
                f"{brief(model)} has no {lacking[0]}, so it is no model of Stable-Baselines3. "
                'A file is read by SB3Policy.load("model.zip", "PPO").'
            )

    @deterministic.validator
    def _can_be_pure(self, _: Any, deterministic: bool) -> None:  # noqa: FBT001
        if not deterministic and hasattr(self.model, "exploration_rate"):
            raise ValueError(
                f"A {type(self.model).__name__} explores by generators of its own, which no memory "
                "holds. Use it as it was trained to be used: deterministic=True."
            )

    @classmethod
    def load(
        cls,
        file: Path | str | PathLike[str],
        algorithm: str,
        *,
        deterministic: bool = True,
        device: str = "cpu",
    ) -> Self:
        """Read what `model.save(file)` wrote.

        Such a file holds pickled objects, so reading it runs whatever code they name: load only
        files that you trust.

        Args:
            file: the zip file.
            algorithm: the class that it was saved from, such as "PPO" or "RecurrentPPO".
            deterministic: as for `SB3Policy`.
            device: where the model is to run, in torch's words.

        Raises:
            MissingExtraError: if Stable-Baselines3 (or sb3-contrib) is not installed.
            ConfigurationError: if there is no such algorithm.
            OSError: if the file cannot be read.
        """
        model = _algorithm(algorithm).load(Path(file), device=device)
        return cls(model, deterministic)

    def bind(self, below: Below) -> Self:
        """Return this policy, if the spaces that it was trained with are those below it.

        Raises:
            BindError: if a known space differs from the model's in kind, shape or bounds.
        """
        trained = self.model.observation_space, self.model.action_space
        known = below.observation_space, below.action_space
        for name, here, there in zip(("observation", "action"), trained, known, strict=True):
            differs = None if there is None else _difference(here, there, f"{name} space")
            if differs:
                raise BindError(
                    f"The {differs} in training, so {self!r} was trained with another {name} space "
                    "than lies below it. Give it the stack of its training, in the same order."
                )
        return self

    def initial(self, key: Key) -> Mind:
        """Return a memory without a hidden state."""
        return Mind(None, key)

    def decide(self, memory: Mind, timestep: TimeStep) -> tuple[Mind, Act]:
        """Ask the model.

        Raises:
            ValueError: if the observation does not fit the space that the model was trained with.
        """
        self._check(timestep.observation)
        seed, key = (0, memory.key) if self.deterministic else memory.key.integers(0, 2**63)
        with _drawing(seed, self.deterministic):
            action, state = self.model.predict(
                thaw(timestep.observation),
                state=thaw(memory.state),
                episode_start=np.array([timestep.first]),
                deterministic=self.deterministic,
            )
        return Mind(freeze(state), key), Act(np.asarray(action)[()])

    def _check(self, observation: Any) -> None:
        """Refuse what `predict` would take for a batch, or for what it is not."""
        wrong = _why_unfit(self.model.observation_space, observation, "observation")
        if wrong:
            raise ValueError(
                f"the {wrong}, as the model was trained with. Give it the stack of its training, "
                "in the same order."
            )

    def __repr__(self) -> str:
        """Name the algorithm, not its weights."""
        return f"<SB3Policy {type(self.model).__name__}, deterministic={self.deterministic}>"


_OF_A_MODEL: Final = ("predict", "observation_space", "action_space")


@contextmanager
def _drawing(seed: int, deterministic: bool) -> Iterator[None]:  # noqa: FBT001
    """Seed torch's generator for one decision, and put it back."""
    if deterministic:
        yield
        return
    torch = _imported("torch")
    with _GLOBAL_GENERATOR, torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


def _algorithm(name: str) -> Any:
    """Return a class of Stable-Baselines3, or of sb3-contrib where that is installed."""
    packages = [_imported("stable_baselines3")]
    if importlib.util.find_spec("sb3_contrib") is not None:
        packages.append(_imported("sb3_contrib"))
    found = {name: thing for package in packages for name, thing in vars(package).items()}
    known = {name: thing for name, thing in found.items() if hasattr(thing, "load")}
    if name in known:
        return known[name]
    hint = "" if len(packages) > 1 else " Others are in the package sb3-contrib, not installed."
    raise ConfigurationError(
        f"Stable-Baselines3 has no algorithm {name!r}{nearest(name, known)} "
        f"There are: {', '.join(sorted(known))}.{hint}"
    )


def _imported(package: str) -> Any:
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise MissingExtraError(_FEATURE, package.replace("_", "-"), "sb3") from error


def _difference(trained: Space[Any], known: Space[Any], path: str) -> str | None:
    """Say where two spaces differ, or return None; the width of floats is free."""
    if isinstance(trained, Dict) and isinstance(known, Dict):
        if trained.spaces.keys() != known.spaces.keys():
            return f"{path} has the keys {brief(list(known))}, which were {brief(list(trained))}"
        parts = ((space, known[key], f"{path}[{key!r}]") for key, space in trained.spaces.items())
        return next((found for part in parts if (found := _difference(*part))), None)
    if not isinstance(trained, Box) or not isinstance(known, Box):
        return None if trained == known else f"{path} is {brief(known)}, which was {brief(trained)}"
    if known.shape not in _shapes(trained):
        return f"{path} has the shape {known.shape}, which was {trained.shape}"
    if known.dtype.kind != trained.dtype.kind:
        return f"{path} has the dtype {known.dtype}, which was {trained.dtype}"
    picture = len(_shapes(trained)) > 1
    here, there = _bounds(known, whole=picture), _bounds(trained, whole=picture)
    if sorted(zip(*here, strict=True)) == sorted(zip(*there, strict=True)):
        return None  # VecFrameStack announces the bounds of a frame in another order than it shows
    if path.startswith("observation") and _is_clipped(known):
        return None
    return f"{path} has {_unlike(here, there)}"


def _unlike(here: tuple[list[float], ...], there: tuple[list[float], ...]) -> str:
    """Say the first bounds that differ, and how many components have others."""
    pairs = zip(zip(*here, strict=True), zip(*there, strict=True), strict=True)
    unlike = [(i, now, then) for i, (now, then) in enumerate(pairs) if now != then]
    i, now, then = unlike[0]
    place = f" in component {i}" if len(here[0]) > 1 else ""
    others = f" (and {len(unlike) - 1} more components have others)" if unlike[1:] else ""
    return f"the bounds {list(now)}{place}{others}, which were {list(then)}"


def _is_clipped(box: Box) -> bool:
    """Tell whether observations are clipped as VecNormalize does, which announces the raw bounds.

    Those bounds, the only ones that a model has seen, say nothing about what it was shown.
    """
    high = box.high.ravel()
    bound = high[0] if high.size and box.dtype.kind == "f" else np.inf
    return bool(np.isfinite(bound) and (high == bound).all() and (box.low == -bound).all())


def _bounds(box: Box, *, whole: bool) -> tuple[list[float], list[float]]:
    """Return the bounds; one pair for all of an image, whose axes may stand in another order."""
    low, high = box.low.astype(np.float32), box.high.astype(np.float32)
    if whole:
        low, high = low.min(keepdims=True), high.max(keepdims=True)
    return low.ravel().tolist(), high.ravel().tolist()


def _shapes(box: Box) -> tuple[tuple[int, ...], ...]:
    """Return the shapes that a model takes: of an image, the channels may also stand last."""
    shape = tuple(box.shape)
    if box.dtype == np.uint8 and len(shape) == 3:
        return shape, (*shape[1:], shape[0])
    return (shape,)


def _why_unfit(space: Space[Any], value: Any, path: str) -> str | None:
    """Say why a model cannot take a value, or return None. Bounds are not looked at."""
    if isinstance(space, Dict):
        if not isinstance(value, dict):
            return f"{path} is a {type(value).__name__}, expected a dict"
        if value.keys() != space.spaces.keys():
            return f"{path} has the keys {list(value)}, expected {list(space.spaces)}"
        parts = ((part, value[key], f"{path}[{key!r}]") for key, part in space.spaces.items())
        return next((found for part in parts if (found := _why_unfit(*part))), None)
    if not isinstance(space, Box):
        return why_not(space, value, path)
    array = np.asarray(value)
    if array.shape not in _shapes(space):
        return f"{path} has shape {array.shape}, expected {space.shape}"
    if array.dtype.kind != space.dtype.kind:
        return f"{path} has dtype {array.dtype}, expected {space.dtype}"
    return None
