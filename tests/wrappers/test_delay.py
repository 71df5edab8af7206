"""DelayObservation."""

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
from statewrap.wrappers.delay import DelayObservation
from tests.wrappers.every_space import SPACES
from tests.wrappers.scripted import VECTOR, WORLDS, Reused, in_columns, pick, scripted, strided
from tests.wrappers.twins import both, make

TEXT = Below(spaces.Text(2, min_length=2, charset="-ab0123"))
GO = Act("go")
F1, F2, F3 = (TimeStep(f"f{i}", reward=float(i), info={"i": i}) for i in (1, 2, 3))
BLANK = "--"


def shown(wrapper, *messages, below=TEXT) -> list:
    """Return the observations that rise."""
    replies = play(wrapper, *messages, below=below)
    return [reply.observation for reply in replies if type(reply) is TimeStep]


def test_shows_each_observation_late() -> None:
    """Until one comes, the zero of the space is shown; here it is a text of its first letter."""
    assert [BLANK, BLANK, "f0", "f1"] == shown(DelayObservation(2), FIRST, F1, F2, F3)


def test_only_the_observation_comes_late() -> None:
    """Rewards, flags, info and time are those of the time step."""
    end = F2.replace(terminated=True, time=3.0)

    replies = play(DelayObservation(1), FIRST, GO, F1, GO, end, below=TEXT)

    assert FIRST.replace(observation=BLANK) == replies[0]
    assert F1.replace(observation="f0") == replies[2]
    assert end.replace(observation="f1") == replies[4]


def test_the_last_observation_of_an_episode_is_never_shown() -> None:
    """The next one begins with zeros again, and with nothing from before."""
    end = F2.replace(truncated=True)

    seen = shown(DelayObservation(1), FIRST, F1, end, Reset(), F3.replace(reward=0.0, first=True))

    assert [BLANK, "f0", "f1", BLANK] == seen


@pytest.mark.parametrize("before", [(Reset(),), ()], ids=["asked", "unasked"])
def test_an_episode_that_is_given_up_leaves_nothing(before) -> None:
    """At any moment, asked for or not."""
    assert [BLANK, "f0", BLANK, "f0"] == shown(DelayObservation(1), FIRST, F1, *before, FIRST, F3)


def test_no_delay_shows_everything_in_time() -> None:
    """Then the space need not be known, nor a zero."""
    assert ["f0", "f1"] == shown(DelayObservation(0), FIRST, F1, below=Below())
    assert not DelayObservation(0).delays
    assert DelayObservation(1).delays


def test_the_memory_holds_what_is_still_to_be_shown() -> None:
    """Oldest first; in the memory before, nothing changes."""
    late = DelayObservation(2).bind(TEXT)
    before = late.initial(Key.from_seed(0))

    first, _ = late.on_state(before, F1)
    second, _ = late.on_state(first, F2)
    third, _ = late.on_state(second, F3)

    assert [(), ("f1",), ("f1", "f2"), ("f2", "f3")] == [before, first, second, third]


def test_what_is_shown_cannot_be_written_to() -> None:
    """Zeros are one array, shown again and again."""
    replies = play(DelayObservation(1), TimeStep(VECTOR.sample(), first=True), below=Below(VECTOR))

    assert not replies[0].observation.flags.writeable


@pytest.mark.parametrize("delay", [1, 3])
@pytest.mark.parametrize("name", WORLDS)
def test_agrees_with_gymnasium(name, delay) -> None:
    """What is shown is bit-equal over whole episodes, of which some are shorter than the delay."""
    theirs, ours = both(
        DelayObservation(delay),
        lambda env: gym.wrappers.DelayObservation(env, delay),
        lambda: make(name, max_episode_steps=20),
        WORLDS[name],
    )

    assert difference(theirs, ours) is None


@pytest.mark.parametrize("name", SPACES)
def test_agrees_with_gymnasium_in_every_space(name) -> None:
    """Its zeros too, and ends at every offset of the delay."""
    theirs, ours = both(
        DelayObservation(2),
        lambda env: gym.wrappers.DelayObservation(env, 2),
        lambda: scripted(SPACES[name], [1, 2, 3, 4, 5]),
        pick,
        episodes=10,
    )

    assert difference(theirs, ours) is None


@pytest.mark.parametrize("present", [strided, in_columns])
def test_how_an_observation_comes_does_not_matter(present) -> None:
    """Arrays however they lie in memory."""
    theirs, ours = both(
        DelayObservation(2),
        lambda env: gym.wrappers.DelayObservation(env, 2),
        lambda: scripted(VECTOR, [1, 5, 3], present=present),
        pick,
    )

    assert difference(theirs, ours) is None


def test_a_buffer_that_is_reused_is_late_too() -> None:
    """A listed difference: there Gymnasium shows the newest observation."""
    reused, fresh = (
        both(
            DelayObservation(2),
            lambda env: gym.wrappers.DelayObservation(env, 2),
            lambda present=present: scripted(VECTOR, [5], present=present()),
            pick,
        )
        for present in (Reused, lambda: lambda observation: observation)
    )

    assert difference(fresh[1], reused[1]) is None
    assert difference(fresh[0], reused[0]) is not None


@pytest.mark.parametrize(
    ("delay", "error", "words"),
    [
        (1.0, TypeError, r"expected to be an integer, actual type: <class 'float'>"),
        ("1", TypeError, "expected to be an integer"),
        (None, TypeError, "expected to be an integer"),
        (True, TypeError, "expected to be an integer"),
        (-1, ValueError, "needs to be greater than zero, actual value: -1"),
    ],
)
def test_refuses_what_gymnasium_refuses(delay, error, words) -> None:
    """The same type of error, in the same words and with a cure."""
    with pytest.raises(error, match=f"The delay .*{words}.*DelayObservation\\("):
        DelayObservation(delay)
    with pytest.raises(error, match=words):
        gym.wrappers.DelayObservation(make("CartPole-v1"), delay)


def test_needs_a_space_whose_zero_is_known() -> None:
    """Gymnasium complains at the first reset; here it is said before."""

    class Odd(spaces.Space):
        """A space of the user's own."""

    with pytest.raises(BindError, match="needs the observation_space"):
        DelayObservation(1).bind(Below())
    with pytest.raises(BindError, match="nearest to zero"):
        DelayObservation(1).bind(Below(Odd()))
    assert DelayObservation(0) == DelayObservation(0).bind(Below(Odd()))


def test_describes_itself() -> None:
    """What it prints makes an equal one; numpy's integers become plain."""
    late = DelayObservation(np.int64(2))

    assert "DelayObservation(delay=2)" == repr(late) == repr(late.bind(TEXT))
    assert late == eval(repr(late)) == late.bind(TEXT)  # noqa: S307 - the point of this repr
    assert late != DelayObservation(3)
