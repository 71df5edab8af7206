"""What `from_env` makes of wrappers whose methods, functions and buffers are shared or replaced."""

from __future__ import annotations

import functools
import gc
import types
import weakref

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete
from gymnasium.utils import RecordConstructorArgs
from gymnasium.wrappers import TimeLimit, TransformReward

import statewrap.wrappers as native
from statewrap import Act, Below, Deployment, Policy
from statewrap.core.errors import ConfigurationError
from statewrap.gym import Bridge, Description, GymWrapper, explain, from_env
from statewrap.gym.copies import Copied, Made
from statewrap.gym.transplant import Transplant

SPACE = Box(-1e9, 1e9, (1,), np.float32)


class Counter(gym.Env):
    """Shows 0, 1, 2, ...; every reward is 1. It keeps what it shows, changed in place."""

    observation_space, action_space = SPACE, Discrete(2)

    def __init__(self):
        self.state = np.zeros(1, np.float32)

    def reset(self, *, seed=None, options=None):
        """Begin at 0."""
        super().reset(seed=seed)
        self.state[:] = 0
        return self.state.copy(), {}

    def step(self, action):
        """Count."""
        self.state += 1
        return self.state.copy(), 1.0, False, False, {}


class Noting(Policy):
    """Notes the rewards that it is shown."""

    memory_types = ()

    def __init__(self):
        self.rewards = []

    def initial(self, key):
        """Remember nothing."""
        return

    def decide(self, memory, timestep):
        """Note."""
        self.rewards.append(float(timestep.reward))
        return memory, Act(0)


def rewards_of(env: gym.Env, steps: int = 3) -> tuple[list[float], list[float]]:
    """Part after two steps; return what the deployment shows from there, then what the loop does.

    In this order, so that what the two share shows.
    """
    env.reset()
    for _ in range(2):
        env.step(0)
    policy = Noting()
    agent = Deployment.from_env(env, policy, shown=np.full(1, 2, np.float32), sinks=())
    agent.decide()
    for count in range(3, 3 + steps):
        agent.act(np.full(1, count, np.float32), 1.0)
    return [float(env.step(0)[1]) for _ in range(steps)], policy.rewards[1:]


# -- methods that were replaced --------------------------------------------------------------------


class Scaled(gym.RewardWrapper, RecordConstructorArgs):
    """Records its arguments."""

    def __init__(self, env, factor=2):
        RecordConstructorArgs.__init__(self, factor=factor)
        gym.RewardWrapper.__init__(self, env)
        self.factor = factor
        self.how = self.reward

    def reward(self, reward):
        """Scale."""
        return reward * self.factor

    def other(self, reward):
        """Scale otherwise."""
        return reward * 100 * self.factor


def test_a_method_that_was_replaced_on_the_instance_is_the_one_that_is_called():
    """Though the arguments are recorded, and make a wrapper with the usual one."""
    env = Scaled(Counter())
    env.reward = env.other

    loop, deployed = rewards_of(env)

    assert [200.0] * 3 == loop == deployed


def test_a_method_that_is_held_is_the_one_that_was_held_last():
    """A wrapper made of the arguments holds another one."""

    class Held(Scaled):
        def step(self, action):
            observation, reward, *rest = self.env.step(action)
            self.factor += 1
            return observation, self.how(reward), *rest

    globals()["Held"] = Held
    Held.__qualname__ = "Held"
    env = Held(Counter())
    env.how = env.other

    loop, deployed = rewards_of(env)

    assert [500.0, 600.0, 700.0] == loop == deployed


@pytest.mark.parametrize("name", ["step", "reward"])
def test_a_known_wrapper_with_a_replaced_method_is_bridged(name):
    """Its twin would not call it."""
    env = TransformReward(TimeLimit(Counter(), 99), lambda reward: reward)
    usual = getattr(env, name)
    if name == "step":
        env.step = lambda action: (usual(action)[0], 7.0, False, False, {})
    else:
        env.reward = lambda reward: 7.0

    loop, deployed = rewards_of(env)

    assert [7.0] * 3 == loop == deployed
    assert f"its {name!r} was replaced" in explain(env).rows[-1].note


