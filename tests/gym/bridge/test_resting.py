"""The one check of a wrapper that rests sees whatever the slots see."""

from __future__ import annotations

import collections
import types
import warnings

import gymnasium
import numpy as np
import pytest

from statewrap import Act, Key, TimeStep
from statewrap.gym.bridge import Bridge, graph, resting
from statewrap.gym.bridge.graph import FORM
from tests.gym.bridge.factories import BELOW, opening, seen
from tests.gym.bridge.programs import program
from tests.gym.bridge.test_shared import bridged, looped


class Holds(gymnasium.ObservationWrapper):
    """Holds something of each kind, of which it changes nothing by itself."""

    def __init__(self, env):
        super().__init__(env)
        self.flag, self.number, self.word = True, 0.0, "a"
        self.one = self.other = None
        self.array, self.square, self.things = np.zeros(4), np.zeros((2, 3)), np.zeros(4, object)
        self.view = self.square[1:]
        self.list, self.dict, self.set = [1], {"a": 1}, {1}
        self.numbers, self.signed, self.made = {1: 5}, {0.0: 5}, collections.defaultdict(int)
        self.queue = collections.deque()
        self.part = types.SimpleNamespace(count=0)
        cell = 1

        def inner(one=1, *, other=2):
            return cell

        self.inner = inner

    def observation(self, observation):
        """Show it as it is."""
        return observation


def relaid(array, dtype, shape):
    """Change the form of an array in place, which numpy would rather not have."""
    with warnings.catch_warnings(action="ignore"):
        array.dtype = dtype
        array.shape = shape


class Sub(Holds):
    """Of another class."""


def exchanged(wrapper):
    """Give a wrapper another `__dict__` that holds the same."""
    wrapper.__dict__ = dict(vars(wrapper))


def renamed(wrapper):
    """Hold the same values in the same order, by another name."""
    last = next(reversed(vars(wrapper)))
    wrapper.outer = wrapper.__dict__.pop(last)


def moved(wrapper):
    """Hold the same by the same names, in another order."""
    wrapper.one = wrapper.__dict__.pop("one")


CHANGES = {
    "a flag is a number now": lambda w: setattr(w, "flag", 1),
    "a zero has a sign now": lambda w: setattr(w, "number", -0.0),
    "a number is another one": lambda w: setattr(w, "number", 1.0),
    "an equal array stands in its place": lambda w: setattr(w, "array", w.array.copy()),
    "an array has a sign now": lambda w: w.array.__setitem__(0, -0.0),
    "a list has grown": lambda w: w.list.append(2),
    "a number in a list is a flag": lambda w: w.list.__setitem__(0, True),
    "a dict has a key more": lambda w: w.dict.update(b=2),
    "a dict has another value": lambda w: w.dict.update(a=True),
    "a queue is empty no more": lambda w: w.queue.append(1),
    "a set has a member more": lambda w: w.set.add(2),
    "a part counts": lambda w: setattr(w.part, "count", 1),
    "a variable is another one": lambda w: setattr(w.inner.__closure__[0], "cell_contents", 2),
    "a variable is gone": lambda w: delattr(w.inner.__closure__[0], "cell_contents"),
    "an attribute is new": lambda w: setattr(w, "new", 1),
    "an attribute is gone": lambda w: delattr(w, "word"),
    "an attribute has another name": renamed,
    "an attribute is the last one now": moved,
    "its dict is another one": exchanged,
    "its class is another one": lambda w: setattr(w, "__class__", Sub),
    "a key is a flag now": lambda w: w.numbers.update({True: w.numbers.pop(1)}),
    "a key has a sign now": lambda w: w.signed.update({-0.0: w.signed.pop(0.0)}),
    "what is missing is made otherwise": lambda w: setattr(w.made, "default_factory", float),
    "an argument has another default": lambda w: setattr(w.inner, "__defaults__", (2,)),
    "a named one has another dict": lambda w: setattr(w.inner, "__kwdefaults__", {"other": 2}),
    "a named one has another default": lambda w: w.inner.__kwdefaults__.update(other=3),
    "an array has two axes now": lambda w: relaid(w.array, np.float64, (2, 2)),
    "an array has other axes now": lambda w: relaid(w.square, np.float64, (3, 2)),
    "an array has other numbers now": lambda w: relaid(w.array, np.int64, (4,)),
    "an array is locked now": lambda w: w.array.setflags(write=False),
    "a view has other axes now": lambda w: relaid(w.view, np.float64, (3, 1)),
    "a view is locked now": lambda w: w.view.setflags(write=False),
    "objects have two axes now": lambda w: relaid(w.things, object, (2, 2)),
    "its metadata was asked for": lambda w: w.unwrapped.metadata,
}


@pytest.fixture
def live(monkeypatch):
    """Return a wrapper that has rested, so that it has its check."""
    monkeypatch.setattr(graph, "PATIENCE", 2)
    live = Bridge(Holds, BELOW, mode="replay")._engine.workshop.another()
    for _ in range(3):
        assert not live.graph.moved()
    assert live.graph.check()
    return live


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_check_sees_every_change(live, change):
    """Also those after which all is equal, and is not the same."""
    check = live.graph.check

    change(live.outer)

    assert not check()


def test_what_has_changed_is_in_the_state(live):
    """The check is thrown away, and what was there is read and put back as ever."""
    before = live.state()
    live.outer.number = 3.0

    after = live.state()
    live.restore(before)

    assert before is not after
    assert 0.0 == live.outer.number
    assert live.graph.check is None


def test_who_changes_now_and_then_costs_few_checks(monkeypatch):
    """Each time it has to rest for twice as long."""
    monkeypatch.setattr(graph, "PATIENCE", 2)
    written = []
    monkeypatch.setattr(graph, "check_of", lambda *of: written.append(of) or resting.check_of(*of))
    live = Bridge(Holds, BELOW, mode="replay")._engine.workshop.another()

    for turn in range(300):
        live.outer.number += turn % 10 == 0
        live.state()

    assert 3 == len(written)


@pytest.mark.parametrize("seed", range(60))
def test_a_wrapper_that_is_checked_at_once_does_as_in_a_loop(seed, monkeypatch):
    """Programs that share and change what they hold, with a check after each call that rests."""
    monkeypatch.setattr(graph, "PATIENCE", 1)
    wrapper = program(seed)

    assert repr(looped(wrapper, 8, 2)) == repr(bridged(wrapper, 8, 2))


def test_a_map_that_rests_has_the_memory_that_it_had():
    """The very same object, however often it is called; and what it learns then is in it."""

    class Learns(gymnasium.ObservationWrapper):
        bias = 0.0

        def observation(self, observation):
            if observation[0] > 400:
                self.bias = 1.0
            return observation + self.bias

    bridge = Bridge(Learns, BELOW, mode="replay")
    held, _ = bridge.on_state(bridge.initial(Key.from_seed(0)), opening())
    for turn in range(2 * resting.PATIENCE):
        before = held
        held, _ = bridge.on_state(bridge.on_action(held, Act(0))[0], seen(turn % 9))
        assert before.state is held.state

    after, shown = bridge.on_state(held, seen(500))

    assert 501 == shown.observation[0]
    assert after.state.keys() >= {FORM}
    assert after.state is not held.state
    assert TimeStep is type(shown)
