"""Statewrap's wrappers as Gymnasium's: each does, says and shows what Gymnasium's does."""

from __future__ import annotations

import copy
import inspect
import pickle
import time
import warnings
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.envs.registration import EnvSpec
from gymnasium.utils.env_checker import check_env

import statewrap.gym.wrappers as ours
from statewrap.core.same import same
from statewrap.gym.rows import AS_GYMNASIUM
from tests.gym.environments import Walk, episode_of
from tests.gym.twins import (
    CASES,
    NAMES,
    NATIVE,
    NUMERIC,
    cartpole,
    ours_around,
    pendulum,
    pictures,
    theirs_around,
)

OTHER_LIBRARIES = {"ArrayConversion", "JaxToNumpy", "JaxToTorch", "NumpyToTorch"}
WITHOUT_EXTRAS = sorted(set(NAMES) - OTHER_LIBRARIES - {"HumanRendering", "RecordVideo"})


def untimed(shown: list[Any]) -> list[Any]:
    """Leave out how long an episode took."""
    for *_, info in shown:
        info.get("episode", {}).pop("t", None)
    return shown


def test_there_is_one_for_each_of_gymnasiums():
    """By the same names, and no others."""
    assert NAMES == sorted(ours.__all__) == sorted(CASES)


@pytest.mark.parametrize("name", sorted(set(NAMES) - OTHER_LIBRARIES))
def test_takes_gymnasiums_arguments(name):
    """In the same order, with the same defaults; what is added is given by keyword alone."""
    theirs = inspect.signature(getattr(gym.wrappers, name)).parameters
    mine = inspect.signature(getattr(ours, name)).parameters
    added = {key: p for key, p in mine.items() if key not in theirs}

    assert list(theirs) == [key for key in mine if key in theirs]
    for key, parameter in theirs.items():
        assert parameter.kind is mine[key].kind
        if key != "gc_trigger":  # a function of their own
            assert parameter.default == mine[key].default
    assert all(p.kind is p.KEYWORD_ONLY for p in added.values())


@pytest.mark.parametrize("name", NATIVE)
def test_does_by_default_what_the_table_says_that_gymnasium_does(name):
    """The defaults of a twin and what `from_env` makes of Gymnasium's are one."""
    mine = inspect.signature(getattr(ours, name)).parameters

    said = AS_GYMNASIUM.get(name, {})

    assert said == {key: mine[key].default for key in said}


@pytest.mark.parametrize("name", NUMERIC)
def test_shows_what_gymnasiums_shows(name):
    """Bit for bit over several episodes, spaces, draws and what comes after them included."""
    steps = 30 if name == "AtariPreprocessing" else 120
    theirs = theirs_around(name, CASES[name].make())
    mine = ours_around(name, CASES[name].make())

    expected = untimed(episode_of(theirs, 3, steps))
    actual = untimed(episode_of(mine, 3, steps))

    assert theirs.observation_space == mine.observation_space
    assert theirs.action_space == mine.action_space
    assert same(expected, actual)
    assert theirs.np_random.random() == mine.np_random.random()


@pytest.mark.parametrize("name", ["AddWhiteNoise", "ObstructView"])
@pytest.mark.parametrize("grey", [False, True])
def test_draws_the_noise_that_gymnasiums_draws(name, grey):
    """With each `render`, from the environment's generator."""
    arguments = {**CASES[name].arguments, "is_noise_grayscale": grey}
    theirs = getattr(gym.wrappers, name)(pictures(), **arguments)
    mine = getattr(ours, name)(pictures(), **arguments)
    theirs.reset(seed=1)
    mine.reset(seed=1)

    assert same([theirs.render() for _ in range(3)], [mine.render() for _ in range(3)])


@pytest.mark.parametrize("name", WITHOUT_EXTRAS)
def test_the_spec_makes_the_same_again(name):
    """Through JSON, arrays, functions and dtypes included, of which Gymnasium's says nothing."""
    env = ours_around(name, CASES[name].make())

    with warnings.catch_warnings(action="ignore"):
        again = gym.make(EnvSpec.from_json(env.spec.to_json()))

    assert type(env) is type(again) or name in {"OrderEnforcing", "PassiveEnvChecker"}
    assert env.spec == again.spec
    assert env.observation_space == again.observation_space
    assert same(untimed(episode_of(env, 5, 12)), untimed(episode_of(again, 5, 12)))


