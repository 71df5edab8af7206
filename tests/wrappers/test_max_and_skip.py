"""MaxAndSkipObservation."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from statewrap.core.errors import BindError
from statewrap.core.key import Key
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.core.same import difference, same
from statewrap.core.wrapper import Below, Stack
from statewrap.testing.dialogue import play
from statewrap.wrappers.max_and_skip import MaxAndSkipObservation, Skip
from statewrap.wrappers.time_limit import TimeLimit
from tests.wrappers.every_space import SPACES, WITH_A_SHAPE
from tests.wrappers.scripted import (
    IMAGE,
    VECTOR,
    WORLDS,
    Reused,
    in_columns,
    pick,
    scripted,
    strided,
)
from tests.wrappers.twins import both, make

NUMBER = Below(spaces.Box(-9.0, 9.0, (1,), np.float32))
JUMP, DUCK = Act("jump"), Act("duck")


def frame(number, **fields) -> TimeStep:
    """Make a time step that shows one number."""
    return TimeStep(np.array([number], np.float32), **{"reward": 1.0, **fields})


OPENING = frame(-1, reward=0.0, first=True)


def test_shows_the_greater_of_the_last_two_frames() -> None:
    """Of a skip of three the first frame is not looked at; the rewards of all are added."""
    for last_two in ([3, 5], [5, 3]):
        replies = play(
            MaxAndSkipObservation(3), OPENING, JUMP, frame(9), *map(frame, last_two), below=NUMBER
        )
        assert [OPENING, JUMP, JUMP, JUMP, frame(5, reward=3.0)] == replies


def test_frames_are_compared_element_by_element() -> None:
    """Each part is shown as bright as it was, as Atari's flickering sprites should be."""
    one, other = TimeStep(np.array([1.0, 7.0])), TimeStep(np.array([5.0, 2.0]))
    pair = Below(spaces.Box(0.0, 9.0, (2,), np.float64))

    shown = play(MaxAndSkipObservation(2), OPENING, JUMP, one, other, below=pair)[-1]

    assert [5.0, 7.0] == shown.observation.tolist()


def test_flags_info_and_time_are_the_last_frames() -> None:
    """Only observation and reward are of several."""
    f1 = frame(5, info={"lives": 3}, time=1.0)
    f2 = frame(3, info={"lives": 2}, time=2.0, truncated=True)

    shown = play(MaxAndSkipObservation(2), OPENING, JUMP, f1, f2, below=NUMBER)[-1]

    assert f2.replace(observation=f1.observation, reward=2.0) == shown


def test_each_decision_is_skipped_anew() -> None:
    """Neither the act, the reward nor a frame of the decision before is left."""
    replies = play(
        MaxAndSkipObservation(2),
        *(OPENING, JUMP, frame(8), frame(9)),
        *(DUCK, frame(1), frame(2)),
        below=NUMBER,
    )

    assert [DUCK, DUCK, frame(2, reward=2.0)] == replies[4:]


@pytest.mark.parametrize("flag", ["terminated", "truncated"])
@pytest.mark.parametrize(("frames", "greatest"), [([4], 4), ([9, 4], 9), ([9, 4, 5], 5)])
def test_an_early_end_shows_what_was_seen(frames, greatest, flag) -> None:
    """The last two frames of this skip, or its only one, at every offset."""
    *before, last = frames
    end = frame(last, **{flag: True})

    replies = play(
        MaxAndSkipObservation(4),
        *(OPENING, JUMP, *[frame(8)] * 4, DUCK),
        *map(frame, before),
        end,
        below=NUMBER,
    )

    assert frame(greatest, reward=float(len(frames)), **{flag: True}) == replies[-1]


