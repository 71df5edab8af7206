"""What is held against the spaces and the rules of the host: when, and in which words."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from gymnasium.spaces import Discrete

from statewrap import Act, Below, ProtocolError, Reset, SpaceError, Stack, TimeStep, Wrapper
from statewrap.core.checks import Checks

BELOW = Below(observation_space=Discrete(5), action_space=Discrete(3))


@attrs.frozen
class Looks(Wrapper[None]):
    """Need a picture; let the policy choose from seven actions."""

    needs = frozenset({"frame"})

    def above(self, below: Below) -> Below:
        """Announce seven actions."""
        return attrs.evolve(below, action_space=Discrete(7))


def checks(mode: Any = "always", on_reset: Any = "continue", *, below=BELOW) -> Checks:
    """Make the checks of a stack over five observations and three actions."""
    return Checks(Stack(Looks()).bind(below), mode, on_reset)


def picture(observation) -> TimeStep:
    """Show an observation with the picture that is needed."""
    return TimeStep(observation, frame="picture")


@pytest.mark.parametrize(
    ("mode", "due"), [("always", (True, True)), ("first", (True, False)), ("never", (False, False))]
)
def test_the_mode_says_when_something_is_due(mode, due) -> None:
    """For the first of its kind, and for the others."""
    made = checks(mode)

    assert due == (made.due(first=True), made.due(first=False))


def test_the_two_ends_of_a_stack_know_different_spaces() -> None:
    """The environment's is at the bottom, the policy's at the top; unbound, nothing is known."""
    unbound = Checks(Stack(Looks()), "always", "continue")

    assert (BELOW, Discrete(7)) == (checks().bottom, checks().top.action_space)
    assert (Below(), Below()) == (unbound.bottom, unbound.top)


def test_an_observation_outside_its_space_is_told_with_the_step() -> None:
    """And that the call can be made again."""
    with pytest.raises(SpaceError) as told:
        checks().observation(picture(9), 14)

    assert (
        "The observation is int 9, which is not in Discrete(5), at step 14. The observation space "
        "is Discrete(5). Nothing was changed: the call can be made again with a right observation."
        == str(told.value)
    )
    checks().observation(picture(4), 14)


def test_a_frame_that_is_needed_has_to_be_there() -> None:
    """The cure is the argument; where none is needed none is asked for."""
    with pytest.raises(SpaceError, match=r"needs a rendered frame: pass it as act\(\.\.\., frame"):
        checks().observation(TimeStep(1), 0)
    checks(below=Below()).observation(picture("anything"), 0)
    Checks(Stack(), "always", "continue").observation(TimeStep(1), 0)


def test_a_decision_is_held_against_the_space_at_the_top() -> None:
    """And a command against the one at the bottom, with a cure of its own."""
    with pytest.raises(SpaceError) as above:
        checks().decision(Act(7), "The policy's")
    with pytest.raises(SpaceError) as below:
        checks().command(Act(3))

    assert (
        "The policy's action is int 7, which is not in Discrete(7). The action space is "
        "Discrete(7)." == str(above.value)
    )
    assert (
        "What the stack sends the environment is outside its action space Discrete(3): the action "
        "is int 3, which is not in Discrete(3). A wrapper such as ClipAction or RescaleAction "
        "brings actions into it." == str(below.value)
    )
    checks().decision(Act(6), "The policy's")
    checks().command(Act(2))


def test_nothing_is_refused_where_no_space_is_known() -> None:
    """Neither at the top nor at the bottom."""
    unbound = Checks(Stack(), "always", "continue")

    unbound.decision(Act("x"), "The policy's")
    unbound.command(Act("x"))
    unbound.fallback("x")
    with pytest.raises(SpaceError):
        checks().fallback("x")


@pytest.mark.parametrize("mode", ["always", "first"])
def test_a_fallback_is_held_against_the_environments_space(mode) -> None:
    """Whenever anything is; it is looked at each time, for it comes seldom."""
    with pytest.raises(SpaceError) as told:
        checks(mode).fallback(3)

    assert (
        "The fallback's action is int 3, which is not in Discrete(3). It answers the environment, "
        "whose space is Discrete(3)." == str(told.value)
    )
    checks(mode).fallback(2)
    checks("never").fallback(3)


def test_no_action_is_refused_by_the_name_of_the_stack() -> None:
    """A host would take it for the end of an episode; 0 and False are actions."""
    with pytest.raises(ProtocolError, match=r"^Stack\(Looks\(\)\) sent the environment Act\(None"):
        checks().something(Act(None))
    for action in (0, False, ""):
        checks().something(Act(action))


@pytest.mark.parametrize("request_", [Reset(seed=0), Reset(options={}), Reset(3, {"hard": True})])
def test_a_world_that_cannot_be_reset_takes_no_wishes(request_) -> None:
    """A seed or options; the message shows them and names the other option."""
    with pytest.raises(ProtocolError) as told:
        checks().request(request_)

    assert str(told.value).startswith(
        f"The stack asks the environment for {request_!r}, but on_reset='continue' says that it"
    )
    checks(on_reset="request").request(request_)
    checks().request(Reset())
