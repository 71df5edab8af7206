"""What `from_env` and `from_spec` make of Gymnasium's stacks, and that they touch nothing."""

from __future__ import annotations

import gc
import itertools
import json
import os
import pickle
import sys
import weakref
from typing import Any

import attrs
import gymnasium as gym
import numpy as np
import pytest
from gymnasium import wrappers as theirs
from gymnasium.spaces import Dict, Discrete

import statewrap.gym.wrappers as ours
import statewrap.wrappers as native
from statewrap.core.errors import ConfigurationError
from statewrap.core.key import Key
from statewrap.core.same import same
from statewrap.core.wrapper import Below, Stack, Wrapper
from statewrap.deployment import Deployment
from statewrap.gym import GymWrapper, explain, from_env, from_spec, known, register_twin
from statewrap.gym.known import registered_twins
from statewrap.wrappers import TimeLimit
from tests.gym.continued import Tape, both_ways
from tests.gym.environments import Walk, episode_of, halved
from tests.gym.twins import CASES, NAMES, NATIVE, NUMERIC, cartpole, ours_around, theirs_around
from tests.laws.machines import NoisyObservation

MADE = (native.PassiveEnvChecker(), native.OrderEnforcing(), native.TimeLimit(500))
"""What `gymnasium.make` puts around a CartPole."""

UNSAID = {
    "DtypeObservation",
    "RescaleAction",
    "RescaleObservation",
    "TransformAction",
    "TransformObservation",
    "TransformReward",
}
"""Wrappers with arguments that a spec cannot say as JSON."""

# what `both_ways` puts around its environments is no wrapper of anybody's
register_twin(Tape, lambda: None, arguments=lambda _: {})


def made_once(name: str) -> gym.Env:
    """Make a case's environment without the wrapper of the case, which a spec says only once."""
    env = CASES[name].make()
    return env.unwrapped if name in {"OrderEnforcing", "PassiveEnvChecker"} else env


def bare(name: str) -> Any:
    """Return a maker of a case's environment without wrappers."""
    return lambda: CASES[name].make().unwrapped


@pytest.mark.parametrize("name", NUMERIC)
def test_each_of_gymnasiums_wrappers_is_recognised(name):
    """As statewrap's of the name, from an instance, its spec, and that as JSON alike."""
    env = theirs_around(name, made_once(name))

    stack, _ = from_env(env)

    assert name == type(stack[-1]).__name__
    assert stack == from_spec(env.spec)
    try:
        text = env.spec.to_json()
    except (TypeError, ValueError):
        assert name in UNSAID
    else:
        assert stack == from_spec(text)


@pytest.mark.parametrize("name", NATIVE)
def test_each_of_statewraps_twins_is_recognised(name):
    """As Gymnasium's of the same arguments, through JSON too."""
    env = ours_around(name, made_once(name))

    stack, _ = from_env(env)

    assert name == type(stack[-1]).__name__
    names = name.startswith("Transform")  # functions
    assert stack == from_spec(env.spec, trust=names) == from_spec(env.spec.to_json(), trust=names)
    if name in NUMERIC:
        assert stack == from_env(theirs_around(name, made_once(name)))[0]


def test_each_wrapper_has_a_key_of_its_own():
    """Counted through all layers, as in one stack."""
    noisy = NoisyObservation() | TimeLimit(9) | NoisyObservation()
    env = GymWrapper(GymWrapper(cartpole().unwrapped, noisy), NoisyObservation())

    stack, memory = from_env(env, seed=3)

    assert 4 == len(stack)
    assert stack.initial(Key.from_seed(3)) == memory
    assert 3 == len({memory.wrappers[n] for n in (0, 2, 3)})


def test_how_long_an_episode_took_is_counted_anew():
    """The time at which it was opened is another clock's."""
    clock = itertools.count(5.0).__next__
    env = GymWrapper(cartpole().unwrapped, native.RecordEpisodeStatistics(), clock=clock)
    env.reset(seed=0)
    env.step(0)

    _, memory = from_env(env)

    (own,), (taken,) = env.memory.wrappers, memory.wrappers
    assert 0.0 < own.opened
    assert own._replace(opened=0.0) == taken


