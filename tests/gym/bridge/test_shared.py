"""What is held from two places: changed in one, it is changed in the other, as in a loop."""

from __future__ import annotations

import collections
import functools
import itertools
import random
import types
import weakref

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete
from hypothesis import given, settings
from hypothesis import strategies as st

from statewrap import Act, Below, Deployment, Key, TimeStep
from statewrap.core.errors import WrapperError
from statewrap.gym import Bridge
from statewrap.gym.bridge import choice
from statewrap.gym.bridge.direct import Direct
from statewrap.gym.bridge.errors import CannotGoBackError, DivergedError, NotBridgeableError
from tests.gym.bridge.programs import program

SPACE = Box(-1e9, 1e9, (1,), np.float32)
BELOW = Below(SPACE, Discrete(2))
KEY = Key.from_seed(0)


def frame(number):
    """Return an observation that shows a number."""
    return np.full(1, number, np.float32)


class Plant(gym.Env):
    """Shows 0, 1, 2, ..."""

    observation_space, action_space = SPACE, Discrete(2)

    def __init__(self):
        self.metadata = {"render_modes": []}

    def reset(self, **how):
        """Begin at 0."""
        self.count = 0
        return frame(0), {}

    def step(self, action):
        """Count."""
        self.count += 1
        return frame(self.count), 1.0, False, False, {}


def looped(wrapper, steps, episodes=1):
    """Return rewards and infos of Gymnasium's own loop."""
    env, seen = wrapper(Plant()), []
    for _ in range(episodes):
        env.reset()
        seen += [env.step(n % 2) for n in range(steps)]
    return [(float(reward), info) for _, reward, _, _, info in seen]


def bridged(wrapper, steps, episodes=1):
    """Return the same of a bridge that runs calls again, each message twice."""
    bridge = Bridge(wrapper, BELOW, mode="replay")
    memory, seen = bridge.initial(KEY), []
    for _ in range(episodes):
        count = 0
        memory, down = bridge.on_state(bridge.renew(memory, KEY), TimeStep(frame(0), first=True))
        for n in range(steps):
            bridge.on_action(memory, Act(n % 2))
            memory, down = bridge.on_action(memory, Act(n % 2))
            while not isinstance(down, TimeStep):
                count += 1
                memory, down = bridge.on_state(memory, TimeStep(frame(count), reward=1.0))
            seen.append((float(down.reward), dict(down.info)))
    return seen


class Layer(gym.Wrapper):
    """Rewards by what it says."""

    def __init__(self, env):
        super().__init__(env)
        self.count = 0
        self.init()

    def init(self):
        """Make what it holds."""

    def step(self, action):
        """Say something."""
        observation, _, *rest = self.env.step(action)
        self.count += 1
        return observation, float(self.said()), *rest


class Again(Layer):
    """Makes in each reset what others make once."""

    def reset(self, **how):
        """Make it anew."""
        self.init()
        return self.env.reset(**how)


class Totals(Layer):
    """Holds what an episode is in two places."""

    def init(self):
        """Begin with none."""
        self.all = []

    def reset(self, **how):
        """Begin another."""
        self.now = {"steps": 0}
        self.all.append(self.now)
        return self.env.reset(**how)

    def said(self):
        """Write in one place, and read in the other."""
        self.now["steps"] += 1
        return sum(one["steps"] for one in self.all)


class Pushes(Layer):
    """Holds a bound method of its list."""

    def init(self):
        """Make both."""
        self.rows = []
        self.push = self.rows.append

    def said(self):
        """Push."""
        self.push(1)
        return len(self.rows)


class PushesAgain(Pushes, Again):
    """Makes both in each reset."""


class Weak(Layer):
    """Refers to a part of itself weakly."""

    def init(self):
        """Refer."""
        self.part = Totals(gym.Wrapper(Plant()))
        self.weakly = weakref.ref(self.part)

    def said(self):
        """Count."""
        self.part.count += 1
        return self.weakly().count


class Proxied(Layer):
    """Looks at a table through a proxy."""

    def init(self):
        """Make both."""
        self.table = {"n": 0}
        self.proxy = types.MappingProxyType(self.table)

    def said(self):
        """Count."""
        self.table["n"] += 1
        return self.proxy["n"]


class Drawn(Layer):
    """Draws by a bound method of a generator of its own."""

    def init(self):
        """Bind."""
        self.draw = random.Random(0).random  # noqa: S311 - no secret

    def said(self):
        """Draw, but late."""
        return self.draw() if self.count > 30 else 0.0


class Sampled(Layer):
    """Samples from a space of its own."""

    def init(self):
        """Seed it."""
        self.space = gym.spaces.Dict(a=Discrete(1000), seed=3)

    def said(self):
        """Sample, but late."""
        return self.space.sample()["a"] if self.count > 30 else 0


class Noted(Layer):
    """Counts in its environment's metadata."""

    def said(self):
        """Count."""
        self.metadata["n"] = self.metadata.get("n", 0) + 1
        return self.metadata["n"]