@pytest.mark.parametrize("copied", ["copy", "pickle"])
@pytest.mark.parametrize("name", sorted(set(WITHOUT_EXTRAS) - {"AtariPreprocessing"}))
def test_a_copy_goes_on_alike(name, copied):
    """In the middle of an episode, by standard pickle too."""
    env = ours_around(
        name, CASES[name].make().unwrapped if name != "TimeAwareObservation" else CASES[name].make()
    )
    env.reset(seed=2)
    env.action_space.seed(2)
    env.step(env.action_space.sample())

    twin = copy.deepcopy(env) if copied == "copy" else pickle.loads(pickle.dumps(env))  # noqa: S301
    actions = [env.action_space.sample() for _ in range(4)]

    assert same([env.step(a) for a in actions], [twin.step(a) for a in actions])


def checked(env: gym.Env) -> str | None:
    """Let Gymnasium's checker look at an environment; return what it says, if it refuses it."""
    with warnings.catch_warnings(action="ignore"):
        try:
            check_env(env, skip_render_check=True)
        except AssertionError as error:
            return str(error)
    return None


@pytest.mark.parametrize("name", sorted(set(NUMERIC) - {"AtariPreprocessing"}))
def test_check_env_says_what_it_says_of_gymnasiums(name):
    """It passes, but for those of which a seed does not tell all: what learns, and stale frames."""
    theirs, mine = (around(name, CASES[name].make()) for around in (theirs_around, ours_around))

    said = checked(mine)

    assert checked(theirs) == said
    assert (said is None) == (name not in {"NormalizeObservation", "NormalizeReward"})


@pytest.mark.parametrize("name", ["FrameStackObservation", "NormalizeObservation", "StickyAction"])
def test_make_vec_takes_it(name):
    """As a wrapper, and shows what Gymnasium's shows there."""

    def vector(around):
        envs = gym.make_vec("CartPole-v1", 2, "sync", wrappers=[lambda env: around(name, env)])
        shown = [envs.reset(seed=4)[0], *(envs.step(np.array([1, 0]))[0] for _ in range(40))]
        envs.close()
        return shown

    assert same(vector(theirs_around), vector(ours_around))


# -- errors ----------------------------------------------------------------------------------------

WRONG = [
    ("AtariPreprocessing", pictures, {}),
    ("ClipAction", cartpole, {}),
    ("ClipReward", cartpole, {}),
    ("DelayObservation", cartpole, {"delay": 1.5}),
    ("DelayObservation", cartpole, {"delay": -1}),
    ("DiscretizeAction", cartpole, {"bins": 3}),
    ("DiscretizeObservation", cartpole, {"bins": 3}),
    ("DtypeObservation", cartpole, {"dtype": "text"}),
    ("FilterObservation", cartpole, {"filter_keys": ["x"]}),
    ("FrameStackObservation", cartpole, {"stack_size": 0}),
    ("FrameStackObservation", cartpole, {"stack_size": 2, "padding_type": "ones"}),
    ("GrayscaleObservation", cartpole, {}),
    ("HumanRendering", cartpole, {}),
    ("MaxAndSkipObservation", cartpole, {"skip": 1}),
    ("NormalizeObservation", cartpole, {"epsilon": 0}),
    ("NormalizeReward", cartpole, {"gamma": 2}),
    ("RenderCollection", cartpole, {}),
    ("RepeatAction", cartpole, {"num_repeats": 0}),
    ("RescaleAction", cartpole, {"min_action": -1, "max_action": 1}),
    ("RescaleObservation", cartpole, {"min_obs": -1, "max_obs": 1}),
    ("ReshapeObservation", cartpole, {"shape": (3, 3)}),
    ("ResizeObservation", cartpole, {"shape": (3, 3)}),
    ("StickyAction", cartpole, {"repeat_action_probability": 1}),
    ("TimeAwareObservation", Walk, {}),
    ("TimeLimit", cartpole, {"max_episode_steps": 0}),
    ("TimeLimit", cartpole, {"max_episode_steps": 1.5}),
]


