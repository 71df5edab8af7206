"""AddWhiteNoise and ObstructView: noise in the picture on each time step."""

from __future__ import annotations

from functools import partial

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.error import InvalidProbability
from gymnasium.spaces import Box

from statewrap import Act, Below, Deployment, Key, Stack, TimeStep, WrapperError, same
from statewrap.core.draws import NumpyDraws, state_of
from statewrap.testing import play
from statewrap.wrappers import AddRenderObservation, AddWhiteNoise, ObstructView
from statewrap.wrappers.frame_noise import _bytes as drawn_bytes
from tests.wrappers.pictures import GymWrapper, drawing, lived, make

BLACK = np.zeros((8, 10, 3), np.uint8)
OPENING = TimeStep("f0", first=True, frame=BLACK)
STEP = TimeStep("f1", 1.0, info={"a": 1}, frame=BLACK)
BOTH = [AddWhiteNoise(0.5), ObstructView(0.5, 3)]
NAMES = ["noise", "patches"]


def pictures(wrapper, *messages):
    """Return the pictures that a policy is shown."""
    replies = play(wrapper, *messages)
    return [reply.frame for reply in replies if isinstance(reply, TimeStep)]


@pytest.mark.parametrize("wrapper", BOTH, ids=NAMES)
def test_only_the_picture_changes(wrapper) -> None:
    """Some of it; the observation and the rest are left alone."""
    replies = play(wrapper, OPENING, STEP)

    assert [OPENING, STEP] == [reply.replace(frame=BLACK) for reply in replies]
    for reply in replies:
        covered = reply.frame.any(axis=-1)
        assert covered.any()
        assert not covered.all()
        assert (np.uint8, False) == (reply.frame.dtype, reply.frame.flags.writeable)


@pytest.mark.parametrize("wrapper", BOTH, ids=NAMES)
def test_noise_is_drawn_anew_at_each_time_step_and_from_the_key_alone(wrapper) -> None:
    """The same key draws the same noise, another key other noise."""
    one, other = pictures(wrapper, OPENING, STEP)

    assert not same(one, other)
    assert same([one, other], pictures(wrapper, OPENING, STEP))
    first, second = (
        wrapper.on_state(wrapper.initial(Key.from_seed(seed)), STEP)[1].frame for seed in (1, 2)
    )
    assert not same(first, second)


@pytest.mark.parametrize("wrapper", BOTH, ids=NAMES)
def test_a_new_episode_draws_from_a_new_key(wrapper) -> None:
    """So that it does not depend on how long the one before was."""
    long, short = [OPENING, STEP, STEP, OPENING], [OPENING, OPENING]

    assert same(pictures(wrapper, *long)[-1], pictures(wrapper, *short)[-1])


@pytest.mark.parametrize("wrapper", BOTH, ids=NAMES)
def test_without_a_picture_nothing_is_drawn(wrapper) -> None:
    """What is passed without one stays without, and later draws are as they would be."""
    bare = TimeStep("f0", 1.0)

    assert [bare] == play(wrapper, bare)
    memory, _ = wrapper.on_state(wrapper.initial(Key(1, 2)), bare)
    assert wrapper.initial(Key(1, 2)) == memory


@pytest.mark.parametrize("wrapper", BOTH, ids=NAMES)
@pytest.mark.parametrize("frame", [np.zeros((8, 10)), [BLACK], "text"])
def test_a_picture_has_three_axes(wrapper, frame) -> None:
    """A list of pictures, text and depth have not."""
    with pytest.raises(WrapperError, match=r"pictures as arrays \(height, width, 3\)"):
        play(wrapper, TimeStep("f0", first=True, frame=frame))


def test_the_probability_is_that_of_a_pixel() -> None:
    """None at 0; about a tenth at 0.1, and noise is 0 to 254 in each colour."""
    white = OPENING.replace(frame=np.full((200, 200, 3), 255, np.uint8))

    (untouched,) = pictures(AddWhiteNoise(0.0), white)
    (noisy,) = pictures(AddWhiteNoise(0.1), white)

    assert same(white.frame, untouched)
    changed = (noisy != 255).any(axis=-1)
    assert 0.09 < changed.mean() < 0.11
    assert {0, 254} <= set(noisy[changed].ravel().tolist())


@pytest.mark.parametrize("many", [5, 8, 12, 24, 240])
def test_bytes_drawn_in_words_are_those_drawn_one_by_one(many) -> None:
    """And what is drawn after them is the same."""
    one, other = (Key.from_seed(many).generator() for _ in range(2))

    noise = drawn_bytes(one, many)

    assert same(other.integers(0, 256, many, np.uint8), noise)
    assert same(*(each.integers(0, 255, 3, np.uint8) for each in (one, other)))
    assert one.random() == other.random()


def test_grey_noise_is_grey_and_keeps_the_dtype() -> None:
    """Gymnasium's makes uint64 pictures of it, of the same values: `wide_noise`."""
    (narrow,) = pictures(AddWhiteNoise(0.5, is_noise_grayscale=True), OPENING)
    (wide,) = pictures(AddWhiteNoise(0.5, True, wide_noise=True), OPENING)

    assert (narrow == narrow[..., :1]).all()
    assert (np.uint8, np.uint64) == (narrow.dtype, wide.dtype)
    assert (narrow == wide).all()


@pytest.mark.parametrize("make_one", [partial(AddWhiteNoise, 0.5), partial(ObstructView, 0.5, 3)])
def test_what_pictures_become_is_announced(make_one) -> None:
    """Their space stays, but for the dtype of wide grey noise; what is unknown stays unknown."""
    space = Box(0, 255, (8, 10, 3), np.uint8)

    def above(wrapper, known):
        return wrapper.bind(known).above(known).frame_space

    known = Below(frame_space=space)
    assert space == above(make_one(True), known)
    assert space == above(make_one(wide_noise=True), known)
    wide = make_one(True, wide_noise=True)
    assert Box(0, 255, (8, 10, 3), np.uint64) == above(wide, known)
    assert above(wide, Below()) is None


