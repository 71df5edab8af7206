"""What was learned, on its way into the arguments of a stack."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import wrappers as theirs

import statewrap.gym.wrappers as ours
import statewrap.wrappers as native
from statewrap.core.errors import ConfigurationError
from statewrap.core.same import same
from statewrap.core.wrapper import Below
from statewrap.deployment import Deployment
from statewrap.gym import GymWrapper, from_env, from_spec
from tests.gym.environments import episode_of
from tests.gym.twins import cartpole


def trained() -> gym.Env:
    """Make a stack of Gymnasium's that has learned from an episode."""
    env = theirs.NormalizeReward(
        theirs.FrameStackObservation(theirs.NormalizeObservation(cartpole()), 2)
    )
    episode_of(env, 1)
    return env


def moments(rms) -> dict:
    """Return the three parts of a `RunningMeanStd`."""
    return {"mean": rms.mean, "var": rms.var, "count": rms.count}


def test_a_spec_and_statistics_make_the_stack_that_is_put_to_use():
    """Bit for bit that of the environment; objects and mappings will do."""
    env = trained()

    stack = from_spec(
        env.spec.to_json(),
        statistics={
            "NormalizeObservation": moments(env.env.env.obs_rms),
            "NormalizeReward": env.return_rms,
        },
    )

    assert from_env(env, learn=False)[0] == stack
    assert ("frozen", "frozen") == (stack[3].mode, stack[5].mode)
    assert np.float32 == stack[3].statistics.mean.dtype


@pytest.mark.parametrize("numpys", [True, False])
def test_statistics_may_come_from_a_file(tmp_path, numpys):
    """As `numpy.load` opens it; or as lists, which JSON has."""
    env = theirs.NormalizeObservation(cartpole())
    episode_of(env, 1)
    np.savez(tmp_path / "obs_rms.npz", **moments(env.obs_rms))

    loaded = np.load(tmp_path / "obs_rms.npz")
    known = loaded if numpys else {key: loaded[key].tolist() for key in loaded}
    stack = from_spec(env.spec, statistics={"NormalizeObservation": known})

    assert env.obs_rms.mean.tolist() == stack[3].statistics.mean.tolist()
    assert numpys == (from_env(env, learn=False)[0] == stack)  # a list has no dtype
    loaded.close()


FRESH = """
import numpy as np
from pathlib import Path
from gymnasium.spaces import Box, Discrete
from statewrap import Deployment
from statewrap.gym import from_spec
stack = from_spec(Path("spec.json").read_text(), statistics={
    "NormalizeObservation": np.load("observations.npz"), "NormalizeReward": np.load("returns.npz")})
agent = Deployment(lambda seen: int(seen[-1, 2] > 0), stack, sinks=(),
    observation_space=Box(-np.inf, np.inf, (4,), np.float32), action_space=Discrete(2))
seen = [np.float32([0.1 * i, 0.2, 0.03 - 0.02 * i, 0.0]) for i in range(5)]
print([agent.act(one, *([1.0] if i else [])) for i, one in enumerate(seen)])
"""


def test_a_fresh_process_needs_the_files_alone(tmp_path):
    """And acts as a deployment of the environment does."""
    env = trained()
    (tmp_path / "spec.json").write_text(env.spec.to_json())
    np.savez(tmp_path / "observations.npz", **moments(env.env.env.obs_rms))
    np.savez(tmp_path / "returns.npz", **moments(env.return_rms))
    here = Deployment.from_env(env, lambda seen: int(seen[-1, 2] > 0), learn=False, sinks=())
    seen = [np.float32([0.1 * i, 0.2, 0.03 - 0.02 * i, 0.0]) for i in range(5)]
    expected = [here.act(one, *([1.0] if i else [])) for i, one in enumerate(seen)]

    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(root)!r})\n{FRESH}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)

    assert str(expected) == done.stdout.strip()


