"""What `from_env` makes of wrappers that have no twin, and that it touches nothing."""

from __future__ import annotations

import gc
import pickle
import weakref

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import wrappers as theirs
from gymnasium.envs.classic_control import CartPoleEnv

import statewrap.wrappers as native
from statewrap.core.errors import ConfigurationError
from statewrap.core.same import same
from statewrap.deployment import Deployment
from statewrap.gym import GymWrapper, explain, from_env, from_spec, register_twin
from statewrap.gym.bridge import Bridge
from statewrap.gym.copies import Copied, Made
from statewrap.gym.transplant import Transplant
from tests.gym.continued import Tape, both_ways
from tests.gym.environments import Walk, episode_of
from tests.gym.strangers import (
    Behind,
    Counts,
    Halve,
    Looks,
    Records,
    Remembers,
    Skips,
    Writes,
)
from tests.gym.twins import cartpole

register_twin(Tape, lambda: None, arguments=lambda _: {})

STACKS = {
    "a map": Halve,
    "one that counts first": Counts,
    "one that looks at the one below": lambda env: Looks(Counts(env)),
    "one that looks at a known one": lambda env: theirs.ClipReward(Remembers(Counts(env)), 0, 1),
    "a random skip": lambda env: Skips(theirs.TimeLimit(env, 31)),
    "what is held": lambda env: Remembers(theirs.TimeLimit(env, 31), 3),
    "what is held, by arguments": lambda env: Records(theirs.TimeLimit(env, 31), 3),
    "two of them": lambda env: Records(Remembers(env), 3),
    "among twins": lambda env: Halve(
        theirs.FrameStackObservation(Remembers(Skips(theirs.TimeLimit(env, 31))), 2)
    ),
}


def bare() -> gym.Env:
    """Make a CartPole without wrappers."""
    return gym.make("CartPole-v1").unwrapped


@pytest.mark.parametrize("steps", [0, 5, 23])
@pytest.mark.parametrize("wrap", STACKS.values(), ids=STACKS)
def test_a_deployment_goes_on_with_any_wrapper_in_the_middle_of_an_episode(wrap, steps):
    """Bit for bit as the loop does, with what was learned and what is held."""
    expected, shown = both_ways(bare, wrap, steps)

    assert same([np.asarray(one) for one in expected], [np.asarray(one) for one in shown])


def test_a_wrapper_that_records_its_arguments_is_made_anew_from_them():
    """So that a spec says the same stack."""
    env = Records(cartpole(), 3)

    stack, _ = from_env(env)

    assert Made(((f"{Records.__module__}:Records", {"size": 3}),)) == stack[-1].factory
    assert from_spec(env.spec, trust=True) == stack
    assert from_spec(env.spec.to_json(), trust=True) == stack


def test_what_was_set_after_construction_is_in_the_memory():
    """Though the arguments say otherwise."""
    env = Records(cartpole(), 3)
    env.size = 7
    env.reset(seed=0)

    expected = env.step(0)[0]
    env = Records(cartpole(), 3)
    env.size = 7
    observation, _ = env.reset(seed=0)
    shown = []
    deployment = Deployment.from_env(env, lambda seen: shown.append(seen) or 0, shown=observation)
    plant = cartpole()
    plant.reset(seed=0)
    deployment.decide()
    deployment.act(*plant.step(0))

    assert same(expected, shown[-1])


def test_arguments_without_a_name_make_a_copy():
    """As a function that was typed in."""

    class Shows(Records):
        """Local: nobody can import it."""

    (*_, bridge) = from_env(Shows(cartpole()))[0]

    assert Copied is type(bridge.factory)
    assert bridge.factory.names[0].endswith("Shows")


def test_neighbours_are_in_one_bridge():
    """It is made ready and put back once for both."""
    (*_, bridge) = from_env(Remembers(Counts(cartpole())))[0]

    assert ("Counts", "Remembers") == tuple(n.partition(":")[2] for n in bridge.factory.names)


def test_what_is_seen_once_stays_apart_from_what_runs_again():
    """Its work would be done twice."""
    *_, below, above = from_env(Counts(Remembers(cartpole())))[0]

    assert ((Bridge, "Remembers"), (Bridge, "Counts")) == tuple(
        (type(one), one.factory.names[0].partition(":")[2]) for one in (below, above)
    )


