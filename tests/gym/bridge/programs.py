"""Small random programs over shared objects, as wrappers: what one place does, others see."""

from __future__ import annotations

import random
from collections import deque

import gymnasium as gym  # noqa: F401 - programs use it
import numpy as np

BIG = ("[]", "{}", "deque(maxlen=3)", "Thing()", "deque()")
ANY = ("[]", "{}", "np.zeros(3)", "deque(maxlen=3)", "set()", "Thing()", "[[0], [1]]", "(1, [2])")
MOST = 12
"""How long a list may become."""
DEPTH = 5
"""How deep objects may lie in one another."""


class Thing:
    """Holds what it is given."""


class Source:
    """Draws statements about the places `s.a` to `s.d`."""

    def __init__(self, seed):
        self._rng = random.Random(seed)  # noqa: S311 - no secret

    def text(self):
        """Return the code of a wrapper."""
        init = [f"s.{place} = {self._rng.choice(BIG)}" for place in "ab"]
        init += [f"s.{place} = {self._rng.choice(ANY)}" for place in "cd"]
        fresh = [f"s.{c} = {self._rng.choice(ANY)}" for c in "cd" if self._rng.random() < 0.7]
        opened = [*fresh, *self._block(0, 2)]
        before, after, times = self._block(0, 3), self._block(1, 4), self._rng.randint(1, 3)
        return "\n".join(
            [
                "class Program(gym.Wrapper):",
                *_function("__init__(s, env)", ["super().__init__(env)", *init]),
                *_function(
                    "reset(s, **how)",
                    ["o, info = s.env.reset(**how); x = int(o[0])", *opened, "return o, info"],
                ),
                *_function(
                    "step(s, act)",
                    [
                        "x = int(act)",
                        f"for _ in range({times}):",
                        *(f" {one}" for one in before),
                        " o, r, te, tr, info = s.env.step(act); x = int(o[0])",
                        " if te or tr: break",
                        *after,
                        "info['said'] = ';'.join(said(getattr(s, c)) for c in 'abcd')",
                        "return o, r, te, tr, info",
                    ],
                ),
            ]
        )

    def _block(self, least, most):
        return [self._statement() for _ in range(self._rng.randint(least, most))]

    def _statement(self):
        big, small = self._rng.choice("ab"), self._rng.choice("cd")
        kinds = {
            f"put(s.{big}, s.{small})": 30,
            f"change(s.{small}, x)": 30,
            f"change(part(s.{big}, x), x)": 10,
            f"s.{small} = part(s.{big}, x)": 8,
            "put(s.c, s.d)": 6,
            f"take(s.{big})": 6,
            f"s.{small} = {self._rng.choice(ANY)}": 10,
        }
        return self._rng.choices(list(kinds), list(kinds.values()))[0]


def _function(head, body):
    return [f" def {head}:", *(f"  {line}" for line in body)]


def program(seed):
    """Return a class of wrappers."""
    names = dict(globals())
    exec(Source(seed).text(), names)  # noqa: S102 - it was written here
    return names["Program"]


def change(value, x):
    """Change an object in place."""
    if isinstance(value, (list, deque)) and len(value) < MOST:
        value.append(x)
    elif isinstance(value, dict):
        value[x % 5] = x
    elif isinstance(value, np.ndarray):
        value[x % len(value)] += x
    elif isinstance(value, set):
        value.add(x % 9)
    elif isinstance(value, Thing):
        value.n = getattr(value, "n", 0) + x


def put(value, part):
    """Let one object hold another, not in a circle."""
    if _depth(part) > DEPTH or _reaches(part, value):
        return
    if isinstance(value, (list, deque)) and len(value) < MOST:
        value.append(part)
    elif isinstance(value, dict):
        value["part"] = part
    elif isinstance(value, Thing):
        value.part = part


def part(value, x):
    """Return one of the objects that another holds, or itself."""
    held = _held(value)
    return held[x % len(held)] if held else value


def take(value):
    """Take something away."""
    if isinstance(value, (list, deque)) and value:
        value.pop()
    elif isinstance(value, dict) and value:
        value.popitem()


def said(value):
    """Say what an object holds."""
    if isinstance(value, (list, deque, tuple, Thing)):
        return f"{type(value).__name__}({','.join(map(said, _held(value)))})"
    if isinstance(value, dict):
        return str({key: said(one) for key, one in value.items()})
    return str(sorted(value) if isinstance(value, set) else value)


def _held(value):
    if isinstance(value, (list, deque, tuple)):
        return list(value)
    if isinstance(value, dict):
        return list(value.values())
    return list(vars(value).values()) if isinstance(value, Thing) else []


def _depth(value):
    return 1 + max(map(_depth, _held(value)), default=0)


def _reaches(value, goal):
    return value is goal or any(_reaches(one, goal) for one in _held(value))
