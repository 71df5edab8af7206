"""`mode=` of what makes bridges: what it allows, and that all refusals are told at once."""

from __future__ import annotations

import json

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import wrappers as theirs
from gymnasium.spaces import Box, Discrete
from gymnasium.utils import RecordConstructorArgs

from statewrap import Below, Deployment
from statewrap.core.errors import ConfigurationError
from statewrap.gym import explain, from_env, from_spec, register_twin
from statewrap.gym.bridge import Bridge
from statewrap.gym.bridge.errors import NotBridgeableError
from tests.gym.twins import cartpole

BELOW = Below(Box(-np.inf, np.inf, (4,), np.float32), Discrete(2))


class Says(gym.Wrapper, RecordConstructorArgs):
    """Says its arguments."""

    def __init__(self, env, size=1):
        RecordConstructorArgs.__init__(self, size=size)
        gym.Wrapper.__init__(self, env)
        self.size = size


class Prints(Says):
    """Prints before it steps: run again, it would print twice."""

    def step(self, action):
        """Print, then step."""
        print("a step")  # noqa: T201
        return self.env.step(action)


class DrawsGlobally(Says):
    """Draws from a generator that all share."""

    def step(self, action):
        """Draw, then step."""
        return self.env.step(int(np.random.random() < 0.5))  # noqa: NPY002


class Counts(Says):
    """Can be run again."""

    def step(self, action):
        """Count, then step."""
        self.size += 1
        return self.env.step(action)


class HandsOnATable(Says):
    """Puts a table into info."""

    def step(self, action):
        """Add it."""
        *rest, info = self.env.step(action)
        return *rest, {**info, "table": {"worth": 2.0}}


class ReadsTheTable(Says):
    """Needs that table in each step."""

    def step(self, action):
        """Read it."""
        observation, reward, *rest, info = self.env.step(action)
        return observation, reward + info["table"]["worth"], *rest, info


def waiting(env):
    """Put two wrappers around an environment that cannot be run again, a twin between them."""
    return DrawsGlobally(theirs.ClipReward(Prints(env), 0, 1))


def recounted(env):
    """Put two wrappers around an environment that can be, a twin between them."""
    return Counts(theirs.ClipReward(Counts(env), 0, 1))


def by_env(env, **options):
    """Return the stack of an environment."""
    return from_env(env, **options)[0]


def by_spec(env, **options):
    """Return the stack of a spec over known spaces."""
    return from_spec(env.spec.to_json(), trust=True, below=BELOW, **options)


def by_bare_spec(env, **options):
    """Return the stack of a spec, bound later."""
    return from_spec(env.spec.to_json(), trust=True, **options)


def by_deployment(env, **options):
    """Return the stack of a deployment."""
    deployment = Deployment.from_env(env, lambda _: 0, sinks=(), **options)
    return deployment._rules.stack


def bridges(stack):
    """Return the bridges of a stack, bound."""
    return [one for one in stack.bind(BELOW) if isinstance(one, Bridge)]


FROM = [by_env, by_spec, by_bare_spec, by_deployment]


@pytest.mark.parametrize("make", FROM)
def test_by_default_what_cannot_be_run_again_is_suspended(make):
    """As a `Bridge` does by itself."""
    pytest.importorskip("greenlet")

    assert ["greenlet", "greenlet"] == [one.seen.mode for one in bridges(make(waiting(cartpole())))]
    assert ["replay", "replay"] == [one.seen.mode for one in bridges(make(recounted(cartpole())))]


@pytest.mark.parametrize("make", [by_env, by_spec, by_deployment])
def test_where_only_replay_will_do_all_that_cannot_be_run_again_are_named(make):
    """In one error, before anything is in production; not what can be."""
    env = Counts(waiting(cartpole()))

    with pytest.raises(ConfigurationError) as caught:
        make(env, mode="replay")

    words = str(caught.value)
    assert ":Prints: Prints prints before it calls its environment" in words
    assert ":DrawsGlobally: DrawsGlobally draws from the global generators" in words
    assert ":Counts" not in words


def test_the_cures_can_be_followed_as_they_are_written():
    """Leaving the layer out, here; it does not matter that it says its arguments."""

    class Jitters(DrawsGlobally):
        """Nobody has registered it yet."""

    env = Jitters(cartpole())
    left_out = "register_twin(Jitters, lambda: None, arguments=lambda layer: {})"

    with pytest.raises(ConfigurationError, match=r"say so: .*\(Jitters, MyTwin\)") as caught:
        from_env(env, mode="replay")
    register_twin(Jitters, lambda: None, arguments=lambda layer: {})

    assert left_out in str(caught.value)
    assert from_env(cartpole())[0] == from_env(env, mode="replay")[0]


def test_a_bare_spec_is_refused_when_it_is_bound():
    """Nothing could be tried before."""
    stack = by_bare_spec(Prints(cartpole()), mode="replay")

    with pytest.raises(NotBridgeableError, match="Prints prints before"):
        stack.bind(BELOW)


