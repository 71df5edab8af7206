"""Stable-Baselines3: it trains in twins, and its own wrappers are recognised."""

from __future__ import annotations

import copy
import warnings
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import statewrap.gym.wrappers as ours
import statewrap.wrappers as native
from statewrap.core.same import same
from statewrap.core.wrapper import Stack
from statewrap.deployment import Deployment
from statewrap.gym import explain, from_env
from statewrap.gym.sb3 import _ATTRIBUTES
from tests.gym.twins import parts

sb3 = pytest.importorskip("stable_baselines3")
from stable_baselines3.common import atari_wrappers, monitor, vec_env  # noqa: E402

MADE = (native.PassiveEnvChecker(), native.OrderEnforcing(), native.TimeLimit(500))


def policy(observation: Any) -> int:
    """Act on every bit of an observation."""
    return int(abs(float(np.sum(observation))) * 1000) % 2


def cartpole() -> gym.Env:
    """Make an environment as Stable-Baselines3 makes them."""
    return monitor.Monitor(gym.make("CartPole-v1"))


def test_trains_in_twins():
    """PPO, in an environment of twins; then it goes into production with them."""
    env = ours.FrameStackObservation(
        ours.NormalizeReward(ours.NormalizeObservation(gym.make("CartPole-v1"))), 2
    )
    with warnings.catch_warnings(action="ignore"):
        model = sb3.PPO("MlpPolicy", env, n_steps=64, batch_size=32, n_epochs=1, device="cpu")
        model.learn(128)
    learned = env.env.env.obs_rms.count

    deployment = Deployment.from_env(model.get_env(), learn=False, sinks=())

    wrappers = {type(wrapper).__name__: wrapper for wrapper in deployment.stack}
    assert learned > 128
    assert learned == wrappers["NormalizeObservation"].statistics.count
    assert native.Monitor() == deployment.stack[-1]


STACKS = {
    "normalised": vec_env.VecNormalize,
    "normalised, not the rewards": lambda venv: vec_env.VecNormalize(venv, norm_reward=False),
    "not the observations": lambda venv: vec_env.VecNormalize(venv, norm_obs=False),
    "learning no more": lambda venv: vec_env.VecNormalize(venv, training=False),
    "stacked": lambda venv: vec_env.VecFrameStack(venv, 3),
    "stacked along the first": lambda venv: vec_env.VecFrameStack(venv, 3, channels_order="first"),
    "both": lambda venv: vec_env.VecFrameStack(vec_env.VecNormalize(venv, clip_obs=1.0), 4),
    "looked at": lambda venv: vec_env.VecCheckNan(vec_env.VecMonitor(vec_env.VecNormalize(venv))),
}


@pytest.mark.parametrize("steps", [1, 30])
@pytest.mark.parametrize("wrap", STACKS.values(), ids=STACKS)
def test_a_vector_of_one_goes_on_in_a_deployment(wrap, steps):
    """Bit for bit, up to the end of the episode."""
    with warnings.catch_warnings(action="ignore"):  # of two monitors
        vector = wrap(vec_env.DummyVecEnv([cartpole]))
    vector.seed(3)
    seen = vector.reset()[0].copy()
    for _ in range(steps):
        seen = vector.step(np.array([policy(seen)]))[0][0].copy()
    plant = copy.deepcopy(vector.unwrapped.envs[0].unwrapped)
    shown: list[Any] = []
    deployment = Deployment.from_env(
        vector, lambda o: shown.append(o) or policy(o), shown=seen, on_reset="request", sinks=()
    )

    expected, over = [seen], False
    while not over:
        observations, _, dones, _ = vector.step(np.array([policy(expected[-1])]))
        over = dones[0]
        expected += [] if over else [observations[0].copy()]
    action = deployment.decide()
    while action is not None and len(shown) < len(expected):
        action = deployment.act(*plant.step(action))

    assert same(expected, [np.array(one) for one in shown])


def test_parts_of_observations_are_recognised():
    """With statistics and frames of each."""
    vector = vec_env.VecFrameStack(
        vec_env.VecNormalize(vec_env.DummyVecEnv([parts]), norm_obs_keys=["arm"]), 2
    )
    vector.reset()
    vector.step(np.array([0]))

    stack, memory = from_env(vector)

    assert ("arm",) == stack[-2].norm_obs_keys
    assert {"arm": "last", "hand": "last"} == stack[-1].channels_order
    assert ["arm"] == list(memory.wrappers[-2].obs_rms)
    assert {"arm": (4,), "hand": (2,)} == {k: v.shape for k, v in memory.wrappers[-1].items()}


def test_the_atari_wrappers_are_recognised():
    """One by one: what makes them all adds nothing."""
    ale_py = pytest.importorskip("ale_py")
    gym.register_envs(ale_py)

    def make():
        return atari_wrappers.AtariWrapper(
            monitor.Monitor(gym.make("BreakoutNoFrameskip-v4")), action_repeat_probability=0.25
        )

    vector = vec_env.VecTransposeImage(vec_env.VecFrameStack(vec_env.DummyVecEnv([make]), 4))
    vector.seed(1)
    vector.reset()
    for _ in range(5):
        vector.step(np.array([1]))

    stack, memory = from_env(vector)
    held = dict(zip((type(wrapper).__name__ for wrapper in stack), memory.wrappers, strict=True))

    assert (
        *MADE[:2],
        native.Monitor(),
        native.StickyActionEnv(0.25),
        native.NoopResetEnv(30),
        native.MaxAndSkipEnv(4, stale_frames=True),
        native.EpisodicLifeEnv(),
        native.FireResetEnv(stale_frames=True),
        native.WarpFrame(84, 84),
        native.ClipRewardEnv(),
        native.VecFrameStack(4, "last"),
        native.VecTransposeImage(),
    ) == stack.wrappers
    assert held["EpisodicLifeEnv"].left == vector.unwrapped.envs[0].unwrapped.ale.lives()
    assert held["Monitor"].length == len(vector.unwrapped.envs[0].get_wrapper_attr("rewards"))
    assert held["StickyActionEnv"].act.action in (0, 1, 2)
    assert held["VecFrameStack"].any()


def test_a_monitor_whose_episode_is_over_remembers_nothing():
    """It needs a reset."""
    env = cartpole()

    assert not from_env(env)[1].wrappers[-1].open


def test_the_table_tells_what_is_left_out():
    """The vector, of which a deployment is one."""
    text = str(explain(vec_env.VecNormalize(vec_env.DummyVecEnv([cartpole]))))

    assert "DummyVecEnv" in text
    assert "opens the next episode itself" in text


def test_environments_in_other_processes_cannot_be_seen():
    """What to do is said."""

    class SubprocVecEnv:
        __module__ = "stable_baselines3.common.vec_env.subproc_vec_env"
        remotes = ()

    with pytest.raises(TypeError, match="DummyVecEnv"):
        from_env(SubprocVecEnv())


def test_there_is_a_row_for_each_of_statewraps():
    """Whatever is named after Stable-Baselines3's wrappers is recognised."""
    stack, _ = from_env(vec_env.DummyVecEnv([lambda: gym.make("CartPole-v1")]))

    assert Stack(*MADE) == stack
    assert all(hasattr(native, name) for name in _ATTRIBUTES)
