"""How a GymWrapper treats what it is given, what it gives, its memory, and errors."""

from __future__ import annotations

import copy
from typing import Any

import attrs
import gymnasium as gym
import numpy as np
import pytest
from gymnasium.error import ResetNeeded

from statewrap.core.errors import BindError, ProtocolError, WrapperError
from statewrap.core.messages import Act, TimeStep
from statewrap.core.same import same
from statewrap.core.wrapper import Stack, Wrapper
from statewrap.deployment import Deployment
from statewrap.gym import GymWrapper
from statewrap.wrappers.clip import ClipAction
from statewrap.wrappers.frame_stack import FrameStackObservation
from statewrap.wrappers.normalize_observation import NormalizeObservation
from statewrap.wrappers.random_reset import RandomReset
from statewrap.wrappers.record_statistics import RecordEpisodeStatistics
from statewrap.wrappers.repeat_action import RepeatAction
from statewrap.wrappers.time_limit import TimeLimit
from statewrap.wrappers.transform import TransformAction, TransformReward
from tests.gym.environments import LINE, Stumbles, Walk, episode_of

LEARN = NormalizeObservation(mode="learn")
FORWARD = np.array([0.5, -0.25])


@attrs.frozen
class Frames(Wrapper[None]):
    """Shows the picture in place of the observation."""

    needs = frozenset({"frame"})

    def on_state(self, memory: None, timestep: TimeStep) -> tuple[None, TimeStep]:
        """Exchange them."""
        return None, timestep.replace(observation=timestep.frame)


@attrs.frozen
class Slower(Wrapper[None]):
    """Tells those above that pictures come at another rate."""

    def above(self, below):
        """Exchange the rate."""
        return attrs.evolve(below, metadata={**below.metadata, "render_fps": 5})


@attrs.frozen
class Earlier(Wrapper[Any]):
    """Shows at each step what the environment showed at the step before, and keeps it as it is."""

    def on_state(self, memory: Any, timestep: TimeStep) -> tuple[Any, TimeStep]:
        """Exchange the new one for the one that is kept."""
        return timestep, timestep if memory is None else memory.replace(first=False)


@attrs.frozen
class NeverFirst(Wrapper[None]):
    """Breaks the rule that an episode opens with a `first` time step."""

    def on_state(self, memory: None, timestep: TimeStep) -> tuple[None, TimeStep]:
        """Leave the mark out."""
        return None, timestep.replace(first=False)


@attrs.frozen
class NeverOver(Wrapper[None]):
    """Breaks the rule that no act follows a last time step."""

    def on_state(self, memory: None, timestep: TimeStep) -> tuple[None, Any]:
        """Go on after the end."""
        return None, Act(FORWARD) if timestep.last else timestep


@attrs.frozen
class Costly(Wrapper[None]):
    """Opens episodes with a reward, which is against the rules."""

    def on_state(self, memory: None, timestep: TimeStep) -> tuple[None, TimeStep]:
        """Charge."""
        return None, timestep.replace(reward=-1.0)


def refuse(reward: Any) -> Any:
    """Raise, as a user's function may."""
    raise ZeroDivisionError(f"no reward like {reward}")


def test_a_step_before_the_first_reset_is_refused():
    """With Gymnasium's own error, and without touching the environment."""
    env = GymWrapper(Walk(), RepeatAction(2))

    with pytest.raises(ResetNeeded):
        env.step(FORWARD)

    assert [] == env.unwrapped.asked


def test_a_reset_that_failed_does_not_count():
    """The episode has not opened."""
    env = GymWrapper(Stumbles(Walk(), 0), LEARN)
    before = env.memory

    with pytest.raises(OSError, match="line went dead"):
        env.reset(seed=1)

    assert before is env.memory
    with pytest.raises(ResetNeeded):
        env.step(FORWARD)


def test_an_error_of_the_environment_leaves_the_memory_as_it_was():
    """In the middle of a skip too; the step can be made again."""
    stack = LEARN | FrameStackObservation(2) | RepeatAction(3) | RecordEpisodeStatistics()
    env = GymWrapper(Stumbles(Walk(), 3), stack, clock=lambda: 0.0)
    env.reset(seed=1)
    before = copy.deepcopy(env.memory)

    with pytest.raises(OSError, match="line went dead"):
        env.step(FORWARD)

    assert same(before, env.memory)
    observation, reward, *_ = env.step(FORWARD)
    assert same([FORWARD] * 5, env.unwrapped.asked[1:])
    assert (2, 2) == observation.shape
    assert pytest.approx(sum(place.sum() for place in places(env, 3))) == reward


