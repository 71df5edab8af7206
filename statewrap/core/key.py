"""Randomness as a value: a counter-based key that rests in a memory.

A draw returns the number and the key to go on with, so the same memory always draws the same.
The generator is Philox4x64-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
SC 2011), the one behind `numpy.random.Philox`, against which it is tested.
"""

from __future__ import annotations

import hashlib
from typing import Final, NamedTuple

import numpy as np

_MASK: Final = 2**64 - 1
_MULTIPLY: Final = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
_WEYL: Final = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
_DRAW, _SPLIT, _FOLD, _MAKE = 0, 1, 2, 3  # the counter's last word: what a block is used for

Words = tuple[int, int, int, int]


def philox(key: tuple[int, int], counter: Words) -> Words:
    """Return the block of four 64-bit words that Philox4x64-10 gives for a counter."""
    k0, k1 = key
    c0, c1, c2, c3 = counter
    for _ in range(10):
        left, right = c0 * _MULTIPLY[0], c2 * _MULTIPLY[1]
        c0, c1, c2, c3 = (
            (right >> 64) ^ c1 ^ k0,
            right & _MASK,
            (left >> 64) ^ c3 ^ k1,
            left & _MASK,
        )
        k0, k1 = (k0 + _WEYL[0]) & _MASK, (k1 + _WEYL[1]) & _MASK
    return c0, c1, c2, c3


class Key(NamedTuple):
    """A place in a random stream. Drawing from it gives the next one.

    >>> key = Key.from_seed(7)
    >>> draw, key = key.uniform()
    >>> 0 <= draw < 1
    True
    """

    k0: int
    k1: int
    stream: int = 0
    drawn: int = 0

    @classmethod
    def from_seed(cls, seed: int) -> Key:
        """Make the root key of a non-negative integer seed of any size."""
        k0, k1 = np.random.SeedSequence(seed).generate_state(2, np.uint64)
        return cls(int(k0), int(k1))

    def bits(self) -> tuple[int, Key]:
        """Draw 64 random bits, as an integer in [0, 2**64)."""
        block = philox((self.k0, self.k1), (self.drawn, self.stream, 0, _DRAW))
        return block[0], Key(self.k0, self.k1, self.stream, self.drawn + 1)

    def uniform(self) -> tuple[float, Key]:
        """Draw a float in [0, 1), from the upper 53 of 64 bits, as numpy does."""
        bits, key = self.bits()
        return (bits >> 11) * 2.0**-53, key

    def integers(self, low: int, high: int) -> tuple[int, Key]:
        """Draw an integer in [low, high), by remainder (its bias is below span / 2**64).

        Raises:
            ValueError: if `high` is not above `low`.
        """
        if high <= low:
            raise ValueError(f"integers needs low < high, got low={low}, high={high}.")
        bits, key = self.bits()
        return low + bits % (high - low), key

    def split(self) -> tuple[Key, Key]:
        """Return an independent key, and this one to go on with.

        A root's children are streams of its own counter, which costs no hashing; the child of
        a child gets key words of its own.
        """
        kept = Key(self.k0, self.k1, self.stream, self.drawn + 1)
        if self.stream == 0:
            return Key(self.k0, self.k1, self.drawn + 1), kept
        block = philox((self.k0, self.k1), (self.drawn, self.stream, 0, _SPLIT))
        return Key(block[0], block[1]), kept

    def fold(self, name: int | str) -> Key:
        """Derive the key of a named part: a number (0 or above) or a string."""
        text = f"{type(name).__name__}:{name}"
        digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
        low, high = (int.from_bytes(part, "little") for part in (digest[:8], digest[8:]))
        block = philox((self.k0, self.k1), (low, high, self.stream, _FOLD))
        return Key(block[0], block[1])

    def generator(self) -> np.random.Generator:
        """Make a numpy generator of its own stream, for what only numpy can draw."""
        block = philox((self.k0, self.k1), (self.drawn, self.stream, 0, _MAKE))
        return np.random.Generator(np.random.Philox(key=np.array(block[:2], np.uint64)))
