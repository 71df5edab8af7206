"""Tools to test a wrapper alone: dialogues, traces and laws.

Hypothesis strategies are in `statewrap.testing.strategies`, which needs hypothesis.
"""

from statewrap.core.same import difference, same
from statewrap.core.trace import Trace
from statewrap.testing.dialogue import FIRST, play, trace
from statewrap.testing.laws import (
    LAWS,
    Law,
    LawBroken,
    associativity,
    ends_are_kept,
    episode_rules_at_every_gap,
    failed_step_never_happened,
    fields_never_change,
    first_alone_suffices,
    given_is_left_alone,
    identity,
    newest_observation_is_shown,
    push_is_pull,
    retry_is_answered_the_same,
    returned_never_changes,
    rewards_add_up,
    sessions_interleaved,
    spaces_are_kept,
    survives_a_fresh_interpreter,
    survives_a_pause,
)
from statewrap.testing.script import Improvise, Script, ScriptOver

__all__ = [
    "FIRST",
    "LAWS",
    "Improvise",
    "Law",
    "LawBroken",
    "Script",
    "ScriptOver",
    "Trace",
    "associativity",
    "difference",
    "ends_are_kept",
    "episode_rules_at_every_gap",
    "failed_step_never_happened",
    "fields_never_change",
    "first_alone_suffices",
    "given_is_left_alone",
    "identity",
    "newest_observation_is_shown",
    "play",
    "push_is_pull",
    "retry_is_answered_the_same",
    "returned_never_changes",
    "rewards_add_up",
    "same",
    "sessions_interleaved",
    "spaces_are_kept",
    "survives_a_fresh_interpreter",
    "survives_a_pause",
    "trace",
]
