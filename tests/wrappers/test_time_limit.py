"""TimeLimit."""

import gymnasium as gym
import numpy as np
import pytest

from statewrap.core.key import Key
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.core.same import difference
from statewrap.core.wrapper import Below
from statewrap.testing.dialogue import FIRST, play
from statewrap.wrappers.time_limit import TimeLimit
from tests.wrappers.scripted import VECTOR, WORLDS, pick, scripted
from tests.wrappers.twins import both, make

GO = Act("go")
STEP = TimeStep("f", reward=1.0)
CUT = TimeStep("f", reward=1.0, truncated=True)


def test_cuts_the_episode_at_the_last_step_allowed() -> None:
    """The opening is no step, and what else the time step says stays."""
    replies = play(TimeLimit(2), FIRST, GO, STEP, GO, STEP)

    assert [FIRST, GO, STEP, GO, CUT] == replies


def test_a_limit_of_one_cuts_the_first_step() -> None:
    """An episode has one step at least."""
    assert [FIRST, GO, CUT] == play(TimeLimit(1), FIRST, GO, STEP)


def test_lets_a_step_before_the_limit_rise_as_it_is() -> None:
    """Nothing is copied that does not change."""
    memory, shown = TimeLimit(5).on_state(3, STEP)

    assert memory == 4
    assert STEP is shown


def test_an_episode_that_terminates_at_the_limit_is_truncated_too() -> None:
    """Both flags are set, as in Gymnasium."""
    end = TimeStep("f", terminated=True)

    assert end.replace(truncated=True) == play(TimeLimit(1), FIRST, end)[-1]


def test_an_end_before_the_limit_is_the_environments_alone() -> None:
    """A terminated episode is not truncated, nor the other way round."""
    end = TimeStep("f", terminated=True)

    assert end == play(TimeLimit(2), FIRST, end)[-1]


@pytest.mark.parametrize("before", [(Reset(seed=3),), ()], ids=["asked", "unasked"])
def test_counts_each_episode_from_its_opening(before) -> None:
    """An episode that is given up leaves nothing behind, asked for or not."""
    replies = play(TimeLimit(2), FIRST, STEP, *before, FIRST, STEP, STEP)

    assert [FIRST, STEP, *before, FIRST, STEP, CUT] == replies


def test_the_memory_is_the_number_of_steps() -> None:
    """A plain int, 0 when an episode opens."""
    limit, key = TimeLimit(9), Key.from_seed(0)

    assert limit.initial(key) == 0
    assert limit.renew(7, key) == 0
    assert int is type(limit.on_state(1, STEP)[0])


def test_says_above_what_its_limit_is() -> None:
    """Everything else that is known stays."""
    below = Below(observation_space=VECTOR, render_mode="rgb_array", max_episode_steps=500)

    above = TimeLimit(9).above(below)

    assert Below(VECTOR, None, 9, "rgb_array") == above


def test_the_outermost_limit_is_the_one_announced() -> None:
    """The smaller one below still cuts: Gymnasium's `spec` says 9 here, too."""
    stack = TimeLimit(5) | TimeLimit(9)

    env = gym.wrappers.TimeLimit(gym.wrappers.TimeLimit(make("CartPole-v1"), 5), 9)

    assert env.spec is not None
    assert env.spec.max_episode_steps == stack.above(Below()).max_episode_steps == 9
    assert CUT == play(stack, FIRST, *[STEP] * 5)[-1]


@pytest.mark.parametrize("limit", [9, 20])
@pytest.mark.parametrize("name", WORLDS)
def test_agrees_with_gymnasium(name, limit) -> None:
    """Whole episodes are bit-equal; CartPole's end on both sides of a limit of 20."""
    theirs, ours = both(
        TimeLimit(limit),
        lambda env: gym.wrappers.TimeLimit(env, limit),
        lambda: make(name),
        WORLDS[name],
    )

    assert difference(theirs, ours) is None


def test_agrees_with_gymnasium_wherever_and_however_an_episode_ends() -> None:
    """Each kind of end comes before, at and after the limit."""
    theirs, ours = both(
        TimeLimit(3),
        lambda env: gym.wrappers.TimeLimit(env, 3),
        lambda: scripted(VECTOR, [1, 2, 3, 4, 3, 3, 2, 3]),
        pick,
        episodes=16,
    )

    assert difference(theirs, ours) is None


@pytest.mark.parametrize(
    ("limit", "error"),
    [
        (1.5, TypeError),
        ("3", TypeError),
        (None, TypeError),
        (np.int64(3), TypeError),
        (0, ValueError),
        (-1, ValueError),
    ],
)
def test_refuses_what_gymnasium_refuses(limit, error) -> None:
    """The same type of error, with the argument and the value in its message."""
    with pytest.raises(error, match=r"Expect the `max_episode_steps` .*actually: .*TimeLimit\("):
        TimeLimit(limit)
    with pytest.raises(error):
        gym.wrappers.TimeLimit(make("CartPole-v1"), limit)


def test_describes_itself() -> None:
    """What it prints makes an equal one, by position or by name."""
    limit = TimeLimit(9)

    assert "TimeLimit(max_episode_steps=9)" == repr(limit)
    assert limit == eval(repr(limit))  # noqa: S307 - the point of this repr
    assert limit != TimeLimit(8)
    assert hash(limit) == hash(TimeLimit(9))
