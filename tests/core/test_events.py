"""Events and answers: values that print as what they say."""

from __future__ import annotations

import pytest

from statewrap import Reset, TimeStep
from statewrap.core.events import (
    Abandoned,
    Closed,
    Continued,
    Ended,
    FellBack,
    Opened,
    Unshown,
)
from statewrap.core.session import Command, Over, Wanted
from statewrap.core.session import Session as Kept

FIRST = TimeStep("f0", first=True)

PRINTED = [
    (Opened(), "Opened()"),
    (Ended(True, False), "Ended(terminated=True, truncated=False)"),
    (Abandoned(), "Abandoned()"),
    (Continued(), "Continued()"),
    (Unshown(FIRST), "Unshown(timestep=TimeStep('f0', first=True))"),
    (FellBack("hot", 3), "FellBack(error='hot', action=3)"),
    (Closed(), "Closed()"),
    (Command(3), "Command(action=3, ended=None)"),
    (Wanted(FIRST), "Wanted(timestep=TimeStep('f0', first=True), ended=None)"),
    (Over(), "Over(ended=None)"),
]


@pytest.mark.parametrize(("thing", "printed"), PRINTED, ids=[text for _, text in PRINTED])
def test_an_event_prints_as_what_it_says(thing, printed) -> None:
    """So that a trace and an error can be read."""
    assert printed == repr(thing)


@pytest.mark.parametrize("index", range(len(PRINTED)))
def test_an_event_is_equal_to_its_like_alone(index) -> None:
    """Two that say the same are the same, and no other kind is."""
    thing = PRINTED[index][0]
    again = type(thing)(*(getattr(thing, name) for name in thing.__slots__ if name[0] != "_"))

    assert thing == again
    assert [index] == [at for at, (other, _) in enumerate(PRINTED) if other == thing]


def test_an_answer_differs_by_what_it_says() -> None:
    """The action, and the end that came with it."""
    assert Command(3) != Command(4)
    assert Command(3) != Command(3, FIRST)
    assert Ended(True, False) != Ended(False, True)
    assert FellBack("hot", 3) != FellBack("hot", 4)


def test_a_session_begins_with_nothing_but_its_state() -> None:
    """No call was made, none is answered, nothing is owed."""
    session = Kept("fresh", "agent", "tally")

    assert (0, None, None, None, None, False, ()) == (
        session.step,
        session.answer,
        session.observed,
        session.raw,
        session.pending,
        session.reopen,
        session.reports,
    )
    assert session == Kept("fresh", "agent", "tally")
    assert session != Kept("fresh", "agent", "tally", pending=Reset())