@pytest.mark.parametrize("before", [(Reset(),), ()], ids=["asked", "unasked"])
def test_a_new_episode_ends_the_skip(before) -> None:
    """An opening within a skip rises as it is, and nothing of the skip is left."""
    replies = play(
        MaxAndSkipObservation(2),
        *(OPENING, JUMP, frame(8)),
        *before,
        *(OPENING, DUCK, frame(1), frame(2)),
        below=NUMBER,
    )

    assert [OPENING, JUMP, JUMP, *before, OPENING, DUCK, DUCK, frame(2, reward=2.0)] == replies


def test_stale_frames_are_shown_where_gymnasium_shows_them() -> None:
    """At an early end: zeros at first, then those of an earlier skip, even of another episode."""
    end = frame(-2, terminated=True)
    skip = MaxAndSkipObservation(3, stale_frames=True)

    replies = play(
        skip,
        *(OPENING, JUMP, end),
        *(OPENING, JUMP, frame(1), frame(7), frame(5)),
        *(DUCK, frame(1), frame(2, truncated=True)),
        *(OPENING, JUMP, end),
        below=NUMBER,
    )

    shown = [reply.observation.item() for reply in replies if type(reply) is TimeStep]
    assert [-1, 0, -1, 7, 5, -1, 5] == shown


def test_what_stale_frames_are_is_declared() -> None:
    """They outlive an episode, are acted on there, and come late."""
    fresh, stale = MaxAndSkipObservation(), MaxAndSkipObservation(stale_frames=True)

    assert (False, False, False) == (fresh.keeps, fresh.learns, fresh.delays)
    assert (frozenset({"frames"}), True, True) == (stale.keeps, stale.learns, stale.delays)


def test_the_memory_holds_the_act_what_is_due_the_reward_and_the_last_frame() -> None:
    """In the middle of a skip everything needed to go on is in the memory."""
    skip = MaxAndSkipObservation(4).bind(NUMBER)
    before = skip.initial(Key.from_seed(0))
    memory, _ = skip.on_action(before, JUMP)
    for number in (1, 2, 3):
        memory, _ = skip.on_state(memory, frame(number))

    assert same(Skip(JUMP, 0, 3.0, (frame(3).observation,)), memory)
    assert same(Skip(None, 0, 0.0, ()), before)
    assert same(before, skip.renew(memory, Key.from_seed(0)))
    assert same(before, skip.on_state(memory, frame(4))[0])


def test_a_time_step_that_answers_no_act_passes() -> None:
    """Whatever is not its own is let through as it is."""
    skip = MaxAndSkipObservation().bind(NUMBER)
    memory = skip.initial(Key.from_seed(0))

    assert (memory, OPENING) == skip.on_state(memory, OPENING)
    assert OPENING is skip.on_state(memory, OPENING)[1]


def test_what_is_shown_is_new_and_cannot_be_written_to() -> None:
    """Also in the stale mode, which shows the same frames again and again."""
    end = frame(1, terminated=True)

    for stale in (False, True):
        skip = MaxAndSkipObservation(2, stale_frames=stale)
        replies = play(skip, *[OPENING, JUMP, end] * 3, OPENING, JUMP, end, below=NUMBER)
        shown = [reply.observation for reply in replies[2::3]]
        assert not any(array.flags.writeable for array in shown)
        assert not stale or shown[0] is not shown[1]


@pytest.mark.parametrize("skip", [2, 4])
@pytest.mark.parametrize("name", ["Pendulum-v1", "MountainCarContinuous-v0"])
def test_agrees_with_gymnasium(name, skip) -> None:
    """Where episodes end with a skip, what is shown and told is bit-equal without an argument."""
    theirs, ours = both(
        MaxAndSkipObservation(skip),
        lambda env: gym.wrappers.MaxAndSkipObservation(env, skip),
        lambda: make(name, max_episode_steps=24),
        WORLDS[name],
    )

    assert difference(theirs, ours) is None