@pytest.mark.parametrize("name", sorted(set(NUMERIC) - {"AddWhiteNoise", "ObstructView"}))
@pytest.mark.parametrize("steps", [0, 5, 23])
def test_a_deployment_goes_on_in_the_middle_of_an_episode(name, steps):
    """Bit for bit as the loop does, with what was learned and what is held."""

    def wrap(env):
        return theirs_around(name, theirs.TimeLimit(env, 31))

    if name == "AtariPreprocessing":  # looks for the emulator behind all wrappers
        expected, shown = both_ways(bare(name), wrap, steps, more=12)
    else:
        expected, shown = both_ways(bare(name), wrap, steps)

    assert len(expected) == len(shown)
    assert all(
        same(a, np.asarray(b) if type(a) is np.ndarray else b)
        for a, b in zip(expected, shown, strict=True)
    )


STACKS = {
    "the usual": lambda env: theirs.FrameStackObservation(
        theirs.NormalizeReward(
            theirs.NormalizeObservation(theirs.RecordEpisodeStatistics(theirs.TimeLimit(env, 30)))
        ),
        3,
    ),
    "a skip under a delay": lambda env: theirs.TimeLimit(
        theirs.DelayObservation(theirs.MaxAndSkipObservation(env, 3), 2), 9
    ),
    "sticky": lambda env: theirs.FrameStackObservation(
        theirs.RepeatAction(theirs.StickyAction(env, 0.4, (1, 3)), 2), 2, padding_type="zero"
    ),
    "mixed": lambda env: ours.FrameStackObservation(
        theirs.NormalizeObservation(
            GymWrapper(ours.TimeLimit(env, 20), native.RepeatAction(2) | native.ClipReward(0, 1))
        ),
        3,
    ),
    "two limits": lambda env: theirs.TimeAwareObservation(
        theirs.TimeLimit(theirs.TransformObservation(theirs.TimeLimit(env, 60), halved, None), 25)
    ),
}


@pytest.mark.parametrize("base", ["CartPole-v1", "Acrobot-v1", "MountainCar-v0"])
@pytest.mark.parametrize("steps", [2, 41])
@pytest.mark.parametrize("wrap", STACKS.values(), ids=STACKS)
def test_whole_stacks_go_on_in_a_deployment(wrap, steps, base):
    """Over the ends of episodes before, and up to that of the open one."""
    expected, shown = both_ways(lambda: gym.make(base).unwrapped, wrap, steps)

    assert same([np.asarray(one) for one in expected], [np.asarray(one) for one in shown])


def test_what_was_learned_keeps_its_dtype_and_count():
    """Moments of float32 stay float32; the count is that of Gymnasium."""
    env = theirs.NormalizeObservation(cartpole())
    episode_of(env, 1)

    _, memory = from_env(env)
    moments = memory.wrappers[-1]

    assert same(env.obs_rms.mean, moments.mean.copy())
    assert np.float32 == moments.var.dtype
    assert env.obs_rms.count == moments.count


def test_a_wrapper_that_learns_no_more_becomes_one():
    """With the statistics among its arguments, where a spec cannot say them."""
    env = theirs.NormalizeReward(theirs.NormalizeObservation(cartpole()))
    episode_of(env, 1)
    env.update_running_mean = env.env.update_running_mean = False

    stack, memory = from_env(env)

    assert ("frozen", "frozen") == (stack[-1].mode, stack[-2].mode)
    assert (None, None) == memory.wrappers[-2:]
    assert same(np.asarray(env.env.obs_rms.mean), np.asarray(stack[-2].statistics.mean))


def test_a_twin_that_learns_no_more_shows_the_statistics_that_were_set_last():
    """Those of another environment, say, with no step between."""
    train, test = (ours.NormalizeObservation(cartpole()) for _ in range(2))
    episode_of(train, 1)
    test.obs_rms = train.obs_rms
    test.update_running_mean = False
    episode_of(train, 2)

    (wrapper,) = from_env(test)[0].wrappers[3:]

    assert same(train.obs_rms.mean, wrapper.statistics.mean.copy())


