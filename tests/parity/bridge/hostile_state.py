"""Wrappers whose state is of every kind that Python knows; each shows it in its rewards."""

from __future__ import annotations

import array
import collections
import dataclasses
import enum
import functools
import itertools
import random
import types
import weakref
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np


class Counts(gym.Wrapper):
    """Adds to the reward what `seen` says before, and `shown` after, the inner step."""

    def seen(self, action: Any) -> Any:
        """Change the state before the inner step."""

    def shown(self, observation: Any) -> float:
        """Change the state after the inner step, and return what tells it."""
        return 0.0

    def step(self, action):
        self.seen(action)
        observation, reward, *rest = self.env.step(action)
        return observation, float(reward) + self.shown(observation), *rest


class KeepsInfo(Counts):
    """Keeps every info dict, writes into the last one, and shows what it finds there."""

    def __init__(self, env):
        super().__init__(env)
        self.infos = []

    def step(self, action):
        if self.infos:
            self.infos[-1]["marks"] = self.infos[-1].get("marks", 0) + 1
        observation, reward, terminated, truncated, info = self.env.step(action)
        info["before"] = len(self.infos)
        self.infos.append(info)
        marks = sum(info.get("marks", 0) for info in self.infos)
        return observation, reward + marks, terminated, truncated, info


class WritesIntoObservations(gym.Wrapper):
    """Writes into the observations that it is given, and keeps the last."""

    last = None

    def reset(self, **options):
        observation, info = self.env.reset(**options)
        observation[0] = 7.0
        self.last = observation
        return observation, info

    def step(self, action):
        if self.last is not None:
            self.last *= 2
        observation, reward, *rest = self.env.step(action)
        observation += self.last
        self.last = observation
        return observation, reward, *rest


class OneBufferForAll(gym.Wrapper):
    """Returns the same array and the same dict each time."""

    def __init__(self, env):
        super().__init__(env)
        self.buffer, self.info = np.zeros(4, np.float32), {}

    def reset(self, **options):
        self.buffer[:], _ = self.env.reset(**options)
        self.info.clear()
        return self.buffer, self.info

    def step(self, action):
        observation, reward, terminated, truncated, _ = self.env.step(action)
        self.buffer *= 0.5
        self.buffer += observation
        self.info["steps"] = self.info.get("steps", 0) + 1
        return self.buffer, reward, terminated, truncated, self.info


class WritesIntoActions(gym.Wrapper):
    """Keeps the action that it was given, and writes into that of the step before."""

    kept = None

    def __init__(self, env):
        super().__init__(env)
        self.action_space = gym.spaces.MultiDiscrete([2, 2])

    def step(self, action):
        if self.kept is not None:
            self.kept[0] = 1 - self.kept[0]
        inner = int(action[0]) if self.kept is None else int(self.kept[0])
        self.kept = action
        return self.env.step(inner)


class LambdaOverSelf(Counts):
    """Shows what a lambda made in the constructor says, which closes over self."""

    def __init__(self, env):
        super().__init__(env)
        self.scale = 1.0
        self.func = lambda x: x * self.scale

    def seen(self, action):
        self.scale += 1.0

    def shown(self, observation):
        return self.func(3.0)


class Slots(Counts):
    """Keeps its count in a slot, which is not in its dictionary."""

    __slots__ = ("count",)

    def __init__(self, env):
        super().__init__(env)
        self.count = 0

    def seen(self, action):
        self.count += 1

    def shown(self, observation):
        return self.count


class Tally:
    """A count in a slot."""

    __slots__ = ("count", "never")

    def __init__(self):
        self.count = 0


class HelperWithSlots(Counts):
    """Keeps its count in the slot of something else; another slot is empty."""

    def __init__(self, env):
        super().__init__(env)
        self.tally = Tally()

    def seen(self, action):
        self.tally.count += 1

    def shown(self, observation):
        return self.tally.count


class Aliased(Counts):
    """Has one list under two names, and inside another."""

    def __init__(self, env):
        super().__init__(env)
        self.one = self.other = []
        self.both = {"one": self.one}

    def seen(self, action):
        self.one.append(1)

    def shown(self, observation):
        self.both["one"].append(2)
        return sum(self.other)


class LateAttribute(Counts):
    """Makes an attribute when it is first needed."""

    def seen(self, action):
        if not hasattr(self, "late"):
            self.late = 10
        self.late += 1

    def shown(self, observation):
        return self.late


class DeletedAttribute(Counts):
    """Deletes an attribute every third time, and makes it again; a new episode has none."""

    def __init__(self, env):
        super().__init__(env)
        self.turn, self.gone = 0, 0

    def seen(self, action):
        self.turn += 1
        if self.turn % 3 == 0:
            del self.gone

    def shown(self, observation):
        self.gone = getattr(self, "gone", -50) + 1
        return self.gone


