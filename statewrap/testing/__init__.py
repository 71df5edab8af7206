"""Tools to test a wrapper alone: dialogues, traces and laws.

Hypothesis strategies are in `statewrap.testing.strategies`, which needs hypothesis.
"""

from statewrap.core.same import difference, same
from statewrap.core.trace import Trace
from statewrap.testing.dialogue import FIRST, play, trace
from statewrap.testing.law import Law
from statewrap.testing.laws import (
    LAWS,
    associativity,
    ends_are_kept,
    episode_rules_at_every_gap,
    failed_step_never_happened,
    first_alone_suffices,
    identity,
    newest_observation_is_shown,
    pure_and_unaliased,
    push_is_pull,
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
    "Script",
    "ScriptOver",
    "Trace",
    "associativity",
    "difference",
    "ends_are_kept",
    "episode_rules_at_every_gap",
    "failed_step_never_happened",
    "first_alone_suffices",
    "identity",
    "newest_observation_is_shown",
    "play",
    "pure_and_unaliased",
    "push_is_pull",
    "rewards_add_up",
    "same",
    "sessions_interleaved",
    "spaces_are_kept",
    "survives_a_fresh_interpreter",
    "survives_a_pause",
    "trace",
]