def test_a_function_that_reaches_an_environment_through_a_global_name_is_refused():
    """It would go on calling the environment that was copied from."""
    env = TimeLimit(Counter(), 99)
    space = {"usual": env.step}
    exec("def step(action): return usual(action)", space)  # noqa: S102 - our own
    env.step = space["step"]

    with pytest.raises(ConfigurationError, match="through the global name 'usual'"):
        from_env(env)


# -- what is behind other objects ------------------------------------------------------------------


class Cached(gym.Wrapper):
    """Caches a method of its own, per instance."""

    def __init__(self, env):
        super().__init__(env)
        self.weight = 1.0
        self.cached = functools.lru_cache(None)(self.weighed)

    def weighed(self, number):
        """Weigh."""
        return number * self.weight

    def step(self, action):
        """Weigh ever more."""
        observation, _, *rest = self.env.step(action)
        self.weight += 1
        return observation, self.cached(float(observation[0])), *rest


def test_a_cache_of_a_method_is_refused_and_nothing_is_kept():
    """What is cached cannot be read."""
    env = Cached(Counter())
    env.reset()
    gone = weakref.ref(env)

    with pytest.raises(ConfigurationError, match=r"Cached\.cached is a cache.*lru_cache"):
        from_env(env)
    del env
    gc.collect()

    assert None is gone()


class Weak(gym.Wrapper):
    """Refers to itself weakly."""

    def __init__(self, env):
        super().__init__(env)
        self.count = 0
        me = weakref.ref(self)
        self.counted = lambda: me().count

    def step(self, action):
        """Count."""
        observation, _, *rest = self.env.step(action)
        self.count += 1
        return observation, self.counted(), *rest


class Pushes(gym.Wrapper):
    """Holds a method of its list."""

    def __init__(self, env):
        super().__init__(env)
        self.list = []
        self.push = self.list.append
        self.length = self.list.__len__

    def step(self, action):
        """Push."""
        observation, _, *rest = self.env.step(action)
        self.push(1)
        return observation, self.length(), *rest


class Proxied(gym.Wrapper):
    """Reads its table through a proxy."""

    def __init__(self, env):
        super().__init__(env)
        self.table = {"count": 0}
        self.shown = types.MappingProxyType(self.table)

    def step(self, action):
        """Count."""
        observation, _, *rest = self.env.step(action)
        self.table["count"] += 1
        return observation, self.shown["count"], *rest


@pytest.mark.parametrize("kind", [Weak, Pushes, Proxied])
def test_what_leads_to_an_object_leads_to_its_copy_or_is_refused(kind):
    """Never to what the original holds."""
    env = kind(Counter())
    env.reset()
    env.step(0)
    before = repr({k: v for k, v in vars(env).items() if isinstance(v, (int, list, dict))})
    try:
        stack, _ = from_env(env)
        Bridge(stack[-1].factory, Below(SPACE, Discrete(2)))
    except ConfigurationError:
        refused = True
    else:
        refused = False
        loop, deployed = rewards_of(kind(Counter()))
        assert loop == deployed
    after = repr({k: v for k, v in vars(env).items() if isinstance(v, (int, list, dict))})

    assert before == after
    assert refused in ((False,) if kind is Weak else (False, True))


def test_a_weak_reference_to_what_nobody_holds_in_the_wrapper_is_refused():
    """Its copy would be gone at once."""
    env, elsewhere = gym.Wrapper(Counter()), Counter()
    env.watched = weakref.ref(elsewhere)

    with pytest.raises(ConfigurationError, match=r"Wrapper\.watched is a weak reference"):
        from_env(env)