def test_arguments_that_were_set_later_are_seen():
    """As the limit, which people set."""
    env = theirs.RepeatAction(cartpole(), 2)
    env.num_repeats = 5
    env.env._max_episode_steps = 77

    assert (*MADE[:2], native.TimeLimit(77), native.RepeatAction(5)) == from_env(env)[0].wrappers


def test_nothing_is_remembered_before_the_first_reset():
    """But for what was learned, which may have been loaded."""
    env = theirs.FrameStackObservation(theirs.NormalizeObservation(cartpole()), 2)
    env.env.obs_rms.count = 9.0

    stack, memory = from_env(env)
    bound = stack.bind(Below(env.unwrapped.observation_space, env.unwrapped.action_space))

    assert 9.0 == memory.wrappers[3].count
    assert bound[4].initial(memory.keys[4]) == memory.wrappers[4] == ()
    assert 0 == memory.wrappers[2]


def test_limits_directly_above_each_other_are_one():
    """As a spec says them; a longer one above is kept."""
    shorter = theirs.TimeLimit(cartpole(), 9)
    longer = theirs.TimeLimit(cartpole(), 900)

    assert (*MADE[:2], native.TimeLimit(9)) == from_env(shorter)[0].wrappers
    assert from_env(shorter)[0] == from_spec(shorter.spec)
    assert (*MADE, native.TimeLimit(900)) == from_env(longer)[0].wrappers


def test_a_limit_above_a_skip_is_said_by_the_spec_of_a_twin():
    """Where Gymnasium's spec says it as one below."""
    mine = ours.TimeLimit(ours.RepeatAction(cartpole(), 4), 10)
    known = theirs.TimeLimit(theirs.RepeatAction(cartpole(), 4), 10)

    assert from_env(mine)[0] == from_env(known)[0] == from_spec(mine.spec)
    assert from_env(known)[0] != from_spec(known.spec)
    assert 10 == mine.spec.max_episode_steps


def test_a_stack_in_a_wrapper_is_taken_as_it_is():
    """With its memory, among Gymnasium's own."""
    stack = native.RepeatAction(2) | native.NormalizeObservation(mode="learn")
    env = theirs.TimeLimit(GymWrapper(cartpole(), stack), 50)
    episode_of(env, 1)

    found, memory = from_env(env)

    assert Stack(*MADE, stack, native.TimeLimit(50)) == found
    assert same(env.env.memory.wrappers, memory.wrappers[3:5])
    assert from_spec(GymWrapper(cartpole(), stack).spec.to_json()) == Stack(*MADE, stack)


def test_pictures_are_known_where_they_are_shown():
    """So that the deployment's stack can be bound."""
    env = theirs_around("AddRenderObservation", CASES["AddRenderObservation"].make())
    env.reset(seed=0)

    deployment = Deployment.from_env(env, lambda seen: 1, sinks=())

    assert (6, 8, 3) == deployment.stack.gaps[-1].observation_space["pixels"].shape


def test_what_is_no_part_of_the_conversation_is_left_out():
    """And `explain` says so."""
    env = theirs.RenderCollection(CASES["RenderCollection"].make())

    assert "RenderCollection" not in repr(from_env(env)[0])
    assert from_env(env)[0] == from_spec(env.spec)
    assert "RenderCollection" in str(explain(env))
    assert "sinks.RenderCollection" in str(explain(env))


# -- nothing is touched ----------------------------------------------------------------------------


def test_the_environment_is_neither_called_nor_changed():
    """Nor is its generator, nor what its wrappers hold; not even a cached spec is added."""
    env = theirs.FrameStackObservation(
        theirs.NormalizeObservation(theirs.StickyAction(cartpole(), 0.3)), 3
    )
    episode_of(env, 1)
    before = pickle.dumps(env)

    from_env(env)
    Deployment.from_env(env, lambda seen: 0, sinks=())
    explain(env)

    assert before == pickle.dumps(env)