class Plain(Layer):
    """Caches what depends on arguments alone; holds functions of C."""

    def init(self):
        """Hold them."""
        self.doubled = functools.lru_cache(None)(lambda number: 2 * number)
        self.functions = (np.sin, "x".join, random.Random)

    def said(self):
        """Double."""
        return self.doubled(self.count % 3)


class Beside(Again):
    """Keeps the attributes of an object beside it."""

    def init(self):
        """Make both."""
        self.thing = Thing()
        self.held = vars(self.thing)

    def said(self):
        """Write in one, read in the other."""
        self.held["n"] = self.count
        return self.thing.n


class Thing:
    """Holds something."""


SHARED = [Totals, Pushes, PushesAgain, Weak, Proxied, Drawn, Sampled, Noted, Plain, Beside]


@pytest.mark.parametrize("wrapper", SHARED, ids=lambda kind: kind.__name__)
def test_what_one_place_does_another_sees(wrapper):
    """Over three episodes, and each act tried twice."""
    assert looped(wrapper, 35, 3) == bridged(wrapper, 35, 3)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_random_programs_over_shared_objects_run_as_in_a_loop(seed):
    """Lists, dicts, queues, sets, arrays and objects within one another."""
    wrapper = program(seed)

    assert looped(wrapper, 5, 4) == bridged(wrapper, 5, 4)


class Cached(Layer):
    """Caches a method."""

    def init(self):
        """Cache it."""
        self.cached = functools.lru_cache(None)(self.weighed)

    def weighed(self, number):
        """Weigh."""
        return number * self.count

    def said(self):
        """Ask for it."""
        return self.cached(self.count % 2)


class Numbered(Layer):
    """Numbers by an iterator that is seen nowhere."""

    def init(self):
        """Count."""
        self.numbers = collections.defaultdict(itertools.count().__next__)

    def said(self):
        """Ask."""
        return self.numbers[self.count] if self.count > 30 else 0


class Held(Layer):
    """Holds a running generator by its method."""

    def init(self):
        """Begin."""
        self.draw = (n for n in range(9999)).__next__

    def said(self):
        """Go on."""
        return self.draw() if self.count > 30 else 0


class Odd(dict):
    """Sets otherwise than a dict."""

    def __setitem__(self, key, value):
        super().__setitem__(key, value + 1)


class Oddly(Layer):
    """Holds such a one."""

    def init(self):
        """Make it."""
        self.odd = Odd()

    def said(self):
        """Set."""
        self.odd["x"] = self.count
        return self.odd["x"]


class ViewOfObjects(Again):
    """Looks at a part of an array of objects."""

    def init(self):
        """Make both."""
        self.whole = np.zeros(4, object)
        self.part = self.whole[:2]

    def said(self):
        """Write in one, read in the other."""
        self.part += 1
        return self.whole.sum()


class BesideFirst(Beside):
    """Meets the attributes before their object."""

    def init(self):
        """Make both."""
        thing = Thing()
        self.held = vars(thing)
        self.thing = thing


class WeakAgain(Again):
    """Refers weakly to what it makes in each reset."""

    def init(self):
        """Make both."""
        self.thing = Thing()
        self.weakly = weakref.ref(self.thing)

    def said(self):
        """Write in one, read in the other."""
        self.thing.n = self.count
        return self.weakly().n


REFUSED = {
    Cached: r"Cached\.cached is a cache \(functools\.lru_cache\)",
    Numbered: r"default_factory, what it is bound to is an object of C code \(itertools\.count\)",
    Held: r"Held\.draw, what it is bound to is a running generator",
    Oddly: r"Oddly\.odd is a dict with a method __setitem__ of its own",
    ViewOfObjects: r"ViewOfObjects\.part is a view of an array of objects",
    BesideFirst: r"the `__dict__` is kept beside it",
    WeakAgain: r"WeakAgain\.weakly is a ReferenceType made while it runs",
}


@pytest.mark.parametrize("wrapper", REFUSED, ids=lambda kind: kind.__name__)
def test_what_hides_its_state_is_refused_by_kind(wrapper):
    """Even if it is used late only."""
    with pytest.raises(NotBridgeableError, match=REFUSED[wrapper]):
        Bridge(wrapper, BELOW, mode="replay")


def tensors(make):
    """Return a wrapper that writes into one tensor or array and reads another."""

    class Tensors(Again):
        def init(self):
            self.read, self.written = make(pytest.importorskip("torch"))

        def said(self):
            self.written += 1
            return self.read.sum()

    return Tensors


def view(torch):
    """A view of a tensor."""
    whole = torch.zeros(4)
    return whole, whole[:2]


def of_array(torch):
    """A tensor over an array."""
    whole = np.zeros(4)
    return whole, torch.from_numpy(whole)


def as_array(torch):
    """An array over a tensor."""
    whole = torch.zeros(4)
    return whole, whole.numpy()


@pytest.mark.parametrize("make", [view, of_array, as_array], ids=lambda make: make.__name__)
def test_tensors_that_share_memory_are_refused(make):
    """Which they would not once they were put back."""
    with pytest.raises(NotBridgeableError, match="shares its memory with another"):
        Bridge(tensors(make), BELOW, mode="replay")