# -- parts of the environment, and what layers share -----------------------------------------------


class Reads(gym.Wrapper):
    """Keeps an array of the environment's that looks like an observation."""

    def __init__(self, env):
        super().__init__(env)
        self.kept = env.unwrapped.state

    def step(self, action):
        """Read."""
        observation, _, *rest = self.env.step(action)
        return observation, float(self.kept[0]), *rest


def test_a_part_of_the_environment_is_refused_that_looks_like_an_observation():
    """A copy would show what it once was."""
    with pytest.raises(ConfigurationError, match=r"Reads\.kept is a part of the environment.*copy"):
        from_env(Reads(Counter()))


class OneInfo(gym.Wrapper):
    """Gives the same info again and again."""

    def __init__(self, env):
        super().__init__(env)
        self.info = {}

    def step(self, action):
        """Give it."""
        return *self.env.step(action)[:4], self.info


class CountsInInfo(gym.Wrapper):
    """Counts in the info that it is given."""

    def step(self, action):
        """Count."""
        observation, _, *rest, info = self.env.step(action)
        info["n"] = info.get("n", 0) + 1
        return observation, info["n"], *rest, info


class OneBuffer(gym.Wrapper):
    """Adds up observations in an array, which it shows."""

    def __init__(self, env):
        super().__init__(env)
        self.total = np.zeros(1, np.float32)

    def step(self, action):
        """Add."""
        observation, _, *rest = self.env.step(action)
        self.total += observation
        return self.total, float(self.total[0]), *rest


class HalvesInPlace(gym.Wrapper):
    """Halves what it is given, in place."""

    def step(self, action):
        """Halve."""
        observation, *rest = self.env.step(action)
        observation /= 2
        return observation, *rest


@pytest.mark.parametrize("between", [lambda env: env, lambda env: TimeLimit(env, 99)])
@pytest.mark.parametrize(
    ("lower", "upper"),
    [(OneInfo, CountsInInfo), (OneBuffer, HalvesInPlace)],
)
def test_layers_that_change_something_of_each_others_are_in_one_bridge(lower, upper, between):
    """What lies between them as well: what passes a border is copied there."""
    env = upper(between(lower(Counter())))

    loop, deployed = rewards_of(env)

    assert loop == deployed
    assert 1 == len([row for row in explain(env).rows if row.wrapper.startswith("Bridge")])


# -- descriptions ----------------------------------------------------------------------------------


class Logs(gym.Wrapper):
    """Appends to a list of its environment's."""

    def step(self, action):
        """Append."""
        self.unwrapped.table.append(action)
        observation, _, *rest = self.env.step(action)
        return observation, len(self.unwrapped.table), *rest


def test_attributes_that_are_described_are_each_instances_own():
    """And are not the caller's."""
    table = []
    describe = Description(attributes={"table": table})
    agents = [
        Deployment(
            Noting(),
            Bridge(Logs, describe=describe),
            observation_space=SPACE,
            action_space=Discrete(2),
            sinks=(),
        )
        for _ in range(2)
    ]
    for agent in agents:
        agent.reset(np.zeros(1, np.float32))
        for count in range(3):
            agent.act(np.full(1, count, np.float32), 1.0)

    assert [] == table
    assert [[0.0, 1.0, 2.0, 3.0]] * 2 == [agent.policy.rewards for agent in agents]


def test_a_description_goes_with_an_environment():
    """For what a wrapper asks of it that is a constant."""

    class Geared(gym.RewardWrapper):
        def reward(self, reward):
            return reward * self.unwrapped.gear

    plant = Counter()
    plant.gear = 3.0
    describe = Description(attributes={"gear": 3.0})
    stack, _ = from_env(Geared(plant), describe=describe)
    policy = Noting()
    agent = Deployment.from_env(Geared(plant), policy, describe=describe, sinks=())
    agent.act(np.zeros(1, np.float32))
    agent.act(np.ones(1, np.float32), 1.0)

    assert describe.attributes == stack[-1].describe.attributes
    assert [0.0, 3.0] == policy.rewards
    with pytest.raises(ConfigurationError, match="describe="):
        from_env(Geared(plant))


