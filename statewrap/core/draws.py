"""Random draws as values, where a `Key` alone does not do.

`KeyDraws` gives the numbers of a key, one by one, at a fifth of the price. `NumpyDraws` is the
state of a numpy generator: what it draws is what that generator would have drawn, bit for bit, so
that a wrapper can be compared with Gymnasium's, which draws from its environment's generator.

Both have the methods of a key that wrappers use, `uniform()` and `integers(low, high)`, and each
returns what was drawn and the value to go on with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from statewrap.core.key import Key
from statewrap.core.words import brief, sentence

T = TypeVar("T")
Words = tuple[int, ...]

_MASK32: Final = 2**32 - 1
_MASK64: Final = 2**64 - 1
_MASK128: Final = 2**128 - 1
_MULTIPLY: Final = 0x2360ED051FC65DA44385DF649FCCF645  # of PCG64's step
_AHEAD: Final = 32
_made = tuple.__new__  # a NamedTuple's own constructor takes twice the time


class _Unseeded(np.random.bit_generator.ISeedSequence):
    """The seed of a generator that is brought into a state at once: numpy's own costs ten times."""

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> NDArray[Any]:
        """Return zeros."""
        return np.zeros(n_words, dtype)


_UNSEEDED: Final[Any] = _Unseeded()


class KeyDraws(NamedTuple):
    """The numbers of a key, drawn 32 at a time.

    `uniform` and `integers` give what the key's own methods give, in the same order.

    >>> key = Key.from_seed(7)
    >>> KeyDraws(key).uniform()[0] == key.uniform()[0]
    True
    """

    key: Key
    """The key to go on with when the words are used up."""
    words: Words = ()
    """What was drawn and not yet given, the next one first: integers in [0, 2**64)."""

    def bits(self) -> tuple[int, KeyDraws]:
        """Draw 64 random bits, as an integer in [0, 2**64)."""
        key, words = self
        if not words:
            key, words = _ahead(key)
        return words[0], _made(KeyDraws, (key, words[1:]))

    def uniform(self) -> tuple[float, KeyDraws]:
        """Draw a float in [0, 1)."""
        key, words = self  # as in `bits`, written out: one call less for what is drawn most
        if not words:
            key, words = _ahead(key)
        return (words[0] >> 11) * 2.0**-53, _made(KeyDraws, (key, words[1:]))

    def integers(self, low: int, high: int) -> tuple[int, KeyDraws]:
        """Draw an integer in [low, high).

        Raises:
            ValueError: if `high` is not above `low`.
        """
        _check(low, high)
        bits, draws = self.bits()
        return low + bits % (high - low), draws


def _ahead(key: Key) -> tuple[Key, Words]:
    """Return the next words of a key, and the key after them.

    A word is the first of a block of four, and numpy's generator counts up before each block.
    """
    k0, k1, stream, drawn = key
    counter = ((stream << 64 | drawn) - 1) % 2**256
    low, high = counter & _MASK128, counter >> 128
    counters = low & _MASK64, low >> 64, high & _MASK64, high >> 64
    blocks = np.random.Philox(_UNSEEDED)
    state: Any = {
        "bit_generator": "Philox",
        "state": {"counter": counters, "key": (k0, k1)},
        "buffer": (0, 0, 0, 0),
        "buffer_pos": 4,
        "has_uint32": 0,
        "uinteger": 0,
    }
    blocks.state = state
    words = blocks.random_raw(4 * _AHEAD)[::4]
    return Key(k0, k1, stream, drawn + _AHEAD), tuple(words.tolist())


