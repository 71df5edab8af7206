"""An environment as data, and a policy in its seat."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from statewrap import Act, Key, Policy, ProtocolError, Reset, SettleError, Stack, TimeStep
from statewrap.testing import Improvise, Script, ScriptOver
from statewrap.testing.script import Seat, converse

A0, B0, C0 = (TimeStep(name, first=True) for name in ("a0", "b0", "c0"))
A1, B1 = TimeStep("a1", reward=1.0), TimeStep("b1", reward=1.0)
A2 = TimeStep("a2", terminated=True)


def test_a_script_is_played_whatever_it_is_told() -> None:
    """An act brings the next time step, a reset the next episode."""
    script = Script([[A0, A1, A2], [B0, B1], [C0]])

    shown = [script(command) for command in (Reset(), Act(1), Act(2), Reset(), Reset())]

    assert [A0, A1, A2, B0, C0] == shown


def test_an_episode_without_a_last_step_is_given_up() -> None:
    """The next one opens unasked, in answer to an act."""
    script = Script([[A0], [B0]])

    assert [A0, B0] == [script(Reset()), script(Act(0))]


def test_a_script_ends() -> None:
    """Where no episode is left."""
    script = Script([[A0]])
    script(Reset())

    with pytest.raises(ScriptOver):
        script(Reset())


@pytest.mark.parametrize("flag", ["terminated", "truncated"])
def test_an_act_after_the_last_step_is_refused(flag) -> None:
    """No environment defines what it does."""
    script = Script([[A0, TimeStep("a2", **{flag: True})], [B0]])
    script(Reset())
    script(Act(0))

    with pytest.raises(ProtocolError, match=r"Act\('more'\) reached the environment after"):
        script(Act("more"))


def test_what_is_shown_is_a_copy() -> None:
    """The data of a law is used more than once."""
    frame = np.zeros(2)

    shown = Script([[TimeStep(frame, first=True)]])(Reset()).observation

    assert not np.may_share_memory(frame, shown)
    assert not shown.flags.writeable


def test_a_script_may_reuse_its_buffers() -> None:
    """The arrays in `info` are written over; the observation was copied at the border."""
    mask, names = np.array([1, 0]), [["a"]]
    info = {"mask": mask, "names": names, "word": np.array("word")}
    opening = TimeStep(np.array([1.0]), info=info, first=True)
    script = Script([[opening], [opening]], reuses_buffers=True)

    first = script(Reset())
    before = first.info["mask"].tolist()
    second = script(Reset())

    assert [1, 0] == before
    assert [0, 1] == first.info["mask"].tolist()
    assert [] == first.info["names"]
    assert [1.0] == first.observation.tolist()
    assert [1, 0] == second.info["mask"].tolist() == mask.tolist()
    assert [["a"]] == names
    assert np.array("word") == second.info["word"]


def test_a_seat_asks_the_policy_as_the_drivers_do() -> None:
    """Renewed at each opening, asked on each step, told of the last."""

    class Notes(Policy[tuple]):
        def initial(self, key):
            return ()

        def renew(self, memory, key):
            return (*memory, "renew")

        def decide(self, memory, timestep):
            return (*memory, "decide"), Act(memory)

        def finish(self, memory, timestep):
            return (*memory, "finish")

    seat = Seat(Notes())

    answers = [seat.answer(timestep) for timestep in (A0, A1, A2, B0)]

    once = ("renew", "decide", "decide", "finish", "renew")
    assert [Act(once[:1]), Act(once[:2]), Reset(), Act(once)] == answers


def test_a_policy_that_is_asked_for_ever_is_stopped() -> None:
    """A law comes to an end."""
    seat = Seat(Improvise([0]))

    with pytest.raises(SettleError, match="10000 decisions"):
        for _ in range(10_001):
            seat.answer(A1)


def test_improvise_draws_from_its_own_key() -> None:
    """Every action of the list comes up, the same in each run."""
    policy = Improvise("xyz")

    def drawn(seed: int) -> str:
        memory, actions = policy.initial(Key.from_seed(seed)), ""
        for _ in range(30):
            memory, act = policy.decide(memory, A1)
            actions += act.action
        return actions

    assert set("xyz") == set(drawn(0))
    assert drawn(0) == drawn(0) != drawn(1)


def test_a_conversation_goes_on_to_the_end_of_the_script() -> None:
    """Turn by turn, each from the memory that the one before left."""
    turns = list(converse(Stack(), [[A0, A1, A2], [B0]], Improvise(["x"])))

    messages = [A0, Act("x"), A1, Act("x"), A2, Reset(), B0, Act("x")]
    assert messages == [turn.message for turn in turns]
    assert messages == [turn.reply for turn in turns]
    assert all(a.after is b.memory for a, b in pairwise(turns))
    assert ((0, A0),) == turns[0].facts