class WritesIntoAnother(Counts):
    """Reaches into the wrapper below it, and moves its clock."""

    def __init__(self, env):
        super().__init__(env)
        self.limit = env

    def shown(self, observation):
        self.limit._elapsed_steps += 1
        return self.limit._elapsed_steps


class CachedProperty(Counts):
    """Computes something once; the next episode anew."""

    steps = 0

    @functools.cached_property
    def begun(self):
        return self.steps

    def reset(self, **options):
        self.__dict__.pop("begun", None)
        return self.env.reset(**options)

    def seen(self, action):
        self.steps += 1

    def shown(self, observation):
        return self.begun


class Properties(Counts):
    """Hides its state behind a property, under a mangled name."""

    __count = 0

    @property
    def count(self):
        return self.__count

    @count.setter
    def count(self, value):
        self.__count = value

    def seen(self, action):
        self.count += 1

    def shown(self, observation):
        return self.count


@functools.lru_cache(maxsize=4)
def squared(number: int) -> int:
    """A pure function, with a cache nobody sees."""
    return number * number


class LruCache(Counts):
    """Asks a pure function that keeps what it said."""

    def shown(self, observation):
        return squared(int(abs(observation[0] * 1000)))


class Weak(Counts):
    """Holds something, and itself, weakly."""

    def __init__(self, env):
        super().__init__(env)
        self.tally = Counted()
        self.weak, self.me = weakref.ref(self.tally), weakref.ref(self)

    def seen(self, action):
        self.weak().count += 1

    def shown(self, observation):
        return self.me().tally.count


class Iterators(Counts):
    """Counts with iterators: a count, a cycle, and one over a list that it keeps."""

    def __init__(self, env):
        super().__init__(env)
        self.count, self.cycle = itertools.count(), itertools.cycle((1, 5, 2))
        self.items = iter(list(range(10_000)))

    def seen(self, action):
        next(self.items)

    def shown(self, observation):
        return next(self.count) + next(self.cycle) + next(self.items)


class Views(Counts):
    """Has views of one buffer: what is written into one is seen in the others."""

    def __init__(self, env):
        super().__init__(env)
        self.buffer = np.zeros(6)
        self.tail, self.turned = self.buffer[2:], self.buffer.reshape(2, 3).T

    def seen(self, action):
        self.tail += 1

    def shown(self, observation):
        self.buffer[0] += observation[0]
        return float(self.turned[0, 0] + self.turned[2, 1])


class BigNumbers(Counts):
    """Counts from 2**63 on, past what an int64 holds; and keeps complex numbers and bytes."""

    def __init__(self, env):
        super().__init__(env)
        self.count, self.turned, self.trail = 2**63 - 2, 1 + 0j, b""

    def seen(self, action):
        self.count += 1
        self.turned *= 1j
        self.trail += bytes([int(action)])

    def shown(self, observation):
        return self.count % 1000 + self.turned.real + len(self.trail)


class Containers(Counts):
    """Has sets, and dictionaries of all kinds."""

    def __init__(self, env):
        super().__init__(env)
        self.set, self.frozen = set(), frozenset({1})
        self.groups = collections.defaultdict(list)
        self.counts, self.order = collections.Counter(), collections.OrderedDict()

    def seen(self, action):
        self.set.add(len(self.set))
        self.frozen |= {len(self.set)}
        self.groups[int(action)].append(1)
        self.counts[int(action)] += 1
        self.order[int(action)] = len(self.set)
        self.order.move_to_end(int(action))

    def shown(self, observation):
        sizes = len(self.set) + len(self.frozen) + sum(map(len, self.groups.values()))
        return sizes + self.counts.most_common(1)[0][1] + next(iter(self.order.values()))


class Colour(enum.Enum):
    """Two states."""

    RED = 1
    BLUE = 2


class Pair(NamedTuple):
    """A value."""

    count: int
    colour: Colour


@dataclasses.dataclass
class Counted:
    """A count that can be written."""

    count: int = 0
    history: list[int] = dataclasses.field(default_factory=list)


class Records(Counts):
    """Has dataclasses, named tuples and members of enums, which are compared by identity."""

    def __init__(self, env):
        super().__init__(env)
        self.data, self.pair = Counted(), Pair(0, Colour.RED)

    def seen(self, action):
        self.data.count += 1
        self.data.history.append(self.pair.count)

    def shown(self, observation):
        other = Colour.BLUE if self.pair.colour is Colour.RED else Colour.RED
        self.pair = Pair(self.pair.count + 1, other)
        return self.data.count + sum(self.data.history) + (self.pair.colour is Colour.RED)


class Deques(Counts):
    """Keeps the last five of something, and shows their sum."""

    def __init__(self, env):
        super().__init__(env)
        self.last, self.rows = collections.deque(maxlen=5), collections.deque([[0]])

    def seen(self, action):
        self.rows[0].append(int(action))

    def shown(self, observation):
        self.last.append(float(observation[0]))
        return sum(self.last) + sum(self.rows[0])


