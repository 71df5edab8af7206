"""RepeatAction."""

import gymnasium as gym
import numpy as np
import pytest

from statewrap.core.key import Key
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.core.same import difference
from statewrap.testing.dialogue import FIRST, play
from statewrap.wrappers.repeat_action import Held, RepeatAction
from tests.wrappers.scripted import VECTOR, WORLDS, pick, scripted
from tests.wrappers.twins import both, make

JUMP, DUCK = Act("jump"), Act("duck")
F1, F2 = TimeStep("f1", reward=1.0), TimeStep("f2", reward=2.0)


def test_hides_all_but_the_last_frame() -> None:
    """One decision covers two frames; the policy sees the last, and both rewards."""
    replies = play(RepeatAction(2), FIRST, JUMP, F1, F2)

    assert [FIRST, JUMP, JUMP, TimeStep("f2", reward=3.0)] == replies


def test_each_decision_is_repeated_anew() -> None:
    """Neither the act nor the reward of the decision before is left."""
    replies = play(RepeatAction(2), FIRST, JUMP, F1, F2, DUCK, F2, F2)

    assert [DUCK, DUCK, TimeStep("f2", reward=4.0)] == replies[4:]


def test_shows_the_last_frames_info_flags_and_time() -> None:
    """Only the reward is of all frames."""
    f1 = TimeStep("f1", info={"lives": 3}, time=1.0)
    f2 = TimeStep("f2", info={"lives": 2}, truncated=True, time=2.0)

    assert f2 == play(RepeatAction(2), FIRST, JUMP, f1, f2)[-1]


@pytest.mark.parametrize("flag", ["terminated", "truncated"])
@pytest.mark.parametrize("steps", [1, 2, 3, 4])
def test_stops_where_the_episode_ends(steps, flag) -> None:
    """The last frame rises with the rewards so far, at every offset of the repetition."""
    end = F1.replace(**{flag: True})

    replies = play(RepeatAction(4), FIRST, JUMP, *[F1] * (steps - 1), end)

    assert [FIRST, *[JUMP] * steps, end.replace(reward=float(steps))] == replies


@pytest.mark.parametrize("before", [(Reset(),), ()], ids=["asked", "unasked"])
def test_a_new_episode_ends_the_repetition(before) -> None:
    """An opening within a repetition rises with reward 0, and nothing of it is left."""
    replies = play(RepeatAction(3), FIRST, JUMP, F1, *before, FIRST, DUCK, F2, F2, F2)

    rest = [FIRST, DUCK, DUCK, DUCK, TimeStep("f2", reward=6.0)]
    assert [FIRST, JUMP, JUMP, *before, *rest] == replies


def test_repeating_once_makes_the_reward_a_float_and_nothing_else() -> None:
    """Each act has one frame; 0.0 + -0.0 is 0.0, as in Gymnasium."""
    whole, negative_zero = F1.replace(reward=np.int64(3)), F1.replace(reward=-0.0)

    replies = play(RepeatAction(1), FIRST, JUMP, whole, JUMP, negative_zero)

    assert [JUMP, F1.replace(reward=3.0), JUMP, F1.replace(reward=0.0)] == replies[1:]


def test_a_time_step_that_answers_no_act_passes() -> None:
    """Whatever is not its own is let through as it is."""
    memory, shown = RepeatAction(4).on_state(None, F1)

    assert memory is None
    assert F1 is shown


def test_the_memory_holds_the_act_what_is_due_and_the_reward() -> None:
    """In the middle of a repetition everything needed to go on is in the memory."""
    repeat = RepeatAction(4)
    memory, _ = repeat.on_action(repeat.initial(Key.from_seed(0)), JUMP)
    memory, _ = repeat.on_state(memory, F2)

    assert Held(JUMP, due=2, reward=2.0) == memory
    assert Held in repeat.memory_types


@pytest.mark.parametrize("repeats", [1, 4])
@pytest.mark.parametrize("name", WORLDS)
def test_agrees_with_gymnasium(name, repeats) -> None:
    """What is shown and what the environment is told are bit-equal over whole episodes."""
    theirs, ours = both(
        RepeatAction(repeats),
        lambda env: gym.wrappers.RepeatAction(env, repeats),
        lambda: make(name, max_episode_steps=26),
        WORLDS[name],
    )

    assert difference(theirs, ours) is None


@pytest.mark.parametrize("reward", [float, np.float32, np.float16, np.float64, round, np.array])
def test_agrees_with_gymnasium_at_every_offset_of_an_end(reward) -> None:
    """Each kind of end falls on each step of the repetition; rewards come in all types."""
    theirs, ours = both(
        RepeatAction(4),
        lambda env: gym.wrappers.RepeatAction(env, 4),
        lambda: scripted(VECTOR, range(1, 9), reward=reward),
        pick,
        episodes=24,
    )

    assert difference(theirs, ours) is None


@pytest.mark.parametrize(
    ("repeats", "error"),
    [
        (1.0, TypeError),
        ("4", TypeError),
        (None, TypeError),
        (True, TypeError),
        (0, ValueError),
        (-2, ValueError),
    ],
)
def test_refuses_what_gymnasium_refuses(repeats, error) -> None:
    """The same type of error, with the argument and the value in its message."""
    with pytest.raises(error, match=r"num_repeats is .*expected to be (an integer|equal or gr)"):
        RepeatAction(repeats)
    with pytest.raises(error):
        gym.wrappers.RepeatAction(make("CartPole-v1"), repeats)


def test_describes_itself() -> None:
    """What it prints makes an equal one; numpy's integers become plain."""
    repeat = RepeatAction(np.int64(4))

    assert "RepeatAction(num_repeats=4)" == repr(repeat)
    assert repeat == eval(repr(repeat))  # noqa: S307 - the point of this repr
    assert repeat != RepeatAction(3)
