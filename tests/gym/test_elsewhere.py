"""Sessions of `from_env` stacks that go on in another process, in the middle of an episode."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import gymnasium as gym
import numpy as np
from gymnasium.wrappers import TimeLimit

from statewrap import Deployment
from tests.gym.strangers import Records, Remembers, Skips

WITHIN = 4
"""How many time steps were answered when a session was saved: in the middle of a call."""


def shown(number: int) -> tuple[np.ndarray, float]:
    """Return what the environment shows as its answer to an action."""
    return np.float32([0.1 * number, 0.2, 0.3 - 0.1 * number, 0.0]), 1.0


def policy(observation: np.ndarray) -> int:
    """Depend on what is shown."""
    return int(1000 * float(np.sum(observation))) % 2


def begun(wrap) -> Deployment:
    """Go on in the middle of an episode of the loop."""
    env = wrap(gym.make("CartPole-v1").unwrapped)
    observation, _ = env.reset(seed=1)
    for _ in range(5):
        observation, *_ = env.step(policy(observation))
    agent = Deployment.from_env(env, policy, shown=observation, seed=0, sinks=())
    agent.decide()
    for number in range(WITHIN):
        agent.act(*shown(number))
    return agent


def gone_on(agent: Deployment) -> list[int]:
    """Answer some more time steps."""
    return [agent.act(*shown(number)) for number in range(WITHIN, WITHIN + 12)]


def recorded(env: gym.Env) -> gym.Env:
    """Wrap in what records its arguments, over a twin."""
    return Records(TimeLimit(Records(env, 2), 60), 3)


def copied(env: gym.Env) -> gym.Env:
    """Wrap in what records nothing."""
    return Remembers(Skips(env), 3)


FRESH = """
import pathlib
import gymnasium as gym
from statewrap import Deployment
from tests.gym import test_elsewhere as here

wrap = getattr(here, sys.argv[1])
env = wrap(gym.make("CartPole-v1").unwrapped)
agent = Deployment.from_env(env, here.policy, sinks=())
try:
    agent.restore(pathlib.Path("session").read_bytes())
    print(here.gone_on(agent))
except ValueError as error:
    print(error)
"""


def elsewhere(wrap, folder: Path) -> str:
    """Return what another process prints."""
    root = Path(__file__).parents[2]
    program = f"import sys; sys.path.insert(0, {str(root)!r})\n{FRESH}"
    command = [sys.executable, "-c", program, wrap.__name__]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_what_records_its_arguments_goes_on_in_a_fresh_process(tmp_path):
    """With all that it held in the loop, and in the deployment since."""
    agent = begun(recorded)
    (tmp_path / "session").write_bytes(agent.snapshot())

    assert str(gone_on(agent)) == elsewhere(recorded, tmp_path)


def test_a_copy_goes_on_in_its_process_alone_and_the_error_names_the_cure(tmp_path):
    """Another process cannot know what was copied."""
    agent = begun(copied)
    saved = agent.snapshot()
    (tmp_path / "session").write_bytes(saved)
    expected = gone_on(agent)
    agent.restore(saved)

    assert expected == gone_on(agent)
    told = elsewhere(copied, tmp_path)
    assert "RecordConstructorArgs" in told
    assert "Bridge(factory)" in told