# -- classes that lead back ------------------------------------------------------------------------


def closing_over_the_wrapper(wrapper: gym.Wrapper) -> object:
    """Make a helper whose method closes over what made it."""

    class Helper:
        def count(self) -> int:
            return len(wrapper.seen)

    return Helper()


def with_a_property(wrapper: gym.Wrapper) -> object:
    """Make one whose property closes over the list."""
    seen = wrapper.seen

    class Helper:
        count = property(lambda _: lambda: len(seen))

    return Helper()


def by_a_static_method(wrapper: gym.Wrapper) -> object:
    """Make a class that is itself held."""
    seen = wrapper.seen

    class Helper:
        @staticmethod
        def count() -> int:
            return len(seen)

    return Helper


def by_an_attribute(wrapper: gym.Wrapper) -> object:
    """Make one whose class holds the list."""

    class Helper:
        seen = wrapper.seen

        def count(self) -> int:
            return len(self.seen)

    return Helper()


def by_the_class_of_the_class(wrapper: gym.Wrapper) -> object:
    """Make a class whose own class closes over the wrapper."""

    class Meta(type):
        def count(cls) -> int:
            return len(wrapper.seen)

    class Helper(metaclass=Meta):
        pass

    return Helper


def by_a_default(wrapper: gym.Wrapper) -> object:
    """Make one whose method has the list as a default."""

    class Helper:
        def count(self, seen=wrapper.seen.__len__) -> int:
            return seen()

    return Helper()


class Helped(gym.Wrapper):
    """Counts through a helper."""

    def __init__(self, env, helper):
        super().__init__(env)
        self.seen = []
        self.helper = helper(self)

    def step(self, action):
        """Count."""
        observation, _, *rest = self.env.step(action)
        self.seen.append(1)
        return observation, self.helper.count(), *rest


@pytest.mark.parametrize(
    "helper",
    [
        closing_over_the_wrapper,
        with_a_property,
        by_a_static_method,
        by_an_attribute,
        by_the_class_of_the_class,
        by_a_default,
    ],
)
def test_a_class_that_leads_back_to_the_wrapper_is_refused(helper):
    """All copies would share it, and go on with the original's."""
    words = r"Helped\.helper is, or is of, the class .* which all copies share"

    with pytest.raises(ConfigurationError, match=words):
        from_env(Helped(Counter(), helper))


def test_a_class_that_leads_to_the_environment_is_refused():
    """It would look at the one that was copied from."""
    base = Counter()

    class Looks(gym.RewardWrapper):
        def reward(self, reward):
            return float(base.state[0])

    with pytest.raises(ConfigurationError, match=r"'reward' leads to a Counter"):
        from_env(Looks(base))


def test_a_class_that_was_made_in_a_function_over_constants_is_copied():
    """It leads to nothing that is copied."""
    factor = np.full(1, 2.0)

    class Scales(gym.RewardWrapper):
        def reward(self, reward):
            return float(reward * factor[0])

    loop, deployed = rewards_of(Scales(Counter()))

    assert [2.0] * 3 == loop == deployed


# -- resets within a step --------------------------------------------------------------------------


