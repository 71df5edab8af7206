"""Rows: what happened at each time step of the environment, and who answered."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from gymnasium.spaces import Discrete

from statewrap import Act, Deployment, Event, Reset, TimeStep, Wrapper
from statewrap.gym import GymWrapper
from statewrap.sinks import Record
from statewrap.sinks.watcher import Missed
from statewrap.stats import Reading
from statewrap.stats.pictures import FALLBACK, Answer
from statewrap.wrappers import RandomReset, RejectInvalidAction, RepeatAction, TimeLimit
from tests.sinks.worlds import Countdown, agent_over, run


def rows_of(record, episode=0):
    """Return the rows of an episode."""
    return list(Reading(record))[episode].rows


def words(rows) -> list[list[str]]:
    """Return the words of each row's marks."""
    return [[mark.words for mark in row.marks] for row in rows]


def test_a_skip_is_the_wrappers_answer_and_is_not_shown() -> None:
    """The rewards of both are summed up for the policy."""
    record = Record()
    run(Countdown(4), agent_over(Countdown(), RepeatAction(2), sinks=[record]))

    rows = rows_of(record)
    assert [None, 1.0, 1.0, 1.0, 1.0] == [row.reward for row in rows]
    assert [None, None, 2.0, None, 2.0] == [row.processed for row in rows]
    assert [True, False, True, False, True] == [row.shown for row in rows]
    assert [1, 1, 2, 2, None] == [row.action for row in rows]
    assert [1, 0, 1, 0, None] == [row.by for row in rows]
    assert [(), (Answer(0, "acts"),)] * 2 == [row.answers for row in rows[:4]]
    ends = ["terminated", "reset", "closed"]
    assert [["opened"], [], [], [], ends] == words(rows)
    assert [0, 1, 2, 3, 4] == [row.call for row in rows]


def test_a_refusal_is_shown_twice_in_a_row() -> None:
    """The policy saw the penalty; the environment made no step."""
    record, tries = Record(), iter([1, 0, 1])
    stack = TimeLimit(9) | RejectInvalidAction(penalty=-0.5)
    agent = Deployment(lambda _: next(tries), stack, action_space=Discrete(2), sinks=[record])
    mask = {"action_mask": np.array([0, 1])}
    agent.act("a", info=mask)
    agent.act("b", 1.0, info=mask)

    rows = rows_of(record)
    assert [None, 0.5] == [row.processed for row in rows]
    assert [(), (Answer(1, "shows"),)] == [row.answers for row in rows]
    assert [(1, 2), (1, 2)] == [(row.action, row.by) for row in rows]


def test_steps_inside_a_random_reset_belong_to_the_episode_that_they_open() -> None:
    """They stand before its opening, and were shown to nobody."""
    record = Record()
    agent = agent_over(Countdown(), RandomReset(noop_max=1), sinks=[record])
    run(Countdown(5), agent, episodes=2)

    rows = rows_of(record, 1)
    assert [[], ["opened"]] == words(rows)[:2]
    assert [(False, 0), (True, 1)] == [(row.shown, row.by) for row in rows[:2]]
    assert [None, 1.0] == [row.reward for row in rows[:2]]


def test_an_episode_that_goes_on_is_two() -> None:
    """The stack ended it; the environment's last time step opens the next."""
    record = Record()
    agent = Deployment(len, TimeLimit(1), sinks=[record])
    agent.act("a")
    agent.act("b", 1.0)

    first, second = Reading(record)
    assert [["opened"], ["truncated", "reset", "goes on"]] == words(first.rows)
    assert [["opened"]] == words(second.rows)
    assert [None] == [row.reward for row in second.rows]
    assert ["truncated", "open"] == [first.outcome, second.outcome]


class Lives(NamedTuple):
    """What `Halves` keeps: the time step that it goes on with."""

    over: TimeStep | None


class Halves(Wrapper[Lives]):
    """Ends an episode at the odd observation, and opens the next by itself."""

    def initial(self, key):
        return Lives(None)

    def on_state(self, memory, timestep):
        if timestep.observation == "odd":
            return Lives(timestep), timestep.replace(terminated=True)
        return memory, timestep

    def on_reset(self, memory, request):
        if memory.over is None:
            return memory, request
        return Lives(None), TimeStep(memory.over.observation, first=True)


