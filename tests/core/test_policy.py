"""The policy: a machine with one port."""

from __future__ import annotations

import pytest

from statewrap import Act, Below, FunctionPolicy, Key, Policy, TimeStep
from statewrap.core.policy import as_policy

KEY = Key.from_seed(0)


def test_a_function_is_lifted_into_a_policy_without_memory() -> None:
    """It is asked about the observation alone."""
    policy = as_policy(abs)

    assert FunctionPolicy(abs) == policy
    assert policy.initial(KEY) is None
    assert (None, Act(2)) == policy.decide(None, TimeStep(-2, reward=5.0))
    assert "FunctionPolicy(function=builtins:abs)" == repr(policy)


def test_a_policy_is_taken_as_it_is() -> None:
    """Nothing is wrapped around it."""
    policy = Policy()

    assert as_policy(policy) is policy


def test_what_is_neither_is_refused() -> None:
    """The message shows it."""
    with pytest.raises(TypeError, match="got 'greedy'"):
        as_policy("greedy")


def test_a_policy_has_to_decide() -> None:
    """Everything else has a default: nothing is kept over an episode, an end changes nothing."""

    class Idle(Policy[str]):
        def initial(self, key: Key) -> str:
            return "fresh"

    policy = Idle()

    assert "fresh" == policy.renew("old", KEY)
    assert "old" == policy.finish("old", TimeStep("f", terminated=True))
    with pytest.raises(NotImplementedError, match="Idle must define decide"):
        policy.decide("fresh", TimeStep("f"))


def test_unless_it_says_otherwise_a_policy_hides_nothing() -> None:
    """It keeps nothing either, and works above anything."""
    policy = Policy()

    assert (False, ()) == (Policy.hidden_state, Policy.memory_types)
    assert policy.initial(KEY) is None
    assert policy.bind(Below()) is policy
    with pytest.raises(AttributeError):
        policy.memory = 1


def test_the_class_of_a_policy_is_none() -> None:
    """Though it can be called."""
    with pytest.raises(TypeError) as caught:
        as_policy(FunctionPolicy)

    assert (
        "A policy is a statewrap.Policy or a function from observation to action, got "
        f"{FunctionPolicy!r}. An instance of it is meant." == str(caught.value)
    )
    with pytest.raises(TypeError, match=r"got 3\.$"):
        as_policy(3)