def refusal(wrapper, env, arguments) -> Exception:
    """Return what a wrapper raises when it is made."""
    with warnings.catch_warnings(action="ignore"):
        try:
            wrapper(env, **arguments)
        except Exception as error:
            return error
    raise AssertionError("It was made.")


@pytest.mark.parametrize(("name", "make", "arguments"), WRONG)
def test_refuses_with_gymnasiums_type_of_error(name, make, arguments):
    """When it is made, not at the first step."""
    theirs = refusal(getattr(gym.wrappers, name), make(), arguments)
    mine = refusal(getattr(ours, name), make(), arguments)

    assert isinstance(mine, type(theirs))


def test_what_a_users_function_raises_arrives_as_it_is():
    """With no wrapping, as from Gymnasium's."""

    def refuse(x):
        raise ZeroDivisionError("never")

    env = ours.TransformObservation(cartpole(), refuse, None)

    with pytest.raises(ZeroDivisionError, match="never"):
        env.reset(seed=0)


def test_a_step_before_the_first_reset_is_refused_by_the_one_that_enforces_it():
    """And rendering too, unless that is allowed."""
    env = ours.OrderEnforcing(pictures().unwrapped)
    free = ours.OrderEnforcing(pictures().unwrapped, disable_render_order_enforcing=True)

    with pytest.raises(gym.error.ResetNeeded, match=r"env\.step"):
        env.step(0)
    with pytest.raises(gym.error.ResetNeeded, match=r"env\.render"):
        env.render()
    assert free.render().shape == (6, 8, 3)
    assert not env.has_reset
    env.reset()
    assert env.has_reset
    assert env.render().shape == (6, 8, 3)


# -- attributes ------------------------------------------------------------------------------------


def played(env: gym.Env, steps: int = 9) -> gym.Env:
    """Play on."""
    env.reset(seed=1)
    env.action_space.seed(1)
    for _ in range(steps):
        env.step(env.action_space.sample())
    return env


READ = {
    "Autoreset": ("autoreset",),
    "DelayObservation": ("delay", "observation_queue"),
    "DiscretizeObservation": ("multidiscrete",),
    "FrameStackObservation": ("stack_size", "padding_type", "obs_queue"),
    "MaxAndSkipObservation": ("_skip", "_obs_buffer"),
    "NormalizeObservation": ("epsilon", "update_running_mean", "_update_running_mean"),
    "NormalizeReward": ("gamma", "epsilon", "update_running_mean", "discounted_reward"),
    "OrderEnforcing": ("has_reset", "_has_reset", "_disable_render_order_enforcing"),
    "PassiveEnvChecker": ("checked_reset", "checked_step", "checked_render", "close_called"),
    "RecordEpisodeStatistics": (
        *("episode_count", "episode_returns", "episode_lengths"),
        *("return_queue", "length_queue", "_stats_key"),
    ),
    "RepeatAction": ("num_repeats",),
    "ReshapeObservation": ("shape",),
    "StickyAction": (
        *("repeat_action_probability", "repeat_action_duration_range"),
        *("last_action", "is_sticky_actions", "num_repeats", "repeats_taken"),
    ),
    "TimeAwareObservation": ("max_timesteps", "timesteps", "flatten", "normalize_time"),
    "TimeLimit": ("_max_episode_steps", "_elapsed_steps"),
}


@pytest.mark.parametrize("name", READ)
def test_has_gymnasiums_attributes(name):
    """With the same values, before and after some steps."""
    theirs, mine = (around(name, CASES[name].make()) for around in (theirs_around, ours_around))
    for steps in (None, 0, 5):
        if steps is not None:
            played(theirs, steps)
            played(mine, steps)
        for attribute in READ[name]:
            assert same(getattr(theirs, attribute), getattr(mine, attribute)), attribute


@pytest.mark.parametrize(
    ("name", "rms"), [("NormalizeObservation", "obs_rms"), ("NormalizeReward", "return_rms")]
)
def test_has_gymnasiums_statistics(name, rms):
    """An object with mean, variance and count, of the same dtypes."""
    theirs, mine = (
        played(around(name, CASES[name].make())) for around in (theirs_around, ours_around)
    )

    for part in ("mean", "var"):
        assert same(
            np.asarray(getattr(getattr(theirs, rms), part)),
            np.asarray(getattr(getattr(mine, rms), part)),
        )
    assert getattr(theirs, rms).count == getattr(mine, rms).count


