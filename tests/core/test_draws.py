"""Draws as values, against numpy's generators and against keys."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from statewrap import Key
from statewrap.core.draws import KeyDraws, NumpyDraws, draws_by_numpy, state_of
from statewrap.core.same import same
from statewrap.package.plain import decode, encode
from statewrap.wrappers import (
    AddWhiteNoise,
    AtariPreprocessing,
    NoopResetEnv,
    ObstructView,
    StickyAction,
    StickyActionEnv,
)

KINDS = [np.random.PCG64, np.random.PCG64DXSM, np.random.Philox, np.random.SFC64, np.random.MT19937]
CALLS = st.one_of(
    st.just("uniform"),
    st.tuples(st.integers(-5, 5), st.integers(1, 12)),
    st.tuples(st.integers(-(2**62), 2**62), st.sampled_from([2**31 + 1, 2**32 - 1, 2**32, 2**33])),
)
"""A draw of a float, or of an integer: the least, and how many there are."""


def drawn(source, call):
    """Draw from a value."""
    if call == "uniform":
        return source.uniform()
    low, span = call
    return source.integers(low, low + span)


def drawn_by(generator, call):
    """Draw from numpy's generator."""
    if call == "uniform":
        return generator.uniform()
    low, span = call
    return int(generator.integers(low, low + span))


@pytest.mark.parametrize("kind", KINDS)
@given(seed=st.integers(0, 2**64), calls=st.lists(CALLS, max_size=20))
def test_draws_what_the_generator_draws(kind, seed, calls) -> None:
    """Floats and integers of every width in any order; the states agree after each."""
    generator = np.random.Generator(kind(seed))
    draws = state_of(generator)

    for call in calls:
        draw, draws = drawn(draws, call)
        assert same(drawn_by(generator, call), draw)
        assert state_of(generator) == draws


@given(
    st.integers(0, 2**128 - 1),
    st.integers(0, 2**127 - 1).map(lambda number: 2 * number + 1),
    st.integers(0, 2**32 - 1),
    st.integers(2, 2**32 - 1),
)
def test_integers_agree_in_every_state(state, increment, half, span) -> None:
    """Also where draws are thrown away to be fair, and where half a word is left over."""
    for half_left in (0, 1):
        draws = NumpyDraws("PCG64", (state, increment, half_left, half))
        generator = draws.generator()

        draw, draws = draws.integers(0, span)

        assert int(generator.integers(0, span)) == draw
        assert state_of(generator) == draws


def test_a_single_integer_is_not_drawn() -> None:
    """Numpy uses no bits for it, so nor does the value."""
    draws = state_of(np.random.default_rng(3))

    assert (4, draws) == draws.integers(4, 5)


@pytest.mark.parametrize("kind", KINDS)
def test_arrays_are_drawn_by_numpy(kind) -> None:
    """They are read-only, and the state goes on behind them."""
    generator = np.random.Generator(kind(3))
    draws = state_of(generator)

    array, draws = draws.random((2, 3))
    number, draws = draws.by(lambda other: other.integers(0, 255, 4, np.uint8))

    assert same(generator.random((2, 3)), array)
    assert same(generator.integers(0, 255, 4, np.uint8), number)
    assert state_of(generator) == draws
    assert not array.flags.writeable


@pytest.mark.parametrize("kind", KINDS)
def test_a_state_is_taken_from_a_generator_and_put_into_one(kind) -> None:
    """Neither is changed by the other: a value is a copy."""
    generator, other = np.random.Generator(kind(3)), np.random.Generator(kind(4))
    draws = state_of(generator)

    draws.put(other)
    made = draws.generator()
    numbers = [each.integers(0, 100, 9).tolist() for each in (generator, other, made)]

    assert numbers[0] == numbers[1] == numbers[2]
    assert draws != state_of(generator)
    assert state_of(generator) == state_of(other)


def test_a_state_is_read_in_each_form() -> None:
    """A generator, its bit generator, or the dict in which numpy gives a state."""
    generator = np.random.default_rng(3)

    states = [generator, generator.bit_generator, generator.bit_generator.state]

    assert [state_of(generator)] * 3 == [state_of(each) for each in states]


