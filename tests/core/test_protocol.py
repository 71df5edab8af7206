"""The rules at a gap, and the table of a session."""

from __future__ import annotations

import pytest

from statewrap import Act, Reset, TimeStep
from statewrap.core.protocol import TABLE, Episode, State, at_gap, diagram, wrong_opening

FIRST, MIDDLE = TimeStep("f", first=True), TimeStep("f", reward=1.0)
LAST, CUT = TimeStep("f", terminated=True), TimeStep("f", truncated=True)

LEGAL = [
    (Episode.NONE, FIRST, Episode.OPEN),
    (Episode.OPEN, FIRST, Episode.OPEN),
    (Episode.OVER, FIRST, Episode.OPEN),
    (Episode.OPEN, MIDDLE, Episode.OPEN),
    (Episode.OPEN, LAST, Episode.OVER),
    (Episode.OPEN, CUT, Episode.OVER),
    (Episode.OPEN, Act(0), Episode.OPEN),
    (Episode.NONE, Reset(), Episode.NONE),
    (Episode.OPEN, Reset(), Episode.NONE),
    (Episode.OVER, Reset(), Episode.NONE),
]

ILLEGAL = [
    (Episode.NONE, MIDDLE, "a time step that is not `first` before an episode opened"),
    (Episode.OVER, MIDDLE, "a time step that is not `first` after its last one"),
    (Episode.NONE, LAST, "a time step that is not `first` before an episode opened"),
    (Episode.NONE, Act(0), "an Act before an episode opened"),
    (Episode.OVER, Act(0), "an Act after the last time step of an episode"),
    (Episode.OPEN, FIRST.replace(reward=1.0), "a `first` time step with the reward 1.0, expect"),
    (Episode.NONE, FIRST.replace(truncated=True), "a `first` time step that is also last"),
]


@pytest.mark.parametrize(("episode", "message", "after"), LEGAL)
def test_a_legal_message_moves_the_episode_on(episode, message, after) -> None:
    """A `first` and a Reset are legal at any moment."""
    assert (after, None) == at_gap(episode, message)


@pytest.mark.parametrize(("episode", "message", "wrong"), ILLEGAL)
def test_an_illegal_message_is_told_by_what_is_wrong(episode, message, wrong) -> None:
    """Each rule has its words."""
    assert at_gap(episode, message)[1].startswith(wrong)


def test_an_opening_may_have_a_zero_of_any_kind_as_reward() -> None:
    """Integers and negative zeros are zeros; NaN is none."""
    assert [None, None] == [wrong_opening(FIRST.replace(reward=zero)) for zero in (0, -0.0)]
    assert "nan" in wrong_opening(FIRST.replace(reward=float("nan")))


def test_every_state_can_be_closed_and_closing_twice_is_legal() -> None:
    """Nothing else leads to CLOSED, and nothing leads away."""
    assert all((State.CLOSED,) == calls["close"] for calls in TABLE.values())
    assert {"close": (State.CLOSED,)} == TABLE[State.CLOSED]
    others = [after for calls in TABLE.values() for call, after in calls.items() if call != "close"]
    assert all(State.CLOSED not in after for after in others)


def test_a_decision_is_legal_only_where_one_is_wanted() -> None:
    """And there no time step may be pushed in between."""
    assert [State.WANTED] == [state for state, calls in TABLE.items() if "decide" in calls]
    assert not {"act", "observe"} & TABLE[State.WANTED].keys()


def test_the_diagram_draws_every_arrow_of_the_table() -> None:
    """Mermaid's syntax, one arrow for all calls between two states."""
    lines = diagram().splitlines()

    assert ["stateDiagram-v2", "    [*] --> fresh"] == lines[:2]
    assert "    wanted --> acting: decide, reset" in lines
    arrows = {(s, a) for s, calls in TABLE.items() for after in calls.values() for a in after}
    assert len(arrows) == len(lines) - 2


def test_the_table_is_this() -> None:
    """Every call that is legal, by the state before and the states after it."""
    pushed = "acting", "wanted", "over"
    moving = {"act": ("acting", "over"), "observe": pushed, "reset": pushed, "close": ("closed",)}

    assert {
        "fresh": moving,
        "acting": moving,
        "wanted": {"decide": pushed, "reset": pushed, "close": ("closed",)},
        "over": moving,
        "closed": {"close": ("closed",)},
    } == {
        state.value: {call: tuple(after.value for after in afters) for call, afters in row.items()}
        for state, row in TABLE.items()
    }


def test_states_and_episodes_have_lasting_names() -> None:
    """A snapshot has them."""
    assert ["fresh", "acting", "wanted", "over", "closed"] == [state.value for state in State]
    assert ["none", "open", "over"] == [episode.value for episode in Episode]


def test_the_first_arrows_of_the_diagram() -> None:
    """From each state to each, the calls that lead there."""
    assert [
        "    fresh --> acting: act, observe, reset",
        "    fresh --> over: act, observe, reset",
        "    fresh --> wanted: observe, reset",
        "    fresh --> closed: close",
    ] == diagram().splitlines()[2:6]