def places(env: gym.Env, many: int) -> list[Any]:
    """Return where a walker was after each of its last steps, all of them FORWARD."""
    end = env.unwrapped.position
    return [end - back * FORWARD for back in reversed(range(many))]


def test_an_error_of_a_wrapper_names_it_and_leaves_the_memory_as_it_was():
    """It arrives as a WrapperError, raised from the original."""
    env = GymWrapper(Walk(), LEARN | TransformReward(refuse))
    env.reset(seed=1)
    before = env.memory

    with pytest.raises(WrapperError, match="TransformReward") as caught:
        env.step(FORWARD)

    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert before is env.memory


@pytest.mark.parametrize("wrapper", [NeverFirst(), Costly()])
def test_a_stack_that_opens_no_episode_is_named(wrapper):
    """A reset is answered with a `first` time step without a reward."""
    env = GymWrapper(Walk(), LEARN | wrapper)
    before = env.memory

    with pytest.raises(ProtocolError, match=type(wrapper).__name__):
        env.reset(seed=1)

    assert before is env.memory
    with pytest.raises(ResetNeeded):
        env.step(FORWARD)


def test_a_stack_that_acts_after_the_end_is_named():
    """The environment takes no act after its last time step."""
    env = GymWrapper(gym.wrappers.TimeLimit(Walk(), 1), NeverOver())
    env.reset(seed=1)
    before = env.memory

    with pytest.raises(ProtocolError, match="NeverOver"):
        env.step(FORWARD)

    assert before is env.memory


def test_a_stack_that_does_not_fit_the_environment_is_refused_when_it_is_made():
    """Not at the first step."""
    with pytest.raises(BindError, match="Box"):
        GymWrapper(gym.make("CartPole-v1"), ClipAction())


def test_the_same_seed_gives_the_same_episodes():
    """Environment and stack draw as if both were new, whatever was drawn before."""
    stack = RandomReset(9, action="random") | TimeLimit(6)
    env = GymWrapper(gym.make("CartPole-v1"), stack)

    first = episode_of(env, 11)
    other = episode_of(env, 12)

    assert same(first, episode_of(env, 11))
    assert same(first, episode_of(GymWrapper(gym.make("CartPole-v1"), stack), 11))
    assert not same(first, other)


def test_a_seed_leaves_what_was_learned():
    """Keys are replaced, statistics are not."""
    env = GymWrapper(Walk(), LEARN)
    episode_of(env, 1)
    count = env.memory.wrappers[0].count

    env.reset(seed=1)

    assert count + 1 == env.memory.wrappers[0].count


def test_without_a_seed_two_stacks_draw_apart():
    """Their keys are made of entropy, which no other seed reaches."""
    first, other = (GymWrapper(Walk(), RandomReset(3, action=FORWARD)) for _ in range(2))

    assert first.memory.keys != other.memory.keys
    first.reset()
    assert first.memory.keys != other.memory.keys


def test_seed_and_options_reach_the_environment():
    """As they are given; the options in a dict of their own."""
    env = GymWrapper(Walk(), RepeatAction(2))
    options = {"from": "home"}

    env.reset(seed=4, options=options)
    env.reset()

    assert [(4, options), (None, None)] == env.unwrapped.asked
    assert options is not env.unwrapped.asked[0][1]


def test_the_environments_buffers_are_neither_changed_nor_shown():
    """Its position is one array; each observation is another one, which may be written to."""
    env = GymWrapper(Walk(), Stack())
    walk = env.unwrapped

    opening, info = env.reset(seed=1)
    shown, reward, _, _, told = env.step(FORWARD)
    position, paid = walk.position.copy(), walk.reward.copy()
    opening[:] = shown[:] = 9.0
    reward[...] = 9.0
    info["mine"] = told["mine"] = True

    assert same(position, walk.position)
    assert same(paid, walk.reward)
    assert {"who": "walk", "step": 1} == walk.info


def test_a_frame_that_was_shown_stays_what_it_was():
    """Neither the environment's buffer nor what the caller does to an observation reaches it."""
    env = GymWrapper(Walk(), FrameStackObservation(2))

    opening, _ = env.reset(seed=1)
    place = opening[1].copy()
    opening[:] = 9.0
    shown, *_ = env.step(FORWARD)
    again = shown.copy()
    shown[:] = 9.0
    last, *_ = env.step(FORWARD)

    assert same(np.stack([place, place + FORWARD]), again)
    assert same(np.stack([place + FORWARD, place + FORWARD + FORWARD]), last)