@pytest.mark.parametrize("name", ["NormalizeObservation", "NormalizeReward"])
def test_learning_may_be_switched_off_and_on_as_gymnasiums(name):
    """What is shown stays bit-equal through all of it."""

    def shown(around):
        env = around(name, CASES[name].make())
        told = []
        for learning in (True, False, True):
            env.update_running_mean = learning
            assert learning is env.update_running_mean
            told += episode_of(env, 2, 25)
        return told

    assert same(shown(theirs_around), shown(ours_around))


def test_statistics_are_shared_saved_and_set_as_gymnasiums():
    """An evaluation environment sees what the training environment learns."""

    def shown(wrapper):
        train, test = (wrapper(cartpole()) for _ in range(2))
        played(train)
        test.obs_rms = train.obs_rms
        test.update_running_mean = False
        first = played(test, 3).step(0)
        played(train)
        train.obs_rms.mean = train.obs_rms.mean + 1
        return first, test.reset(seed=5), test.step(1)

    assert same(shown(gym.wrappers.NormalizeObservation), shown(ours.NormalizeObservation))


def test_return_statistics_may_be_set():
    """From another run, say."""

    def shown(wrapper):
        old, env = wrapper(pendulum()), wrapper(pendulum())
        env.return_rms = played(old).return_rms
        return episode_of(env, 1, 5)

    assert same(shown(gym.wrappers.NormalizeReward), shown(ours.NormalizeReward))


def test_arguments_may_be_set():
    """As people do with a limit; the next step knows."""
    env = ours.TimeLimit(cartpole(), 100)
    env.reset(seed=0)
    env._max_episode_steps = 1

    assert env.step(0)[3]
    assert 1 == env.max_episode_steps
    repeat = ours.RepeatAction(cartpole(), 1)
    repeat.num_repeats = 3
    repeat.reset(seed=0)
    assert 3.0 == repeat.step(0)[1]


def test_states_may_be_set():
    """Those that Gymnasium keeps in plain attributes."""
    limit = played(ours.TimeLimit(cartpole(), 9), 1)
    limit._elapsed_steps = 8
    auto = ours.Autoreset(cartpole())
    auto.reset(seed=0)
    auto.autoreset = True
    sticky = played(ours.StickyAction(cartpole(), 0.5), 1)
    sticky.last_action = None
    clock = played(ours.TimeAwareObservation(cartpole()), 1)
    clock.timesteps = 40
    order = ours.OrderEnforcing(Walk())
    order._has_reset = True

    assert limit.step(0)[3]
    assert 0.0 == auto.step(0)[1]
    assert sticky.last_action is None
    assert 41.0 == clock.step(0)[0][-1]
    assert order.has_reset


@pytest.mark.parametrize("name", ["FlattenObservation", "ResizeObservation", "DtypeObservation"])
def test_an_observation_wrapper_has_its_function(name):
    """As `func`, and as the method `observation`."""
    theirs, mine = (around(name, CASES[name].make()) for around in (theirs_around, ours_around))
    seen = theirs.env.observation_space.sample()

    assert isinstance(mine, gym.ObservationWrapper)
    assert same(theirs.func(seen), mine.func(seen))
    assert same(theirs.observation(seen), mine.observation(seen))


def test_an_action_wrapper_has_its_function():
    """As `func`, and as the method `action`."""
    theirs, mine = (around("RescaleAction", pendulum()) for around in (theirs_around, ours_around))
    act = np.array([0.25], np.float32)

    assert isinstance(mine, gym.ActionWrapper)
    assert same(theirs.func(act), mine.func(act))
    assert same(theirs.action(act), mine.action(act))


def test_a_reward_wrapper_has_its_function():
    """As `func`, and as the method `reward`."""
    mine = ours.ClipReward(cartpole(), -1.0, 1.0)

    assert isinstance(mine, gym.RewardWrapper)
    assert 1.0 == mine.func(7.0) == mine.reward(7.0)


@pytest.mark.parametrize("name", ["TransformAction", "TransformObservation", "TransformReward"])
def test_a_transformation_has_the_function_that_was_given(name):
    """The very one."""
    assert CASES[name].arguments["func"] is ours_around(name, CASES[name].make()).func