class ResetsItself(gym.Wrapper):
    """Goes on in a new episode where the first one ended, and hides the end."""

    lives = 2

    def step(self, action):
        """Step, and reset where the environment is over."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        self.lives -= terminated
        if terminated and self.lives:
            observation, info = self.env.reset()
            terminated = False
        return observation, reward, terminated, truncated, info


@pytest.mark.parametrize("mode", ["replay", "greenlet"])
def test_a_reset_answers_the_one_that_a_wrapper_asks_for_within_a_step(mode):
    """As in the usual loop of a host, which resets where no action is due."""
    pytest.importorskip("greenlet")
    policy = Noting()
    agent = Deployment(
        policy,
        Bridge(ResetsItself, mode=mode),
        observation_space=SPACE,
        action_space=Discrete(2),
        on_reset="request",
        sinks=(),
    )
    zero, one = np.zeros(1, np.float32), np.ones(1, np.float32)

    actions = [agent.reset(zero), agent.act(one, 5.0, True), agent.reset(zero)]
    actions += [agent.act(one, 1.0), agent.act(one, 2.0, True)]

    assert [0, None, 0, 0, None] == actions
    assert [0.0, 5.0, 1.0] == policy.rewards
    assert 1 == agent.statistics["episodes"]


# -- more of the same ------------------------------------------------------------------------------


class Boxed(gym.Wrapper):
    """Counts in a list, which another one may count in as well."""

    def __init__(self, env, box):
        super().__init__(env)
        self.box = box

    def step(self, action):
        """Count."""
        observation, _, *rest = self.env.step(action)
        self.box.append(0)
        return observation, len(self.box), *rest


def test_layers_that_hold_the_same_object_are_in_one_bridge():
    """With the twin between them."""
    box = []

    loop, deployed = rewards_of(Boxed(TimeLimit(Boxed(Counter(), box), 99), box))

    assert [6.0, 8.0, 10.0] == loop == deployed


def test_a_replaced_method_of_a_stack_in_gymnasium_is_refused():
    """The stack would not call it."""
    env = GymWrapper(Counter(), native.TimeLimit(9))
    env.step = lambda action: None

    with pytest.raises(ConfigurationError, match=r"GymWrapper: its 'step' was replaced"):
        from_env(env)


class Calls(gym.Wrapper, RecordConstructorArgs):
    """Holds a partial function and, later, other things that lead to what it holds."""

    def __init__(self, env):
        RecordConstructorArgs.__init__(self)
        gym.Wrapper.__init__(self, env)
        self.list = []
        self.call = functools.partial(self.scaled, 2)

    def scaled(self, factor):
        """Scale how many there are."""
        self.list.append(0)
        return factor * len(self.list)

    def step(self, action):
        """Call it."""
        observation, _, *rest = self.env.step(action)
        return observation, self.call(), *rest


def test_a_partial_function_is_the_one_that_was_held_last():
    """It stays the same object where it calls the same, which a bridge wants."""
    env = Calls(Counter())
    kept = from_env(env)[0][-1].factory
    env.call = functools.partial(env.scaled, 10)

    loop, deployed = rewards_of(env)

    assert [30.0, 40.0, 50.0] == loop == deployed
    assert isinstance(kept, Made)


def test_what_leads_elsewhere_makes_a_copy_of_what_records_its_arguments():
    """It cannot be put into another one."""
    env = Calls(Counter())
    env.call = env.list.__len__

    loop, deployed = rewards_of(env)

    assert [0.0, 0.0, 0.0] == loop == deployed
    assert isinstance(from_env(env)[0][-1].factory, Copied)


def test_a_static_function_is_made_over_the_copy():
    """As any other function."""
    env = Boxed(Counter(), [])
    env.length = staticmethod(lambda: len(env.box))

    twin = Transplant({id(env.env): Counter()}).copy(env, "it")
    twin.box.append(0)

    assert (0, 1) == (env.length(), twin.length())


def test_attributes_that_have_no_copy_are_described_as_they_are():
    """A module, for one."""
    table = [1]

    described = Description(attributes={"numbers": np, "table": table}).attributes

    assert {"numbers": np, "table": [1]} == described
    assert described["table"] is not table


def test_a_map_of_what_is_no_mapping_is_refused():
    """As before it is copied."""
    with pytest.raises(TypeError, match="expected a dict"):
        Description(attributes=3)
