"""TimeAwareObservation."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces

from statewrap.core.errors import BindError
from statewrap.core.key import Key
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.core.same import difference
from statewrap.core.wrapper import Below
from statewrap.testing.dialogue import FIRST, play
from statewrap.wrappers.time_aware import TimeAwareObservation
from statewrap.wrappers.time_limit import TimeLimit
from tests.wrappers.every_space import SPACES
from tests.wrappers.scripted import VECTOR, WORLDS, in_columns, pick, scripted, strided
from tests.wrappers.twins import both, make

TEXT = Below(spaces.Text(9), max_episode_steps=4)
GO = Act("go")
F1, F2 = TimeStep("f1", reward=1.0), TimeStep("f2", reward=2.0)
FORMS = [
    {"flatten": flatten, "normalize_time": normalize_time}
    for flatten in (True, False)
    for normalize_time in (True, False)
]


def clock(**arguments) -> TimeAwareObservation:
    """Make one that leaves observations as they are."""
    return TimeAwareObservation(flatten=False, **arguments)


def times(wrapper, *messages, below=TEXT) -> list:
    """Return the times that rise."""
    replies = play(wrapper, *messages, below=below)
    return [r.observation["time"].tolist() for r in replies if type(r) is TimeStep]


def test_tells_how_many_steps_the_episode_has_had() -> None:
    """From 0 at the opening on; everything else is left alone."""
    end = F2.replace(terminated=True, info={"x": 1}, time=7.0)
    now = [np.array([number], np.int32) for number in (0, 1, 2)]

    replies = play(clock(), FIRST, GO, F1, GO, end, below=TEXT)

    assert FIRST.replace(observation={"obs": "f0", "time": now[0]}) == replies[0]
    assert F1.replace(observation={"obs": "f1", "time": now[1]}) == replies[2]
    assert end.replace(observation={"obs": "f2", "time": now[2]}) == replies[4]


def test_tells_a_fraction_of_the_limit() -> None:
    """As float32, and past the limit, which nothing enforces, more than 1."""
    wrapper = clock(normalize_time=True)

    assert [[0.0], [0.25], [0.5], [0.75], [1.0], [1.25]] == times(wrapper, FIRST, *[F1] * 5)


@pytest.mark.parametrize("before", [(Reset(seed=3),), ()], ids=["asked", "unasked"])
def test_counts_each_episode_from_its_opening(before) -> None:
    """An episode that is given up leaves nothing behind, asked for or not."""
    assert [[0], [1], [2], [0], [1]] == times(clock(), FIRST, F1, F2, *before, FIRST, F1)


def test_the_memory_is_the_time() -> None:
    """A plain int, 0 when an episode opens."""
    wrapper, key = clock().bind(TEXT), Key.from_seed(0)

    assert wrapper.initial(key) == 0
    assert wrapper.renew(7, key) == 0
    assert int is type(wrapper.on_state(1, F1)[0])


def test_the_time_stands_before_the_other_keys_and_after_the_other_parts() -> None:
    """In Gymnasium's places; the key can be chosen."""
    words = spaces.Dict(a=spaces.Text(9))
    pair = spaces.Tuple([spaces.Text(9)])
    named = TimeStep({"a": "f0"}, first=True)

    (shown,) = play(clock(dict_time_key="steps"), named, below=Below(words, max_episode_steps=4))
    (last,) = play(clock(), TimeStep(("f0",), first=True), below=Below(pair, max_episode_steps=4))

    assert ["steps", "a"] == list(shown.observation)
    assert ("f0", np.array([0], np.int32)) == last.observation


def test_what_is_shown_is_new_and_cannot_be_written_to() -> None:
    """No array is used twice; what is below stays as it is."""
    opening = TimeStep(VECTOR.sample(), first=True)
    known = Below(VECTOR, max_episode_steps=4)

    for wrapper in (TimeAwareObservation(), clock()):
        one, other = (reply.observation for reply in play(wrapper, opening, opening, below=known))
        arrays = [(one, other)] if wrapper.flatten else [(one["time"], other["time"])]
        assert not any(a.flags.writeable or b.flags.writeable or a is b for a, b in arrays)


def test_a_limit_below_is_known() -> None:
    """The nearest one counts, as in Gymnasium; the rest of what is known passes."""
    inner = TimeLimit(9) | TimeLimit(5) | clock()
    known = Below(VECTOR, spaces.Discrete(2), 500, "rgb_array")

    above = inner.above(known)

    time = spaces.Box(0, 5, (1,), np.int32)
    expected = spaces.Dict(obs=VECTOR, time=time)
    assert Below(expected, spaces.Discrete(2), 5, "rgb_array") == above


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("name", WORLDS)
def test_agrees_with_gymnasium(name, form) -> None:
    """What is shown is bit-equal over whole episodes, truncated and terminated."""
    theirs, ours = both(
        TimeLimit(20) | TimeAwareObservation(**form),
        lambda env: gym.wrappers.TimeAwareObservation(gym.wrappers.TimeLimit(env, 20), **form),
        lambda: make(name),
        WORLDS[name],
    )

    assert difference(theirs, ours) is None


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("name", SPACES)
def test_agrees_with_gymnasium_in_every_space(name, form) -> None:
    """Observations, the order of their keys, and the announced space, which `==` compares."""
    space = SPACES[name]

    def twin(env) -> gym.Env:
        return gym.wrappers.TimeAwareObservation(gym.wrappers.TimeLimit(env, 3), **form)

    theirs, ours = both(
        TimeLimit(3) | TimeAwareObservation(**form), twin, lambda: scripted(space, [1, 2, 5]), pick
    )
    their_space = twin(scripted(space, [1])).observation_space
    our_space = TimeAwareObservation(**form).bind(Below(space, max_episode_steps=3))
    our_space = our_space.above(Below(space, max_episode_steps=3)).observation_space

    assert difference(theirs, ours) is None
    assert their_space == our_space
    if isinstance(our_space, spaces.Dict):
        assert list(their_space.spaces) == list(our_space.spaces)
        assert [list(step[0]) for step in theirs[0]] == [list(step[0]) for step in ours[0]]