def test_several_layers_of_a_class_take_a_list_from_the_bottom_up():
    """One for each; twins and stacks in a `GymWrapper` are layers as well."""
    env = GymWrapper(
        ours.NormalizeObservation(theirs.NormalizeObservation(cartpole())),
        native.NormalizeObservation(mode="learn"),
    )
    known = [native.Moments(np.full(4, float(i)), np.ones(4), 9.0) for i in range(3)]

    stack = from_spec(env.spec, statistics={"NormalizeObservation": known})

    assert [0.0, 1.0, 2.0] == [wrapper.statistics.mean[0] for wrapper in stack[3:]]
    for wrong in (known[:2], known[0], []):
        with pytest.raises(ConfigurationError, match=r"3 layers.*list of 3"):
            from_spec(env.spec, statistics={"NormalizeObservation": wrong})


def test_the_statistics_of_a_vec_normalize_are_taken():
    """In the words that it takes itself."""
    stack = native.VecNormalize(mode="learn", clip_obs=5.0) | native.TimeLimit(9)
    one = native.Moments(np.zeros(4), np.ones(4), 9.0)
    known = {"obs_rms": one, "ret_rms": native.Moments(0.0, 1.0, 9.0)}

    found = from_spec(GymWrapper(cartpole(), stack).spec, statistics={"VecNormalize": known})

    assert native.VecNormalize(clip_obs=5.0, statistics=known) == found[3]


def test_what_was_frozen_keeps_its_statistics_unless_others_are_given():
    """A spec of statewrap's says them."""
    before = native.Moments(np.zeros(4), np.ones(4), 9.0)
    after = native.Moments(np.ones(4), np.ones(4), 9.0)
    env = ours.NormalizeObservation(cartpole(), statistics=before, mode="frozen")

    assert from_spec(env.spec, statistics={}) == from_spec(env.spec)
    found = from_spec(env.spec, statistics={"NormalizeObservation": after})
    assert native.NormalizeObservation(statistics=after) == found[3]


def test_a_layer_that_is_to_go_on_learning_is_named_with_none():
    """The others are frozen."""
    env = trained()
    known = {"NormalizeObservation": env.env.env.obs_rms, "NormalizeReward": None}

    stack = from_spec(env.spec, statistics=known)

    assert ("frozen", "learn") == (stack[3].mode, stack[5].mode)


REST = {"NormalizeObservation": None}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"NormalizeReward": [None, None], **REST}, r"1 layer NormalizeReward.*list of 1"),
        ({"NormalizeReward": 3, **REST}, r"NormalizeReward.*statistics is 3"),
        ({}, r"nothing of NormalizeObservation, NormalizeReward.*None"),
        ({"NormalizeObservation": None}, "nothing of NormalizeReward"),
        ({"NormaliseReward": None}, r"NormaliseReward.*did you mean 'NormalizeReward'\?"),
        ({"TimeLimit": 3}, r"TimeLimit.*are: NormalizeObservation, NormalizeReward"),
        ({"mean": 0, "var": 1, "count": 2}, r"'mean', 'var', 'count'.*class name"),
    ],
)
def test_layers_that_are_not_there_or_not_named_are_told(given, words):
    """With those that are, and what to write."""
    with pytest.raises(ConfigurationError, match=words):
        from_spec(trained().spec, statistics=given)


def test_a_stack_that_learns_nothing_takes_no_statistics():
    """Which is said."""
    with pytest.raises(ConfigurationError, match="no layer"):
        from_spec(cartpole().spec, statistics={"NormalizeObservation": None})


def test_statistics_that_are_no_mapping_are_refused():
    """With how they are written."""
    with pytest.raises(TypeError, match=r'statistics=\{"NormalizeObservation": '):
        from_spec(cartpole().spec, statistics=3)


def test_a_stack_taken_without_learning_is_enough_alone():
    """Its memory holds nothing that was learned; others may be put under it."""
    env = trained()

    stack, memory = from_env(env, learn=False)
    known = Below(cartpole().unwrapped.observation_space, cartpole().unwrapped.action_space)
    agent = Deployment(None, native.HoldLastObservation(max_steps=3) | stack, below=known, sinks=())

    assert ("frozen", "frozen") == (stack[3].mode, stack[5].mode)
    assert (None, None) == (memory.wrappers[3], memory.wrappers[5])
    assert same(env.env.env.obs_rms.var, stack[3].statistics.var.copy())
    assert 7 == len(agent.stack)
