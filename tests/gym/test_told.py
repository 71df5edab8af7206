"""What tells the copy of one environment from that of another: all that they hold."""

from __future__ import annotations

import collections
import datetime as dt
import decimal
import enum
import fractions
import functools
import logging
import math
import os
import pathlib
import pickle
import random
import re
import subprocess
import sys
import types

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, Text, Tuple

from statewrap import Deployment
from statewrap.core.errors import SnapshotError
from statewrap.gym.copies import Copied
from tests.gym.environments import Walk


def form(held):
    """Return the form of a wrapper that holds something."""
    wrapper = gym.Wrapper(Walk())
    wrapper.held = held
    return Copied.of(wrapper, wrapper.env).form


class Gear(enum.Enum):
    """Two members."""

    LOW = 1
    HIGH = 2


class Plain(gym.spaces.Space):
    """A space without words of its own."""

    def __init__(self, parts):
        super().__init__((2,), np.float32)
        self.parts, self.myself = parts, [self]


class Zone(dt.tzinfo):
    """A zone without words of its own."""

    def __init__(self, hours):
        self.hours = hours


def added(by):
    """Return a function that sees a variable."""
    return lambda number: number + by


def shared_by(one, other):
    """Return functions over the same variable, or over another one."""
    found, unlike = [0], [0]

    def first():
        return found

    def second():
        return found

    def third():
        return unlike

    return [first, third if one is other else second, third]


def drawn(generator, times):
    """Draw from a generator."""
    for _ in range(times):
        generator.random()
    return generator


def spawned(generator, times):
    """Make further generators of one."""
    generator.spawn(times)
    return generator


def seen_from(whole, place):
    """Return an array and a view of it."""
    return [whole, whole[place : place + 1]]


def met_again(pair, number):
    """Return two and one of them once more."""
    return [*pair, pair[number - 1]]


def box(low):
    """Return bounds of which the words are the same."""
    lows = np.zeros(2000, np.float32)
    lows[1000] = low
    return Box(lows, np.float32(2))