def test_neighbours_in_a_spec_are_in_one_bridge():
    """They may look for each other, and nobody can try them before they are bound."""
    env = Records(Records(cartpole(), 4), 3)

    (*_, bridge) = from_spec(env.spec, trust=True)

    assert [{"size": 4}, {"size": 3}] == [given for _, given in bridge.factory.layers]


def test_a_trusted_spec_that_does_not_say_arguments_is_refused():
    """By the name of the wrapper."""
    with pytest.raises(ConfigurationError, match=r"arguments of .*Counts.*from_env"):
        from_spec(Counts(cartpole()).spec, trust=True)


# -- nothing is touched ----------------------------------------------------------------------------


class Untouchable(CartPoleEnv):
    """Counts how often it is called."""

    called = 0

    def step(self, action):
        """Count."""
        self.called += 1
        return super().step(action)

    def reset(self, **options):
        """Count."""
        self.called += 1
        return super().reset(**options)

    def render(self):
        """Count."""
        self.called += 1
        return super().render()


@pytest.mark.parametrize("wrap", STACKS.values(), ids=STACKS)
def test_the_environment_is_neither_called_nor_changed_nor_kept(wrap):
    """Nor are its wrappers, though theirs is the code that runs in the bridge."""
    env = wrap(Untouchable())
    observation, _ = env.reset(seed=0)
    env.step(0)
    bare = env.unwrapped
    calls, before = bare.called, [held(layer) for layer in layers(env)]

    deployment = Deployment.from_env(env, lambda seen: 0, shown=observation, sinks=())
    deployment.decide()
    deployment.act(np.zeros(4, np.float32), 1.0)
    explain(env, measure=True)

    assert calls == bare.called
    assert before == [held(layer) for layer in layers(env)]
    gone = [weakref.ref(layer) for layer in layers(env)]
    del env, bare
    gc.collect()
    assert [None] * len(gone) == [layer() for layer in gone]
    assert 0 == deployment.act(np.zeros(4, np.float32), 1.0)


def layers(env: gym.Env) -> list[gym.Env]:
    """Return an environment's wrappers and itself."""
    return [env, *layers(env.env)] if isinstance(env, gym.Wrapper) else [env]


def held(layer: gym.Env) -> bytes:
    """Return what a layer holds, functions and the layer below apart."""
    kept = {k: v for k, v in vars(layer).items() if k not in {"env", "shown", "func"}}
    return pickle.dumps(kept)


class Samples(gym.Wrapper):
    """Draws from its action space."""

    def step(self, action):
        """Draw."""
        return self.env.step(self.action_space.sample())


def test_the_environments_spaces_are_not_drawn_from():
    """A wrapper that does so has spaces of its own."""
    env = Samples(gym.make("CartPole-v1").unwrapped)
    env.action_space.seed(3)
    before = env.action_space.np_random.bit_generator.state
    observation, _ = env.reset(seed=0)

    deployment = Deployment.from_env(env, lambda seen: 0, shown=observation, sinks=())
    deployment.decide()
    sent = {int(deployment.act(np.zeros(4, np.float32), 1.0)) for _ in range(30)}

    assert before == env.action_space.np_random.bit_generator.state
    assert {0, 1} == sent


def test_a_function_over_the_wrapper_sees_the_copy():
    """It would change the wrapper that was copied otherwise."""
    env = Remembers(Walk())

    twin = Transplant({id(env.env): Walk()}).copy(env, "it")
    twin.frames.append(1)

    assert [] == list(env.frames)
    assert twin.shown(0) == env.shown(0) + 2
    assert np.shares_memory(twin.board, twin.row)
    assert not np.shares_memory(twin.board, env.board)


# -- refusals --------------------------------------------------------------------------------------


class Dials:
    """Something of an environment's own."""


def test_a_part_of_the_environment_is_refused():
    """It would be shown as it once was."""
    walk = Walk()
    walk.dials = Dials()

    with pytest.raises(ConfigurationError, match=r"Behind\.dials is a part of the environment"):
        from_env(Behind(walk))


def test_what_cannot_be_copied_is_refused(tmp_path):
    """With what it is, and how it can be used all the same."""
    env = Writes(Walk(), tmp_path / "log")

    with pytest.raises(ConfigurationError, match=r"Writes\.file is an open file.*greenlet"):
        from_env(env)
    env.file.close()


