"""TransformObservation, TransformAction and TransformReward."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.spaces import Box

from statewrap.core.messages import Act, TimeStep
from statewrap.core.same import difference
from statewrap.core.wrapper import Below
from statewrap.wrappers.transform import TransformAction, TransformObservation, TransformReward
from tests.wrappers.twins import both, make

SPACE = Box(-1.0, 1.0, (2,))
OTHER = Box(0.0, 5.0, (3,))


def doubled(value):
    """Return twice a value."""
    return 2 * value


def as_list_of_halves(observation):
    """Return another kind of container."""
    return {"halves": [observation / 2, observation / 2]}


def pushed(action):
    """Return an action in float64."""
    return np.clip(np.asarray(action, np.float64) * 1.5 + 0.1, -1, 1)


@pytest.mark.parametrize("func", [doubled, as_list_of_halves])
def test_observations_agree_with_gymnasium(func) -> None:
    """Opening and later observations are bit-equal, over episodes that end by themselves."""
    theirs, ours = both(
        TransformObservation(func, None),
        lambda env: gym.wrappers.TransformObservation(env, func, None),
        lambda: make("CartPole-v1"),
        lambda generator: int(generator.integers(2)),
    )

    assert difference(theirs, ours) is None


def test_actions_agree_with_gymnasium() -> None:
    """The environment is sent the same actions, dtype included."""
    theirs, ours = both(
        TransformAction(pushed, None),
        lambda env: gym.wrappers.TransformAction(env, pushed, None),
        lambda: make("MountainCarContinuous-v0", max_episode_steps=30),
        lambda generator: generator.uniform(-1, 1, 1).astype(np.float32),
    )

    assert difference(theirs, ours) is None


def test_rewards_agree_with_gymnasium() -> None:
    """Every reward but an opening one is transformed."""
    theirs, ours = both(
        TransformReward(doubled),
        lambda env: gym.wrappers.TransformReward(env, doubled),
        lambda: make("Pendulum-v1", max_episode_steps=30),
        lambda generator: generator.uniform(-2, 2, 1).astype(np.float32),
    )

    assert difference(theirs, ours) is None


def test_an_opening_time_step_keeps_its_reward_of_zero() -> None:
    """A function that moves 0 is not asked about an opening time step."""
    opening = TimeStep("f0", first=True)

    assert (None, opening) == TransformReward(lambda reward: reward + 1).on_state(None, opening)


def test_only_the_observation_changes() -> None:
    """Reward, flags, info and the rest are as they came."""
    shown = TimeStep(
        2, 1.5, terminated=True, truncated=True, info={"a": 1}, time=0.5, frame="p", actor="x"
    )

    _, reply = TransformObservation(doubled, None).on_state(None, shown)

    assert shown.replace(observation=4) == reply


def test_actions_pass_an_observation_transform_and_the_reverse() -> None:
    """Each wrapper looks at its own direction only."""
    act, shown = Act("jump"), TimeStep("f1", reward=1.0)

    assert (None, act) == TransformObservation(doubled, None).on_action(None, act)
    assert (None, act) == TransformReward(doubled).on_action(None, act)
    assert (None, shown) == TransformAction(doubled, None).on_state(None, shown)


@pytest.mark.parametrize("given", [OTHER, None])
def test_announces_the_given_space_or_the_one_below(given) -> None:
    """None inherits; a space replaces what is below, known or unknown."""
    below, unknown = Below(observation_space=SPACE, action_space=SPACE), Below()
    observation, action = TransformObservation(doubled, given), TransformAction(doubled, given)

    assert (given or SPACE) == observation.above(below).observation_space
    assert SPACE == observation.above(below).action_space
    assert (given or SPACE) == action.above(below).action_space
    assert SPACE == action.above(below).observation_space
    assert given == observation.above(unknown).observation_space
    assert given == action.above(unknown).action_space


def test_a_buffer_that_a_function_reuses_does_not_reach_what_was_shown() -> None:
    """What a function returns is copied, read-only, and the function's array stays its own."""
    buffer = np.zeros(2)

    def fill(value):
        buffer[:] = value
        return buffer

    wrapper = TransformObservation(fill, None)
    _, early = wrapper.on_state(None, TimeStep(1.0))
    _, late = wrapper.on_state(None, TimeStep(2.0))
    _, sent = TransformAction(fill, None).on_action(None, Act(3.0))
    _, paid = TransformReward(fill).on_state(None, TimeStep("f1", reward=4.0))
    fill(9.0)

    assert [[1.0, 1.0], [2.0, 2.0]] == [early.observation.tolist(), late.observation.tolist()]
    assert [[3.0, 3.0], [4.0, 4.0]] == [sent.action.tolist(), paid.reward.tolist()]
    assert not any(array.flags.writeable for array in (early.observation, sent.action, paid.reward))
    assert buffer.flags.writeable


@pytest.mark.parametrize(
    "build",
    [
        lambda: TransformObservation("no function", None),
        lambda: TransformAction("no function", None),
        lambda: TransformReward("no function"),
        lambda: TransformObservation(doubled, "no space"),
        lambda: TransformAction(doubled, "no space"),
    ],
)
def test_refuses_what_is_no_function_and_no_space(build) -> None:
    """The arguments are checked when the wrapper is made."""
    with pytest.raises(TypeError, match=r"no function|no space"):
        build()


def test_the_space_has_no_default() -> None:
    """As in Gymnasium, one says that a space stays: by None."""
    with pytest.raises(TypeError, match="observation_space"):
        TransformObservation(doubled)
    with pytest.raises(TypeError, match="action_space"):
        TransformAction(doubled)


def test_prints_its_function_by_name_and_compares_by_it() -> None:
    """A function that imports back is named; equality is that of function and space."""
    wrapper = TransformReward(func=np.abs.__class__)

    assert "TransformReward(func=numpy:ufunc)" == repr(wrapper)
    assert TransformObservation(doubled, SPACE) == TransformObservation(doubled, Box(-1, 1, (2,)))
    assert TransformObservation(doubled, SPACE) != TransformObservation(doubled, OTHER)
    assert TransformReward(doubled) != TransformReward(pushed)