@pytest.mark.parametrize("skip", [2, 4])
@pytest.mark.parametrize("name", WORLDS)
def test_stale_frames_agree_with_gymnasium(name, skip) -> None:
    """Wherever episodes end, truncated or terminated."""
    theirs, ours = both(
        MaxAndSkipObservation(skip, stale_frames=True),
        lambda env: gym.wrappers.MaxAndSkipObservation(env, skip),
        lambda: make(name, max_episode_steps=26),
        WORLDS[name],
        episodes=6,
    )

    assert difference(theirs, ours) is None


@pytest.mark.parametrize("reward", [float, np.float32, np.float64, round, np.array])
@pytest.mark.parametrize("name", WITH_A_SHAPE)
def test_stale_frames_agree_at_every_offset_of_an_end(name, reward) -> None:
    """In every space that has a shape, with rewards of all types."""
    theirs, ours = both(
        MaxAndSkipObservation(3, stale_frames=True),
        lambda env: gym.wrappers.MaxAndSkipObservation(env, 3),
        lambda: scripted(SPACES[name], range(1, 7), reward=reward),
        pick,
        episodes=18,
    )

    assert difference(theirs, ours) is None


class Mended(gym.wrappers.MaxAndSkipObservation):
    """Gymnasium's, but for the frames: those that were really seen."""

    def step(self, action):
        """Take up to `skip` steps."""
        frames, total = [], 0.0
        for _ in range(self._skip):
            observation, reward, terminated, truncated, info = self.env.step(action)
            frames.append(np.array(observation, self.observation_space.dtype))
            total += float(reward)
            if terminated or truncated:
                break
        return np.max(np.stack(frames[-2:]), axis=0), total, terminated, truncated, info


def twin(env, *, stale) -> gym.Env:
    """Wrap an environment in Gymnasium's wrapper, mended or not."""
    return (gym.wrappers.MaxAndSkipObservation if stale else Mended)(env, 2)


@pytest.mark.parametrize("name", WITH_A_SHAPE)
def test_the_frames_really_seen_are_shown_at_every_offset_of_an_end(name) -> None:
    """As Gymnasium's wrapper with the mistake mended would, in every space that has a shape."""
    theirs, ours = both(
        MaxAndSkipObservation(4),
        lambda env: Mended(env, 4),
        lambda: scripted(SPACES[name], range(1, 9)),
        pick,
        episodes=24,
    )

    assert difference(theirs, ours) is None


@pytest.mark.parametrize("stale", [False, True])
@pytest.mark.parametrize("present", [Reused, lambda: strided, lambda: in_columns])
@pytest.mark.parametrize("space", [VECTOR, IMAGE], ids=["vector", "image"])
def test_how_an_observation_comes_does_not_matter(space, present, stale) -> None:
    """Buffers that are reused, and arrays that lie strangely in memory."""
    theirs, ours = both(
        MaxAndSkipObservation(2, stale_frames=stale),
        lambda env: twin(env, stale=stale),
        lambda: scripted(space, [2, 4, 1, 3] if stale else [2, 4], present=present()),
        pick,
        episodes=6,
    )

    assert difference(theirs, ours) is None


@pytest.mark.parametrize("dtype", [np.float64, np.float16, np.int64, list])
@pytest.mark.parametrize("stale", [False, True])
def test_frames_become_the_spaces_dtype(dtype, stale) -> None:
    """Whatever comes, as in Gymnasium's buffer."""
    present = np.ndarray.tolist if dtype is list else lambda array: array.astype(dtype)
    theirs, ours = both(
        MaxAndSkipObservation(2, stale_frames=stale),
        lambda env: twin(env, stale=stale),
        lambda: scripted(VECTOR, [1, 2, 3], present=present),
        pick,
        episodes=6,
    )

    assert difference(theirs, ours) is None