def test_a_generator_that_nobody_asked_for_is_not_made():
    """An environment that was never seeded stays so."""
    env = theirs.StickyAction(cartpole(), 0.3)

    from_env(env)

    assert env.unwrapped._np_random is None


def test_the_environment_is_not_kept():
    """When everybody else has let go of it, it is gone."""
    env = theirs.FrameStackObservation(theirs.NormalizeObservation(cartpole()), 3)
    observation, _ = env.reset(seed=0)
    gone = [weakref.ref(layer) for layer in (env, env.env, env.unwrapped)]

    deployment = Deployment.from_env(env, lambda seen: 0, shown=observation, sinks=())
    del env
    gc.collect()

    assert [None, None, None] == [layer() for layer in gone]
    assert deployment.decide() == 0


def test_what_is_remembered_is_copied():
    """What the environment does afterwards changes nothing, over buffers used again too."""
    env = theirs.FrameStackObservation(Walk(), 2)
    env.reset(seed=0)
    env.step(np.ones(2))

    _, memory = from_env(env)
    frames = [frame.copy() for frame in memory.wrappers[0]]
    env.step(np.ones(2))

    assert same(frames, [frame.copy() for frame in memory.wrappers[0]])


def test_a_seed_gives_the_keys():
    """The same seed the same memory; another seed other keys."""
    env = theirs.StickyAction(cartpole(), 0.3)

    assert same(from_env(env)[1], from_env(env)[1])
    assert from_env(env)[1].keys != from_env(env, seed=1)[1].keys


# -- errors, and wrappers of one's own -------------------------------------------------------------


class Unknown(gym.Wrapper):
    """A wrapper that nobody has registered, and that a bridge refuses."""

    def step(self, action):
        """Look behind the interface."""
        return self.env.step(self.unwrapped.bearings[action])


class AlsoUnknown(theirs.TimeLimit):
    """Another one."""

    def reset(self, **options):
        """Look behind the interface."""
        self.rails = self.unwrapped.rails
        return super().reset(**options)


def test_all_wrappers_that_cannot_be_used_are_named():
    """In one error, each with the reason, and with the cure."""
    env = AlsoUnknown(theirs.ClipReward(Unknown(cartpole()), 0, 1), 9)

    words = r"(?s)Unknown: .*'bearings'.*AlsoUnknown: .*'rails'.*register_twin\(Unknown"
    with pytest.raises(ConfigurationError, match=words):
        from_env(env)
    with pytest.raises(ConfigurationError, match="AlsoUnknown"):
        Deployment.from_env(env, lambda seen: 0)
    assert ["refused", "refused"] == [explain(env).rows[i].how for i in (4, 6)]


def test_the_spec_of_an_unknown_wrapper_is_refused():
    """By its entry point; what would be imported is not, without trust."""
    with pytest.raises(ConfigurationError, match=r"test_recognition:Unknown.*trust=True"):
        from_spec(Unknown(cartpole()).spec)


@pytest.mark.parametrize("wrong", [None, 3, cartpole])
def test_what_is_no_spec_is_refused(wrong):
    """With what is expected."""
    with pytest.raises(TypeError, match="EnvSpec"):
        from_spec(wrong)


def test_what_is_no_spec_as_json_is_refused():
    """With where to get one."""
    with pytest.raises(ConfigurationError, match="to_json"):
        from_spec("{}")


def test_a_spec_may_be_a_dict():
    """As `json.load` gives it."""
    env = cartpole()

    assert Stack(*MADE) == from_spec(json.loads(env.spec.to_json()))


def test_what_is_no_environment_is_refused():
    """With what is expected."""
    with pytest.raises(TypeError, match=r"Expected a gymnasium\.Env"):
        from_env(Walk)


def test_of_a_vector_one_environment_is_asked_for():
    """Since its own wrappers learn from all of them together."""
    with pytest.raises(TypeError, match=r"from_env\(vector\.envs\[0\]\)"):
        from_env(gym.make_vec("CartPole-v1", 2, "sync"))


