"""Monitor, against Stable-Baselines3's."""

import math
import random

import gymnasium as gym
import numpy as np
import pytest
from stable_baselines3.common.monitor import Monitor as Theirs

from statewrap.core.errors import WrapperError
from statewrap.core.messages import Act, Reset, TimeStep
from statewrap.core.same import difference
from statewrap.testing.dialogue import FIRST, play
from statewrap.wrappers import monitor
from statewrap.wrappers.monitor import Monitor
from tests.wrappers.scripted import VECTOR, WORLDS, pick, scripted
from tests.wrappers.twins import both, make

KEYWORDS = ("now",)


def without_time(shown):
    """Leave out `t`, which is the time of another clock."""
    for one in shown:
        one[-1].get("episode", {}).pop("t", None)
    return shown


@pytest.mark.parametrize("name", WORLDS)
def test_tells_what_stable_baselines3_tells_of_real_worlds(name) -> None:
    """Everything but the time."""
    told, found = both(Monitor(), Theirs, lambda: make(name, max_episode_steps=50), WORLDS[name])

    assert difference(without_time(told[0]), without_time(found[0])) is None
    assert any("episode" in one[-1] for one in found[0])


@pytest.mark.parametrize("reward", [float, np.float32, lambda r: round(9 * r), lambda r: r * 1e9])
def test_tells_what_stable_baselines3_tells_of_other_rewards(reward) -> None:
    """And of the info that is asked for."""

    def new():
        return scripted(VECTOR, (9, 1, 40), reward=reward)

    ours = Monitor(info_keywords=KEYWORDS)
    told, found = both(ours, lambda env: Theirs(env, info_keywords=KEYWORDS), new, pick, 9)

    assert difference(without_time(told[0]), without_time(found[0])) is None


def step(reward=1.0, **fields):
    """Return a time step in mid-episode."""
    return TimeStep("f", reward=reward, **fields)


def told(*rewards, **fields):
    """Return what is told of an episode of these rewards."""
    monitored = Monitor(info_keywords=fields.pop("info_keywords", ()))
    steps = [step(reward) for reward in rewards[:-1]]
    end = step(rewards[-1], terminated=True, **fields)
    acts = [Act(0)] * len(rewards)
    messages = [m for pair in zip(acts, [*steps, end], strict=True) for m in pair]
    return play(monitored, FIRST.replace(time=2.0), *messages)[-1].info


def test_tells_the_seconds_since_the_session_opened() -> None:
    """Rounded to six digits, as the return is."""
    info = told(1 / 3, 1 / 3, time=5.12345678, info={"score": 7})

    assert {"score": 7, "episode": {"r": 0.666667, "l": 2, "t": 5.123457}} == info


def test_what_was_told_before_is_replaced() -> None:
    """As in Stable-Baselines3; the environment's own info is left alone."""
    info = {"episode": "another"}

    assert {"r": 1.0, "l": 1, "t": 0.0} == told(1.0, info=info)["episode"]
    assert {"episode": "another"} == info


def test_tells_at_both_kinds_of_end_and_nowhere_else() -> None:
    """Each episode has its own sum, one that was given up none."""
    replies = play(
        Monitor(),
        FIRST,
        Act(0),
        step(8.0),
        FIRST,
        Act(0),
        step(2.0, truncated=True),
        Reset(),
        FIRST,
        Act(0),
        step(3.0, terminated=True),
    )

    infos = [reply.info for reply in replies if type(reply) is TimeStep]
    assert [{}, {}, {}, {"r": 2.0, "l": 1, "t": 0.0}, {}, {"r": 3.0, "l": 1, "t": 0.0}] == [
        info.get("episode", info) for info in infos
    ]


@pytest.mark.parametrize("compensates", [False, True])
def test_adds_up_as_pythons_own_sum(monkeypatch, compensates) -> None:
    """Which since 3.12 puts back what an addition rounds away."""
    monkeypatch.setattr(monitor, "_COMPENSATES", compensates)
    draws = random.Random(3)  # noqa: S311 - numbers to add up
    rewards = [
        1e17,
        1.0,
        -1e17,
        *(draws.uniform(-1, 1) * 10 ** draws.randint(0, 9) for _ in range(99)),
    ]

    expected = math.fsum(rewards) if compensates else plain_sum(rewards)

    assert round(expected, 6) == told(*rewards)["episode"]["r"]
    assert math.fsum(rewards) != plain_sum(rewards)


def plain_sum(numbers):
    """Add numbers one after the other."""
    total = 0.0
    for number in numbers:
        total += number
    return total


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_what_is_not_finite_is_told_as_such(value) -> None:
    """And not as what was rounded away."""
    assert difference(sum([1.0, value, 2.0]), told(1.0, value, 2.0)["episode"]["r"]) is None


def test_missing_info_is_named() -> None:
    """Stable-Baselines3 raises a bare KeyError."""
    with pytest.raises(WrapperError, match=r"tell the info's 'lap', .* the keys \['score'\]"):
        told(1.0, info={"score": 1}, info_keywords=("lap",))


def test_keywords_are_a_tuple_and_no_string() -> None:
    """A list is one as well."""
    assert Monitor(info_keywords=("lap",)) == Monitor(info_keywords=["lap"])
    with pytest.raises(TypeError, match=r"expected a tuple: \('lap',\)"):
        Monitor(info_keywords="lap")


def test_an_early_reset_can_be_refused() -> None:
    """One before the first step of all and one after an end are not early."""
    strict = Monitor(allow_early_resets=False)
    ended = [FIRST, Act(0), step(terminated=True)]

    assert [Reset(), *ended, Reset()] == [
        reply.replace(info={}) if type(reply) is TimeStep else reply
        for reply in play(strict, Reset(), *ended, Reset())
    ]
    with pytest.raises(
        WrapperError, match=r"RuntimeError.*Tried to reset an environment before done"
    ):
        play(strict, FIRST, Reset())
    assert Reset() == play(Monitor(), FIRST, Reset())[-1]
    with pytest.raises(RuntimeError, match="Tried to reset an environment before done"):
        _reset_twice(Theirs(gym.make("CartPole-v1"), allow_early_resets=False))


def _reset_twice(env) -> None:
    env.reset()
    env.reset()


def test_time_is_what_it_needs() -> None:
    """It is on the time steps."""
    assert frozenset({"time"}) == Monitor.needs