@pytest.mark.parametrize("present", [strided, in_columns, np.ndarray.tolist])
@pytest.mark.parametrize("name", ["float32", "float64", "image"])
def test_how_an_observation_comes_does_not_matter(name, present) -> None:
    """Arrays however they lie in memory, and lists."""
    theirs, ours = both(
        TimeLimit(4) | TimeAwareObservation(),
        lambda env: gym.wrappers.TimeAwareObservation(gym.wrappers.TimeLimit(env, 4)),
        lambda: scripted(SPACES[name], [1, 5, 3], present=present),
        pick,
    )

    assert difference(theirs, ours) is None


@pytest.mark.parametrize("dtype", [np.float64, np.float16, np.int64])
def test_an_observation_of_another_dtype_becomes_the_spaces(dtype) -> None:
    """As Gymnasium's flattening does; what is not flattened stays as it is."""
    for form in FORMS:
        theirs, ours = both(
            TimeLimit(4) | TimeAwareObservation(**form),
            lambda env, form=form: gym.wrappers.TimeAwareObservation(
                gym.wrappers.TimeLimit(env, 4), **form
            ),
            lambda: scripted(VECTOR, [1, 5, 3], present=lambda array: array.astype(dtype)),
            pick,
        )
        assert difference(theirs, ours) is None


def test_needs_a_limit_and_a_space() -> None:
    """Gymnasium's words, and its type of error as the cause."""
    with pytest.raises(
        BindError, match=r"must be wrapped by a TimeLimit.*`max_ep.*\(500\)|below="
    ) as no:
        TimeAwareObservation().bind(Below(VECTOR))
    with pytest.raises(BindError, match="needs the observation_space"):
        TimeAwareObservation().bind(Below(max_episode_steps=4))
    with pytest.raises(ValueError, match="must be wrapped by a TimeLimit wrapper"):
        gym.wrappers.TimeAwareObservation(scripted(VECTOR, [1]))
    assert isinstance(no.value.__cause__, ValueError)


def test_refuses_a_key_that_is_taken() -> None:
    """In a Dict; beside anything else the key is not used."""
    words = r"`dict_time_key` \('time'\) already exists in the observation space"
    taken = spaces.Dict(time=VECTOR)

    with pytest.raises(BindError, match=words) as caught:
        TimeAwareObservation().bind(Below(taken, max_episode_steps=4))
    with pytest.raises(ValueError, match=words):
        gym.wrappers.TimeAwareObservation(gym.wrappers.TimeLimit(scripted(taken, [1]), 4))
    assert isinstance(caught.value.__cause__, ValueError)
    assert ["obs", "time"] == list(
        play(clock(dict_time_key="obs"), FIRST, below=TEXT)[0].observation
    )


def test_describes_itself() -> None:
    """What it prints makes an equal one."""
    wrapper = TimeAwareObservation(flatten=False, normalize_time=True, dict_time_key="t")
    text = "TimeAwareObservation(flatten=False, normalize_time=True, dict_time_key='t')"

    assert text == repr(wrapper) == repr(wrapper.bind(TEXT))
    assert wrapper == eval(text) == wrapper.bind(TEXT)  # noqa: S307 - the point of this repr
    with pytest.raises(TypeError, match="positional"):
        TimeAwareObservation(True, True, "t")


@pytest.mark.parametrize("normalize", [False, True])
def test_late_times_are_made_as_the_first_ones(normalize) -> None:
    """Those that are not kept ready: beyond the limit, and beyond ten thousand."""
    for limit, elapsed in ((3, 4), (20_000, 9_998), (20_000, 9_999), (20_000, 15_000)):
        clock = TimeAwareObservation(flatten=False, normalize_time=normalize)
        clock = clock.bind(Below(spaces.Box(0.0, 9.0, (2,)), max_episode_steps=limit))

        shown = clock.on_state(elapsed - 1, TimeStep(np.zeros(2, np.float32)))[1]

        time = shown.observation["time"]
        expected = np.float32(elapsed / limit) if normalize else np.int32(elapsed)
        assert (expected, expected.dtype, (1,)) == (time[0], time.dtype, time.shape)
        assert not time.flags.writeable