class Tensors(Counts):
    """Keeps a tensor, which it writes into."""

    def __init__(self, env):
        import torch  # noqa: PLC0415 - an extra

        super().__init__(env)
        self.mean = torch.zeros(4)

    def seen(self, action):
        self.mean += 1

    def shown(self, observation):
        import torch  # noqa: PLC0415 - an extra

        self.mean.mul_(0.5).add_(torch.as_tensor(observation.copy()))
        return float(self.mean.sum())


class OwnRandomness(Counts):
    """Draws from generators of its own, of three kinds, before and after."""

    def __init__(self, env):
        super().__init__(env)
        self.python, self.old = random.Random(1), np.random.RandomState(2)  # noqa: S311
        self.new = np.random.Generator(np.random.MT19937(3))

    def seen(self, action):
        self.drawn = self.python.random() + self.old.normal() + self.new.random()

    def shown(self, observation):
        return self.drawn + self.python.random() + self.old.normal() + self.new.random()


class Cycles(Counts):
    """Refers to itself, and has a list that is in itself."""

    def __init__(self, env):
        super().__init__(env)
        self.me, self.ring = self, [0]
        self.ring.append(self.ring)

    def seen(self, action):
        self.me.ring[1][1][0] += 1

    def shown(self, observation):
        return self.ring[0]


class Unpicklable:
    """Plain inside, and not to be pickled."""

    def __init__(self):
        self.count = 0

    def __reduce_ex__(self, protocol):
        raise TypeError("cannot be pickled")


class HoldsUnpicklable(Counts):
    """Counts inside of something that cannot be pickled or copied."""

    def __init__(self, env):
        super().__init__(env)
        self.held = Unpicklable()

    def seen(self, action):
        self.held.count += 1

    def shown(self, observation):
        return self.held.count


class Bytes(Counts):
    """Writes into bytes, and makes them longer."""

    def __init__(self, env):
        super().__init__(env)
        self.bytes = self.same = bytearray(4)

    def seen(self, action):
        self.bytes[0] = (self.bytes[0] + 1) % 256
        self.bytes.append(1)

    def shown(self, observation):
        return self.same[0] + len(self.same)


class MemoryView(Counts):
    """Writes into bytes, and looks at them through a view."""

    def __init__(self, env):
        super().__init__(env)
        self.bytes = bytearray(4)
        self.view = memoryview(self.bytes)

    def seen(self, action):
        self.bytes[0] = (self.bytes[0] + 1) % 256

    def shown(self, observation):
        return self.view[0]


class Numbers(Counts):
    """Writes into an array of Python's."""

    def __init__(self, env):
        super().__init__(env)
        self.numbers = array.array("d", [0.0])

    def seen(self, action):
        self.numbers[0] += 0.5

    def shown(self, observation):
        return self.numbers[0]


class Structured(Counts):
    """Writes into arrays of records, of objects, and with a mask."""

    def __init__(self, env):
        super().__init__(env)
        self.records = np.zeros(2, [("count", "i8"), ("sum", "f4")])
        self.objects = np.array([[], [0]], dtype=object)
        self.masked = np.ma.masked_array([1.0, 2.0], mask=[False, True])

    def seen(self, action):
        self.records["count"][0] += 1
        self.objects[1].append(1)
        self.masked[0] += 1

    def shown(self, observation):
        total = self.records["count"][0] + sum(self.objects[1]) + self.masked.sum()
        return float(total)


class Namespaces(Counts):
    """Keeps state in a namespace, in a proxy of a dict and in a class instance with a base."""

    def __init__(self, env):
        super().__init__(env)
        self.space, self.inner = types.SimpleNamespace(count=0), {"count": 0}
        self.proxy = types.MappingProxyType(self.inner)

    def seen(self, action):
        self.space.count += 1
        self.inner["count"] += 2

    def shown(self, observation):
        return self.space.count + self.proxy["count"]


class DictOfItsOwn(dict):
    """A dict with an attribute."""

    total = 0


class Subclasses(Counts):
    """Keeps state in subclasses of dict and list, and in their attributes."""

    def __init__(self, env):
        super().__init__(env)
        self.counts = DictOfItsOwn()

    def seen(self, action):
        self.counts[int(action)] = self.counts.get(int(action), 0) + 1

    def shown(self, observation):
        self.counts.total += 1
        return self.counts.total + self.counts.get(0, 0)


class ObjectKeys(Counts):
    """Has a dictionary whose keys are objects, found by identity."""

    def __init__(self, env):
        super().__init__(env)
        self.left, self.right = Marker(), Marker()
        self.counts = {self.left: 0, self.right: 0}

    def seen(self, action):
        self.counts[self.right if action else self.left] += 1

    def shown(self, observation):
        return 10 * self.counts[self.right] + self.counts[self.left]


class Marker:
    """Itself, and equal to nothing else."""