@pytest.mark.parametrize("kind", KINDS)
def test_a_state_is_a_plain_value(kind) -> None:
    """Compared by content, hashed, printed, copied, pickled and written into a snapshot."""
    draws = state_of(np.random.Generator(kind(3)))

    for twin in (
        eval(repr(draws)),  # noqa: S307 - the point of this repr
        copy.deepcopy(draws),
        pickle.loads(pickle.dumps(draws)),  # noqa: S301 - its own
        decode(encode(draws, [NumpyDraws]), [NumpyDraws]),
    ):
        assert same(draws, twin)
        assert draws == twin
        assert hash(draws) == hash(twin)
    assert draws != state_of(np.random.Generator(kind(4)))


@pytest.mark.parametrize("given", [None, 3, "PCG64", {}, {"bit_generator": "RANDU"}, Key(0, 0)])
def test_refuses_what_has_no_known_state(given) -> None:
    """The message says what has one."""
    with pytest.raises(TypeError, match=r"no random generator whose state is known.*PCG64"):
        state_of(given)


def test_refuses_a_state_of_another_kind_or_form() -> None:
    """Rather than to draw something else without a word."""
    draws = state_of(np.random.default_rng(3))

    with pytest.raises(ValueError, match=r"has a Philox, .* that of a PCG64"):
        draws.put(np.random.Generator(np.random.Philox(3)))
    with pytest.raises(ValueError, match="'RANDU' is no bit generator, expected one of PCG64"):
        draws._replace(kind="RANDU").generator()
    with pytest.raises(ValueError, match="too few numbers"):
        draws._replace(words=draws.words[:3]).generator()
    with pytest.raises(ValueError, match="5 numbers are too many for a PCG64"):
        draws._replace(words=(*draws.words, 1)).generator()


@pytest.mark.parametrize("draws", [state_of(np.random.default_rng(3)), KeyDraws(Key(0, 0))])
def test_refuses_to_draw_from_nothing(draws) -> None:
    """As a key does."""
    with pytest.raises(ValueError, match="low < high, got low=3, high=3"):
        draws.integers(3, 3)


@given(
    st.integers(0, 2**64 - 1),
    st.sampled_from([0, 1, 2**40]),
    st.sampled_from([0, 1, 31, 2**40]),
    st.lists(CALLS, min_size=70, max_size=70),
)
def test_the_draws_of_a_key_are_its_own(word, stream, drawn_before, calls) -> None:
    """Drawn one by one or many at a time, the numbers are the same, in every stream."""
    key = Key(word, 7, stream, drawn_before)
    draws = KeyDraws(key)

    for call in calls:
        expected, key = drawn(key, call)
        actual, draws = drawn(draws, call)
        assert same(expected, actual)


def test_the_draws_of_a_key_are_a_plain_value() -> None:
    """In the middle of what was drawn ahead as well."""
    _, draws = KeyDraws(Key.from_seed(3)).uniform()

    assert draws == eval(repr(draws))  # noqa: S307 - the point of this repr
    assert same(draws, decode(encode(draws, [KeyDraws, Key]), [KeyDraws, Key]))
    assert draws.uniform() == draws.uniform()


def test_numpy_draws_for_keys_and_for_states() -> None:
    """Arrays come from a stream of their own, or from the state; both go on."""
    key, generator = Key.from_seed(3), np.random.default_rng(3)
    own, kept = key.split()

    by_key = draws_by_numpy(key, lambda other: other.random(3))
    by_state = draws_by_numpy(state_of(generator), lambda other: other.random(3))

    assert same((own.generator().random(3), kept), by_key)
    assert same((generator.random(3), state_of(generator)), by_state)


@pytest.mark.parametrize(
    "make",
    [
        lambda draws: StickyAction(0.5, draws=draws),
        lambda draws: AddWhiteNoise(0.5, draws=draws),
        lambda draws: ObstructView(0.5, 2, draws=draws),
        lambda draws: AtariPreprocessing(draws=draws),
        lambda draws: NoopResetEnv(draws=draws),
        lambda draws: StickyActionEnv(0.5, draws=draws),
    ],
)
def test_a_state_from_which_nothing_can_be_drawn_is_refused_at_once(make) -> None:
    """By every wrapper that is given one, and not with the first draw."""
    for wrong in ({"bit_generator": "PCG64"}, NumpyDraws("PCG64", (1, 2))):
        with pytest.raises(ValueError, match="from which nothing can be drawn"):
            make(wrong)
    with pytest.raises(TypeError, match="no random generator"):
        make(3)