class Scale(gym.RewardWrapper):
    """A wrapper of a user's, which counts its steps and records nothing."""

    def __init__(self, env, factor):
        super().__init__(env)
        self.factor, self.steps = factor, 0

    def reward(self, reward):
        self.steps += 1
        return self.factor * reward


@attrs.frozen
class ScaleReward(Wrapper[int]):
    """Its twin."""

    factor: float

    def initial(self, key):
        return 0

    def on_state(self, memory, timestep):
        return memory + (not timestep.first), timestep.replace(reward=self.factor * timestep.reward)


def test_a_wrapper_of_ones_own_is_registered_with_its_arguments_and_memory():
    """By functions of the instance."""
    register_twin(
        Scale,
        ScaleReward,
        arguments=lambda layer: {"factor": layer.factor},
        memory=lambda layer, wrapper, initial: layer.steps,
        note="counts its steps",
    )
    env = Scale(cartpole(), 0.5)
    env.reset(seed=0)
    env.step(0)

    stack, memory = from_env(env)

    assert Stack(*MADE, ScaleReward(0.5)) == stack
    assert 1 == memory.wrappers[-1]
    assert "counts its steps" in str(explain(env))
    with pytest.raises(ConfigurationError, match="RecordConstructorArgs"):
        from_spec(env.spec)


class Twice(gym.Wrapper):
    """A wrapper that is a stack of two in statewrap, and does not say its arguments."""


def test_a_wrapper_of_ones_own_may_become_a_stack():
    """The memory is then one for each of its wrappers."""
    register_twin(
        Twice,
        lambda: native.RepeatAction(2) | native.TimeLimit(3),
        arguments=lambda _: {},
        memory=lambda layer, wrappers, initial: (initial[0], 2),
    )
    env = Twice(cartpole())
    env.reset()

    stack, memory = from_env(env)

    assert Stack(*MADE, native.RepeatAction(2), native.TimeLimit(3)) == stack
    assert (None, 2) == memory.wrappers[3:]
    assert ["Twice", ""] == [row.layer for row in explain(env).rows[-2:]]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"arguments": lambda layer: {"faktor": 2}}, r"ScaleReward.*\{'faktor': 2\}.*TypeError"),
        ({"arguments": lambda layer: layer.gear}, "arguments=.*AttributeError"),
        ({"arguments": lambda layer: 3}, "arguments=.*gave 3, expected a dict"),
        ({"arguments": dict}, "arguments=.*TypeError"),
        ({"memory": lambda layer: 3}, "memory=.*TypeError"),
        ({"memory": lambda layer, wrapper, initial: layer.gear}, "memory=.*AttributeError"),
        ({"make": lambda factor: 3}, "make.*gave 3, expected a statewrap.Wrapper"),
        (
            {
                "make": lambda factor: native.RepeatAction(2) | native.TimeLimit(3),
                "memory": lambda layer, wrappers, initial: (1,),
            },
            r"memory=.*gave \(1,\), expected a memory for each of 2 wrappers",
        ),
        (
            {
                "make": lambda factor: native.RepeatAction(2) | native.TimeLimit(3),
                "memory": lambda layer, wrappers, initial: 3,
            },
            "memory=.*gave 3, expected a memory for each of 2 wrappers",
        ),
    ],
)
def test_a_twin_that_is_registered_wrongly_is_named(wrong, words):
    """With the function that is wrong, where it was said, and what it raised."""
    rightly = {"make": ScaleReward, "arguments": lambda layer: {"factor": layer.factor}}
    said = {**rightly, **wrong}
    register_twin(Scale, said.pop("make"), **said)
    env = Scale(cartpole(), 0.5)

    with pytest.raises(ConfigurationError, match=words) as told:
        from_env(env)

    assert "test_recognition:Scale" in str(told.value)
    assert "register_twin(Scale, ...)" in str(told.value)
    assert ("raised" in str(told.value)) == (told.value.__cause__ is not None)