def test_bins_are_reverted():
    """An observation to the edges of its bins, an action to the number of its own."""
    seen = ours_around("DiscretizeObservation", pendulum())
    acts = ours_around("DiscretizeAction", pendulum())
    their_acts = theirs_around("DiscretizeAction", pendulum())
    shown = seen.reset(seed=0)[0]
    low, high = seen.revert_observation(shown)
    action = np.array([0.7], np.float32)

    assert all(low <= high)
    assert their_acts.revert_action(action) == acts.revert_action(action)


def test_a_games_lives_are_told():
    """With the emulator, as an attribute of the wrapper."""
    env = ours_around("AtariPreprocessing", CASES["AtariPreprocessing"].make())
    env.reset(seed=0)
    env.step(1)

    assert 5 == env.lives == env.ale.lives()
    assert not env.game_over
    assert (21, 21) == env.screen_size


def test_lost_lives_end_episodes_as_gymnasiums():
    """And are counted by the wrapper."""

    def shown(wrapper):
        env = wrapper(CASES["AtariPreprocessing"].make(), noop_max=0, terminal_on_life_loss=True)
        env.reset(seed=0)
        told = []
        for step in range(60):
            *_, terminated, truncated, _ = env.step(1 if step % 20 == 0 else 3)
            told.append((terminated, env.lives, env.game_over))
            if terminated or truncated:
                env.reset()
        return told

    assert shown(gym.wrappers.AtariPreprocessing) == shown(ours.AtariPreprocessing)


def test_a_subclass_of_a_users_own_keeps_the_wrapper():
    """With another name and other arguments."""

    class Short(ours.TimeLimit):
        def __init__(self, env):
            super().__init__(env, 3)

    env = played(Short(Walk()), 2)

    assert env.step(np.zeros(2))[3]


def test_statistics_may_be_given():
    """With them it learns no more, or goes on from them."""
    known = ours_around("NormalizeObservation", cartpole())
    played(known)

    frozen = ours.NormalizeObservation(cartpole(), statistics=known.obs_rms, mode="frozen")
    learning = ours.NormalizeObservation(cartpole(), statistics=known.obs_rms)
    learning.reset()

    assert same(known.obs_rms.mean, frozen.obs_rms.mean)
    assert not frozen.update_running_mean
    assert known.obs_rms.count + 1 == learning.obs_rms.count


def test_learning_may_be_switched_off_by_gymnasiums_other_name():
    """The attribute behind the property."""
    env = ours.NormalizeObservation(cartpole())
    env._update_running_mean = False

    assert not env.update_running_mean


def test_times_of_episodes_are_told():
    """In seconds, by a clock that Gymnasium reads too."""
    env = ours.RecordEpisodeStatistics(ours.TimeLimit(cartpole(), 1))
    before = time.perf_counter()
    env.reset(seed=0)

    assert before <= env.episode_start_time <= time.perf_counter()
    *_, info = env.step(0)
    assert [info["episode"]["t"]] == list(env.time_queue)
    assert 100 == env.time_queue.maxlen


def test_a_game_whose_first_action_is_no_noop_is_refused():
    """No-ops could not be sent; an environment that skips itself is refused as well."""

    class Game(Walk):
        _frameskip = 1

        def get_action_meanings(self):
            return ["FIRE"]

    with pytest.raises(ValueError, match="'NOOP'"):
        ours.AtariPreprocessing(Game())
    with pytest.raises(ValueError, match="frame-skipping"):
        ours.AtariPreprocessing(Walk())


@pytest.mark.parametrize("name", ["ArrayConversion", "NumpyToTorch"])
def test_pictures_are_converted_as_well(name):
    """To the policy's library."""
    if name == "NumpyToTorch":
        pytest.importorskip("torch")
    env = ours_around(name, pictures())
    env.reset(seed=0)

    assert (6, 8, 3) == tuple(env.render().shape)
    assert type(env.render()) is type(env.reset()[0])


def test_what_collects_its_pictures_is_not_asked_for_them():
    """An `AddRenderObservation` needs one at a time."""
    with pytest.raises(ValueError, match="render_mode"):
        ours.AddRenderObservation(cartpole())