LOGGERS = [logging.getLogger("one"), logging.getLogger("other")]
PAIRS = {
    "atoms": float,
    "letters": lambda n: "\ud800" * n,
    "arrays": lambda n: np.full(2, n),
    "dtypes of zeros": lambda n: np.zeros(8, [None, "f4", "i4"][n]),
    "shapes": lambda n: np.zeros((2, 3) if n == 1 else (3, 2)),
    "orders": lambda n: np.zeros((2, 2), order=" CF"[n]),
    "views": lambda n: seen_from(np.zeros(4), n),
    "arrays over bytearrays": lambda n: np.frombuffer(bytearray(4), np.uint8, 1, n),
    "objects": lambda n: np.array([n, None], object),
    "bytearrays": lambda n: bytearray([n]),
    "numbers": decimal.Decimal,
    "fractions": lambda n: fractions.Fraction(1, n),
    "paths": lambda n: pathlib.PurePosixPath(str(n)),
    "dates": lambda n: dt.date(2000, 1, n),
    "zones": lambda n: dt.datetime(2000, 1, 1, tzinfo=Zone(n)),
    "ranges": range,
    "slices": slice,
    "members": Gear,
    "complex": lambda n: complex(0, n),
    "patterns": lambda n: re.compile("a" * 300 + str(n)),
    "flags": lambda n: re.compile("a", [0, 0, re.IGNORECASE][n]),
    "loggers": lambda n: LOGGERS[n - 1],
    "classes": lambda n: [None, int, float][n],
    "modules": lambda n: [None, math, os][n],
    "built in": lambda n: [None, math.sin, math.cos][n],
    "built in, of the same name": lambda n: [None, pickle.dumps, __import__("marshal").dumps][n],
    "methods": lambda n: [None, [].append, [].extend][n],
    "functions of numpy": lambda n: [None, np.sin, np.cos][n],
    "dtypes": lambda n: np.dtype([("a", "f4", (n,))]),
    "aliases": lambda n: [None, list[int], list[str]][n],
    "properties": lambda n: property([None, lambda _: 1, lambda _: 2][n]),
    "proxies": lambda n: types.MappingProxyType({"a": n}),
    "numpy's generators": np.random.default_rng,
    "what they spawn": lambda n: spawned(np.random.default_rng(1), n),
    "drawn": lambda n: drawn(np.random.default_rng(1), n),
    "twisters": lambda n: np.random.Generator(np.random.MT19937(n)),
    "legacy": np.random.RandomState,
    "python's generators": random.Random,
    "python's, drawn": lambda n: drawn(random.Random(1), n),  # noqa: S311
    "sets": lambda n: {n},
    "frozensets": lambda n: frozenset([("a", n)]),
    "sets of constants": lambda n: {Gear(n), "a"},
    "lists in lists": lambda n: [[1], 2] if n == 1 else [[1, 2]],
    "attributes": lambda n: types.SimpleNamespace(**{"abc"[n]: 1}),
    "in objects or beside them": lambda n: (
        types.SimpleNamespace(a=types.SimpleNamespace(b=1), c=1)
        if n == 1
        else types.SimpleNamespace(a=types.SimpleNamespace(b=1, c=1))
    ),
    "which is met again": lambda n: met_again([[0], [0]], n),
    "what functions see": added,
    "which variable they see": lambda n: shared_by(1, n),
    "code": lambda n: [None, lambda: 1 in (1, 2), lambda: 1 in (1, 3)][n],
    "code within": lambda n: [None, lambda: lambda: 1, lambda: lambda: 2][n],
    "partial": lambda n: functools.partial(float, n),
    "lengths": lambda n: collections.deque(maxlen=n),
    "factories": lambda n: collections.defaultdict([None, int, float][n]),
    "spaces": Discrete,
    "bounds that are said alike": box,
    "spaces in spaces": lambda n: Dict(a=Tuple([Discrete(3), box(n)])),
    "spaces that draw": lambda n: Discrete(9, seed=n),
    "spaces without words": lambda n: Plain([n]),
    "arrays in spaces": lambda n: Plain({"a": np.full(2, n)}),
    "functions in spaces": lambda n: Plain(added(n)),
    "objects in spaces": lambda n: Plain(types.SimpleNamespace(n=n)),
    "sets in spaces": lambda n: Plain([{n, "a"}]),
    "kinds of lists in spaces": lambda n: Plain([None, collections.deque([1]), [1]][n]),
    "specs": lambda n: gym.envs.registration.EnvSpec("A-v0", kwargs={"n": n}),
}


@pytest.mark.parametrize("name", PAIRS)
def test_two_wrappers_that_hold_unlike_things_are_told_apart(name):
    """And two that hold the like are not."""
    one, again, other = (form(PAIRS[name](n)) for n in (1, 1, 2))

    assert one == again
    assert one != other


def with_gradient(torch, number):
    """Return a parameter that has a gradient."""
    parameter = torch.nn.Parameter(torch.zeros(2))
    (parameter * number).sum().backward()
    return parameter


def with_weights(torch, number):
    """Return a layer with weights that are all alike."""
    layer = torch.nn.Linear(2, 1)
    for weights in layer.parameters():
        torch.nn.init.constant_(weights, number)
    return layer


TENSORS = {
    "numbers": lambda torch, n: torch.full((2,), float(n)),
    "dtypes": lambda torch, n: torch.zeros(2, dtype=[None, torch.float32, torch.int32][n]),
    "young dtypes": lambda torch, n: torch.full((2,), n, dtype=torch.bfloat16),
    "shapes": lambda torch, n: torch.zeros((2, 3) if n == 1 else (3, 2)),
    "orders": lambda torch, n: torch.zeros(2, 2) if n == 1 else torch.zeros(2, 2).T,
    "whether it learns": lambda torch, n: torch.zeros(2, requires_grad=n == 1),
    "gradients": with_gradient,
    "layers": with_weights,
}