def test_arguments_that_a_spec_says_wrongly_are_named():
    """As by a spec of another version of the wrapper."""
    register_twin(Scale, ScaleReward)
    entry = {"name": "Scale", "entry_point": f"{__name__}:Scale", "kwargs": {"faktor": 2}}
    spec = {**json.loads(cartpole().spec.to_json()), "additional_wrappers": [entry]}

    with pytest.raises(ConfigurationError, match=r"test_recognition:Scale.*register_twin\(Scale"):
        from_spec(spec)


class Window(gym.Wrapper, gym.utils.RecordConstructorArgs):
    """Records how large it is."""

    def __init__(self, env, size):
        gym.utils.RecordConstructorArgs.__init__(self, size=size)
        super().__init__(env)


@attrs.frozen
class Windowed(Wrapper[None]):
    """The same, inverted."""

    size: Any


@pytest.mark.parametrize("size", [(2, 3), (0.5, 1), ["a", "b"], 3])
def test_numbers_that_json_has_made_a_list_of_are_a_tuple_again(size):
    """So that a stack from a spec's text is the one that is there; other lists are lists."""
    register_twin(Window, Windowed)
    env = Window(cartpole(), size)

    stack = from_spec(env.spec.to_json())

    assert Windowed(size) == stack[-1]
    assert from_env(env)[0] == stack


def test_arguments_that_are_recorded_need_no_function():
    """As those of a wrapper that Gymnasium can make again; without, it is asked for."""
    register_twin(f"{__name__}:Unknown", lambda: None)
    try:
        with pytest.raises(ConfigurationError, match="does not record its arguments"):
            from_env(Unknown(cartpole()))
    finally:
        del known._rows[f"{__name__}:Unknown"]


def test_the_table_has_a_row_a_layer():
    """The environment first; what differs from a fresh memory is shown."""
    env = theirs.RecordEpisodeStatistics(cartpole())
    env.reset(seed=0)
    env.step(0)

    explained = explain(env)

    assert [
        "CartPoleEnv",
        "PassiveEnvChecker",
        "OrderEnforcing",
        "TimeLimit",
        "RecordEpisodeStatistics",
    ] == [row.layer for row in explained.rows]
    assert "1" == explained.rows[3].remembers
    assert str(explained) == repr(explained)


# -- into production -------------------------------------------------------------------------------


def test_one_line_takes_a_policy_to_production():
    """With what was learned; the first call opens an episode."""
    env = theirs.NormalizeObservation(cartpole())
    episode_of(env, 1)
    count = env.obs_rms.count

    deployment = Deployment.from_env(env, lambda seen: 1, seed=7, sinks=())
    deployment.act(np.zeros(4, np.float32))

    assert count + 1 == deployment.memory.wrappers[3].count
    assert 7 == deployment.seed


def test_what_was_learned_may_be_frozen():
    """`learn=False`: it is put to use, and nothing more is learned."""
    env = theirs.NormalizeReward(theirs.NormalizeObservation(cartpole()))
    episode_of(env, 1)
    shown: list[Any] = []

    deployment = Deployment.from_env(
        env, lambda seen: shown.append(seen) or 0, learn=False, sinks=()
    )
    for _ in range(2):
        deployment.reset(np.full(4, 0.1, np.float32))

    assert same(*shown)
    env.update_running_mean = env.env.update_running_mean = False
    assert from_env(env)[0] == Stack(*deployment.stack)


def test_without_a_policy_the_decision_that_is_wanted_is_given():
    """The observation shown last waits as `wanted`."""
    env = theirs.RepeatAction(cartpole(), 2)
    observation, _ = env.reset(seed=0)

    deployment = Deployment.from_env(env, shown=observation, sinks=())

    assert same(observation, deployment.wanted.observation)
    assert 1 == deployment.decide(1).action


def test_a_deployment_that_goes_on_can_be_saved_before_its_first_call():
    """And the restored one goes on alike."""
    env = theirs.RepeatAction(cartpole(), 2)
    observation, _ = env.reset(seed=0)
    one, other = (
        Deployment.from_env(env, lambda seen: 1, shown=observation, sinks=()) for _ in range(2)
    )

    other.restore(one.snapshot())

    assert 1 == one.decide() == other.decide()