def test_a_tensor_alone_is_put_back():
    """Made in each reset."""

    def alone(torch):
        tensor = torch.zeros(4)
        return tensor, tensor

    wrapper = tensors(alone)

    assert looped(wrapper, 4, 2) == bridged(wrapper, 4, 2)


class Late(gym.RewardWrapper):
    """Exchanges something when it has mapped 700 rewards."""

    def __init__(self, env):
        super().__init__(env)
        self.count = 0

    def reward(self, reward):
        """Count."""
        self.count += 1
        if self.count == 700:
            self.exchange()
        return reward

    def harder(self, reward):
        """Map otherwise."""
        return reward - 10


class LateMethod(Late):
    """Its own method."""

    def exchange(self):
        """Do so."""
        self.reward = self.harder


class LateStep(Late):
    """Its own step."""

    def exchange(self):
        """Do so."""
        self.step = self.env.step


class LateClass(Late):
    """Its class."""

    def exchange(self):
        """Do so."""
        self.__class__ = Harder


class Harder(LateClass):
    """Maps otherwise."""

    def reward(self, reward):
        """Map."""
        return reward - 10


def test_a_method_that_is_exchanged_later_is_called():
    """On the way that calls methods alone."""
    assert looped(LateMethod, 705) == bridged(LateMethod, 705)


@pytest.mark.parametrize(
    ("wrapper", "error", "words"),
    [
        (LateStep, DivergedError, "LateStep has exchanged its own"),
        (LateClass, NotBridgeableError, "class was exchanged while it ran"),
    ],
    ids=["step", "class"],
)
def test_what_makes_it_another_wrapper_later_is_an_error(wrapper, error, words):
    """It was tried out as what it was."""
    with pytest.raises(error, match=words):
        bridged(wrapper, 705)


def test_a_class_that_was_exchanged_is_put_back():
    """Before the error is told, the next call goes on from where it was."""
    bridge = Bridge(LateClass, BELOW, mode="replay")
    memory, _ = bridge.on_state(bridge.initial(KEY), TimeStep(frame(0), first=True))
    for _ in range(699):
        memory, _ = bridge.on_state(memory, TimeStep(frame(1), reward=1.0))
    for _ in range(2):
        with pytest.raises(NotBridgeableError, match="LateClass for Harder"):
            bridge.on_state(memory, TimeStep(frame(1), reward=1.0))


def test_a_quick_way_that_answers_otherwise_is_a_refusal(monkeypatch):
    """Where two ways disagree one of them is wrong, and which is not known."""
    right = Direct.on_state

    def wrong(self, held, timestep):
        held, shown = right(self, held, timestep)
        return held, shown.replace(reward=shown.reward + 1)

    monkeypatch.setattr(Direct, "on_state", wrong)
    monkeypatch.setattr(choice.reading, "passes", lambda layer: False)

    with pytest.raises(NotBridgeableError, match="LateMethod is run in two ways"):
        Bridge(LateMethod, BELOW, mode="replay")


def greenlet_deployment(wrapper):
    """Deploy in greenlet mode, and open an episode."""
    pytest.importorskip("greenlet")
    deployment = Deployment(
        lambda _: 0,
        Bridge(wrapper, mode="greenlet"),
        observation_space=SPACE,
        action_space=Discrete(2),
        sinks=(),
    )
    deployment.reset(frame(0))
    return deployment


def test_of_a_fork_and_its_original_the_first_to_be_used_goes_on():
    """And the other is told, now and later, with what is to be done."""
    original = greenlet_deployment(Totals)
    fork = original.fork()
    assert 0 == fork.act(frame(1), 1.0)

    for _ in range(2):
        with pytest.raises(WrapperError, match="Make a new deployment") as caught:
            original.act(frame(1), 1.0)
        assert isinstance(caught.value.__cause__, CannotGoBackError)
        assert "can be made again" not in str(caught.value).replace("cannot be made again", "")
    assert 0 == fork.act(frame(2), 1.0)


class Fails(Layer):
    """Raises."""

    def said(self):
        """Raise."""
        raise ValueError("no")


def test_an_error_in_greenlet_mode_says_that_it_has_happened():
    """It does not say that the call can be made again."""
    deployment = greenlet_deployment(Fails)

    with pytest.raises(WrapperError, match=r"is not taken back.*make a new deployment"):
        deployment.act(frame(1), 1.0)


class Linked(Layer):
    """Links a pair to the one before, at each step."""

    def init(self):
        """Begin with none."""
        self.node = None

    def said(self):
        """Link one more."""
        self.node = (self.node, self.count)
        return self.count


class LinkedAtFirst(Layer):
    """Begins with a long chain."""

    def init(self):
        """Link."""
        self.node = None
        for _ in range(5000):
            self.node = [self.node]

    def said(self):
        """Do nothing."""
        return 0


@pytest.mark.parametrize("wrapper", [Linked, LinkedAtFirst], ids=lambda kind: kind.__name__)
def test_a_chain_longer_than_python_follows_is_told(wrapper):
    """At once, or when it has become so long."""
    with pytest.raises(NotBridgeableError, match=r"Linked.* is what holds .*a linked list"):
        bridged(wrapper, 3000)