def test_wrappers_of_vectors_are_refused():
    """A bridge takes wrappers of one environment."""
    common = pytest.importorskip("stable_baselines3.common.vec_env")

    class Passes(common.VecEnvWrapper):
        """Lets all pass."""

        def reset(self):
            """Pass."""
            return self.venv.reset()

        def step_wait(self):
            """Pass."""
            return self.venv.step_wait()

    with pytest.raises(ConfigurationError, match="wraps a vector of environments"):
        from_env(Passes(common.DummyVecEnv([cartpole])))


# -- explain ---------------------------------------------------------------------------------------


def test_explain_says_how_each_layer_is_run_and_what_was_seen():
    """As values."""
    env = Halve(Skips(theirs.StickyAction(Counts(cartpole()), 0.5)))
    episode_of(env, 1)

    *_, counts, sticky, skips, halve = explain(env).rows

    assert ("bridge", "bridge") == (counts.how, halve.how)
    assert "twin" == sticky.how
    assert "from its key" == sticky.draws
    assert "seen: 1 a step" == counts.calls
    assert "seen: 1 to 3 a step" == halve.calls
    assert "Bridge(Skips, Halve)" == halve.wrapper
    assert "in the bridge of Halve" in skips.note
    assert "generator" in halve.draws
    assert "seen: 2 to 4 runs an act" == halve.cost
    assert "in this process" == counts.snapshot
    assert "not seen" == counts.effects


def test_explain_takes_a_bridge_in_a_stack():
    """By the factory that somebody wrote."""
    env = GymWrapper(cartpole(), native.RepeatAction(2) | Bridge(Halve) | Bridge(halves))

    *_, twin, by_class, by_function = explain(env).rows

    assert ("twin", "bridge", "bridge") == (twin.how, by_class.how, by_function.how)
    assert "Halve" in by_class.wrapper
    assert "halves" in by_function.wrapper
    assert "mapped" == by_function.cost


def halves(env: gym.Env) -> gym.Env:
    """Put a map around an environment."""
    return Halve(env)


def test_explain_measures_what_is_asked_for():
    """In microseconds, for each layer."""
    rows = explain(Counts(cartpole()), measure=True).rows

    assert all("µs an act" in row.cost for row in rows[1:])
    assert not any("µs" in row.cost for row in explain(Counts(cartpole())).rows)


def test_explain_says_where_nothing_could_be_seen():
    """Over spaces in which nothing can be made up."""

    class Blank(gym.Env):
        """Announces no observations."""

        observation_space = None
        action_space = gym.spaces.Discrete(2)

    *_, row = explain(Counts(Blank())).rows

    assert ("not seen", "not seen") == (row.calls, row.snapshot)


def test_explain_says_what_can_be_saved_in_this_process_only():
    """With the cure: a copy is known here alone, one made of its arguments everywhere."""
    *_, copied, recorded = explain(Records(theirs.TimeLimit(Remembers(bare()), 9), 3)).rows

    assert "in this process" == explain(Remembers(bare())).rows[-1].snapshot
    assert "RecordConstructorArgs" in explain(Remembers(bare())).rows[-1].note
    assert "yes" == recorded.snapshot
    assert "TimeLimit" == copied.layer


def test_a_copy_that_changes_no_more_is_known_in_its_process_alone():
    """What it was given is in the copy, not in the snapshot."""

    class Frozen(gym.ObservationWrapper):
        """Has learned."""

        mean = np.ones(4)

        def observation(self, observation):
            """Centre."""
            return observation - self.mean

    env = Frozen(bare())
    env.mean = np.zeros(4)

    row = explain(env).rows[-1]

    assert ("", "in this process") == (row.remembers, row.snapshot)
    assert "a copy: another process can restore its snapshots if" in row.note


def test_a_factory_without_a_name_is_known_in_its_process_alone():
    """A function at the top of a module is found elsewhere."""
    bridges = Bridge(lambda env: Halve(Halve(env))) | Bridge(halves)

    *_, nameless, named = explain(GymWrapper(cartpole(), bridges)).rows

    assert ("in this process", "yes") == (nameless.snapshot, named.snapshot)
    assert "its factory has no name" in nameless.note


def test_a_stack_of_two_wrappers_has_two_rows():
    """The second without a name."""
    env = GymWrapper(cartpole(), native.RepeatAction(2) | native.TimeLimit(9))

    *_, first, second = explain(env).rows

    assert ("GymWrapper", "RepeatAction(num_repeats=2)") == (first.layer, first.wrapper)
    assert ("", "TimeLimit(max_episode_steps=9)") == (second.layer, second.wrapper)