def test_a_decision_that_fails_never_happened():
    """It can be asked for again."""
    env = theirs.RepeatAction(cartpole(), 2)
    observation, _ = env.reset(seed=0)
    failures = [ValueError("not yet")]

    def policy(seen):
        if failures:
            raise failures.pop()
        return 1

    deployment = Deployment.from_env(env, policy, shown=observation, sinks=())
    with pytest.raises(Exception, match="not yet"):
        deployment.decide()

    assert 1 == deployment.decide()


def test_a_fallback_answers_where_the_policy_fails():
    """As in any other call."""
    observation, _ = cartpole().reset(seed=0)

    def policy(seen):
        raise ValueError("never")

    deployment = Deployment.from_env(cartpole(), policy, shown=observation, fallback=0, sinks=())

    assert 0 == deployment.decide()


def test_a_decision_is_asked_for_only_where_one_is_wanted():
    """Not before the first episode, and not of a deployment without a policy."""
    fresh = Deployment(lambda seen: 0, sinks=())
    nobody = Deployment(sinks=())
    nobody.observe(1)

    with pytest.raises(Exception, match="decide is not legal"):
        fresh.decide()
    with pytest.raises(Exception, match="without a policy"):
        nobody.decide()


def test_every_wrapper_of_gymnasiums_has_a_row():
    """Those that only draw or write included."""
    rows = {name.partition(":")[2] for name in registered_twins() if name.startswith("gymnasium")}

    assert set(NAMES) == rows


def test_a_vector_wrapper_of_the_same_name_is_another():
    """Gymnasium's learns from all environments together."""
    assert known.row_of("gymnasium.wrappers.vector.rewards:NormalizeReward") is None
    assert known.row_of("gymnasium.wrappers.rewards:NormalizeReward") is not None


def test_a_generator_of_its_own_kind_is_left_alone():
    """What sticks draws from its key then."""
    env = theirs.StickyAction(cartpole(), 0.3)
    env.reset(seed=0)
    env.unwrapped._np_random = object()

    assert type(from_env(env)[1].wrappers[-1].draws).__name__ == "KeyDraws"


def test_a_stack_tells_whether_an_episode_was_opened():
    """Where no wrapper of Gymnasium's does."""
    env = theirs.FrameStackObservation(GymWrapper(Walk(), native.RepeatAction(2)), 2)

    assert () == from_env(env)[1].wrappers[-1]
    env.reset()
    assert 2 == len(from_env(env)[1].wrappers[-1])


class Pass(Wrapper[None]):
    """A wrapper that is no attrs class."""


def test_a_wrapper_that_is_no_attrs_class_is_shown_as_it_is():
    """By its `repr`."""
    assert "Pass object" in str(explain(GymWrapper(Walk(), Pass())))


def spec_of(entry_point, **kwargs) -> str:
    """Write the spec of a CartPole in one wrapper, by hand."""
    layer = {"name": "x", "entry_point": entry_point, "kwargs": kwargs}
    spec = json.loads(gym.make("CartPole-v1").unwrapped.spec.to_json())
    return json.dumps({**spec, "additional_wrappers": [layer]})


HOSTILE = [
    ("statewrap.gym.wrappers:TimeLimit", {"max_episode_steps": {"type": "os:getenv", "key": "X"}}),
    ("statewrap.gym.wrappers:TransformReward", {"func": {"name": "antigravity:fly"}}),
    ("statewrap.gym.wrapper:GymWrapper", {"stack": {"type": "os:getenv", "key": "X"}}),
    ("statewrap.gym.wrapper:GymWrapper", {"stack": {"stack": [{"name": "antigravity:fly"}]}}),
    (
        "statewrap.gym.wrappers:TimeLimit",
        {"max_episode_steps": {"type": "statewrap.gym.plain:importlib.import_module"}},
    ),
    (
        "statewrap.gym.wrappers:TimeLimit",
        {"max_episode_steps": {"type": "statewrap.deployment:Any"}},
    ),
]


