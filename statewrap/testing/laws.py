"""The laws: what holds for every wrapper and stack, whatever environment and policy do.

Each is a plain function `law(wrapper, below, episodes, policy)` that raises an AssertionError
which says what differed, at which turn. The wrapper (or stack) is unbound, `below` says what is
known of the environment, `episodes` are its raw time steps, an episode a list (one that does not
close with a last time step is given up: the next opens unasked), and the policy is a `Policy` or
a function from observation to action.

>>> from statewrap import Below, Stack, TimeStep
>>> opening, end = TimeStep("f0", first=True), TimeStep("f1", reward=1.0, terminated=True)
>>> for law in LAWS:
...     law(Stack(), Below(), [[opening, end]], len)
"""

from __future__ import annotations

from typing import Final

from statewrap.testing.law import Law
from statewrap.testing.laws_of_composition import associativity, identity
from statewrap.testing.laws_of_conduct import (
    episode_rules_at_every_gap,
    first_alone_suffices,
    push_is_pull,
    spaces_are_kept,
)
from statewrap.testing.laws_of_failure import failed_step_never_happened
from statewrap.testing.laws_of_pauses import (
    sessions_interleaved,
    survives_a_fresh_interpreter,
    survives_a_pause,
)
from statewrap.testing.laws_of_purity import pure_and_unaliased
from statewrap.testing.laws_of_skipping import (
    ends_are_kept,
    newest_observation_is_shown,
    rewards_add_up,
)

LAWS: Final[tuple[Law, ...]] = (
    pure_and_unaliased,
    episode_rules_at_every_gap,
    identity,
    associativity,
    push_is_pull,
    survives_a_pause,
    failed_step_never_happened,
    sessions_interleaved,
    first_alone_suffices,
    spaces_are_kept,
)
"""What is held against every wrapper. `survives_a_fresh_interpreter` starts a process, and
the laws of `laws_of_skipping` hold for some wrappers only, so both are called by name."""

__all__ = [
    "LAWS",
    "Law",
    "associativity",
    "ends_are_kept",
    "episode_rules_at_every_gap",
    "failed_step_never_happened",
    "first_alone_suffices",
    "identity",
    "newest_observation_is_shown",
    "pure_and_unaliased",
    "push_is_pull",
    "rewards_add_up",
    "sessions_interleaved",
    "spaces_are_kept",
    "survives_a_fresh_interpreter",
    "survives_a_pause",
]
