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
from statewrap.testing.laws.company import two_of_a_kind_do_not_touch
from statewrap.testing.laws.composition import associativity, identity
from statewrap.testing.laws.conduct import (
    episode_rules_at_every_gap,
    first_alone_suffices,
    push_is_pull,
    spaces_are_kept,
)
from statewrap.testing.laws.configuration import repr_rebuilds
from statewrap.testing.laws.failure import failed_step_never_happened
from statewrap.testing.laws.forgetting import forgets_between_episodes
from statewrap.testing.laws.freshness import newest_is_shown
from statewrap.testing.laws.law import Law, LawBroken
from statewrap.testing.laws.learning import learns_only_if_declared
from statewrap.testing.laws.missing import missing_statistics_are_noticed
from statewrap.testing.laws.outside import lives_without_an_environment, touches_nothing_outside
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
from statewrap.testing.laws.rewards import no_reward_is_lost
from statewrap.testing.laws.settling import settles
from statewrap.testing.laws.skipping import (
    ends_are_kept,
    newest_observation_is_shown,
    rewards_add_up,
)
from statewrap.testing.laws.slips import typing_slips_are_noticed
from statewrap.testing.laws.specification import agrees_with_its_oracle

LAWS: Final[tuple[Law, ...]] = (
    episode_rules_at_every_gap,
    settles,
    given_is_left_alone,
    returned_never_changes,
    touches_nothing_outside,
    lives_without_an_environment,
    retry_is_answered_the_same,
    fields_never_change,
    sessions_interleaved,
    two_of_a_kind_do_not_touch,
    newest_is_shown,
    no_reward_is_lost,
    forgets_between_episodes,
    learns_only_if_declared,
    first_alone_suffices,
    push_is_pull,
    spaces_are_kept,
    survives_a_pause,
    failed_step_never_happened,
    identity,
    associativity,
    typing_slips_are_noticed,
    missing_statistics_are_noticed,
    repr_rebuilds,
)
"""What is held against every wrapper, the most telling first. Called by name are
`survives_a_fresh_interpreter`, which starts a process; `agrees_with_its_oracle`, which wants one;
and the laws of `laws.skipping`, which hold for some wrappers only."""

__all__ = [
    "LAWS",
    "Law",
    "LawBroken",
    "agrees_with_its_oracle",
    "associativity",
    "ends_are_kept",
    "episode_rules_at_every_gap",
    "every_message_is_answered",
    "failed_step_never_happened",
    "fields_never_change",
    "first_alone_suffices",
    "forgets_between_episodes",
    "given_is_left_alone",
    "identity",
    "learns_only_if_declared",
    "lives_without_an_environment",
    "missing_statistics_are_noticed",
    "newest_is_shown",
    "newest_observation_is_shown",
    "no_reward_is_lost",
    "push_is_pull",
    "repr_rebuilds",
    "retry_is_answered_the_same",
    "returned_never_changes",
    "rewards_add_up",
    "sessions_interleaved",
    "settles",
    "spaces_are_kept",
    "survives_a_fresh_interpreter",
    "survives_a_pause",
    "touches_nothing_outside",
    "two_of_a_kind_do_not_touch",
    "typing_slips_are_noticed",
]
