"""The shortest trace is short, and what is printed of it can be pasted."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import wrappers as theirs
from gymnasium.spaces import Discrete

from statewrap import Act, Reset, TimeStep
from statewrap.testing.parity import Parity, ParityBroken, Tape, assert_parity
from statewrap.wrappers import RepeatAction, TimeLimit
from tests.testing.parity import mistakes
from tests.testing.parity.ported import OldCount, OldSkip, Skip, cart_pole, pendulum


def old(env: gym.Env) -> gym.Env:
    """Put the original frame skip around an environment."""
    return OldSkip(env, 3)


def test_the_trace_is_the_shortest_there_is() -> None:
    """A frame that is stale needs two steps; everything else is gone."""
    difference = Parity(pendulum, mistakes.StaleFrame(), original=old).compare().difference

    assert difference is not None
    tape = difference.tape
    assert tape is not None
    (episode,) = tape.episodes
    assert [1.0, 2.0, 3.0] == [timestep.observation[0] for timestep in episode]
    assert [{}, {}, {}] == [timestep.info for timestep in episode]
    assert [Reset(), Act(np.zeros(1, np.float32))] == list(tape.commands)


def test_what_needs_an_earlier_episode_keeps_it() -> None:
    """A count that is never cleared shows in the second."""
    wrapper = mistakes.NeverForgets(4)

    difference = Parity(
        cart_pole, wrapper, original=lambda env: theirs.TimeLimit(env, 4), seeds=(0,)
    ).compare()

    tape = difference.difference.tape
    assert 2 == len(tape.episodes)
    assert 4 == sum(len(episode) - 1 for episode in tape.episodes)


@pytest.mark.parametrize(
    ("wrapper", "original"),
    [
        (mistakes.DropsReward(), old),
        (mistakes.EndsOneLate(), lambda env: theirs.TimeLimit(env, 10)),
        (mistakes.CountsRequests(), OldCount),
        (mistakes.SharedArray(), lambda env: theirs.FrameStackObservation(env, 2)),
        (mistakes.WholeSkips(), old),
    ],
)
def test_the_code_shows_the_same_difference(wrapper, original) -> None:
    """Pasted into a test, with the original that was given."""
    report = Parity(cart_pole, wrapper, original=original, seeds=(0,)).compare()
    code = report.difference.code().replace(repr(wrapper), "wrapper")

    with pytest.raises(ParityBroken) as broken:
        exec(code, {"wrapper": wrapper, "original": original})  # noqa: S102 - that is what is tested

    assert report.difference.path.split("[")[0] == broken.value.difference.path.split("[")[0]
    assert (wrapper,) == broken.value.difference.wrappers


def test_a_trace_of_parts_is_simple_too() -> None:
    """Each array of a Dict or a Tuple tells its number, and what else there is stays."""
    space = gym.spaces.Dict(
        a=gym.spaces.Tuple((Discrete(3), gym.spaces.Box(0, 9, (2,), np.float32)))
    )

    class Parts(gym.Env):
        observation_space, action_space = space, gym.spaces.Text(3)

        def reset(self, *, seed=None, options=None):
            super().reset(seed=seed)
            return {"a": (np.int64(2), np.full(2, 7.5, np.float32))}, {}

        def step(self, action):
            return self.reset()[0], 1.0, False, True, {}

    wrapper = mistakes.DropsReward()

    difference = Parity(Parts, wrapper, original=old, seeds=(0,)).compare().difference

    assert difference is not None
    assert difference.tape is not None
    ((first, last),) = difference.tape.episodes
    assert TimeStep({"a": (np.int64(2), np.ones(2, np.float32))}, first=True) == first
    assert [2.0, 2.0] == last.observation["a"][1].tolist()


def test_a_tape_takes_the_place_of_an_environment() -> None:
    """A right port passes it, as a regression test."""
    episode = [TimeStep(0, first=True), TimeStep(1, 1.0), TimeStep(2, 1.0, terminated=True)]
    tape = Tape([episode], [Reset(), Act(0)], Discrete(3), Discrete(2))

    report = assert_parity(tape, RepeatAction(3))

    assert (1, 2) == (report.episodes, report.steps)


def test_a_long_trace_is_cut_in_the_middle() -> None:
    """The beginning and the end are printed; in the code, what is the same is written once."""
    wrapper = mistakes.EndsOneLate(40)

    difference = (
        Parity(pendulum, wrapper, original=lambda env: theirs.TimeLimit(env, 40), seeds=(0,))
        .compare()
        .difference
    )

    assert difference is not None
    assert "(134 more)" in str(difference)
    assert "*[Act(np.array([0.0], np.float32))] * 40" in str(difference)


def test_what_shows_in_the_environment_alone_has_no_trace() -> None:
    """Where the original looks behind the environment, a tape cannot follow."""

    class Pole(gym.Wrapper):
        def step(self, action):
            observation, reward, *rest, info = self.env.step(action)
            return observation, reward, *rest, {**info, "angle": float(self.unwrapped.state[2])}

    difference = Parity(cart_pole, mistakes.IgnoresTheSeed(), original=Pole).compare().difference
    behind = Parity(cart_pole, Skip(1), original=Pole).compare().difference

    assert difference is not None
    assert behind is not None
    assert None is behind.tape
    assert "in this environment alone" in str(behind)
    assert "seed" == difference.field


def test_the_table_shows_both_sides() -> None:
    """A message a line, what is the same marked so, the last one not."""
    with pytest.raises(ParityBroken) as broken:
        assert_parity(cart_pole, mistakes.DropsReward(), original=old, seeds=(0,))

    lines = str(broken.value).splitlines()
    table = lines[lines.index(next(li for li in lines if li.startswith("gap"))) :]
    assert table[0].split() == ["gap", "who", "OldSkip", "statewrap"]
    assert table[1].split() == ["1", "policy", "↓", "Reset()", "="]
    assert table[8].endswith("≠ reward: 1.0 != 0.0")
    assert (
        "  first     episode 0, step 8 (the environment's step 22); seed 0; as it is; pulled"
        in lines
    )


def test_a_limit_in_the_middle_is_played_to_its_end() -> None:
    """The environment goes on for longer than the longest limit that is announced."""
    report = assert_parity(pendulum, TimeLimit(340), episodes=1, seeds=(0,), generate=False)

    assert 340 == report.steps