class NumpyDraws(NamedTuple):
    """The state of a numpy bit generator; see `state_of`.

    What a method draws is what `np.random.Generator` draws from that state, and the value to go
    on with is the state in which it leaves the generator. A draw from a PCG64, which is what
    `np.random.default_rng` and Gymnasium make, costs about a microsecond; from another kind
    ten to fifty, as numpy is asked (from an MT19937, whose state is long, a thousand).

    >>> generator = np.random.default_rng(7)
    >>> draws = state_of(generator)
    >>> draw, draws = draws.uniform()
    >>> draw == generator.uniform(), draws == state_of(generator)
    (True, True)
    """

    kind: str
    """The name of the bit generator in `np.random`, such as "PCG64"."""
    words: Words
    """The numbers of its state, in the order of numpy's; for PCG64 state, increment, whether
    half a word is left from a draw of 32 bits (0 or 1), and that half."""

    def uniform(self) -> tuple[float, NumpyDraws]:
        """Draw a float in [0, 1), as `generator.uniform()` does."""
        if self.kind != "PCG64":
            return self.by(np.random.Generator.uniform)
        bits, words = _bits64(self.words)
        return (bits >> 11) * 2.0**-53, NumpyDraws(self.kind, words)

    def integers(self, low: int, high: int) -> tuple[int, NumpyDraws]:
        """Draw an integer in [low, high), as `generator.integers(low, high)` does.

        Raises:
            ValueError: if `high` is not above `low`.
        """
        _check(low, high)
        span = high - low
        if self.kind != "PCG64" or span > _MASK32:
            drawn, draws = self.by(lambda generator: generator.integers(low, high))
            return int(drawn), draws
        if span == 1:
            return low, self
        number, words = _below(self.words, span)
        return low + number, NumpyDraws(self.kind, words)

    def random(self, shape: int | tuple[int, ...]) -> tuple[NDArray[np.float64], NumpyDraws]:
        """Draw an array of floats in [0, 1), as `generator.random(shape)` does; it is read-only."""
        array, draws = self.by(lambda generator: generator.random(shape))
        array.setflags(write=False)
        return array, draws

    def by(self, draw: Callable[[np.random.Generator], T]) -> tuple[T, NumpyDraws]:
        """Return what a function draws from a generator in this state."""
        generator = self.generator()
        return draw(generator), state_of(generator)

    def generator(self) -> np.random.Generator:
        """Make a numpy generator in this state.

        Raises:
            ValueError: if `kind` or `words` are not those of a bit generator of numpy's.
        """
        if self.kind not in _KINDS:
            raise ValueError(f"{self.kind!r} is no bit generator, expected one of {_listed()}.")
        generator = np.random.Generator(_KINDS[self.kind](_UNSEEDED))
        self.put(generator)
        return generator

    def put(self, generator: np.random.Generator) -> None:
        """Bring a generator into this state.

        Raises:
            ValueError: if it has another kind of bit generator.
        """
        bits = generator.bit_generator
        if type(bits).__name__ != self.kind:
            raise ValueError(
                f"The generator has a {type(bits).__name__}, but the state is that of a "
                f"{self.kind}: give np.random.Generator(np.random.{self.kind}())."
            )
        if self.kind == "PCG64" and len(self.words) == 4:
            bits.state = _pcg64(*self.words)
            return
        words = iter(self.words)
        state = _filled(bits.state, words)
        if sum(1 for _ in words):
            raise ValueError(f"{len(self.words)} numbers are too many for a {self.kind}'s state.")
        bits.state = state


def _pcg64(state: int, increment: int, half_left: int, half: int) -> dict[str, Any]:
    """Return the state of a PCG64 as numpy writes it."""
    parts = {"state": state, "inc": increment}
    return {"bit_generator": "PCG64", "state": parts, "has_uint32": half_left, "uinteger": half}


def _bits64(words: Words) -> tuple[int, Words]:
    """Step a PCG64 (XSL-RR 128/64; O'Neill, "PCG: A family of simple fast ...", 2014)."""
    state, increment, half_left, half = words
    state = (state * _MULTIPLY + increment) & _MASK128
    folded, turn = (state >> 64) ^ (state & _MASK64), state >> 122
    bits = (folded >> turn | folded << (64 - turn)) & _MASK64
    return bits, (state, increment, half_left, half)


def _bits32(words: Words) -> tuple[int, Words]:
    """Draw 32 bits: the lower half of a step, and the upper half the next time."""
    state, increment, half_left, half = words
    if half_left:
        return half, (state, increment, 0, half)
    bits, (state, *_) = _bits64(words)
    return bits & _MASK32, (state, increment, 1, bits >> 32)


