"""A wrapper of somebody's, where it is tried under the bridge, and what is right for it."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

import attrs
import gymnasium as gym
import numpy as np

from statewrap import Stack, Wrapper
from tests.parity.bridge.factories import Factory

DRAWN: Final = np.random.default_rng(7).bit_generator.state
"""The state of the generator that a wrapper draws from."""
Right = Literal["equal", "refused", "once"]
"""What is right, written from a wrapper's source alone.

"equal"; "refused" in every mode; or "once": equal where everything is run once, and refused
where it is run again.
"""


def drawing(make: Factory) -> Factory:
    """Let a wrapper draw from its environment's generator, and the environment from another.

    In Gymnasium's own loop both draw from one, and the wrapper's draws change the environment's:
    no wrapper can do that from outside.
    """

    def around(env: Any) -> Any:
        own: Any = np.random.default_rng()
        own.bit_generator.state = DRAWN
        env.reset, env.step = (_exchanging(env, call, own) for call in (env.reset, env.step))
        return make(env)

    return around


def _exchanging(env: Any, call: Callable[..., Any], own: Any) -> Callable[..., Any]:
    """Give the environment its own generator for as long as it is called."""
    bare = env.unwrapped

    def called(*args: Any, **options: Any) -> Any:
        if hasattr(bare, "generator_of_its_own"):
            bare.np_random = bare.generator_of_its_own
        answer = call(*args, **options)
        bare.generator_of_its_own, bare.np_random = bare.np_random, own
        return answer

    return called


@attrs.frozen
class Bridged:
    """A wrapper under the bridge."""

    package: str
    name: str
    make: Factory
    """Puts it around an environment."""
    places: tuple[Callable[[], gym.Env], ...]
    twin: Wrapper[Any] | None = None
    """The wrapper of statewrap's that does the same, with the same arguments."""
    below: Wrapper[Any] = Stack()
    """What has to be below it."""
    right: Right = "equal"
    words: str = ""
    """What a refusal must name, one of these, as a regular expression."""
    needs: tuple[str, ...] = ()
    """What has to be installed."""
    generate: bool = True
    """Whether it is tried in the worlds that are made of the first place."""
    longest: int = 60
    """After how many steps an episode is cut."""
    draws: bool = False
    """Whether it draws from its environment's generator; then both sides have one like `DRAWN`."""
    describes: Mapping[str, Any] = attrs.field(factory=dict)
    """What is described of its environment besides what can be asked of one."""
    seeds: bool = False
    """Whether every episode has to be reset with a seed to be repeated; then it is only pulled."""
    note: str = ""

    @property
    def id(self) -> str:
        """The name of its function."""
        return self.make.__name__

    @property
    def original(self) -> Factory:
        """What puts it around an environment in Gymnasium's own loop."""
        return drawing(self.make) if self.draws else self.make

    @property
    def missing(self) -> list[str]:
        """What it needs and is not installed."""
        return [name for name in self.needs if importlib.util.find_spec(name) is None]
