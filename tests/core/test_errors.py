"""Errors: one base, and where something of somebody else's raised."""

from __future__ import annotations

import pickle

import pytest

from statewrap import (
    BindError,
    BusyError,
    ConfigurationError,
    InputError,
    MissingExtraError,
    PolicyError,
    ProtocolError,
    SettleError,
    SnapshotError,
    SpaceError,
    StatewrapError,
    WrapperError,
)
from statewrap.core.errors import PlacedError


def test_every_error_is_a_statewrap_error() -> None:
    """And of the kind that Python has for it."""
    for kind in (BindError, SettleError, SnapshotError, SpaceError, MissingExtraError):
        assert issubclass(kind, StatewrapError)
    assert issubclass(SpaceError, ValueError)
    assert issubclass(MissingExtraError, ImportError)


def test_a_missing_extra_names_the_command() -> None:
    """The cure can be copied."""
    error = MissingExtraError("plots", "matplotlib", "plot")

    assert "pip install 'statewrap[plot]'" in str(error)
    assert "plots needs the package 'matplotlib'" in str(error)


def test_a_wrapper_error_says_who_raised_what_and_where() -> None:
    """The episode and the step once they are known."""
    error = WrapperError("Broken()", 2, "on_state", ValueError("too hot."))

    assert str(error).startswith("Wrapper 2, 'Broken()', raised ValueError in on_state: too hot.")
    error.at(episode=3, step=14)
    assert "in on_state (episode 3, step 14): too hot. " in str(error)
    assert ("Broken()", 2, "on_state") == (error.wrapper, error.index, error.call)


def test_a_policy_error_says_the_same_of_a_policy() -> None:
    """The cause is there to be looked at."""
    cause = KeyError("weights")
    error = PolicyError("Net()", "decide", cause)

    assert "The policy 'Net()' raised KeyError in decide: 'weights'." == str(error)
    assert error.cause is cause
    assert (None, None) == (error.episode, error.step)


@pytest.mark.parametrize(
    "error",
    [
        WrapperError("w", 1, "renew", ValueError("v")),
        PolicyError("p", "decide", ValueError("v")),
    ],
)
def test_errors_travel_between_processes(error) -> None:
    """As errors of workers do."""
    assert str(error) == str(pickle.loads(pickle.dumps(error)))  # noqa: S301 - our own


@pytest.mark.parametrize(
    ("kind", "bases"),
    [
        (ProtocolError, [StatewrapError]),
        (SettleError, [ProtocolError]),
        (BusyError, [ProtocolError]),
        (InputError, [StatewrapError, ValueError]),
        (SpaceError, [InputError]),
        (BindError, [StatewrapError, ValueError]),
        (SnapshotError, [StatewrapError, ValueError]),
        (ConfigurationError, [StatewrapError, ValueError]),
        (MissingExtraError, [StatewrapError, ImportError]),
        (WrapperError, [PlacedError]),
        (PolicyError, [PlacedError]),
        (PlacedError, [StatewrapError]),
    ],
)
def test_an_error_is_caught_by_whoever_catches_its_like(kind, bases) -> None:
    """A host that knows Python's errors catches ours; what somebody's code raised is of no kind."""
    assert bases == list(kind.__bases__)


def test_the_cure_is_told_only_where_it_is_true() -> None:
    """A call can be made again where a deployment knows that nothing was changed."""
    error = PolicyError("Net()", "decide", ValueError("cold"))
    error.at(episode=0, step=0)

    assert (
        "The policy 'Net()' raised ValueError in decide (episode 0, step 0): cold. "
        "Nothing was changed: the same call can be made again." == str(error)
    )
    assert ("Net()", "decide", 0, 0) == (error.policy, error.call, error.episode, error.step)


def test_an_errors_arguments_are_those_it_was_made_of() -> None:
    """In their order."""
    cause = ValueError("v")

    assert ("w", 1, "renew", cause) == WrapperError("w", 1, "renew", cause).args
    assert ("p", "decide", cause) == PolicyError("p", "decide", cause).args
