"""The laws: what holds for every wrapper and stack, whatever environment and policy do.

Each is a plain function `law(wrapper, below, episodes, policy)` that raises `LawBroken`, an
AssertionError, which says what differed, at which turn, and the likely cure. The wrapper (or stack)
is unbound, `below` says what is known of the environment, `episodes` are its raw time steps, an
episode a list (one that does not close with a last time step is given up: the next opens unasked),
and the policy is a `Policy` or a function from observation to action.

>>> from statewrap import Below, Stack, TimeStep
>>> opening, end = TimeStep("f0", first=True), TimeStep("f1", reward=1.0, terminated=True)
>>> for law in LAWS:
...     law(Stack(), Below(), [[opening, end]], len)
"""

from __future__ import annotations

from typing import Final

from statewrap.testing.laws.answers import every_message_is_answered
from statewrap.testing.laws.composition import associativity, identity
from statewrap.testing.laws.conduct import (
    episode_rules_at_every_gap,
    first_alone_suffices,
    push_is_pull,
    spaces_are_kept,
)
from statewrap.testing.laws.failure import failed_step_never_happened
from statewrap.testing.laws.law import Law, LawBroken
from statewrap.testing.laws.pauses import (
    sessions_interleaved,
    survives_a_fresh_interpreter,
    survives_a_pause,
)
from statewrap.testing.laws.purity import (
    fields_never_change,
    given_is_left_alone,
    retry_is_answered_the_same,
    returned_never_changes,
)
from statewrap.testing.laws.skipping import (
    ends_are_kept,
    newest_observation_is_shown,
    rewards_add_up,
)

LAWS: Final[tuple[Law, ...]] = (
    given_is_left_alone,
    returned_never_changes,
    retry_is_answered_the_same,
    fields_never_change,
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
the laws of `laws.skipping` hold for some wrappers only, so both are called by name."""

__all__ = [
    "LAWS",
    "Law",
    "LawBroken",
    "associativity",
    "ends_are_kept",
    "episode_rules_at_every_gap",
    "every_message_is_answered",
    "failed_step_never_happened",
    "fields_never_change",
    "first_alone_suffices",
    "given_is_left_alone",
    "identity",
    "newest_observation_is_shown",
    "push_is_pull",
    "retry_is_answered_the_same",
    "returned_never_changes",
    "rewards_add_up",
    "sessions_interleaved",
    "spaces_are_kept",
    "survives_a_fresh_interpreter",
    "survives_a_pause",
]
