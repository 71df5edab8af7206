"""The quick way through a stack, and the one loop: nothing may differ but the price.

`Stack.carry` takes the usual case, a time step or an act that all let pass, by a shorter way, and
calls fewer wrappers where nobody counts hops.
"""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from statewrap import Act, Key, Reset, Stack, TimeStep, Wrapper

FIRST = TimeStep("f0", first=True)
STEP = TimeStep("f1", reward=1.0)
MESSAGES = (FIRST, STEP, STEP.replace(terminated=True), Act("a"), Reset())
SAID = st.sampled_from(("pass", *MESSAGES))
SLIPS = st.sampled_from(("pass", *MESSAGES, "raise", None, "no message", 3))


@attrs.frozen
class Talks(Wrapper[tuple[int, int]]):
    """Answers in turn as its script says, and then lets everything pass."""

    script: tuple[Any, ...]

    def initial(self, key):
        return (0, 0)

    def renew(self, memory, key):
        return (memory[0], memory[1] + 1)

    def _said(self, memory, message):
        turn, renewed = memory
        said = self.script[turn] if turn < len(self.script) else "pass"
        after = (turn + 1, renewed) if turn < len(self.script) else memory
        if said == "raise":
            raise ValueError(f"in turn {turn}")
        if said is None:
            return None
        return after, message if said == "pass" else said


class Above(Talks):
    """Hears time steps only."""

    def on_state(self, memory, timestep):
        return self._said(memory, timestep)


class Beneath(Talks):
    """Hears commands only."""

    def on_action(self, memory, act):
        return self._said(memory, act)

    def on_reset(self, memory, request):
        return self._said(memory, request)


class Both(Beneath):
    """Hears all."""

    def on_state(self, memory, timestep):
        return self._said(memory, timestep)


def wrappers(said: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Wrapper[Any]]]:
    """Draw a few wrappers that say this."""
    script = st.tuples(said, said)
    talking = (st.builds(kind, script) for kind in (Above, Beneath, Both))
    return st.lists(st.one_of(st.just(Wrapper()), *talking), max_size=5)


DIALOGUE = st.lists(st.sampled_from(MESSAGES), max_size=8)


def looped(stack: Stack, memory: Any, message: Any, hops: Any) -> Any:
    """Route by the one loop alone."""
    gap = 0 if type(message) is TimeStep else len(stack)
    held, keys, left = stack._carry_on([*memory.wrappers], memory.keys, message, gap, [], hops)
    return memory.after(held, keys), left


def outcome(route: Any, *arguments: Any) -> Any:
    """Return what came of it; of an error its words, and those of its cause."""
    try:
        return route(*arguments)
    except Exception as error:
        return type(error), str(error), type(error.__cause__), str(error.__cause__)


@given(wrappers(SAID), DIALOGUE)
def test_a_stack_does_the_same_whether_hops_are_counted_or_not(wrappers, messages) -> None:
    """Whoever answers, makes openings up, or turns one command into another."""
    stack = Stack(*wrappers)
    memory = stack.initial(Key.from_seed(0))

    for message in messages:
        counted = stack.route(memory, message, [])
        assert counted == stack.route(memory, message)
        memory, _ = counted


@given(wrappers(SAID), DIALOGUE)
def test_the_quick_way_does_what_the_loop_does(wrappers, messages) -> None:
    """Memories, keys, what leaves, and every hop."""
    stack = Stack(*wrappers)
    memory = stack.initial(Key.from_seed(0))

    for message in messages:
        hops: list[Any] = []
        counted: list[Any] = []
        expected = looped(stack, memory, message, hops)
        assert expected == looped(stack, memory, message, None) == stack.route(memory, message)
        assert (expected, hops) == (stack.route(memory, message, counted), counted)
        memory, _ = expected


@given(wrappers(SLIPS), DIALOGUE)
def test_the_quick_way_fails_as_the_loop_does_and_changes_nothing(wrappers, messages) -> None:
    """The same error, of the same wrapper, with the same cause; the memory given is as it was."""
    stack = Stack(*wrappers)
    memory = stack.initial(Key.from_seed(0))

    for message in messages:
        before = (tuple(memory.wrappers), tuple(memory.keys))
        expected = outcome(looped, stack, memory, message, None)
        assert expected == outcome(stack.route, memory, message)
        assert expected == outcome(stack.route, memory, message, [])
        assert before == (memory.wrappers, memory.keys)
        if isinstance(expected[0], type):
            return
        memory, _ = expected


@given(wrappers(SAID), DIALOGUE)
def test_a_driver_may_route_several_messages_before_it_makes_a_memory(wrappers, messages) -> None:
    """It comes to the same; the tuple it began with is not changed."""
    stack = Stack(*wrappers)
    memory = opening = stack.initial(Key.from_seed(0))
    before = tuple(opening.wrappers)
    held, keys = opening.wrappers, opening.keys

    for message in messages:
        memory, left = stack.route(memory, message)
        held, keys, carried = stack.carry(held, keys, message)
        assert (memory, left) == (opening.after(held, keys), carried)
    assert before == opening.wrappers


def test_a_memory_that_nothing_changes_is_given_back_itself() -> None:
    """No new one is made for what only passes."""
    stack = Wrapper() | Both(())
    memory = stack.initial(Key.from_seed(0))

    assert [memory, memory] == [stack.route(memory, message)[0] for message in (STEP, Act("a"))]
    assert all(stack.route(memory, message)[0] is memory for message in (STEP, Act("a")))


class Insists(Wrapper[None]):
    """Answers every time step with an act."""

    def on_state(self, memory, timestep):
        return None, Act("this")


class Refuses(Wrapper[None]):
    """Answers every act with a time step."""

    def on_action(self, memory, act):
        return None, STEP


@pytest.mark.parametrize("message", [STEP, Act("a")], ids=["from below", "from above"])
def test_an_answer_on_the_quick_way_counts_as_one_in_the_loop(message) -> None:
    """A quarrel is stopped after as many, and told in the same words."""
    stack = Refuses() | Insists()
    memory = stack.initial(Key.from_seed(0))

    expected = outcome(looped, stack, memory, message, None)

    assert "after 10001 answers" in expected[1]
    assert expected == outcome(stack.route, memory, message)


def test_a_wrapper_says_what_a_stack_calls():
    """What every message passes is not called; what is handed on to another object may be it."""

    class Hands(Wrapper):
        def on_state(self, memory, timestep):
            return memory, timestep

        def on_action(self, memory, act):
            return memory, act

        def statewrap_hook(self, name):
            return None if name == "on_action" else super().statewrap_hook(name)

    wrapper, names = Hands(), ("on_state", "on_action", "on_reset")

    assert [wrapper.on_state, None, None] == [wrapper.statewrap_hook(name) for name in names]
    assert [None] * 3 == [Wrapper().statewrap_hook(name) for name in names]