def test_an_episode_that_a_wrapper_opens_has_a_row_of_its_own() -> None:
    """Though the environment showed nothing new."""
    record = Record()
    agent = Deployment(len, Halves(), sinks=[record], clock=iter([0.0, 1.0, 2.0]).__next__)
    agent.act("a")
    agent.act("odd", 1.0)

    first, second = Reading(record)
    assert [None, 1.0] == [row.reward for row in first.rows]
    assert [(None, True, 3, 2.0)] == [(r.reward, r.shown, r.action, r.time) for r in second.rows]
    assert (Answer(0, "shows"),) == second.rows[0].answers


def test_what_a_fallback_answered_is_its_own() -> None:
    """Also where the stack is shown the opening again that it missed: that is one row."""

    class Explodes(Wrapper[None]):
        def on_state(self, memory, timestep):
            if timestep.observation == "x":
                raise OSError
            return memory, timestep

    record = Record()
    agent = Deployment(len, Explodes(), fallback=9, sinks=[record])
    agent.act("x")
    agent.act("b", 0.5)
    agent.act("x", 0.25)

    rows = rows_of(record)
    assert [None, 0.5, 0.25] == [row.reward for row in rows]
    assert [(9, FALLBACK), (1, 1), (9, FALLBACK)] == [(row.action, row.by) for row in rows]
    assert [False, True, False] == [row.shown for row in rows]
    assert ["fallback", "opened", "fallback"] == [row.marks[0].kind for row in rows]


def test_an_event_stands_at_the_time_step_that_it_came_with() -> None:
    """One that came with the close alone stands at the last."""
    record = Record()
    agent = Deployment(len, sinks=[record])
    agent.act("a", events=[Event("begun")])
    agent.act("b", 1.0, events=[Event("sold", amount=2), Event("sold")])
    agent.close(events=[Event("left")])

    sold, end = ["sold", "sold"], ["abandoned", "closed", "left"]
    assert [["begun", "opened"], [*sold, *end]] == words(rows_of(record))


def test_what_was_not_shown_is_nobodys_answer() -> None:
    """Two messages with a hole between them do not answer each other."""
    record = Record()
    record.observe([(0, TimeStep("a", first=True)), (0, Act(1))], 0)
    record.observe([(0, Missed(4)), (0, TimeStep("b", 1.0))], 0)

    assert [["opened", "4 calls not recorded"], []] == words(rows_of(record))
    assert [1, None] == [row.action for row in rows_of(record)]


def test_a_wrapper_may_turn_an_act_into_a_reset() -> None:
    """That is its answer too."""

    class Restarts(Wrapper[None]):
        def on_action(self, memory, act):
            return memory, Reset()

    record = Record()
    Deployment(len, TimeLimit(9) | Restarts(), on_reset="request", sinks=[record]).act("a")

    (row,) = rows_of(record)
    assert (Answer(1, "resets"),) == row.answers
    assert (None, None) == (row.action, row.by)
    assert [["opened", "reset"]] == words([row])


def test_a_training_loop_has_the_rows_of_a_deployment() -> None:
    """Its ends are not said there, and are found."""
    training, production = Record(), Record()
    run(Countdown(3), agent_over(Countdown(), RepeatAction(2), sinks=[production]))
    env = GymWrapper(Countdown(3), RepeatAction(2), sinks=[training])
    observation, _ = env.reset()
    ended = False
    while not ended:
        observation, _, ended, _, _ = env.step(int(observation[0]) % 3)
    env.close()

    def seen(record):
        return [(r.reward, r.processed, r.shown, r.action, r.by) for r in rows_of(record)]

    assert seen(production) == seen(training)
    assert ["terminated"] == [view.outcome for view in Reading(training)]


def test_decisions_from_outside_are_the_policys() -> None:
    """They come in a call of their own; a reset in between abandons the episode."""
    record = Record()
    agent = Deployment(None, RepeatAction(2), sinks=[record])
    agent.observe("a")
    agent.decide("jump")
    agent.observe("b", 1.0)
    agent.observe("c", 1.0)
    agent.reset("d")

    first, second = Reading(record)
    assert [("jump", 1), ("jump", 0), (None, None)] == [(r.action, r.by) for r in first.rows]
    assert [["opened"], [], ["abandoned"]] == words(first.rows)
    assert [None] == [row.action for row in second.rows]


def test_no_two_rows_share_what_is_theirs() -> None:
    """A restored session shows the same step twice; both have rows, and the place is marked."""
    record = Record()
    agent = Deployment(len, sinks=[record])
    agent.act("a")
    saved = agent.snapshot()
    agent.act("b", 1.0)
    agent.restore(saved)
    agent.act("b", 1.0)

    rows = rows_of(record)
    assert [None, 1.0, 1.0] == [row.reward for row in rows]
    assert [["opened"], ["restored"], []] == words(rows)