@pytest.mark.parametrize("shape", [(), (1,), (1, 1), (3,), (2, 9)], ids=str)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_the_greater_is_gymnasiums_for_any_numbers(dtype, shape, data) -> None:
    """NaN, infinities and both zeros, bit for bit."""
    one, other = (data.draw(arrays(dtype, shape)) for _ in range(2))
    space = spaces.Box(-1.0, 1.0, shape, dtype)
    below = Below(space)
    theirs = np.max(np.stack([one, other]), axis=0)

    ours = play(
        MaxAndSkipObservation(2),
        TimeStep(one, first=True),
        JUMP,
        *map(TimeStep, (one, other)),
        below=below,
    )[-1].observation

    assert same(theirs, ours)


@pytest.mark.parametrize("shape", [(), (1,), (1, 1), (2,)], ids=str)
def test_a_nan_has_gymnasiums_sign(shape) -> None:
    """Numpy's reduction of two numbers gives NaN another sign than its maximum of two arrays."""
    one = np.full(shape, -np.nan)
    frames = [TimeStep(one, first=True), JUMP, TimeStep(one), TimeStep(np.zeros(shape))]
    below = Below(spaces.Box(-1.0, 1.0, shape, np.float64))

    shown = play(MaxAndSkipObservation(2), *frames, below=below)[-1].observation

    assert same(np.max(np.stack([one, np.zeros(shape)]), axis=0), shown)


def test_a_limit_below_counts_frames() -> None:
    """And cuts a skip short; above it counts decisions."""
    frames = [frame(number) for number in (1, 2, 3)]

    cut = play(
        TimeLimit(3) | MaxAndSkipObservation(2),
        OPENING,
        JUMP,
        *frames[:2],
        JUMP,
        frames[2],
        below=NUMBER,
    )[-1]

    assert frame(3, truncated=True) == cut


@pytest.mark.parametrize(
    ("skip", "error", "words"),
    [
        (1.0, TypeError, "expected to be an integer, actual type: <class 'float'>"),
        ("4", TypeError, "expected to be an integer"),
        (None, TypeError, "expected to be an integer"),
        (True, TypeError, "expected to be an integer"),
        (1, ValueError, "needs to be equal or greater than two, actual value: 1"),
        (-2, ValueError, "needs to be equal or greater than two, actual value: -2"),
    ],
)
def test_refuses_what_gymnasium_refuses(skip, error, words) -> None:
    """The same type of error, in the same words and with a cure."""
    with pytest.raises(error, match=rf"The skip .*{words}.*(Write|Leave)"):
        MaxAndSkipObservation(skip)
    with pytest.raises(error, match=words):
        gym.wrappers.MaxAndSkipObservation(make("CartPole-v1"), skip)


def test_needs_a_space_with_a_shape() -> None:
    """As Gymnasium does, whose type of error is the cause."""
    words = "observation space must have the shape attribute"

    with pytest.raises(BindError, match="needs the observation_space"):
        MaxAndSkipObservation().bind(Below())
    with pytest.raises(BindError, match=words) as caught:
        MaxAndSkipObservation().bind(Below(spaces.Dict(a=VECTOR)))
    with pytest.raises(ValueError, match=words):
        gym.wrappers.MaxAndSkipObservation(scripted(spaces.Dict(a=VECTOR), [1]))
    assert isinstance(caught.value.__cause__, ValueError)


def test_describes_itself() -> None:
    """What it prints makes an equal one; numpy's integers become plain."""
    skip = MaxAndSkipObservation(np.int64(3), stale_frames=True)

    assert (
        "MaxAndSkipObservation(skip=3, stale_frames=True)" == repr(skip) == repr(skip.bind(NUMBER))
    )
    assert skip == eval(repr(skip)) == skip.bind(NUMBER)  # noqa: S307 - the point of this repr
    assert skip != MaxAndSkipObservation(3)
    assert Stack(skip) != Stack(MaxAndSkipObservation(4, stale_frames=True))
    with pytest.raises(TypeError, match="positional"):
        MaxAndSkipObservation(4, True)
