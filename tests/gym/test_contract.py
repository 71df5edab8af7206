"""A GymWrapper is an ordinary Gymnasium environment: checker, spaces, spec, vectors, copies."""

from __future__ import annotations

import copy
import pickle

import cloudpickle
import gymnasium as gym
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AsyncVectorEnv, SyncVectorEnv
from gymnasium.wrappers import FrameStackObservation as TheirFrames
from gymnasium.wrappers import RescaleAction as TheirRescale
from gymnasium.wrappers import TimeLimit as TheirLimit

from statewrap.core.same import same
from statewrap.core.wrapper import Stack
from statewrap.gym import GymWrapper
from statewrap.wrappers.clip import ClipReward
from statewrap.wrappers.frame_stack import FrameStackObservation
from statewrap.wrappers.normalize_observation import NormalizeObservation
from statewrap.wrappers.random_reset import RandomReset
from statewrap.wrappers.record_statistics import RecordEpisodeStatistics
from statewrap.wrappers.repeat_action import RepeatAction
from statewrap.wrappers.rescale_action import RescaleAction
from statewrap.wrappers.time_limit import TimeLimit
from statewrap.wrappers.transform import TransformObservation
from tests.gym.environments import Walk, episode_of, halved

KNOWN = {"mean": np.zeros(4, np.float32), "var": np.full(4, 0.5, np.float32), "count": 9.0}
FROZEN = NormalizeObservation(statistics=KNOWN)
STACKS = {
    "nothing": Stack(),
    "the usual": TimeLimit(50) | FROZEN | FrameStackObservation(4) | ClipReward(-1, 1),
    "a skip": RepeatAction(3) | FrameStackObservation(2, padding_type="zero") | TimeLimit(9),
    "a random reset": RandomReset(5) | RecordEpisodeStatistics(),
}


def as_dict(x):
    """Return an observation in two parts."""
    return {"place": x[:2], "rest": x[2:]}


@pytest.mark.filterwarnings("ignore:.*is different from the unwrapped version:UserWarning")
@pytest.mark.filterwarnings("ignore:.*Box (action|observation) space:UserWarning")
@pytest.mark.parametrize("stack", STACKS.values(), ids=STACKS)
def test_check_env_passes(stack):
    """Gymnasium's checker, with warnings as errors but for those that any wrapper brings."""
    check_env(GymWrapper(gym.make("CartPole-v1"), stack), skip_render_check=True)


@pytest.mark.filterwarnings("ignore:.*is different from the unwrapped version:UserWarning")
def test_check_env_passes_with_actions_and_observations_of_other_spaces():
    """A Box of actions in another range, and a Dict of frames."""
    space = Dict(place=Box(-1.0, 1.0, (2,)), rest=Box(-8.0, 8.0, (1,)))
    stack = TransformObservation(as_dict, space) | FrameStackObservation(3) | RescaleAction(-1.0, 1)

    check_env(GymWrapper(gym.make("Pendulum-v1"), stack), skip_render_check=True)


def test_announces_the_spaces_that_gymnasiums_wrappers_announce():
    """Those at the top of the stack."""
    stack = RescaleAction(np.float32(-0.5), np.float32(0.5)) | FrameStackObservation(3)
    theirs = TheirFrames(
        TheirRescale(gym.make("Pendulum-v1"), np.float32(-0.5), np.float32(0.5)), 3
    )

    env = GymWrapper(gym.make("Pendulum-v1"), stack)

    assert theirs.observation_space == env.observation_space
    assert theirs.action_space == env.action_space


@pytest.mark.parametrize("stack", STACKS.values(), ids=STACKS)
def test_shows_what_its_space_announces(stack):
    """Every observation is in the space, by Gymnasium's own measure."""
    env = GymWrapper(gym.make("CartPole-v1"), stack)

    shown = [observation for observation, *_ in episode_of(env, 3)]

    assert all(observation in env.observation_space for observation in shown)


@pytest.mark.parametrize(
    "stack",
    [
        *STACKS.values(),
        RepeatAction(4) | TimeLimit(10),
        TimeLimit(1000),
        TimeLimit(3) | ClipReward(0),
    ],
    ids=str,
)
def test_the_spec_makes_the_same_again(stack):
    """What `gymnasium.make` makes of it plays the same episodes, and has the same spec."""
    env = GymWrapper(gym.make("CartPole-v1", max_episode_steps=60), stack)

    again = gym.make(env.spec)

    assert isinstance(again, GymWrapper)
    assert env.stack == again.stack
    assert env.spec == again.spec
    assert same(without_times(episode_of(env, 5)), without_times(episode_of(again, 5)))


def without_times(shown):
    """Leave out how long an episode took."""
    for *_, info in shown:
        info.get("episode", {}).pop("t", None)
    return shown


def test_the_spec_keeps_what_was_learned_before():
    """A wrapper made with a memory is made again with it."""
    env = GymWrapper(gym.make("CartPole-v1"), NormalizeObservation(mode="learn"))
    episode_of(env, 1)
    learned = GymWrapper(
        gym.make("CartPole-v1"), NormalizeObservation(mode="learn"), memory=env.memory
    )

    again = gym.make(learned.spec)

    assert same(env.memory.wrappers, again.memory.wrappers)