def test_what_a_wrapper_keeps_stays_what_it_was():
    """Observation, reward and info are copies of the environment's, which uses them again."""
    env = GymWrapper(Walk(), Earlier())
    walk = env.unwrapped
    env.reset(seed=1)
    env.step(FORWARD)
    expected = walk.position.copy(), walk.reward.copy(), False, False, {"who": "walk", "step": 1}

    assert same(expected, env.step(FORWARD))


def test_the_callers_action_is_neither_changed_nor_kept():
    """The environment gets a writable array of its own at each step of a skip."""
    env = GymWrapper(Walk(), RepeatAction(2))
    env.reset(seed=1)
    action = FORWARD.copy()

    env.step(action)
    first, second = env.unwrapped.asked[1:]
    first[:] = 9.0

    assert same(FORWARD, action)
    assert same(FORWARD, second)
    assert second.flags.writeable


def test_an_action_that_the_policy_changes_in_place_is_repeated_as_it_was_given():
    """The environment calls back into the policy's buffer in the middle of a skip."""
    action = FORWARD.copy()

    class Meddles(gym.Wrapper):
        def step(self, given):
            action[:] = 0.0
            return self.env.step(given)

    env = GymWrapper(Meddles(Walk()), RepeatAction(2))
    env.reset(seed=1)

    env.step(action)

    assert same([FORWARD, FORWARD], env.unwrapped.asked[1:])


def test_what_was_learned_goes_on_in_a_deployment():
    """The deployment shows its policy what the training environment would have shown."""
    env = GymWrapper(Walk(), LEARN | FrameStackObservation(2))
    episode_of(env, 1)
    seen: list[Any] = []

    def policy(observation):
        seen.append(observation)
        return FORWARD

    deployment = Deployment(
        policy,
        LEARN | FrameStackObservation(2),
        observation_space=LINE,
        memory=env.memory,
        sinks=(),
    )
    deployment.reset(np.array([3.0, 4.0]))

    env.unwrapped.np_random = Fixed([3.0, 4.0])
    observation, _ = env.reset()
    assert same(observation, np.array(seen[0]))


class Fixed:
    """A generator that draws what it was told."""

    def __init__(self, drawn: Any) -> None:
        self.drawn = drawn

    def uniform(self, *_: Any) -> Any:
        """Draw it."""
        return self.drawn


def test_what_was_learned_goes_on_in_another_environment():
    """The memory is a value: both go on from it, and neither sees the other."""
    env = GymWrapper(Walk(), LEARN)
    episode_of(env, 1)
    memory = env.memory

    other = GymWrapper(Walk(), LEARN, memory=memory)

    assert same(env.reset(seed=2), other.reset(seed=2))
    assert not same(memory, other.memory)
    assert memory.wrappers[0].count + 1 == other.memory.wrappers[0].count


def test_the_memory_of_another_stack_is_refused():
    """It has another number of wrappers."""
    memory = GymWrapper(Walk(), LEARN).memory

    with pytest.raises(ValueError, match="memory of the same stack"):
        GymWrapper(Walk(), LEARN | RepeatAction(2), memory=memory)


def test_time_is_counted_from_when_the_wrapper_was_made():
    """In seconds, by the clock that was given; an episode's time lies between its two ends."""
    ticks = iter([100.0, 101.0, 101.5, 103.0])
    stack = TimeLimit(2) | RecordEpisodeStatistics()
    env = GymWrapper(Walk(), stack, clock=lambda: next(ticks))

    env.reset(seed=1)
    env.step(FORWARD)
    *_, info = env.step(FORWARD)

    assert 2.0 == info["episode"]["t"]
    assert 3.0 == env.memory.wrappers[1].opened


def test_a_stack_that_needs_pictures_is_given_them():
    """One for each answer of the environment, as `render` draws it."""
    env = GymWrapper(Walk(render_mode="rgb_array"), Frames())

    env.reset(seed=1)
    picture, *_ = env.step(np.array([1.0, 1.0]))

    assert same(env.render(), picture)


def test_metadata_is_what_the_stack_announces():
    """Where a wrapper changes it; the environment keeps its own."""
    env = GymWrapper(Walk(), Slower())

    assert {"render_modes": ["rgb_array"], "render_fps": 5} == env.metadata
    assert 25 == env.unwrapped.metadata["render_fps"]


def test_the_action_is_passed_through_the_stack_at_each_step_of_a_skip():
    """What reaches the environment is the function of the action, as often as it is repeated."""
    env = GymWrapper(Walk(), TransformAction(np.negative, None) | RepeatAction(2))
    env.reset(seed=1)

    env.step(FORWARD)

    assert same([-FORWARD, -FORWARD], env.unwrapped.asked[1:])
