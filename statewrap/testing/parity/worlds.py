"""Worlds: an environment, and what is unusual about it, as data.

Rollouts of one environment see what happens to happen there. Planted mistakes showed what
they miss: episodes that end inside a multi-step call, buffers used again, numbers at their
bounds, other dtypes. So whatever environment is given plays in each of these worlds, too.
"""

from __future__ import annotations

from typing import Final

import attrs

from statewrap.core.checks import OnReset
from statewrap.testing.parity.actions import Style
from statewrap.testing.parity.shims import (
    Clock,
    End,
    Ends,
    Env,
    GoesOn,
    Lives,
    Pays,
    Reuses,
    Shows,
    Tamed,
    Tells,
)

KINDS: Final = ((True, False), (False, True), (True, True))
"""Terminated, truncated, both."""
LENGTHS: Final = (13, 1, 12, 2, 11, 3, 10, 4, 9, 5, 8, 6, 7, 30)
"""A long episode before each short one, so that what was left over from it shows."""
EVERY_END: Final[tuple[End, ...]] = tuple((n, *kind) for kind in KINDS for n in LENGTHS)
SOME_ENDS: Final[tuple[End, ...]] = tuple(
    (n, *KINDS[i % 3]) for i, n in enumerate((9, 1, 7, 2, 5, 3, 14, 4, 6))
)


@attrs.frozen
class World:
    """What is unusual about an environment."""

    name: str
    ends: tuple[End, ...] = ()
    """How its episodes end, in turn."""
    overrules: bool = True
    """Whether episodes end so and no earlier; else the environment's own ends count as well."""
    form: str = "as given"
    reward: str = "as given"
    numpy_flags: bool = False
    tells: bool = True
    """Whether info is filled with more than the environment tells."""
    actions: int = 0
    """How many actions the masks in info are about; 0 for no masks."""
    reuses: bool = False
    """Whether it reuses its buffers and spoils the actions that it is given."""
    tamed: bool = True
    """Whether it takes actions that are outside its space."""
    style: Style = Style()
    """How the policy gives its actions."""
    asks: bool = False
    """Whether episodes are reset with seeds and options, and some of them are given up."""
    on_reset: OnReset = "request"
    """Whether it can be reset; where it cannot ("continue"), it is shown again as it is."""

    @property
    def foreign(self) -> bool:
        """Whether its observation space is another than the environment's."""
        return self.form not in ("as given", "at the edges")

    @property
    def episodes(self) -> int:
        """After how many episodes all that is unusual has been seen."""
        return len(self.ends)

    def around(self, env: Env, clock: Clock) -> Env:
        """Put the shims around an environment."""
        env = Lives(env, clock)
        if self.tamed:
            env = Tamed(env)
        if self.ends:
            env = Ends(env, self.ends, overrules=self.overrules)
        if self.reward != "as given" or self.numpy_flags:
            env = Pays(env, self.reward, numpy_flags=self.numpy_flags)
        if self.form != "as given":
            env = Shows(env, self.form)
        if self.tells:
            env = Tells(env, self.actions)
        return Reuses(env) if self.reuses else env

    def reached(self, env: Env) -> Env:
        """Return the environment as an ordinary loop reaches it, which calls reset."""
        return GoesOn(env) if self.on_reset == "continue" else env


def plain(max_steps: int) -> World:
    """Return the world that is the environment itself; longer episodes are truncated."""
    ends = ((max_steps, False, True),)
    return World("as it is", ends, overrules=False, tells=False, tamed=False)


def _named(name: str, **unusual: object) -> World:
    return World(name, **{"ends": SOME_ENDS, "reward": "float", **unusual})  # type: ignore[arg-type]


GENERATED: Final = (
    World("ends at every offset", EVERY_END, reward="float"),
    _named("float32 rewards and numpy flags", reward="float32", numpy_flags=True),
    _named("float64 rewards", reward="float64"),
    _named("whole rewards", reward="int"),
    _named("rewards in 0-d arrays", reward="0-d array"),
    _named("buffers used again", reuses=True, style=Style("array", "float32", reuses=True)),
    _named("seeds, options and episodes given up", asks=True),
    _named("an environment that cannot be reset", on_reset="continue"),
    _named("actions outside their bounds", style=Style("python", "float64", wild=True)),
    _named("actions with NaN", style=Style("numpy", "float32", wild=True, nan=True)),
    _named("observations at their bounds", form="at the edges"),
    _named("observations in float64", form="float64"),
    _named("observations in float32, in no order", form="fortran"),
    _named("observations with NaN", form="with NaN"),
    _named("observations of whole numbers", form="integers"),
    _named("observations of bytes", form="bytes"),
    _named("observations as pictures", form="picture", reuses=True),
    _named("observations as grey pictures", form="grey picture"),
    _named("observations that are a number", form="number"),
    _named("observations as a Dict", form="dict", reuses=True),
    _named("observations as a Tuple", form="tuple"),
)
"""The worlds that are tried beside the environment as it is."""