def test_explain_says_what_is_refused_where_only_replay_will_do():
    """A row for each, as `from_env` would raise."""
    rows = explain(waiting(cartpole()), mode="replay").rows

    assert ["refused", "twin", "refused"] == [row.how for row in rows[-3:]]
    assert "prints before" in rows[-3].note


@pytest.mark.parametrize("make", FROM)
def test_all_bridges_are_suspended_if_that_is_asked_for(make):
    """Those too that could be run again."""
    pytest.importorskip("greenlet")

    found = bridges(make(recounted(cartpole()), mode="greenlet"))

    assert [("greenlet", "asked for")] * 2 == [(one.seen.mode, one.seen.why_mode) for one in found]


def test_explain_shows_that_bridges_are_suspended():
    """As asked for."""
    pytest.importorskip("greenlet")

    rows = explain(recounted(cartpole()), mode="greenlet").rows

    assert "1 run an act, suspended" == rows[-1].cost == rows[-3].cost
    assert "asked for" in rows[-1].note


@pytest.mark.parametrize("mode", ["greenlet", "replay"])
def test_a_suspended_stack_does_what_the_other_does(mode):
    """Over the same answers."""
    pytest.importorskip("greenlet")
    env = recounted(cartpole())
    deployment = Deployment.from_env(env, lambda x: int(x[0] > 0), sinks=(), mode=mode)

    acted = [deployment.act(np.zeros(4, np.float32))]
    acted += [deployment.act(np.full(4, n, np.float32), 1.0) for n in (1, -1, 2)]

    assert [0, 1, 0, 1] == acted


@pytest.mark.parametrize("call", [*FROM, explain])
def test_a_mode_that_there_is_not_is_refused(call):
    """With those that there are, whether there is anything to bridge or not."""
    for env in (cartpole(), Counts(cartpole())):
        with pytest.raises(ValueError, match="mode is 'thread', expected one of 'auto', 'replay'"):
            call(env, mode="thread")


def test_a_layer_that_needs_what_one_below_puts_into_info_shares_its_bridge():
    """Alone no step of it came to its end, over infos that were made up."""
    env = ReadsTheTable(theirs.ClipReward(HandsOnATable(cartpole()), 0, 1))

    *_, bridge = from_env(env)[0]
    row = explain(env).rows[-3]

    assert ["HandsOnATable", "ClipReward", "ReadsTheTable"] == [
        name.rpartition(":")[2] for name in bridge.factory.names
    ]
    assert "replay" == bridge.bind(BELOW).seen.mode
    assert "in the bridge of ReadsTheTable, without which no step of it came to its end" == row.note


def test_a_layer_that_fails_over_all_that_is_made_up_is_refused():
    """With what it raised, and where; it is not suspended unseen."""
    env = ReadsTheTable(cartpole())

    with pytest.raises(ConfigurationError, match=rf"TypeError: .*step in {__file__}"):
        from_env(env)

    assert "refused" == explain(env).rows[-1].how
    assert "Description(info=" in explain(env).rows[-1].note


# -- a spec that cannot be used --------------------------------------------------------------------


def said(*wrappers, **more):
    """Return a spec that names wrappers."""
    told = json.loads(cartpole().spec.to_json())
    names = ("name", "entry_point", "kwargs")
    told["additional_wrappers"] = [dict(zip(names, one, strict=True)) for one in wrappers]
    return {**told, **more}


FAULTY = (
    ("Silent", f"{__name__}:Counts", None),
    ("Gone", "no.such.module:Gone", {}),
    ("Fine", f"{__name__}:Counts", {"size": 2}),
    ("TimeLimit", "gymnasium.wrappers:TimeLimit", {"max_episode_steps": -9}),
    ("AlsoGone", f"{__name__}:AlsoGone", {}),
)


@pytest.mark.parametrize("below", [None, BELOW])
def test_a_spec_that_cannot_be_used_names_all_layers_that_are_at_fault(below):
    """What says no arguments, what cannot be imported, and a twin that takes no such argument."""
    with pytest.raises(ConfigurationError) as caught:
        from_spec(said(*FAULTY), trust=True, below=below)

    told = dict(line.strip().split(": ", 1) for line in str(caught.value).split("\n")[1:-1])
    assert [entry for _, entry, given in FAULTY if given != {"size": 2}] == list(told)
    assert "does not say the arguments" in told[f"{__name__}:Counts"]
    assert "cannot be imported" in told["no.such.module:Gone"]
    assert "-9" in told["gymnasium.wrappers:TimeLimit"]
    assert "cannot be imported" in told[f"{__name__}:AlsoGone"]


def test_a_layer_that_cannot_be_made_is_named_with_those_below_that_cannot_be_bridged():
    """And that what lies above it was not tried."""
    spec = said(
        ("Prints", f"{__name__}:Prints", {}),
        ("Counts", f"{__name__}:Counts", {"colour": "red"}),
        ("DrawsGlobally", f"{__name__}:DrawsGlobally", {}),
    )

    with pytest.raises(ConfigurationError) as caught:
        from_spec(spec, trust=True, below=BELOW, mode="replay")

    words = str(caught.value)
    assert ":Prints: Prints prints before" in words
    assert ":Counts: " in words
    assert "colour" in words
    assert "What lies above it was not tried" in words