@pytest.mark.parametrize("name", TENSORS)
def test_two_tensors_that_are_unlike_are_told_apart(name):
    """With all that they are."""
    torch = pytest.importorskip("torch")
    one, again, other = (form(TENSORS[name](torch, n)) for n in (1, 1, 2))

    assert one == again
    assert one != other


def test_two_arrays_of_jax_that_are_unlike_are_told_apart():
    """They never change, so they are in no memory; typed keys as well."""
    jax = pytest.importorskip("jax")
    plain = [form(jax.numpy.full(2, n)) for n in (1, 1, 2)]
    keys = [form(jax.random.key(n)) for n in (1, 1, 2)]

    assert plain[0] == plain[1] != plain[2]
    assert keys[0] == keys[1] != keys[2]


class Adds(gym.ObservationWrapper):
    """Adds what it holds to what it is shown."""

    def __init__(self, env, held):
        super().__init__(env)
        self.held, self.count = held, 0

    def observation(self, observation):
        """Add it."""
        self.count += 1
        return observation + np.float32(self.held[0])


def rests(_observation):
    """Do nothing."""
    return np.zeros(2)


def test_a_snapshot_of_one_does_not_fit_a_copy_that_holds_something_else():
    """What it holds is in no snapshot, for it has not changed."""
    one, again, other = (
        Deployment.from_env(Adds(Walk(), bytearray([n])), rests, sinks=()) for n in (1, 1, 2)
    )
    one.act(np.zeros(2))
    snapshot = one.snapshot()

    again.restore(snapshot)

    with pytest.raises(SnapshotError, match="does not fit this stack"):
        other.restore(snapshot)


def test_two_copies_of_one_environment_have_one_form():
    """Whatever was asked in between: for words, or for the spec."""
    env = gym.Wrapper(gym.make("CartPole-v1"))
    env.observation_space = Plain([np.zeros(2)])
    env.action_space = Box(np.zeros(2, np.float32), np.float32([1, 2]))
    env.locked = np.zeros(2)
    env.locked.setflags(write=False)
    one = Copied.of(env, env.env)

    assert env.spec is not None
    assert "Box" in f"{env.action_space}"
    assert one == Copied.of(env, env.env)


class Hoard(gym.Wrapper):
    """Holds what has another order, or another address, in each process."""

    def __init__(self, env):
        super().__init__(env)
        self.words = {"lives", "score", "level", "frame", ("x", 1)}
        self.frozen = frozenset([frozenset(["a", "b", "c"]), *Gear, int, float, ...])
        self.paths = {pathlib.PurePosixPath(name) for name in "abc"}
        self.observation_space = Plain([{"a", "b", "c"}, Text(3), len, math.sin, Zone(1)])
        self.text, self.is_word = Text(4), lambda word: word in {"lives", "score", "level"}
        self.listeners, self.generator = {added(1), added(2)}, np.random.default_rng(3)


def test_the_form_is_the_same_in_every_process():
    """Wherever things lie there, and whatever the order of sets is."""
    program = (
        "from tests.gym import test_told as t\n"
        "env = t.Hoard(t.Walk())\n"
        "print(t.Copied.of(env, env.env).form)"
    )
    forms = [
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]

    assert forms[0] == forms[1] != ""


def test_a_pickle_has_the_form_of_what_was_pickled():
    """Also what was locked, and lies in another order than that of rows."""
    env = gym.Wrapper(Walk())
    env.held = [np.zeros((2, 3)).T.copy("K"), {"a", "b"}, np.random.default_rng(1), Gear.LOW]
    env.held.append(random.Random(2))  # noqa: S311
    env.held[0].setflags(write=False)
    env.observation_space = Plain([Discrete(3, seed=4)])

    twin = pickle.loads(pickle.dumps(env))  # noqa: S301

    assert Copied.of(env, env.env) == Copied.of(twin, twin.env)


def test_a_copied_set_is_gone_through_in_the_order_of_the_original():
    """Only what is told of it is sorted."""
    env = gym.Wrapper(Walk())
    env.held = {"lives", "score", "level", "frame"}

    made = Copied.of(env, env.env)(Walk())

    assert list(env.held) == list(made.held)
