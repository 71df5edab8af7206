"""SkipFrames."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete, Text

from statewrap.core.errors import BindError
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.core.same import same
from statewrap.core.wrapper import Below
from statewrap.gym import GymWrapper
from statewrap.testing import FIRST, play
from statewrap.wrappers import RepeatAction, SkipFrames

LEVER = Below(action_space=Box(np.array([-1.0, 2.0]), np.array([1.0, 5.0]), dtype=np.float64))


def step(observation, **fields):
    """Return a time step with reward 1."""
    return TimeStep(observation, **{"reward": 1.0, **fields})


def test_repeats_the_action() -> None:
    """One decision covers three frames; the policy sees the last, and all rewards."""
    replies = play(SkipFrames(3), FIRST, Act("a"), step("f1"), step("f2"), step("f3"))

    assert [FIRST, Act("a"), Act("a"), Act("a"), TimeStep("f3", reward=3.0)] == replies


def test_sends_an_action_that_does_nothing_after_the_decision() -> None:
    """Given, or the one that is nearest to zero in the action space."""
    given = play(SkipFrames(3, fill=0), FIRST, Act(7), step("f1"), step("f2"), step("f3"))
    found = play(SkipFrames(2, fill="noop"), FIRST, Act("a"), step("f1"), below=LEVER)

    assert [Act(7), Act(0), Act(0), TimeStep("f3", reward=3.0)] == given[1:]
    assert [Act("a"), Act(np.array([0.0, 2.0]))] == found[1:]
    assert not found[-1].action.flags.writeable


@pytest.mark.parametrize("fill", ["sticky", 0])
@pytest.mark.parametrize("frames", [1, 2, 3])
@pytest.mark.parametrize("end", [{"terminated": True}, {"truncated": True}])
def test_stops_where_the_episode_ends(fill, frames, end) -> None:
    """At each offset; and the next episode begins with no skip under way."""
    ends = [step(f"f{n}") for n in range(1, frames)] + [step("end", info={"a": 1}, **end)]

    *_, last, reset, again, act = play(
        SkipFrames(3, fill=fill), FIRST, Act(5), *ends, Reset(), FIRST, Act(6)
    )

    assert TimeStep("end", reward=float(frames), info={"a": 1}, **end) == last
    assert [Reset(), FIRST, Act(6)] == [reset, again, act]


def test_an_unasked_opening_ends_the_skip() -> None:
    """It is shown, and nothing of the last episode is counted."""
    replies = play(SkipFrames(3), FIRST, Act(5), step("f1"), FIRST, Act(6), step("g1"))

    assert [Act(5), Act(5), FIRST, Act(6), Act(6)] == replies[1:]


def test_a_skip_of_one_is_none() -> None:
    """But for the reward, which becomes a float."""
    assert same(
        TimeStep("f1", reward=2.0),
        play(SkipFrames(1, fill=0), FIRST, Act(5), TimeStep("f1", reward=2))[-1],
    )


def test_a_sticky_skip_is_repeat_action_and_gymnasiums() -> None:
    """On CartPole, over several episodes."""
    ours = GymWrapper(gym.make("CartPole-v1"), SkipFrames(3))
    twin = GymWrapper(gym.make("CartPole-v1"), RepeatAction(3))
    theirs = gym.wrappers.RepeatAction(gym.make("CartPole-v1"), 3)

    for seed in range(3):
        shown = [env.reset(seed=seed) for env in (ours, twin, theirs)]
        over, action = False, 0
        while not over:
            assert same(shown[0], shown[1])
            assert same(shown[0], shown[2])
            shown = [env.step(action) for env in (ours, twin, theirs)]
            over, action = shown[0][2] or shown[0][3], 1 - action
        assert same(shown[0], shown[1])
        assert same(shown[0], shown[2])


def test_a_no_op_on_mountain_car_is_what_a_loop_does() -> None:
    """Accelerate once, then coast: against a loop that is written out here."""
    ours = GymWrapper(gym.make("MountainCar-v0"), SkipFrames(4, fill=1))
    env = gym.make("MountainCar-v0")
    assert same(env.reset(seed=3)[0], ours.reset(seed=3)[0])

    for decision in (0, 2, 2, 0, 2):
        rewards = 0.0
        for action in (decision, 1, 1, 1):
            observation, reward, *_ = env.step(action)
            rewards += reward
        shown = ours.step(decision)
        assert same((observation, rewards), (shown[0], shown[1]))


def test_the_two_words_are_no_texts() -> None:
    """Any other is an action, where actions are texts."""
    below = Below(action_space=Text(9))

    assert [Act("up"), Act("down")] == play(
        SkipFrames(2, fill="down"), FIRST, Act("up"), step("f1"), below=below
    )[1:]
    assert Act("up") == play(SkipFrames(2), FIRST, Act("up"), step("f1"), below=below)[-1]


def test_an_array_given_as_an_argument_is_copied() -> None:
    """The caller goes on with its own."""
    given = np.array([0.5, 3.0])
    wrapper = SkipFrames(2, fill=given)
    given[0] = 9.0

    sent = play(wrapper, FIRST, Act("a"), step("f1"), below=LEVER)[-1]

    assert Act(np.array([0.5, 3.0])) == sent


def test_what_cannot_be_sent_is_refused_at_bind() -> None:
    """An action outside of the space, and a no-op where none is known."""
    with pytest.raises(BindError, match=r"cannot be sent: fill is int 3.*Give an action of"):
        SkipFrames(2, fill=3).bind(Below(action_space=Discrete(3)))
    with pytest.raises(BindError, match="needs the action_space"):
        SkipFrames(2, fill="noop").bind(Below())


@pytest.mark.parametrize(("number", "kind"), [(0, ValueError), (2.0, TypeError), ("2", TypeError)])
def test_the_number_of_steps_is_an_int_of_at_least_one(number, kind) -> None:
    """None is skipped with 1."""
    with pytest.raises(kind, match=r"num_steps is .*, expected"):
        SkipFrames(number)
