"""Randomness as a value, against numpy's own Philox."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from statewrap import Key
from statewrap.core.key import philox

WORDS = st.integers(0, 2**64 - 1)


@given(st.tuples(WORDS, WORDS), st.tuples(WORDS, WORDS, WORDS, WORDS))
def test_philox_gives_the_blocks_of_numpys(key, counter) -> None:
    """Numpy counts up before it makes a block, so it is asked from one counter earlier."""
    number = sum(word << (64 * i) for i, word in enumerate(counter))
    before = [((number - 1) % 2**256 >> (64 * i)) & (2**64 - 1) for i in range(4)]
    theirs = np.random.Philox(
        key=np.array(key, np.uint64), counter=np.array(before, np.uint64)
    ).random_raw(4)

    assert tuple(theirs.tolist()) == philox(key, counter)


@given(WORDS, WORDS, st.integers(0, 2**40))
def test_a_uniform_draw_is_the_one_numpy_makes_of_the_same_bits(k0, k1, stream) -> None:
    """One block a draw, its first word, the upper 53 bits."""
    key = Key(k0, k1, stream, drawn=1)
    numpys = np.random.Philox(
        key=np.array([k0, k1], np.uint64), counter=np.array([0, stream, 0, 0], np.uint64)
    )

    draw, after = key.uniform()

    assert np.random.Generator(numpys).random() == draw
    assert Key(k0, k1, stream, drawn=2) == after


def test_the_same_key_always_draws_the_same() -> None:
    """A key is a value; nothing is used up."""
    key = Key.from_seed(7)

    assert key.uniform() == key.uniform()
    assert key.split() == key.split()
    assert Key.from_seed(7) == key


def test_the_draws_of_a_seed_do_not_change_between_versions() -> None:
    """Recorded sessions must replay: these numbers are part of the format."""
    key = Key.from_seed(0)
    first, key = key.uniform()
    second, key = key.integers(0, 1000)
    own, kept = key.split()

    assert (0.6861121579458175, 737) == (first, second)
    assert 0.6249546671629411 == own.uniform()[0]
    assert 0.03609107425258373 == kept.uniform()[0]
    assert 0.27331380141217476 == Key.from_seed(0).fold("policy").uniform()[0]


def test_draws_lie_in_their_range() -> None:
    """Both ends of a small range are reached."""
    key, uniforms, integers = Key.from_seed(1), [], []
    for _ in range(400):
        draw, key = key.uniform()
        uniforms.append(draw)
        number, key = key.integers(-2, 3)
        integers.append(number)

    assert all(0 <= draw < 1 for draw in uniforms)
    assert 0.45 < sum(uniforms) / 400 < 0.55
    assert {-2, -1, 0, 1, 2} == set(integers)


@pytest.mark.parametrize(("low", "high"), [(0, 0), (3, 1)])
def test_an_empty_range_is_refused(low, high) -> None:
    """The message shows what was given."""
    with pytest.raises(ValueError, match=f"low={low}, high={high}"):
        Key.from_seed(0).integers(low, high)


def test_no_two_parts_share_a_stream() -> None:
    """Splits, splits of splits and folds draw differently from each other and from the root."""
    root = Key.from_seed(3)
    own, kept = root.split()
    second, _ = kept.split()
    grandchild, own_kept = own.split()
    parts = [root, own, second, grandchild, own_kept, root.fold(0), root.fold(1), root.fold("0")]

    draws = [part.uniform()[0] for part in parts]

    assert len(parts) == len(set(draws))


def test_the_child_of_a_child_has_words_that_nobody_draws() -> None:
    """Its key is no block of its parent's draws."""
    own, _ = Key.from_seed(3).split()

    assert own.split()[0].k0 != own.bits()[0]
    assert 0.16150019472189858 == own.split()[0].uniform()[0]


def test_drawing_before_a_split_gives_other_children() -> None:
    """What is split off depends on where the key stands."""
    key = Key.from_seed(3)
    _, later = key.uniform()

    assert key.split()[0] != later.split()[0]
    assert key.fold("a") == later.fold("a")


def test_a_seed_may_be_of_any_size() -> None:
    """Entropy recorded by numpy has 128 bits."""
    assert Key.from_seed(2**127) != Key.from_seed(0)
    with pytest.raises(ValueError, match="non-negative"):
        Key.from_seed(-1)


def test_a_generator_starts_where_the_key_stands() -> None:
    """The same key makes the same generator."""
    key = Key.from_seed(5)
    _, later = key.bits()

    assert key.generator().normal() == key.generator().normal()
    assert key.generator().normal() != later.generator().normal()


def test_a_key_can_be_pickled() -> None:
    """It is a tuple of plain integers."""
    key = Key.from_seed(5)

    assert key == pickle.loads(pickle.dumps(key))  # noqa: S301 - our own
    assert all(type(part) is int for part in key)


def test_generators_of_successive_keys_share_nothing() -> None:
    """Nor do those of a key and what the key itself draws and splits."""
    key = Key.from_seed(3)
    own, _ = key.split()
    _, later = key.bits()
    streams = [set(k.generator().bit_generator.random_raw(64).tolist()) for k in (key, later, own)]
    drawn = set[int]()
    for _ in range(64):
        word, key = key.bits()
        drawn.add(word)
    assert 4 * 64 == len(set.union(drawn, *streams))


def test_a_generator_draws_what_it_always_drew() -> None:
    """Snapshots go on in later versions, so its numbers are fixed."""
    assert 0.8645780942373 == Key.from_seed(5).generator().random()
    assert 291142224 == Key.from_seed(0).generator().integers(0, 10**9)


def test_a_part_of_a_child_is_none_of_its_parent() -> None:
    """Whoever derives parts by the same names from both draws differently."""
    root = Key.from_seed(3)
    own, _ = root.split()
    second, _ = root.bits()[1].split()

    assert 3 == len({root.fold("a"), own.fold("a"), second.fold("a")})