def test_patches_are_squares_that_may_stick_out() -> None:
    """One of width 3 on a picture of 8 by 10, somewhere."""
    one = ObstructView(9 / 80, 3)
    covered = [one.on_state(Key.from_seed(n), OPENING)[1].frame.any(axis=-1) for n in range(60)]

    assert {4, 6, 9} == {int(mask.sum()) for mask in covered}
    sides = [(mask.any(axis=1).sum(), mask.any(axis=0).sum()) for mask in covered]
    assert all(int(mask.sum()) == h * w for mask, (h, w) in zip(covered, sides, strict=True))


def test_no_ratio_covers_nothing_and_a_wide_patch_all() -> None:
    """The ratio says how many patches there are, cut down to a whole number."""
    assert same(BLACK, pictures(ObstructView(0.0, 3), OPENING)[0])
    assert same(BLACK, pictures(ObstructView(0.9, 20), OPENING)[0])
    (all_but_none,) = pictures(ObstructView(0.99, 1), OPENING)
    assert 0.4 < all_but_none.any(axis=-1).mean() < 0.8


@pytest.mark.parametrize("value", [-0.1, 1.0, 2, float("nan")])
def test_a_share_is_below_one(value) -> None:
    """With Gymnasium's words and types of error."""
    with pytest.raises(InvalidProbability, match=r"should be in the interval \[0,1\). Received"):
        AddWhiteNoise(value)
    with pytest.raises(ValueError, match=r"obstructed_pixels_ratio should be in the interval"):
        ObstructView(value, 3)


def test_a_width_is_at_least_one() -> None:
    """A whole number of pixels."""
    assert 1 == ObstructView(0.5, 1).obstruction_width
    with pytest.raises(ValueError, match=r"larger or equal than 1\. Received 0"):
        ObstructView(0.5, 0)
    with pytest.raises(TypeError, match=r"obstruction_width is 1\.5, expected an int"):
        ObstructView(0.5, 1.5)


def test_words_are_no_numbers() -> None:
    """They are refused when the wrapper is made."""
    with pytest.raises(TypeError, match="probability_of_noise_per_pixel is 'much'"):
        AddWhiteNoise("much")
    with pytest.raises(TypeError, match="obstructed_pixels_ratio is None"):
        ObstructView(None, 3)


TWINS = [
    (AddWhiteNoise, gym.wrappers.AddWhiteNoise, (0.3,)),
    (AddWhiteNoise, gym.wrappers.AddWhiteNoise, (0.3, True)),
    (ObstructView, gym.wrappers.ObstructView, (0.3, 7)),
    (ObstructView, gym.wrappers.ObstructView, (0.5, 100, True)),
    (ObstructView, gym.wrappers.ObstructView, (0.1, 2)),
]


@pytest.mark.parametrize(("kind", "twin", "arguments"), TWINS)
def test_agrees_with_gymnasium_given_its_draws(kind, twin, arguments) -> None:
    """Bit for bit, over several episodes, where Gymnasium's has a generator of its own."""
    own, put_back = drawing(twin, 5)
    noisy = kind(*arguments, wide_noise=True, draws=np.random.default_rng(5))

    theirs = gym.wrappers.AddRenderObservation(own(make(), *arguments))
    put_back()  # it has rendered once to see what pictures are like
    ours = GymWrapper(make(), noisy | AddRenderObservation())

    assert same(lived(theirs, 25), lived(ours, 25))


@pytest.mark.parametrize(("kind", "arguments"), [(AddWhiteNoise, (0.5,)), (ObstructView, (0.5, 3))])
def test_given_draws_go_on_over_episodes_and_snapshots(kind, arguments) -> None:
    """As a generator does; the one that was given is not touched."""
    generator = np.random.default_rng(3)
    before = state_of(generator)
    wrapper = kind(*arguments, draws=generator)
    stack = wrapper | AddRenderObservation()
    options = {"below": Below(frame_space=Box(0, 255, (8, 10, 3), np.uint8)), "sinks": ()}
    agent = Deployment(lambda seen: seen.sum(), stack, **options)

    shown = [agent.act("f0", frame=BLACK), agent.reset("f0", frame=BLACK)]
    twin = Deployment(lambda seen: seen.sum(), stack, **options)
    twin.restore(agent.snapshot())

    assert before == state_of(generator) == wrapper.draws == wrapper.initial(Key(1, 2))
    assert isinstance(agent.memory.wrappers[0], NumpyDraws)
    assert same(agent.act("f1", 0.0, frame=BLACK), twin.act("f1", 0.0, frame=BLACK))
    assert shown[0] != shown[1]
    assert wrapper.keeps
    assert wrapper.learns
    assert not kind(*arguments).keeps
    assert not kind(*arguments).learns


def test_noise_is_seen_by_what_shows_pictures_above_and_not_below() -> None:
    """A stack keeps Gymnasium's order."""
    below = Below(frame_space=Box(0, 255, (8, 10, 3), np.uint8))

    under = play(AddRenderObservation() | AddWhiteNoise(0.5), OPENING, below=below)[0]
    over = play(AddWhiteNoise(0.5) | AddRenderObservation(), OPENING, below=below)[0]

    assert same(BLACK, under.observation)
    assert not same(BLACK, under.frame)
    assert same(over.observation, over.frame)
    assert not same(BLACK, over.frame)


def test_acts_pass() -> None:
    """There is no noise in them."""
    assert [Act("a")] == play(Stack(*BOTH), Act("a"))