@pytest.mark.parametrize(("entry_point", "kwargs"), HOSTILE)
def test_a_spec_runs_nothing_that_it_names(entry_point, kwargs, monkeypatch):
    """A name is neither imported nor called without trust, and no function is called with it."""
    called = []
    monkeypatch.setattr(os, "getenv", lambda *args, **options: called.append(args))

    with pytest.raises(ConfigurationError, match=r"imported|makes no plain data"):
        from_spec(spec_of(entry_point, **kwargs))
    with pytest.raises(ConfigurationError):
        from_spec(spec_of(entry_point, **{k: {"type": "os:getenv"} for k in kwargs}), trust=True)

    assert not called
    assert "antigravity" not in sys.modules


def test_a_function_is_imported_by_a_trusted_spec():
    """And only there."""
    text = ours.TransformReward(cartpole(), abs).spec.to_json()

    assert native.TransformReward(abs) == from_spec(text, trust=True)[-1]
    with pytest.raises(ConfigurationError, match="trust=True"):
        from_spec(text)


@pytest.mark.parametrize("stack", [[4], "abc", None, {"stack": 3}])
def test_a_spec_that_is_damaged_is_told_so(stack):
    """What it holds may be anything."""
    with pytest.raises(ConfigurationError):
        from_spec(spec_of("statewrap.gym.wrapper:GymWrapper", stack=stack))
    with pytest.raises(ConfigurationError, match="cannot be read"):
        from_spec(spec_of("statewrap.gym.wrapper:GymWrapper"))


def test_an_environment_without_wrappers_has_an_empty_stack():
    """It can go to production as well."""
    env = gym.make("CartPole-v1").unwrapped

    stack, memory = from_env(env)

    assert Stack() == stack
    assert ((), ()) == (memory.wrappers, memory.keys)
    assert 1 == Deployment.from_env(env, lambda _: 1, sinks=()).act(env.reset(seed=0)[0])
    assert "CartPoleEnv" in str(explain(env))


def test_the_names_of_an_arguments_dict_are_no_marks():
    """A padding with the keys of a plain form is a padding."""
    space = Dict({"type": Discrete(3), "name": Discrete(3)})
    padding = {"type": np.int64(2), "name": np.int64(1)}
    env = theirs.TransformObservation(cartpole(), lambda _: padding, space)

    for made in (theirs, ours):
        stack, _ = from_env(made.FrameStackObservation(env, 2, padding_type=padding))
        assert same(padding, stack[-1].padding_type)


@pytest.mark.parametrize(
    "name", ["gymnasium.wrappersevil:TimeLimit", "stable_baselines3.commonevil:WarpFrame"]
)
def test_a_package_of_a_name_that_begins_alike_is_another(name):
    """Its wrappers are not known."""
    with pytest.raises(ConfigurationError, match="have no twin"):
        from_spec(spec_of(name, max_episode_steps=3))


def test_numpy_numbers_stay_what_they_are_in_a_spec():
    """A float64 bound makes a float64 of a float32 reward, a float does not."""
    env = ours.ClipReward(cartpole(), -1.0, np.float64(0.7))

    found = from_spec(env.spec.to_json())

    assert np.float64 is type(found[-1].max_reward)
    assert from_env(env)[0] == found
    again = gym.make(gym.envs.registration.EnvSpec.from_json(env.spec.to_json()))
    assert np.float64 is type(again.max_reward)


def test_explain_shows_what_cannot_be_read():
    """As a row; only who wants the stack is refused."""

    class Odd(gym.Wrapper):
        """Cannot be read."""

    register_twin(Odd, native.TimeLimit, arguments=lambda odd: {"max_episode_steps": odd.nothing})
    env = Odd(cartpole())

    (row,) = [row for row in explain(env).rows if row.layer.endswith("Odd")]

    assert "arguments= raised AttributeError" in row.note
    with pytest.raises(ConfigurationError, match="arguments= raised AttributeError"):
        from_env(env)
