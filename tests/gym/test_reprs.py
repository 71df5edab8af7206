"""How what `from_env` and `from_spec` make is printed: short, and exact all the same."""

from __future__ import annotations

import json

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import wrappers as theirs
from gymnasium.envs.classic_control import CartPoleEnv
from gymnasium.spaces import Box, Discrete

from statewrap import Below, Deployment, Stack
from statewrap.gym import from_env, from_spec
from statewrap.gym.bridge import Bridge, Description
from statewrap.package.fingerprint import fingerprint
from statewrap.testing.laws.arguments import scope
from tests.gym.strangers import Records

BELOW = Below(Box(-np.inf, np.inf, (4,), np.float32), Discrete(2))
SENTRY = "tests/Reprs-v0"
gym.register(SENTRY, entry_point=CartPoleEnv)


def wrapped(env):
    """Put three wrappers around an environment that run in three bridges."""
    for sign in (1, -1):
        env = theirs.ClipReward(Records(env), sign - 2, sign)
    return Records(env)


def bridges(stack):
    """Return the bridges of a stack."""
    return [one for one in stack if isinstance(one, Bridge)]


def again(bridge):
    """Return what the text of a bridge makes."""
    return eval(repr(bridge), scope(bridge))  # noqa: S307 - our own words


MAKERS = {
    "plain": lambda: gym.make("CartPole-v1"),
    "rendering": lambda: gym.make("CartPole-v1", render_mode="rgb_array"),
    "with an argument": lambda: gym.make("CartPole-v1", sutton_barto_reward=True),
}


def test_a_deployment_is_printed_without_the_json_of_its_environment():
    """The classes are there, and the id."""
    deployment = Deployment.from_env(wrapped(gym.make("CartPole-v1")), lambda _: 0, sinks=())

    text = repr(deployment)

    assert "entry_point" not in text
    assert 3 == text.count("tests.gym.strangers:Records")
    assert 3 == text.count("describe=Description(spec='CartPole-v1')")
    assert repr(deployment._rules.stack) in text


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_what_is_printed_makes_the_same(make):
    """By what `from_env` made and by what `from_spec` did."""
    env = Records(make())

    for stack in (from_env(env)[0], from_spec(env.spec, trust=True)):
        (bridge,) = bridges(stack)

        assert bridge == again(bridge)
        assert "entry_point" not in repr(bridge)
        assert env.spec.id in repr(bridge)


def test_a_spec_is_told_by_what_is_not_as_registered():
    """Its id, and that."""
    described = Description.of(gym.make("CartPole-v1", render_mode="rgb_array"))

    assert (
        "Description(spec={'id': 'CartPole-v1', 'kwargs': {'render_mode': 'rgb_array'}})"
        == repr(described)
    )


def test_what_is_kept_and_what_a_snapshot_sees_is_all_of_it():
    """Whichever way it was said."""
    env = gym.make("CartPole-v1")
    said, read = Description(spec="CartPole-v1"), Description.of(env)

    one, other = (Stack(Bridge(Records, describe=described)) for described in (said, read))

    assert said == read
    assert env.unwrapped.spec == said.spec
    assert fingerprint(one, BELOW) == fingerprint(other, BELOW)
    assert "entry_point" in str(fingerprint(one, BELOW).to_json())


def test_an_environment_that_is_not_registered_is_printed_in_full():
    """There is no other place to find it."""
    told = {**json.loads(gym.make("CartPole-v1").unwrapped.spec.to_json()), "id": "Elsewhere-v7"}
    (bridge,) = from_spec(
        json.dumps(
            told
            | {
                "additional_wrappers": [
                    {"name": "Records", "entry_point": "tests.gym.strangers:Records", "kwargs": {}}
                ]
            }
        ),
        trust=True,
    )

    assert "entry_point" in repr(bridge)
    assert bridge == again(bridge)


def test_a_spec_that_has_no_json_is_printed_by_its_id():
    """As one whose environment is made by a function."""
    described = Description.of(gym.make(SENTRY))

    assert f"Description(spec=<EnvSpec {SENTRY}>)" == repr(described)
    assert CartPoleEnv is described.spec.entry_point


@pytest.mark.parametrize("wrong", ["Nowhere-v3", {"id": "Nowhere-v3"}, {"kwargs": {}}, "{}"])
def test_a_spec_of_which_nobody_knows_is_refused(wrong):
    """With what may be given."""
    with pytest.raises((TypeError, ValueError), match="expected an EnvSpec"):
        Description(spec=wrong)


def test_what_no_spec_has_is_refused():
    """By its name."""
    with pytest.raises(ValueError, match="colour"):
        Description(spec={"id": "CartPole-v1", "colour": "red"})