def _below(words: Words, span: int) -> tuple[int, Words]:
    """Draw an integer in [0, span) without bias, as numpy does.

    Source: Lemire, "Fast random integer generation in an interval" (2019).
    """
    bits, words = _bits32(words)
    product = bits * span
    if product & _MASK32 < span:
        unfair = (_MASK32 + 1 - span) % span
        while product & _MASK32 < unfair:
            bits, words = _bits32(words)
            product = bits * span
    return product >> 32, words


_KINDS: Final[dict[str, Any]] = {
    kind.__name__: kind
    for kind in (
        np.random.PCG64,
        np.random.PCG64DXSM,
        np.random.Philox,
        np.random.SFC64,
        np.random.MT19937,
    )
}


def state_of(generator: Any) -> NumpyDraws:
    """Return the state of a numpy generator as a value; the generator is not changed.

    Args:
        generator: an `np.random.Generator`, its bit generator, or what that calls its `state`.

    Raises:
        TypeError: if it is none of these, or its bit generator is not one of numpy's.

    >>> state_of(np.random.default_rng(7)).kind
    'PCG64'
    """
    bits = getattr(generator, "bit_generator", generator)
    state = getattr(bits, "state", bits)
    if type(bits) is np.random.PCG64:  # the usual one, read at a third of the price
        inner = state["state"]
        words = inner["state"], inner["inc"], state["has_uint32"], state["uinteger"]
        return NumpyDraws("PCG64", words)
    kind = state.get("bit_generator") if isinstance(state, Mapping) else None
    if not isinstance(kind, str) or kind not in _KINDS:
        raise TypeError(
            f"{brief(generator)} is no random generator whose state is known. Expected an "
            f"np.random.Generator, or its bit_generator.state, of {_listed()}."
        )
    return NumpyDraws(kind, tuple(_numbers(state)))


def given_draws(value: Any) -> NumpyDraws | None:
    """Return an argument `draws` as the state that it names, tried out.

    Raises:
        TypeError: if it is neither None nor a generator of numpy's, nor the state of one.
        ValueError: if nothing can be drawn from it.
    """
    if value is None:
        return None
    draws = value if isinstance(value, NumpyDraws) else state_of(value)
    try:
        draws.generator()
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(
            f"draws is {brief(value)}, from which nothing can be drawn: {sentence(error)} "
            "Give an np.random.Generator, or the whole of its bit_generator.state."
        ) from error
    return draws


def draws_by_numpy(source: Key | NumpyDraws, draw: Callable[[np.random.Generator], T]) -> Any:
    """Return what a function draws from a generator made of a key or a state, and what goes on.

    For what only numpy draws well, such as arrays.

    >>> noise, key = draws_by_numpy(Key.from_seed(7), lambda generator: generator.random((2, 3)))
    >>> noise.shape
    (2, 3)
    """
    if not isinstance(source, Key):
        return source.by(draw)
    own, kept = source.split()
    return draw(own.generator()), kept


def _numbers(part: Any) -> Iterator[int]:
    """List the numbers of a state, in its order; its name is none."""
    if isinstance(part, Mapping):
        for name, inner in part.items():
            if name != "bit_generator":
                yield from _numbers(inner)
    elif isinstance(part, int):
        yield part
    else:
        yield from (int(number) for number in part)


def _filled(part: Any, words: Iterator[int]) -> Any:
    """Return a state of the same form, made of other numbers."""
    if isinstance(part, Mapping):
        known = part.items()
        return {k: v if k == "bit_generator" else _filled(v, words) for k, v in known}
    if isinstance(part, np.ndarray):
        return np.array([_filled(0, words) for _ in part], part.dtype)
    word = next(words, None)
    if word is None:
        raise ValueError("There are too few numbers for the state of a bit generator.")
    return word


def _check(low: int, high: int) -> None:
    if high <= low:
        raise ValueError(f"integers needs low < high, got low={low}, high={high}.")


def _listed() -> str:
    return ", ".join(_KINDS)
