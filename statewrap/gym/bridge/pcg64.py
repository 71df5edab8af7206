"""Looking whether a PCG64 generator has moved, in its memory, in a tenth of the time.

numpy tells where the state of a generator lies (`bit_generator.ctypes`), but not how. So that is
tried once, with a state of known numbers; where they are not found, nothing is looked at this way.
"""

from __future__ import annotations

import ctypes
import functools
import sys
from collections.abc import Callable
from typing import Any, Final

import numpy as np

Look = Callable[[], bytes]

_WORDS: Final = 32
"""Bytes of state and increment, behind a pointer and next to it."""
_MOST: Final = 256
"""Bytes that are looked at at most: both, and what lies between them."""
_POINTER: Final = ctypes.sizeof(ctypes.c_void_p)
_HALF: Final = 8
"""Bytes after the pointer, of the half of a word that is left."""


def look_at(generator: Any) -> Look | None:
    """Return what gives the bytes of a generator's state; None where it is not known how.

    >>> generator = np.random.default_rng(0)
    >>> look = look_at(generator)
    >>> before = look()
    >>> before == look(), before == (generator.random(), look())[1]
    (True, False)
    """
    bits = generator.bit_generator
    return _look(bits) if type(bits) is np.random.PCG64 and _is_known() else None


def _look(bits: Any) -> Look | None:
    address = bits.ctypes.state_address
    if not _within(bits, address, _POINTER + _HALF):
        return None
    pointer = ctypes.c_void_p.from_address(address).value or 0
    if not _within(bits, pointer, _WORDS):
        return None
    low, high = min(address, pointer), max(address + _POINTER + _HALF, pointer + _WORDS)
    if high - low > _MOST:
        return None
    state = (ctypes.c_char * (high - low)).from_address(low)
    return lambda: state.raw


def _within(bits: Any, address: int, count: int) -> bool:
    """Tell whether bytes are a part of an object, so that they can be read as long as that is."""
    return 0 <= address - id(bits) <= type(bits).__basicsize__ - count


@functools.cache
def _is_known() -> bool:
    """Tell whether a state lies as it is expected: two words of 128 bits, a flag, 32 bits."""
    if sys.byteorder != "little" or sys.implementation.name != "cpython":
        return False
    bits = np.random.PCG64(0)
    state, increment, half = 0x0123456789ABCDEF_1122334455667788, 2**127 + 12345, 0xFEDCBA98
    bits.state = {
        "bit_generator": "PCG64",
        "state": {"state": state, "inc": increment},
        "has_uint32": 1,
        "uinteger": half,
    }
    look = _look(bits)
    expected = state.to_bytes(16, "little") + increment.to_bytes(16, "little")
    half_left = (1).to_bytes(4, "little") + half.to_bytes(4, "little")
    return look is not None and expected in look() and half_left in look()
