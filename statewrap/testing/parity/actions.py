"""Actions that are a fixed function of what was shown: no policy is as easily repeated."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Final

import attrs
import gymnasium
import numpy as np
from gymnasium import spaces

from statewrap.core.key import Key
from statewrap.core.messages import Act, TimeStep
from statewrap.core.policy import Policy
from statewrap.core.tensors import device_of, from_numpy, library_of
from statewrap.testing.parity.shims import spoil

FAR: Final = 1e6
"""Bounds beyond this are no bounds that a policy would go to."""


@attrs.frozen
class Style:
    """How a policy gives its actions."""

    kind: str = "numpy"
    """The type of a Discrete action: a numpy scalar, a "python" int or a 0-d "array"."""
    dtype: str = "float32"
    """The dtype of the actions of a Box of floats; one of integers has its own."""
    reuses: bool = False
    """Whether every action is the same array, and what was shown is written over."""
    wild: bool = False
    """Whether actions leave the bounds of their Box."""
    nan: bool = False
    """Whether some actions of a Box of floats hold NaN."""


@attrs.frozen(eq=False)
class Chooser(Policy[int]):
    """A fixed function of the observation's bits, and of how many decisions came before."""

    hidden_state = True

    space: gymnasium.Space[Any]
    seed: int
    style: Style = Style()
    buffer: list[Any] = attrs.field(factory=list, repr=False)

    def initial(self, key: Key) -> int:
        """Return 0: nothing was decided."""
        return 0

    def renew(self, memory: int, key: Key) -> int:
        """Go on counting."""
        return memory

    def decide(self, memory: int, timestep: TimeStep) -> tuple[int, Act]:
        """Decide."""
        digest = hashlib.blake2b(f"{self.seed} {memory}".encode())
        _digest(timestep.observation, digest)
        if self.style.reuses:
            spoil(timestep.observation)
        return memory + 1, Act(
            _alike(timestep.observation, self._chosen(self.space, digest.digest()))
        )

    def _chosen(self, space: Any, bits: bytes) -> Any:
        words = np.frombuffer(bits, np.uint64).astype(np.float64) / 2.0**64
        match space:
            case spaces.Discrete():
                return self._number(int(space.start) + int(words[0] * int(space.n)))
            case spaces.Box() if space.dtype.kind == "f":
                return self._buffered(self._array(space, words))
            case spaces.Dict():
                parts = space.spaces.items()
                return {k: self._part(part, bits, i) for i, (k, part) in enumerate(parts)}
            case spaces.Tuple():
                return tuple(self._part(part, bits, i) for i, part in enumerate(space.spaces))
        space.seed(int.from_bytes(bits[:4], "little"))
        return space.sample()

    def _part(self, space: Any, bits: bytes, index: int) -> Any:
        part = attrs.evolve(self, style=attrs.evolve(self.style, reuses=False))
        return part._chosen(space, hashlib.blake2b(bits + bytes([index % 256])).digest())  # noqa: SLF001

    def _number(self, number: int) -> Any:
        kinds: dict[str, Callable[[int], Any]] = {
            "numpy": np.int64,
            "python": int,
            "array": lambda number: self._buffered(np.array(number, np.int64)),
        }
        return kinds[self.style.kind](number)

    def _array(self, space: spaces.Box, words: Any) -> Any:
        u = np.clip(np.resize(words, space.shape) * 1.4 - 0.2, 0, 1)  # often a bound itself
        low, high = _ends(space)
        if self.style.wild:
            u = u * 3 - 1
        action = (low + (high - low) * u).astype(self.style.dtype)
        if self.style.nan and words[1] < 0.2:
            action = np.where(np.resize(words[2:], space.shape) < 0.5, np.nan, action)
        return np.asarray(action, self.style.dtype)

    def _buffered(self, action: Any) -> Any:
        if not self.style.reuses:
            return action
        if not self.buffer:
            self.buffer.append(action)
        self.buffer[0][...] = action
        return self.buffer[0]


def _alike(observation: Any, action: Any) -> Any:
    """Return an action in arrays of the library that observations are in."""
    library = library_of(observation)
    if library is None:
        return action
    array = np.asarray(action)
    if library == "jax":  # which makes its arrays of 32 bits
        array = array.astype(f"{array.dtype.kind}4")
    dtype = f"torch.{array.dtype}" if library == "torch" else str(array.dtype)
    return from_numpy(array, library, dtype, device_of(observation, library))


def _ends(space: spaces.Box) -> tuple[Any, Any]:
    """Return the bounds of a Box, and a range of 2 where there is none or one far away."""
    low, high = space.low.astype(np.float64), space.high.astype(np.float64)
    near_low, near_high = np.abs(low) < FAR, np.abs(high) < FAR
    least = np.where(near_low, low, np.where(near_high, np.minimum(high, 0), 0) - 2)
    return least, np.where(near_high, high, np.maximum(least, 0) + 2)


def _digest(observation: Any, digest: Any) -> None:
    """Put every bit of an observation into a digest, its types and shapes too."""
    if isinstance(observation, dict):
        for key in sorted(observation):
            digest.update(str(key).encode())
            _digest(observation[key], digest)
    elif isinstance(observation, (tuple, list)):
        digest.update(f"{type(observation).__name__} {len(observation)}".encode())
        for item in observation:
            _digest(item, digest)
    elif isinstance(observation, str):
        digest.update(observation.encode())
    else:
        array = np.asarray(observation)
        digest.update(f"{type(observation).__name__} {array.dtype} {array.shape}".encode())
        digest.update(array.tobytes())