@pytest.mark.parametrize("limit", [7, 60, 100])
def test_the_spec_tells_a_limit_as_gymnasiums_time_limit_does(limit):
    """Where the stack begins with it; and never more than the environment allows."""
    make = gym.make("CartPole-v1", max_episode_steps=60)

    env = GymWrapper(make, TimeLimit(limit) | ClipReward(-1, 1))

    assert min(60, TheirLimit(make, limit).spec.max_episode_steps) == env.spec.max_episode_steps


def test_the_spec_of_the_environment_is_not_changed():
    """It is a copy: the limit and the wrapper are added, and the limit at the bottom is kept."""
    make = gym.make("CartPole-v1")
    before = copy.deepcopy(make.spec)

    spec = GymWrapper(make, TimeLimit(7)).spec

    assert before == make.spec
    added = [wrapper.name for wrapper in spec.additional_wrappers]
    assert ["bottom_limit", "GymWrapper"] == added


def test_an_environment_without_a_spec_has_none():
    """There is nothing to make it from."""
    assert GymWrapper(Walk(), TimeLimit(7)).spec is None


def test_render_mode_metadata_and_pictures_are_the_environments():
    """The stack has no say in them."""
    walk = Walk(render_mode="rgb_array")

    env = GymWrapper(walk, TimeLimit(7))
    env.reset(seed=0)

    assert "rgb_array" == env.render_mode
    assert walk.metadata is env.metadata
    assert same(walk.render(), env.render())
    assert env.unwrapped is walk


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:os.fork:RuntimeWarning")  # of jax, if a test has imported it
@pytest.mark.parametrize("vector", [SyncVectorEnv, AsyncVectorEnv])
def test_a_vector_of_them_shows_what_each_shows_alone(vector):
    """Two in one vector, in this process and in two of their own."""
    stack = RepeatAction(2) | FROZEN | FrameStackObservation(2)

    def make():
        return GymWrapper(gym.make("CartPole-v1"), stack)

    alone = [make(), make()]
    expected = [env.reset(seed=seed)[0] for seed, env in enumerate(alone)]
    then = [env.step(1)[0] for env in alone]
    envs = vector([make, make])
    observations, _ = envs.reset(seed=0)
    after, *_ = envs.step(np.array([1, 1]))
    envs.close()

    assert same(np.stack(expected), observations)
    assert same(np.stack(then), after)


def test_make_vec_takes_it_as_a_wrapper_and_as_a_spec():
    """Both ways in which Gymnasium makes vectors."""
    stack = RepeatAction(2) | FrameStackObservation(2)
    spec = GymWrapper(gym.make("CartPole-v1"), stack).spec

    wrapped = gym.make_vec(
        "CartPole-v1",
        2,
        vectorization_mode="sync",
        wrappers=[lambda env: GymWrapper(env, stack)],
    )
    made = gym.make_vec(spec, 2, vectorization_mode="sync")

    assert (2, 2, 4) == wrapped.reset(seed=0)[0].shape
    assert same(wrapped.reset(seed=0), made.reset(seed=0))


def pickled(env):
    """Send it through pickle."""
    return pickle.loads(pickle.dumps(env))  # noqa: S301 - our own bytes


@pytest.mark.parametrize("copied", [copy.deepcopy, pickled])
def test_a_copy_goes_on_alike_and_apart(copied):
    """In the middle of an episode, learned statistics and frames included."""
    stack = NormalizeObservation(mode="learn") | RandomReset(3) | FrameStackObservation(3)
    env = GymWrapper(gym.make("CartPole-v1").unwrapped, stack)
    env.reset(seed=0)
    env.step(1)

    twin = copied(env)
    expected = [env.step(action) for action in (0, 1, 1)]
    actual = [twin.step(action) for action in (0, 1, 1)]

    assert same(expected, actual)
    assert same(env.memory, twin.memory)
    twin.step(0)
    assert not same(env.memory, twin.memory)


def test_a_stack_of_nameless_functions_passes_through_cloudpickle():
    """As it must where processes of their own step the environments."""
    env = GymWrapper(Walk(), TransformObservation(lambda x: x / 2, None))

    twin = cloudpickle.loads(cloudpickle.dumps(env))

    assert same(env.reset(seed=1), twin.reset(seed=1))


def test_gymnasiums_wrappers_go_above_and_below():
    """The stack sees what they show, and they see what it shows."""
    stack = RepeatAction(2) | TransformObservation(halved, None)
    theirs = TheirLimit(TheirFrames(gym.make("CartPole-v1"), 2), 50)

    env = TheirLimit(TheirFrames(GymWrapper(theirs, stack), 3), 4)
    observation, _ = env.reset(seed=0)
    truncated = [env.step(step % 2)[3] for step in range(4)]

    assert (3, 2, 4) == observation.shape
    assert [False, False, False, True] == truncated


def test_discrete_actions_may_be_of_any_kind_that_their_space_allows():
    """A numpy scalar, an int and a 0-d array say the same."""

    def shown(kind):
        env = GymWrapper(gym.make("CartPole-v1"), RepeatAction(2))
        env.reset(seed=0)
        return env.step(kind(1))

    assert Discrete(2) == GymWrapper(gym.make("CartPole-v1"), RepeatAction(2)).action_space
    assert same(shown(int), shown(np.int64))
    assert same(shown(int), shown(np.array))


def test_an_empty_space_that_the_stack_announces_is_announced() -> None:
    """An empty Dict space is false, and a space all the same."""
    blind = TransformObservation(dict.fromkeys, Dict({}))
    assert Dict({}) == GymWrapper(gym.make("CartPole-v1"), blind).observation_space
